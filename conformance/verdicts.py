"""The verdict table: what is documented against what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.values import Behaviour, Status, Verdict

__all__ = ["holding", "needs_confirmation", "verdict", "worst"]

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


def verdict(statuses: Sequence[Status], behaviour: Behaviour, seen_as: Sequence[Behaviour] = ()) -> Verdict | None:
    """The verdict on a claim of one or more statements; None for what is not documented.

    A claim that contradicts itself is kept by a service that does what any of its statements says. What is
    inconsistent has the worse verdict of what it was seen as, for each statement: a service that keeps one
    statement now and another then keeps neither.

    Args:
        seen_as: the behaviours that were seen of what is inconsistent.
    """
    if Status.UNDOCUMENTED in statuses:
        return None
    if behaviour is Behaviour.INCONCLUSIVE:
        return Verdict.INCONCLUSIVE
    seen = seen_as if behaviour is Behaviour.INCONSISTENT else (behaviour,)
    return min((worst(_TABLE[status][one] for one in seen) for status in statuses), key=_BADNESS.index)


def needs_confirmation(statuses: Sequence[Status], behaviour: Behaviour, seen_as: Sequence[Behaviour] = ()) -> bool:
    """Whether it takes a second take to report what a case saw.

    It does where something is said against the service or its documentation: *falls short* and *exceeds*; every
    refusal, also where one is documented, since one passing 400 is none; and of what nobody documents, where
    no verdict can be wrong, what a reader takes for a finding: *rejected*, *ignored* and *inconsistent*.
    """
    if behaviour is Behaviour.REJECTED:
        return True
    judged = verdict(statuses, behaviour, seen_as)
    if judged is None:
        return behaviour in (Behaviour.IGNORED, Behaviour.INCONSISTENT)
    return judged in (Verdict.FALLS_SHORT, Verdict.EXCEEDS)


def holding(statuses: Sequence[Status], behaviour: Behaviour, seen_as: Sequence[Behaviour] = ()) -> tuple[int, ...]:
    """Which of a claim's statements the behaviour agrees with, by index."""
    verdicts = [verdict([status], behaviour, seen_as) for status in statuses]
    return tuple(number for number, one in enumerate(verdicts) if one is Verdict.CONFORMS)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a feature: the worst of its cases'."""
    return max(verdicts, key=_BADNESS.index)
