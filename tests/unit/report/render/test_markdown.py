"""The report as Markdown: what it says, and in which order."""

import re

import pytest

from conformance.report.language import words
from unit.report.rendered import markdown as render
from unit.report.reports import NOTICE, case, claim, contradictory, everything, report, row


def section(text: str, title: str) -> str:
    """What stands below a heading of the second level."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def cells(text: str, feature: str) -> list[str]:
    """The cells of a feature's row after its name."""
    line = next(line for line in text.splitlines() if line.startswith(f"| `{feature}`"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_the_sections_come_in_order() -> None:
    titles = re.findall(r"^## (.*)$", render(everything()), re.MULTILINE)
    assert titles == [
        "Deviations",
        "Where the documentation contradicts itself",
        "Not decided",
        "Parameters",
        "Message fields",
        "Tools",
        "Headers",
        "Limits",
        "Field reports",
        "Legend",
    ]


def test_the_head_says_what_and_where_and_when_and_how_much() -> None:
    old = row("top_p", recorded_at="2026-10-01T00:00:00Z", source="live")
    head = render(report(row("top_k", source="live"), old)).split("\n## ", 1)[0]
    assert head.startswith("# MiniMax: conformance report\n")
    assert "2 cells from the live service (4 requests)" in head
    assert "`https://api.minimaxi.com/anthropic`" in head
    assert "2026-10-01T00:00:00Z to 2026-11-23T11:00:00Z" in head
    assert "anthropic 2.12.0" in head
    for word in ("conforms", "exceeds", "falls short", "inconclusive", "not run", "n/a", "undocumented"):
        assert word in head


def test_simulated_evidence_is_said_before_anything_else() -> None:
    assert render(everything()).split("\n\n")[1] == f"> **{NOTICE}**"


def test_nothing_is_called_simulated_that_is_not() -> None:
    text = render(report(row("top_k", source="live"), row("top_p", source="local")))
    assert "SIMULATED" not in text
    assert "1 cell from the live service, 1 cell from a service on a local machine" in text


def test_a_deviation_says_what_is_documented_what_was_seen_and_where() -> None:
    text = section(render(everything()), "Deviations")
    assert "### `messages.image`: documented unsupported, seen ignored\n\nOn both models." in text
    assert text.count("the image is dropped silently") == 1
    assert "- `matrix.yaml::M-1::messages.image::works`\n- `matrix.yaml::M-2::messages.image::works`" in text


def test_a_whole_that_falls_short_with_its_part_is_named_there_and_not_told_twice() -> None:
    text = section(render(everything()), "Deviations")
    assert "With it falls short: `messages`." in text
    assert "### `messages`:" not in text


def test_a_known_deviation_comes_after_the_new_ones_with_its_reason() -> None:
    text = section(render(everything()), "Deviations")
    assert text.index("messages.image") < text.index("### `metadata`")
    assert "Known: reported to the provider." in text
    assert "- `matrix.yaml::M-2::metadata::works`: M-2 says 400: no" in text


def test_a_row_that_falls_short_never_vanishes_even_without_a_case_that_does() -> None:
    text = render(report(row("top_k", seen="rejected", verdict="falls_short", cases=[])))
    assert "### `top_k`: documented supported, seen rejected" in section(text, "Deviations")


def test_no_deviations_are_not_called_a_pass_where_something_is_open() -> None:
    assert "None: no row" in section(render(report(row("top_k"))), "Deviations")
    text = section(render(report(row("top_k", seen=None, verdict="not_run"))), "Deviations")
    assert "Not decided: 1." in text


@pytest.mark.parametrize(
    ("seen", "holds", "words"),
    [
        ("honoured", [0], "'supported' holds"),
        ("ignored", [1], "'ignored' holds"),
        ("accepted", [0, 1], "both 'supported' and 'ignored' hold"),
        ("rejected", [], "none of the statements holds"),
        ("inconclusive", [], "not decided"),
    ],
)
def test_a_contradiction_shows_both_sides_and_which_of_them_holds(seen: str, holds: list[int], words: str) -> None:
    made = report(row("thinking", seen=seen, holds=holds), claims=[contradictory()])
    text = section(render(made), "Where the documentation contradicts itself")
    assert "1. *supported*: reasoning content is supported (the table)" in text
    assert "2. *ignored*: some parameters, thinking among them, are ignored (note 3)" in text
    assert f"- M-1: {seen}; {words}." in text


def test_models_that_agree_on_a_contradiction_are_named_together() -> None:
    rows = [row("thinking", model, seen="ignored", holds=[1]) for model in ("M-1", "M-2", "M-3")]
    assert "- all 3 models: ignored; 'ignored' holds." in render(report(*rows, claims=[contradictory()]))


def test_what_is_open_says_why() -> None:
    text = section(render(everything()), "Not decided")
    assert "`stop_sequences` (both models), inconclusive: no evidence" in text
    assert "`limits.context_window` (both models), not run: expensive: ask for it with --expensive" in text


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ("temperature", ["supported", "honoured", "honoured"]),
        ("top_k", ["ignored", "honoured +", "honoured +"]),
        ("thinking", ["supported and ignored", "honoured", "ignored"]),
        ("messages", ["partial", "ignored ✗", "ignored ✗"]),
        ("metadata", ["supported", "rejected ✗ known", "rejected ✗ known"]),
        ("stop_sequences", ["ignored", "inconclusive ?", "inconclusive ?"]),
        ("limits.context_window", ["supported", "not run ○", "not run ○"]),
        ("headers.x-api-key", ["supported", "n/a", "n/a"]),
        ("tools.parallel", ["undocumented", "honoured", "honoured"]),
        ("limits.output_speed", ["supported", "honoured", ""]),
    ],
)
def test_a_cell_says_what_was_seen_and_marks_what_is_not_as_documented(feature: str, expected: list[str]) -> None:
    assert cells(render(everything()), feature) == expected


