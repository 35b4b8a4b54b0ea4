"""The way to a real service: one request, waited out, classified, and timed as its bytes arrive.

Nothing transient leaves this module: 429, 529, gateways' 50x, cut streams and dead connections are
retried, then raised as trouble. A 500 is looked into: it counts as the service's answer to *this*
request only where it comes every time while a plain request in between succeeds every time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import httpx2

from conformance.record.redact import Redactor
from conformance.record.transport import relative
from conformance.trouble import Aborted, NetworkTrouble, ServiceTrouble
from conformance.values import Json
from conformance.wire.exchange import Arrival, Exchange

__all__ = ["PATIENCE", "Credentials", "LiveWire", "Patience"]

_WAIT_STATUSES = frozenset({408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_WAIT_ERRORS = frozenset({"rate_limit_error", "overloaded_error", "api_error", "timeout_error"})
_MAX_BODY = 20_000_000
_PROBES = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long trouble is waited out; all times in seconds."""

    retries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    connect: float = 10.0
    read: float = 120.0
    whole: float = 600.0
    confirmations: int = 8
    """How often a 500 must come back, alternating with a success of a plain request.

    A service that fails at random with rate p passes for a refusal with (p(1-p))^8 <= 0.25^8.
    """


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key and the header it travels in."""

    header: str
    value: str

    def __repr__(self) -> str:
        return f"Credentials({self.header})"

    def on(self, request: httpx2.Request) -> bool:
        """Whether a request carries exactly these."""
        return request.headers.get(self.header) == self.value


class LiveWire:
    """Sends requests over one shared connection pool; safe to use from many threads."""

    def __init__(
        self,
        pool: httpx2.BaseTransport,
        base_path: str,
        redactor: Redactor,
        *,
        patience: Patience = PATIENCE,
        ordinary: Credentials | None = None,
        canary: Callable[[Json], httpx2.Request] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._pool = pool
        self._base_path = base_path
        self._redactor = redactor
        self._patience = patience
        self._ordinary = ordinary
        self._canary = canary
        self._halted = Event()
        self._clock = clock

    def __repr__(self) -> str:
        return "LiveWire()"

    def close(self) -> None:
        """Let go of the connections; whoever is still waiting for an answer gives up at once."""
        self._halted.set()
        self._pool.close()

    def _pause(self, seconds: float) -> None:
        if self._halted.wait(seconds):
            raise Aborted("the run was stopped")

    def probe(self, request: httpx2.Request) -> Exchange:
        """An answer of any kind, refusals of the key among them, once trouble has been waited out.

        What cannot be reached at the very start is seldom worth a long wait: it is a wrong address.
        """
        return self._patiently(request, unreached=min(_PROBES, self._patience.retries))

    def send(self, request: httpx2.Request) -> Exchange:
        """The service's own answer.

        Raises:
            NetworkTrouble: it could not be reached, or never answered whole.
            ServiceTrouble: it stayed busy, or failed in a way that says nothing of the request.
            Aborted: it refuses the key the whole run depends on.
        """
        exchange = self._patiently(request)
        if exchange.status in (401, 403) and self._ordinary is not None and self._ordinary.on(request):
            self._still_welcome(request, exchange)
        if exchange.status >= 500:
            self._confirm(request, exchange)
        return exchange

    def _patiently(self, request: httpx2.Request, *, unreached: int | None = None) -> Exchange:
        patience, wait = self._patience, self._patience.first_wait
        trouble: NetworkTrouble | ServiceTrouble
        attempt = 0
        while True:
            attempt += 1
            asked_for: float | None = None
            retries = patience.retries
            try:
                exchange = self._once(request)
            except NetworkTrouble as error:
                trouble = error
                retries = retries if unreached is None else unreached
            else:
                reason = _transient(exchange)
                if reason is None:
                    return exchange
                trouble = ServiceTrouble(reason)
                asked_for = _retry_after(exchange)
            if attempt > retries:
                raise type(trouble)(f"{trouble} ({attempt} tries)")
            pause = wait * random.uniform(0.5, 1.0) if asked_for is None else asked_for  # noqa: S311  jitter
            self._pause(min(pause, patience.longest_wait))
            wait *= 2

    def _once(self, request: httpx2.Request) -> Exchange:
        if self._halted.is_set():
            raise Aborted("the run was stopped")
        started = self._clock()
        body = bytearray()
        arrivals: list[Arrival] = []
        patience = self._patience
        request.extensions["timeout"] = {
            "connect": patience.connect,
            "read": patience.read,
            "write": patience.read,
            "pool": patience.whole,
        }
        try:
            response = self._pool.handle_request(request)
            try:
                for chunk in response.iter_bytes():
                    elapsed = self._clock() - started
                    body += chunk
                    arrivals.append(Arrival(round(elapsed * 1000, 1), len(body)))
                    if len(body) > _MAX_BODY:
                        raise ServiceTrouble(f"the answer is larger than {_MAX_BODY} bytes")
                    if elapsed > patience.whole:
                        raise NetworkTrouble(f"the answer took longer than {patience.whole:g} s")
            finally:
                response.close()
        except (httpx2.HTTPError, RuntimeError) as error:
            # A pool that was closed in the middle of an answer complains in either way.
            if self._halted.is_set():
                raise Aborted("the run was stopped") from None
            if isinstance(error, RuntimeError):
                raise
            raise NetworkTrouble(self._redactor.text(_words(error))) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        is_stream = headers.get("content-type", "").startswith("text/event-stream")
        request_headers = {name.lower(): value for name, value in request.headers.items()}
        return Exchange(
            method=request.method,
            path=relative(request.url, self._base_path),
            request_headers=self._redactor.request_headers(request_headers),
            request_body=self._redactor.data(request.read()),
            status=response.status_code,
            headers=self._redactor.response_headers(headers),
            body=self._redactor.data(bytes(body)),
            elapsed_ms=round((self._clock() - started) * 1000, 1),
            arrivals=tuple(arrivals) if is_stream else (),
        )

    def _plain(self, exchange: Exchange) -> Exchange | None:
        if self._canary is None or not isinstance(exchange.request, dict):
            return None
        try:
            return self._once(self._canary(exchange.request.get("model")))
        except NetworkTrouble:
            return None

    def _still_welcome(self, request: httpx2.Request, refused: Exchange) -> None:
        plain = self._plain(refused)
        if plain is None or plain.status in (401, 403):
            raise Aborted(f"the service refuses the key: {refused.status} at {request.url.host}")

    def _confirm(self, request: httpx2.Request, failed: Exchange) -> None:
        """Raise ServiceTrouble unless this status comes every time, and only with this request."""
        what = f"the service failed with {failed.status}"
        for number in range(self._patience.confirmations):
            self._pause(min(0.05 * number, 0.3))
            # Twice at first: where every other answer fails, or every third, the rhythm must not be ours.
            for _ in range(1 if number else 2):
                plain = self._plain(failed)
                if plain is None or plain.status >= 500:
                    raise ServiceTrouble(f"{what}, and with a plain request too")
            try:
                again = self._once(request)
            except NetworkTrouble as error:
                raise ServiceTrouble(f"{what}, then {error}") from None
            if again.status != failed.status:
                raise ServiceTrouble(f"{what}, then answered {again.status}")


def _transient(exchange: Exchange) -> str | None:  # noqa: PLR0911  one return a reason
    """Why an answer says nothing of the request, or None where it is the service's own."""
    status = exchange.status
    if status in _WAIT_STATUSES:
        return f"the service answered {status}"
    if 300 <= status < 400:
        return f"the service redirects ({status}) to {exchange.headers.get('location', 'nowhere')}"
    if status == 402:
        return "the account has no balance (402)"
    if not 200 <= status < 300:
        return None
    if isinstance(exchange.error, dict) and exchange.error.get("type") in _WAIT_ERRORS:
        return f"the service failed inside a {status}: {exchange.error.get('type')}"
    if exchange.is_stream:
        ended = any(event.type in ("message_delta", "message_stop", "error") for event in exchange.events)
        return None if ended else "the stream ended before the message did"
    if not isinstance(exchange.json, dict):
        return f"a {status} whose body is not a JSON object ({exchange.content_type or 'no content-type'})"
    return None


def _retry_after(exchange: Exchange) -> float | None:
    try:
        return max(0.0, float(exchange.headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _words(error: httpx2.HTTPError) -> str:
    return " ".join(str(error).split()) or type(error).__name__
