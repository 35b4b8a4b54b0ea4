"""The report as a page: its anchors, its meaning without colour, and nothing that runs."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.html import render

from .reports import NOTICE, claim, everything, report, row

VOID = {"meta", "br"}


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str | None]
    ancestors: tuple[str, ...]


class Page(HTMLParser):
    """Elements in order and the text of the page; complains of tags that do not match."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), tuple(name for name, _ in self._open)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, anchor in self._open:
            if anchor:
                self.texts.setdefault(anchor, []).append(data)

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def text(self, anchor: str) -> str:
        """All text inside the element with this id, in one line."""
        return " ".join("".join(self.texts[anchor]).split())

    @property
    def ids(self) -> list[str]:
        return [element.attributes["id"] or "" for element in self.elements if "id" in element.attributes]

    @property
    def fragments(self) -> set[str]:
        links = [element.attributes.get("href") or "" for element in self.all("a")]
        return {unquote(link[1:]) for link in links if link.startswith("#")}


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(everything()))


def test_every_cell_has_its_slug_as_an_anchor(page: Page) -> None:
    for result in everything()["results"]:
        assert f"{result['model']}--{result['feature']}" in page.ids


def test_anchors_are_unique_and_every_link_on_the_page_leads_to_one(page: Page) -> None:
    assert [anchor for anchor, times in Counter(page.ids).items() if times > 1] == []
    assert page.fragments <= set(page.ids)


@pytest.mark.parametrize("model", ["openrouter/m 1", "100%", 'm"2"', "模型", "m#1"])
def test_models_of_any_name_have_working_anchors(model: str) -> None:
    made = Page(render(report(row("top_k", model))))
    assert made.fragments <= set(made.ids)
    assert f"{model}--top_k".replace(" ", "-") in made.ids


def test_a_cell_links_to_evidence_that_a_browser_opens(page: Page) -> None:
    """Browsers open the details around a link's target without any script."""
    inside = {e.attributes["id"]: e.ancestors for e in page.elements if "id" in e.attributes}
    assert inside["evidence--M-1--top_k"].count("details") == 2


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("temperature", "✓ honoured, conforms"),
        ("top_k", "+ honoured, exceeds"),
        ("messages.image", "✗ ignored, falls short"),
        ("metadata", "✗ rejected, falls short known"),
        ("stop_sequences", "? inconclusive, inconclusive"),
        ("limits.context_window", "○ not run, not run"),
        ("headers.x-api-key", "- n/a, n/a"),
        ("tools.parallel", "· honoured, undocumented"),
    ],
)
def test_a_cell_says_in_words_what_its_colour_says(page: Page, feature: str, words: str) -> None:
    assert page.text(f"M-1--{feature}") == words


def test_the_evidence_says_all_there_is(page: Page) -> None:
    text = page.text("evidence--M-1--temperature")
    for words in (
        "1 opening in 8 draws",
        "control",
        "treatment",
        "p_collapsed",
        "7.77e-05",
        "2, 1, 1, 1, 1, 1, 1",
        "the simulator, 2026-11-23T11:00:00Z, 2 requests",
        "minimax/M-1/temperature/works.yaml",
        "matrix.yaml::M-1::temperature::works",
    ):
        assert words in text
    text = page.text("feature--temperature")
    assert "temperature is supported" in text
    assert "Compatibility page, read 2026-11-01" in text
    assert "Honoured: it does what it is for." in text
    assert "2.5 gave 200" in text


def test_simulated_evidence_is_said_before_anything_else() -> None:
    markup = render(everything())
    assert markup.index(NOTICE) < markup.index("Endpoint") < markup.index('id="deviations"') < markup.index('id="grid"')
    assert "SIMULATED" not in render(report(row("top_k", source="live")))


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(page: Page) -> None:
    assert {e.tag for e in page.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
    assert not [name for e in page.elements for name in e.attributes if name.startswith("on") or name == "src"]
    policy = [e for e in page.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in (policy[0].attributes["content"] or "")
    assert not re.search(r"url\(|@import", render(everything()))


def test_tables_say_what_their_headers_head(page: Page) -> None:
    assert all(e.attributes.get("scope") in ("col", "row") for e in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert page.all("html")[0].attributes["lang"] == "en"


def test_headings_leave_no_level_out(page: Page) -> None:
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch(r"h\d", e.tag)]
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@given(
    st.text()
    | st.sampled_from(["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "</style>"])
)
def test_hostile_text_adds_no_element_anywhere(text: str) -> None:
    def made(words: str) -> Page:
        words = f"x{words}"
        note = {"says": words, "date": "2026", "where": words}
        rows = [
            row(
                "top_k",
                seen="ignored",
                verdict="falls_short",
                summary=words,
                known_deviation=words,
                arms=[{"name": words, "outcome": words}],
                statistics={words: [words]},
                signals=[words],
            ),
            row("top_p", seen="inconclusive", verdict="inconclusive", reason=words),
        ]
        return Page(render(report(*rows, claims=[claim("top_k", says=words, field_reports=[note]), claim("top_p")])))

    assert [e.tag for e in made(text).elements] == [e.tag for e in made("words").elements]


def test_escape_sequences_are_gone() -> None:
    assert "\x1b" not in render(report(row("top_k", summary="\x1b[31mred")))


@pytest.mark.parametrize("where", ["javascript:alert(1)", "data:text/html,x", "a study", "MiniMax-AI/MiniMax-M2#121"])
def test_only_addresses_of_the_web_are_linked(where: str) -> None:
    note = {"says": "seen", "date": "2026", "where": where}
    made = Page(render(report(row("top_k"), claims=[claim("top_k", field_reports=[note])])))
    links = {e.attributes["href"] or "" for e in made.all("a")}
    assert {link for link in links if not link.startswith("#")} == {"https://provider.example/docs"}


def test_a_report_of_nothing_is_a_page() -> None:
    assert "no evidence yet" in render(report())
