"""The way to a real service: one request, waited out, classified, and timed as its bytes arrive.

Nothing transient leaves this module: 429, 529, gateways' 50x that go away, cut streams and dead connections are
retried, then raised as trouble. What looks like a fault of the service itself (a 500, an error inside a
200, a wrong content-type, a stream that breaks off) is looked into: it counts as the service's answer to
*this* request only where it comes every time (see ``fault_confirmation``).
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from threading import Event, Lock, Semaphore

import httpx2

from conformance.http.budget import Budget
from conformance.http.fault_confirmation import KnownFaults, SuspectedFault, failing, suspected_fault, transient
from conformance.http.keys import Credentials
from conformance.http.network import Network, Times, decoded
from conformance.http.rate_limit import RateLimiter
from conformance.http.redact import Redactor
from conformance.http.transport import REFUSAL_EXPECTED, relative
from conformance.protocol.exchange import Arrival, Exchange
from conformance.protocol.sse import looks_like_stream
from conformance.trouble import Aborted, NetworkTrouble, ServiceTrouble, Stopped, TimedOut, Unreached
from conformance.values import Json

__all__ = ["RETRY_POLICY", "LiveTransport", "RetryPolicy"]

_MAX_BODY = 8_000_000
"""Bytes of an answer, decompressed. The longest that is asked for has a few hundred thousand."""

_MAX_ARRIVALS = 40
"""Points kept of a stream's arrival curve: enough to see it stream, few enough to read."""

_LOOKS = 6
"""How often a request is asked once more whose refusal went away."""

_TOO_MANY = 2
"""Refusals among those with which it comes and goes: at one stray refusal in ten requests they are as many in 11 of
100 cases, which end as inconclusive; where one of two replicas refuses, in 89 of 100."""

_PROBES = 2

_WELCOMES = 6
"""How often a plain request must be refused for its key before the run ends: a gateway may swap two replies."""

_BUSY = (429, 529)

_NO_WAY = (502, 503)
"""What gateways say where nothing behind them takes a request. 504 is a timeout, and 529 is busy: that is trouble."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long trouble is waited out; all times in seconds."""

    retries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    longest_asked: float = 120.0
    """The longest retry-after that is waited for; services that bound a minute ask for up to 60 s."""
    in_all: float = 600.0
    """After so long on one request it is not tried again."""
    times: Times = field(default_factory=Times)
    confirmations: int = 10
    """How often a 500 must come back, alternating with a success of a plain request.

    A service that fails at random with rate p passes for a refusal with (p(1-p))^10 <= 0.25^10.
    """
    repeats: int = 20
    """How often a fault that plain requests may show as well (a wrong content-type, a stream that breaks off)
    must come back: at random with rate p it would with p^20."""
    hopeless: int = 8
    """Requests in a row that were given up, with no good answer to any other, after which the service is gone."""


RETRY_POLICY = RetryPolicy()


