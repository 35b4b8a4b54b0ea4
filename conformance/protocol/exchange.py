"""One request and its answer, frozen, as recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from conformance.protocol.assembly import assemble
from conformance.protocol.parsing import no_number, parse_json
from conformance.protocol.sse import Event, looks_like_stream, parse_events
from conformance.values import Json

__all__ = ["Arrival", "Exchange"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """So many bytes of the body had come so many milliseconds after the request was sent."""

    ms: float
    size: int


@dataclass(frozen=True)
class Exchange:
    """A request and its answer; header names are lower case, secrets are already gone."""

    method: str
    path: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: float = 0.0
    arrivals: tuple[Arrival, ...] = field(default=())
    torn: bool = False
    """Whether the connection ended before HTTP said that the body is whole."""
    shared: bool = False
    """Whether it was asked once for many cases (a baseline), and stands in the recording of each of them."""

    @cached_property
    def request(self) -> Json:
        """The request's JSON body; None where there was none or it was not JSON."""
        return _json(self.request_body)

    @cached_property
    def json(self) -> Json:
        """The answer's JSON body; None for a stream or anything that does not parse."""
        return None if self.is_stream else _json(self.body)

    @cached_property
    def no_number(self) -> str:
        """What the answer has in the place of a number, as ``NaN``, and is not JSON; empty where there is none."""
        texts = [event.data for event in self.events if event.json is not None] if self.is_stream else [self.body]
        return next(filter(None, map(no_number, texts)), "") if self.is_stream or self.json is not None else ""

    @cached_property
    def content_type(self) -> str:
        """The media type of the answer without its parameters, lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @cached_property
    def is_stream(self) -> bool:
        """Whether the body is an event stream, by what it says rather than what it is called."""
        return looks_like_stream(self.body)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The server-sent events of a stream; empty for any other body."""
        return parse_events(self.body) if self.is_stream else ()

    @cached_property
    def message(self) -> Json:
        """The message of the answer: a stream's put together, else the JSON body; None where there is neither."""
        return assemble(self.events) if self.is_stream else self.json

    @cached_property
    def breaks_off(self) -> bool:
        """Whether this is a stream of which the end is missing: no last word of the message, and no error."""
        return self.is_stream and not any(
            event.type in ("message_delta", "message_stop", "error") for event in self.events
        )

    def arrived(self, size: int) -> float:
        """When so many bytes of the body had come, in ms after the request; the end, where that was not noted."""
        return next((arrival.ms for arrival in self.arrivals if arrival.size >= size), self.elapsed_ms)

    @property
    def wants_stream(self) -> bool:
        """Whether the request asked for a stream."""
        return isinstance(self.request, dict) and self.request.get("stream") is True

    @property
    def is_messages(self) -> bool:
        """Whether this is a call of the Messages endpoint itself."""
        return self.method == "POST" and self.path.partition("?")[0].endswith("/v1/messages")

    @cached_property
    def error(self) -> Json:
        """The ``error`` object of an error body or an ``error`` event, whatever the status."""
        # Some gateways leave out the type, and send the error as it would stand in a body.
        candidates = [event.json for event in self.events if event.type in ("error", "message", None)]
        candidates.append(self.json)
        for body in candidates:
            if isinstance(body, dict) and body.get("error") and "content" not in body:
                return body["error"]
            # MiniMax's own APIs say what is wrong in a field of a 200 without content.
            own = body.get("base_resp") if isinstance(body, dict) and not body.get("content") else None
            if isinstance(own, dict) and own.get("status_code"):
                return {"type": f"base_resp {own['status_code']}", "message": str(own.get("status_msg") or "")}
        return None

    @cached_property
    def is_blank(self) -> bool:
        """Whether a call of the Messages endpoint got a 2xx with nothing of a message, and no error either.

        No body, a page, a stream of pings: what a gateway sends that has lost a refusal on its way. JSON that
        breaks off is not blank, and neither is a stream of events that are another API's.
        """
        if not (self.is_messages and 200 <= self.status < 300) or self.error is not None:
            return False
        if self.is_stream:
            return all(map(_says_nothing, self.body.splitlines()))
        return not isinstance(self.json, dict) and not self.body.lstrip().startswith(b"{")

    @property
    def ok(self) -> bool:
        """Whether the service answered the question: a 2xx that is not an error in disguise, nor blank."""
        return 200 <= self.status < 300 and self.error is None and not self.is_blank


def _says_nothing(line: bytes) -> bool:
    """Whether a line of a stream is neither of a message nor the beginning of something that may be."""
    name, _, value = line.partition(b":")
    value = value.strip()
    if name == b"event":
        return value in (b"ping", b"done")
    if name != b"data":
        return True
    body = _json(value)
    return not value.startswith(b"{") or (isinstance(body, dict) and body.get("type") == "ping")


def _json(body: bytes) -> Json:
    try:
        return parse_json(body)
    except ValueError:
        return None
