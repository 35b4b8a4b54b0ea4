"""What changed between two reports, and over several."""

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.report.analysis.difference import Difference, Kind, diff
from conformance.report.render import html, markdown, terminal
from conformance.report.render.difference import difference
from unit.report.render.test_html import Page
from unit.report.rendered import loaded
from unit.report.reports import case, claim, contradictory, everything, report, row
from unit.report.workspace import HOSTILE, ONE_LINE, Said, Workspace

from .test_comparison import controls

OUTCOMES = {
    "fine": ("honoured", "conforms"),
    "more": ("honoured", "exceeds"),
    "bad": ("ignored", "falls_short"),
    "worse": ("rejected", "falls_short"),
    "open": ("inconclusive", "inconclusive"),
    "unrun": (None, "not_run"),
    "without": (None, "not_applicable"),
}


def seen(outcome: str, feature: str = "top_k", model: str = "M-1", **more: Any) -> dict[str, Any]:
    behaviour, verdict = OUTCOMES[outcome]
    return row(feature, model, seen=behaviour, verdict=verdict, summary=f"it is {outcome}", **more)


def unjudged(behaviour: str | None, feature: str = "top_k") -> dict[str, Any]:
    return row(feature, seen=behaviour, verdict=None, documented="undocumented")


def between(workspace: Workspace, old: dict[str, Any], new: dict[str, Any], *options: str) -> Said:
    workspace.put("old.json", old)
    workspace.put("new.json", new)
    return workspace.call("diff", "old.json", "new.json", *options)


def found(old: dict[str, Any], new: dict[str, Any]) -> Difference:
    return diff(loaded("old.json", old), loaded("new.json", new))


def kinds(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(change.kind.value, change.feature, change.model) for change in found(old, new).changes]


# --- one row


@pytest.mark.parametrize(
    ("old", "new", "title", "code"),
    [
        ("fine", "bad", "Worse (1)", 1),
        ("more", "worse", "Worse (1)", 1),
        ("open", "bad", "Worse (1)", 1),
        ("unrun", "bad", "Worse (1)", 1),
        ("without", "bad", "Worse (1)", 1),
        ("fine", "open", "Evidence lost (1)", 1),
        ("fine", "unrun", "Evidence lost (1)", 1),
        ("bad", "open", "Evidence lost (1)", 1),
        ("bad", "fine", "Better (1)", 0),
        ("bad", "without", "Better (1)", 0),
        ("open", "fine", "Evidence gained (1)", 0),
        ("unrun", "more", "Evidence gained (1)", 0),
        ("bad", "worse", "Seen to behave differently (1)", 0),
        ("fine", "without", "Seen to behave differently (1)", 0),
        ("unrun", "open", "Seen to behave differently (1)", 0),
    ],
)
def test_a_row_that_changed_stands_under_what_it_means(
    workspace: Workspace, old: str, new: str, title: str, code: int
) -> None:
    said = between(workspace, report(seen(old)), report(seen(new)))
    assert said.code == code
    section = said.section(title)
    assert section[1].startswith("top_k: ")
    assert section[1].endswith(", documented supported, M-1")
    assert "matrix.yaml::M-1::top_k::works" in section[2]
    assert f"it is {new}" in " ".join(section[2:])


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ("honoured", "rejected", "Seen to behave differently (1)"),
        ("honoured", "inconclusive", "Evidence lost (1)"),
        ("honoured", None, "Evidence lost (1)"),
        ("inconclusive", "ignored", "Evidence gained (1)"),
    ],
)
def test_what_is_not_documented_is_compared_by_what_was_seen(
    workspace: Workspace, old: str, new: str, title: str
) -> None:
    said = between(workspace, report(unjudged(old)), report(unjudged(new)))
    assert said.code == (1 if "lost" in title else 0)
    assert said.section(title)[1].endswith(", undocumented, M-1")


