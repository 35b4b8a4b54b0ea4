"""The verdict table: what is documented against what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.values import Behaviour, Status, Verdict

__all__ = ["holding", "verdict", "worst"]

_TABLE: dict[Status, dict[Behaviour, Verdict]] = {
    Status.SUPPORTED: {
        Behaviour.HONOURED: Verdict.CONFORMS,
        Behaviour.ACCEPTED: Verdict.CONFORMS,
        Behaviour.IGNORED: Verdict.FALLS_SHORT,
        Behaviour.REJECTED: Verdict.FALLS_SHORT,
    },
    Status.IGNORED: {
        Behaviour.HONOURED: Verdict.EXCEEDS,
        Behaviour.ACCEPTED: Verdict.CONFORMS,
        Behaviour.IGNORED: Verdict.CONFORMS,
        Behaviour.REJECTED: Verdict.FALLS_SHORT,
    },
    Status.UNSUPPORTED: {
        Behaviour.HONOURED: Verdict.EXCEEDS,
        Behaviour.ACCEPTED: Verdict.FALLS_SHORT,
        Behaviour.IGNORED: Verdict.FALLS_SHORT,
        Behaviour.REJECTED: Verdict.CONFORMS,
    },
}

_BADNESS = (
    Verdict.NOT_APPLICABLE,
    Verdict.CONFORMS,
    Verdict.EXCEEDS,
    Verdict.NOT_RUN,
    Verdict.INCONCLUSIVE,
    Verdict.FALLS_SHORT,
)


def verdict(statuses: Sequence[Status], behaviour: Behaviour) -> Verdict | None:
    """The verdict on a claim of one or more statements; None for what is not documented.

    A claim that contradicts itself is kept by a service that does what any of its statements says.
    """
    if Status.UNDOCUMENTED in statuses:
        return None
    if behaviour is Behaviour.INCONCLUSIVE:
        return Verdict.INCONCLUSIVE
    return min((_TABLE[status][behaviour] for status in statuses), key=_BADNESS.index)


def holding(statuses: Sequence[Status], behaviour: Behaviour) -> tuple[int, ...]:
    """Which of a claim's statements the behaviour agrees with, by index."""
    return tuple(number for number, status in enumerate(statuses) if verdict([status], behaviour) is Verdict.CONFORMS)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a feature: the worst of its cases'."""
    return max(verdicts, key=_BADNESS.index)
