"""What a service was asked, when, and how that ended: for who measures a client from the other side."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .shapes import Object

STATISTICS: Final = "/_stats"
_KEPT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: seconds since the service began, the status it got (None: no answer at all), and for how long."""

    at: float
    status: int | None
    seconds: float


@dataclass
class Ledger:
    """Counts all that is asked; GET /_stats shows it, and is not counted itself."""

    app: ASGIApp
    faults: Mapping[str, int]
    began: float = field(default_factory=time.monotonic)
    asked: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    statuses: Counter[int | None] = field(default_factory=Counter[int | None])
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=_KEPT))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note a request down while it is answered."""
        if scope["path"] == STATISTICS:
            await JSONResponse(self.statistics())(scope, receive, send)
            return
        status: int | None = None

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        at = time.monotonic()
        self.asked += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.app(scope, receive, heard)
        finally:
            self.in_flight -= 1
            self.statuses[status] += 1
            self.entries.append(Entry(at - self.began, status, time.monotonic() - at))

    def statistics(self) -> Object:
        """The ledger as JSON.

        `requests` are `[at, status, seconds]` in the order in which they ended, the last 100,000 of them, and
        `faults` says how often each happened. All times are seconds, counted from the start of the service.
        """
        return {
            "uptime": round(time.monotonic() - self.began, 4),
            "asked": self.asked,
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "statuses": {str(status or "none"): count for status, count in self.statuses.items()},
            "faults": dict(self.faults),
            "requests": [[round(entry.at, 4), entry.status, round(entry.seconds, 4)] for entry in self.entries],
        }
