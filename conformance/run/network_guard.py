"""No network while a recording is judged: what is not on the cassette must not be asked elsewhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn
from unittest.mock import patch

from conformance.trouble import SuiteFault

__all__ = ["no_network"]


@contextmanager
def no_network() -> Iterator[None]:
    """Every connection and every name look-up in this block is a fault of the suite."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise SuiteFault("a replay tried to reach the network")

    with ExitStack() as stack:
        for name in ("connect", "connect_ex", "sendto", "sendmsg"):
            stack.enter_context(patch.object(socket.socket, name, refuse))
        for name in ("getaddrinfo", "gethostbyaddr", "gethostbyname", "gethostbyname_ex"):
            stack.enter_context(patch.object(socket, name, refuse))
        yield
