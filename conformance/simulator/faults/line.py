"""The connection under a request: what ASGI does not show, and some trouble is made of."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import Final

LINE: Final = "line"
"""Where a line is in the state of a request's scope."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds


def reset(connection: socket.socket) -> None:
    """Have a connection end in an RST when it is closed, and not in a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


@dataclass
class Line:
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
