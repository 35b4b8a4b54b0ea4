"""What an answer says of itself: trouble that will pass, a fault that may be the service's own, or neither."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from threading import Lock

from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply

__all__ = ["KnownFaults", "SuspectedFault", "failing", "suspected_fault", "transient"]

_WAIT_STATUSES = frozenset({408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_WAIT_ERRORS = frozenset({"rate_limit_error", "overloaded_error", "api_error", "timeout_error"})

_ENOUGH = 3
"""Times a fault must have been confirmed, and never denied, to be a habit of the service."""


@dataclass(frozen=True, slots=True)
class SuspectedFault:
    """A fault of an answer that may be the service's own, or may come and go."""

    kind: str
    words: str
    is_controlled: bool = False
    """Whether a plain request is free of it, on a service that is well."""
    can_be_habit: bool = True
    """Whether it says something of the answers to other requests, where it came every time to some."""


def transient(exchange: Exchange) -> str | None:  # noqa: PLR0911  one return a reason
    """Why an answer says nothing of the request, or None where it may be the service's own."""
    status = exchange.status
    if status in _WAIT_STATUSES:
        return f"the service answered {status}"
    if 300 <= status < 400:
        return f"the service redirects ({status}) to {exchange.headers.get('location', 'nowhere')}"
    if status == 402:
        return "the account has no balance (402)"
    if not 200 <= status < 300:
        return None
    kind = exchange.error.get("type") if isinstance(exchange.error, dict) else None
    if isinstance(kind, str) and kind in _WAIT_ERRORS:
        return f"the service failed inside a {status}: {kind}"
    if not (exchange.is_stream or isinstance(exchange.json, dict) or exchange.is_blank or _is_garbled(exchange)):
        return f"a {status} whose body is not a JSON object ({exchange.content_type or 'no content-type'})"
    if exchange.is_messages and (words := _trouble_in_words(exchange)):
        return f"the service said in a {status}: {words!r}"
    return None


_SHORT = 200
"""Characters of a text that may be a gateway's, in the place of the model's."""

_BUSY_WORDS = re.compile(
    r"rate[ _-]?limit|too many requests|(request|usage|token) limit|quota|overloaded|temporarily unavailable"
    r"|(server|service|system) (is |was )?(too )?(busy|unavailable)"
    r"|(please|and) (re)?try( again)?\b|try again (later|in)\b"
    r"|过于频繁|请求频率|限流|稍[后候]再?[重试]|繁忙|配额|超出.{0,6}限制",
    re.IGNORECASE,
)


def _trouble_in_words(exchange: Exchange) -> str:
    """What an answer says in the place of a model where it has the form of a reply; empty where it is one.

    Some gateways tell a rate limit as a text. Whoever asks again gets the reply: a model that only spoke of limits
    says so again, and its case is inconclusive.
    """
    said = Reply(exchange).text.strip()
    return said[:80] if len(said) <= _SHORT and _BUSY_WORDS.search(said) else ""


def failing(exchange: Exchange) -> SuspectedFault:
    """A status of a server's failure: a 500 at once; a gateway's 502 or 503 where waiting has not helped."""
    words = f"the service failed with {exchange.status}"
    return SuspectedFault(f"{exchange.status}", words, is_controlled=True, can_be_habit=False)


def suspected_fault(exchange: Exchange) -> SuspectedFault | None:  # noqa: PLR0911  one return a fault
    """What has to be asked again before it is believed; None where an answer can be taken as it is."""
    if exchange.status >= 500:
        return failing(exchange)
    if exchange.is_blank:
        words = f"the service answered {exchange.status} with nothing of a message"
        return SuspectedFault("blank", words, is_controlled=True, can_be_habit=False)
    if _is_garbled(exchange):
        return SuspectedFault("garbled body", f"the JSON of a {exchange.status} breaks off")
    if not 200 <= exchange.status < 300:
        return None
    if exchange.error is not None:
        return SuspectedFault(
            "disguise", f"the service answered {exchange.status} with an error inside", is_controlled=True
        )
    if any(event.data.startswith("{") and event.json is None for event in exchange.events):
        return SuspectedFault("garbled", "the stream has an event whose data is not JSON")
    if exchange.breaks_off:
        return SuspectedFault("cut", "the stream ended before the message did")
    if exchange.is_stream and not any(event.type == "message_stop" for event in exchange.events):
        return SuspectedFault("endless", "the stream ended without message_stop")
    expected = "text/event-stream" if exchange.is_stream else "application/json"
    if exchange.is_messages and exchange.content_type != expected:
        named = exchange.content_type[:60] or "nothing"
        return SuspectedFault(f"called {expected}", f"the answer is {expected} and was called {named}")
    return None


def _is_garbled(exchange: Exchange) -> bool:
    """Whether a body begins as JSON and does not parse: it breaks off, mostly."""
    return exchange.json is None and not exchange.is_stream and exchange.body.lstrip().startswith(b"{")


class KnownFaults:
    """Faults that this service has shown to be its own: they need no confirming any more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._confirmed: Counter[str] = Counter()
        self._denied: set[str] = set()

    def is_known(self, suspicion: SuspectedFault) -> bool:
        """Whether a fault was confirmed often enough, and never came and went."""
        # A 500, or a blank, is an answer to one request: of the next it says nothing.
        return (
            suspicion.can_be_habit and self._confirmed[suspicion.kind] >= _ENOUGH and suspicion.kind not in self._denied
        )

    def confirmed(self, suspicion: SuspectedFault) -> None:
        """It came every time it was asked for."""
        with self._lock:
            self._confirmed[suspicion.kind] += 1

    def denied(self, suspicion: SuspectedFault) -> None:
        """The same request was answered without it."""
        with self._lock:
            self._denied.add(suspicion.kind)
