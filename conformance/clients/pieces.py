"""A client's request taken apart: the pieces that can be left out, so that the one to blame can be found.

A request is a plain question with pieces laid over it. ``pieces`` names them all; ``composed`` is the request without
some of them. What cannot stand without a piece (a choice among tools that are not there, a beta's field without
its beta) goes with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from conformance.clients.request import ClientRequest
from conformance.values import Json

__all__ = ["ROOM", "Piece", "composed", "pieces"]

ROOM: Final = 1024
"""max_tokens of a request whose own is left out."""

_BETAS: Final[Mapping[str, str]] = {
    "context-management-2025-06-27": "context_management",
    "effort-2025-11-24": "output_config",
    "structured-outputs-2025-11-13": "output_format",
    "advanced-tool-use-2025-11-20": "tools[].defer_loading",
}
"""What each beta allows: without it, that is refused by Anthropic as well."""

_PLAIN_FIELDS: Final = ("model", "messages", "max_tokens", "system", "tools")
_OF_A_TOOL: Final = ("name", "description", "input_schema", "cache_control")
_OF_A_SCHEMA: Final = ("type", "properties", "required", "description", "items", "title")
_LONG: Final = 1024
"""Characters of a tool's description that some services take at most."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a request, by the place it has there."""

    label: str
    parts: tuple[str, ...] = ()
    """Smaller pieces of it, which can be left out by themselves."""


def pieces(request: ClientRequest) -> tuple[Piece, ...]:
    """All pieces of a request: first of the body, then of its headers."""
    return tuple(dict.fromkeys(_pieces(request)))


def _pieces(request: ClientRequest) -> Iterator[Piece]:
    body = request.body
    yield from _of_forms(body["messages"])
    yield from _of_turns(body["messages"])
    for name, value in body.items():
        if name not in _PLAIN_FIELDS:
            yield Piece(_field(name, value), _parts(name, value))
    if "system" in body:
        yield Piece("system", _of_system(body["system"]))
    if "tools" in body:
        yield Piece("tools", tuple(dict.fromkeys(_of_tools(body["tools"]))))
    if body["max_tokens"] > ROOM:
        yield Piece(f"max_tokens: {body['max_tokens']}")
    if request.query:
        yield Piece(f"?{request.query}")
    yield from (Piece(_beta(beta)) for beta in request.betas)
    yield from (Piece(_field(name, value)) for name, value in request.headers.items() if name != "anthropic-beta")


def _of_turns(messages: list[dict[str, Json]]) -> Iterator[Piece]:
    """Turns of the system, and thoughts."""
    for at, message in enumerate(messages):
        if message["role"] == "system":
            yield Piece(_turn(at))
        for index, block in enumerate(_blocks(message["content"])):
            if block["type"] in ("thinking", "redacted_thinking"):
                yield Piece(_thought(at, index, block))


def _parts(name: str, value: Json) -> tuple[str, ...]:
    """The keys of a field that can be left out by themselves; none where it has no other."""
    if not isinstance(value, dict):
        return ()
    parts = tuple(f"{name}.{key}" for key in value if key not in ("type", "name"))
    return parts if len(value) > 1 else ()


def _of_forms(messages: list[dict[str, Json]]) -> Iterator[Piece]:
    """The ways in which a text can be written: with marks for the cache, and as blocks."""
    if any("cache_control" in block for message in messages for block in _blocks(message["content"])):
        yield Piece(_MARKS)
    if any(isinstance(message["content"], list) and _is_text(message["content"]) for message in messages):
        yield Piece(_TEXTS)


def _of_system(system: Json) -> tuple[str, ...]:
    marks = (_SYSTEM_MARKS,) if any("cache_control" in block for block in _blocks(system)) else ()
    return (*marks, _SYSTEM_BLOCKS) if isinstance(system, list) else ()


def _of_tools(tools: list[dict[str, Json]]) -> Iterator[str]:
    for tool in tools:
        yield from (f"tools[].{key}" for key in tool if key not in _OF_A_TOOL)
        if "cache_control" in tool:
            yield "tools[].cache_control"
        if len(str(tool.get("description", ""))) > _LONG:
            yield _DESCRIPTIONS
        yield from (f"tools[].input_schema: {word}" for word in _words_of(tool.get("input_schema", {})))
    if len(tools) > 1:
        yield f"tools: {len(tools)} of them"


def _words_of(schema: Json) -> Iterator[str]:
    """What a schema says beyond types and names."""
    if isinstance(schema, list):
        for inner in schema:
            yield from _words_of(inner)
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key not in _OF_A_SCHEMA:
            yield key
        if key in ("properties", "$defs") and isinstance(value, dict):
            for inner in value.values():
                yield from _words_of(inner)
        elif key not in ("enum", "const", "default", "required"):
            yield from _words_of(value)


