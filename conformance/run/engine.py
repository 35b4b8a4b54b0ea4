"""Runs cases: records one against a service, and judges one from its recording.

A case is run twice when it is recorded: first against the service, then, like every replay after it,
against its own cassette. What is judged is always the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx2
from anthropic import Anthropic

from conformance import __version__
from conformance.cases.endpoint import REPLAY_KEY, Endpoint, credentials, open_client
from conformance.http.budget import Budget
from conformance.http.cassette import Cassette, Provenance
from conformance.http.evidence import source_of
from conformance.http.live import RETRY_POLICY, Credentials, LiveTransport, RetryPolicy
from conformance.http.rate_limit import RateLimiter
from conformance.http.redact import Redactor
from conformance.http.transport import Recorder, Replayer
from conformance.matrix import Claim, Matrix
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.run.plan import Planned
from conformance.trouble import (
    Aborted,
    CassetteDamaged,
    CassetteLeaks,
    CassetteMissing,
    Inconclusive,
    NetworkTrouble,
    NotApplicable,
    ServiceTrouble,
    Stopped,
    SuiteFault,
    Trouble,
)
from conformance.values import Arm, Behaviour, CaseResult, Json, Observation, Source, Verdict
from conformance.verdicts import verdict

__all__ = ["SDK", "Judge", "Service", "open_service", "without_userinfo"]

SDK = f"anthropic {version('anthropic')}"
"""The SDK of this process, with which it stamps what it records; reports name what the cassettes are stamped with."""

_REFUSED_KEY = (401, 403)


class Judge:
    """Judges cases of one matrix from the cassettes in a directory."""

    def __init__(self, matrix: Matrix, cassettes: Path, models: Sequence[Planned]) -> None:
        self._matrix = matrix
        self._directory = cassettes
        self._planned = models
        self._loaded: dict[Path, Cassette] = {}
        self._client: Anthropic | None = None

    def path(self, planned: Planned) -> Path:
        """Where a case's recording is, or would be."""
        return self._directory / planned.cassette(self._matrix.target.name)

    def judge(self, planned: Planned) -> CaseResult:
        """The result of a case, from its recording alone; of an inspection, from all recordings of its model.

        Raises:
            SuiteFault: the recording is missing, damaged, or of another request.
        """
        if planned.case.inspection is not None:
            return self._inspected(planned)
        return self._replayed(planned, lambda: self._load(planned))

    def judge_recording(self, planned: Planned, cassette: Cassette) -> CaseResult:
        """The result of an experiment from a recording at hand, wherever it is or will be kept.

        Raises:
            SuiteFault: it does not hold what the case asks.
        """
        return self._replayed(planned, lambda: cassette)

    def _replayed(self, planned: Planned, load: Callable[[], Cassette]) -> CaseResult:
        transport = _Lazily(lambda: Replayer(load().player(), self._base_path()))
        endpoint = Endpoint(self._replay_client(), planned.target, transport)
        experiment = planned.case.experiment
        if experiment is None:
            raise SuiteFault(f"{planned.case.name} is no experiment")
        try:
            observation = experiment(endpoint)
        except NotApplicable as reason:
            return CaseResult(None, Verdict.NOT_APPLICABLE, str(reason), reason=str(reason))
        except Inconclusive as reason:
            observation = Observation(Behaviour.INCONCLUSIVE, str(reason))
        except (ServiceTrouble, NetworkTrouble) as trouble:
            where = planned.cassette(self._matrix.target.name).as_posix()
            raise SuiteFault(f"{where} holds trouble, which has no place on a cassette: {trouble}") from None
        cassette = load()
        return _result(
            planned.claim,
            replace(observation, arms=endpoint.arms),
            [cassette],
            planned.cassette(self._matrix.target.name).as_posix(),
            len(cassette.exchanges),
        )

    def _inspected(self, planned: Planned) -> CaseResult:
        inspection = planned.case.inspection
        if inspection is None:
            raise SuiteFault(f"{planned.case.name} is no inspection")
        cassettes: list[Cassette] = []
        for other in self._planned:
            if other.model == planned.model and other.case.experiment is not None:
                try:
                    cassettes.append(self._load(other))
                except CassetteMissing:
                    continue
                except CassetteDamaged as fault:
                    fault.slug = other.slug
                    raise
        if not cassettes:
            raise CassetteMissing(f"no cassette of {planned.model} in {self._directory / self._matrix.target.name}")
        exchanges: list[Exchange] = [exchange for cassette in cassettes for exchange in cassette.exchanges]
        try:
            observation = inspection(exchanges)
        except Inconclusive as reason:
            observation = Observation(Behaviour.INCONCLUSIVE, str(reason))
        # It asks nothing: how many exchanges it rests on is in the statistics.
        return _result(planned.claim, observation, cassettes, None, 0)

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
    """A wire that leads nowhere."""

    def send(self, request: httpx2.Request) -> Exchange:
        raise SuiteFault(f"{request.method} {request.url.path} was sent outside a case")