def test_models_stay_columns_even_where_all_agree() -> None:
    models = [f"M-{n}" for n in range(7)]
    text = render(report(*(row("top_k", model) for model in models)))
    assert f"| feature | documented | {' | '.join(models)} |" in text


def test_rows_keep_the_order_of_the_matrix() -> None:
    claims = [claim("top_p"), claim("top_k"), claim("model")]
    text = section(render(report(row("model"), row("top_k"), row("top_p"), claims=claims)), "Parameters")
    assert re.findall(r"^\| `(\w+)`", text, re.MULTILINE) == ["top_p", "top_k", "model"]


def test_a_claim_that_nothing_tests_is_shown_as_such() -> None:
    assert cells(render(report(row("top_k"), claims=[claim("top_k"), claim("top_p")])), "top_p") == [
        "supported",
        "not tested",
    ]


def test_field_reports_are_numbered_notes_that_count_for_nothing() -> None:
    text = render(everything())
    assert r"| `temperature` \[1\] |" in text
    assert "never evidence here and never counted" in section(text, "Field reports")
    assert "1. `temperature`: 2.5 gave 200 (2026-09-28, a public study)" in section(text, "Field reports")


def test_field_reports_are_numbered_in_the_order_in_which_they_are_met() -> None:
    note = {"says": "seen", "date": "2026", "where": "somewhere"}
    claims = [claim("model.other", group="models", field_reports=[note]), claim("top_k", field_reports=[note])]
    text = render(report(row("model.other", group="models"), row("top_k"), claims=claims))
    assert r"`top_k` \[1\]" in text
    assert r"`model.other` \[2\]" in text


def test_the_legend_defines_every_word() -> None:
    legend = section(render(everything()), "Legend")
    for family in ("status", "behaviour", "verdict", "source"):
        for word in words(family):
            assert re.search(rf"^- \*{word.word}\*.*: {re.escape(word.means)}$", legend, re.MULTILINE)


def test_hostile_output_breaks_no_table_and_starts_no_heading() -> None:
    evil = "a | b\n\n## Deviations\n<script>alert(1)</script> \x1b[31m`x` @someone"
    broken = row("top_k", verdict="falls_short", seen="ignored", summary=evil, known_deviation=evil)
    text = render(report(broken, row("top_p", seen="inconclusive", verdict="inconclusive", reason=evil)))
    assert text.count("\n## Deviations") == 1
    assert not re.search(r"(?<!\\)<script", text)
    assert "\x1b" not in text


def test_cases_listed_by_a_whole_and_its_part_are_counted_once() -> None:
    part = case("M-1", "messages.text", "honoured", "conforms")
    whole = row("messages", documented="partial", cases=[part])
    assert "(2 requests)" in render(report(whole, row("messages.text", group="messages", cases=[part])))
