"""An exact, sequential test for sampled parameters: do the draws of one arm collapse, of how many, or not at all?

A draw is everything a reply says, as one text. A model may begin every thought with the same words at any
temperature, and drift apart after some words even when greedy, so neither the first words nor any fixed place will
do. Draws are compared by their beginnings, of several lengths, and the lengths are found in the draws themselves.

**Collapsed** is an exact permutation test. Where the parameter has no effect, both arms are draws of one
distribution, and any split of the pooled draws is as likely as any other. The lengths (``places``) are chosen from
the pooled draws, blind to the arms, and the statistic is one sum over them, so looking at several costs nothing and
the test stays exact. It is done at a few sizes (``Plan.nodes``), and the error is spent over them.

**Diverse** is a likelihood ratio at the length at which the control has come apart, which owes nothing to the
treatment. An honoured setting gives one beginning a share of at least ``FIDELITY`` there; Ville's inequality bounds
the chance that the ratio ever passes 1/error. Besides, nothing may come back often that the control does not say as
well, or a replica behind the same address honours the setting.

**Mixed** is a collapse of some draws only. A draw that leaves the common course no later than the control does, and is
no more like any other draw than the control's are, was drawn as if the setting were not there. (Greedy noise and
refusals repeat themselves, and late drift leaves late.) Few such misses are borne, many are a finding, and between
the two more are drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import combinations
from math import comb
from os.path import commonprefix

__all__ = [
    "ANOTHER_VALUE",
    "BEARABLE",
    "BROKEN",
    "END",
    "ERROR",
    "FIDELITY",
    "LONE",
    "PLAIN",
    "STREAMED",
    "Outcome",
    "Plan",
    "SampledComparison",
    "agree",
    "compare",
    "evidence_of_diversity",
    "p_collapsed",
    "places_of",
]

END = "\0"
"""Stands at the end of a draw that was not cut off, so that a short reply differs from the beginning of a long one."""

ERROR = Fraction(1, 6000)
"""The error probability a decision of one case may have, each way: six sampled cases of a model stay within 0.001."""

FIDELITY = Fraction(7, 10)
"""The least share of draws an honoured near-greedy setting gives to one beginning.

Real servers, 2026-11: 1 or 2 different openings in 8 at temperature 0.01, 1 at top_k 1.
"""

SUSPICION = Fraction(1, 20)
"""A treatment that repeats itself this unlikely often is not called diverse."""

_LAST_SUSPICION = Fraction(1, 1000)
"""The same with as many controls as draws, where a setting honoured in part would be far less likely than that."""

_ALTERNATIVES = (Fraction(1, 20), Fraction(1, 5), Fraction(2, 5))
"""Shares of its commonest beginning that a diverse arm may have: the likelihood ratio is their mean."""

_APART = Fraction(1, 4)
"""The share of its commonest beginning at which a control has come apart."""

_ALIKE = Fraction(9, 10)
"""The share of their commonest beginning above which all draws still count as alike."""

_STEPS = (0, 1, 3, 7, 15, 31, 63, 127)
"""Characters behind the first that tells anything at which draws are compared as well."""

_BEHIND = 4
"""Characters that are looked at behind the place where the control comes apart: it may have done so early by chance."""

_BEYOND = 12
"""Characters more than chance gives two draws in common, of which nothing but a collapse makes several alike."""

_FAR = 60
"""Characters behind that place at which independent draws no longer meet by chance, and collapsed ones still do."""

BEARABLE: Mapping[int, int] = {13: 0, 20: 0, 25: 1, 30: 2, 36: 3, 42: 4}
"""By draws of the treatment: how many misses an honoured setting may have.

