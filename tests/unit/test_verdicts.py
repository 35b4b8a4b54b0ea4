"""The verdict table, cell by cell, and what follows from it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.values import Behaviour, CaseResult, Observation, Status, Verdict
from conformance.verdicts import holding, holding_for_all, needs_confirmation, together, verdict, worst

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


THINKING = [Status.SUPPORTED, Status.IGNORED]


def cases(*behaviours: Behaviour | None) -> list[CaseResult]:
    return [
        CaseResult(seen, None, "", seen_as=(Behaviour.HONOURED, Behaviour.IGNORED) if seen == "inconsistent" else ())
        for seen in behaviours
    ]


@pytest.mark.parametrize(
    ("seen", "said", "holds"),
    [
        ("honoured honoured", "conforms conforms", (0,)),
        ("ignored ignored", "conforms conforms", (1,)),
        ("honoured accepted", "conforms conforms", (0,)),
        ("ignored accepted", "conforms conforms", (1,)),
        ("honoured ignored", "conforms falls_short", ()),  # a stream that loses what was thought
        ("ignored honoured", "falls_short conforms", ()),
        ("ignored honoured ignored", "conforms falls_short conforms", ()),
        ("honoured rejected", "conforms falls_short", ()),
        ("honoured inconclusive", "conforms inconclusive", ()),
        ("honoured inconsistent", "conforms exceeds", ()),
    ],
)
def test_the_cases_of_a_contradiction_are_judged_as_one(seen: str, said: str, holds: tuple[int, ...]) -> None:
    made = cases(*map(Behaviour, seen.split()))
    assert together(THINKING, made) == tuple(map(Verdict, said.split()))
    assert holding_for_all(THINKING, made) == holds


def test_a_case_that_was_not_run_says_nothing_of_a_contradiction() -> None:
    assert together(THINKING, cases(None, Behaviour.IGNORED)) == (None, Verdict.CONFORMS)
    assert holding_for_all(THINKING, cases(None, Behaviour.IGNORED)) == (1,)
    assert holding_for_all(THINKING, cases(None, None)) == ()


_JUDGED = st.sampled_from([Status.SUPPORTED, Status.IGNORED, Status.UNSUPPORTED])
_BEHAVIOURS = st.lists(st.sampled_from([seen for seen in Behaviour if seen != "inconsistent"]), min_size=1)


@given(_JUDGED, _BEHAVIOURS)
def test_a_claim_that_does_not_contradict_itself_is_judged_case_by_case(
    status: Status, behaviours: list[Behaviour]
) -> None:
    assert together([status], cases(*behaviours)) == tuple(verdict([status], seen) for seen in behaviours)


@given(st.lists(_JUDGED, min_size=2, unique=True), _BEHAVIOURS)
def test_a_contradiction_is_kept_where_one_statement_holds_for_all(
    statuses: list[Status], behaviours: list[Behaviour]
) -> None:
    conforms = set(together(statuses, cases(*behaviours))) == {Verdict.CONFORMS}
    assert conforms is bool(holding_for_all(statuses, cases(*behaviours)))


def test_what_may_fall_short_beside_another_case_is_seen_twice() -> None:
    assert needs_confirmation(THINKING, Behaviour.IGNORED)
    assert not needs_confirmation(THINKING, Behaviour.HONOURED)


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
        assert verdict([status], seen, [Behaviour.HONOURED, Behaviour.IGNORED]) is not None


@pytest.mark.parametrize(
    ("documented", "seen_as", "said"),
    [
        ("supported", "honoured ignored", "falls_short"),
        ("ignored", "honoured ignored", "exceeds"),
        ("ignored", "ignored rejected", "falls_short"),
        ("unsupported", "rejected honoured", "exceeds"),
        ("unsupported", "rejected ignored", "falls_short"),
        # Both statements are broken at times: it is judged by the one that suffers less.
        ("supported ignored", "honoured ignored", "exceeds"),
    ],
)
def test_what_is_inconsistent_has_the_worse_verdict(documented: str, seen_as: str, said: str) -> None:
    statuses, seen = [Status(word) for word in documented.split()], [Behaviour(word) for word in seen_as.split()]
    assert verdict(statuses, Behaviour.INCONSISTENT, seen) is Verdict(said)
    assert holding(statuses, Behaviour.INCONSISTENT, seen) == ()
    assert needs_confirmation(statuses, Behaviour.INCONSISTENT, seen)


def test_what_is_inconsistent_says_what_it_was_seen_as() -> None:
    Observation(Behaviour.INCONSISTENT, "", seen_as=(Behaviour.HONOURED, Behaviour.IGNORED))
    for seen_as in ((), (Behaviour.HONOURED, Behaviour.HONOURED)):
        with pytest.raises(ValueError, match="two behaviours"):
            Observation(Behaviour.INCONSISTENT, "", seen_as=seen_as)
    with pytest.raises(ValueError, match="nothing else"):
        Observation(Behaviour.HONOURED, "", seen_as=(Behaviour.HONOURED, Behaviour.IGNORED))


@pytest.mark.parametrize(
    ("documented", "needed"),
    [
        ("supported", "ignored rejected"),
        ("ignored", "honoured rejected"),
        ("unsupported", "honoured accepted ignored rejected"),
        ("undocumented", "ignored rejected"),
    ],
)
def test_what_is_held_against_a_service_is_seen_twice(documented: str, needed: str) -> None:
    plain = [seen for seen in Behaviour if seen is not Behaviour.INCONSISTENT]
    found = [seen for seen in plain if needs_confirmation([Status(documented)], seen)]
    assert " ".join(found) == needed
