"""A stream that an experiment can rest on."""

from __future__ import annotations

from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive

__all__ = ["is_in_order", "needs_order"]


_PIECES = {
    "text_delta": "text",
    "citations_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
    "input_json_delta": "tool_use",
}


def is_in_order(exchange: Exchange) -> bool:
    """Whether an answer is a body, or a stream whose pieces all belong to a block that was started before.

    Less than the grammar wants: a block that is never stopped, or that starts without one of its fields, adds up.
    """
    kinds: dict[int, str] = {}
    for event in exchange.events:
        body = event.json
        if event.type not in ("content_block_start", "content_block_delta"):
            continue
        if not isinstance(body, dict) or not isinstance(body.get("index"), int):
            return False
        inner = body.get("content_block" if event.type == "content_block_start" else "delta")
        kind = inner.get("type") if isinstance(inner, dict) else None
        if not isinstance(kind, str):
            return False
        if event.type == "content_block_start":
            if body["index"] in kinds:
                return False
            kinds[body["index"]] = kind
        elif not kinds.get(body["index"], "").endswith(_PIECES.get(kind, "")) or body["index"] not in kinds:
            return False
    return True


def needs_order(reply: Reply) -> None:
    """What a stream in disorder adds up to says nothing: the disorder is the finding of rows of its own.

    Raises:
        Inconclusive: a stream was asked for, and a body came, or events in disorder.
    """
    if not reply.ok or not reply.exchange.wants_stream:
        return
    if not reply.exchange.is_stream:
        raise Inconclusive("the answer is not a stream")
    if not is_in_order(reply.exchange):
        raise Inconclusive("the stream is in disorder, and adds up to nothing sure")