Where three draws in ten ignore the setting, so few are seen, at any of these sizes from 20 on, in 1 run of 200.
"""

BROKEN: Mapping[int, int] = {13: 8, 20: 9, 25: 11, 30: 12, 36: 13, 42: 14}
"""The misses that are no noise: where one draw in ten misses, so many are seen in 1 run of 6000 at the most."""

LONE: Mapping[int, int] = {13: 1, 25: 1, 30: 2, 36: 3, 42: 4}
"""How often one beginning that the control does not know may come back in a treatment that is called diverse."""


class Outcome(Enum):
    """What the draws show."""

    COLLAPSED = "collapsed"
    DIVERSE = "diverse"
    MIXED = "mixed"
    """Some draws are collapsed, and others as diverse as the control."""
    ALIKE = "alike"
    """The control repeats itself: there is no diversity that could collapse."""
    CACHED = "cached"
    """The control repeats a long reply that the treatment never gives: its draws are not independent."""
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is drawn, and where the error is spent."""

    nodes: Mapping[tuple[int, int], Fraction]
    """By draws of the treatment and of the control: the error spent on *collapsed* there. It begins with the first."""

    @property
    def first(self) -> tuple[int, int]:
        """Draws of the treatment and of the control that are made in any case."""
        return next(iter(self.nodes))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Draws of the treatment at which it is looked at, rising; the last is the cap."""
        return tuple(size for size in BEARABLE if size >= self.first[0])


_LATER = dict.fromkeys([(20, 8), (25, 8), (30, 8), (36, 16), (42, 16), (42, 42)], Fraction(75, 10**7))

PLAIN = Plan({(20, 4): Fraction(1, 10_000), **_LATER})
"""Twenty draws alike leave no room for a replica that ignores the setting in three draws of ten."""

STREAMED = Plan({(13, 5): Fraction(12, 100_000), **_LATER})
"""For the same question over a stream, beside the first: fewer draws tell whether streams lose the setting."""

ANOTHER_VALUE = Plan(_LATER)
"""For the same question at another value, beside the six: with eight controls from the start it spends so little of the
error that all seven stay within 0.001 of a false *honoured*."""


@dataclass(frozen=True, slots=True)
class SampledComparison:
    """The outcome of a sequential test, with everything needed to check it by hand."""

    outcome: Outcome
    control: tuple[str, ...]
    treatment: tuple[str, ...]
    places: tuple[int, ...] = ()
    """Lengths of the beginnings that were compared."""
    apart: int | None = None
    """The length at which the control has come apart; None where it has not."""
    p_collapsed: Fraction | None = None
    """Permutation p-value of the last comparison; None where the arms were never compared."""
    diversity: Fraction = Fraction(0)
    """The likelihood ratio of *diverse* to *collapsed* of the last comparison."""
    misses: int = 0
    """Draws of the treatment that are as diverse as the control."""

    def beginnings(self, arm: Sequence[str]) -> list[int]:
        """How often each beginning comes in an arm, the commonest first, where the control has come apart."""
        place = self.apart or max(self.places, default=1)
        return sorted(Counter(draw[:place] for draw in arm).values(), reverse=True)


def agree(one: str, other: str) -> bool:
    """Whether two draws say the same, as far as both go."""
    return one.startswith(other) or other.startswith(one)


def p_collapsed(control: Sequence[str], treatment: Sequence[str], places: Sequence[int]) -> Fraction:
    """Exact permutation p-value of *the treatment repeats itself more than a random split would*.

    The statistic is the number of equal pairs inside the treatment, summed over the places. Beginnings form a tree,
    and splits are counted from its leaves: the cost is polynomial in the draws, not the binomial coefficient.

    Args:
        places: lengths of the beginnings that are compared, rising; chosen without regard to the arms.
    """
    pooled, size = (*control, *treatment), len(treatment)
    levels = _levels(pooled, places)
    seen = sum(weight * _pairs(draw[:place] for draw in treatment) for place, weight in levels)

    def full(draws: Sequence[str], level: int) -> int:
        """The pairs of these draws from this level down, if all were the treatment's."""
        return sum(weight * _pairs(draw[:place] for draw in draws) for place, weight in levels[level:])

    def ways(draws: Sequence[str], level: int, needed: int) -> dict[tuple[int, int], int]:
        """In how many ways these draws give the treatment so many draws, with so many pairs from this level down.

        All that reach the pairs seen are counted together; what has fewer than are needed cannot reach them.
        """
        if level == len(levels) or len(draws) == 1:
            return {(taken, 0): comb(len(draws), taken) for taken in range(min(len(draws), size) + 1)}
        place, weight = levels[level]
        groups = sorted(_groups(draws, place), key=len, reverse=True)
        alone = sum(len(group) == 1 for group in groups)
        counted = {(taken, 0): comb(alone, taken) for taken in range(min(alone, size) + 1)}
        whole = left = full(draws, level)
        for group in groups[: len(groups) - alone]:
            own = full(group, level)
            below = ways(group, level + 1, needed - whole + own - weight * comb(len(group), 2))
            left -= own
            following: dict[tuple[int, int], int] = {}
            for (drawn, pairs), count in counted.items():
                for (taken, more), further in below.items():
                    total = min(pairs + more + weight * comb(taken, 2), seen)
                    if drawn + taken <= size and total + left >= needed:
                        key = (drawn + taken, total)
                        following[key] = following.get(key, 0) + count * further
            counted = following
        return counted

    return Fraction(ways(pooled, 0, seen).get((size, seen), 0), comb(len(pooled), size))


