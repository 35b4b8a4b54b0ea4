"""Judges cases from their recordings.

What is judged is always the recording, also right after it was made: so a replay comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from anthropic import Anthropic

from conformance.cases import Experiment, Inspection
from conformance.cases.endpoint import REPLAY_KEY, Endpoint, credentials, open_client
from conformance.http.cassette import Cassette
from conformance.http.transport import Replayer
from conformance.matrix import Claim, Matrix
from conformance.protocol.exchange import Exchange
from conformance.run.confirmation import confirmed
from conformance.run.plan import Planned, Slug
from conformance.trouble import (
    CassetteDamaged,
    CassetteMissing,
    Inconclusive,
    NetworkTrouble,
    NotApplicable,
    ServiceTrouble,
    SuiteFault,
)
from conformance.values import Arm, Behaviour, CaseResult, Observation, Source, Verdict
from conformance.verdicts import together, verdict

__all__ = ["Judge"]


class Judge:
    """Judges cases of one matrix from the cassettes in a directory.

    Args:
        cassettes: the directory of all targets' recordings.
        planned: every case of every model there is; an inspection looks at the recordings of its model's.
    """

    def __init__(self, matrix: Matrix, cassettes: Path, planned: Sequence[Planned]) -> None:
        self._matrix = matrix
        self._directory = cassettes
        self._planned = planned
        self._loaded: dict[Path, Cassette] = {}
        self._recorded: dict[str, Sequence[Cassette]] = {}
        self._judged: dict[Slug, CaseResult] = {}
        self._client: Anthropic | None = None

    def path(self, planned: Planned) -> Path:
        """Where a case's recording is, or would be."""
        return self._directory / planned.cassette(self._matrix.target.name)

    def judge(self, planned: Planned) -> CaseResult:
        """The result of a case, from its recording alone; of an inspection, from all recordings of its model.

        Raises:
            SuiteFault: the recording is missing, damaged, or of another request.
        """
        result = self._alone(planned)
        return self._as_one(planned, result) if planned.claim.contradictory else result

    def forget(self, planned: Planned) -> None:
        """Judge a case from its file again: something was recorded since."""
        self._judged.pop(planned.slug, None)
        self._recorded.pop(planned.model, None)
        self._loaded.pop(self.path(planned), None)

    def _alone(self, planned: Planned) -> CaseResult:
        match planned.case:
            case Experiment() as experiment:
                if planned.slug not in self._judged:
                    self._judged[planned.slug] = self._replayed(planned, experiment, lambda: self._load(planned))
                return self._judged[planned.slug]
            case Inspection() as inspection:
                return self._inspected(planned, inspection)

    def _as_one(self, planned: Planned, result: CaseResult) -> CaseResult:
        """The result of one case of a claim that contradicts itself, beside what its other cases saw."""
        cases = {planned.slug: result}
        for other in self._planned:
            if (other.model, other.claim) == (planned.model, planned.claim) and other.slug != planned.slug:
                with suppress(SuiteFault):  # without a recording that can be read it says nothing of the claim
                    cases[other.slug] = self._alone(other)
        # In the order of the plan: of two statements that as many cases keep, the first is the measure.
        ordered = [item.slug for item in self._planned if item.slug in cases]
        verdicts = together(planned.claim.statuses, [cases[slug] for slug in ordered])
        found = dict(zip(ordered, verdicts, strict=True)).get(planned.slug)
        return result if found is None else replace(result, verdict=found)

    def judge_recording(self, planned: Planned, cassette: Cassette) -> CaseResult:
        """The result of a case, where an experiment's recording is at hand, wherever it is or will be kept.

        Raises:
            SuiteFault: it does not hold what the case asks.
        """
        match planned.case:
            case Experiment() as experiment:
                return self._replayed(planned, experiment, lambda: cassette)
            case Inspection() as inspection:
                return self._inspected(planned, inspection)

    def _replayed(self, planned: Planned, experiment: Experiment, load: Callable[[], Cassette]) -> CaseResult:
        try:
            takes = [self._take(planned, experiment, load, 0)]
        except NotApplicable as reason:
            return CaseResult(None, Verdict.NOT_APPLICABLE, str(reason), reason=str(reason))
        cassette = load()
        for number in range(1, len(cassette.takes)):
            try:
                takes.append(self._take(planned, experiment, load, number))
            except NotApplicable as reason:
                takes.append(Observation(Behaviour.INCONCLUSIVE, str(reason)))
        seen = confirmed(planned.claim.statuses, takes)
        where = planned.cassette(self._matrix.target.name).as_posix()
        requests = sum(not exchange.shared for exchange in cassette.exchanges)
        result = _result(planned.claim, seen.observation, [cassette], where, requests)
        return replace(result, takes=seen.takes)

    def _take(self, planned: Planned, experiment: Experiment, load: Callable[[], Cassette], number: int) -> Observation:
        """What one take of an experiment saw.

        Raises:
            NotApplicable: the target cannot have the feature.
            SuiteFault: the recording does not hold what the case asks.
        """
        transport = _Lazily(lambda: Replayer(load().player(number), self._base_path()))
        endpoint = Endpoint(self._replay_client(), planned.target, transport)
        try:
            observation = experiment.run(endpoint)
        except Inconclusive as reason:
            observation = Observation(Behaviour.INCONCLUSIVE, str(reason))
        except (ServiceTrouble, NetworkTrouble) as trouble:
            where = planned.cassette(self._matrix.target.name).as_posix()
            raise SuiteFault(f"{where} holds trouble, which has no place on a cassette: {trouble}") from None
        return replace(observation, arms=endpoint.arms)

    def _inspected(self, planned: Planned, inspection: Inspection) -> CaseResult:
        cassettes = self._recordings(planned.model)
        exchanges: list[Exchange] = [exchange for cassette in cassettes for exchange in cassette.exchanges]
        try:
            observation = inspection.look(exchanges)
        except Inconclusive as reason:
            observation = Observation(Behaviour.INCONCLUSIVE, str(reason))
        # It asks nothing: how many exchanges it rests on is in the statistics.
        return _result(planned.claim, observation, cassettes, None, 0)

    def _recordings(self, model: str) -> Sequence[Cassette]:
        """All there are of a model's cases, in the order of the plan.

        Raises:
            CassetteMissing: there is none.
            CassetteDamaged: one cannot be read.
        """
        if model not in self._recorded:
            cassettes: list[Cassette] = []
            for other in self._planned:
                if other.model == model and other.asks:
                    try:
                        cassettes.append(self._load(other))
                    except CassetteMissing:
                        continue
                    except CassetteDamaged as fault:
                        fault.slug = other.slug
                        raise
            if not cassettes:
                raise CassetteMissing(f"no cassette of {model} in {self._directory / self._matrix.target.name}")
            self._recorded[model] = cassettes
        return self._recorded[model]

    def load(self, path: Path) -> Cassette:
        """A cassette, read once however often it is asked for.

        Raises:
            SuiteFault: it is missing or damaged.
        """
        if path not in self._loaded:
            self._loaded[path] = Cassette.load(path)
        return self._loaded[path]

    def _load(self, planned: Planned) -> Cassette:
        """A case's cassette, once it is clear that it is of this target and model."""
        cassette, target = self.load(self.path(planned)), self._matrix.target
        cassette.must_be_of(target.name, target.endpoint, planned.model)
        return cassette

    def _base_path(self) -> str:
        return urlsplit(self._matrix.target.endpoint).path.rstrip("/")

    def _replay_client(self) -> Anthropic:
        if self._client is None:
            target = self._matrix.target
            auth = credentials(REPLAY_KEY, "authorization")
            self._client = open_client(target.endpoint, REPLAY_KEY, auth, target.api_version, _Nowhere())
        return self._client


