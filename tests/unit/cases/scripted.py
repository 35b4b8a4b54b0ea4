"""An endpoint that answers by a script: what a case asks goes through the SDK, and a function says what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from conformance.cases.endpoint import Endpoint, ModelUnderTest, credentials, open_client
from conformance.protocol.exchange import Arrival, Exchange
from conformance.values import Json

Script = Callable[[dict[str, Any]], Any]
"""From a request's body to a message (see :func:`message`), a stream's body, or a status and an error."""


def message(text: str = "Hello.", tokens: int | None = 20, out: int | None = 3, **more: Any) -> dict[str, Any]:
    """A message of one text, with its usage; without figures where a count is None."""
    usage: dict[str, Any] = {"input_tokens": tokens, "output_tokens": out, **more.pop("usage", {})}
    content = more.pop("content", [{"type": "text", "text": text}])
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": "end_turn",
        "usage": {name: count for name, count in usage.items() if count is not None},
        **more,
    }


def streamed(*events: Mapping[str, Any]) -> str:
    """The body of a stream."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


class Scripted:
    """A transport that answers by a script, and keeps what was asked."""

    def __init__(self, script: Script, arrivals: Callable[[str], tuple[Arrival, ...]] = lambda _: ()) -> None:
        self.script = script
        self.arrivals = arrivals
        self.asked: list[dict[str, Any]] = []

    def send(self, request: httpx2.Request) -> Exchange:
        """What the script says."""
        sent = request.read()
        self.asked.append(json.loads(sent))
        answer = self.script(self.asked[-1])
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "text/event-stream" if isinstance(body, str) else "application/json"
        return Exchange(
            request.method,
            request.url.path,
            {},
            sent,
            status,
            {"content-type": kind},
            text.encode(),
            1.0,
            self.arrivals(text),
        )


def scripted(script: Script | Scripted, **details: Json) -> Endpoint:
    """An endpoint of one model that answers by a script."""
    transport = script if isinstance(script, Scripted) else Scripted(script)
    client = open_client("http://127.0.0.1:1", "key", credentials("key", "x-api-key"), "2023-06-01", transport)
    return Endpoint(client, ModelUnderTest("m", details=details), transport)


def words_in(value: Any) -> str:
    """All words of a request's prompt."""
    if isinstance(value, dict):
        return " ".join(words_in(item) for name, item in value.items() if name not in ("type", "role", "id", "model"))
    if isinstance(value, list):
        return " ".join(map(words_in, value))
    return value if isinstance(value, str) else ""
