"""The proxy, or a replay, on a socket."""

from __future__ import annotations

import socket

import uvicorn
from starlette.types import ASGIApp

__all__ = ["Serving"]

_GRACE = 2
"""Seconds that answers under way are given, once it is to end."""


class Serving:
    """A server that has its port already, and is yet to run.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(self, application: ASGIApp, host: str, port: int) -> None:
        self._socket = socket.create_server((host, port), backlog=1024)
        # With Nagle's delay a small event would wait for the next one.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            application,
            log_level="error",
            access_log=False,
            lifespan="on",
            ws="none",
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = uvicorn.Server(config)

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def run(self) -> None:
        """Serve until interrupted, or until ``stop``."""
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Let ``run`` come to its end; from another thread."""
        self._server.should_exit = True
