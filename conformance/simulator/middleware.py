"""What stands in front of the service: the stamp, the log of requests, a rate limit and a latency."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.simulator.api.errors import Refusal
from conformance.simulator.json_values import Object

STAMP: Final = "x-conformance-simulator"
"""The header that says of every answer that it was simulated, and by which service."""

STATISTICS: Final = "/_stats"
"""Where the log of requests is shown."""

_KEPT: Final = 100_000
_BURST: Final = 0.1  # of a minute's requests may come at once


def heading(send: Send, change: Callable[[MutableHeaders], object]) -> Send:
    """Send what is sent, but change the headers of the answer first."""

    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            change(MutableHeaders(scope=message))
        await send(message)

    return headed


@dataclass(frozen=True)
class Stamped:
    """Says on every answer, whatever it is, that it was simulated."""

    app: ASGIApp
    stamp: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer under the stamp; what went wrong on purpose is named behind it."""

        def stamp(headers: MutableHeaders) -> None:
            headers[STAMP] = f"{self.stamp}{headers.get(STAMP, '')}"

        await self.app(scope, receive, heading(send, stamp))


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: seconds since the service began, the status it got (None: no answer at all), and for how long."""

    at: float
    status: int | None
    seconds: float


@dataclass
class RequestLog:
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
        """The log as JSON.

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


class TokenBucket:
    """A token bucket, as Anthropic says its own limits are: it refills all the time, up to a burst.

    A tenth of a minute's requests may come at once, so that a client may be late and catch up; over any minute
    it gives at most 1.1 times the limit, and over the minutes of a run the limit.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self.most = max(1.0, per_minute * _BURST)
        self._clock = clock
        self._left = self.most
        self._at = clock()

    def take(self) -> float:
        """Take a request; the seconds to wait for it where there is none left, in which case nothing is taken."""
        now = self._clock()
        self._left = min(self.most, self._left + (now - self._at) * self.per_minute / 60)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) * 60 / self.per_minute

    @property
    def left(self) -> int:
        """How many requests are left at this moment."""
        return int(self._left)

    @property
    def full_after(self) -> float:
        """Seconds until all of them are there again."""
        return (self.most - self._left) * 60 / self.per_minute


@dataclass(frozen=True)
class RateLimited:
    """Answers 429 at once to what is too much, and says on every answer how much is left.

    The headers are Anthropic's (platform.claude.com/docs, rate limits); retry-after is in whole seconds, as there.
    """

    app: ASGIApp
    bucket: TokenBucket
    refuse: Callable[[Refusal], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse for the time being."""
        wait = self.bucket.take()
        full = datetime.now(UTC) + timedelta(seconds=self.bucket.full_after)
        headers = {
            "anthropic-ratelimit-requests-limit": str(self.bucket.per_minute),
            "anthropic-ratelimit-requests-remaining": str(self.bucket.left),
            "anthropic-ratelimit-requests-reset": full.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }

        headed = heading(send, lambda sent: sent.update(headers))
        if wait:
            headers["retry-after"] = str(math.ceil(wait))
            words = f"This request would exceed the rate limit of {self.bucket.per_minute} requests per minute"
            await self.refuse(Refusal(words, "rate_limit_error"))(scope, receive, headed)
        else:
            await self.app(scope, receive, headed)


@dataclass(frozen=True)
class Delayed:
    """Begins every answer so many seconds after its request."""

    app: ASGIApp
    latency: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then answer."""
        await asyncio.sleep(self.latency)
        await self.app(scope, receive, send)
