"""Exact, sequential tests for sampled parameters: do the openings of one arm collapse?

Every draw is reduced to a category (its opening). Under *ignored* treatment and control are
draws from one distribution, so any split of the pooled draws is as likely as any other: the
permutation test counts, exactly, the splits in which the treatment repeats itself at least as
often as seen. Under *honoured* a treatment draw is the one collapsed opening with a probability
of at least ``FIDELITY`` (services are noisy even when greedy): a binomial tail says how unlikely
so few repetitions would be. Each of the two errors is spread over the looks by a union bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import comb

__all__ = [
    "ERROR",
    "FIDELITY",
    "LOOKS",
    "SUSPICION",
    "Collapse",
    "Outcome",
    "collapse",
    "p_collapsed",
    "p_diverse",
]

ERROR = Fraction(1, 1000)
"""The error probability a decision may have, each way."""

FIDELITY = Fraction(7, 10)
"""The least share of draws an honoured near-greedy setting gives to one opening.

Real servers, 2026-11: 1 or 2 different openings in 8 at temperature 0.01, 1 at top_k 1.
"""

SUSPICION = Fraction(1, 20)
"""A treatment that repeats itself this unlikely often is not called diverse, however noisy it is."""

LOOKS = (8, 10, 14, 20, 28)
"""Draws in each arm after which the evidence is looked at; the last is the cap."""


class Outcome(Enum):
    """What the draws show."""

    COLLAPSED = "collapsed"
    DIVERSE = "diverse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Collapse:
    """The outcome of a sequential test, with everything needed to check it by hand."""

    outcome: Outcome
    control: tuple[Hashable, ...]
    treatment: tuple[Hashable, ...]
    p_collapsed: Fraction | None
    """Permutation p-value of the last look that drew both arms; None before that."""
    p_diverse: Fraction
    """Binomial tail of the last look: the chance of so few repeats were the parameter honoured."""
    looks: int


def p_collapsed(control: Sequence[Hashable], treatment: Sequence[Hashable]) -> Fraction:
    """Exact permutation p-value of *the treatment repeats itself more than a random split would*.

    The statistic is the number of equal pairs inside the treatment. Splits are counted by
    category, so the cost is polynomial in the draws, not the binomial coefficient.
    """
    pooled = Counter(control) + Counter(treatment)
    size = len(treatment)
    seen = sum(comb(count, 2) for count in Counter(treatment).values())
    # ways[(drawn, pairs)]: in how many ways the categories so far give the treatment
    # `drawn` draws with `pairs` equal pairs.
    ways: dict[tuple[int, int], int] = {(0, 0): 1}
    for total in pooled.values():
        following: dict[tuple[int, int], int] = {}
        for (drawn, pairs), count in ways.items():
            for taken in range(min(total, size - drawn) + 1):
                key = (drawn + taken, pairs + comb(taken, 2))
                following[key] = following.get(key, 0) + count * comb(total, taken)
        ways = following
    extreme = sum(count for (drawn, pairs), count in ways.items() if drawn == size and pairs >= seen)
    return Fraction(extreme, comb(len(control) + size, size))


def p_diverse(treatment: Sequence[Hashable], fidelity: Fraction = FIDELITY) -> Fraction:
    """The chance that a collapsed arm shows its commonest opening as rarely as this one does.

    An upper bound: the commonest of all openings is at least as common as the collapsed one.
    """
    n = len(treatment)
    most = max(Counter(treatment).values(), default=0)
    return sum(
        (comb(n, k) * fidelity**k * (1 - fidelity) ** (n - k) for k in range(most + 1)), start=Fraction(0)
    )


def collapse(
    draw_control: Callable[[], Hashable],
    draw_treatment: Callable[[], Hashable],
    *,
    looks: Sequence[int] = LOOKS,
    error: Fraction = ERROR,
    fidelity: Fraction = FIDELITY,
) -> Collapse:
    """Draw both arms in steps and stop as soon as one answer is sure; undecided at the cap.

    The treatment goes first: where it stays diverse no control is needed to know that nothing
    collapsed, which saves half of the requests on a service that ignores the parameter.
    """
    share = error / len(looks)
    control: list[Hashable] = []
    treatment: list[Hashable] = []
    p_same: Fraction | None = None
    p_spread = Fraction(1)
    for number, size in enumerate(looks, start=1):
        treatment += [draw_treatment() for _ in range(size - len(treatment))]
        p_spread = p_diverse(treatment, fidelity)
        if max(Counter(treatment).values()) == 1:  # no control, however diverse, could look less so
            if p_spread <= share:
                return _decided(Outcome.DIVERSE, control, treatment, p_same, p_spread, number)
            continue
        control += [draw_control() for _ in range(size - len(control))]
        p_same = p_collapsed(control, treatment)
        if p_same <= share:
            return _decided(Outcome.COLLAPSED, control, treatment, p_same, p_spread, number)
        if p_spread <= share and p_same > SUSPICION:
            return _decided(Outcome.DIVERSE, control, treatment, p_same, p_spread, number)
    return _decided(Outcome.UNDECIDED, control, treatment, p_same, p_spread, len(looks))


def _decided(  # noqa: PLR0917  the fields of Collapse, in their order
    outcome: Outcome,
    control: Sequence[Hashable],
    treatment: Sequence[Hashable],
    p_same: Fraction | None,
    p_spread: Fraction,
    looks: int,
) -> Collapse:
    return Collapse(outcome, tuple(control), tuple(treatment), p_same, p_spread, looks)