class _Lazily:
    """A wire that is only opened when something is sent: a case that does not apply needs no cassette."""

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
        verdict=verdict(claim.statuses, seen.behaviour),
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
    )


_LONGEST = 2000
"""Characters of a sentence of a report: it may quote a service, which may say a megabyte."""


def _clipped(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}… [+{len(words) - _LONGEST}]"


@dataclass(frozen=True)
class Service:
    """A live service, reached with a key; records cases side by side."""

    client: Anthropic
    transport: LiveTransport
    endpoint: str
    target: str
    """The matrix's name for it."""
    redactor: Redactor
    probe_request: Callable[[Json], httpx2.Request]
    first: Exchange
    """The answer to the first plain request."""

    @property
    def source(self) -> Source:
        """What kind of evidence this service's answers are."""
        return source_of([self.first], self.endpoint)

    def close(self) -> None:
        """Let go of the connections."""
        self.transport.close()

    def refuses(self, model: str) -> str | None:
        """Why a plain request to a model is refused; None where it is not."""
        exchange = self.transport.send(self.probe_request(model))
        return None if exchange.ok else self.redactor.text(Reply(exchange).refusal)

    def record(
        self, planned: Planned, path: Path, *, unchanged: Callable[[Cassette], bool] = lambda _: False
    ) -> Trouble | None:
        """Run a case against the service and write its cassette; the trouble, if any was in the way.

        Args:
            unchanged: whether a new recording says nothing that the one on disk does not: then that one stays.

        Raises:
            Aborted: the run as a whole cannot go on.
            Stopped: the run ends early.
            SuiteFault: the case itself failed.
        """
        experiment = planned.case.experiment
        if experiment is None:
            raise SuiteFault(f"{planned.case.name} is no experiment")
        recorder = Recorder(self.transport)
        try:
            experiment(Endpoint(self.client, planned.target, recorder, recorder.repeat))
        except NotApplicable:
            if not recorder.exchanges:
                return None
        except Inconclusive:
            pass
        except (ServiceTrouble, NetworkTrouble) as trouble:
            return trouble
        except (Aborted, Stopped, SuiteFault):
            raise
        except Exception as error:  # noqa: BLE001  a recording must not show its locals
            # The key must not be in a traceback's locals, so only the words go on.
            words = self.redactor.text(f"{type(error).__name__}: {error}")
            raise SuiteFault(f"{'::'.join(planned.slug)} failed while recording: {words}") from None
        cassette = self._cassette(path, planned.model, recorder.exchanges)
        if not unchanged(cassette):
            self._save(cassette)
        return None

    def _cassette(self, path: Path, model: str, exchanges: tuple[Exchange, ...]) -> Cassette:
        provenance = Provenance(
            source=source_of(exchanges, self.endpoint),
            endpoint=without_userinfo(self.endpoint),
            recorded_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            sdk=SDK,
            suite=__version__,
            target=self.target,
            model=model,
        )
        return Cassette(path, exchanges, provenance)

    def _save(self, cassette: Cassette) -> None:
        if self.transport.is_halted:
            # Whoever stopped the run may have judged already what there was.
            raise Stopped("the run was stopped")
        try:
            cassette.save(refuse=self.redactor.finds)
        except CassetteLeaks as leak:
            raise SuiteFault(str(leak)) from None
        except OSError as error:
            raise Aborted(f"cannot write the recording {cassette.path}: {error.strerror or error}") from None


