"""Where connections come in, or do not: trouble that is over before there is a request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from .line import reset
from .rates import Faults
from .tls import Certificates

MOMENT: Final = 0.1
"""Seconds for which the port is refused, or not."""


class Door:
    """Takes connections in a server's place.

    Only the system can refuse a connection, and it refuses all of them or none. So `refused` closes the port for
    moments, as many of them as its rate says, and whoever comes then is really refused (ECONNREFUSED); `dropped`
    takes a connection, as many of them as its rate says, and resets it before a byte is read.
    """

    def __init__(
        self,
        faults: Faults,
        listener: socket.socket,
        listen: Callable[[], socket.socket],
        certificates: Certificates | None,
    ) -> None:
        self._faults = faults
        self._listener: socket.socket | None = listener
        self._listen = listen
        self._certificates = certificates
        self._taken = 0

    async def keep(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Let connections in until cancelled."""
        loop = asyncio.get_running_loop()
        began, shuts = loop.time(), "refused" in self._faults.rates
        try:
            async with asyncio.TaskGroup() as lobby:
                while True:
                    moment = int((loop.time() - began) / MOMENT)
                    left = began + (moment + 1) * MOMENT - loop.time()
                    if self._faults.befalls("refused", moment):
                        self._shut()
                        await asyncio.sleep(left)
                        continue
                    if self._listener is None:
                        self._listener = self._listen()
                    with suppress(TimeoutError):
                        accepted = loop.sock_accept(self._listener)
                        connection, _ = await asyncio.wait_for(accepted, left if shuts else None)
                        self._taken += 1
                        lobby.create_task(self._let_in(connection, self._taken, protocol))
        finally:
            self._shut()

    async def _let_in(self, connection: socket.socket, number: int, protocol: Callable[[], asyncio.Protocol]) -> None:
        if self._faults.befalls("dropped", number):
            self._faults.happened["dropped"] += 1
            reset(connection)
            connection.close()
            return
        shown = None
        if self._certificates is not None:
            wrong = self._faults.befalls("tls", number)
            self._faults.happened["tls"] += wrong
            shown = self._certificates.wrong if wrong else self._certificates.right
        with suppress(OSError):  # a client that does not like what it is shown is no fault of ours
            await asyncio.get_running_loop().connect_accepted_socket(protocol, connection, ssl=shown)

    def _shut(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
