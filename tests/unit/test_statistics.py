"""The exact test against independent implementations, and the errors it states."""

from __future__ import annotations

import random
import runpy
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations, count
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.statistics import (
    BEARABLE,
    BROKEN,
    END,
    ERROR,
    FIDELITY,
    LONE,
    PLAIN,
    STREAMED,
    Outcome,
    Plan,
    SampledComparison,
    agree,
    compare,
    evidence_of_diversity,
    p_collapsed,
    places_of,
)
from conformance.values import Behaviour

DRAWS = st.lists(st.text("ab", min_size=4, max_size=4), min_size=1, max_size=6)
PLACES = st.sets(st.integers(1, 4), min_size=1).map(sorted)
BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "verdict_error.py"))
PLANS = pytest.mark.parametrize("plan", [PLAIN, STREAMED], ids=["plain", "streamed"])


def pairs(draws: Sequence[str], places: Sequence[int]) -> int:
    return sum(one[:place] == other[:place] for place in places for one, other in combinations(draws, 2))


@given(DRAWS, DRAWS, PLACES)
def test_the_permutation_test_counts_every_split(control: list[str], treatment: list[str], places: list[int]) -> None:
    pooled = control + treatment
    splits = list(combinations(range(len(pooled)), len(treatment)))
    extreme = sum(pairs([pooled[i] for i in split], places) >= pairs(treatment, places) for split in splits)
    assert p_collapsed(control, treatment, places) == Fraction(extreme, len(splits))


@settings(max_examples=30)
@given(st.lists(st.text("ab", min_size=5, max_size=5), min_size=5, max_size=9), st.integers(2, 4))
def test_no_split_of_any_draws_is_called_collapsed_too_often(pooled: list[str], size: int) -> None:
    """Exact, with the places it chooses itself: over all splits of the same draws, p <= a comes with a chance of a."""
    found = []
    for split in combinations(range(len(pooled)), size):
        treatment = [pooled[i] for i in split]
        control = [draw for i, draw in enumerate(pooled) if i not in split]
        found.append(p_collapsed(control, treatment, places_of([*control, *treatment])))
    for level in set(found):
        assert sum(p <= level for p in found) <= level * len(found)


@given(st.lists(st.text("ab" + END, max_size=9), min_size=1, max_size=8), st.randoms())
def test_the_places_do_not_know_the_arms(pooled: list[str], chance: random.Random) -> None:
    shuffled = chance.sample(pooled, len(pooled))
    assert places_of(pooled) == places_of(shuffled)


@given(st.integers(1, 12), st.fractions(min_value=Fraction(1, 2), max_value=Fraction(9, 10)), st.data())
def test_the_likelihood_ratio_is_that_of_every_draw(draws: int, fidelity: Fraction, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, draws))
    ratio = Fraction(0)
    for share in (Fraction(1, 20), Fraction(1, 5), Fraction(2, 5)):
        each = Fraction(1, 3)
        for number in range(draws):
            each *= share / fidelity if number < hits else (1 - share) / (1 - fidelity)
        ratio += each
    assert evidence_of_diversity(hits, draws, fidelity) == ratio


@pytest.mark.parametrize("size", sorted(LONE))
def test_a_collapsed_arm_is_hardly_ever_called_diverse(size: int) -> None:
    """At every size, and over all of them and the sizes of a control: the ratio is not passed by more than the error.

    The commonest beginning comes at least as often as the collapsed one, and the ratio falls as it comes more often.
    """
    passes = [hits for hits in range(size + 1) if evidence_of_diversity(hits, size) >= 4 / ERROR]
    chance = sum((comb(size, h) * FIDELITY**h * (1 - FIDELITY) ** (size - h) for h in passes), start=Fraction(0))
    assert chance <= ERROR / 4
    assert passes == list(range(len(passes)))
    assert passes


@PLANS
def test_the_error_spent_over_the_nodes_is_the_error_stated(plan: Plan) -> None:
    assert sum(plan.nodes.values()) <= ERROR
    assert Fraction(1, 1000) >= ERROR * 6


@PLANS
def test_the_first_node_can_be_decided(plan: Plan) -> None:
    size, controls = plan.first
    assert Fraction(1, comb(size + controls, size)) <= plan.nodes[plan.first]


