"""The shape of a client's file: pydantic models, strict about keys and values."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictStr, model_validator

from conformance.clients.placeholders import Answered, filled
from conformance.clients.request import ClientRequest
from conformance.matrix.schema import Day, Text, Url, wrong

__all__ = ["ANSWERS", "Client", "Fault", "Skeleton"]

ANSWERS = ("event_names", "start", "end", "blocks", "tool_input", "shape", "no_stream")
"""What can be wrong with an answer that was taken: as the inspections of the wire have it.

``start`` and ``end`` are one inspection, of the order of events: whether the message begins as it must, and ends so.
"""


class _Shape(BaseModel):
    """Frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _header(value: str) -> str:
    if value != value.lower() or not value.isascii() or " " in value:
        raise wrong(f"{value!r} is no name of a header; write it in small letters")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise wrong(f"{value!r} is no regular expression: {error}") from None
    return value


def _body(value: dict[str, Any]) -> dict[str, Any]:
    for name, kind, what in (("messages", list, "a list of turns"), ("max_tokens", int, "a number")):
        if not isinstance(value.get(name), kind) or not value[name]:
            raise wrong(f"a request without {name}; it has {what} there")
    if "model" in value:
        raise wrong("names a model; leave it out, the model under test stands there")
    return value


class Skeleton(_Shape):
    """One request as it was captured, with placeholders for the client's own words."""

    query: Text | None = None
    headers: dict[Annotated[StrictStr, AfterValidator(_header)], Text] = {}
    body: Annotated[dict[str, Any], AfterValidator(_body)]

    def request(self, answered: Answered | None = None) -> ClientRequest:
        """The request, with something in the place of every placeholder."""
        return ClientRequest(filled(self.body, answered), dict(self.headers), self.query or "")


class Fault(_Shape):
    """What a fault of a service does to this client, by what was tried, one thing changed at a time."""

    refused: Text | None = None
    """A pattern of the pieces that are refused (``*`` stands for anything) …"""
    words: Annotated[StrictStr, AfterValidator(_pattern)] | None = None
    """… in such words, where it depends on them: a regular expression; of several faults the first that fits counts."""
    answer: Literal["event_names", "start", "end", "blocks", "tool_input", "shape", "no_stream"] | None = None
    """… or, instead of both, what is wrong with an answer."""
    does: Text
    works: StrictBool = False
    """Whether the client works all the same."""
    avoid: Text | None = None
    """The setting of the client that avoids it, where there is one."""

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Fault:
        if (self.refused is None) == (self.answer is None):
            raise wrong("says either what is refused or what is wrong with an answer; give one of refused and answer")
        if self.words is not None and self.refused is None:
            raise wrong("has words of a refusal, and says of an answer; give them with refused")
        return self


class Requests(_Shape):
    """What a client sends."""

    first: Skeleton
    """The first request of a conversation in which a tool is to be called."""
    second: Skeleton
    """The one after it, with the result of the call."""
    title: Skeleton | None = None
    """A request for a title of the conversation, where the client makes one."""
    object: Skeleton | None = None
    """A request for an answer that fits a schema, as the client makes it."""


class Client(_Shape):
    """One client at one version."""

    client: Text
    version: Text
    captured: Day
    how: Text
    """The command it was captured with."""
    source: Url
    """Where the client is from."""
    faults: Annotated[tuple[Fault, ...], Field()] = ()
    requests: Requests
