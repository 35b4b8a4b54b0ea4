"""Text that others wrote does no harm, and still says what it said."""

import html
import json
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.plain_text import clip, plain
from conformance.report.escape import json_text, markdown, markdown_code

PIECES = [
    *("\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\u202e", "\u2028", "\ud800", "\t", "\n", " "),
    *("|", "\\", "`", "``", "*", "_", "__", "~~", "$x$", "#", "1. ", "- ", "+ ", "> ", "===", "---", "|---|"),
    *("<b>", "</b>", "<!--", "&amp;", "[a](http://b)", "![i](j)", "http://evil.example", "www.evil.example"),
    *("@someone", "a", "word", "top_k"),
]
HOSTILE = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)
"""Anything at all, and what means something to a terminal, to HTML or to Markdown."""


@given(HOSTILE)
@example("\x1b\x1b[31m[31mred")
@example("\x1b]0;never closed")
def test_plain_text_is_one_line_of_visible_characters(text: str) -> None:
    shown = plain(text)
    assert {unicodedata.category(character) for character in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert shown == " ".join(shown.split())
    assert plain(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m and plain", "red and plain"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never closed", "0;never closed"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("back\x08space, nul\x00, bell\x07", "backspace, nul, bell"),
        ("\u202egnorw eht", "gnorw eht"),
        ("half a pair: \ud83d", "half a pair: \N{REPLACEMENT CHARACTER}"),
        ("支持 naïve ✓", "支持 naïve ✓"),
    ],
)
def test_what_is_left_of_it_can_be_read(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(min_size=1), st.integers(4, 40))
def test_a_clipped_text_fits_and_says_that_it_is_clipped(text: str, width: int) -> None:
    shown = clip(text, width)
    assert len(shown) <= width
    assert shown == text or shown.endswith("...")


def rendered(source: str) -> str:
    """The HTML of some Markdown as GitHub's dialect has it, but that raw HTML stays HTML."""
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return str(parser.render(source))


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).replace("\N{WORD JOINER}", "").strip()


@given(HOSTILE)
@example(r"a\|b|c\\|d")
@example("__b b__")
@example("1. one")
@example("a|---|")
def test_escaped_text_reads_in_a_table_as_it_was(text: str) -> None:
    page = rendered(f"| head | next |\n| --- | --- |\n| x {markdown(text)} | {markdown_code(text)} |\n")
    cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
    assert [text_of(cell) for cell in cells] == [f"x {plain(text)}".strip(), plain(text)]
    assert set(re.findall(r"<(\w+)", cells[0] + cells[1])) <= {"code"}


@given(HOSTILE)
@example("===")
@example("- item")
@example("#heading")
@example("7) seven")
def test_escaped_text_is_a_paragraph_wherever_it_begins(text: str) -> None:
    page = rendered(f"before\n\n{markdown(text)}\n\n- {markdown(text)}\n")
    assert text_of(re.sub(r"</p>\s*", "</p>\n", page)).split("\n")[-1] == (plain(text) or "before")
    assert set(re.findall(r"<(\w+)", page)) <= {"p", "ul", "li"}


def test_what_is_harmless_stays_readable() -> None:
    assert markdown("top_k=1: 3 of 8 (MiniMax-M2.7), 0.1.0") == "top_k=1: 3 of 8 (MiniMax-M2.7), 0.1.0"


def test_nobody_is_called_and_nothing_is_linked() -> None:
    words = markdown("ask @someone at https://evil.example or www.evil.example")
    assert "@someone" not in words
    assert "://" not in words.replace("\\:", "")
    assert "www." not in words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_says_the_same_and_disturbs_no_terminal(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == json.loads(json.dumps(value))  # which joins surrogates that make a pair
    assert text.endswith("\n")
    assert {character for character in text if unicodedata.category(character) in ("Cc", "Cs")} <= {"\n"}


def test_json_is_written_as_people_read_it() -> None:
    assert json_text({"says": "支持"}) == '{\n "says": "支持"\n}\n'
