"""A text that does not come back as it was written: taken out by the service, left out by the model, or not counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.exactness import a_text_is_read_as_it_is_written, what_a_body_says_a_stream_says
from conformance.trouble import Inconclusive
from unit.cases.scripted import Script, message, scripted, streamed

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


def stream(text: str) -> str:
    def piece(words: str) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}}

    pieces = [piece(text[at : at + 9]) for at in range(0, len(text), 9)]
    block = {"type": "text", "text": ""}
    return streamed(
        {"type": "message_start", "message": message(content=[])},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *pieces,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 60}},
        {"type": "message_stop"},
    )


class Repeating:
    """It repeats the text; what its bodies and its streams make of it goes by how many it has answered."""

    def __init__(self, body: Callable[[str, int], str], streamed: Callable[[str, int], str]) -> None:
        self.changes = {False: body, True: streamed}
        self.answered = 0

    def __call__(self, body: dict[str, Any]) -> Any:
        self.answered += 1
        found = re.search(r"<text>(.*)</text>", str(body["messages"][-1]["content"]), re.DOTALL)
        is_streamed = body.get("stream") is True
        said = self.changes[is_streamed](found[1] if found else "Hello.", self.answered)
        return stream(said) if is_streamed else message(said)


def whole(text: str, _: int) -> str:
    return text


def chatty(text: str, number: int) -> str:
    return f"Sure! Here it is:\n\n{text}" if number % 3 == 0 else text


@pytest.mark.parametrize(
    ("body", "streams", "seen"),
    [
        (whole, whole, "honoured"),
        (whole, lambda text, _: f"assistant\n\n{text}", "ignored"),
        (whole, lambda text, _: text + text[-4:], "ignored"),
        (whole, lambda text, _: text[:9] + text, "ignored"),
        # A model that chats does so in bodies as well, or it is chance.
        (chatty, chatty, "honoured"),
        (lambda text, _: f"> {text}", lambda text, _: f"> {text}", "honoured"),
        (whole, lambda text, number: text[:9] + text if number == 3 else text, "honoured"),
        (whole, lambda text, number: text[:20] + text[30:] if number % 4 else text, "inconsistent"),
    ],
    ids=["whole", "a role", "last piece twice", "first piece twice", "chatty", "quoted", "once", "now and then"],
)
def test_a_stream_is_exact_where_bodies_are(
    body: Callable[[str, int], str], streams: Callable[[str, int], str], seen: str
) -> None:
    assert what_a_body_says_a_stream_says(scripted(Repeating(body, streams))).behaviour.value == seen
