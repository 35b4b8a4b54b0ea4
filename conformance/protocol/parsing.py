"""The door for a service's words: JSON as every client can read it, and counts that can be counted with.

What a service sends is whatever it sends. ``json.loads`` takes more than JSON (``NaN``), gives what cannot be
written again (half of a surrogate pair, an infinite number), and fails in more ways than one (too deep, too many
digits). All of that ends here, as a ``ValueError``, or as a value that nothing behind this door can stumble over.
What the SDK reads and JavaScript does not (``NaN``) is read as null, and found by :func:`no_number`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from math import isfinite

from conformance.values import Json

__all__ = ["no_number", "parse_json", "token_count"]

_DEEPEST = 100
"""Levels of nesting that are read: no message has ten, and whatever walks a value may recurse this far."""

_MOST_TOKENS = 10_000_000
"""A count above this is no count: ten times the largest context window there is."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(text: str | bytes) -> Json:
    """The value of a JSON text.

    Half of a surrogate pair, which no file can hold, is read as U+FFFD; ``NaN``, and a number without end, as null.

    Raises:
        ValueError: it is no JSON, or none that can be used: nested too deeply, a count of too many digits.
    """
    words = text.decode(json.detect_encoding(text), "surrogatepass") if isinstance(text, bytes) else text
    try:
        value = json.loads(words, parse_constant=_null, parse_float=_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    # Nearly every text has too few brackets to be deep, and no surrogate in it: that takes no walk to see.
    if words.count("[") + words.count("{") > _DEEPEST and _depth(value) > _DEEPEST:
        raise ValueError("nested too deeply")
    return _whole(value) if "\\u" in words or _SURROGATE.search(words) else value


def no_number(text: str | bytes) -> str:
    """What stands in a text that :func:`parse_json` reads where a number should be; empty where all is JSON.

    Python's reader, and so the SDK, takes ``NaN`` and ``Infinity``; RFC 8259 (section 6) and JavaScript do not.
    """
    words = text.decode(json.detect_encoding(text), "surrogatepass") if isinstance(text, bytes) else text
    if "NaN" not in words and "Infinity" not in words:
        return ""
    found: list[str] = []
    json.loads(words, parse_constant=found.append)
    return found[0] if found else ""


def token_count(value: Json) -> int | None:
    """A number of tokens as a service gives it; None for what is no number, is negative, or cannot be."""
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


def _depth(value: Json) -> int:
    """How many lists and objects enclose the innermost value."""
    depth, level = 0, [value]
    while level := [item for one in level for item in _items(one)]:
        depth += 1
    return depth


def _items(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _whole(value: Json) -> Json:
    """A value without halves of surrogate pairs."""
    match value:
        case str():
            return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {_whole(name): _whole(item) for name, item in value.items()}
        case _:
            return value


def _number(digits: str) -> float | None:
    number = float(digits)
    return number if isfinite(number) else None


def _null(_: str) -> None:
    """The value of a constant that is none of JSON's."""
