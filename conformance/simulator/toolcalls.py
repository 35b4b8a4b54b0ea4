"""When the model calls a tool, and with what: input made from the tool's schema and valid against it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final

from .comprehension import content_words
from .prompt import Prompt, Tool
from .shapes import Object, is_list, is_number, is_object, list_at, object_at

# Words of every second tool's name or description, which say nothing of what it is for.
_EMPTY_WORDS: Final = content_words(
    "tool tools function use used call get set find look given current return returns value text input output"
    " simple test new sentence short make number"
)
_ENOUGH: Final = 2
_OUTRIGHT: Final = 10
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\-.]")
_QUOTED: Final = re.compile(r"[\"“`]([^\"”`\n]{1,60})[\"”`]|(?<!\w)'([^'\n]{2,60})'(?!\w)")
_NAME: Final = re.compile(r"(?<![.!?\n] )(?<!^)\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_FORMATS: Final = {
    "date": "2026-05-01",
    "date-time": "2026-05-01T12:00:00Z",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the caller wants of tools: auto, any, tool (the named one) or none."""

    kind: str = "auto"
    name: str | None = None
    parallel: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """One call the model makes."""

    name: str
    input: Object


def calls(prompt: Prompt, choice: Choice, rng: Random) -> tuple[Call, ...]:
    """Decide which tool to call, if any; two places named in one breath are two calls."""
    tool = _wanted(prompt, choice, rng)
    if tool is None:
        return ()
    names = list(_candidates(prompt.request))
    if choice.parallel and _together(names[:2], prompt.request):
        return tuple(Call(tool.name, _Filler(tool.schema, prompt.request, [name]).filled()) for name in names[:2])
    return (Call(tool.name, _Filler(tool.schema, prompt.request, names).filled()),)


def _together(names: Sequence[str], request: str) -> bool:
    joined = ",? and (?:in |for )?".join(re.escape(name) for name in names)
    return len(names) > 1 and re.search(joined, request) is not None


def _wanted(prompt: Prompt, choice: Choice, rng: Random) -> Tool | None:
    if not prompt.tools or choice.kind == "none":
        return None
    if choice.kind == "tool":
        return next((tool for tool in prompt.tools if tool.name == choice.name), None)
    scores = [_pull(tool, prompt.request) for tool in prompt.tools]
    best = max(scores)
    if choice.kind == "any":
        return prompt.tools[scores.index(best)] if best else rng.choice(prompt.tools)
    # A result in the last message has answered the request: calling again would never end.
    return prompt.tools[scores.index(best)] if best >= _ENOUGH and not prompt.results else None


def _pull(tool: Tool, request: str) -> int:
    """How strongly a request speaks of a tool: by its name outright, or by words they share."""
    spaced = _CAMEL.sub(" ", tool.name)
    if tool.name.lower() in request.lower() or spaced.lower() in request.lower():
        return _OUTRIGHT
    words = content_words(request) - _EMPTY_WORDS
    named = words & content_words(spaced)
    described = words & content_words(tool.description)
    return 2 * len(named) + len(described - named)


def _candidates(request: str) -> Iterator[str]:
    """What a request names: quoted words first, then capitalised ones that do not begin a sentence."""
    seen: set[str] = set()
    for found in (*_QUOTED.finditer(request), *_NAME.finditer(request)):
        name = next(group for group in (*found.groups(), found[0]) if group)
        if name != "I" and name not in seen:
            seen.add(name)
            yield name


class _Filler:
    """Fills a schema: names of the request into its strings, numbers into its numbers."""

    def __init__(self, schema: Object, request: str, names: Sequence[str]) -> None:
        self._root = schema
        self._request = request
        self._names = list(names) or sorted(content_words(request), key=len)[-1:]
        self._numbers = [float(found) for found in _NUMBER.findall(request)]

    def filled(self) -> Object:
        value = self._value({"type": "object", **self._root})
        return value if is_object(value) else {}

    def _value(self, schema: Any) -> Any:
        if not is_object(schema):
            return self._text({})
        schema = self._resolved(schema)
        options = [schema["const"]] if "const" in schema else list_at(schema, "enum")
        if options:
            return self._picked(options)
        makers: dict[str, Callable[[Object], Any]] = {
            "object": self._object,
            "array": self._array,
            "integer": partial(self._number, whole=True),
            "number": partial(self._number, whole=False),
            "boolean": lambda _: True,
            "null": lambda _: None,
        }
        return makers.get(_kind(schema), self._text)(schema)

    def _array(self, schema: Object) -> list[Any]:
        least = max(int(schema.get("minItems", 1)), 1)
        return [self._value(schema.get("items", {})) for _ in range(least)]

    def _resolved(self, schema: Object) -> Object:
        for _ in range(8):
            if is_object(schema) and isinstance(schema.get("$ref"), str):
                target: Any = self._root
                for step in schema["$ref"].lstrip("#/").split("/"):
                    target = target[step]
                schema = target
            for several in ("anyOf", "oneOf"):
                if schema.get(several):
                    schema = {
                        **{key: value for key, value in schema.items() if key != several},
                        **schema[several][0],
                    }
            for each in schema.get("allOf", ()):
                schema = {**schema, **each, "allOf": []}
        return schema

    def _object(self, schema: Object) -> Object:
        properties: Object = object_at(schema, "properties")
        wanted = schema.get("required", list(properties))
        return {name: self._value(properties.get(name, {})) for name in wanted}

    def _picked(self, options: list[Any]) -> Any:
        request = self._request.lower()
        return next((option for option in options if str(option).lower() in request), options[0])

    def _number(self, schema: Object, *, whole: bool) -> float | int:
        value = self._numbers.pop(0) if self._numbers else 1.0
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        most = schema.get("maximum", schema.get("exclusiveMaximum"))
        if is_number(least) and value <= least:
            value = least + ("exclusiveMinimum" in schema)
        if is_number(most) and value >= most:
            value = most - ("exclusiveMaximum" in schema)
        step = schema.get("multipleOf")
        if is_number(step) and step:
            value = step * max(1, round(value / step))
        return round(value) if whole else value

    def _text(self, schema: Object) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        name = self._names.pop(0) if len(self._names) > 1 else (self._names or ["sample"])[0]
        return name.ljust(int(schema.get("minLength", 0)), "x")[: int(schema.get("maxLength", 200))]


def _kind(schema: Object) -> str:
    kind = schema.get("type")
    if is_list(kind):
        kind = next((each for each in kind if each != "null"), "null")
    return str(kind or ("object" if "properties" in schema else "string"))
