"""Server-sent events, read tolerantly: what a stream says, not what a client makes of it.

The SDK dispatches on the ``event:`` name and so sees nothing of a stream without those lines.
Here such a stream is still read (by the ``type`` in its data), so that the missing lines are one
finding, and not the loss of every feature that was tried over a stream.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from conformance.protocol.parsing import parse_json
from conformance.values import Json

__all__ = ["Event", "looks_like_stream", "parse_events"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_FIELD = re.compile(rb"\A\s*(event|data|id|retry|):")


@dataclass(frozen=True)
class Event:
    """One event: its ``event:`` name (None where the line is missing) and its data as text."""

    name: str | None
    data: str
    end: int
    """How many bytes of the body had to arrive before this event was complete."""

    @cached_property
    def json(self) -> Json:
        """The data as JSON, or None where it does not parse."""
        try:
            return parse_json(self.data)
        except ValueError:
            return None

    @cached_property
    def type(self) -> str | None:
        """What the event is: the ``type`` in its data, else its name."""
        kind = self.json.get("type") if isinstance(self.json, dict) else None
        return kind if isinstance(kind, str) else self.name


def looks_like_stream(body: bytes) -> bool:
    """Whether a body reads as an event stream, whatever its content-type says."""
    return _FIELD.match(body) is not None


def parse_events(body: bytes) -> tuple[Event, ...]:
    """The events of a body, by the WHATWG rules; comments and empty events are left out."""
    text = body.decode("utf-8", errors="replace")
    events: list[Event] = []
    name: str | None = None
    data: list[str] = []
    position = consumed = 0
    for match in (*_LINE_END.finditer(text), None):
        line = text[position : match.start() if match else len(text)]
        following = match.end() if match else len(text)
        consumed += len(text[position:following].encode("utf-8"))
        position = following
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if key == "event":
            name = value
        elif key == "data":
            data.append(value)
        # An event ends at a blank line. One cut off by the end of the body was never sent whole.
        if not line:
            if data or name is not None:
                events.append(Event(name, "\n".join(data), consumed))
            name, data = None, []
    return tuple(events)
