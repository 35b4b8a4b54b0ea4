"""The rate of a run: requests a minute, one for all threads, lower for a while when the service is busy."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

__all__ = ["RateLimiter"]

_LATE = 1.0
"""Seconds of unused slots that may still be used: a thread that was late does not lower the rate."""

_LEAST = 1 / 16
"""The slowest rate, as a share of the full one."""

_SETTLING = 2.0
"""Seconds a slower rate is given to show before it is halved again."""

_RECOVERY = 30.0
"""Seconds in which a rate comes back from nothing to the full one, in a straight line."""

_MEASURED = 64
"""Requests by whose times a rate is measured, where none was given."""

_UNKNOWN = 3000.0
"""Requests a minute that a rate that was not given is reckoned at least to have been."""

_SHORTEST = 0.2
"""Seconds that many requests are reckoned to have taken at least: no time at all would be no rate."""


class RateLimiter:
    """Gives every request a slot; slots are evenly spaced, so no window of the service's sees a burst.

    A service that says it is busy halves the rate, once for all requests that were on their way when it was
    halved, and the rate comes back additively: the rule that many senders share one line by.
    """

    def __init__(self, rpm: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._given = rpm
        self._full = rpm
        self._share = 1.0
        self._changed = self._next = clock()
        self._halved = self._held_until = float("-inf")
        self._sent: deque[float] = deque(maxlen=_MEASURED)

    def __repr__(self) -> str:
        return f"RateLimiter({self._given})"

    def reserve(self) -> float:
        """Take the next slot; how many seconds it is away."""
        with self._lock:
            now = self._clock()
            self._recover(now)
            slot = max(self._next, now - _LATE, self._held_until)
            self._next = slot + (60 / (self._full * self._share) if self._full else 0.0)
            slot = max(slot, now)
            self._sent.append(slot)
            return slot - now

    def slower(self, sent: float, wait: float = 0.0) -> None:
        """The service said it was busy.

        Args:
            sent: when the request was sent that it said so to, by ``time.monotonic``.
            wait: how many seconds it asked everybody to wait.
        """
        with self._lock:
            now = self._clock()
            self._held_until = max(self._held_until, now + wait)
            if sent < self._halved or now - self._halved < _SETTLING:
                return
            self._recover(now)
            if self._full is None:
                span = now - self._sent[0] if self._sent else 0.0
                self._full = max(60 * len(self._sent) / max(span, _SHORTEST), _UNKNOWN)
            self._share = max(self._share / 2, _LEAST)
            self._halved = self._changed = now
            # Slots given out at the old rate are used; the next one keeps the new distance.
            self._next = max(self._next, now + 60 / (self._full * self._share))

    @property
    def is_held(self) -> bool:
        """Whether the service has asked everybody to wait, and the time is not over."""
        with self._lock:
            return self._clock() < self._held_until

    @property
    def rpm(self) -> float | None:
        """Requests a minute, as of now; None where nothing bounds them."""
        with self._lock:
            self._recover(self._clock())
            return self._full * self._share if self._full else None

    def _recover(self, now: float) -> None:
        since = max(self._changed, self._held_until)  # waiting as one was told is no sign of recovery
        if now > since:
            self._share = min(1.0, self._share + (now - since) / _RECOVERY)
            self._changed = now
        if self._share >= 1.0:
            self._full = self._given
