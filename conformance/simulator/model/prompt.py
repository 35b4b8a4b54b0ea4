"""What the model is given: the parts of a request that reach it, in order, with what each costs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from conformance.simulator.json_values import Object, blocks_of, is_list, is_object, list_at, messages_of
from conformance.simulator.model.media import look, study
from conformance.simulator.model.tokens import count, count_json

# What a chat template adds around everything, around a message and around a block's frame.
_FRAME: Final = 5
_MESSAGE_FRAME: Final = 3
_BLOCK_FRAME: Final = 4
_TOOL_FRAME: Final = 12

_LONGEST_ORDER: Final = 2000  # characters

# Named by the features they belong to.
WORDS: Final = frozenset({"text", "tool_use", "tool_result", "thinking"})
MEDIA: Final = frozenset({"image", "document"})
REFERENCE: Final = "tool_reference"

# Tools that the service runs by itself begin so: the model's calls of them never leave it.
_OF_THE_SERVER: Final = ("web_search", "web_fetch", "code_execution", "tool_search_tool", "advisor")
# What a program adds to its user's words stands in such tags: the model knows it, and nobody asked it.
_REMINDER: Final = re.compile(r"<system-reminder>.*?</system-reminder>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of the prompt; a breakpoint is where the caller asked for the prefix to be cached."""

    role: str
    kind: str
    text: str
    tokens: int
    breakpoint: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model may call."""

    name: str
    description: str
    schema: Object


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that the model knows when it answers."""

    parts: tuple[Part, ...]
    tools: tuple[Tool, ...]
    request: str
    results: tuple[str, ...]
    turns: int
    begun: str = ""  # the reply, as far as the caller has written it
    goes_on: bool = False  # beside the results of the last turn there is a request of its own

    @property
    def size(self) -> int:
        """The number of tokens of the whole prompt."""
        return _FRAME + sum(part.tokens for part in self.parts)

    @property
    def context(self) -> tuple[str, ...]:
        """Everything that was said, in the order it was said; definitions of tools say nothing."""
        return tuple(part.text for part in self.parts if part.kind != "tools")

    @property
    def instructions(self) -> tuple[str, ...]:
        """The texts whose orders bind the answer: the system prompt and the last request.

        A text as long as a program's manual tells this model nothing: it would take every example there for an order.
        """
        manual = (part.text for part in self.parts if part.role == "system" and len(part.text) <= _LONGEST_ORDER)
        return (*manual, self.request)


def read(body: Object, kinds: frozenset[str]) -> Prompt:
    """Read a request's body, and of its messages only the kinds of block the service takes in."""
    messages = messages_of(body)
    body = {**body, "tools": _loaded(body, kinds)}
    tools = tuple(_tools(body))
    parts = [*_tool_parts(body), *_system(body)]
    for message in messages:
        parts.append(Part(message["role"], "frame", "", _MESSAGE_FRAME))
        parts.extend(_parts(message, kinds))
    if body.get("cache_control") and parts:  # the shorthand for a breakpoint at the very end
        parts[-1] = replace(parts[-1], breakpoint=True)
    last = next((message["content"] for message in reversed(messages) if message["role"] != "system"), "")
    request = _last_request(messages, kinds)
    results = _asked_for(
        [
            (str(block.get("tool_use_id")), part.text)
            for block in blocks_of(last)
            for part in _block("user", block, kinds)
            if block["type"] == "tool_result"
        ],
        messages,
        request,
    )
    goes_on = bool(results) and any(block["type"] == "text" for block in blocks_of(last))
    return Prompt(tuple(parts), tools, request, results, len(messages), _begun(messages), goes_on)


def _asked_for(results: list[tuple[str, str]], messages: list[Object], request: str) -> tuple[str, ...]:
    """Of several results the one whose call has an input that the request names; all, where it names none or more."""
    named = {
        str(block.get("id"))
        for message in messages
        for block in blocks_of(message["content"])
        if block["type"] == "tool_use" and any(name in request for name in _names(block.get("input")))
    }
    chosen = [text for call, text in results if call in named]
    return tuple(chosen) if len(chosen) == 1 else tuple(text for _, text in results)


def _names(value: Any) -> Iterator[str]:
    return (name for line in _lines(value) if (name := line.rpartition(": ")[2])[:1].isupper())


