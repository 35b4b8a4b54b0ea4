"""Nobody is accused once: what the takes of a case come to together.

A take is one whole run of a case, fresh, on the case's cassette beside the others. What would be held against a
service (``verdicts.needs_confirmation``) stands where two takes agree. One take alone is inconclusive, and so are two
that disagree, or agree about different requests: a passing 400, replies that were swapped, a service that changed in
between look exactly so. Two of three would prove no more: at one stray refusal in ten requests, a case of three
requests is refused by chance in 27 of 100 takes. *Inconsistent* is said by a case that counts its draws, and confirmed
like everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.values import Behaviour, Observation, Status
from conformance.verdicts import needs_confirmation

__all__ = ["Confirmed", "confirmed"]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What is reported of a case, and what each of its takes saw."""

    observation: Observation
    takes: tuple[Behaviour, ...] = ()
    """Empty where one take is enough."""


def confirmed(statuses: Sequence[Status], takes: Sequence[Observation]) -> Confirmed:
    """What the takes of a case come to, in the order in which they were made; one at least.

    Args:
        statuses: what is documented: it depends on it what is held against a service.
    """
    first, *others = takes
    if not others and not _is_held_against(statuses, first):
        return Confirmed(first)
    arms = tuple(arm for take in takes for arm in take.arms)
    behaviours = tuple(take.behaviour for take in takes)
    if not others:
        words = f"seen once, as {first.behaviour}, and not asked again: {first.summary}"
        return Confirmed(_inconclusive(first, words), behaviours)
    seen = first
    for other in others:
        agreed = _agreed(statuses, seen, other)
        if agreed is None:
            words = f"seen as {_told(seen)}, and then {_told(other)}"
            return Confirmed(replace(_inconclusive(first, words), arms=arms), behaviours)
        seen = agreed
    return Confirmed(replace(seen, arms=arms), behaviours)


def _is_held_against(statuses: Sequence[Status], take: Observation) -> bool:
    return needs_confirmation(statuses, take.behaviour, take.seen_as)


def _agreed(statuses: Sequence[Status], one: Observation, other: Observation) -> Observation | None:
    """What two takes agree on; None where they do not."""
    if one.behaviour is not Behaviour.INCONSISTENT and one.behaviour is other.behaviour:
        return one if _same_answers(one, other) else None
    if not (_is_held_against(statuses, one) and _is_held_against(statuses, other)):
        return None
    # Of what goes both ways one take may have seen only one, if that is held against the service by itself.
    if one.behaviour is Behaviour.INCONSISTENT and set(_seen_as(other)) <= set(one.seen_as):
        return one
    if other.behaviour is Behaviour.INCONSISTENT and set(_seen_as(one)) <= set(other.seen_as):
        return other
    return None


def _same_answers(one: Observation, other: Observation) -> bool:
    """Whether two takes that saw the same saw it of the same requests.

    Only asked where nothing but statuses decides: of a case that sends several requests which are each to be refused,
    a stray answer may reach one request in one take, and another in the other.
    """
    if {*one.signals, *other.signals} != {"status"}:
        return True
    first, second = _taken(one), _taken(other)
    return all(first[name] & second[name] for name in first.keys() & second.keys())


def _taken(take: Observation) -> dict[str, set[bool]]:
    """Of every arm of a take, whether its requests were taken: some may have been, and some not."""
    taken: dict[str, set[bool]] = {}
    for arm in take.arms:
        taken.setdefault(arm.name, set()).add(arm.outcome.startswith("2"))
    return taken


def _seen_as(take: Observation) -> tuple[Behaviour, ...]:
    return take.seen_as or (take.behaviour,)


def _told(take: Observation) -> str:
    if take.behaviour is Behaviour.INCONCLUSIVE:
        return f"not to be told ({take.summary})"
    return f"{take.behaviour} ({take.summary})"


def _inconclusive(take: Observation, words: str) -> Observation:
    return replace(take, behaviour=Behaviour.INCONCLUSIVE, summary=words, seen_as=(), obstacles=(), then=None)
