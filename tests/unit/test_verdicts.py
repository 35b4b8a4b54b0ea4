"""The verdict table, cell by cell, and what follows from it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.values import Behaviour, Status, Verdict
from conformance.verdicts import holding, verdict, worst

TABLE = """
             honoured  accepted     ignored      rejected     inconclusive
supported    conforms  conforms     falls_short  falls_short  inconclusive
ignored      exceeds   conforms     conforms     falls_short  inconclusive
unsupported  exceeds   falls_short  falls_short  conforms     inconclusive
"""

HEAD, *ROWS = (line.split() for line in TABLE.strip().splitlines())
CELLS = [(row[0], seen, said) for row in ROWS for seen, said in zip(HEAD, row[1:], strict=True)]


@pytest.mark.parametrize(("documented", "seen", "said"), CELLS)
def test_every_cell_of_the_table(documented: str, seen: str, said: str) -> None:
    assert verdict([Status(documented)], Behaviour(seen)) is Verdict(said)


@given(st.sampled_from(Behaviour))
def test_what_is_not_documented_has_no_verdict(seen: Behaviour) -> None:
    assert verdict([Status.UNDOCUMENTED], seen) is None


@pytest.mark.parametrize(
    ("seen", "said", "holds"),
    [
        (Behaviour.HONOURED, Verdict.CONFORMS, (0,)),
        (Behaviour.IGNORED, Verdict.CONFORMS, (1,)),
        (Behaviour.ACCEPTED, Verdict.CONFORMS, (0, 1)),
        (Behaviour.REJECTED, Verdict.FALLS_SHORT, ()),
    ],
)
def test_a_contradiction_is_kept_by_either_statement(seen: Behaviour, said: Verdict, holds: tuple[int, ...]) -> None:
    statements = [Status.SUPPORTED, Status.IGNORED]
    assert verdict(statements, seen) is said
    assert holding(statements, seen) == holds


@given(st.lists(st.sampled_from(Verdict), min_size=1))
def test_a_feature_is_as_bad_as_its_worst_case(verdicts: list[Verdict]) -> None:
    found = worst(verdicts)
    assert found in verdicts
    for bad in (Verdict.FALLS_SHORT, Verdict.INCONCLUSIVE, Verdict.NOT_RUN):
        if bad in verdicts:
            assert found is bad
            break


def test_the_table_is_complete() -> None:
    judged = [status for status in Status if status not in (Status.PARTIAL, Status.UNDOCUMENTED)]
    for status, seen in product(judged, Behaviour):
        assert verdict([status], seen) is not None