def test_regressions_come_first_then_lost_evidence_then_the_rest(workspace: Workspace) -> None:
    before = {"a": "fine", "b": "fine", "c": "bad", "d": "open", "e": "bad", "g": "fine"}
    after = {"e": "worse", "d": "fine", "c": "fine", "f": "bad", "b": "open", "a": "bad"}
    old, new = (report(*(seen(outcome, name) for name, outcome in some.items())) for some in (before, after))
    said = between(workspace, old, new)
    titles = [line for line in said.lines if re.fullmatch(r"[A-Z][a-z ]+ \(1\)", line)]
    assert titles == [
        *("Worse (1)", "Evidence lost (1)", "Better (1)", "Evidence gained (1)"),
        *("Seen to behave differently (1)", "New (1)", "Gone (1)"),
    ]
    counted = "worse 1, evidence lost 1, better 1, evidence gained 1, seen to behave differently 1, new 1, gone 1"
    assert counted in " ".join(line.strip() for line in said.lines)


def test_a_new_row_that_falls_short_is_new_and_not_worse(workspace: Workspace) -> None:
    said = between(workspace, report(seen("fine")), report(seen("fine"), seen("bad", "top_p")))
    assert said.code == 0
    assert said.section("New (1)")[1] == "top_p: ignored (falls short), documented supported, M-1"


def test_models_that_changed_alike_are_one_entry(workspace: Workspace) -> None:
    models = ["M-1", "M-2", "M-3"]
    old = report(*(seen("fine", model=model) for model in models))
    said = between(workspace, old, report(*(seen("bad", model=model) for model in models)))
    assert said.section("Worse (3)")[1:] == [
        "top_k: honoured (conforms) → ignored (falls short), documented supported, all 3 models",
        "matrix.yaml::M-1::top_k::works and with 2 more models: honoured → ignored: it is bad",
    ]
    said = between(workspace, old, report(seen("fine"), seen("bad", model="M-2"), seen("open", model="M-3")))
    assert said.section("Worse (1)")[1].endswith(", M-2")
    assert said.section("Evidence lost (1)")[1].endswith(", M-3")


# --- the cases of a row


def of_cases(verdict: str, **cases: str) -> dict[str, Any]:
    made = [case("M-1", "top_k", *OUTCOMES[outcome], name=name, summary=name) for name, outcome in cases.items()]
    return report(row("top_k", seen=OUTCOMES[verdict][0], verdict=OUTCOMES[verdict][1], cases=made))


def test_a_row_that_falls_short_already_can_get_worse(workspace: Workspace) -> None:
    said = between(workspace, of_cases("bad", one="bad", two="fine"), of_cases("bad", one="bad", two="bad"))
    assert said.code == 1
    assert said.section("Worse (1)")[1:] == [
        "top_k: ignored (falls short), documented supported, as before, but not in every case, M-1",
        "matrix.yaml::M-1::top_k::two: honoured → ignored: two",
    ]


def test_a_row_whose_cases_went_both_ways_is_told_of_twice() -> None:
    old, new = of_cases("bad", one="bad", two="fine"), of_cases("bad", one="fine", two="bad")
    assert [kind for kind, *_ in kinds(old, new)] == [kind for kind, *_ in kinds(new, old)] == ["worse", "better"]


def test_new_and_gone_cases_are_named(workspace: Workspace) -> None:
    said = between(workspace, of_cases("fine", one="fine", two="fine"), of_cases("fine", two="fine", three="fine"))
    assert said.code == 0
    assert said.section("New (1)")[1] == "top_k: new in it: three, M-1"
    assert said.section("Gone (1)")[1] == "top_k: gone in it: one, M-1"


def test_a_matrix_that_was_moved_changes_nothing(workspace: Workspace) -> None:
    moved = json.loads(json.dumps(everything()).replace("matrix.yaml::", "elsewhere/matrix.yaml::"))
    said = between(workspace, everything(), moved)
    assert (said.code, len(said.lines)) == (0, 1)
    assert said.out.startswith("Nothing changed: 23 rows, each as documented and as seen in old.json as in new.json.")


