"""The two ends a case can speak to: a cassette that is replayed, or a service that is recorded.

Both are httpx2 transports given to the SDK's own client, so every request really goes through the
SDK, and nothing is patched.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from threading import Lock, Thread
from typing import Protocol

import httpx2

from conformance.http.cassette import Player
from conformance.protocol.exchange import Exchange

__all__ = ["REFUSAL_EXPECTED", "AskedOnce", "Recorder", "Replayer", "SdkTransport", "Transport"]


REFUSAL_EXPECTED = "conformance.refusal_expected"
"""The name of a request's extension: it ought to be refused, so an answer to it is what has to be confirmed."""


class Transport(Protocol):
    """Sends one request and gives the whole exchange."""

    def send(self, request: httpx2.Request) -> Exchange:
        """Ask, and wait for the whole answer."""
        ...


class Replayer:
    """Answers from a cassette; it has no way to the network at all."""

    def __init__(self, player: Player, base_path: str) -> None:
        self._player = player
        self._base_path = base_path

    def send(self, request: httpx2.Request) -> Exchange:
        """The recorded exchange, or CassetteStale."""
        return self._player.play(request.method, relative(request.url, self._base_path), request.read())


Question = tuple[str, str, bytes]
"""A request's method, address and body."""


class AskedOnce:
    """What many cases of a run ask alike: the first to ask waits for the service, all others for the first.

    One that failed is not kept: whoever comes next asks again.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[tuple[Question, int], Future[Exchange]] = {}

    def answer(self, question: Question, number: int, ask: Callable[[], Exchange]) -> Exchange:
        """The one answer to a question.

        Args:
            number: how often the case has asked it before; each time has an answer of its own.
            ask: sends it, for whoever is the first.
        """
        while True:
            with self._lock:
                future = self._asked.get((question, number))
                mine = future is None
                if future is None:
                    future = self._asked[question, number] = Future()
            if mine:
                try:
                    future.set_result(ask())
                except BaseException as failure:
                    with self._lock:
                        del self._asked[question, number]
                    future.set_exception(failure)
                    raise
            if mine or future.exception() is None:
                return future.result()


class Recorder:
    """Sends to a wire and remembers every exchange that counts, in the order in which the case looked at them.

    Args:
        asked_once: what the run's cases share; without it every request is sent, as a fresh run of a case needs it.
    """

    def __init__(self, transport: Transport, asked_once: AskedOnce | None = None) -> None:
        self._transport = transport
        self._asked_once = asked_once
        self._shares = False
        self._shared: Counter[Question] = Counter()
        self._times = 1
        self._nth: Callable[[bytes, int], bytes] = _as_it_is
        self._ahead: dict[Question, deque[Future[Exchange]]] = {}
        self._seen: list[Exchange] = []

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was exchanged; what was asked ahead and not looked at comes last, where it is whole."""
        unseen = (copy for copies in self._ahead.values() for copy in copies)
        return (*self._seen, *(copy.result() for copy in unseen if copy.exception() is None))

    def repeat(self, times: int, nth: Callable[[bytes, int], bytes] | None = None) -> None:
        """The next request will come this many times in all: all of them are sent with it.

        Args:
            nth: makes the body of the request that comes so many places after the next, from that one's body.
        """
        self._times, self._nth = times, nth or _as_it_is

    def share(self) -> None:
        """The next request is one that many cases ask: an answer that another has already is as good."""
        self._shares = self._asked_once is not None

    def send(self, request: httpx2.Request) -> Exchange:
        """The service's final answer; transient ones were waited out further down."""
        question = (request.method, str(request.url), request.read())
        shares, self._shares = self._shares, False
        if shares and self._asked_once is not None:
            number = self._shared[question]
            self._shared[question] += 1
            answer = self._asked_once.answer(question, number, lambda: self._transport.send(request))
            self._seen.append(replace(answer, shared=True))
            return answer
        times, nth = self._times, self._nth
        self.repeat(1)
        if copies := self._ahead.get(question):
            exchange = copies.popleft().result()
        else:
            for number in range(1, times):
                body = nth(request.read(), number)
                later = self._ahead.setdefault((*question[:2], body), deque())
                later.append(self._sent_ahead(request, body))
            exchange = self._transport.send(request)
        self._seen.append(exchange)
        return exchange

    def _sent_ahead(self, request: httpx2.Request, body: bytes) -> Future[Exchange]:
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"content-length"]
        copy = httpx2.Request(request.method, request.url, headers=headers, content=body)
        future: Future[Exchange] = Future()

        def ask() -> None:
            try:
                future.set_result(self._transport.send(copy))
            except BaseException as failure:  # noqa: BLE001  it is raised where the case looks at it
                future.set_exception(failure)

        # A daemon: a run that is stopped does not wait for anybody.
        Thread(target=ask, name="conformance-ahead", daemon=True).start()
        return future


class SdkTransport(httpx2.BaseTransport):
    """What the SDK's client of one case speaks through; it keeps the last exchange at hand."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.last: Exchange | None = None
        self.failure: Exception | None = None
        self.refusal_expected = False
        """Of the requests from now on."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request, as httpx2 wants it."""
        request.extensions[REFUSAL_EXPECTED] = self.refusal_expected
        try:
            self.last = exchange = self._transport.send(request)
        except Exception as failure:
            # The SDK wraps whatever a transport raises into APIConnectionError; keep the original.
            self.failure = failure
            raise
        # As bytes: the client would encode a text as ASCII, and a service's headers hold what they hold.
        headers = [(name.encode("utf-8"), value.encode("utf-8")) for name, value in exchange.headers.items()]
        return httpx2.Response(exchange.status, headers=headers, content=exchange.body)


def _as_it_is(body: bytes, _number: int) -> bytes:
    return body


def relative(url: httpx2.URL, base_path: str) -> str:
    """A URL's path and query below the endpoint's own path, so that recordings can move."""
    path = url.raw_path.decode("ascii")
    return path.removeprefix(base_path) if base_path != "/" else path
