"""When the model calls a tool, and with what: input made from the tool's schema and valid against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from .comprehension import content_words
from .filling import fill
from .prompt import Prompt, Tool
from .shapes import Object

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
        return tuple(Call(tool.name, fill(tool.schema, prompt.request, [name])) for name in names[:2])
    return (Call(tool.name, fill(tool.schema, prompt.request, names)),)


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
