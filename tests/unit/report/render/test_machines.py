"""The files for machines: a summary, a badge, a client profile."""

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from contract import HOME
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from unit.report.rendered import endpoint, image, profile, summary
from unit.report.reports import NOTICE, case, claim, everything, report, row

SCHEMA = json.loads((HOME / "client-profile.schema.json").read_text("utf-8"))
HOSTILE = "<script>alert(1)</script> | [x](javascript:y) @all \x1b[31m \u202e \"&'>"


def advice(made: dict[str, Any], model: str = "M-1", where: str = "parameters") -> dict[str, list[str]]:
    return {word: [entry["name"] for entry in each] for word, each in made["models"][model][where].items()}


# --- the summary


def test_the_summary_says_where_the_evidence_is_from_then_what_falls_short() -> None:
    text = summary(everything())
    assert text.index(NOTICE) < text.index("falls short") < text.index("`messages.image`")
    assert "- `messages.image`: documented unsupported, seen **ignored**, both models. the image is dropped" in text
    assert "- `metadata` (known): documented supported, seen **rejected**" in text
    assert "- `thinking` is documented as supported and ignored; M-1: 'supported' holds; M-2: 'ignored' holds" in text
    assert "- not decided: `limits.context_window` (both models): expensive: ask for it with --expensive" in text


def test_the_summary_is_short_however_long_the_report_is() -> None:
    rows = [row(f"f{number}", seen="ignored", verdict="falls_short", summary="w" * 5000) for number in range(500)]
    text = summary(report(*rows))
    assert len(text) < 8000
    left = re.search(r"and (\d+) more", text)
    assert left is not None
    assert int(left[1]) + text.count("\n- `f") == 500


def test_the_summary_of_a_good_report_says_so() -> None:
    assert "**No deviations**" in summary(report(row("top_k")))


def test_nothing_hostile_is_markup_in_the_summary() -> None:
    text = summary(report(row("top_k", HOSTILE, seen="ignored", verdict="falls_short", summary=HOSTILE)))
    shown = MarkdownIt().enable("table").render(text)
    assert not re.search("<(?:script|a|img)", shown)
    assert "&lt;script&gt;" in shown
    assert "\x1b" not in text
    assert "@all" not in text


# --- the badge


@pytest.mark.parametrize(
    ("rows", "message", "colour"),
    [
        ([row("top_k")], "simulated: 1 conform, 0 fall short", "lightgrey"),
        ([row("top_k", source="live")], "1 conform, 0 fall short", "brightgreen"),
        ([row("top_k", source="live"), row("top_p")], "simulated: 2 conform, 0 fall short", "lightgrey"),
        (
            [row("top_k", source="live", verdict="exceeds"), row("top_p", source="live", verdict="inconclusive")],
            "1 conform, 0 fall short, 1 open",
            "yellow",
        ),
        ([row("top_k", source="live", seen="ignored", verdict="falls_short")], "0 conform, 1 fall short", "red"),
        ([row("top_k", seen=None, verdict="not_run")], "no evidence", "lightgrey"),
    ],
)
def test_a_badge_says_no_more_than_is_known(rows: list[dict[str, Any]], message: str, colour: str) -> None:
    made = endpoint(report(*rows))
    assert made == {"schemaVersion": 1, "label": "MiniMax: Anthropic API", "message": message, "color": colour}
    drawn = ET.fromstring(image(report(*rows)))
    assert drawn.find("{*}title").text == f"MiniMax: Anthropic API: {message}"  # type: ignore[union-attr]


def test_a_badge_of_a_hostile_name_is_an_image_of_its_letters() -> None:
    made = report(row("top_k"))
    made["target"]["title"] = HOSTILE
    drawn = ET.fromstring(image(made))
    assert {element.tag.rpartition("}")[2] for element in drawn.iter()} == {"svg", "title", "rect", "g", "text"}
    assert all(sign.isprintable() for text in drawn.itertext() for sign in text.strip("\n"))


# --- the client profile


def test_the_profile_is_what_its_schema_says() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for made in (everything(), report(), report(row("top_k", HOSTILE, summary=HOSTILE))):
        Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(profile(made))))


def test_the_profile_goes_by_what_was_seen_and_not_by_what_is_documented() -> None:
    made = profile(
        report(
            row("top_k", documented="ignored", seen="honoured", verdict="exceeds"),
            row("system", seen="ignored", verdict="falls_short"),
            row("container", documented="ignored", seen="rejected", verdict="falls_short"),
            row("metadata", seen="accepted"),
            row("stop_sequences", seen="inconclusive", verdict="inconclusive"),
            row("service_tier", seen=None, verdict="not_run"),
            row("temperature.range", seen="ignored", verdict="falls_short"),
            row("errors.type", group="errors", seen="ignored", verdict="falls_short"),
        )
    )
    assert advice(made) == {
        "safe": ["top_k", "metadata"],
        "drop": ["system", "container"],
        "partial": [],
        "unknown": ["stop_sequences", "service_tier"],
    }


@pytest.mark.parametrize("name", ["model", "messages", "max_tokens"])
def test_what_a_request_must_have_is_never_dropped(name: str) -> None:
    assert advice(profile(report(row(name, seen="ignored", verdict="falls_short"))))["unknown"] == [name]


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [("honoured", "accepted", "safe"), ("ignored", "rejected", "drop"), ("honoured", "ignored", "partial")],
)
def test_a_parameter_of_parts_is_what_its_parts_are(first: str, second: str, word: str) -> None:
    parts = ["tool_choice.any", "tool_choice.none"]
    made = profile(
        report(
            row("tool_choice", documented="partial", seen="ignored", verdict="falls_short"),
            row(parts[0], group="tools", seen=first),
            row(parts[1], group="tools", seen=second),
            claims=[claim("tool_choice", status="partial", parts=parts), *(claim(p, group="tools") for p in parts)],
        )
    )
    assert advice(made)[word] == ["tool_choice"]
    values = advice(made, where="values")
    assert sorted(values["safe"] + values["drop"]) == parts


def test_every_entry_has_its_evidence_and_the_weakest_of_its_sources() -> None:
    cases = [case("M-1", "top_k", "honoured", "conforms", source="live"), case("M-1", "top_k", "honoured", "conforms")]
    made = profile(report(row("top_k", cases=cases)))
    assert made["notice"] == NOTICE
    assert made["models"]["M-1"]["parameters"]["safe"] == [
        {
            "name": "top_k",
            "documented": "supported",
            "seen": "honoured",
            "why": "seen as it should be",
            "source": "simulator",
            "evidence": "M-1--top_k",
        }
    ]
    live = profile(report(row("top_k", source="live")))
    assert "notice" not in live
