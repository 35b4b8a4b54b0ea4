"""The shape of bodies and events: what the SDK's own types require of them, written down here.

The types of whatever release is installed are not asked: a verdict, and its words, must be the same under any.
That these tables agree with the SDK is a test.

What clients are known to live with is completed first: keys that only say null when they are there, and a
thinking block's signature at its start, which the SDK fills in later. Extra keys are no finding: the SDK keeps
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType

from conformance.protocol.grammar import KNOWN, Finding
from conformance.protocol.sse import Event
from conformance.values import Json

__all__ = ["BLOCKS", "DELTAS", "error_of", "error_type_of", "events_of", "message_of"]

_Fields = Mapping[str, tuple[type, ...]]
"""The JSON types a key may have. A key that may be null may as well be missing."""

_TEXT: tuple[type, ...] = (str,)
_OBJECT: tuple[type, ...] = (dict,)
_CALLER: tuple[type, ...] = (dict, NoneType)
_RESULT: _Fields = {"tool_use_id": _TEXT, "content": (dict, list)}

BLOCKS: Mapping[str, _Fields] = {
    "text": {"text": _TEXT, "citations": (list, NoneType)},
    "thinking": {"thinking": _TEXT, "signature": _TEXT},
    "redacted_thinking": {"data": _TEXT},
    "tool_use": {"id": _TEXT, "name": _TEXT, "input": _OBJECT, "caller": _CALLER, "toolset_name": (str, NoneType)},
    "server_tool_use": {"id": _TEXT, "name": _TEXT, "input": _OBJECT, "caller": _CALLER},
    "web_search_tool_result": {**_RESULT, "caller": _CALLER},
    "web_fetch_tool_result": {**_RESULT, "caller": _CALLER},
    "code_execution_tool_result": _RESULT,
    "bash_code_execution_tool_result": _RESULT,
    "text_editor_code_execution_tool_result": _RESULT,
    "tool_search_tool_result": _RESULT,
    "container_upload": {"file_id": _TEXT},
}
"""The blocks of a reply, by type, and what each must hold."""

DELTAS: Mapping[str, _Fields] = {
    "text_delta": {"text": _TEXT},
    "input_json_delta": {"partial_json": _TEXT},
    "citations_delta": {"citation": _OBJECT},
    "thinking_delta": {"thinking": _TEXT},
    "signature_delta": {"signature": _TEXT},
}
"""The pieces of a streamed block, by type, and what each must hold."""

_MESSAGE: _Fields = {"id": _TEXT, "content": (list,), "model": _TEXT}
_INDEX: _Fields = {"index": (int,)}
_EVENTS: Mapping[str, _Fields] = {
    "message_start": {},
    "content_block_start": _INDEX,
    "content_block_delta": _INDEX,
    "content_block_stop": _INDEX,
    "message_delta": {"delta": _OBJECT},
    "message_stop": {},
}
_NAMES: Mapping[type, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "a boolean",
    dict: "an object",
    list: "a list",
    NoneType: "null",
}

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


def message_of(body: Json) -> Iterator[Finding]:
    """What keeps a body from being a Message."""
    yield from map(Finding, _message(body, ""))


def events_of(events: Sequence[Event]) -> Iterator[Finding]:
    """What keeps the events of a stream from being the events the SDK knows."""
    for at, event in enumerate(events):
        if event.type == "ping" and event.data.strip() and event.json is None:
            yield Finding(f"ping: the data is {event.data[:20]!r}, no JSON: clients that parse every event fail", at)
        if event.type not in KNOWN or event.type in ("ping", "error"):
            continue
        if not isinstance(event.json, dict):
            yield Finding(f"{event.type}: the data is not a JSON object", at)
            continue
        for words in _event(event.type, event.json):
            yield Finding(f"{event.type}: {words}", at)


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


def _event(kind: str, body: Mapping[str, Json]) -> Iterator[str]:
    match kind:
        case "message_start":
            message = body.get("message")
            if isinstance(message, dict) and message.get("content"):
                yield "it has content already: the SDK would have it twice"
            yield from _message(message, "message")
        case "content_block_start":
            yield from _one_of(BLOCKS, body.get("content_block"), "content_block", "block")
        case "content_block_delta":
            yield from _one_of(DELTAS, body.get("delta"), "delta", "delta")
        case _:
            pass
    yield from _fields(_EVENTS[kind], body, "")
    # The SDK's stream() takes an event for what its data says, and event: alone for nothing.
    if body.get("type") != kind:
        yield f"type is {_shown(body, 'type')}, not {kind!r}"


def _message(body: Json, place: str) -> Iterator[str]:
    """Without what is judged in rows of its own (usage, stop_reason) or is the provider's own."""
    if not isinstance(body, dict):
        yield f"{place or 'the body'} is {_kind(body)}, not an object"
        return
    yield from _fields(_MESSAGE, body, place)
    for name, wanted in (("role", "assistant"), ("type", "message")):
        if body.get(name) != wanted:
            yield f"{_at(place, name)} is {_shown(body, name)}, not {wanted!r}"
    content = body.get("content")
    for index, block in enumerate(content if isinstance(content, list) else ()):
        yield from _one_of(BLOCKS, block, _at(place, f"content.{index}"), "block")


def _one_of(kinds: Mapping[str, _Fields], body: Json, place: str, what: str) -> Iterator[str]:
    """What keeps a body from being what its ``type`` says it is."""
    if not isinstance(body, dict):
        yield f"{place} is {'missing' if body is None else f'{_kind(body)}, not an object'}"
        return
    kind = body.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        yield f"{place}.type is {_shown(body, 'type')}, which is no {what} the SDK knows"
        return
    if kind == "thinking":
        body = {"signature": "", **body}
    yield from _fields(kinds[kind], body, place)


def _fields(fields: _Fields, body: Mapping[str, Json], place: str) -> Iterator[str]:
    for name, types in fields.items():
        value = body.get(name)
        # A boolean is a number to Python, and not to JSON.
        if type(value) in types:
            continue
        if name not in body:
            yield f"{_at(place, name)} is missing"
        else:
            wanted = " or ".join(_NAMES[kind] for kind in types)
            yield f"{_at(place, name)} is {_kind(value)}, not {wanted}"


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _kind(value: Json) -> str:
    return _NAMES[type(value)]


def _shown(body: Mapping[str, Json], name: str) -> str:
    """A value as it stands in a sentence; what is long, or no text, by its kind."""
    if name not in body:
        return "missing"
    value = body[name]
    return repr(value) if isinstance(value, str) and len(value) <= _SHOWN else _kind(value)


_SHOWN = 40
"""Characters of a service's word that are quoted."""
