"""The grammar of a stream, event by event, as Anthropic documents it.

message_start; then for each block content_block_start, content_block_delta and content_block_stop
with the block's index; one or more message_delta; message_stop. ``ping`` may come anywhere and
unknown events must be tolerated. Source: platform.claude.com/docs, *Streaming messages*.

Strict where the SDK or a client would break, tolerant elsewhere: see docs/decisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from conformance.protocol.parsing import parse_json
from conformance.protocol.sse import Event
from conformance.values import Json

__all__ = ["Finding", "blocks_of", "names_of", "order_of", "pieces_of", "tool_inputs_of"]

KNOWN = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
        "error",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a stream, and at which event (counted from 0)."""

    what: str
    at: int | None = None

    def __str__(self) -> str:
        return self.what if self.at is None else f"event {self.at}: {self.what}"


def names_of(events: Sequence[Event]) -> Iterator[Finding]:
    """Every event has an ``event:`` line, and it agrees with the ``type`` in its data.

    The SDK dispatches on the line: without it, it yields nothing at all. What is no event of the API's
    (a last ``data: [DONE]``, say) it leaves out as well, to nobody's harm.
    """
    for at, event in enumerate(events):
        if event.name is None and event.type in KNOWN:
            yield Finding(f"no event: line for {event.type}", at)
        elif (
            event.name is not None and isinstance(event.json, dict) and event.json.get("type") not in (event.name, None)
        ):
            yield Finding(f"event: {event.name}, but the data says {event.json.get('type')}", at)


def order_of(events: Sequence[Event]) -> Iterator[Finding]:
    """The message begins once, ends once, and everything else lies between in order."""
    started = ended = stopped = False
    for at, kind in _known(events):
        if stopped:
            yield Finding(f"{kind} after message_stop", at)
        elif not started and kind != "message_start":
            yield Finding(f"{kind} before message_start", at)
            started = True
        elif kind == "message_start":
            if started:
                yield Finding("a second message_start", at)
            started = True
        elif ended and kind.startswith("content_block"):
            yield Finding(f"{kind} after message_delta", at)
        elif kind == "message_stop" and not ended:
            yield Finding("message_stop without a message_delta before it", at)
        ended = ended or kind == "message_delta"
        stopped = stopped or kind == "message_stop"
    if not stopped:
        yield Finding("no message_stop at the end")


@dataclass
class _Blocks:
    """Which block is open, and which were there before."""

    open: int | None = None
    kind: str = ""
    seen: list[int] = field(default_factory=list[int])


_DELTAS = {
    "text_delta": "text",
    "citations_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
}


def blocks_of(events: Sequence[Event]) -> Iterator[Finding]:
    """Every block is started, filled and stopped under its own index, one after the other from 0."""
    state = _Blocks()
    for at, event in enumerate(events):
        body = event.json
        if event.type is None or not event.type.startswith("content_block") or not isinstance(body, dict):
            continue
        index = body.get("index")
        if not isinstance(index, int):
            yield Finding(f"{event.type} without an index", at)
            continue
        match event.type:
            case "content_block_start":
                yield from _start(state, index, body, at)
            case "content_block_delta":
                yield from _delta(state, index, body, at)
            case "content_block_stop":
                if state.open != index:
                    yield Finding(f"content_block_stop of block {index}, which is not open", at)
                state.open = None
            case _:
                pass
    if state.open is not None:
        yield Finding(f"block {state.open} is never stopped")
    yield from _repeated(events)


_SURE = 4
"""Deltas, each beginning with all of the one before, that no text makes by chance."""


_WHOLE = 20
"""Characters of a delta that is all of the others again: so many come in one piece where a program joined them."""


@dataclass
class _Pieces:
    """What a block is made of, in the order in which it came."""

    start: str = ""
    texts: list[str] = field(default_factory=list[str])
    signatures: list[str] = field(default_factory=list[str])


def _pieces_of(events: Sequence[Event]) -> dict[int, _Pieces]:
    blocks: dict[int, _Pieces] = {}
    for event in events:
        body = event.json
        if not isinstance(body, dict) or not isinstance(body.get("index"), int):
            continue
        pieces = blocks.setdefault(body["index"], _Pieces())
        block, delta = body.get("content_block"), body.get("delta")
        if isinstance(block, dict):
            pieces.start = str(block.get("text") or block.get("thinking") or "")
        if isinstance(delta, dict) and (piece := delta.get("text") or delta.get("thinking")):
            pieces.texts.append(str(piece))
        if isinstance(delta, dict) and delta.get("type") == "signature_delta":
            pieces.signatures.append(str(delta.get("signature") or ""))
    return blocks


