"""What is not ASCII in a message: read, dropped, or spoilt on its way to the model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.not_ascii import what_is_not_ascii_is_read
from conformance.trouble import Inconclusive
from unit.cases.scripted import Scripted, message, scripted, words_in

Body = dict[str, Any]


def in_tokens(words: str) -> int:
    """A count of the common kind: a token for a short word, for a sign, and for a Chinese character."""
    return len(re.findall(r"[一-鿿]|[^\W一-鿿]{1,6}|[^\w\s]", words))


def service(
    *, spoilt: Callable[[str], str] = str, chinese: bool = True, counts: Callable[[str], int] = len
) -> Callable[[Body], Any]:
    """A service that hands the words on in some way to a model that knows Chinese or not, and counts in some way."""

    def script(body: Body) -> Any:
        words = spoilt(words_in(body["messages"]))
        if "in Chinese characters" in words:
            return message("一二三四五" if chinese else "yi er san", len(words))
        named = re.search(r"cat is ([^.]*)\.", words)
        name = named[1].strip() if named else ""
        is_a_name = bool(re.fullmatch(r"\w+🦊?", name)) and (chinese or name.isascii())
        return message(name if is_a_name else "I was not told.", counts(words))

    return script


def behaviour(script: Callable[[Body], Any]) -> tuple[str, int]:
    """What is found, in a word, and the number of requests it took."""
    asked = Scripted(script)
    try:
        return what_is_not_ascii_is_read(scripted(asked)).behaviour.value, len(asked.asked)
    except Inconclusive:
        return "inconclusive", len(asked.asked)


def test_two_requests_are_enough_where_the_codeword_comes_back() -> None:
    assert behaviour(service()) == ("honoured", 2)


def test_a_model_without_chinese_has_read_what_it_counts() -> None:
    assert behaviour(service(chinese=False))[0] == "honoured"


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda words: words.encode("ascii", "replace").decode(), id="question marks"),
        pytest.param(lambda words: words.encode("ascii", "ignore").decode(), id="dropped"),
        pytest.param(lambda words: words.encode().decode("latin-1"), id="latin-1"),
        pytest.param(lambda words: words.encode("ascii", "backslashreplace").decode(), id="escaped"),
    ],
)
def test_what_a_program_spoils_is_not_read_however_it_is_counted(spoilt: Callable[[str], str]) -> None:
    assert behaviour(service(spoilt=spoilt))[0] == "ignored"


ASCII = pytest.param(lambda words: words.encode("ascii", "replace").decode(), id="a mark for each character")
BYTES = pytest.param(
    lambda words: re.sub(r"[^\x00-\x7f]", lambda found: "?" * len(found[0].encode()), words), id="a byte"
)


@pytest.mark.parametrize("spoilt", [ASCII, BYTES])
def test_question_marks_are_found_by_the_count_where_the_model_says_nothing(spoilt: Callable[[str], str]) -> None:
    def silent(words: str) -> str:
        return spoilt(words).replace("cat is", "cat, is")

    assert behaviour(service(spoilt=silent, chinese=False, counts=in_tokens))[0] == "ignored"


@pytest.mark.parametrize("counts", [len, lambda words: len(words) // 4, lambda words: len(words.encode()), in_tokens])
def test_a_silent_model_that_reads_letters_is_not_blamed(counts: Callable[[str], int]) -> None:
    def silent(words: str) -> str:
        return words.replace("cat is", "cat, is")

    assert behaviour(service(spoilt=silent, chinese=False, counts=counts))[0] != "ignored"


def without_emoji(words: str) -> str:
    return re.sub("[\U00010000-\U0010ffff]", "", words)


def test_emoji_that_are_dropped_are_missed() -> None:
    assert behaviour(service(spoilt=without_emoji, counts=in_tokens))[0] == "ignored"


@pytest.mark.parametrize("counts", [len, lambda words: len(words.split()), in_tokens])
def test_a_model_that_leaves_out_the_emoji_is_not_blamed(counts: Callable[[str], int]) -> None:
    said = service(counts=counts)

    def script(body: Body) -> Any:
        reply = said(body)
        reply["content"][0]["text"] = without_emoji(reply["content"][0]["text"])
        return reply

    assert behaviour(script)[0] == "honoured"


def test_a_codeword_that_is_spoilt_now_and_then_says_nothing_sure() -> None:
    turns = iter(range(100))

    def now_and_then(words: str) -> str:
        return words.encode().decode("latin-1") if next(turns) == 1 else words

    assert behaviour(service(spoilt=now_and_then))[0] == "inconclusive"
