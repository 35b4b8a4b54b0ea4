"""What the model obeys: how long to write, and what to begin, end or reply with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from conformance.simulator.model.comprehension import recall

_NUMBERS: Final = {
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "hundred": 100,
}
_AMOUNT: Final = re.compile(
    r"\b(?P<number>\d[\d,]*|" + "|".join(_NUMBERS) + r")[\s-]+(?:\w+\s+){0,2}?"
    r"(?P<unit>words?|sentences?|paragraphs?|lines?|pages?|tokens?)\b",
    re.IGNORECASE,
)
_WORDS_A_UNIT: Final = {"word": 1, "token": 1, "sentence": 13, "line": 13, "paragraph": 75, "page": 400}
_LONG: Final = re.compile(
    r"\b(?:long|longer|detailed|in detail|at length|essay|thorough|thoroughly|extensive|in depth|as much as"
    r"|comprehensive|chapter|keep (?:going|writing)|without stopping)\b",
    re.IGNORECASE,
)
_A_LONG_TEXT: Final = 900
_PLACE: Final = re.compile(
    r"\b(?P<verb>begin|start|open|end|finish|close|conclude|include|mention|contain|say|write|print|output|use"
    r"|reply|answer|respond)\b(?P<rest>[^.!?\n]*[.!?]?)",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[\"“`]([^\"”`\n]{1,80})[\"”`]|'([^'\n]{2,80})'(?!\w)")
# What people use for codewords: capitals, digits or a joint in the word.
_CODED: Final = re.compile(r"\b(?=[\w-]*[A-Z\d])(?:[A-Z][A-Z\d_-]{2,}|[A-Za-z]+[-_]?\d[\w-]*|\d+[-_][\w-]+)\b")
_NAMED: Final = re.compile(r"\b(?:word|phrase|name):?\s+([A-Z][\w-]+)")
_VERBATIM: Final = re.compile(
    r"\brepeat\b[^<]*\bexactly\b[^<]*<(?P<tag>\w+)>(?P<text>.*)</(?P=tag)>", re.IGNORECASE | re.DOTALL
)
_ALONE: Final = re.compile(r"\b(?:only|alone|exactly|just|nothing (?:else|but|more)|and stop)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Order:
    """Something the reply must hold, and where."""

    text: str
    place: str
    alone: bool


def verbatim(request: str) -> str | None:
    """Give the text between tags that a request wants repeated exactly, if it wants that."""
    found = _VERBATIM.search(request)
    return None if found is None else found["text"]


def words_wanted(request: str) -> int | None:
    """Say how many words a request asks for; None where it asks for nothing particular."""
    amounts = [
        _number(found["number"]) * _WORDS_A_UNIT[found["unit"].lower().rstrip("s")]
        for found in _AMOUNT.finditer(request)
    ]
    if amounts and (most := max(amounts)) > 1:
        return most
    return _A_LONG_TEXT if _LONG.search(request) else None


def _number(text: str) -> int:
    text = text.lower().replace(",", "")
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def orders(instructions: Sequence[str], context: Sequence[str]) -> tuple[Order, ...]:
    """Collect what must be in the reply: a quoted or coded word, or the name of one the context gives."""
    found: dict[str, Order] = {}
    named_by: dict[str, str | None] = {}  # long contexts repeat themselves, and every look-up reads all of them
    for text in instructions:
        for match in _PLACE.finditer(text):
            rest = match["rest"]
            if rest not in named_by:
                named_by[rest] = None if "?" in rest else _named(rest, context)
            if named := named_by[rest]:
                place = {"begin": "first", "start": "first", "open": "first"}.get(match["verb"].lower(), "last")
                found.setdefault(named, Order(named, place, bool(_ALONE.search(rest))))
    return tuple(found.values())


def _named(rest: str, context: Sequence[str]) -> str | None:
    quoted = _QUOTED.search(rest)
    if quoted:
        return quoted[1] or quoted[2]
    coded = _CODED.search(rest) or _NAMED.search(rest)
    if coded:
        return coded[coded.lastindex or 0]
    facts = recall(context, f"say {rest}")
    return facts[0].value if facts else None
