"""A partial run brings the fuller report up to date, and takes nothing from it."""

from __future__ import annotations

from conformance.report.update import updated
from conformance.values import Behaviour, Verdict
from unit.report.rendered import typed
from unit.report.reports import case, claim, report, row

MISSING = {"not recorded yet"}


def unrun(feature: str, **more: object) -> dict[str, object]:
    return row(feature, seen=None, verdict="not_run", reason="not recorded yet", **more)


def test_what_a_run_did_not_reach_stays_as_it_was() -> None:
    old = typed(report(row("top_k"), row("system", seen="ignored", verdict="falls_short")))
    new = typed(report(row("top_k", recorded_at="2026-11-25T00:00:00Z"), unrun("system")))
    made = updated(new, old, MISSING)
    assert [(one.feature, one.verdict) for one in made.report.results] == [
        ("top_k", Verdict.CONFORMS),
        ("system", Verdict.FALLS_SHORT),
    ]
    assert [one.feature for one in made.kept] == ["system"]
    assert made.report.summary[Verdict.FALLS_SHORT] == 1
    assert made.report.sources == {"simulator": 2, "live": 0, "local": 0}


def test_models_of_the_old_report_are_not_lost() -> None:
    made = updated(typed(report(row("top_k"))), typed(report(row("top_k"), row("top_k", "M-2"))), MISSING)
    assert made.report.all_models == ("M-1", "M-2")


def test_what_is_documented_otherwise_now_is_not_kept() -> None:
    old = typed(report(row("system", documented="ignored", seen="ignored")))
    made = updated(typed(report(unrun("system"))), old, MISSING)
    assert made.kept == ()
    assert made.report.results[0].verdict is Verdict.NOT_RUN


def test_a_stale_recording_is_not_covered_by_the_old_result() -> None:
    new = typed(report(row("system", seen=None, verdict="not_run", reason="stale")))
    assert updated(new, typed(report(row("system"))), MISSING).kept == ()


def test_another_target_is_left_alone() -> None:
    other = report(row("system"))
    other["target"]["name"] = "other"
    assert updated(typed(report(unrun("system"))), typed(other), MISSING).kept == ()


def test_a_row_of_which_a_case_is_missing_shows_what_was_seen_of_the_others() -> None:
    cases = [
        case("M-1", "system", "honoured", "conforms", name="one"),
        case("M-1", "system", None, "not_run", name="two", reason="not recorded yet"),
        case("M-1", "system", None, "not_run", name="three", reason="not recorded yet"),
    ]
    new = typed(report(row("system", seen=None, verdict="not_run", cases=cases), claims=[claim("system")]))
    old_cases = [case("M-1", "system", "honoured", "conforms", name="two")]
    made = updated(new, typed(report(row("system", cases=old_cases), claims=[claim("system")])), MISSING)
    assert (made.report.results[0].observed, made.report.results[0].verdict) == (Behaviour.HONOURED, Verdict.NOT_RUN)
