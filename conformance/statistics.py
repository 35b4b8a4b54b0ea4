"""Exact, sequential tests for sampled parameters: do the openings of one arm collapse?

Every draw is reduced to a category (its opening).

Under *ignored* treatment and control are draws from one distribution, so any split of the pooled draws
is as likely as any other: the permutation test counts, exactly, the splits in which the treatment
repeats itself at least as often as seen. It is looked at a few times, and the error is spent over the
looks (a union bound).

Under *honoured* a treatment draw is the one collapsed opening with a probability of at least
``FIDELITY``: services are noisy even when greedy. Against each opening that could be it runs a
likelihood ratio; by Ville's inequality the chance that it ever passes 1/error is at most the error,
so it may be looked at after every single draw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import comb

__all__ = ["ERROR", "FIDELITY", "LOOKS", "Collapse", "Outcome", "collapse", "evidence_of_diversity", "p_collapsed"]

ERROR = Fraction(1, 1000)
"""The error probability a decision may have, each way."""

FIDELITY = Fraction(7, 10)
"""The least share of draws an honoured near-greedy setting gives to one opening.

Real servers, 2026-11: 1 or 2 different openings in 8 at temperature 0.01, 1 at top_k 1.
"""

SUSPICION = Fraction(1, 20)
"""A treatment that repeats itself this unlikely often is not called diverse, however noisy it is."""

LOOKS: Mapping[int, Fraction] = {
    7: Fraction(30, 100_000),
    9: Fraction(20, 100_000),
    11: Fraction(10, 100_000),
    14: Fraction(10, 100_000),
    18: Fraction(10, 100_000),
    23: Fraction(10, 100_000),
    28: Fraction(10, 100_000),
}
"""Draws in each arm at which the arms are compared, and the share of the error spent there.

The last is the cap. At 7 one opening against seven others is decided: there are 3432 splits.
"""

_FUTILE = 11
"""Draws in each arm after which a control that is not diverse ends the test, undecided."""

_ALTERNATIVES = (Fraction(1, 20), Fraction(1, 5), Fraction(2, 5))
"""Shares of its commonest opening that a diverse arm may have: the likelihood ratio is their mean."""


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
    """Permutation p-value of the last comparison; None where the arms were never compared."""
    diversity: Fraction
    """The largest likelihood ratio of *diverse* to *collapsed* that the treatment has reached."""


def p_collapsed(control: Sequence[Hashable], treatment: Sequence[Hashable]) -> Fraction:
    """Exact permutation p-value of *the treatment repeats itself more than a random split would*.

    The statistic is the number of equal pairs inside the treatment. Splits are counted by
    category, so the cost is polynomial in the draws, not the binomial coefficient.
    """
    pooled = Counter(control) + Counter(treatment)
    size = len(treatment)
    seen = _pairs(treatment)
    # ways[(drawn, pairs)]: in how many ways the categories so far give the treatment
    # `drawn` draws with `pairs` equal pairs; all that reach the pairs seen are counted together.
    ways: dict[tuple[int, int], int] = {(0, 0): 1}
    for total in pooled.values():
        following: dict[tuple[int, int], int] = {}
        for (drawn, pairs), count in ways.items():
            for taken in range(min(total, size - drawn) + 1):
                key = (drawn + taken, min(pairs + comb(taken, 2), seen))
                following[key] = following.get(key, 0) + count * comb(total, taken)
        ways = following
    extreme = sum(count for (drawn, pairs), count in ways.items() if (drawn, pairs) == (size, seen))
    return Fraction(extreme, comb(len(control) + size, size))


def _pairs(draws: Sequence[Hashable]) -> int:
    """Equal pairs among draws."""
    return sum(comb(count, 2) for count in Counter(draws).values())


def evidence_of_diversity(treatment: Sequence[Hashable], fidelity: Fraction = FIDELITY) -> Fraction:
    """The likelihood ratio of *diverse* to *collapsed with at least this fidelity*, for the likeliest opening.

    The collapsed opening is not known, so the ratio that counts is the least of all openings': that of
    the commonest. Between a share and a larger one a hit speaks for the larger and a miss against it, so
    ``fidelity`` is the case hardest to exclude of all that are at least as faithful.
    """
    draws, hits = len(treatment), max(Counter(treatment).values(), default=0)
    collapsed = fidelity**hits * (1 - fidelity) ** (draws - hits)
    diverse = sum((share**hits * (1 - share) ** (draws - hits) for share in _ALTERNATIVES), start=Fraction(0))
    return diverse / len(_ALTERNATIVES) / collapsed


def collapse(
    draw_control: Callable[[], Hashable],
    draw_treatment: Callable[[], Hashable],
    *,
    expect_control: Callable[[int], None] = lambda _: None,
    expect_treatment: Callable[[int], None] = lambda _: None,
    looks: Mapping[int, Fraction] = LOOKS,
    error: Fraction = ERROR,
    fidelity: Fraction = FIDELITY,
) -> Collapse:
    """Draw both arms in steps and stop as soon as one answer is sure; undecided at the cap.

    The treatment goes first: where it stays diverse no control is needed to know that nothing
    collapsed, which saves half of the requests on a service that ignores the parameter.

    Args:
        expect_control: told how many draws of this arm follow one another, so that they can be asked for at
            once. Of the treatment's the last few may turn out not to be needed; no decision looks at them.
        expect_treatment: the same for the other arm.
    """
    control: list[Hashable] = []
    treatment: list[Hashable] = []
    p_same: Fraction | None = None
    most = Fraction(0)
    suspicious = False

    def found(outcome: Outcome) -> Collapse:
        return Collapse(outcome, tuple(control), tuple(treatment), p_same, most)

    for size, spent in looks.items():
        expect_treatment((size - len(treatment)) * (most < 1 / error or suspicious))
        while len(treatment) < size and (most < 1 / error or suspicious):
            treatment.append(draw_treatment())
            most = max(most, evidence_of_diversity(treatment, fidelity))
        repeats = max(Counter(treatment).values()) > 1
        if most >= 1 / error and not repeats:
            return found(Outcome.DIVERSE)
        if not repeats:
            continue  # no control, however diverse, could make this arm look collapsed
        expect_control(len(treatment) - len(control))
        control += [draw_control() for _ in range(len(treatment) - len(control))]
        p_same = p_collapsed(control, treatment)
        # Each arm repeating one answer of its own (a cache of replies) looks unlike any split, and is no collapse.
        if p_same <= spent and _pairs(control) < _pairs(treatment):
            return found(Outcome.COLLAPSED)
        if most >= 1 / error:
            if p_same > SUSPICION:
                return found(Outcome.DIVERSE)
            suspicious = True  # not one opening, and yet oddly few: more draws are to tell
        if size >= _FUTILE and max(Counter(control).values()) >= fidelity * size:
            break  # the control is as collapsed as an honoured treatment: more of the same tells nothing
    return found(Outcome.UNDECIDED)
