"""The connections to a service: every phase of an answer has its time, and a run that is stopped waits for nothing.

httpcore times every single read, so a service that drips one byte in a while is never late, and a thread that
waits cannot be told to stop. Its own seam for that, the network backend, is where the times are kept here: a
wait is cut into slices, and every slice looks at the clock and at whether the run goes on.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, local

import httpcore2
import httpx2

from conformance.trouble import NetworkTrouble, ServiceTrouble, Stopped, TimedOut, Unreached

__all__ = ["Answer", "Network", "Times", "decoded"]

_SLICE = 0.25
"""Seconds a thread waits before it looks up: a run that is stopped has stopped after this long."""

_FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Times:
    """How long each phase of one request may take, in seconds."""

    connect: float = 10.0
    """Until there is a connection, TLS included."""
    first: float = 120.0
    """From there to the first byte of the answer: a model that thinks is silent for long."""
    between: float = 60.0
    """Between one piece of the answer and the next."""
    whole: float = 600.0
    """All of it, however steadily it drips."""


@dataclass(frozen=True)
class Answer:
    """The head of an answer, and its body as it comes."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    pieces: Iterable[bytes]


class Network:
    """A pool of connections to one service, shared by many threads."""

    def __init__(self, connections: int, times: Times, halted: Event) -> None:
        self._times = times
        self._halted = halted
        self._now = _Now()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30.0,
            network_backend=_Backend(self._now),
        )

    def __repr__(self) -> str:
        return "Network()"

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.close()

    @contextmanager
    def ask(self, request: httpx2.Request) -> Iterator[Answer]:
        """Send one request; nothing is followed, least of all a redirect with the key in hand.

        Raises:
            Unreached: it never got as far as the service.
            NetworkTrouble: it did not go through, also while the body is read inside this block.
            Stopped: the run was stopped.
        """
        self._now.request = _Waits(self._times, self._halted)
        sent = httpcore2.Request(
            request.method,
            httpcore2.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.read(),
            extensions={"timeout": {"connect": self._times.connect, "pool": self._times.whole}},
        )
        try:
            response = self._pool.handle_request(sent)
            try:
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                yield Answer(response.status, headers, _pieces(response))
            finally:
                response.close()
        except httpcore2.ConnectTimeout:
            raise Unreached(f"no connection within {self._times.connect:g} s") from None
        except httpcore2.ConnectError as error:
            raise Unreached(_words(error)) from None
        except _FAILURES as error:
            raise NetworkTrouble(_words(error)) from None


class _Waits:
    """What one request has waited for so far."""

    def __init__(self, times: Times, halted: Event) -> None:
        self._times = times
        self._halted = halted
        self._end = time.monotonic() + times.whole
        self._heard = False

    def write(self, stream: httpcore2.NetworkStream, data: bytes) -> None:
        try:
            stream.write(data, self._times.between)
        except httpcore2.WriteTimeout:
            raise TimedOut(f"the request was not taken within {self._times.between:g} s") from None

    def read(self, stream: httpcore2.NetworkStream, most: int) -> bytes:
        began = time.monotonic()
        limit = self._times.between if self._heard else self._times.first
        while True:
            if self._halted.is_set():
                raise Stopped("the run was stopped")
            now = time.monotonic()
            if now >= self._end:
                raise TimedOut(f"the answer took longer than {self._times.whole:g} s")
            if now >= began + limit:
                what = "in the middle of the answer" if self._heard else "of an answer"
                raise TimedOut(f"nothing {what} for {limit:g} s")
            try:
                data = stream.read(most, max(0.001, min(_SLICE, self._end - now, began + limit - now)))
            except httpcore2.ReadTimeout:
                continue
            self._heard = True
            return data


class _Now(local):
    """The request that this thread is busy with: threads take turns on connections, never on requests."""

    request: _Waits


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream, now: _Now) -> None:
        self._stream = stream
        self._now = now

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  the phases decide
        return self._now.request.read(self._stream, max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  as above
        self._now.request.write(self._stream, buffer)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._now)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    def __init__(self, now: _Now) -> None:
        self._now = now

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._now)


def _pieces(response: httpcore2.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_stream()
    except _FAILURES as error:
        raise NetworkTrouble(_words(error)) from None


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""zlib's words for the formats: a window of 2^15, with the header of gzip or of zlib."""


def decoded(pieces: Iterable[bytes], encoding: str, most: int) -> Iterator[bytes]:
    """A body without its compression, piece by piece, and never more of it than ``most`` bytes.

    No compression is asked for; some services compress all the same. A kilobyte of gzip can hold a
    megabyte, so the bound is on what comes out.

    Raises:
        ServiceTrouble: there is more of it, or it does not decompress.
    """
    coding = encoding.strip().lower()
    if coding not in ("", "identity", *_WINDOWS):
        raise ServiceTrouble(f"the answer is compressed with {coding[:40]!r}, which was not asked for")
    total = 0
    for piece in _unpacked(pieces, coding, most) if coding in _WINDOWS else pieces:
        total += len(piece)
        if total > most:
            raise ServiceTrouble(f"the answer is larger than {most} bytes")
        yield piece


def _unpacked(pieces: Iterable[bytes], coding: str, most: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_WINDOWS[coding])
    try:
        for piece in pieces:
            rest = piece
            while rest:
                yield unpacker.decompress(rest, min(most, 2**16))
                rest = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise ServiceTrouble(f"the answer's {coding} is damaged ({error})") from None
    if not unpacker.eof:
        raise ServiceTrouble(f"the answer's {coding} is cut short")
