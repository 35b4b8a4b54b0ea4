"""When the model calls a tool, and with what: names of the request into the strings of the tool's schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from conformance.simulator.json_values import Object, is_list, is_object, list_at, object_at
from conformance.simulator.model.comprehension import content_words, recall
from conformance.simulator.model.prompt import Prompt, Tool

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
_VALUES: Final = re.compile(r"\b(\w+) are: (\w+(?:, \w+)+)")
_REQUIRES: Final = re.compile(r"\brequires (\w+(?: and \w+)*)")
_WITH_IT: Final = re.compile(r"\?.*\bwith it\b", re.DOTALL)
_NUMBER: Final = re.compile(r"-?\d{1,12}")


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
    if _WITH_IT.search(prompt.request):  # the answer to a question, from all that it has read
        names = list(dict.fromkeys((*(fact.value for fact in recall(prompt.context, prompt.request)), *names)))
    listed = _listed(tool.description)
    if required := _REQUIRES.search(tool.description):
        tool = replace(tool, schema={**tool.schema, "required": required[1].split(" and ")})
    tool = replace(tool, schema=_object_behind(_FITS, tool.description) or tool.schema)
    if choice.parallel and _together(names[:2], prompt.request):
        return tuple(Call(tool.name, fill(tool.schema, prompt.request, [name])) for name in names[:2])
    return (Call(tool.name, fill(tool.schema, prompt.request, names, listed)),)


def _listed(description: str) -> dict[str, list[str]]:
    """The values a description says there are, by what it calls them: "The modes are: dim, bright"."""
    return {kind.lower(): values.split(", ") for kind, values in _VALUES.findall(description)}


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
    # A result in the last message has answered the request, but for one that names a tool outright beside it: calling
    # again would never end.
    enough = best >= _OUTRIGHT and prompt.goes_on if prompt.results else best >= _ENOUGH
    return prompt.tools[scores.index(best)] if enough else None


def _pull(tool: Tool, request: str) -> int:
    """How strongly a request speaks of a tool: by its name outright, or by words they share."""
    spaced = _CAMEL.sub(" ", tool.name)
    if tool.name.lower() in request.lower() or spaced.lower() in request.lower():
        return _OUTRIGHT
    words = content_words(request) - _EMPTY_WORDS
    named = words & content_words(spaced)
    described = words & content_words(tool.description)
    return 2 * len(named) + len(described - named)


def named(request: str) -> list[str]:
    """What a request names, each once."""
    return list(_candidates(request))


def _candidates(request: str) -> Iterator[str]:
    """What a request names: quoted words first, then capitalised ones that do not begin a sentence."""
    seen: set[str] = set()
    for found in (*_QUOTED.finditer(request), *_NAME.finditer(request)):
        name = next(group for group in (*found.groups(), found[0]) if group)
        if name != "I" and name not in seen:
            seen.add(name)
            yield name


def fill(schema: Object, request: str, names: Sequence[str], listed: Mapping[str, list[str]] | None = None) -> Object:
    """Write the input of a call: what the request names into its strings, what it counts into its numbers.

    Types, properties, items, enumerations, constants, alternatives, lower bounds and references to $defs are kept to.
    A schema may ask for more than that (a pattern), and then the input may not fit it: a small model's may not either.
    """
    given = _object_behind(_EXACTLY, request)
    if given is not None and given.keys() <= object_at(schema, "properties").keys():
        return given
    filler = _Filler(
        request.lower(),
        list(names) or sorted(content_words(request), key=lambda word: (len(word), word))[-1:] or ["sample"],
        [int(found) for found in _NUMBER.findall(request)],
        listed or {},
        object_at(schema, "$defs"),
    )
    return filler.object(schema)


_EXACTLY: Final = re.compile(r"\bexactly this input\b[^{]*(?P<object>\{.*)", re.IGNORECASE | re.DOTALL)
_FITS: Final = re.compile(r"\bhas to fit (?P<object>\{.*)", re.DOTALL)


def _object_behind(words: re.Pattern[str], text: str) -> Object | None:
    """The object that a text has written out as JSON behind some words, if it has."""
    found = words.search(text)
    if found is None:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(found["object"])
    except ValueError:
        return None
    return value if is_object(value) else None


@dataclass(frozen=True, slots=True)
class _Filler:
    """What a request has to fill in, each name and number once; the last name serves for all further ones."""

    request: str
    names: list[str]
    numbers: list[int]
    listed: Mapping[str, list[str]]
    """The values that the description gives, by what it calls them."""
    defs: Object

    def value(self, schema: Object, name: str = "") -> Any:
        if is_object(referred := self.defs.get(str(schema.get("$ref")).removeprefix("#/$defs/"))):
            schema = referred
        if "const" in schema:
            return schema["const"]
        if ways := [way for way in list_at(schema, "anyOf") if is_object(way)]:
            numeric = "a number" in self.request
            wanted = (way for way in ways if (way.get("type") in ("integer", "number")) is numeric)
            return self.value(next(wanted, ways[0]), name)
        if options := list_at(schema, "enum"):
            return next((option for option in options if str(option).lower() in self.request), options[0])
        kind = schema.get("type", "object" if "properties" in schema else "string")
        makers: dict[str, Callable[[], Any]] = {
            "object": lambda: self.object(schema),
            "array": lambda: [self.value(object_at(schema, "items"), name)],
            "integer": lambda: self._bounded(schema, name),
            "number": lambda: self._bounded(schema, name),
            "boolean": lambda: True,
            "null": lambda: None,
        }
        return makers.get(kind[0] if is_list(kind) else kind, lambda: self._name(name))()

    def object(self, schema: Object) -> Object:
        properties = object_at(schema, "properties")
        wanted = list_at(schema, "required") or list(properties)
        return {name: self.value(inner if is_object(inner := properties.get(name)) else {}, name) for name in wanted}

    def _bounded(self, schema: Object, parameter: str) -> int:
        number, low = self._number(parameter), schema.get("minimum")
        return low if isinstance(low, int) and number < low else number

    def _number(self, parameter: str) -> int:
        if (value := self._listed(parameter)).isdecimal():
            return int(value)
        return self.numbers.pop(0) if self.numbers else 1

    def _listed(self, parameter: str) -> str:
        """The first of the values that the description names for a parameter; empty where it names none."""
        kinds = (parameter.lower(), f"{parameter.lower()}s")
        return next((self.listed[kind][0] for kind in kinds if self.listed.get(kind)), "")

    def _name(self, parameter: str) -> str:
        if value := self._listed(parameter):
            return value
        return self.names.pop(0) if len(self.names) > 1 else self.names[0]
