"""What stands in a captured request for a client's own words: texts of the same length, in words of our own.

A mapping with one key that begins with ``$`` is a placeholder: ``{$words: 6752}`` is a text of so many characters,
``{$user_id: 150}`` JSON of so many, ``{$reply: content}`` the content of the reply before, whole (``marked``: with a
mark for the cache on its last block), ``{$call: id}`` the id of the call in it (what holds one is there once for every
call), ``{$result: 34}`` what the call has found out, and ``{$null: true}`` is null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from conformance.values import Json

__all__ = [
    "CODEWORD",
    "FOUND",
    "FROM_AN_ANSWER",
    "PLACEHOLDERS",
    "Answered",
    "Place",
    "filled",
    "placeholders",
    "words",
]

Place: TypeAlias = tuple[str | int, ...]

_PROSE: Final = (
    "This part of the text says how the work is to be done here, and it is as long as the one that it stands for. "
    "It asks for care, for short answers and for plain words, and it forbids nothing that anybody would want to do. "
    "Whoever reads it may go on to what was asked. "
)


CODEWORD: Final = "Quillon"
FOUND: Final = f"The office cat is called {CODEWORD}."
"""What the tool of the scripted task says."""


def words(length: int) -> str:
    """A text of so many characters; the same every time."""
    return (_PROSE * (length // len(_PROSE) + 1))[:length]


def _user_id(length: int) -> str:
    """JSON that names a device and a session, of so many characters."""
    frame = len(json.dumps({"device_id": "", "session_id": ""}))
    return json.dumps({"device_id": "0" * max(0, length - frame - 36), "session_id": "0" * min(36, length - frame)})


@dataclass(frozen=True, slots=True)
class Answered:
    """What a service has answered before: what a client sends back of it."""

    content: Sequence[Mapping[str, Json]]

    @property
    def calls(self) -> list[Mapping[str, Json]]:
        """Its calls."""
        return [block for block in self.content if block.get("type") == "tool_use"]

    @property
    def call(self) -> str:
        """The id of its last call."""
        return next((str(block.get("id")) for block in reversed(self.calls)), "")

    def sent_back(self, how: Json) -> list[Json]:
        """Its content, whole; with a mark for the cache on its last block where the client puts one there."""
        *before, last = [dict(block) for block in self.content] or [{}]
        return [*before, {**last, "cache_control": {"type": "ephemeral"}} if how == "marked" else last]


PLACEHOLDERS: Final[Mapping[str, type | tuple[str | bool, ...]]] = {
    "$words": int,
    "$user_id": int,
    "$reply": ("content", "marked"),
    "$call": ("id",),
    "$result": int,
    "$null": (True,),
}
"""The placeholders there are, and what each takes: a number of characters, or one of these words."""

FROM_AN_ANSWER: Final = ("$reply", "$call")
"""Those that only a request can have that goes on from an answer."""


def filled(value: Json, answered: Answered | None) -> Json:
    """A value with something in the place of every placeholder.

    Args:
        answered: what was answered before; only a request that goes on from an answer needs it.
    """
    match value:
        case dict() if (name := _placeholder(value)) is not None:
            makers: dict[str, Callable[[Json], Json]] = {
                "$words": words,
                "$user_id": _user_id,
                "$reply": lambda how: answered.sent_back(how) if answered else [],
                "$call": lambda _: answered.call if answered else "",
                "$result": lambda length: f"{FOUND} {words(max(0, length - len(FOUND) - 1))}".rstrip(),
                "$null": lambda _: None,
            }
            return makers[name](value[name])
        case dict():
            return {name: filled(inner, answered) for name, inner in value.items()}
        case list():
            return [each for inner in value for each in _each(inner, answered)]
        case _:
            return value


def _each(value: Json, answered: Answered | None) -> list[Json]:
    """What stands for one element of a list: a result for every call, where there are several.

    The last of them alone has the mark for the cache: clients mark where the conversation ends.
    """
    calls = answered.calls if answered else []
    if len(calls) < 2 or not isinstance(value, dict) or {"$call": "id"} not in value.values():
        return [filled(value, answered)]
    plain = {name: inner for name, inner in value.items() if name != "cache_control"}
    return [filled(value if call is calls[-1] else plain, Answered([call])) for call in calls]


def placeholders(value: Json, place: Place = ()) -> Iterator[tuple[Place, str, Json]]:
    """Every mapping that looks like a placeholder: where it is, its name, and what it is given."""
    if isinstance(value, dict):
        if (name := _placeholder(value)) is not None:
            yield place, name, value[name]
            return
        for name, inner in value.items():
            yield from placeholders(inner, (*place, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from placeholders(inner, (*place, index))


def _placeholder(value: Mapping[str, Json]) -> str | None:
    """The name of a placeholder; a schema has keys that begin so as well, and is none."""
    name = next(iter(value), "")
    return (
        name
        if len(value) == 1
        and (name in PLACEHOLDERS or (name[:1] == "$" and name[1:2].islower()))
        and (name not in _OF_SCHEMAS)
        else None
    )


_OF_SCHEMAS: Final = ("$ref", "$schema", "$id", "$defs", "$comment", "$anchor")