def test_what_is_judged_by_its_parts_is_named_with_the_part(workspace: Workspace) -> None:
    old = everything()
    new = copy.deepcopy(old)
    for one in new["results"]:
        for inner in one["cases"]:
            if "::messages.text::" in inner["id"]:
                inner |= {"behaviour": "ignored", "verdict": "falls_short", "summary": "not read"}
        if one["feature"] == "messages.text":
            one |= {"observed": "ignored", "verdict": "falls_short"}
    said = between(workspace, old, new)
    section = said.section("Worse (2)")
    assert section[1] == (
        "messages.text: honoured (conforms) → ignored (falls short), documented supported, both models;"
    )
    assert section[2] == "with it messages"
    assert sum("not read" in line for line in section) == 1


# --- the documentation


def test_documentation_that_changed_is_said_apart(workspace: Workspace) -> None:
    old = report(row("top_k", seen="ignored", documented="ignored", verdict="conforms"))
    new = report(row("top_k", seen="ignored", documented="supported", verdict="falls_short"))
    said = between(workspace, old, new)
    assert said.code == 1
    assert said.section("Worse (1)")[1].startswith("top_k: ignored (conforms) → ignored (falls short), documented su")
    assert said.section("Documented differently (1)")[1] == "top_k: ignored → supported, M-1"


def test_a_page_that_no_longer_contradicts_itself_is_documented_differently(workspace: Workspace) -> None:
    rows = [row("thinking", seen="honoured", holds=[0])]
    said = between(workspace, report(*rows, claims=[contradictory()]), report(row("thinking")))
    assert said.code == 0
    assert said.section("Documented differently (1)")[1] == "thinking: supported and ignored → supported, M-1"


def test_what_was_seen_of_what_is_documented_now_is_no_change() -> None:
    old, new = report(unjudged("honoured")), report(seen("fine"))
    assert kinds(old, new) == [("documented", "top_k", "M-1")]


# --- the whole


def test_identical_reports_say_so_in_one_line(workspace: Workspace) -> None:
    said = between(workspace, everything(), everything())
    assert (said.code, said.out) == (0, "No difference: old.json and new.json are the same.\n")


def test_a_later_recording_of_the_same_is_no_change(workspace: Workspace) -> None:
    said = between(workspace, report(seen("fine")), report(seen("fine", recorded_at="2026-11-24T00:00:00Z")))
    assert (said.code, len(said.lines)) == (0, 1)
    assert said.out.startswith("Nothing changed: 1 row")


def test_reports_of_two_targets_are_not_compared_here(workspace: Workspace) -> None:
    workspace.put("old.json", report(row("top_k", "M-1")))
    workspace.put("new.json", report(row("top_k", "K-9")))
    assert "report --compare sets two targets side by side" in workspace.refused("diff", "old.json", "new.json")


def test_a_first_report_of_nothing_is_no_fault(workspace: Workspace) -> None:
    assert between(workspace, report(), report(seen("bad"))).code == 0


def test_simulated_evidence_is_said_first_and_of_which_report(workspace: Workspace) -> None:
    said = between(workspace, report(seen("fine")), report(seen("bad", source="live")))
    assert said.lines[1].startswith("SIMULATED EVIDENCE. All 1 cells of the old report")
    assert said.out.count("SIMULATED") == 1


def test_it_is_written_in_every_form_at_once(workspace: Workspace) -> None:
    forms = ["--markdown", "out/diff.md", "--html", "out/diff.html", "--json", "out/diff.json"]
    said = between(workspace, report(seen("fine")), report(seen("bad")), *forms)
    assert said.code == 1
    assert said.section("Worse (1)")
    assert "## Worse (1)" in (workspace.path / "out/diff.md").read_text("utf-8")
    page = Page((workspace.path / "out/diff.html").read_text("utf-8"))
    assert [e.attributes["class"] for e in page.all("div") if "block" in str(e.attributes.get("class"))] == [
        "block bad"
    ] * 2, "once in each language"
    data = json.loads((workspace.path / "out/diff.json").read_text("utf-8"))
    assert data["worse"] is True
    assert [(one["kind"], one["feature"], one["old"]["verdict"], one["new"]["verdict"]) for one in data["changes"]] == [
        ("worse", "top_k", "conforms", "falls_short")
    ]
    assert data["changes"][0]["cases"][0]["id"] == "matrix.yaml::M-1::top_k::works"


