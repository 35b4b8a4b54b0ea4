"""How much a service takes and how soon it answers: a rate limit, and a latency."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .refusals import Refusal

_BURST: Final = 0.1  # of a minute's requests may come at once


class Bucket:
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
class Limited:
    """Answers 429 at once to what is too much, and says on every answer how much is left.

    The headers are Anthropic's (platform.claude.com/docs, rate limits); retry-after is in whole seconds, as there.
    """

    app: ASGIApp
    bucket: Bucket
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

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if wait:
            headers["retry-after"] = str(math.ceil(wait))
            words = f"This request would exceed the rate limit of {self.bucket.per_minute} requests per minute"
            await self.refuse(Refusal(words, "rate_limit_error"))(scope, receive, headed)
        else:
            await self.app(scope, receive, headed)


@dataclass(frozen=True)
class Late:
    """Begins every answer so many seconds after its request."""

    app: ASGIApp
    latency: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then answer."""
        await asyncio.sleep(self.latency)
        await self.app(scope, receive, send)
