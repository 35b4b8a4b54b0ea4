"""What a live run will ask, before anything is asked: from earlier recordings, or from a run against nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2

from conformance.cases import Case, Experiment, Inspection
from conformance.cases.endpoint import REPLAY_KEY, Endpoint, ModelUnderTest, credentials, open_client
from conformance.http.budget import cost_of, tokens_of
from conformance.http.cassette import Cassette
from conformance.http.transport import AskedOnce, Recorder
from conformance.matrix import Matrix, Price
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.run.plan import Planned
from conformance.trouble import CassetteDamaged, CassetteMissing
from conformance.values import Json, Source

__all__ = ["Basis", "Estimator", "Need"]

_BYTES_A_TOKEN = 3.5
"""Bytes of JSON to a token, in the recordings there are; only used where nothing was recorded."""

_SOURCES = {
    Source.LIVE: "recordings of the service",
    Source.LOCAL: "recordings of a service on a local machine",
    Source.SIMULATOR: "recordings of the simulator, which writes less than a model",
}

_REQUEST = "\n- request:\n"
"""How every exchange begins in a cassette's file."""

_SHARED = "\n    shared: true\n"
"""How one ends that was asked for other cases as well."""

Basis = str
"""What a figure rests on, in words: recordings (whose, and of which model) or a dry run."""

DRY = "a dry run: every reply counted as long as it may be"


@dataclass(frozen=True, slots=True)
class Need:
    """What one case, or many, will ask."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    """USD; None where a price is unknown."""
    basis: Basis = ""

    def __add__(self, other: Need) -> Need:
        return Need(
            self.requests + other.requests,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            None if self.cost is None or other.cost is None else self.cost + other.cost,
            self.basis,
        )


class Estimator:
    """Looks each case up in its recording, else in that of another model, else tries it dry."""

    def __init__(self, matrix: Matrix, cassettes: Path) -> None:
        self._target = matrix.target
        self._directory = cassettes
        self._models = [model.name for model in matrix.models]
        self._prices = {model.name: model.price for model in matrix.models if model.price}
        self._payers: dict[tuple[str, int], tuple[str, str, str]] = {}
        """What cases share, and the case in whose need it is counted."""

    def requests(self, planned: Planned) -> int:
        """How many requests a case is going to need."""
        for _, path in self._recordings(planned):
            try:
                text = path.read_text("utf-8")
                return max(1, text.count(_REQUEST) - text.count(_SHARED))
            except (OSError, ValueError):
                continue
        return max(1, sum(not exchange.shared for exchange in self._tried(planned)))

    def need(self, planned: Planned) -> Need:
        """All that a case is going to need; what cases share is the need of the first that was looked up."""
        if not planned.asks:
            return Need()
        price = self._prices.get(planned.model)
        for model, path in self._recordings(planned):
            try:
                cassette = Cassette.load(path)
            except (CassetteMissing, CassetteDamaged):
                continue
            basis = _SOURCES[cassette.provenance.source]
            mine = self._own(planned, cassette.exchanges)
            return _need(mine, price, basis if model == planned.model else f"{basis}, of {model}")
        return _need(self._own(planned, self._tried(planned)), price, DRY)

    def _own(self, planned: Planned, exchanges: Iterable[Exchange]) -> list[Exchange]:
        """The exchanges without those that are another case's need already."""
        own: list[Exchange] = []
        met: Counter[str] = Counter()
        for exchange in exchanges:
            if exchange.shared:
                asked = exchange.request if isinstance(exchange.request, dict) else {}
                question = json.dumps({**asked, "model": planned.model}, sort_keys=True)
                met[question] += 1
                if self._payers.setdefault((question, met[question]), planned.slug) != planned.slug:
                    continue
            own.append(exchange)
        return own

    def _recordings(self, planned: Planned) -> Iterable[tuple[str, Path]]:
        """The case's own recording, then those of the target's other models."""
        for model in dict.fromkeys((planned.model, *self._models)):
            yield model, self._directory / replace(planned, model=model).cassette(self._target.name)

    def _tried(self, planned: Planned) -> tuple[Exchange, ...]:
        told = planned.target.auth, repr(sorted(planned.target.details.items()))
        alike = self._target.name, planned.claim.feature, planned.case, *told
        if alike not in _DRY_RUNS:
            match planned.case:
                case Experiment() as experiment:
                    _DRY_RUNS[alike] = _dry_run(experiment, planned.target, self._target.endpoint)
                case Inspection():
                    _DRY_RUNS[alike] = ()
        return _DRY_RUNS[alike]


_DRY_RUNS: dict[tuple[Case | str, ...], tuple[Exchange, ...]] = {}
"""What came of them in this process, by target, feature, case, and what the case is told of its model."""


def _need(exchanges: Iterable[Exchange], price: Price | None, basis: Basis) -> Need:
    total = Need(basis=basis, cost=0.0 if price else None)
    for exchange in exchanges:
        reply = Reply(exchange)
        tokens_in, tokens_out = tokens_of(reply)
        cost = cost_of(reply, price) if price else None
        total += Need(1, tokens_in, tokens_out, cost)
    return total


def _dry_run(experiment: Experiment, target: ModelUnderTest, endpoint: str) -> tuple[Exchange, ...]:
    """What a case asks of a service that says yes to everything; every reply as long as it may be."""
    recorder = Recorder(_Nobody(), AskedOnce())
    client = open_client(endpoint, REPLAY_KEY, credentials(REPLAY_KEY, "authorization"), "2023-06-01", recorder)
    with suppress(Exception):  # nobody's answers need not make sense to a case: what it asked is what counts
        experiment.run(Endpoint(client, target, recorder, share=recorder.share))
    return recorder.exchanges


class _Nobody:
    """Answers every request with a word; equal requests get equal answers."""

    def send(self, request: httpx2.Request) -> Exchange:
        sent = request.read()
        try:
            body = json.loads(sent)
        except ValueError:
            body = {}
        answer = _stream(body, len(sent)) if body.get("stream") is True else json.dumps(_message(body, len(sent)))
        kind = "text/event-stream" if body.get("stream") is True else "application/json"
        return Exchange(
            request.method, request.url.path, {}, sent, 200, {"content-type": kind}, answer.encode(), elapsed_ms=1.0
        )


def _message(body: Mapping[str, Json], size: int) -> dict[str, Json]:
    most = body.get("max_tokens")
    tokens_in = max(1, round(size / _BYTES_A_TOKEN))
    return {
        "id": "msg_0",
        "type": "message",
        "role": "assistant",
        "model": str(body.get("model")),
        "content": [{"type": "text", "text": "Yes."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "input_tokens": tokens_in,
        "usage": {
            "input_tokens": tokens_in,
            "output_tokens": most if isinstance(most, int) and 0 < most <= 8192 else 1024,
        },
    }


def _stream(body: Mapping[str, Json], size: int) -> str:
    message = _message(body, size)
    events: list[dict[str, Json]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Yes."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": message["usage"]},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
