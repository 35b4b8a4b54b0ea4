"""What a watch has seen, in bounded memory: counts of everything, the last exchanges, and one example a finding."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from conformance.http.evidence import SIMULATOR_HEADER
from conformance.protocol.exchange import Exchange
from conformance.watch.departures import Departure, departures_of, told
from conformance.watch.wire import PassedOn

__all__ = ["Example", "Noted", "Session"]

_LAST: Final = 1000
"""Exchanges whose lines are kept."""

_LONGEST: Final = 4000
"""Characters of a body that are kept of an example."""


@dataclass(frozen=True, slots=True)
class Noted:
    """An exchange in a line, and what is wrong with it."""

    number: int
    at: str
    """The time of day, UTC."""
    told: str
    left_out: str
    findings: tuple[Departure, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """The first exchange in which something was found."""

    finding: Departure
    number: int
    asked: str
    """The line of the request, and its body."""
    answered: str
    """The status and the body, line by line."""


class Session:
    """Everything that went through, so far.

    Args:
        behind: what answers: an address, or where the recordings are.
    """

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.began = datetime.now(UTC)
        self.exchanges = 0
        self.left_out = 0
        """Exchanges that could not be inspected."""
        self.simulated = 0
        """Exchanges whose answers came from a simulator."""
        self.findings: Counter[str] = Counter()
        """By the row they belong to."""
        self._examples: dict[str, Example] = {}
        self._last: deque[Noted] = deque(maxlen=_LAST)

    @property
    def last(self) -> Sequence[Noted]:
        """The last exchanges, the first of them first."""
        return tuple(self._last)

    @property
    def examples(self) -> Sequence[tuple[Example, int]]:
        """One example a row, and how often the same was found; the most frequent first."""
        return [(self._examples[feature], count) for feature, count in self.findings.most_common()]

    def add(self, seen: PassedOn) -> Noted:
        """Take one exchange in."""
        self.exchanges += 1
        self.left_out += bool(seen.left_out)
        self.simulated += SIMULATOR_HEADER in seen.exchange.headers
        findings = () if seen.left_out else tuple(departures_of(seen.exchange))
        for finding in findings:
            self.findings[finding.feature] += 1
            if finding.feature not in self._examples:
                self._examples[finding.feature] = _example(finding, self.exchanges, seen.exchange)
        noted = Noted(self.exchanges, f"{datetime.now(UTC):%H:%M:%S}", told(seen), seen.left_out, findings)
        self._last.append(noted)
        return noted


def _example(finding: Departure, number: int, exchange: Exchange) -> Example:
    asked = f"{exchange.method} {exchange.path}\n{_text(exchange.request_body)}"
    return Example(finding, number, asked, f"{exchange.status}\n{_text(exchange.body)}")


def _text(body: bytes) -> str:
    text = body[: 4 * _LONGEST].decode("utf-8", "replace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… [{len(body):,} bytes]"
