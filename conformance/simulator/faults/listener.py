"""Where connections come in, or do not: trouble that is over before there is a request."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.simulator.faults.call import reset
from conformance.simulator.faults.rates import Faults

MOMENT: Final = 0.1
"""Seconds for which the port is refused, or not."""


class FaultyListener:
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
            async with asyncio.TaskGroup() as connections:
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
                        connections.create_task(self._let_in(connection, self._taken, protocol))
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


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a TLS service shows: its own certificate, or one that a careful client does not take."""

    right: ssl.SSLContext
    wrong: ssl.SSLContext


def certificates(authority: Path | None) -> Certificates:
    """Make an authority and two certificates of it; what a client has to trust is written to a file, if one is given.

    A client that does not trust the authority fails at every connection, which is a TLS error as well.

    Raises:
        ValueError: trustme is not installed, or the file cannot be written.
    """
    try:
        # A package of the tests: whoever runs the suite for its verdicts needs no certificates.
        import trustme  # noqa: PLC0415
    except ImportError:
        raise ValueError("the fault 'tls' needs a package that makes certificates: pip install trustme") from None
    made = trustme.CA()
    if authority is not None:
        try:
            made.cert_pem.write_to_path(str(authority))
        except OSError as error:
            raise ValueError(f"{authority} cannot be written: {error.strerror or error}") from None
    contexts = []
    for names in (("127.0.0.1", "localhost"), ("elsewhere.invalid",)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.issue_cert(*names).configure_cert(context)
        contexts.append(context)
    return Certificates(*contexts)
