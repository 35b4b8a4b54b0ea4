"""A reply as a stream: the events of Anthropic's documentation, in the dialect of a wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.simulator.json_values import Object
from conformance.simulator.model.replies import Block, Reply, Text, Thinking, ToolUse
from conformance.simulator.model.tokens import count, pieces

_TOKENS_A_DELTA: Final = 4
_LINE_ENDS: Final = re.compile(r"(\s*\n\s*)")
"""What real services send as a delta of its own, often enough for gateways to lose it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; `tokens` is how much of the model's time it took."""

    name: str | None
    data: Object
    tokens: int = 0

    @property
    def encoded(self) -> bytes:
        """The event as it goes over the wire."""
        head = "" if self.name is None else f"event: {self.name}\n"
        return f"{head}data: {json.dumps(self.data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


@dataclass(frozen=True, slots=True)
class StreamStyle:
    """What one wire's streams have of their own."""

    started: Callable[[Reply], Object]  # the message of message_start
    ended: Callable[[Reply], Object]  # message_delta without its type
    ping_first: bool = False  # the ping right after message_start, not after the first block's start
    signature_at_start: bool = True
    input_in_one_piece: bool = False


def events(reply: Reply, style: StreamStyle) -> tuple[Event, ...]:
    """Put a reply into its stream of events."""
    return tuple(_events(reply, style))


def _events(reply: Reply, style: StreamStyle) -> Iterator[Event]:
    yield _event({"type": "message_start", "message": style.started(reply)})
    if style.ping_first:
        yield _event({"type": "ping"})
    for index, block in enumerate(reply.blocks):
        yield _event({"type": "content_block_start", "index": index, "content_block": _empty(block, style)})
        if index == 0 and not style.ping_first:
            yield _event({"type": "ping"})
        for delta, tokens in _deltas(block, style):
            yield _event({"type": "content_block_delta", "index": index, "delta": delta}, tokens)
        yield _event({"type": "content_block_stop", "index": index})
    yield _event({"type": "message_delta", **style.ended(reply)})
    yield _event({"type": "message_stop"})


def _event(data: Object, tokens: int = 0) -> Event:
    return Event(str(data["type"]), data, tokens)


def _empty(block: Block, style: StreamStyle) -> Object:
    match block:
        case Text():
            return {"type": "text", "text": ""}
        case Thinking():
            return {"type": "thinking", "thinking": ""} | ({"signature": ""} if style.signature_at_start else {})
        case ToolUse():
            return {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}


def _deltas(block: Block, style: StreamStyle) -> Iterator[tuple[Object, int]]:
    match block:
        case Text():
            for text, tokens in _chunks(pieces(block.text)):
                yield {"type": "text_delta", "text": text}, tokens
        case Thinking():
            for text, tokens in _chunks(pieces(block.thinking)):
                yield {"type": "thinking_delta", "thinking": text}, tokens
            yield {"type": "signature_delta", "signature": block.signature}, 0
        case ToolUse():
            written = json.dumps(block.input, ensure_ascii=False) if block.input else ""
            yield {"type": "input_json_delta", "partial_json": ""}, block.tokens - count(written)
            for text, tokens in _chunks(pieces(written), len(written) if style.input_in_one_piece else None):
                yield {"type": "input_json_delta", "partial_json": text}, tokens


def _chunks(parts: Sequence[str], size: int | None = None) -> Iterator[tuple[str, int]]:
    step = size or _TOKENS_A_DELTA
    for at in range(0, len(parts), step):
        chunk = parts[at : at + step]
        tokens = len(chunk)
        for text in filter(None, _LINE_ENDS.split("".join(chunk))):
            yield text, tokens
            tokens = 0  # the time is the chunk's
