"""The live half of a run: ask the service for everything that was selected, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from conformance.engine import Judge, Service, is_loopback, open_service, without_userinfo
from conformance.forecast import Forecast
from conformance.matrix import Matrix
from conformance.plan import Planned
from conformance.record.budget import Budget
from conformance.record.cassette import Cassette, sweep
from conformance.record.keys import checked, credentials_of
from conformance.record.live import Patience
from conformance.record.pace import Pace
from conformance.record.redact import LEAST, Redactor, Secret, without_secrets_in_logs
from conformance.testing.book import Book, Slug
from conformance.testing.crew import NOT_RUN, Crew, Watch
from conformance.testing.discretion import refuse_common_words
from conformance.testing.freshness import age_of
from conformance.trouble import Aborted, CassetteDamaged, CassetteMissing, Stopped, SuiteFault
from conformance.values import Behaviour, Source

__all__ = ["KEY_VARIABLES", "NOT_RUN", "Settings", "endpoint_of", "key", "record", "side_by_side"]

KEY_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


@dataclass(frozen=True)
class Settings:
    """How a live run asks."""

    concurrency: int | None = None
    """Requests in flight; None is the matrix's."""
    rpm: float | None = None
    """Requests a minute; None is the matrix's, or no bound on a machine of one's own."""
    share: float = 1.0
    """This shard's part of the rate."""
    patience: Patience = field(default_factory=Patience)
    resume: bool = False
    refresh: bool = False
    max_age: int | None = None
    """Days; None is the matrix's."""


def key() -> Secret | None:
    """The key, from the environment only: a command line is there for everybody to read.

    Raises:
        BadKey: it is none that could be sent.
    """
    return next((checked(name, os.environ[name]) for name in KEY_VARIABLES if os.environ.get(name)), None)


def endpoint_of(matrix: Matrix, option: str | None) -> str:
    """Where to ask: the option, else ANTHROPIC_BASE_URL, else the matrix's endpoint."""
    return (option or os.environ.get("ANTHROPIC_BASE_URL") or matrix.target.endpoint).rstrip("/")


def rate(matrix: Matrix, endpoint: str, settings: Settings) -> float | None:
    """Requests a minute: what was asked for, else the matrix's.

    The matrix's is the provider's limit, and says nothing of another service on this very machine.
    """
    if settings.rpm is not None:
        return settings.rpm * settings.share
    if endpoint != matrix.target.endpoint and is_loopback(urlsplit(endpoint).hostname or ""):
        return None
    return matrix.target.requests_per_minute * settings.share


def record(
    book: Book,
    items: Sequence[Planned],
    endpoint: str,
    *,
    settings: Settings,
    budget: Budget,
    say: Callable[[str], None],
    watch: Watch,
) -> dict[Slug, str]:
    """Record the cases; for each the reason why there is no recording, empty where there is one.

    Where the run ended early, ``book.stopped`` says why.

    Raises:
        Aborted: the service refuses the key, or does not answer.
    """
    experiments = [item for item in items if item.case.experiment is not None]
    if not experiments:
        return {}
    secret = key()
    if secret is None:
        raise Aborted(f"no key: set {KEY_VARIABLES[0]}")
    budget.price({model.name: model.price for model in book.matrix.models if model.price})
    try:
        redactor = Redactor((secret, *credentials_of(os.environ)))
        refuse_common_words(redactor, book.matrix, book.path, endpoint)
        if len(secret) < LEAST:
            say(f"the key has fewer than {LEAST} characters: it is no secret, and is not looked for in answers")
        with without_secrets_in_logs(redactor):
            return _recorded(
                book, experiments, endpoint, secret, redactor, settings=settings, budget=budget, say=say, watch=watch
            )
    except Stopped as stopped:
        book.stopped = str(stopped)
    except KeyboardInterrupt:
        book.stopped = "interrupted"
    return {item.slug: f"{NOT_RUN}{book.stopped}" for item in experiments}