class LiveTransport:
    """Sends requests over one shared connection pool; safe to use from many threads.

    Args:
        places: how many requests may be in flight at once.
    """

    def __init__(
        self,
        base_path: str,
        redactor: Redactor,
        *,
        retry_policy: RetryPolicy = RETRY_POLICY,
        ordinary: Credentials | None = None,
        probe_request: Callable[[Json], httpx2.Request] | None = None,
        places: int = 64,
        rate_limiter: RateLimiter | None = None,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._base_path = base_path
        self._redactor = redactor
        self._retry_policy = retry_policy
        self._ordinary = ordinary
        self._probe_request = probe_request
        self._halted = Event()
        self._network = Network(places, retry_policy.times, self._halted)
        self._places = Semaphore(places)
        self._rate_limiter = rate_limiter or RateLimiter(None)
        self._budget = budget or Budget()
        self._known_faults = KnownFaults()
        self._passed: Counter[str] = Counter()
        self._passed_lock = Lock()
        self._health = _Health(retry_policy.hopeless)
        self._clock = clock

    def __repr__(self) -> str:
        return "LiveWire()"

    @property
    def passed(self) -> Mapping[str, int]:
        """What came and went, in words, and how often: it was asked again for, and is on no recording."""
        with self._passed_lock:
            return dict(self._passed.most_common())

    def _note_passing(self, words: str) -> None:
        with self._passed_lock:
            self._passed[self._redactor.text(words)] += 1

    @property
    def is_halted(self) -> bool:
        """Whether the run was stopped."""
        return self._halted.is_set()

    def halt(self) -> None:
        """Send nothing more; whoever is still waiting for an answer gives up at once."""
        self._halted.set()

    def close(self) -> None:
        """Halt, and let go of the connections."""
        self.halt()
        self._network.close()

    def _pause(self, seconds: float) -> None:
        if self._halted.wait(seconds):
            raise Stopped("the run was stopped")

    def probe(self, request: httpx2.Request) -> Exchange:
        """An answer of any kind, refusals of the key among them, once trouble has been waited out.

        What cannot be reached at the very start, or says nothing, is seldom worth a long wait: it is a wrong
        address. Where something has answered, it is waited for as ever.
        """
        return self._with_retries(request, unreached=min(_PROBES, self._retry_policy.retries))

    def send(self, request: httpx2.Request, *, repeats: int = 1) -> Exchange:
        """The service's own answer.

        Args:
            request: with the extension ``REFUSAL_EXPECTED`` where it ought to be refused.
            repeats: how often what decides must come again: a refusal, or an answer where one is expected.

        Raises:
            NetworkTrouble: it could not be reached, or never answered whole.
            ServiceTrouble: it stayed busy, or failed in a way that says nothing of the request.
            Aborted: it refuses the key the whole run depends on.
            Stopped: the run ends early: it was stopped, the budget is used up, the service is gone.
        """
        try:
            exchange = self._with_retries(request)
        except (NetworkTrouble, ServiceTrouble) as trouble:
            self._health.given_up(trouble)
            raise
        self._health.well()
        if exchange.status in (401, 403) and self._ordinary is not None and self._ordinary.on(request):
            self._still_welcome(request, exchange)
        if exchange.ok and request.extensions.get(REFUSAL_EXPECTED):
            return self._let_in(request, exchange, repeats)
        return self._repeated(request, exchange, repeats) if 400 <= exchange.status < 500 else exchange

    def _let_in(self, request: httpx2.Request, answer: Exchange, repeats: int) -> Exchange:
        """The answer to what ought to be refused, where it is answered again; the refusal, where it was a passing one.

        Some gateways say in the form of a reply that the service cannot be reached.

        Raises:
            ServiceTrouble: it is taken now and then.
        """
        for _ in range(repeats):
            again = self._with_retries(request)
            if not again.ok:
                break
        else:
            return answer
        taken = sum(self._with_retries(request).ok for _ in range(_LOOKS))
        if taken >= _TOO_MANY:
            words = f"the service took it {taken + 1} times of {_LOOKS + 2}"
            raise ServiceTrouble(f"{words}, and refused it with {again.status} in between")
        return self._repeated(request, again, repeats) if again.status < 500 else again

    def _repeated(self, request: httpx2.Request, refused: Exchange, repeats: int) -> Exchange:
        """A refusal, where the same request is refused again; what came in its place, where it was a passing one.

        A stray 400 hits any request; a replica that refuses a parameter hits this one again and again. So where a
        refusal goes away the same is asked some more.

        Raises:
            ServiceTrouble: it is refused now and then.
        """
        came = 0
        for _ in range(repeats + _LOOKS):
            again = self._with_retries(request)
            if again.status >= 500:
                words = f"the service refused it with {refused.status}, and then failed with {again.status}"
                raise ServiceTrouble(words)
            if again.ok:
                return self._taken(request, refused, again)
            # A stray refusal may come before the one that is about the request: the one that comes again counts.
            came = came + 1 if _kind(again) == _kind(refused) else 0
            if came == repeats:
                return again
            refused = again
        raise ServiceTrouble(f"the service refused it with {refused.status}, and every time for another reason")

    def _taken(self, request: httpx2.Request, refused: Exchange, taken: Exchange) -> Exchange:
        refusals = sum(not self._with_retries(request).ok for _ in range(_LOOKS))
        if refusals >= _TOO_MANY:
            words = f"the service refused it with {refused.status} {refusals + 1} times of {_LOOKS + 2}"
            raise ServiceTrouble(f"{words}, and took it in between")
        return taken

    def _with_retries(self, request: httpx2.Request, *, unreached: int | None = None) -> Exchange:
        retry_policy, wait = self._retry_policy, self._retry_policy.first_wait
        trouble: NetworkTrouble | ServiceTrouble
        last: Exchange | None = None
        statuses: set[int] = set()  # 0 where there was none
        began, attempt = time.monotonic(), 0
        while True:
            attempt += 1
            asked_for: float | None = None
            retries = retry_policy.retries
            sent = time.monotonic()
            try:
                exchange = self._once(request)
                reason = transient(exchange)
                if reason is None:
                    suspicion = suspected_fault(exchange)
                    return exchange if suspicion is None else self._confirmed(request, exchange, suspicion)
                trouble, last = ServiceTrouble(reason), exchange
                statuses.add(exchange.status)
                asked_for = retry_after(exchange)
                if exchange.status in _BUSY:
                    self._rate_limiter.slower(sent, min(asked_for or 0.0, retry_policy.longest_asked))
            # Without their tracebacks: those would keep the frames, and with them answers of megabytes.
            except ServiceTrouble as error:
                trouble = error.with_traceback(None)
                statuses.add(0)
            except NetworkTrouble as error:
                trouble = error.with_traceback(None)
                statuses.add(0)
                if unreached is not None and isinstance(error, Unreached | TimedOut):
                    retries = unreached
            if asked_for is not None and asked_for > retry_policy.longest_asked:
                raise type(trouble)(f"{trouble}, and asks to be left alone for {asked_for:.0f} s")
            if attempt > retries or time.monotonic() - began > retry_policy.in_all:
                if last is not None and last.status in _NO_WAY and statuses == {last.status}:
                    # What fails every time, while plain requests are answered in between, is about this request.
                    return self._confirmed(request, last, failing(last))
                raise type(trouble)(f"{trouble} ({attempt} {'tries' if attempt > 1 else 'try'})")
            self._note_passing(str(trouble))
            # Jitter, or those that were refused together would come back together.
            pause = wait * random.uniform(0.5, 1.0) if asked_for is None else asked_for * random.uniform(1.0, 1.1)  # noqa: S311
            self._pause(min(pause, retry_policy.longest_wait) if asked_for is None else pause)
            wait *= 2

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the places in flight, and a slot of the rate limit."""
        while not self._places.acquire(timeout=0.25):
            self._pause(0)
        try:
            self._pause(self._rate_limiter.reserve())
            if self._rate_limiter.is_held:
                self._pause(self._rate_limiter.reserve())
            self._health.check()
            yield
        finally:
            self._places.release()

    def _once(self, request: httpx2.Request) -> Exchange:
        if self._halted.is_set():
            raise Stopped("the run was stopped")
        with self._place():
            sent = request.read()
            asked = Exchange(request.method, request.url.path, {}, sent, 0, {}, b"")
            body = asked.request if asked.is_messages and isinstance(asked.request, dict) else {}
            ticket = self._budget.enter(body.get("model"), sent, body.get("max_tokens"), self._halted)
            exchange, reached = None, True
            try:
                exchange = self._exchange(request)
            except Unreached:
                reached = False
                raise
            finally:
                self._budget.leave(ticket, exchange, sent=reached)
        return exchange

    def _exchange(self, request: httpx2.Request) -> Exchange:
        started = self._clock()
        body = bytearray()
        arrivals: list[Arrival] = []
        torn = False
        try:
            with self._network.ask(request) as answer:
                try:
                    for piece in decoded(answer.pieces, answer.headers.get("content-encoding", ""), _MAX_BODY):
                        if not piece:
                            continue
                        body += piece
                        arrivals.append(Arrival(round((self._clock() - started) * 1000, 1), len(body)))
                except TimedOut:
                    raise
                except NetworkTrouble:
                    # What there is of a stream can tell whether it breaks off every time.
                    torn = answer.status == 200 and looks_like_stream(bytes(body))
                    if not torn:
                        raise
        except NetworkTrouble as trouble:
            raise type(trouble)(self._redactor.text(str(trouble))) from None
        except RuntimeError as error:
            # A pool that was closed in the middle of an answer complains like this.
            if self._halted.is_set():
                raise Stopped("the run was stopped") from None
            raise error from None
        is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
        request_headers = {name.lower(): value for name, value in request.headers.items()}
        return Exchange(
            method=request.method,
            path=relative(request.url, self._base_path),
            request_headers=self._redactor.request_headers(request_headers),
            request_body=self._redactor.data(request.read()),
            status=answer.status,
            headers=self._redactor.response_headers(answer.headers),
            body=self._without_secrets(bytes(body)),
            elapsed_ms=round((self._clock() - started) * 1000, 1),
            arrivals=_thinned(arrivals) if is_stream else (),
            torn=torn,
        )

    def _without_secrets(self, body: bytes) -> bytes:
        """An answer without the secrets.

        Raises:
            ServiceTrouble: they cannot be taken out and leave the rest as it was. Then it tells nothing.
        """
        kept = self._redactor.data(body)
        if kept is not body and _readable(kept) != _readable(body):
            raise ServiceTrouble("the answer repeats the key where it cannot be taken out, and is not kept")
        return kept

    def _plain(self, exchange: Exchange) -> Exchange | None:
        if self._probe_request is None or not isinstance(exchange.request, dict):
            return None
        try:
            return self._once(self._probe_request(exchange.request.get("model")))
        except (NetworkTrouble, ServiceTrouble):
            return None

    def _still_welcome(self, request: httpx2.Request, refused: Exchange) -> None:
        for _ in range(_WELCOMES):
            plain = self._plain(refused)
            if plain is not None and plain.status not in (401, 403):
                break
        else:
            raise Aborted(f"the service refuses the key: {refused.status} at {request.url.host}")

    def _confirmed(self, request: httpx2.Request, suspect: Exchange, suspicion: SuspectedFault) -> Exchange:
        """The service's own answer, where a fault is suspected: the same fault every time, or a good one.

        Raises:
            ServiceTrouble: it comes and goes, or comes with a plain request too.
        """
        if self._known_faults.is_known(suspicion):
            return suspect
        rounds = self._retry_policy.confirmations if suspicion.is_controlled else self._retry_policy.repeats
        for number in range(rounds):
            self._pause(min(0.05 * number, 0.3))
            if suspicion.is_controlled or number == rounds - 1:
                # Twice at first: where every other answer fails, or every third, the rhythm must not be ours.
                for _ in range(1 if number else 2):
                    self._compare(suspect, suspicion)
            try:
                again = self._once(request)
            except (NetworkTrouble, ServiceTrouble) as error:
                raise ServiceTrouble(f"{suspicion.words}, then {error}") from None
            is_same_failure = suspect.status >= 500 and again.status == suspect.status
            if not is_same_failure and (reason := transient(again)) is not None:
                raise ServiceTrouble(f"{suspicion.words}, then {reason}")
            second = suspected_fault(again)
            if second is None:
                self._known_faults.denied(suspicion)
                self._note_passing(suspicion.words)
                return again
            if second.kind != suspicion.kind:
                raise ServiceTrouble(f"{suspicion.words}, then {second.words}")
        self._known_faults.confirmed(suspicion)
        return suspect

    def _compare(self, suspect: Exchange, suspicion: SuspectedFault) -> None:
        plain = self._plain(suspect)
        sick = plain is None or transient(plain) is not None
        if plain is not None and suspicion.is_controlled:
            # A plain request that is refused in earnest is no sign of sickness.
            sick = sick or suspected_fault(plain) is not None
        if sick:
            raise ServiceTrouble(f"{suspicion.words}, and with a plain request too")


class _Health:
    """Notices when a service is gone, so that nobody waits for hours."""

    def __init__(self, hopeless: int) -> None:
        self._hopeless = hopeless
        self._lock = Lock()
        self._in_a_row = 0
        self._gone = ""

    def well(self) -> None:
        with self._lock:
            self._in_a_row = 0

    def given_up(self, trouble: NetworkTrouble | ServiceTrouble) -> None:
        with self._lock:
            # Timeouts are long already: a few will do.
            self._in_a_row += 4 if isinstance(trouble, TimedOut) else 1
            if self._in_a_row >= self._hopeless and not self._gone:
                self._gone = f"the service is gone, nothing gets an answer any more: {trouble}"

    def check(self) -> None:
        if self._gone:
            raise Stopped(self._gone)


def _kind(refusal: Exchange) -> tuple[int, Json]:
    error = refusal.error
    return refusal.status, error.get("type") if isinstance(error, dict) else None


def _readable(body: bytes) -> list[bool]:
    """Of every event of a stream, or of the one body, whether it is JSON."""
    exchange = Exchange("", "", {}, b"", 0, {}, body)
    return [event.json is not None for event in exchange.events] if exchange.is_stream else [exchange.json is not None]


def retry_after(exchange: Exchange) -> float | None:
    """How many seconds an answer asks to wait: a number, or a date; None where it says nothing sensible."""
    given = exchange.headers.get("retry-after", "").strip()
    try:
        seconds = float(given)
    except ValueError:
        try:
            date = parsedate_to_datetime(given)
            seconds = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        # A year of eleven digits, an hour of 99, an offset of months: each fails in a way of its own.
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return max(0.0, seconds) if isfinite(seconds) else None


def _thinned(arrivals: Sequence[Arrival]) -> tuple[Arrival, ...]:
    """What is recorded of them. A live run judges by the same, or its replay could come to ask something else."""
    if len(arrivals) <= _MAX_ARRIVALS:
        return tuple(arrivals)
    step = (len(arrivals) - 1) / (_MAX_ARRIVALS - 1)
    return tuple(arrivals[round(index * step)] for index in range(_MAX_ARRIVALS))
