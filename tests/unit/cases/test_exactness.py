"""A text that does not come back as it was written: taken out by the service, left out by the model, or not counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.exactness import a_text_is_read_as_it_is_written
from conformance.trouble import Inconclusive
from unit.cases.scripted import Script, message, scripted

Change = Callable[[str], str]


def words(text: str) -> int:
    return len(text.split())


def signs(text: str) -> int:
    """As a tokenizer counts: a word, a sign, a run of blanks."""
    return len(re.findall(r"\w+|[^\w\s]|\s{2,}", text))


def untagged(text: str) -> str:
    return re.sub(r"</?b>", "", text)


def unspaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def as_it_is(text: str) -> str:
    return text


def service(*, count: Callable[[str], int], hears: Change = as_it_is, says: Change = as_it_is) -> Script:
    """It counts so, reads the user's text as changed by it, and its model repeats that as changed by the model."""

    def answer(body: dict[str, Any]) -> Any:
        asked = hears(body["messages"][-1]["content"])
        found = re.search(r"<text>(.*)</text>", asked, re.DOTALL)
        return message(says(found[1] if found else "Hello."), tokens=count(f"{body.get('system', '')} {asked}"))

    return answer


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        (service(count=signs), "honoured"),
        (service(count=signs, hears=untagged), "ignored"),
        (service(count=signs, hears=unspaced), "ignored"),
        # The model's own way of repeating is no loss, where the count shows what it was given.
        (service(count=signs, says=untagged), "honoured"),
        (service(count=signs, says=unspaced), "honoured"),
        # Where words are counted, neither a tag nor a blank line counts: nobody is to blame.
        (service(count=words, says=untagged), "undecided"),
        (service(count=words, says=unspaced), "undecided"),
        (service(count=lambda _: 7, says=untagged), "undecided"),
    ],
    ids=[
        "whole", "tags taken out", "blanks taken out", "model drops tags", "model drops blanks",
        "words, drops tags", "words, drops blanks", "constant, drops tags",
    ],
)  # fmt: skip
def test_only_what_the_count_would_show_is_missed(script: Script, seen: str) -> None:
    try:
        found = a_text_is_read_as_it_is_written(scripted(script)).behaviour.value
    except Inconclusive:
        found = "undecided"
    assert found == seen