def _groups(draws: Sequence[str], place: int) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for draw in draws:
        groups.setdefault(draw[:place], []).append(draw)
    return list(groups.values())


def _levels(pooled: Sequence[str], places: Sequence[int]) -> list[tuple[int, int]]:
    """The places at which the draws are not all apart, and how many places part them in the same way."""
    levels: list[tuple[int, int]] = []
    parts = 0
    for place in places:
        now = len({draw[:place] for draw in pooled})
        if now == len(pooled):
            break
        if levels and now == parts:  # beginnings only ever come apart: as many parts are the same parts
            levels[-1] = (place, levels[-1][1] + 1)
        else:
            levels.append((place, 1))
        parts = now
    return levels


def _pairs(beginnings: Iterable[str]) -> int:
    """Equal pairs among beginnings."""
    return sum(comb(count, 2) for count in Counter(beginnings).values())


def places_of(pooled: Sequence[str]) -> tuple[int, ...]:
    """The lengths at which draws are compared: from where they are no longer all alike; none where they are to the end.

    They are a function of the pooled draws, which does not know the arms.
    """
    longest = _reach(pooled)
    first = _parting(pooled, _ALIKE, longest)
    return () if first is None else tuple(sorted({min(first + step, longest) for step in _STEPS}))


def _reach(draws: Sequence[str]) -> int:
    """The length up to which all draws are known: what was cut off says nothing of what would have come."""
    return min((len(draw) for draw in draws if not draw.endswith(END)), default=max(map(len, draws)))


def _commonest(draws: Sequence[str], place: int) -> int:
    return max(Counter(draw[:place] for draw in draws).values())


def _parting(draws: Sequence[str], share: Fraction, longest: int) -> int | None:
    """The shortest beginning of which no more than a share of the draws have the same; None up to the longest."""
    low, high = 1, longest
    if not draws or high < 1 or _commonest(draws, high) > share * len(draws):
        return None
    while low < high:
        middle = (low + high) // 2
        if _commonest(draws, middle) <= share * len(draws):
            high = middle
        else:
            low = middle + 1
    return low


def _shared(draw: str, draws: Sequence[str]) -> int:
    """The length of the beginning a draw shares with the one of the others that is most like it."""
    others = list(draws)
    others.remove(draw)
    # It compares characters, which is a mistake for paths and right for texts.
    return max((len(commonprefix([draw, other])) for other in others), default=0)  # noqa: RUF071  texts, not paths