def test_a_dash_prints_a_form_instead(workspace: Workspace) -> None:
    said = between(workspace, everything(), everything(), "--json", "-")
    assert json.loads(said.out)["changes"] == []
    assert between(workspace, everything(), everything(), "--markdown", "-").out.startswith("# minimax: what changed")


def test_a_file_that_cannot_be_written_is_one_line(workspace: Workspace) -> None:
    workspace.put("old.json", everything())
    (workspace.path / "file").write_text("", "utf-8")
    assert "file" in workspace.refused("diff", "old.json", "old.json", "--html", "file/diff.html")


_CELLS = st.dictionaries(
    st.tuples(st.sampled_from(["top_k", "top_p"]), st.sampled_from(["M-1", "M-2"])), st.sampled_from(list(OUTCOMES))
)


def _made(cells: dict[tuple[str, str], str]) -> dict[str, Any]:
    return report(*(seen(outcome, feature, model) for (feature, model), outcome in cells.items()))


def _of(changes: Difference, *wanted: Kind) -> set[tuple[str, str]]:
    return {(change.feature, change.model) for change in changes.changes if change.kind in wanted}


@given(_CELLS)
def test_a_report_does_not_differ_from_itself(cells: dict[tuple[str, str], str]) -> None:
    assert found(_made(cells), _made(cells)).changes == ()


@given(_CELLS, _CELLS)
def test_there_and_back_is_the_mirror(one: dict[tuple[str, str], str], other: dict[tuple[str, str], str]) -> None:
    there, back = found(_made(one), _made(other)), found(_made(other), _made(one))
    unknown = {cell for cells in (one, other) for cell, outcome in cells.items() if outcome in ("open", "unrun")}
    assert _of(there, Kind.WORSE) - unknown == _of(back, Kind.BETTER)
    assert _of(there, Kind.BETTER) == _of(back, Kind.WORSE) - unknown
    assert _of(there, Kind.LOST) == _of(back, Kind.GAINED) | (_of(back, Kind.WORSE) & unknown)
    assert _of(there, Kind.CHANGED) == _of(back, Kind.CHANGED)
    assert _of(there, Kind.NEW) == _of(back, Kind.GONE)
    assert there.worse == bool(_of(there, Kind.WORSE, Kind.LOST))


# --- harmless, whatever the reports say


def test_hostile_reports_are_harmless_everywhere(workspace: Workspace) -> None:
    def evil(outcome: str) -> dict[str, Any]:
        made = report(seen(outcome, f"top_k {ONE_LINE}", ONE_LINE), claims=[claim(f"top_k {ONE_LINE}")])
        made["target"] |= {"name": HOSTILE, "title": HOSTILE, "endpoint": HOSTILE}
        made["results"][0]["cases"][0]["summary"] = HOSTILE
        return made

    said = between(workspace, evil("fine"), evil("bad"), "--markdown", "d.md", "--html", "d.html", "--json", "d.json")
    assert said.code == 1
    assert controls(said.out) == {"\n"}
    page = Page((workspace.path / "d.html").read_text("utf-8"))
    assert {e.tag for e in page.elements}.isdisjoint({"img", "a"})
    assert len(page.all("script")) == 2, "the page's own, for its switches"
    rendered = MarkdownIt("commonmark").enable("table").render((workspace.path / "d.md").read_text("utf-8"))
    assert not re.search(r"<(script|img|a)\b", rendered)
    assert not controls((workspace.path / "d.json").read_text("utf-8")) - {"\n"}
    told = workspace.call("history", "old.json", "new.json")
    assert controls(told.out) == {"\n"}