def _begun(messages: list[Object]) -> str:
    """The text of an assistant turn at the end: the beginning of the reply."""
    if not messages or messages[-1]["role"] != "assistant":
        return ""
    return "".join(str(block.get("text", "")) for block in blocks_of(messages[-1]["content"]))


def _loaded(body: Object, kinds: frozenset[str]) -> list[Any]:
    """The tools the model sees: what is left for later is not there before a result refers to it."""
    tools = list_at(body, "tools")
    if REFERENCE not in kinds:
        return tools
    found = {
        str(inner.get("tool_name"))
        for message in messages_of(body)
        for block in blocks_of(message["content"])
        for inner in blocks_of(block.get("content"))
        if inner.get("type") == REFERENCE
    }
    return [
        tool
        for tool in tools
        if not (is_object(tool) and tool.get("defer_loading") is True and tool.get("name") not in found)
    ]


def _tools(body: Object) -> Iterator[Tool]:
    for tool in list_at(body, "tools"):
        if is_object(tool) and "name" in tool and not str(tool.get("type", "")).startswith(_OF_THE_SERVER):
            schema = tool.get("input_schema")
            yield Tool(tool["name"], str(tool.get("description", "")), schema if is_object(schema) else {})


def _tool_parts(body: Object) -> Iterator[Part]:
    for tool in list_at(body, "tools"):
        if is_object(tool):
            seen = {key: value for key, value in tool.items() if key != "cache_control"}
            text = json.dumps(seen, sort_keys=True)
            yield Part("system", "tools", text, count_json(seen) + _TOOL_FRAME, _marked(tool))


def _system(body: Object) -> Iterator[Part]:
    for block in blocks_of(body.get("system")):
        text = str(block.get("text", ""))
        yield Part("system", "text", text, count(text) + _BLOCK_FRAME, _marked(block))


def _parts(message: Object, kinds: frozenset[str]) -> Iterator[Part]:
    for block in blocks_of(message["content"]):
        yield from _block(message["role"], block, kinds)


def _block(role: str, block: Object, kinds: frozenset[str]) -> Iterator[Part]:
    kind = block["type"]
    if kind not in kinds:
        return
    if kind == "tool_result":
        inner = [part for each in blocks_of(block.get("content")) for part in _block(role, each, kinds)]
        text = "\n".join(_spoken(part.text) for part in inner)
        if block.get("is_error") is True:
            text = f"Error: {text}"
        tokens = sum(part.tokens for part in inner) + _BLOCK_FRAME
    elif kind in MEDIA:
        seen = look(block) if kind == "image" else study(block)
        text, tokens = seen.text, seen.tokens + _BLOCK_FRAME
    elif kind == REFERENCE:
        text, tokens = "", count(str(block.get("tool_name"))) + _BLOCK_FRAME
    elif kind == "tool_use":
        text = "\n".join(_lines(block.get("input")))
        tokens = count(str(block.get("name"))) + count_json(block.get("input")) + _BLOCK_FRAME
    else:
        text = str(block.get("thinking" if kind == "thinking" else "text") or block.get("data") or "")
        tokens = count(text) + (_BLOCK_FRAME if kind != "text" else 0)
    yield Part(role, kind, text, tokens, _marked(block))


def _spoken(text: str) -> str:
    """Read JSON as the statements it makes; any other text is itself."""
    if text.lstrip().startswith(("{", "[")):
        try:
            return "\n".join(_lines(json.loads(text)))
        except ValueError:
            return text
    return text


def _lines(value: Any, key: str = "") -> Iterator[str]:
    if is_object(value):
        for name, inner in value.items():
            yield from _lines(inner, str(name).replace("_", " "))
    elif is_list(value):
        for inner in value:
            yield from _lines(inner, key)
    elif value is not None:
        yield f"{key}: {value}" if key else str(value)


def _last_request(messages: list[Object], kinds: frozenset[str]) -> str:
    """The last thing the user said in words, which may lie before a tool's result."""
    for message in reversed(messages):
        texts = [part.text for part in _parts(message, kinds) if part.kind == "text"]
        if message["role"] == "user" and texts:
            whole = "\n".join(texts)
            return _REMINDER.sub("", whole).strip() or whole
    return ""


def _marked(block: Object) -> bool:
    return bool(block.get("cache_control"))
