"""Cassettes for the reports of the tests: said in a line, written for good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from conformance.http.cassette import Cassette, Provenance
from conformance.protocol.exchange import Arrival, Exchange
from conformance.values import Source


def exchange(
    request: str, answer: str, *, status: int = 200, arrivals: Iterable[tuple[float, int]] = (), ms: float = 12.0
) -> Exchange:
    """A request to the Messages endpoint, and its answer."""
    sent = {"authorization": "Bearer [redacted]", "content-type": "application/json"}
    came = {"content-type": "application/json", "x-conformance-simulator": "documented"}
    points = tuple(Arrival(at, size) for at, size in arrivals)
    return Exchange("POST", "/v1/messages", sent, request.encode(), status, came, answer.encode(), ms, points)


def recorded(directory: Path, case: dict[str, Any], exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """A case with its recording written below a directory."""
    provenance = Provenance(Source.SIMULATOR, "http://127.0.0.1:8080", "2026-11-23T11:00:00Z", "anthropic", "0")
    Cassette(directory / case["cassette"], tuple(exchanges), provenance).save()
    return case | {"requests": len(exchanges)}