def open_service(
    matrix: Matrix,
    endpoint: str,
    key: str,
    models: Sequence[str],
    *,
    redactor: Redactor | None = None,
    retry_policy: RetryPolicy = RETRY_POLICY,
    connections: int = 64,
    rate_limiter: RateLimiter | None = None,
    budget: Budget | None = None,
    variable: str = "the key",
) -> Service:
    """Reach a service: find the header it takes the key in, and see that it answers at all.

    Args:
        redactor: takes every credential of the run out of what is kept; by default the key alone.
        connections: how many requests may be in flight at once.
        variable: the environment variable that holds the key, to name it where the key is refused.

    Raises:
        Aborted: it refuses the key in both headers, cannot be reached, or is no address at all.
        Stopped: the budget does not even pay for the first request.
    """
    redactor = redactor or Redactor([key])
    shown = without_userinfo(endpoint)
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise Aborted(f"{shown.rpartition('@')[2]} is no endpoint: an address begins with http:// or https://")
    if "@" in urlsplit(endpoint).netloc:
        # The SDK's client would send them in the header the key belongs in.
        raise Aborted(f"{shown} is given with a user or a password, which cannot be sent beside a key: leave them out")
    if urlsplit(endpoint).query or urlsplit(endpoint).fragment:
        raise Aborted(
            f"{shown} is given with a query or a fragment, where a key may stand: write the base address alone"
        )
    base_path = urlsplit(endpoint).path.rstrip("/")
    refusals: list[str] = []
    for header in ("authorization", "x-api-key"):
        with ExitStack() as in_vain:
            auth = credentials(key, header)
            probe_request = _ProbeRequest(endpoint, auth, matrix.target.api_version, models)
            transport = LiveTransport(
                base_path,
                redactor,
                retry_policy=retry_policy,
                ordinary=auth,
                probe_request=probe_request,
                places=connections,
                rate_limiter=rate_limiter,
                budget=budget,
            )
            in_vain.callback(transport.close)
            try:
                exchange = transport.probe(probe_request(models[0]))
            except (NetworkTrouble, ServiceTrouble) as trouble:
                what = "does not answer" if isinstance(trouble, NetworkTrouble) else "is not well"
                raise Aborted(f"{shown} {what}: {trouble}") from None
            if exchange.status not in _REFUSED_KEY:
                client = open_client(endpoint, key, auth, matrix.target.api_version, transport)
                in_vain.pop_all()
                return Service(client, transport, endpoint, matrix.target.name, redactor, probe_request, exchange)
            refusals.append(f"{exchange.status} with {header}")
    raise Aborted(f"{shown} refuses the key ({', '.join(refusals)}): check {variable}")


class _ProbeRequest:
    """Makes the plainest request there is, to tell a sick service from a refused parameter."""

    def __init__(self, endpoint: str, auth: Credentials, api_version: str, models: Sequence[str]) -> None:
        self._url = f"{endpoint.rstrip('/')}/v1/messages"
        self._headers = {
            auth.header: auth.value,
            "anthropic-version": api_version,
            "accept-encoding": "identity",
        }
        self._models = models

    def __repr__(self) -> str:
        return "Canary()"

    def __call__(self, model: Json) -> httpx2.Request:
        body = {
            # A case may ask for a model that nobody has: that one tells nothing of the service's health.
            "model": model if model in self._models else self._models[0],
            "max_tokens": 16,
            "messages": [{"role": "user", "content": "Hi"}],
        }
        return httpx2.Request("POST", self._url, headers=self._headers, json=body)


def without_userinfo(endpoint: str) -> str:
    """An endpoint as it may be shown: without a user, a password or a query."""
    parts = urlsplit(endpoint)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
