"""The covering array is whole: every pair of values that may stand together is in one request at least."""

from __future__ import annotations

from itertools import combinations as pairs
from pathlib import Path

import covering
import pytest
from services import Answer, Asked, service
from survey import survey_at

from conformance.cases.combinations import ARRAY, RULES, VALUES, combinations

NAMES = list(VALUES)
ROWS = [dict(zip(NAMES, map(int, row), strict=True)) for row in ARRAY.split()]


def covered(rows: list[dict[str, int]]) -> set[tuple[tuple[str, int], tuple[str, int]]]:
    return {pair for row in rows for pair in pairs(row.items(), 2)}


def legal(row: dict[str, int]) -> bool:
    return all(row[name] != value or row[other] in allowed for name, value, other, allowed in RULES)


def test_every_row_is_legal() -> None:
    assert [row for row in ROWS if not legal(row)] == []


def test_every_pair_that_may_stand_together_does() -> None:
    """The library's own rows, of whatever release is installed, have every pair there is."""
    wanted = covered([dict(zip(NAMES, map(int, row), strict=True)) for row in covering.rows()])
    assert wanted - covered(ROWS) == set()


def test_every_value_stands_beside_every_other_but_for_the_rules() -> None:
    single = {(name, value) for name, values in VALUES.items() for value in range(len(values))}
    every = {(one, other) for one, other in pairs(sorted(single), 2) if one[0] != other[0]}
    missing = {frozenset(pair) for pair in every} - {frozenset(pair) for pair in covered(ROWS)}
    forbidden = {
        frozenset({(name, value), (other, at)})
        for name, value, other, allowed in RULES
        for at in range(len(VALUES[other]))
        if at not in allowed
    }
    # Thinking, which keeps top_k out, and a choice, which needs tools, rule out nothing between them.
    assert missing == forbidden


def test_a_claim_may_name_other_values() -> None:
    rows = combinations({"temperature": [1.5, 2.0]})
    assert {row["temperature"] for row in rows if "temperature" in row} == {1.5, 2.0}


@pytest.mark.parametrize("pair", [("top_k", "stop_sequences"), ("system", "tools"), ("top_p", "stream")])
def test_two_parameters_that_are_refused_together_are_named(tmp_path: Path, pair: tuple[str, str]) -> None:
    def refuse(asked: Asked) -> Answer | None:
        return Answer(400, "not together") if all(asked.body.get(name) for name in pair) else None

    with service(refuse) as url:
        cells = survey_at(url, tmp_path, features=["combinations.inside"], expensive=True)
    assert cells["combinations.inside::every_pair_is_taken"] == ("rejected", "falls_short")
    (cassette,) = tmp_path.rglob("every_pair_is_taken.yaml")
    asked = cassette.read_text("utf-8").count("status:")
    assert asked <= 16 + 3 + 16, "within its bound"
