"""What the proxy and the replay have in common: how a request is read, what is kept of it, how it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Send

from conformance.http.redact import Redactor
from conformance.protocol.exchange import Exchange

__all__ = ["HOP_BY_HOP", "PassedOn", "keys_of", "refused", "whole"]

HOP_BY_HOP: Final = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Headers that are of one connection, and never passed on."""

_CREDENTIALS: Final = ("x-api-key", "authorization")


@dataclass(frozen=True, slots=True)
class PassedOn:
    """One exchange that went through."""

    exchange: Exchange
    """Without the key, whatever showed it."""
    redactor: Redactor
    """Takes the key out of whatever is written of it."""
    first_ms: float | None
    """When the first byte of the answer's body came; None where there was none."""
    left_out: str = ""
    """Why the answer cannot be inspected; empty where it can."""


def keys_of(headers: Mapping[str, str]) -> Iterable[str]:
    """The keys that a request shows; its headers by lower-case names."""
    return [headers[name].removeprefix("Bearer ").strip() for name in _CREDENTIALS if headers.get(name)]


async def whole(receive: Receive) -> bytes:
    """The body of a request."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(pieces)


async def refused(send: Send, status: int, kind: str, words: str) -> bytes:
    """Answer with an error of the suite's own, in the API's envelope; the body that was sent."""
    body = json.dumps({"type": "error", "error": {"type": kind, "message": f"conformance watch: {words}"}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
    return body
