"""The smallest set to blame is found, whatever it is, and in few requests."""

from __future__ import annotations

from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cases.blame import Unblamed, blame, hinted

PIECES = [f"piece-{number}" for number in range(24)]


@given(guilty=st.sets(st.sampled_from(PIECES), min_size=1, max_size=4))
def test_each_of_the_guilty_is_found_and_nobody_else(guilty: set[str]) -> None:
    asked: list[frozenset[str]] = []

    def taken(out: frozenset[str]) -> bool:
        asked.append(out)
        return guilty <= out

    assert set(blame(PIECES, taken).pieces) == guilty
    assert len(set(asked)) <= len(guilty) * (2 * ceil(log2(len(PIECES))) + 2)


@given(sets=st.lists(st.sets(st.sampled_from(PIECES), min_size=1, max_size=3), min_size=1, max_size=3))
def test_where_any_of_several_sets_will_do_one_is_found_that_has_nothing_to_spare(sets: list[set[str]]) -> None:
    def taken(out: frozenset[str]) -> bool:
        return any(one <= out for one in sets)

    found = frozenset(blame(PIECES, taken).pieces)
    assert taken(found)
    assert not any(taken(found - {piece}) for piece in found)


def test_the_first_takes_one_request() -> None:
    asked: list[frozenset[str]] = []

    def taken(out: frozenset[str]) -> bool:
        asked.append(out)
        return "piece-0" in out

    assert blame(PIECES, taken).pieces == ("piece-0",)
    assert len(set(asked)) == 1


def test_who_refuses_everything_is_not_to_be_decided() -> None:
    with pytest.raises(Unblamed):
        blame(PIECES, lambda _: False)


@pytest.mark.parametrize(
    ("message", "first"),
    [
        ("invalid params, chat content has invalid message role: system (2013)", "messages[1].role: system"),
        ("context_management: Extra inputs are not permitted", "context_management"),
        ("top_k: not supported", "top_k: 40"),
        ("tools.3.defer_loading: Extra inputs are not permitted", "tools[].defer_loading"),
        ("something went wrong", "stream: true"),
    ],
)
def test_what_a_refusal_names_is_tried_first(message: str, first: str) -> None:
    labels = ["stream: true", "messages[1].role: system", "system", "context_management", "top_k: 40"]
    assert hinted([*labels, "tools[].defer_loading"], message)[0] == first
