"""What every exchange shows of a reply's text, at no further request: it comes as the model wrote it."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from conformance.cases.inspections import bodies_of, inspect, streams_of
from conformance.cases.registry import inspection
from conformance.protocol.exchange import Exchange
from conformance.protocol.parsing import parse_json
from conformance.protocol.reply import Reply
from conformance.values import Behaviour, Json, Observation

_ENOUGH = 3
"""Lines it takes, in two texts at least: a model may once write an entity of its own accord."""

_LEAST = 20
"""Characters that no reply has in common with its request by chance."""


@inspection("response.shape")
def no_text_is_escaped(exchanges: Sequence[Exchange]) -> Observation:
    """A text is not escaped for HTML, nor for JSON a second time, nor read as Latin-1. MUST: every client shows it.

    What tells is a part of the request that comes back: were it the model's own words, nobody could know.

    Honoured: in no text. Ignored: what came back as it was asked for comes back escaped, in bodies or in streams,
    time and again, and never whole.
    """
    found = inspect((*bodies_of(exchanges), *streams_of(exchanges)), lambda _: (), "texts")
    for name, some in (("bodies", bodies_of(exchanges)), ("streams", streams_of(exchanges))):
        repeats = [_Repeat(_asked(exchange), lines) for exchange in some if (lines := _lines(exchange))]
        for escape in _ESCAPES:
            escaped = [seen for repeat in repeats if (seen := list(_escaped(repeat, escape)))]
            is_ever_whole = any(_is_whole(repeat, escape) for repeat in repeats)
            if len(escaped) > 1 and sum(map(len, escaped)) >= _ENOUGH and not is_ever_whole:
                words = f"{len(escaped)} texts in {name} are {escape.name}, the first: {escaped[0][0]}"
                return Observation(Behaviour.IGNORED, words, statistics=found.statistics)
    return found


@dataclass(frozen=True, slots=True)
class _Escape:
    """A way to write a text in other characters."""

    name: str
    undo: Callable[[str], str]
    tells: Callable[[str], bool]
    """Whether a line has what would have been written otherwise."""


@dataclass(frozen=True, slots=True)
class _Repeat:
    """What was asked, and the lines of the reply that are long enough to be known again in it."""

    asked: str
    lines: list[str]


def _lines(exchange: Exchange) -> list[str]:
    return [line for line in Reply(exchange).text.splitlines() if len(line) >= _LEAST]


def _escaped(repeat: _Repeat, escape: _Escape) -> Iterator[str]:
    """The lines of a reply that the request has in other characters."""
    for line in repeat.lines:
        plain = escape.undo(line)
        if plain != line and len(plain) >= _LEAST and line not in repeat.asked and plain in repeat.asked:
            at = next((at for at, (a, b) in enumerate(zip(line, plain, strict=False)) if a != b), 0)
            yield f"{line[max(0, at - 8) : at + 16]!r} for {plain[max(0, at - 8) : at + 12]!r}"


def _is_whole(repeat: _Repeat, escape: _Escape) -> bool:
    """Whether a line of a reply is as the request has it, though it has what would have been escaped."""
    return any(escape.tells(line) and line in repeat.asked for line in repeat.lines)


def _of_json(text: str) -> str:
    """A text that was written as a JSON string, without its quotes, as what it says."""
    if "\\" not in text:
        return text
    try:
        said = parse_json(f'"{text}"')
    except ValueError:
        return text
    return said if isinstance(said, str) else text


def _of_latin_1(text: str) -> str:
    """UTF-8 that was read as Windows' Latin-1, as the characters it was."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


_ESCAPES = (
    _Escape("escaped for HTML", html.unescape, lambda line: any(sign in line for sign in '<>&"')),
    _Escape("escaped as in JSON", _of_json, lambda line: '"' in line or "\\" in line),
    _Escape("UTF-8 that was read as Latin-1", _of_latin_1, lambda line: not line.isascii()),
)


def _asked(exchange: Exchange) -> str:
    """All the strings of a request."""
    request = exchange.request
    return "\n".join(_strings({**request, "model": ""})) if isinstance(request, dict) else ""


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