class _Nowhere:
    """A transport that leads nowhere."""

    def send(self, request: httpx2.Request) -> Exchange:
        raise SuiteFault(f"{request.method} {request.url.path} was sent outside a case")


class _Lazily:
    """A transport that is only opened when something is sent: a case that does not apply needs no cassette."""

    def __init__(self, transport: Callable[[], Replayer]) -> None:
        self._open = transport
        self._transport: Replayer | None = None

    def send(self, request: httpx2.Request) -> Exchange:
        self._transport = self._transport or self._open()
        return self._transport.send(request)


def _result(
    claim: Claim, seen: Observation, cassettes: Sequence[Cassette], cassette: str | None, requests: int
) -> CaseResult:
    """A case's result, with where its evidence comes from: of several cassettes the weakest source speaks for all."""
    origins = [cassette.provenance for cassette in cassettes]
    weakest = max(origins, key=lambda origin: list(Source).index(origin.source), default=None)
    summary = _clipped(seen.summary)
    return CaseResult(
        behaviour=seen.behaviour,
        verdict=verdict(claim.statuses, seen.behaviour, seen.seen_as),
        summary=summary,
        source=weakest.source if weakest else None,
        # Evidence is as old as its oldest part.
        recorded_at=min((origin.recorded_at for origin in origins), default=None),
        endpoint=weakest.endpoint if weakest else None,
        sdks=tuple(sorted({origin.sdk for origin in origins})),
        cassette=cassette,
        requests=requests,
        reason=summary if seen.behaviour is Behaviour.INCONCLUSIVE else None,
        arms=tuple(Arm(arm.name, _clipped(arm.outcome)) for arm in seen.arms),
        signals=seen.signals,
        statistics=seen.statistics,
        seen_as=seen.seen_as,
        obstacles=seen.obstacles,
        then=seen.then,
    )


_LONGEST = 2000
"""Characters of a sentence of a report: it may quote a service, which may say a megabyte."""


def _clipped(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}… [+{len(words) - _LONGEST}]"
