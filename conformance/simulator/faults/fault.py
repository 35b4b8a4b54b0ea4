"""What a fault is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .call import Call

Meeting = Callable[[Call], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble.

    `meet` answers a request in the service's place; it is None for what befalls a connection before there is a
    request, which is the door's business.
    """

    name: str
    description: str
    meet: Meeting | None = None
    streams_only: bool = False
