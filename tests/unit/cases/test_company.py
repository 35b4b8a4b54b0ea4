"""A stop sequence in a line that a model repeats: what it says around the line is its own."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.company import LINE, STOP, several_words_stop_in_company
from conformance.trouble import Inconclusive
from unit.cases.scripted import message, scripted, streamed


def _said(text: str, reason: str, *, stream: bool) -> Any:
    whole = message(text, stop_reason=reason, stop_sequence=STOP if reason == "stop_sequence" else None)
    if not stream:
        return whole
    ending = {"stop_reason": whole["stop_reason"], "stop_sequence": whole["stop_sequence"]}
    return streamed(
        {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    )


@pytest.mark.parametrize("opening", ["", '"', "**", "Sure! Here is what you asked for:\n\n", "好的，答案是："])
@pytest.mark.parametrize(
    ("stops", "reason", "behaviour"),
    [
        (True, "stop_sequence", "honoured"),
        (True, "end_turn", "ignored"),
        (False, "end_turn", "ignored"),
        (False, "stop_sequence", "ignored"),
    ],
)
def test_a_line_is_stopped_whatever_stands_before_it(opening: str, stops: bool, reason: str, behaviour: str) -> None:
    def answer(body: dict[str, Any]) -> Any:
        whole = opening + LINE
        if "stop_sequences" not in body:
            return _said(whole, "end_turn", stream=bool(body.get("stream")))
        return _said(whole.partition(STOP)[0] if stops else whole, reason, stream=bool(body.get("stream")))

    assert several_words_stop_in_company(scripted(answer)).behaviour.value == behaviour


@pytest.mark.parametrize("text", ["", "Sure!", "I cannot do that."])
def test_what_is_no_part_of_the_line_tells_nothing(text: str) -> None:
    def answer(body: dict[str, Any]) -> Any:
        said = (text, "stop_sequence") if "stop_sequences" in body else (LINE, "end_turn")
        return _said(*said, stream=bool(body.get("stream")))

    with pytest.raises(Inconclusive):
        several_words_stop_in_company(scripted(answer))