def composed(request: ClientRequest, without: Collection[str] = ()) -> ClientRequest:
    """The request without some of its pieces, by their labels; each brings down what cannot stand without it."""
    out = set(without) | {field for beta, field in _BETAS.items() if _beta(beta) in without}
    body = {name: value for name, value in request.body.items() if _stays(name, value, out)}
    for name, value in body.items():
        if isinstance(value, dict):
            body[name] = {key: inner for key, inner in value.items() if f"{name}.{key}" not in out}
    if f"max_tokens: {body['max_tokens']}" in out:
        body["max_tokens"] = ROOM
    body["messages"] = _messages(body["messages"], out)
    if "system" in body:
        body["system"] = _system(body["system"], out)
    if "tools" in out:
        body.pop("tools", None)
        body.pop("tool_choice", None)
    elif "tools" in body:
        body["tools"] = _tools(body["tools"], out)
    headers = {
        name: value
        for name, value in request.headers.items()
        if name != "anthropic-beta" and _field(name, value) not in out
    }
    if betas := [beta for beta in request.betas if _beta(beta) not in out]:
        headers["anthropic-beta"] = ",".join(betas)
    return ClientRequest(body, headers, "" if f"?{request.query}" in out else request.query)


def _stays(name: str, value: Json, out: Collection[str]) -> bool:
    if name in _PLAIN_FIELDS:
        return name != "system" or name not in out
    return _field(name, value) not in out and name not in out


def _messages(messages: list[dict[str, Json]], out: Collection[str]) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = []
    for at, message in enumerate(messages):
        if message["role"] == "system" and _turn(at) in out:
            continue
        content: Json = message["content"]
        if isinstance(content, list):
            kept = [block for index, block in enumerate(content) if _thought(at, index, block) not in out]
            if "tools" in out:
                kept = [block for block in kept if block["type"] not in ("tool_use", "tool_result")]
            content = [_unmarked(block) if _MARKS in out else block for block in kept]
            if not content:
                continue
            if _TEXTS in out and _is_text(content):
                content = "\n\n".join(str(block["text"]) for block in content)
        found.append({**message, "content": content})
    while found and found[-1]["role"] == "assistant":  # its results went with the tools
        found.pop()
    return found


def _system(system: Json, out: Collection[str]) -> Json:
    if not isinstance(system, list):
        return system
    blocks = [_unmarked(block) if _SYSTEM_MARKS in out else block for block in system]
    return "\n\n".join(str(block["text"]) for block in blocks) if _SYSTEM_BLOCKS in out else blocks


def _tools(tools: list[dict[str, Json]], out: Collection[str]) -> list[dict[str, Json]]:
    if f"tools: {len(tools)} of them" in out:
        tools = [tool for tool in tools if not tool.get("defer_loading")][:1]
    words = {label.partition(": ")[2] for label in out if label.startswith("tools[].input_schema: ")}
    return [
        {
            key: _without_words(value, words)
            if key == "input_schema"
            else str(value)[:_LONG]
            if key == "description" and _DESCRIPTIONS in out
            else value
            for key, value in tool.items()
            if f"tools[].{key}" not in out
        }
        for tool in tools
    ]


def _without_words(schema: Json, words: Collection[str]) -> Json:
    if isinstance(schema, list):
        return [_without_words(inner, words) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_words(inner, words) for name, inner in value.items()}
        if key in ("properties", "$defs") and isinstance(value, dict)
        else value
        if key in ("enum", "const", "default", "required")
        else _without_words(value, words)
        for key, value in schema.items()
        if key not in words
    }


_MARKS: Final = "messages: cache_control"
_TEXTS: Final = "messages: texts as blocks"
_SYSTEM_MARKS: Final = "system: cache_control"
_SYSTEM_BLOCKS: Final = "system: a list of blocks"
_DESCRIPTIONS: Final = f"tools[].description: more than {_LONG} characters"


def _turn(at: int) -> str:
    return f"messages[{at}].role: system"


def _thought(at: int, index: int, block: Mapping[str, Json]) -> str:
    return f"messages[{at}].content[{index}].type: {block['type']}"


def _beta(name: str) -> str:
    return f"anthropic-beta: {name}"


def _field(name: str, value: Json) -> str:
    """A field or header by its name; with its value where that is short."""
    return f"{name}: {str(value).lower() if isinstance(value, bool) else value}" if _is_short(value) else name


def _is_short(value: Json) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= len(_MARKS))


def _blocks(content: Json) -> list[dict[str, Json]]:
    return content if isinstance(content, list) else []


def _is_text(content: list[dict[str, Json]]) -> bool:
    return bool(content) and all(block["type"] == "text" for block in content)


def _unmarked(block: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in block.items() if key != "cache_control"}
