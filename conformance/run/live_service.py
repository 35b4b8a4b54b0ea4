"""A live service, reached with a key: it is asked what a case asks, and the answers go onto a cassette."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from anthropic import Anthropic

from conformance import __version__
from conformance.cases import Inspection
from conformance.cases.endpoint import Endpoint, credentials, open_client
from conformance.http.budget import Budget
from conformance.http.cassette import Cassette, Provenance
from conformance.http.evidence import source_of, without_userinfo
from conformance.http.keys import Credentials
from conformance.http.live import RETRY_POLICY, LiveTransport, RetryPolicy
from conformance.http.rate_limit import RateLimiter
from conformance.http.redact import Redactor
from conformance.http.transport import AskedOnce, Recorder, Transport
from conformance.matrix import Matrix
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.run.plan import Planned
from conformance.trouble import (
    Aborted,
    CassetteLeaks,
    Inconclusive,
    NetworkTrouble,
    NotApplicable,
    ServiceTrouble,
    Stopped,
    SuiteFault,
    Trouble,
)
from conformance.values import Json, Source

__all__ = ["SDK", "LiveService", "open_service"]

SDK = f"anthropic {version('anthropic')}"
"""The SDK of this process, with which it stamps what it records; reports name what the cassettes are stamped with."""

_REFUSED_KEY = (401, 403)

_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "record layer failure")
"""How OpenSSL's errors say that what answered is no TLS, by its release."""

_HUNG_UP = ("disconnected", "reset by peer", "illegal", "protocol error", "RemoteProtocolError")
"""What a client sees of a server that waits for TLS and is asked in plain HTTP."""


@dataclass(frozen=True)
class LiveService:
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
    asked_once: AskedOnce = field(default_factory=AskedOnce)
    """What the cases of this run ask alike."""

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
        """Run an experiment against the service and write its cassette; the trouble, if any was in the way.

        An inspection asks nothing, and has none.

        Args:
            unchanged: whether a new recording says nothing that the one on disk does not: then that one stays.

        Raises:
            Aborted: the run as a whole cannot go on.
            Stopped: the run ends early.
            SuiteFault: the case itself failed.
        """
        taken = self._take(planned, self.transport, self.asked_once)
        if isinstance(taken, Trouble):
            return taken
        if taken:
            cassette = self._cassette(path, planned.model, taken)
            if not unchanged(cassette):
                self._save(cassette)
        return None

    def record_again(self, planned: Planned, path: Path) -> Trouble | None:
        """Run an experiment once more, and put what was exchanged beside the take its cassette holds.

        Raises:
            Aborted, Stopped, SuiteFault: as in ``record``; the cassette stays as it was.
        """
        first = Cassette.load(path)
        taken = self._take(planned, _Careful(self.transport))
        if isinstance(taken, Trouble):
            return taken
        if taken:
            self._save(first.with_take(taken))
        return None

    def _take(
        self, planned: Planned, transport: Transport, asked_once: AskedOnce | None = None
    ) -> tuple[Exchange, ...] | Trouble:
        """One whole run of an experiment: what was exchanged, or the trouble that was in the way.

        Raises:
            Aborted: the run as a whole cannot go on.
            Stopped: the run ends early.
            SuiteFault: the case itself failed.
        """
        experiment = planned.case
        if isinstance(experiment, Inspection):
            return ()
        recorder = Recorder(transport, asked_once)
        try:
            experiment.run(Endpoint(self.client, planned.target, recorder, recorder.repeat, recorder.share))
        except (NotApplicable, Inconclusive):
            pass
        except (ServiceTrouble, NetworkTrouble) as trouble:
            return trouble
        except (Aborted, Stopped, SuiteFault):
            raise
        except Exception as error:  # noqa: BLE001  a recording must not show its locals
            # The key must not be in a traceback's locals, so only the words go on.
            words = self.redactor.text(f"{type(error).__name__}: {error}")
            raise SuiteFault(f"{'::'.join(planned.slug)} failed while recording: {words}") from None
        return recorder.exchanges

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


@dataclass(frozen=True)
class _Careful:
    """The way to a service in a second take, which may confirm a refusal: that must come four times in a row.

    At one stray refusal in ten requests one comes twice in a hundredth, four times in a ten thousandth of all.
    """

    transport: LiveTransport

    def send(self, request: httpx2.Request) -> Exchange:
        return self.transport.send(request, repeats=3)


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
) -> LiveService:
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
                raise Aborted(f"{shown} {what}: {trouble}{_other_scheme(endpoint, str(trouble))}") from None
            if exchange.status == HTTPStatus.BAD_REQUEST and _wants_tls(
                endpoint, exchange.body.decode("utf-8", "replace")
            ):
                raise Aborted(f"{shown} is asked in plain HTTP and wants TLS: write https://")
            if exchange.status not in _REFUSED_KEY:
                client = open_client(endpoint, key, auth, matrix.target.api_version, transport)
                in_vain.pop_all()
                return LiveService(client, transport, endpoint, matrix.target.name, redactor, probe_request, exchange)
            refusals.append(f"{exchange.status} with {header}")
    raise Aborted(f"{shown} refuses the key ({', '.join(refusals)}): check {variable}")


def _other_scheme(endpoint: str, trouble: str) -> str:
    """What to try where a server seems to speak the other of http and https; empty where it does not seem so."""
    scheme = urlsplit(endpoint).scheme
    if scheme == "https" and any(sign in trouble for sign in _NO_TLS):
        return "; it seems to speak plain HTTP: write http://"
    if scheme == "http" and any(sign in trouble for sign in _HUNG_UP):
        return "; if it speaks TLS, write https://"
    return ""


def _wants_tls(endpoint: str, body: str) -> bool:
    """Whether a refusal is the one that web servers give to plain HTTP on a port of TLS."""
    return urlsplit(endpoint).scheme == "http" and "https" in body.lower() and "http request" in body.lower()


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
        return "ProbeRequest()"

    def __call__(self, model: Json) -> httpx2.Request:
        body = {
            # A case may ask for a model that nobody has: that one tells nothing of the service's health.
            "model": model if model in self._models else self._models[0],
            "max_tokens": 16,
            "messages": [{"role": "user", "content": "Hi"}],
        }
        return httpx2.Request("POST", self._url, headers=self._headers, json=body)
