"""What is not ASCII in a message: read, dropped, or spoilt on its way to the model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.messages import what_is_not_ascii_is_read
from conformance.trouble import Inconclusive
from unit.cases.scripted import Scripted, message, scripted, words_in

Body = dict[str, Any]


def service(*, spoilt: Callable[[str], str] = str, chinese: bool = True) -> Callable[[Body], Any]:
    """A service that hands the words on in some way to a model that counts characters, and knows Chinese or not."""

    def script(body: Body) -> Any:
        words = spoilt(words_in(body["messages"]))
        if "in Chinese characters" in words:
            return message("一二三四五" if chinese else "yi er san", len(words))
        named = re.search(r"cat is ([^.]*)\.", words)
        name = named[1].strip() if named else ""
        is_a_name = bool(re.fullmatch(r"\w+", name)) and (chinese or name.isascii())
        return message(name if is_a_name else "I was not told.", len(words))

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


def test_a_codeword_that_is_spoilt_now_and_then_says_nothing_sure() -> None:
    turns = iter(range(100))

    def now_and_then(words: str) -> str:
        return words.encode().decode("latin-1") if next(turns) == 1 else words

    assert behaviour(service(spoilt=now_and_then))[0] == "inconclusive"
