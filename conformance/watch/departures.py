"""What an exchange shows: the inspections that those of the suite's own go through, one exchange at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.cases import CASES, Inspection
from conformance.cases.endpoint import outcome
from conformance.plain_text import plain
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour
from conformance.watch.wire import PassedOn

__all__ = ["Departure", "departures_of", "told"]


@dataclass(frozen=True, slots=True)
class Departure:
    """A departure from what is documented, and the row it belongs to."""

    feature: str
    words: str

    def __str__(self) -> str:
        return f"{self.feature}: {plain(self.words)}"


def departures_of(exchange: Exchange) -> Iterator[Departure]:
    """What is wrong with one answer; nothing is said of a service that one exchange cannot show."""
    for feature, cases in CASES.items():
        for case in cases:
            if not isinstance(case, Inspection):
                continue
            try:
                found = case.look([exchange])
            except (Inconclusive, NotApplicable):
                continue
            if found.behaviour is Behaviour.IGNORED:
                yield Departure(feature, found.summary.partition("the first: ")[2] or found.summary)


def told(seen: PassedOn) -> str:
    """One exchange in a line: what was asked, and what came of it."""
    exchange = seen.exchange
    asked = f"{exchange.method} {exchange.path}"
    if isinstance(exchange.request, dict):
        parts = [str(exchange.request.get("model") or ""), f"{len(exchange.request_body):,} bytes"]
        parts += [f"{len(exchange.request[name])} {name}" for name in ("messages", "tools") if _has(exchange, name)]
        parts += ["streamed"] if exchange.wants_stream else []
        asked += f" ({', '.join(filter(None, parts))})"
    came = outcome(Reply(exchange)) if exchange.is_messages and not seen.left_out else str(exchange.status)
    first = "" if seen.first_ms is None else f", first byte after {seen.first_ms:.0f} ms"
    return plain(f"{asked} -> {came}{first}, {exchange.elapsed_ms:.0f} ms in all")


def _has(exchange: Exchange, name: str) -> bool:
    return isinstance(exchange.request, dict) and isinstance(exchange.request.get(name), list)