def chance_of(missing: Fraction, sizes: Sequence[int], *, stop: Callable[[int, int], bool]) -> Fraction:
    """The chance that a run whose draws miss with this chance ever stops, when looked at at these sizes."""

    @cache
    def after(index: int, misses: int) -> Fraction:
        if index and stop(sizes[index - 1], misses):
            return Fraction(1)
        if index == len(sizes):
            return Fraction(0)
        more = sizes[index] - (sizes[index - 1] if index else 0)
        ways = ((comb(more, m) * missing**m * (1 - missing) ** (more - m), m) for m in range(more + 1))
        return sum((share * after(index + 1, misses + m) for share, m in ways), start=Fraction(0))

    return after(0, 0)


def test_a_setting_ignored_in_three_draws_of_ten_is_hardly_ever_honoured() -> None:
    """Exactly, over all looks. A row has both cases, and conforms only where both are honoured."""
    share = Fraction(3, 10)
    plain, streamed = (
        chance_of(share, plan.sizes, stop=lambda size, misses: misses <= BEARABLE[size]) for plan in (PLAIN, STREAMED)
    )
    assert plain < Fraction(1, 200)
    assert streamed < Fraction(1, 60)
    assert 3 * plain * streamed < Fraction(1, 1000)


def test_a_draw_in_ten_that_misses_is_hardly_ever_a_broken_replica() -> None:
    broken = chance_of(Fraction(1, 10), STREAMED.sizes, stop=lambda size, misses: misses >= BROKEN[size])
    assert broken <= ERROR


def test_a_setting_honoured_in_three_draws_of_ten_is_hardly_ever_ignored_by_both_cases() -> None:
    """Collapsed draws are alike, and are as many as come back: at most so many are borne."""
    share = Fraction(3, 10)
    plain, streamed = (
        chance_of(share, sizes, stop=lambda size, hits: hits <= LONE[size])
        for sizes in ([size for size in PLAIN.sizes if size in LONE], [s for s in STREAMED.sizes if s in LONE])
    )
    assert plain < Fraction(1, 200)
    assert 3 * plain * streamed < Fraction(1, 1000)


def arm(draws: Callable[[], str]) -> Callable[[int], Sequence[str]]:
    """An arm that draws as it is asked to, and no draw twice."""
    drawn: list[str] = []

    def first(wanted: int) -> Sequence[str]:
        drawn.extend(draws() for _ in range(wanted - len(drawn)))
        return drawn[:wanted]

    return first


def numbered(joint: str = " goes on for a while, and on, and on") -> Callable[[], str]:
    numbers = count()
    return lambda: f"{next(numbers):04}{joint}"


def compared(control: Callable[[], str], treatment: Callable[[], str], plan: Plan = PLAIN) -> SampledComparison:
    return compare(arm(control), arm(treatment), plan)


@PLANS
def test_one_beginning_against_many_is_decided_at_the_first_look(plan: Plan) -> None:
    found = compared(numbered(), lambda: "always the same, whatever may come", plan)
    assert found.outcome is Outcome.COLLAPSED
    assert (len(found.treatment), len(found.control)) == plan.first
    assert found.p_collapsed is not None
    assert found.p_collapsed < ERROR


def test_a_diverse_treatment_needs_no_more_controls() -> None:
    found = compared(numbered(), numbered(" of the others, and nobody else's"))
    assert found.outcome is Outcome.DIVERSE
    assert len(found.control) == PLAIN.first[1]


def test_a_control_that_repeats_itself_is_no_reason_to_draw_a_treatment() -> None:
    found = compared(lambda: "same", lambda: "same")
    assert found.outcome is Outcome.ALIKE
    assert found.treatment == ()


def test_each_arm_repeating_an_answer_of_its_own_is_no_collapse() -> None:
    """A cache of replies answers every request as it did the first time, and the parameter need do nothing."""
    assert compared(lambda: "Once upon a time", lambda: "In a village").outcome is Outcome.ALIKE


def test_a_long_reply_that_only_the_control_repeats_is_a_cache() -> None:
    """One draw in four comes from a store, and not the same one for each setting: nothing is known of the setting."""
    fresh, turn, other = numbered(" is a reply that somebody had, and is given again to whoever asks"), count(), count()
    kept = [fresh(), fresh()]
    found = compared(
        lambda: kept[0] if next(turn) % 4 == 1 else fresh(), lambda: kept[1] if next(other) != 1 else fresh()
    )
    assert found.outcome is Outcome.CACHED