def _recorded(
    book: Book,
    experiments: Sequence[Planned],
    endpoint: str,
    secret: Secret,
    redactor: Redactor,
    *,
    settings: Settings,
    budget: Budget,
    say: Callable[[str], None],
    watch: Watch,
) -> dict[Slug, str]:
    workers = settings.concurrency or book.matrix.target.concurrency
    models = list(dict.fromkeys(item.model for item in experiments))
    service = open_service(
        book.matrix,
        endpoint,
        secret,
        models,
        redactor=redactor,
        patience=settings.patience,
        connections=workers,
        pace=Pace(rate(book.matrix, endpoint, settings)),
        budget=budget,
    )
    sweep(book.cassettes / book.matrix.target.name)
    with closing(service):
        _is_worth_asking(service, book.matrix, models)
        kept = _finished(book, experiments, service) if settings.resume else {}
        asked = [item for item in experiments if item.slug not in kept]
        if settings.resume:
            say(f"resuming: {len(kept)} of {len(experiments)} cases have a finished recording")
        shown = without_userinfo(endpoint)
        say(f"recording {len(asked)} cases of {len(models)} models, {workers} at a time, from {shown}")
        outcomes = side_by_side(service, book, asked, workers, settings=settings, budget=budget, watch=watch)
    failed = sum(bool(reason) for reason in outcomes.values())
    say(f"recorded {len(outcomes) - failed} cases" + (f", {failed} without a recording" if failed else ""))
    return {**kept, **outcomes}


def side_by_side(
    service: Service,
    book: Book,
    items: Sequence[Planned],
    workers: int,
    *,
    settings: Settings | None = None,
    budget: Budget | None = None,
    watch: Watch | None = None,
) -> dict[Slug, str]:
    """Record cases, so many at a time; for each why there is no recording, empty where there is one."""
    settings = settings or Settings(refresh=True)
    unchanged = partial(_unchanged, book, settings)

    def one(item: Planned) -> str:
        try:
            trouble = service.record(item, book.judge.path(item), unchanged=partial(unchanged, item))
        except SuiteFault as fault:
            return f"fault: {fault}"
        return "" if trouble is None else f"{trouble.kind}: {service.redactor.text(str(trouble))}"

    crew = Crew(
        one,
        service.wire.halt,
        forecast=Forecast(book.matrix, book.cassettes),
        budget=budget or Budget(),
        places=workers,
        watch=watch or Watch(),
    )
    outcomes = crew.work(items)
    book.stopped = crew.stopped
    return outcomes


def _finished(book: Book, items: Sequence[Planned], service: Service) -> dict[Slug, str]:
    """The cases that need not be asked again: recorded from this very service, and decided."""
    judge = Judge(book.matrix, book.cassettes, book.planned)
    return {item.slug: "" for item in items if _is_decided(judge, item, service)}


def _is_decided(judge: Judge, item: Planned, service: Service) -> bool:
    try:
        result = judge.judge(item)
    except SuiteFault:
        return False
    if result.source is None:
        return False
    same = result.source is not Source.LIVE or result.endpoint == without_userinfo(service.endpoint)
    return result.source is service.source and same and result.behaviour is not Behaviour.INCONCLUSIVE


def _unchanged(book: Book, settings: Settings, item: Planned, new: Cassette) -> bool:
    """Whether the recording on disk says the same, of the same questions to the same service, and is not stale."""
    if settings.refresh:
        return False
    try:
        old = Cassette.load(book.judge.path(item))
        before, after = book.judge.judge_recording(item, old), book.judge.judge_recording(item, new)
    except (CassetteMissing, CassetteDamaged, SuiteFault):
        return False
    # How many draws a sequential test takes is chance; what was asked is not.
    asked = [{(e.method, e.path, e.request_body) for e in cassette.exchanges} for cassette in (old, new)]
    found = [(result.behaviour, result.verdict, result.signals, len(result.arms) > 0) for result in (before, after)]
    where = [(cassette.provenance.source, cassette.provenance.endpoint) for cassette in (old, new)]
    fresh = age_of(old.provenance.recorded_at, datetime.now(UTC)) <= (settings.max_age or book.matrix.target.max_age)
    return fresh and asked[0] == asked[1] and found[0] == found[1] and where[0] == where[1]


def _is_worth_asking(service: Service, matrix: Matrix, models: Sequence[str]) -> None:
    """A model that only the command line knows must be served; and some plain request must be answered.

    Raises:
        Aborted: nothing that is asked here could be decided.
    """
    listed = {model.name for model in matrix.models}
    refusals: dict[str, str | None] = {}
    for model in models:
        if model not in listed or not service.first.ok:
            refusals[model] = service.refuses(model)
        if model not in listed and (refusal := refusals[model]) is not None:
            raise Aborted(f"--model {model}: the service does not have it ({refusal})")
    words = [refusal for refusal in refusals.values() if refusal is not None]
    # A refusal that speaks of the model is an answer, which the row of the model judges.
    if len(words) == len(models) and not any("model" in word.lower() for word in words):
        raise Aborted(
            f"{without_userinfo(service.endpoint)} takes no plain request ({words[0]}): nothing could be told; "
            "see that --endpoint is the address the SDK takes as base_url"
        )
