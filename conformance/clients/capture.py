"""From the requests that a client really sent to its file: structure kept, its own words replaced by their length."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from conformance.clients.placeholders import CODEWORD
from conformance.values import Json

__all__ = ["OURS", "Missing", "Sent", "captured", "skeleton", "version_of", "written"]

OURS: Final = ("office cat", "Lisbon")
"""Words of the scripted task: a text that has one of them is ours, and is kept."""

_LONGEST_OF_OURS: Final = 300
_TEXTS: Final = ("text", "description", "thinking", "signature", "data", "title", "content", "system")
"""Where a client's own words stand."""
_VERSION: Final = re.compile(r"(?<!\d)\d{1,6}\.\d{1,6}(?:\.\d{1,6})*")
_NOT_KEPT: Final = ("x-api-key", "x-stainless-")
_AN_ID: Final = re.compile(r"[0-9A-Za-z]{8,}|(?<=-)[0-9a-f]{4}(?=-)")


class Missing(Exception):
    """A client did not send what its file must have."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to the Messages endpoint, as it came; header names in small letters."""

    query: str
    headers: Mapping[str, str]
    body: Mapping[str, Json]

    @property
    def turns(self) -> list[Mapping[str, Json]]:
        """Its messages."""
        return list(self.body.get("messages", ()))

    @property
    def has_result(self) -> bool:
        """Whether it brings the result of the scripted call."""
        return bool(self.turns) and "tool_result" in json.dumps(self.turns) and CODEWORD in json.dumps(self.turns)

    @property
    def is_first(self) -> bool:
        """Whether a conversation begins with it in which a tool is to be called."""
        asks = "office cat" in json.dumps(self.turns, ensure_ascii=False)
        return asks and bool(self.body.get("tools")) and all(turn["role"] != "assistant" for turn in self.turns)

    @property
    def is_for_title(self) -> bool:
        """Whether it asks for a title: the client's own words about the user's, and no tools."""
        return "office cat" in json.dumps(self.turns, ensure_ascii=False) and not self.body.get("tools")

    @property
    def is_for_object(self) -> bool:
        """Whether it asks for the forecast."""
        return "Lisbon" in json.dumps(self.turns, ensure_ascii=False)


def captured(sent: Sequence[Sent]) -> dict[str, Json]:
    """The requests of a client's file, of all that it sent while it did the scripted task.

    A streamed conversation is preferred: it is what a client runs on.

    Raises:
        Missing: the first request is not among them, or the second.
    """
    firsts = [one for one in sent if one.is_first]
    streamed = [one for one in firsts if one.body.get("stream") is True]
    first = next(iter(streamed or firsts), None)
    if first is None:
        raise Missing("no request with tools asked for the name of the office cat")
    seconds = [one for one in sent if one.has_result and one.body.get("tools")]
    alike = [one for one in seconds if one.body.get("stream") == first.body.get("stream")]
    second = next(iter(alike or seconds), None)
    if second is None:
        raise Missing("no request brought the result of the call")
    found = {"first": first, "second": second}
    for name, others in (
        ("title", [one for one in sent if one.is_for_title]),
        ("object", [one for one in sent if one.is_for_object]),
    ):
        if others:
            found[name] = others[0]
    return {name: skeleton(one) for name, one in found.items()}


def skeleton(sent: Sent) -> dict[str, Json]:
    """One request with placeholders for what is the client's own, or one session's."""
    body = {name: value for name, value in sent.body.items() if name != "model"}
    headers = dict(_headers(sent.headers))
    return {
        **({"query": sent.query} if sent.query else {}),
        **({"headers": headers} if headers else {}),
        "body": _replaced({**body, "messages": list(_turns(sent.turns))}, ""),
    }


def _headers(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in sorted(headers.items()):
        if name == "authorization":
            yield name, "Bearer"  # the header is what counts; the key is the run's
        elif name.startswith("anthropic-"):
            yield name, value
        elif name.startswith("x-") and not name.startswith(_NOT_KEPT):
            yield name, _AN_ID.sub(lambda found: "0" * len(found[0]), value)


def _turns(turns: Sequence[Mapping[str, Json]]) -> Iterator[dict[str, Json]]:
    for turn in turns:
        content = turn["content"]
        if turn["role"] == "assistant":
            last = content[-1] if isinstance(content, list) and content else {}
            yield {**turn, "content": {"$reply": "marked" if "cache_control" in last else "content"}}
        elif isinstance(content, list):
            yield {**turn, "content": [_result(block) for block in content]}
        else:
            yield dict(turn)


def _result(block: Mapping[str, Json]) -> dict[str, Json]:
    return {**block, "tool_use_id": {"$call": "id"}} if "tool_use_id" in block else dict(block)


def _replaced(value: Json, key: str) -> Json:
    match value:
        case None:
            return {"$null": True}
        case str():
            return _text(value, key)
        case dict():
            return {name: inner if _is_name(name, inner) else _replaced(inner, name) for name, inner in value.items()}
        case list():
            return [_replaced(inner, key) for inner in value]
        case _:
            return value


def _text(value: str, key: str) -> Json:
    """A text, or what stands in its place: a constant of the protocol is kept, and a client's own words are not."""
    if key == "user_id":
        return {"$user_id" if value.startswith("{") else "$words": len(value)}
    if CODEWORD in value:
        return {"$result": len(value)}
    return {"$words": len(value)} if key in _TEXTS and value and not _is_ours(value) else value


def _is_name(key: str, value: Json) -> bool:
    return key in ("enum", "const", "required", "pattern", "format", "$schema") and value is not None


def _is_ours(text: str) -> bool:
    return len(text) <= _LONGEST_OF_OURS and any(word in text for word in OURS)


def version_of(sent: Iterable[Sent]) -> str:
    """The client's version, by the first number of its user agent; ``unknown`` where it has none."""
    for one in sent:
        if found := _VERSION.search(one.headers.get("user-agent", "")):
            return found[0]
    return "unknown"


def written(file: Mapping[str, Any]) -> str:
    """A client's file as text; the same for the same requests."""
    return yaml.dump(
        dict(file), Dumper=yaml.SafeDumper, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None
    )
