"""The exact test against an independent implementation, and the error it states."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.statistics import ERROR, FIDELITY, LOOKS, Outcome, collapse, evidence_of_diversity, p_collapsed

DRAWS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=6)


def pairs(draws: list[str]) -> int:
    return sum(one == other for one, other in combinations(draws, 2))


@given(DRAWS, DRAWS)
def test_the_permutation_test_counts_every_split(control: list[str], treatment: list[str]) -> None:
    pooled = control + treatment
    splits = list(combinations(range(len(pooled)), len(treatment)))
    extreme = sum(pairs([pooled[i] for i in split]) >= pairs(treatment) for split in splits)
    assert p_collapsed(control, treatment) == Fraction(extreme, len(splits))


@given(DRAWS, st.fractions(min_value=Fraction(1, 2), max_value=Fraction(9, 10)))
def test_the_likelihood_ratio_is_the_least_over_all_openings(treatment: list[str], fidelity: Fraction) -> None:
    ratios = []
    for opening in set(treatment):
        ratio = Fraction(0)
        for share in (Fraction(1, 20), Fraction(1, 5), Fraction(2, 5)):
            each = Fraction(1, 3)
            for draw in treatment:
                each *= share / fidelity if draw == opening else (1 - share) / (1 - fidelity)
            ratio += each
        ratios.append(ratio)
    assert evidence_of_diversity(treatment, fidelity) == min(ratios)


@pytest.mark.parametrize("length", [1, 2, 5, 9])
def test_a_collapsed_arm_is_expected_to_gain_no_evidence(length: int) -> None:
    """Ville's inequality needs a ratio whose mean under *collapsed* is at most one, at every length."""
    mean = Fraction(0)
    for outcome in range(2**length):
        draws = ["collapsed" if outcome >> n & 1 else f"other {n}" for n in range(length)]
        hits = outcome.bit_count()
        mean += FIDELITY**hits * (1 - FIDELITY) ** (length - hits) * evidence_of_diversity(draws)
    assert mean <= 1


def test_the_error_spent_over_the_looks_is_the_error_stated() -> None:
    assert sum(LOOKS.values()) <= ERROR


def test_one_opening_against_many_is_decided_at_the_first_look() -> None:
    numbers = iter(range(1000))
    found = collapse(lambda: next(numbers), lambda: "always the same")
    assert found.outcome is Outcome.COLLAPSED
    assert len(found.treatment) == min(LOOKS)
    assert found.p_collapsed is not None
    assert found.p_collapsed < ERROR


def test_a_diverse_treatment_needs_no_control() -> None:
    numbers = iter(range(1000))
    found = collapse(lambda: next(numbers), lambda: next(numbers))
    assert found.outcome is Outcome.DIVERSE
    assert found.control == ()


def test_a_control_that_is_not_diverse_decides_nothing() -> None:
    found = collapse(lambda: "same", lambda: "same")
    assert found.outcome is Outcome.UNDECIDED
    assert len(found.treatment) < max(LOOKS)


@given(st.integers(0, 10**6), st.sampled_from([2, 3, 6, 50]), st.sampled_from([0.0, 0.1, 0.25]))
def test_no_seed_makes_it_sure_of_the_wrong_thing(seed: int, openings: int, noise: float) -> None:
    """A hundred examples cannot show an error of 0.001; benchmarks/verdict_error.py does."""
    rng = random.Random(seed)

    def control() -> int:
        return rng.randrange(openings)

    def honoured() -> int:
        return control() if rng.random() < noise else 0

    if openings > 3:
        assert collapse(control, honoured).outcome is not Outcome.DIVERSE
    else:
        collapse(control, honoured)


def test_each_arm_repeating_an_answer_of_its_own_is_no_collapse():
    """A cache of replies answers every request as it did the first time, and the parameter need do nothing."""
    found = collapse(lambda: "Once upon a time", lambda: "In a village")
    assert found.outcome is Outcome.UNDECIDED