def evidence_of_diversity(hits: int, draws: int, fidelity: Fraction = FIDELITY) -> Fraction:
    """The likelihood ratio of *diverse* to *collapsed with at least this fidelity*, of the commonest's hits.

    The collapsed beginning is not known, so the ratio that counts is the least of all beginnings': that of the
    commonest. Between a share and a larger one a hit speaks for the larger and a miss against it, so ``fidelity`` is
    the case hardest to exclude of all that are at least as faithful.
    """
    collapsed = fidelity**hits * (1 - fidelity) ** (draws - hits)
    diverse = sum((share**hits * (1 - share) ** (draws - hits) for share in _ALTERNATIVES), start=Fraction(0))
    return diverse / len(_ALTERNATIVES) / collapsed


Arm = Callable[[int], Sequence[str]]
"""Gives the first so many draws of an arm, asking for those that are missing."""


def compare(control_arm: Arm, treatment_arm: Arm, plan: Plan = PLAIN) -> SampledComparison:
    """Draw both arms in steps and stop as soon as one answer is sure; undecided at the cap.

    Args:
        control_arm: draws without the setting.
        treatment_arm: draws with it; none are made where the control says the same again and again.
    """
    size, controls = plan.first
    control = control_arm(controls)
    if _is_alike(control):
        control = control_arm(_FULLER)
    if _is_alike(control):
        return SampledComparison(Outcome.ALIKE, tuple(control), ())
    treatment = treatment_arm(size)
    proved: Fraction | None = None
    while True:
        spent = plan.nodes.get((len(treatment), len(control)), Fraction(0))
        look = _Look(control, treatment, spent, proved)
        proved = look.p if look.is_collapsed else None
        outcome = look.outcome
        if outcome is not Outcome.UNDECIDED:
            return look.comparison(outcome)
        size, controls = look.wanted(plan)
        if (size, controls) == (len(treatment), len(control)):
            return look.comparison(look.left_open)
        control, treatment = control_arm(controls), treatment_arm(size)


def _is_alike(control: Sequence[str]) -> bool:
    return _commonest(control, _reach(control)) >= FIDELITY * len(control)


_FULLER, _FULL = 8, 16
"""Draws of the control, where the first few do not do."""

_CONTROLS = 4
"""How many sizes a control can have. At each, the place where it has come apart is another, and has its share of
the error of *diverse*."""


