"""The service on a real socket: in a thread of this process, or in the foreground."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict, Unpack

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from conformance.simulator.app import create_app
from conformance.simulator.faults import Faults
from conformance.simulator.faults.call import CONNECTION, Connection
from conformance.simulator.faults.listener import FaultyListener, certificates

_BACKLOG = 512
_GRACE = 1  # seconds a stream in flight is given at the end


class _Protocol(H11Protocol):
    """One connection, which says of itself to the service what the faults need to know."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        self._connection = Connection(transport)
        self.app_state = {**self.app_state, CONNECTION: self._connection}

    def shutdown(self) -> None:
        if self._connection.held:
            self.transport.abort()
        else:
            super().shutdown()


class _Server(uvicorn.Server):
    """Says when it accepts connections, or that it never will."""

    def __init__(self, config: uvicorn.Config, faulty: FaultyListener | None) -> None:
        super().__init__(config)
        self.settled = threading.Event()
        self._faulty = faulty
        self._accepting: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets if self._faulty is None else [])
        if self._faulty is not None:
            self._accepting = asyncio.create_task(self._faulty.keep(self._protocol))
            await asyncio.sleep(0)  # who waits for the service finds the port as it is to be
        self.settled.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
        await super().shutdown(sockets)

    def run_until_told(self, listener: socket.socket) -> None:
        try:
            self.run(sockets=[listener])
        finally:
            self.settled.set()

    def _protocol(self) -> _Protocol:
        return _Protocol(self.config, self.server_state, self.lifespan.state)


class Options(TypedDict, total=False):
    """What else there is to say of a service: see create_app."""

    seed: int
    noise: float
    diversity: float | None
    key: str | None
    paced: bool
    rpm_limit: int | None
    latency: float
    models: Sequence[str]


@contextmanager
def running(
    personality: str = "documented",
    *,
    mutant: str | None = None,
    faults: Mapping[str, float] | None = None,
    authority: Path | None = None,
    **options: Unpack[Options],
) -> Generator[str]:
    """Serve on a free port in the background; give the base URL, and stop at the end.

    Args:
        faults: what goes wrong on purpose: names of FAULTS, each with its rate.
        authority: where to write the certificate to trust, with the fault ``tls``.
    """
    trouble = Faults(faults, options.get("seed", 0)) if faults else None
    app = create_app(personality, mutant=mutant, faults=trouble, **options)
    with serving(app, trouble, authority) as url:
        yield url


@contextmanager
def serving(app: ASGIApp, faults: Faults | None = None, authority: Path | None = None) -> Generator[str]:
    """Serve any application on a free port in the background.

    Raises:
        RuntimeError: the server did not start.
    """
    with _at(app, "127.0.0.1", 0, faults, authority) as (server, listener, url):
        thread = threading.Thread(target=server.run_until_told, args=(listener,), name="simulator", daemon=True)
        thread.start()
        server.settled.wait()
        if not server.started:
            raise RuntimeError("the simulator did not start")
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join()


def serve(
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    personality: str = "documented",
    mutant: str | None = None,
    faults: Mapping[str, float] | None = None,
    authority: Path | None = None,
    **options: Unpack[Options],
) -> None:
    """Serve in the foreground until interrupted; see running."""
    trouble = Faults(faults, options.get("seed", 0)) if faults else None
    app = create_app(personality, mutant=mutant, faults=trouble, **options)
    with _at(app, host, port, trouble, authority) as (server, listener, url):
        what = f"personality {personality}, " + (f"mutant {mutant}" if mutant else "no mutant")
        if trouble is not None:
            what += ", faults " + " ".join(f"{name}={rate:g}" for name, rate in trouble.rates.items())
        # The one line a terminal needs: where it is, what it is, and what it is not.
        print(f"{url} ({what}): everything this service says is simulated.", flush=True)  # noqa: T201
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


@contextmanager
def _at(
    app: ASGIApp, host: str, port: int, faults: Faults | None, authority: Path | None
) -> Generator[tuple[_Server, socket.socket, str]]:
    """A server, what it listens on, and its URL.

    Raises:
        ValueError: the faults asked for need certificates, and there is nowhere to put them.
    """
    with _bound(host, port) as holder:
        port = holder.getsockname()[1]
        with _listener(host, port) as listener:
            shown = None
            if faults and "tls" in faults.rates:
                shown = certificates(authority)
            elif authority is not None:
                raise ValueError("an authority is only there with the fault 'tls'")
            faulty = None
            if faults and faults.of_connections:
                faulty = FaultyListener(faults, listener, lambda: _listener(host, port), shown)
            scheme = "http" if shown is None else "https"
            yield _Server(_config(app, closing=faulty is not None), faulty), listener, f"{scheme}://{host}:{port}"


def _listener(host: str, port: int) -> socket.socket:
    listener = _bound(host, port)
    try:
        listener.listen(_BACKLOG)  # who reads the URL may connect at once, and waits in the queue
    except OSError:
        listener.close()
        raise
    listener.settimeout(0)  # the event loop waits for it
    return listener


def _bound(host: str, port: int) -> socket.socket:
    # With the protocol named: asyncio turns Nagle's delay off only for sockets that say they are TCP.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _config(app: ASGIApp, *, closing: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        # Where connections meet trouble every request needs one of its own, or only the first would meet any.
        headers=[("connection", "close")] if closing else None,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GRACE,
    )
