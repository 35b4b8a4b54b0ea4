"""Services whose streams say the right thing in a place, or at a time, where clients end with another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from conformance.simulator.api.events import Event
from conformance.simulator.json_values import Object, object_at
from conformance.simulator.mutants.mutant import Mutant, changing_messages, changing_streams, ignored

_Events = tuple[Event, ...]


def _each(change: Callable[[Event], Iterator[Event]]) -> Callable[[_Events], _Events]:
    return lambda events: tuple(new for event in events for new in change(event))


def _signed_in_pieces(event: Event) -> Iterator[Event]:
    delta = object_at(event.data, "delta")
    if delta.get("type") != "signature_delta":
        yield event
        return
    signature = delta["signature"]
    for start in range(0, len(signature), 30):
        part = {**delta, "signature": signature[start : start + 30]}
        yield replace(event, data={**event.data, "delta": part})


def _begun_at_the_start(events: _Events) -> _Events:
    """The first piece of a text stands in its block's start."""
    kept: list[Event] = []
    for event in events:
        before = kept[-1].data if kept else {}
        delta, block = object_at(event.data, "delta"), object_at(before, "content_block")
        if delta.get("type") == "text_delta" and block.get("type") == "text":
            begun = {**block, "text": delta["text"]}
            kept[-1] = replace(kept[-1], data={**before, "content_block": begun})
        else:
            kept.append(event)
    return tuple(kept)


def _unnamed(event: Event) -> Iterator[Event]:
    delta = object_at(event.data, "delta")
    unnamed = {**event.data, "delta": {**delta, "stop_sequence": None}}
    yield replace(event, data=unnamed) if "stop_sequence" in delta else event


def _ended_twice(event: Event) -> Iterator[Event]:
    yield event
    if event.data["type"] == "message_delta":
        yield replace(event, data={**event.data, "delta": {"stop_reason": None, "stop_sequence": None}})


def _uncounted_at_last(event: Event) -> Iterator[Event]:
    data = event.data
    if data["type"] == "message_delta":
        data = {**data, "usage": {**object_at(data, "usage"), "input_tokens": 0}}
    yield replace(event, data=data)


def _deltas_counted(events: _Events) -> _Events:
    """As many output tokens as there are events: what a gateway counts that has no tokenizer."""
    count = sum(event.data["type"] == "content_block_delta" for event in events) // 3

    def counted(event: Event) -> Event:
        usage = {**object_at(event.data, "usage"), "output_tokens": max(1, count)}
        return replace(event, data={**event.data, "usage": usage}) if event.data["type"] == "message_delta" else event

    return tuple(map(counted, events))


def _unread_call(message: Object) -> Object:
    calls = any(block["type"] == "tool_use" for block in message["content"])
    said = {"type": "text", "text": "<minimax:tool_call>"}
    return {**message, "content": [said, *message["content"]]} if calls else message


_COUNTS: Final = ignored("stream.usage::every_stream_is_counted")

MUTANTS: Final = (
    Mutant(
        "stream.blocks-signature-in-pieces",
        "A signature comes in several deltas, of which the SDK keeps the last.",
        changing_streams(_each(_signed_in_pieces)),
        ignored("stream.blocks::*"),
    ),
    Mutant(
        "stream.blocks-text-at-the-start",
        "The first piece of a text stands in its block's start, where clients do not look.",
        changing_streams(_begun_at_the_start),
        {
            **ignored("stream.blocks::*", "stream.text::*_*stream*"),
            # Short texts are in their start altogether.
            "stop_sequences::several_words_stop_in_company": "inconclusive",
            "clients.opencode::a_conversation_with_a_tool": "accepted",
            "clients.langchain::a_conversation_with_a_tool": "accepted",
        },
    ),
    Mutant(
        "stream.stop_reason-taken-back",
        "A second message_delta says that the stop_reason is null.",
        changing_streams(_each(_ended_twice)),
        ignored("stream.stop_reason::*"),
    ),
    Mutant(
        "stream.stop_reason-sequence-unnamed",
        "message_delta does not say which stop sequence it was.",
        changing_streams(_each(_unnamed)),
        ignored("stream.stop_reason::*"),
        personality="reference",
    ),
    Mutant(
        "stream.usage-zero-at-last",
        "message_delta says that the prompt has no tokens.",
        changing_streams(_each(_uncounted_at_last)),
        _COUNTS,
    ),
    Mutant(
        "stream.usage-deltas",
        "A stream counts some of its deltas, and not its tokens.",
        changing_streams(_deltas_counted),
        _COUNTS,
    ),
    Mutant(
        "response.shape-calls-unread",
        "The sign that a call begins with is left in the text.",
        changing_messages(_unread_call),
        ignored("response.shape::no_sign_of_the_template_stands_in_the_text"),
    ),
)
