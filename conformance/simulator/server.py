"""The service on a real socket: in a thread of this process, or in the foreground."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TypedDict, Unpack

import uvicorn
from starlette.types import ASGIApp

from .app import create_app

_BACKLOG = 512
_GRACE = 1  # seconds a stream in flight is given at the end


class _Server(uvicorn.Server):
    """Says when it accepts connections, or that it never will."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()

    def run_until_told(self, listener: socket.socket) -> None:
        try:
            self.run(sockets=[listener])
        finally:
            self.settled.set()


class Options(TypedDict, total=False):
    """What else there is to say of a service: see create_app."""

    seed: int
    noise: float
    diversity: float | None
    key: str | None
    paced: bool
    rpm_limit: int | None
    latency: float


@contextmanager
def running(
    personality: str = "documented", *, mutant: str | None = None, **options: Unpack[Options]
) -> Generator[str]:
    """Serve on a free port in the background; give the base URL, and stop at the end."""
    with serving(create_app(personality, mutant=mutant, **options)) as url:
        yield url


@contextmanager
def serving(app: ASGIApp) -> Generator[str]:
    """Serve any application on a free port in the background."""
    with _listener("127.0.0.1", 0) as listener:
        server = _Server(_config(app))
        thread = threading.Thread(target=server.run_until_told, args=(listener,), name="simulator", daemon=True)
        thread.start()
        server.settled.wait()
        if not server.started:
            raise RuntimeError("the simulator did not start")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def serve(
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    personality: str = "documented",
    mutant: str | None = None,
    **options: Unpack[Options],
) -> None:
    """Serve in the foreground until interrupted."""
    app = create_app(personality, mutant=mutant, **options)
    with _listener(host, port) as listener:
        what = f"personality {personality}, " + (f"mutant {mutant}" if mutant else "no mutant")
        url = f"http://{host}:{listener.getsockname()[1]}"
        # The one line a terminal needs: where it is, what it is, and what it is not.
        print(f"{url} ({what}): everything this service says is simulated.", flush=True)  # noqa: T201
        with suppress(KeyboardInterrupt):
            _Server(_config(app)).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    # With the protocol named: asyncio turns Nagle's delay off only for sockets that say they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)  # who reads the URL may connect at once, and waits in the queue
    except OSError:
        listener.close()
        raise
    return listener


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GRACE,
    )
