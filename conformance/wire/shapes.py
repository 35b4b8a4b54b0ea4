"""The shape of bodies and events, against the SDK's own types, strictly.

What clients are known to live with is completed before the types are asked: keys that only say null
when they are there, and a thinking block's signature at its start, which the SDK fills in later.
Extra keys are no finding: the SDK keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter, ValidationError

from conformance.values import Json
from conformance.wire.grammar import KNOWN, Finding
from conformance.wire.sse import Event

__all__ = ["error_of", "error_type_of", "events_of", "message_of"]

_ERROR_TYPES: Mapping[int, frozenset[str]] = {
    400: frozenset({"invalid_request_error"}),
    401: frozenset({"authentication_error"}),
    402: frozenset({"billing_error"}),
    403: frozenset({"permission_error"}),
    404: frozenset({"not_found_error"}),
    413: frozenset({"request_too_large"}),
    429: frozenset({"rate_limit_error"}),
    500: frozenset({"api_error"}),
    504: frozenset({"timeout_error"}),
    529: frozenset({"overloaded_error"}),
}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def message_of(body: Json) -> Iterator[Finding]:
    """What keeps a body from being a Message."""
    yield from _against(Message, _completed(body), "")


def events_of(events: Sequence[Event]) -> Iterator[Finding]:
    """What keeps the events of a stream from being the events the SDK knows."""
    for at, event in enumerate(events):
        if event.type not in KNOWN or event.type in ("ping", "error"):
            continue
        if not isinstance(event.json, dict):
            yield Finding(f"{event.type}: the data is not a JSON object", at)
            continue
        body = dict(event.json)
        body.setdefault("type", event.type)
        if event.type == "message_start":
            message = body.get("message")
            body["message"] = _completed(message)
            if isinstance(message, dict) and message.get("content"):
                yield Finding("message_start has content already: the SDK would have it twice", at)
        if event.type == "content_block_start":
            body["content_block"] = _completed_block(body.get("content_block"))
        if event.type == "message_delta":
            delta = body.get("delta")
            body = {"type": event.type, "delta": {} if isinstance(delta, dict) else delta, "usage": _NO_USAGE}
        for finding in _against(RawMessageStreamEvent, body, event.type):
            yield Finding(finding.what, at)


def error_of(status: int, body: Json) -> Iterator[Finding]:
    """What keeps a body from being ``{"type": "error", "error": {"type", "message"}}``."""
    if not isinstance(body, dict):
        yield Finding(f"{status}: the body is not a JSON object")
        return
    if body.get("type") != "error":
        yield Finding(f"{status}: the body's type is {body.get('type')!r}, not 'error'")
    error = body.get("error")
    if not isinstance(error, dict):
        yield Finding(f"{status}: the body has no error object")
        return
    yield from (
        Finding(f"{status}: error.{name} is {error.get(name)!r}, not a string")
        for name in ("type", "message")
        if not isinstance(error.get(name), str)
    )


def error_type_of(status: int, body: Json) -> Iterator[Finding]:
    """What keeps an error's type from being the one that belongs to its status."""
    error = body.get("error") if isinstance(body, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    wanted = _ERROR_TYPES.get(status)
    if wanted is not None and isinstance(kind, str) and kind not in wanted:
        yield Finding(f"{status} has the type {kind}, not {' or '.join(wanted)}")


def _against(kind: Any, body: Json, where: str) -> Iterator[Finding]:
    try:
        _adapter(kind).validate_python(body, strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        # Of a union pydantic tells what keeps the body from being each of its members: the one it says it is counts.
        others = [problem["loc"][:-1] for problem in problems if problem["loc"][-1:] == ("type",)]
        meant = [problem for problem in problems if not any(problem["loc"][: len(at)] == at for at in others)]
        for problem in meant or problems:
            # The discriminator's own name is part of the place; people look for the key.
            place = ".".join(str(part) for part in problem["loc"] if not _is_tag(part))
            yield Finding(f"{where + ': ' if where else ''}{place or 'body'}: {problem['msg']}")


def _is_tag(part: int | str) -> bool:
    return isinstance(part, str) and (part[:1].isupper() or "[" in part)


def _completed(message: Json) -> Json:
    """A message without what is judged in rows of its own (usage, stop_reason) or is the provider's own."""
    if not isinstance(message, dict):
        return message
    content = message.get("content")
    blocks = [_completed_block(block) for block in content] if isinstance(content, list) else content
    return {
        **{key: value for key, value in message.items() if key in _KEYS},
        "content": blocks,
        "usage": _NO_USAGE,
    }


_KEYS = frozenset({"id", "type", "role", "model"})
_NO_USAGE: Mapping[str, int] = {"input_tokens": 0, "output_tokens": 0}


def _completed_block(block: Json) -> Json:
    if isinstance(block, dict) and block.get("type") == "thinking":
        return {"signature": "", **block}
    return block
