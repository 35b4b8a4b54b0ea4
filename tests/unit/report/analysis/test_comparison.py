"""Targets side by side."""

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.report.analysis.comparison import Comparison, compare
from conformance.report.render import html, markdown, terminal
from conformance.report.render.comparison import comparison as document
from unit.report.render.test_html import Page
from unit.report.rendered import loaded
from unit.report.reports import case, claim, contradictory, everything, report, row
from unit.report.workspace import HOSTILE, ONE_LINE, Said, Workspace


def of(name: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A report of a target, from its live service where nothing else is said."""
    made = report(*rows, **more)
    target = {"name": name, "title": name.title(), "endpoint": f"https://{name}.example", "matrix": "matrix.yaml"}
    return made | {"target": target}


def live(feature: str, seen: str | None = "honoured", model: str = "M-1", **more: Any) -> dict[str, Any]:
    verdict = {"ignored": "falls_short", "rejected": "falls_short", "inconclusive": "inconclusive", None: "not_run"}
    more = {"verdict": verdict.get(seen, "conforms"), "source": "live" if seen else None} | more
    return row(feature, model, seen=seen, **more)


def undocumented(feature: str, seen: str, **more: Any) -> dict[str, Any]:
    return live(feature, seen, documented="undocumented", verdict=None, **more)


def provider() -> dict[str, Any]:
    """What every other target here is compared with."""
    return of(
        "provider",
        live("top_k"),
        live("temperature"),
        live("top_p", "ignored", documented="ignored", verdict="conforms"),
        live("metadata", "accepted"),
        live("messages.image", "rejected", group="messages", documented="unsupported", verdict="conforms"),
        live("thinking", holds=[0]),
        live("stop_sequences"),
        live("stream.order", group="stream"),
        claims=[
            claim("top_k"),
            claim("temperature"),
            claim("top_p", status="ignored"),
            claim("metadata"),
            contradictory(),
            claim("stop_sequences"),
            claim("messages.image", group="messages", status="unsupported"),
            claim("stream.order", group="stream"),
            claim("container"),
        ],
    )


def gateway() -> dict[str, Any]:
    return of(
        "gateway",
        live("temperature", "ignored"),
        undocumented("top_k", "rejected"),
        live("top_p"),
        live("system"),
        live("metadata", "rejected", documented="unsupported", verdict="conforms"),
        live("thinking"),
        live("stop_sequences", None),
        live("stream.order", group="stream"),
    )


def side_by_side(workspace: Workspace, **reports: dict[str, Any]) -> Said:
    for name, made in reports.items():
        workspace.put(name, made)
    said = workspace.call("report", "--compare", *reports)
    assert said.code == 0, said.err
    return said


def side_by(*reports: dict[str, Any]) -> Comparison:
    return compare([loaded(f"{n}/report.json", one) for n, one in enumerate(reports)])


def words(comparison: Comparison, feature: str) -> list[tuple[str, str]]:
    """What is seen and documented of a feature, for each target."""
    found = next(one for one in comparison.features if one.feature == feature)
    return [(at.seen, at.claimed) for at in found.targets.values()]


def test_files_are_written_and_it_is_said_where(workspace: Workspace) -> None:
    said = side_by_side(workspace, provider=provider(), gateway=gateway())
    assert said.lines[-1] == "comparison: reports/comparison/index.html"
    there = workspace.path / "reports/comparison"
    assert sorted(path.name for path in there.iterdir()) == ["comparison.json", "index.html", "report.md"]
    assert workspace.call("report").lines == [
        "report: reports/gateway/index.html",
        "report: reports/provider/index.html",
    ]


def test_what_breaks_for_who_moves_is_said_for_each_way(workspace: Workspace) -> None:
    said = side_by_side(workspace, provider=provider(), gateway=gateway())
    assert said.section("What changes when you move from provider to gateway") == [
        "refused there",
        "top_k: honoured → rejected (undocumented there)",
        "metadata: accepted → rejected (documented unsupported there)",
        "honoured here, taken there without effect",
        "temperature: honoured → ignored (documented supported there)",
        "ignored here, honoured there",
        "top_p: ignored → honoured (documented supported there)",
        "honoured here, and there no evidence",
        "stop_sequences",
    ]
    back = said.section("What changes when you move from gateway to provider")
    assert back == [
        "honoured here, taken there without effect",
        "top_p: honoured → ignored (documented ignored there)",
        "ignored here, honoured there",
        "temperature: ignored → honoured (documented supported there)",
        "honoured here, and there no evidence",
        "system",
    ]


def test_rows_that_differ_come_first_then_the_rest_each_in_the_matrix_order(workspace: Workspace) -> None:
    said = side_by_side(workspace, provider=provider(), gateway=gateway())

    def listed(title: str) -> list[str]:
        return [line.split()[0] for line in said.section(title)[5:] if not line.endswith(".example")]

    assert listed("Where they differ") == ["Parameters:", "top_k", "temperature", "top_p", "metadata"]
    assert listed("Where they do not, or nothing is known") == [
        *("Parameters:", "system", "thinking", "stop_sequences", "container"),
        *("Message", "messages.image", "Streaming:", "stream.order", "comparison:"),
    ]


def test_cells_say_what_was_seen_and_what_is_documented(workspace: Workspace) -> None:
    said = side_by_side(workspace, provider=provider(), gateway=gateway())
    lines = {line.split()[0]: re.split(r"\s{2,}", line)[1:] for line in said.lines if re.match(r"[a-z_.]+ {2,}", line)}
    assert lines["temperature"] == ["honoured (supported)", "ignored ✗ (supported)"]
    assert lines["top_k"] == ["honoured (supported)", "rejected (undocumented)"]
    assert lines["messages.image"] == ["rejected (unsupported)", "- not claimed"]
    assert lines["thinking"] == ["honoured (supported and ignored)", "honoured (supported)"]
    assert lines["stop_sequences"] == ["honoured (supported)", "not run ○ (supported)"]
    assert lines["container"] == ["- not tested (supported)", "- not claimed"]


def test_three_targets_fit_a_hundred_columns(workspace: Workspace) -> None:
    third = of("third", live("top_k", "ignored"), live("tool_choice.disable_parallel_tool_use", "inconclusive"))
    said = side_by_side(workspace, provider=provider(), gateway=gateway(), third=third)
    assert max(map(len, said.lines)) <= 100
    assert sum("What changes when you move" in line for line in said.lines) == 6
    assert "tool_choice.disable_parallel_" in said.out
    assert "\n  tool_use" in said.out


def test_of_many_targets_only_the_table_is_shown(workspace: Workspace) -> None:
    said = side_by_side(workspace, **{name: of(name, live("top_k")) for name in ("a", "b", "c", "d")})
    assert "What changes" not in said.out
    data = json.loads((workspace.path / "reports/comparison/comparison.json").read_text("utf-8"))
    assert len(data["moves"]) == 12


def test_models_that_agree_are_one_and_others_are_counted() -> None:
    seen = ["honoured"] * 5 + ["rejected"] * 2
    mixed = [live("top_k", one, f"M-{number}") for number, one in enumerate(seen)]
    alike = [live("top_k", "ignored", f"M-{number}") for number in range(7)]
    compared = side_by(of("a", *mixed), of("b", *alike))
    assert words(compared, "top_k") == [("5 of 7 honoured, 2 rejected", "supported"), ("ignored", "supported")]
    entries = [
        (listing.title, entry.words)
        for section in document(compared).sections[1:3]
        for listing in section.listings
        for entry in listing.entries
    ]
    assert entries == [
        (
            "honoured here, taken there without effect",
            "5 of 7 honoured, 2 rejected → ignored (documented supported there)",
        ),
        ("refused there", "ignored → 5 of 7 honoured, 2 rejected (documented supported there)"),
    ]


def test_documentation_that_differs_by_model_is_counted() -> None:
    claims = [claim("top_k", models=["M-1"]), claim("top_k", models=["M-2", "M-3"], status="ignored")]
    rows = [
        live("top_k"),
        *(live("top_k", "ignored", model, documented="ignored", verdict="conforms") for model in ("M-2", "M-3")),
    ]
    compared = side_by(of("a", *rows, claims=claims), of("b", live("top_k")))
    assert words(compared, "top_k")[0] == ("2 of 3 ignored, 1 honoured", "ignored for 2, supported for 1")


def test_one_model_that_falls_short_marks_the_cell() -> None:
    compared = side_by(of("a", live("top_k"), live("top_k", "ignored", "M-2")), of("b", live("top_k")))
    (line,) = document(compared).sections[0].tables[0].groups[0][1]
    assert [(cell.mark, cell.means, cell.tone) for cell in line.cells] == [("✗", "falls short", "bad"), ("", "", "")]


@pytest.mark.parametrize("seen", ["inconclusive", None])
def test_what_is_not_known_is_no_difference_and_breaks_nothing(seen: str | None) -> None:
    compared = side_by(of("a", live("top_k", "ignored")), of("b", live("top_k", seen)))
    assert not compared.features[0].differs
    assert [dict(move.changes) for move in compared.moves] == [{}, {}]


def test_what_had_no_visible_effect_loses_none() -> None:
    compared = side_by(of("a", live("metadata", "accepted")), of("b", live("metadata", "ignored")))
    assert compared.features[0].differs
    assert [dict(move.changes) for move in compared.moves] == [{}, {}]


def test_a_feature_that_is_filed_differently_is_one_row() -> None:
    compared = side_by(of("a", live("tools.input")), of("b", live("tools.input", group="tools")))
    assert words(compared, "tools.input") == [("honoured", "supported"), ("honoured", "supported")]
    assert [(one.group, one.feature) for one in compared.features] == [("parameters", "tools.input")]


# --- where the evidence comes from


def simulated() -> dict[str, Any]:
    return of("minimax", live("top_k", source="simulator"), live("top_p", source="simulator"))


def test_a_simulated_column_cannot_be_missed(workspace: Workspace) -> None:
    said = side_by_side(workspace, minimax=simulated(), gateway=gateway())
    assert said.lines[1].startswith("SIMULATED EVIDENCE. All 2 cells of minimax")
    assert "NOTHING about Minimax" in " ".join(said.lines[1:3])
    assert "move from minimax (SIMULATED) to gateway" in said.out
    heads = [number for number, line in enumerate(said.lines) if line.startswith("feature ")]
    assert heads
    for number in heads:
        assert re.split(r"\s{2,}", said.lines[number + 1].strip())[0] == "SIMULATED"
    there = workspace.path / "reports/comparison"
    assert "| feature | minimax<br>**SIMULATED**<br>" in (there / "report.md").read_text("utf-8")
    page = (there / "index.html").read_text("utf-8")
    assert page.index("SIMULATED EVIDENCE") < page.index("<main>")
    assert page.count('<strong class="flag">SIMULATED</strong>') == len(heads)
    data = json.loads((there / "comparison.json").read_text("utf-8"))
    assert data["targets"][0]["sources"] == {"simulator": 2}


def test_evidence_in_part_simulated_says_how_much(workspace: Workspace) -> None:
    mixed = of("minimax", live("top_k", source="simulator"), live("top_p"), live("system", source="local"))
    said = side_by_side(workspace, minimax=mixed, gateway=gateway())
    assert "SIMULATED: 1 of 3" in said.out
    assert "1 of 3 live, 1 of 3 local" in said.out


def test_nothing_is_called_simulated_that_is_not(workspace: Workspace) -> None:
    said = side_by_side(workspace, provider=provider(), gateway=gateway())
    assert "SIMULATED" not in said.out
    head = next(number for number, line in enumerate(said.lines) if line.startswith("feature "))
    assert said.lines[head + 1].split() == ["live", "live"]
    assert said.lines[head + 2].split() == ["2026-11-23", "2026-11-23"]


def test_two_reports_of_one_target_are_told_apart(workspace: Workspace) -> None:
    workspace.put("old/report.json", of("a", live("top_k")))
    workspace.put("new/report.json", of("a", live("top_k", "ignored")))
    said = workspace.call("report", "--compare", "old", "new")
    assert "What changes when you move from a (old) to a (new)" in said.out


def test_two_reports_of_one_target_in_one_directory_are_told_apart_as_well(workspace: Workspace) -> None:
    workspace.put("old.json", of("a", live("top_k")))
    workspace.put("new.json", of("a", live("top_k", "ignored")))
    said = workspace.call("report", "--compare", "old.json", "new.json")
    assert "What changes when you move from a (old.json) to a (new.json)" in said.out
    data = json.loads((workspace.path / "reports/comparison/comparison.json").read_text("utf-8"))
    assert list(data["features"][0]["targets"]) == ["a (old.json)", "a (new.json)"]


def test_a_target_called_comparison_keeps_its_report(workspace: Workspace) -> None:
    path = workspace.put("comparison", of("comparison", live("top_k")))
    workspace.put("gateway", gateway())
    assert "a target of that name" in workspace.refused("report", "--compare", "comparison", "gateway")
    assert sorted(path.parent.iterdir()) == [path]


# --- for programs


def test_the_json_says_all_of_it() -> None:
    data = json.loads(json.dumps(side_by(provider(), gateway()).data()))
    rows = {one["feature"]: one for one in data["features"]}
    assert rows["temperature"] == {
        "group": "parameters",
        "feature": "temperature",
        "differs": True,
        "targets": {
            "provider": {
                "standing": "tested",
                "documented": {"supported": 1},
                "observed": {"honoured": 1},
                "verdicts": {"conforms": 1},
            },
            "gateway": {
                "standing": "tested",
                "documented": {"supported": 1},
                "observed": {"ignored": 1},
                "verdicts": {"falls_short": 1},
            },
        },
    }
    assert rows["messages.image"]["targets"]["gateway"]["standing"] == "not_claimed"
    assert data["moves"][0]["without_effect"] == ["temperature"]


_SEEN = st.sampled_from(["honoured", "accepted", "ignored", "rejected", "inconclusive", None])
_ROWS = st.dictionaries(
    st.sampled_from(["top_k", "top_p", "system"]), st.lists(_SEEN, min_size=1, max_size=3), min_size=1
)


def _report(name: str, rows: dict[str, list[str | None]]) -> dict[str, Any]:
    return of(name, *(live(feature, one, f"M-{n}") for feature, seen in rows.items() for n, one in enumerate(seen)))


@given(_ROWS, _ROWS)
def test_every_pair_is_told_from_both_sides(
    one: dict[str, list[str | None]], other: dict[str, list[str | None]]
) -> None:
    compared = side_by(_report("a", one), _report("b", other))
    there, back = ({impact.value: set(found) for impact, found in move.changes.items()} for move in compared.moves)
    # What begins to have its effect on the way there loses it on the way back, or is refused.
    assert there.get("with_effect", set()) <= back.get("without_effect", set()) | back.get("refused", set())
    changed = [name for found in (there, back) for kind, names in found.items() if kind != "unknown" for name in names]
    shares = {one.feature: [at.decided for at in one.targets.values()] for one in compared.features}
    assert all(all(shares[name]) and shares[name][0] != shares[name][1] for name in changed)
    same = side_by(_report("a", one), _report("b", one))
    assert all(not move.changes for move in same.moves)
    assert not any(feature.differs for feature in same.features)


# --- harmless, whatever the reports say


def controls(printed: str) -> set[str]:
    return {character for character in printed if unicodedata.category(character) in ("Cc", "Cf", "Cs")}


def hostile() -> dict[str, Any]:
    made = of(
        "evil",
        live(f"top_k {ONE_LINE}", "ignored", ONE_LINE, summary=HOSTILE),
        live("x" * 300, "rejected", group="messages"),
    )
    made["target"] |= {"name": HOSTILE, "title": HOSTILE, "endpoint": HOSTILE}
    return made


def test_hostile_reports_make_a_harmless_terminal(workspace: Workspace) -> None:
    said = side_by_side(workspace, evil=hostile(), gateway=gateway())
    assert controls(said.out) == {"\n"}


def test_hostile_reports_make_a_harmless_page(workspace: Workspace) -> None:
    side_by_side(workspace, evil=hostile(), gateway=gateway())
    page = Page((workspace.path / "reports/comparison/index.html").read_text("utf-8"))
    assert {e.tag for e in page.elements}.isdisjoint({"img", "b", "a", "iframe"})
    assert len(page.all("script")) == 2, "the page's own, for its switches"


def test_hostile_reports_make_harmless_markdown(workspace: Workspace) -> None:
    side_by_side(workspace, evil=hostile(), gateway=gateway())
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(
        (workspace.path / "reports/comparison/report.md").read_text("utf-8").replace("<br>", "\n")
    )
    assert not re.search(r"<(script|img|a|b)\b", rendered)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_no_text_adds_a_line_or_an_element(title: str, feature: str) -> None:
    def made(name: str, what: str) -> Comparison:
        evil = of("evil", live(what, "ignored"))
        evil["target"]["title"] = name
        return side_by(evil, of("b", live(what)))

    quiet, loud = (document(made(*given)) for given in (("title", "feature"), (title, feature)))
    elements = [[e.tag for e in Page(html.document(one)).elements] for one in (quiet, loud)]
    assert elements[0] == elements[1]
    assert len(markdown.document(quiet).splitlines()) == len(markdown.document(loud).splitlines())
    assert not (controls(terminal.document(loud)) - {"\n"})


# --- the page


def test_the_page_stands_alone_and_can_be_read_to_somebody(workspace: Workspace) -> None:
    side_by_side(workspace, provider=provider(), gateway=gateway())
    markup = (workspace.path / "reports/comparison/index.html").read_text("utf-8")
    page = Page(markup)
    assert not [e for e in page.elements if {"src", "href"} & e.attributes.keys()]
    assert "url(" not in markup
    assert "@media print" in markup
    assert "light-dark(" in markup
    tables = page.all("table")
    assert len(page.all("caption")) == len(tables) == 4, "two in each language"
    assert {e.attributes.get("scope") for e in page.all("th")} == {"col", "row", "rowgroup"}
    assert [e.tag for e in page.elements if re.fullmatch("h[1-6]", e.tag)][:2] == ["h1", "h2"]
    assert ", falls short" in markup


def test_everything_a_run_can_report_can_be_compared(workspace: Workspace) -> None:
    said = side_by_side(workspace, a=everything(), b=provider())
    assert case_words(said) >= {"honoured", "ignored", "n/a"}


def case_words(said: Said) -> set[str]:
    return {word for line in said.lines for word in line.split()}


def test_a_row_by_its_parts_counts_its_cases_once() -> None:
    part = case("M-1", "messages.text", "honoured", "conforms", source="simulator")
    made = of(
        "a", row("messages", documented="partial", cases=[part]), row("messages.text", group="messages", cases=[part])
    )
    assert side_by(made, provider()).targets[0].sources == {"simulator": 1}
