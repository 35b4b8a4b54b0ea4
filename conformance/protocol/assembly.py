"""The message that a stream of events adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.protocol.parsing import parse_json
from conformance.protocol.sse import Event
from conformance.values import Json

__all__ = ["assemble"]


def assemble(events: Iterable[Event]) -> dict[str, Json] | None:
    """The message a stream adds up to, tolerant of disorder; None where it never began one."""
    message: dict[str, Json] | None = None
    blocks: dict[int, dict[str, Json]] = {}
    pieces: dict[int, list[str]] = {}
    for event in events:
        body = event.json
        if not isinstance(body, dict):
            continue
        match event.type:
            case "message_start" if isinstance(body.get("message"), dict):
                message = dict(body["message"])
            case "content_block_start" if isinstance(body.get("content_block"), dict):
                blocks.setdefault(_index(body), {}).update(body["content_block"])
            case "content_block_delta" if isinstance(body.get("delta"), dict):
                index = _index(body)
                _add(blocks.setdefault(index, {}), pieces.setdefault(index, []), body["delta"])
            case "message_delta":
                message = message if message is not None else {}
                _finish(message, body)
            case _:
                pass
    if message is None and not blocks:
        return None
    for index, parts in pieces.items():
        if "".join(parts).strip():
            blocks[index]["input"] = _parsed("".join(parts))
    return {**(message or {}), "content": [blocks[index] for index in sorted(blocks)]}


def _index(body: Mapping[str, Json]) -> int:
    index = body.get("index")
    return index if isinstance(index, int) else 0


def _add(block: dict[str, Json], pieces: list[str], delta: Mapping[str, Json]) -> None:
    match delta.get("type"):
        case "text_delta":
            block.setdefault("type", "text")
            block["text"] = str(block.get("text") or "") + str(delta.get("text") or "")
        case "thinking_delta":
            block.setdefault("type", "thinking")
            block["thinking"] = str(block.get("thinking") or "") + str(delta.get("thinking") or "")
        case "signature_delta":
            block["signature"] = delta.get("signature")
        case "input_json_delta":
            block.setdefault("type", "tool_use")
            pieces.append(str(delta.get("partial_json") or ""))
        case _:
            pass


def _finish(message: dict[str, Json], body: Mapping[str, Json]) -> None:
    delta, usage = body.get("delta"), body.get("usage")
    if isinstance(delta, dict):
        message.update({key: value for key, value in delta.items() if value is not None})
    if isinstance(usage, dict):
        # Cumulative, and on some services the only real count: message_start's is an estimate.
        counts = {key: value for key, value in usage.items() if value is not None}
        if not counts.get("input_tokens") and not counts.get("cache_read_input_tokens"):
            counts.pop("input_tokens", None)
        before = message.get("usage")
        message["usage"] = {**(before if isinstance(before, dict) else {}), **counts}


def _parsed(text: str) -> Json:
    try:
        return parse_json(text)
    except ValueError:
        return None