def _repeated(events: Sequence[Event]) -> Iterator[Finding]:
    """Blocks whose pieces are not what a client adds up: said twice, or in a place where it does not look."""
    for index, block in _pieces_of(events).items():
        texts, started = block.texts, block.start
        grows = all(len(after) > len(before) and after.startswith(before) for before, after in pairwise(texts))
        if len(texts) >= _SURE and grows:
            yield Finding(f"every delta of block {index} repeats all before it")
        before, last = texts[:-1], "".join(texts[-1:])
        if len(before) > 1 and len(last) >= _WHOLE and "".join(before) == last:
            yield Finding(f"the last delta of block {index} is all that came before it, once more")
        if len(started) > 1 and "".join(texts) == started:
            yield Finding(f"block {index} starts with its whole text, and repeats it in its deltas")


def pieces_of(events: Sequence[Event]) -> Iterator[Finding]:
    """What a block is made of stands where clients look for it: no text in its start, a signature in one piece.

    Such a stream is in order, and what it adds up to can be judged.
    """
    for index, block in _pieces_of(events).items():
        texts, started = "".join(block.texts), block.start
        if started.strip() and not texts.startswith(started):
            yield Finding(f"block {index} starts with text: the SDK's text_stream, and Claude Code, show deltas alone")
        if any(part not in block.signatures[-1] for part in block.signatures):
            pieces = len(block.signatures)
            yield Finding(f"the signature of block {index} comes in {pieces} pieces: the SDK keeps the last alone")


def _start(state: _Blocks, index: int, body: dict[str, Json], at: int) -> Iterator[Finding]:
    if state.open is not None:
        yield Finding(f"block {index} starts while block {state.open} is open", at)
    if index != len(state.seen):
        yield Finding(f"block {index} starts where block {len(state.seen)} is due", at)
    block = body.get("content_block")
    state.kind = str(block.get("type")) if isinstance(block, dict) else ""
    state.seen.append(index)
    state.open = index


def _delta(state: _Blocks, index: int, body: dict[str, Json], at: int) -> Iterator[Finding]:
    if state.open != index:
        yield Finding(f"a delta of block {index}, which is not open", at)
        return
    delta = body.get("delta")
    kind = str(delta.get("type")) if isinstance(delta, dict) else ""
    wanted = _DELTAS.get(kind)
    if wanted is not None and wanted != state.kind:
        yield Finding(f"a {kind} in a block of type {state.kind or 'unknown'}", at)


def tool_inputs_of(events: Sequence[Event]) -> Iterator[Finding]:
    """The pieces of every tool call's input add up to a JSON object (or to nothing: an empty one)."""
    pieces: dict[int, str] = {}
    for event in events:
        body = event.json
        if not isinstance(body, dict) or not isinstance(body.get("index"), int):
            continue
        delta = body.get("delta")
        if isinstance(delta, dict) and delta.get("type") == "input_json_delta":
            pieces[body["index"]] = pieces.get(body["index"], "") + str(delta.get("partial_json") or "")
    for index, whole in _inputs_at_the_start(events):
        # The SDK keeps what a block starts with where nothing follows; Claude Code runs the tool with nothing.
        if whole and not pieces.get(index, "").strip():
            yield Finding(f"the input of block {index} stands in its start, and no delta brings it")
    for index, text in pieces.items():
        if not text.strip():
            continue
        try:
            parsed = parse_json(text)
        except ValueError:
            yield Finding(f"the input of block {index} is not JSON: {text[:60]!r}")
            continue
        if not isinstance(parsed, dict):
            yield Finding(f"the input of block {index} is not an object: {text[:60]!r}")


def _inputs_at_the_start(events: Sequence[Event]) -> Iterator[tuple[int, Json]]:
    for event in events:
        block = event.json.get("content_block") if isinstance(event.json, dict) else None
        if isinstance(block, dict) and block.get("type") == "tool_use" and isinstance(event.json.get("index"), int):
            yield event.json["index"], block.get("input")


def _known(events: Sequence[Event]) -> Iterator[tuple[int, str]]:
    for at, event in enumerate(events):
        kind = event.type
        if kind in KNOWN and kind not in ("ping", "error"):
            yield at, str(kind)