def test_some_of_the_draws_being_collapsed_is_no_collapse() -> None:
    other, turn = numbered(" of the others, and nobody else's"), count()
    found = compared(numbered(), lambda: other() if next(turn) % 2 else "always the same, whatever may come")
    assert found.outcome is Outcome.MIXED
    assert found.misses >= BROKEN[len(found.treatment)]


def test_beginnings_that_are_alike_whatever_the_setting_are_passed_over() -> None:
    thought = "The user wants me to write the opening of a short story. "
    control = numbered()
    found = compared(lambda: thought + control(), lambda: f"{thought}The lamp was lit.")
    assert found.outcome is Outcome.COLLAPSED
    assert found.places[0] > len(thought)


def test_a_draw_agrees_with_what_it_was_cut_off_from() -> None:
    assert agree("Once upon", "Once upon a time")
    assert not agree(f"Once upon{END}", "Once upon a time")


SERVICES = [
    *(service for service in BENCHMARK["services"]() if service.kind in ("honours", "ignores")),
    *(service for service in BENCHMARK["services"]() if service.kind == "50% of draws"),
]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: f"{service.style}, {service.kind}")
def test_no_style_of_service_is_judged_wrongly(service: Any) -> None:
    """A few runs of the cases as they are; benchmarks/verdict_error.py has the many that show how rare errors are."""
    for case in BENCHMARK["EXPERIMENTS"]:
        found = BENCHMARK["tally"](service, case, 5, 1)
        assert found.wrong == 0, found.seen
        if Behaviour.INCONCLUSIVE not in service.right:
            assert found.seen.get(Behaviour.INCONCLUSIVE, 0) <= 3


def test_a_comparison_says_how_often_each_beginning_came() -> None:
    found = compared(numbered(), lambda: "always the same, whatever may come")
    assert found.beginnings(found.treatment) == [20]
    assert Counter(found.beginnings(found.control)) == {1: 4}


def test_the_commonest_beginning_comes_first() -> None:
    other, turn = numbered(" of the others, and nobody else's"), count()
    found = compared(numbered(), lambda: other() if next(turn) % 3 == 0 else "always the same, whatever may come")
    often, *once = found.beginnings(found.treatment)
    assert often == sum(place % 3 > 0 for place in range(len(found.treatment)))
    assert set(once) == {1}


@PLANS
def test_what_comes_back_now_and_then_and_the_control_never_says_is_not_called_diverse(plan: Plan) -> None:
    """One draw in eight is the same: a replica that honours the setting may be behind it, so *ignored* is not sure."""
    other, turn = numbered(" of the others, and nobody else's"), count()
    now_and_then = compared(
        numbered(),
        lambda: other() if next(turn) % 6 else "always the same, whatever may come, as one replica says",
        plan,
    )
    assert now_and_then.outcome is not Outcome.DIVERSE


@PLANS
def test_a_refusal_that_both_arms_say_now_and_then_leaves_the_others_diverse(plan: Plan) -> None:
    one, other, turns = numbered(), numbered(" of the others, and nobody else's"), (count(), count())
    refusal = "I am sorry, and I cannot help with that, whatever may come, today or on any other day"
    found = compared(
        lambda: one() if (next(turns[0]) + 3) % 6 else refusal,
        lambda: other() if next(turns[1]) % 6 else refusal,
        plan,
    )
    assert found.outcome is Outcome.DIVERSE


@PLANS
def test_a_short_refusal_is_no_miss_even_where_the_control_says_it_as_well(plan: Plan) -> None:
    """Word for word the same and at its end: it is as short as what two draws have in common by chance."""
    one, turns = numbered(), (count(), count())
    refusal = f"I'm not sure, sorry.{END}"
    found = compared(
        lambda: one() if (next(turns[0]) + 3) % 6 else refusal,
        lambda: "always the same, whatever may come, and then on" if (next(turns[1]) + 1) % 6 else refusal,
        plan,
    )
    assert (found.outcome, found.misses) == (Outcome.COLLAPSED, 0)


def test_what_is_collapsed_stays_so_while_its_one_miss_is_looked_into() -> None:
    """The first look has a miss, which more draws show to be noise; they have no error of their own to spend."""
    turn = count()
    found = compared(
        numbered(), lambda: "so it is said once, and never again" if next(turn) == 3 else "always the same, it seems"
    )
    assert found.outcome is Outcome.COLLAPSED
    assert (len(found.treatment), found.misses) == (25, 1)
