"""The lines at the end of a run."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from unit.report.rendered import lines
from unit.report.reports import NOTICE, contradictory, everything, report, row


def test_the_first_line_says_where_the_evidence_comes_from() -> None:
    assert lines(everything())[0] == NOTICE
    assert lines(report(row("top_k", source="live")))[0] == "Evidence: 1 cell from the live service."
    assert lines(report(row("top_k", seen=None, verdict="not_run")))[0] == "Evidence: no evidence yet."


def test_a_long_notice_is_broken_between_words() -> None:
    notice = "SIMULATED EVIDENCE. " + "words " * 40
    first, second, *_ = lines(everything() | {"notice": notice})
    assert first.startswith("SIMULATED")
    assert second.startswith("words")
    assert len(first) <= 100


def test_every_model_has_its_counts() -> None:
    table = [line.split() for line in lines(everything()) if re.match(r"(model|M-\d) ", line)]
    assert " ".join(table[0]) == "model conforms exceeds falls short inconclusive not run n/a undocumented"
    assert table[1:] == [["M-1", *"4131111"], ["M-2", *"3131111"]]


def test_a_deviation_is_found_by_its_node_id() -> None:
    text = "\n".join(lines(everything()))
    assert "falls short: messages.image, documented unsupported, seen ignored, both models" in text
    assert "\n  matrix.yaml::M-1::messages.image::works\n" in text
    assert text.count("the image is dropped silently") == 1
    assert "with it: messages" in text
    assert "falls short (known): metadata" in text
    assert "known: reported to the provider" in text


def test_models_that_differ_are_counted_where_they_are_listed_below() -> None:
    rows = [row("top_k", model, seen="rejected", verdict="falls_short") for model in ("M-1", "M-2")]
    assert "2 of 3 models" in "\n".join(lines(report(*rows, row("top_k", "M-3"))))


def test_a_contradiction_is_one_line_over_all_models() -> None:
    found = [line for line in lines(everything()) if line.startswith("contradiction")]
    assert found == [
        "contradiction: thinking is documented as supported and ignored; M-1: 'supported' holds; M-2: 'ignored' holds"
    ]
    alike = report(*(row("thinking", m, seen="ignored", holds=[1]) for m in ("M-1", "M-2")), claims=[contradictory()])
    assert lines(alike)[-1].endswith("both models: 'ignored' holds")


def test_nothing_found_is_a_short_table() -> None:
    assert len(lines(report(row("top_k")))) == 4


@given(st.text())
def test_hostile_summaries_stay_on_their_line(text: str) -> None:
    quiet = lines(report(row("top_k", seen="ignored", verdict="falls_short", summary="one line")))
    loud = lines(report(row("top_k", seen="ignored", verdict="falls_short", summary=text)))
    assert len(quiet) == len(loud)
    assert {unicodedata.category(character) for line in loud for character in line}.isdisjoint({"Cc", "Cf", "Cs"})


def test_long_summaries_are_cut_and_node_ids_never() -> None:
    model = "a-model-with-a-name-of-more-than-a-hundred-characters-" * 3
    made = report(row("top_k", model, seen="ignored", verdict="falls_short", summary="x" * 500))
    assert f"  matrix.yaml::{model}::top_k::works" in lines(made)
    assert not any("x" * 101 in line for line in lines(made))
