"""The verdict table: what is documented against what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from conformance.values import Behaviour, Status, Verdict

__all__ = ["Sighting", "holding", "holding_for_all", "needs_confirmation", "together", "verdict", "worst"]


class Sighting(Protocol):
    """What a case saw."""

    @property
    def behaviour(self) -> Behaviour | None:
        """None where it was not run, or does not apply."""
        ...

    @property
    def seen_as(self) -> Sequence[Behaviour]:
        """The behaviours that were seen of what is inconsistent."""
        ...


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
    """The verdict on a claim of one or more statements by one case; None for what is not documented.

    A case keeps a claim that contradicts itself if it sees what any of its statements says; whether its cases keep
    the same one is asked by ``together``. What is inconsistent has the worse verdict of what it was seen as, for
    each statement: a service that keeps one statement now and another then keeps neither.

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
    no verdict can be wrong, what a reader takes for a finding: *rejected*, *ignored* and *inconsistent*. Of a claim
    that contradicts itself *ignored* is confirmed too: beside another case it may fall short.
    """
    if behaviour is Behaviour.REJECTED or (behaviour is Behaviour.IGNORED and len(set(statuses)) > 1):
        return True
    judged = verdict(statuses, behaviour, seen_as)
    if judged is None:
        return behaviour in (Behaviour.IGNORED, Behaviour.INCONSISTENT)
    return judged in (Verdict.FALLS_SHORT, Verdict.EXCEEDS)


def holding(statuses: Sequence[Status], behaviour: Behaviour, seen_as: Sequence[Behaviour] = ()) -> tuple[int, ...]:
    """Which of a claim's statements the behaviour agrees with, by index."""
    verdicts = [verdict([status], behaviour, seen_as) for status in statuses]
    return tuple(number for number, one in enumerate(verdicts) if one is Verdict.CONFORMS)


def holding_for_all(statuses: Sequence[Status], cases: Sequence[Sighting]) -> tuple[int, ...]:
    """Which of a claim's statements all cases that were run agree with, by index; none where none was."""
    kept = [set(holding(statuses, case.behaviour, case.seen_as)) for case in cases if case.behaviour is not None]
    return tuple(sorted(set.intersection(*kept))) if kept else ()


def together(statuses: Sequence[Status], cases: Sequence[Sighting]) -> tuple[Verdict | None, ...]:
    """The verdicts of all cases of one claim with one model: a claim that contradicts itself is judged as one.

    Where some of its cases keep one statement and some another, neither holds. The statement that most of them
    keep (of as many, the first) is what the others fall short of. What was not run or is inconclusive keeps
    neither, and says nothing against either.

    Returns:
        a verdict for each case; None for what was not run, and where nothing is documented.
    """
    alone = [None if it.behaviour is None else verdict(statuses, it.behaviour, it.seen_as) for it in cases]
    kept = [() if it.behaviour is None else holding(statuses, it.behaviour, it.seen_as) for it in cases]
    deciding = [set(statements) for statements in kept if statements]
    if not deciding or set.intersection(*deciding):
        return tuple(alone)
    main = max(range(len(statuses)), key=lambda statement: sum(statement in one for one in deciding))
    return tuple(
        Verdict.FALLS_SHORT if statements and main not in statements else found
        for statements, found in zip(kept, alone, strict=True)
    )


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a feature: the worst of its cases'."""
    return max(verdicts, key=_BADNESS.index)
