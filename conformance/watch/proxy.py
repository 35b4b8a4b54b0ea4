"""The proxy itself: bytes go through as they come, and a bounded copy of them is kept for whoever inspects it."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

import httpx2
from starlette.types import Receive, Scope, Send

from conformance.http.redact import Redactor
from conformance.protocol.exchange import Arrival, Exchange
from conformance.watch.wire import HOP_BY_HOP, PassedOn, keys_of, refused, whole

__all__ = ["MOST_KEPT", "Proxy"]

MOST_KEPT: Final = 4 * 2**20
"""Bytes of an answer, at most, of which a copy is kept; of a longer one everything is passed on, and none inspected."""

_TIMES: Final = httpx2.Timeout(None, connect=10.0)
"""A model may think for long: whoever has enough of waiting is the client."""


@dataclass
class _Copy:
    """A bounded copy of an answer's body, and when its pieces came."""

    began: float
    pieces: list[bytes] = field(default_factory=list[bytes])
    arrivals: list[Arrival] = field(default_factory=list[Arrival])
    size: int = 0
    first_ms: float | None = None

    def add(self, piece: bytes) -> None:
        now = (time.perf_counter() - self.began) * 1000
        if self.first_ms is None:
            self.first_ms = now
        self.size += len(piece)
        if self.size > MOST_KEPT:
            self.pieces.clear()
            self.arrivals.clear()
            return
        self.pieces.append(piece)
        self.arrivals.append(Arrival(round(now, 1), self.size))


class Proxy:
    """An ASGI application that passes every request on to one service, and every answer back.

    Args:
        upstream: the service's base address.
        seen: is told of every exchange, once it is over.
    """

    def __init__(self, upstream: str, seen: Callable[[PassedOn], None]) -> None:
        self._upstream = httpx2.URL(upstream.rstrip("/"))
        self._seen = seen
        self._client: httpx2.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; who leaves ends the request behind it as well."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = await whole(receive)
        passing = asyncio.ensure_future(self._pass(scope, body, send))
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (passing, leaving):
                if not task.done():
                    task.cancel()
            await asyncio.gather(passing, leaving, return_exceptions=True)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Begin and end with the server: the connections to the service are closed before its event loop is."""
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        if self._client is not None:
            await self._client.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _pass(self, scope: Scope, body: bytes, send: Send) -> None:
        began = time.perf_counter()
        request = self._request(scope, body)
        copy = _Copy(began)
        try:
            answer = await self._connected().send(request, stream=True)
        except httpx2.HTTPError as error:
            await refused(send, 502, "api_error", f"{self._upstream} was not reached: {type(error).__name__}")
            why = f"the service was not reached ({type(error).__name__})"
            self._tell(request, copy, status=502, headers={}, left_out=why)
            return
        left_out = "the client left before the end"
        try:
            headers = [(name, value) for name, value in answer.headers.raw if name.lower().decode() not in HOP_BY_HOP]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
            async for piece in _pieces(answer):
                copy.add(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            left_out = ""
        except httpx2.HTTPError as error:
            # Ended without its last piece, so that the client sees the cut as it was.
            left_out = f"the answer broke off ({type(error).__name__})"
            raise
        finally:
            self._tell(request, copy, status=answer.status_code, headers=dict(answer.headers), left_out=left_out)
            await asyncio.shield(answer.aclose())

    def _request(self, scope: Scope, body: bytes) -> httpx2.Request:
        path = f"{self._upstream.path.rstrip('/')}{scope['raw_path'].decode('latin-1')}"
        query = scope["query_string"].decode("latin-1")
        url = self._upstream.copy_with(raw_path=(f"{path}?{query}" if query else path).encode("latin-1"))
        headers = [(name, value) for name, value in scope["headers"] if name.decode("latin-1") not in _NOT_PASSED]
        if not any(name == b"accept-encoding" for name, _ in headers):
            headers.append((b"accept-encoding", b"identity"))  # the client library would ask for what nobody wanted
        return httpx2.Request(scope["method"], url, headers=headers, content=body)

    def _connected(self) -> httpx2.AsyncClient:
        if self._client is None:  # it belongs to the event loop that serves
            self._client = httpx2.AsyncClient(timeout=_TIMES, trust_env=False, follow_redirects=False, http2=False)
        return self._client

    def _tell(
        self, request: httpx2.Request, copy: _Copy, *, status: int, headers: dict[str, str], left_out: str
    ) -> None:
        sent = {name.lower(): value for name, value in request.headers.items()}
        redactor = Redactor(keys_of(sent))
        came = {name.lower(): value for name, value in headers.items()}
        if copy.size > MOST_KEPT:
            left_out = left_out or f"an answer of {copy.size:,} bytes"
        plain = _decoded(b"".join(copy.pieces), came.get("content-encoding", ""))
        if plain is None:
            left_out, plain = left_out or f"an answer in the encoding {came['content-encoding']}", b""
        ms = (time.perf_counter() - copy.began) * 1000
        exchange = Exchange(
            method=request.method,
            path=redactor.text(request.url.raw_path.decode("latin-1")),
            request_headers=redactor.request_headers(sent),
            request_body=redactor.data(request.content),
            status=status,
            headers=redactor.response_headers(came),
            body=redactor.data(plain),
            elapsed_ms=round(ms, 1),
            arrivals=() if "content-encoding" in came else tuple(copy.arrivals),
        )
        self._seen(PassedOn(exchange, redactor, copy.first_ms, left_out))


_NOT_PASSED: Final = HOP_BY_HOP | {"host", "content-length"}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pieces(answer: httpx2.Response) -> AsyncIterator[bytes]:
    """The bytes of a body as they came over the wire, still encoded."""
    async for piece in answer.aiter_raw():
        if piece:
            yield piece


def _decoded(data: bytes, encoding: str) -> bytes | None:
    """A body without its encoding; None where it has one that cannot be undone here, or is damaged."""
    if encoding in ("", "identity"):
        return data
    if encoding not in ("gzip", "deflate"):
        return None
    try:
        return zlib.decompressobj(wbits=47).decompress(data, MOST_KEPT)
    except zlib.error:
        return None
