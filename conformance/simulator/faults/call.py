"""What a fault is; and one request that is going to meet with one: its connection, and the means to make trouble."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.simulator.api.errors import Refusal

CONNECTION: Final = "connection"
"""Where a request's connection is in the state of its scope."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds
Headers = tuple[tuple[str, str], ...]


def reset(connection: socket.socket) -> None:
    """Have a connection end in an RST when it is closed, and not in a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


@dataclass
class Connection:
    """One connection; `held` while nothing more is meant to come over it, so that nobody waits for its end."""

    transport: asyncio.Transport
    held: bool = False

    def reset(self) -> None:
        """End the connection at once, with an RST."""
        reset(self.transport.get_extra_info("socket"))
        self.transport.abort()

    def hang_up(self) -> None:
        """End the connection once what was written is sent, with a FIN."""
        self.transport.close()


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer of the service that nobody has got yet."""

    status: int
    headers: Headers
    parts: tuple[bytes, ...]
    """The body: event by event where it is a stream."""

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join(self.parts)

    @property
    def is_stream(self) -> bool:
        """Whether it is one of server-sent events."""
        return dict(self.headers).get("content-type", "").startswith("text/event-stream")

    def saying(self, **changes: str) -> Whole:
        """The same with other headers, an underscore standing for a hyphen; an empty one is left out."""
        new = {name.replace("_", "-"): value for name, value in changes.items()}
        kept = [(name, value) for name, value in self.headers if name not in new]
        return replace(self, headers=(*kept, *((name, value) for name, value in new.items() if value)))


class Spared(Exception):
    """Raised where a fault does not apply to an answer, which is then given as it is."""

    def __init__(self, answer: Whole) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True)
class Call:
    """A request read to its end, what would answer it, and chance."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    body: bytes
    chance: Random
    refuse: Callable[[Refusal], Response]
    _connection: Connection | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_connection", self.scope.get("state", {}).get(CONNECTION))

    @property
    def connection(self) -> Connection:
        """The connection it came over.

        Raises:
            RuntimeError: it came over another server than the simulator's own.
        """
        if self._connection is None:
            raise RuntimeError("this trouble needs the simulator's own server: running() or serve()")
        return self._connection

    @property
    def streamed(self) -> bool:
        """Whether a stream is asked for."""
        try:
            body = json.loads(self.body)
        except ValueError:
            return False
        return isinstance(body, dict) and body.get("stream") is True

    async def answered(self) -> Whole:
        """What the service answers, kept back."""
        started: list[Message] = []
        parts: list[bytes] = []

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            elif part := message.get("body", b""):
                parts.append(part)

        await self.pass_on(kept)
        headers = tuple((name.decode(), value.decode()) for name, value in started[0]["headers"])
        return Whole(started[0]["status"], headers, tuple(parts))

    async def pass_on(self, send: Send) -> None:
        """Let the service answer."""
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await self.receive()
            given = True
            return {"type": "http.request", "body": self.body, "more_body": False}

        await self.app(self.scope, again, send)

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head of an answer."""
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        await self.send({"type": "http.response.start", "status": status, "headers": encoded})

    async def write(self, part: bytes) -> None:
        """Send some of a body, with more to come."""
        await self.send({"type": "http.response.body", "body": part, "more_body": True})
        await asyncio.sleep(0)  # a long answer is not to keep the others waiting

    @property
    def is_gone(self) -> bool:
        """Whether the connection has ended already."""
        return self.connection.transport.is_closing()

    async def end(self) -> None:
        """End the body where it is."""
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def give(self, whole: Whole) -> None:
        """Send a whole answer."""
        await self.start(whole.status, whole.headers)
        for part in whole.parts:
            await self.write(part)
        await self.end()

    async def gone(self) -> None:
        """Wait until the client, or the server, has let go of the connection."""
        self.connection.held = True
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def gone_after(self, seconds: float) -> bool:
        """Wait so long, or until the connection is gone; whether it is."""
        try:
            async with asyncio.timeout(seconds):
                await self.gone()
        except TimeoutError:
            return False
        return True


Meeting = Callable[[Call], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble.

    `meet` answers a request in the service's place; it is None for what befalls a connection before there is a
    request, which is the listener's business.
    """

    name: str
    description: str
    meet: Meeting | None = None
    streams_only: bool = False