@given(st.text(max_size=60))
def test_no_summary_adds_a_line_or_an_element(summary: str) -> None:
    def made(words: str) -> Any:
        new = report(seen("bad"))
        new["results"][0]["cases"][0]["summary"] = words
        return difference(found(report(seen("fine")), new))

    quiet, loud = made("a summary"), made(summary)
    assert [e.tag for e in Page(html.document(quiet)).elements] == [e.tag for e in Page(html.document(loud)).elements]
    assert len(markdown.document(quiet).splitlines()) == len(markdown.document(loud).splitlines())
    assert not controls(terminal.document(loud)) - {"\n"}


# --- history


def over_time(workspace: Workspace) -> None:
    for name, day, outcome in (("a", "02", "bad"), ("b", "01", "fine"), ("c", "03", "fine")):
        at = {"recorded_at": f"2026-11-{day}T00:00:00Z", "source": "live"}
        rows = [seen(outcome, model=model, **at) for model in ("M-1", "M-2")]
        if day == "03":
            rows.append(seen("open", "top_p", **at))
        workspace.put(f"past/{name}/minimax/report.json", report(*rows, seen("fine", "system", **at)))


def test_history_shows_what_ever_changed_oldest_first(workspace: Workspace) -> None:
    over_time(workspace)
    said = workspace.call("history", "past")
    assert said.code == 0
    assert said.lines[0] == "minimax: 3 reports, oldest first"
    assert "SIMULATED" not in said.out
    section = said.section("What changed")
    assert section[0] == "2 rows that changed; 1 never did"
    table = [re.split(r"\s{2,}", line) for line in section]
    assert table[1] == ["feature", "2026-11-01 00:00:00", "2026-11-02 00:00:00", "2026-11-03 00:00:00"]
    table = [line for line in table if line[0] in ("top_k", "top_p", "both models", "M-1")]
    assert table == [
        ["top_k", "honoured (supported)", "ignored ✗ (supported)", "honoured (supported)"],
        ["both models"],
        ["top_p", "- not there", "- not there", "inconclusive ? (supported)"],
        ["M-1"],
    ]


def test_history_is_told_in_any_order_and_in_every_form(workspace: Workspace) -> None:
    over_time(workspace)
    first = workspace.call("history", "past", "--json", "h.json", "--html", "h.html", "--markdown", "h.md")
    assert workspace.call("history", "past/c", "past/b", "past/a").out == first.out
    data = json.loads((workspace.path / "h.json").read_text("utf-8"))
    assert [one["recorded"] for one in data["reports"]] == [[f"2026-11-{day}T00:00:00Z"] for day in ("01", "02", "03")]
    assert [state and state["verdict"] for state in data["changed"][0]["states"]] == [
        "conforms",
        "falls_short",
        "conforms",
    ]
    assert "| `top_k`<br>both models | honoured (supported) | ignored ✗ (supported) |" in (
        workspace.path / "h.md"
    ).read_text("utf-8")
    assert len(Page((workspace.path / "h.html").read_text("utf-8")).all("caption")) == 2, "one in each language"


def test_history_of_one_kind_says_that_nothing_changed(workspace: Workspace) -> None:
    workspace.put("a.json", everything())
    said = workspace.call("history", "a.json", "a.json")
    assert "Nothing changed: 23 rows" in said.out
    assert "SIMULATED EVIDENCE in every one of these reports" in said.out


def test_history_is_of_one_target(workspace: Workspace) -> None:
    workspace.put("a.json", everything())
    other = everything()
    other["target"]["name"] = "litellm"
    workspace.put("b.json", other)
    assert "a.json is of minimax and b.json of litellm: one target at a time" in workspace.refused(
        "history", "a.json", "b.json"
    )