class _Look:
    """All draws so far, looked at."""

    def __init__(
        self, control: Sequence[str], treatment: Sequence[str], spent: Fraction, proved: Fraction | None
    ) -> None:
        self.control, self.treatment = control, treatment
        self.size = len(treatment)
        self.pooled = (*control, *treatment)
        self.places = places_of(self.pooled)
        longest = _reach(self.pooled)
        parting = _parting(control, _APART, longest)
        self.apart = None if parting is None else min(parting + _BEHIND, longest)
        self.p = proved or p_collapsed(control, treatment, self.places)
        self.is_collapsed = proved is not None or self.p <= spent
        counts = Counter(draw[: self.apart] for draw in treatment)
        self.trunk, self.repeats = counts.most_common(1)[0]
        self.ratio = Fraction(0) if self.apart is None else evidence_of_diversity(self.repeats, self.size)
        self.hits, self.misses = self._sorted_out()

    def _sorted_out(self) -> tuple[int, int]:
        """How many draws follow the common course, and how many leave it as the control does, each alone."""
        if self.apart is None:
            return 0, 0
        borne = len(self.control) // 10  # one of many controls may follow it by chance
        fork = next(
            (
                place
                for place in range(1, self.apart + 1)
                if sum(draw[:place] == self.trunk[:place] for draw in self.control) <= borne
            ),
            self.apart,
        )
        others = [draw for draw in self.treatment if draw[:fork] != self.trunk[:fork]]
        if len(self.control) < _FULLER:
            return self.size - len(others), len(others)
        chance = self._shared_by_chance()
        return self.size - len(others), sum(
            _shared(draw, self.pooled) <= chance for draw in others if not self._comes_again(draw)
        )

    def _shared_by_chance(self) -> int:
        """How much of its beginning a draw without the setting shares with the draw most like it.

        Replies that come again as they were, as refusals do, are left out.
        """
        far = min((self.apart or 0) + _FAR, _reach(self.pooled))
        alone = (draw for draw in self.control if not self._comes_again(draw))
        shared = [length for draw in alone if (length := _shared(draw, self.pooled)) < far]
        return max(shared, default=far) + _BEHIND

    def _comes_again(self, draw: str) -> bool:
        """Whether it came to its end by itself, and another is word for word the same: a refusal, however short."""
        return draw.endswith(END) and self.pooled.count(draw) > 1

    @property
    def outcome(self) -> Outcome:
        """What these draws show; UNDECIDED where more are needed."""
        if self.apart is None:
            return Outcome.UNDECIDED
        if self.is_collapsed:
            if self._is_cached() or self.hits < _FOLLOWED * self.size:
                return Outcome.UNDECIDED
            if self.misses <= BEARABLE[self.size]:
                return Outcome.COLLAPSED
            known = len(self.control) >= _FULLER  # before that, a refusal or a second course cannot be told from a miss
            return Outcome.MIXED if known and self.misses >= BROKEN[self.size] else Outcome.UNDECIDED
        suspicion = SUSPICION if len(self.control) < self.size else _LAST_SUSPICION
        if self.p > suspicion and self.ratio >= _CONTROLS / ERROR and self._is_lone():
            return Outcome.DIVERSE
        return Outcome.UNDECIDED

    def _is_lone(self) -> bool:
        """Whether nothing comes back often that the control does not say as well, as it does a refusal."""
        if self.apart is None or self.size not in LONE:
            return False
        far = min(self.apart + _FAR, _reach(self.pooled), self._shared_by_chance() + _BEYOND)
        known = {draw[:far] for draw in self.control}
        others = Counter(draw[:far] for draw in self.treatment if draw[:far] not in known)
        return max(others.values(), default=0) <= LONE[self.size]

    def _is_cached(self) -> bool:
        """Whether the control gives a long reply twice, word for word, that the treatment does not know."""
        return any(
            agree(one, other) and min(len(one), len(other)) >= _LONG and not any(agree(one, t) for t in self.treatment)
            for one, other in combinations(self.control, 2)
        )

    @property
    def left_open(self) -> Outcome:
        """What is said where no more is drawn."""
        if self.apart is None:
            return Outcome.ALIKE
        return Outcome.CACHED if self.is_collapsed and self._is_cached() else Outcome.UNDECIDED

    def wanted(self, plan: Plan) -> tuple[int, int]:
        """The draws of the treatment and of the control to look at next; the same as now where it ends."""
        size, controls = self.size, len(self.control)
        larger = next((each for each in plan.sizes if each > size), size)
        if self.apart is None:
            return size, _FULLER if controls < _FULLER else max(controls, _FULL)
        if self.is_collapsed:
            return (size, _FULLER) if controls < _FULLER else (larger, controls)
        if controls < _FULLER:
            suspicious = self.p <= SUSPICION or size >= 25
            return (max(size, 20), _FULLER) if suspicious else (larger, controls)
        if size < 30:
            return larger, controls
        if size < plan.sizes[-1]:
            return larger, _FULL
        return size, size if self.p <= SUSPICION else controls

    def comparison(self, outcome: Outcome) -> SampledComparison:
        """The look, with its outcome."""
        return SampledComparison(
            outcome,
            tuple(self.control),
            tuple(self.treatment),
            self.places,
            self.apart,
            self.p,
            self.ratio,
            self.misses,
        )


_FOLLOWED = Fraction(2, 5)
"""The least share of a collapsed treatment that follows one course: greedy noise gave 0.65, and draws are few."""

_LONG = 60
"""Characters of a reply that nobody says twice by chance."""
