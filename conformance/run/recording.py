"""The live half of a run: ask the service for everything that was selected, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from conformance.http.budget import Budget
from conformance.http.cassette import Cassette, sweep
from conformance.http.evidence import host_of, is_loopback, without_userinfo
from conformance.http.live import RetryPolicy
from conformance.http.rate_limit import RateLimiter
from conformance.http.redact import LEAST, Redactor, without_secrets_in_logs
from conformance.matrix import Matrix
from conformance.outcomes import Faulted, NotRun, Outcome, Recorded, Troubled
from conformance.run.access import Access
from conformance.run.estimate import Estimator
from conformance.run.evidence import Evidence, refusal, set_aside
from conformance.run.freshness import age_of
from conformance.run.judge import Judge
from conformance.run.key_collisions import refuse_common_words
from conformance.run.live_service import SDK, LiveService, open_service
from conformance.run.matrix_run import MatrixRun
from conformance.run.plan import Planned, Slug
from conformance.run.workers import Stage, Watch, WorkerPool
from conformance.trouble import Aborted, CassetteDamaged, CassetteMissing, Stopped, SuiteFault, Trouble
from conformance.values import Behaviour, CaseResult, Source

__all__ = ["Settings", "record", "side_by_side"]


@dataclass(frozen=True)
class Settings:
    """How a live run asks."""

    concurrency: int | None = None
    """Requests in flight; None is the matrix's."""
    rpm: float | None = None
    """Requests a minute; None is the matrix's, or no bound on a machine of one's own."""
    share: float = 1.0
    """This shard's part of the rate."""
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    resume: bool = False
    refresh: bool = False
    replace: bool = False
    """Whether recordings of another service make way, and a report of it too."""
    max_age: int | None = None
    """Days; None is the matrix's."""


def rate(matrix: Matrix, endpoint: str, settings: Settings) -> float | None:
    """Requests a minute: what was asked for, else the matrix's.

    The matrix's is the provider's limit, and says nothing of another service on this very machine.
    """
    if settings.rpm is not None:
        return settings.rpm * settings.share
    if endpoint != matrix.target.endpoint and is_loopback(host_of(endpoint)):
        return None
    return matrix.target.requests_per_minute * settings.share


def record(
    matrix_run: MatrixRun,
    items: Sequence[Planned],
    access: Access,
    redactor: Redactor,
    *,
    settings: Settings,
    budget: Budget,
    report: Path,
    say: Callable[[str], None],
    watch: Watch,
) -> dict[Slug, Outcome]:
    """Record the cases; what became of each.

    Where the run ended early, ``matrix_run.stopped`` says why.

    Args:
        report: the report that the run is going to write; it may rest on another service's answers.

    Raises:
        Aborted: the service refuses the key, does not answer, or is another one than was recorded there.
    """
    experiments = [item for item in items if item.asks]
    if not experiments:
        return {}
    budget.price({model.name: model.price for model in matrix_run.matrix.models if model.price})
    try:
        refuse_common_words(redactor, matrix_run.matrix, matrix_run.path, access.endpoint)
        if access.variable and len(access.key) < LEAST:
            say(f"the key has fewer than {LEAST} characters: it is no secret, and is not looked for in answers")
        with without_secrets_in_logs(redactor):
            return _recorded(
                matrix_run,
                experiments,
                access,
                redactor,
                settings=settings,
                budget=budget,
                report=report,
                say=say,
                watch=watch,
            )
    except Stopped as stopped:
        matrix_run.stopped = str(stopped)
    except KeyboardInterrupt:
        matrix_run.stopped = "interrupted"
    return {item.slug: NotRun(matrix_run.stopped) for item in experiments}


def _recorded(
    matrix_run: MatrixRun,
    experiments: Sequence[Planned],
    access: Access,
    redactor: Redactor,
    *,
    settings: Settings,
    budget: Budget,
    report: Path,
    say: Callable[[str], None],
    watch: Watch,
) -> dict[Slug, Outcome]:
    workers = settings.concurrency or matrix_run.matrix.target.concurrency
    models = list(dict.fromkeys(item.model for item in experiments))
    service = open_service(
        matrix_run.matrix,
        access.endpoint,
        access.key,
        models,
        redactor=redactor,
        variable=access.variable or "its key",
        retry_policy=settings.retry_policy,
        connections=workers,
        rate_limiter=RateLimiter(rate(matrix_run.matrix, access.endpoint, settings)),
        budget=budget,
    )
    sweep(matrix_run.recordings)
    with closing(service):
        _is_worth_asking(service, matrix_run.matrix, models)
        _make_way(matrix_run, report, Evidence(service.source, access.endpoint), settings, say)
        judged = _judged_before(matrix_run, experiments, service) if settings.resume else {}
        kept: dict[Slug, Outcome] = {slug: Recorded() for slug in judged}
        halfway = [item for item in experiments if (result := judged.get(item.slug)) and _awaits_second_take(result)]
        asked = [item for item in experiments if item.slug not in kept]
        if settings.resume:
            words = f", {len(halfway)} of them of one take where it takes two" if halfway else ""
            say(f"resuming: {len(kept)} of {len(experiments)} cases have a finished recording{words}")
        shown = without_userinfo(access.endpoint)
        say(f"recording {len(asked)} cases of {len(models)} models, {workers} at a time, from {shown}")
        outcomes = side_by_side(
            service,
            matrix_run,
            asked,
            workers,
            halfway=halfway,
            settings=settings,
            budget=budget,
            watch=watch,
            say=say,
        )
        if words := _passing(service.transport.passed):
            say(words)
    failed = sum(not isinstance(outcome, Recorded) for outcome in outcomes.values())
    say(f"recorded {len(outcomes) - failed} cases" + (f", {failed} without a recording" if failed else ""))
    return {**kept, **outcomes}


_SHOWN = 5
"""Kinds of passing trouble that are told; of the others how many there were."""


def _passing(passed: Mapping[str, int]) -> str:
    """What came and went during a run, in words, the most frequent first; empty where nothing did."""
    kinds = [f"{words} ({count} time{'s' if count > 1 else ''})" for words, count in passed.items()]
    if left := sum([*passed.values()][_SHOWN:]):
        kinds[_SHOWN:] = [f"and {left} more"]
    return f"came and went, was asked again for and is on no recording: {'; '.join(kinds)}" if kinds else ""


def side_by_side(
    service: LiveService,
    matrix_run: MatrixRun,
    items: Sequence[Planned],
    workers: int,
    *,
    halfway: Sequence[Planned] = (),
    settings: Settings | None = None,
    budget: Budget | None = None,
    watch: Watch | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[Slug, Outcome]:
    """Record cases, so many at a time, and then once more what is held against the service; what became of each.

    The second takes come after all first ones, one case at a time: so what only happens between requests that are
    in flight together, or only happened at one time, does not happen to both.

    Args:
        halfway: cases whose recording lacks its second take, and nothing else.
    """
    settings = settings or Settings(refresh=True)
    unchanged = partial(_unchanged, matrix_run, settings)
    judge = matrix_run.judge

    def told(attempt: Callable[[], Trouble | None]) -> Outcome:
        try:
            trouble = attempt()
        except SuiteFault as fault:
            return Faulted(str(fault))
        return Recorded() if trouble is None else Troubled(trouble.kind, service.redactor.text(str(trouble)))

    def first(item: Planned) -> Outcome:
        return told(lambda: service.record(item, judge.path(item), unchanged=partial(unchanged, item)))

    def second(item: Planned) -> Outcome:
        try:
            return told(lambda: service.record_again(item, judge.path(item)))
        finally:
            judge.forget(item)

    def once(recorded: Mapping[Slug, Outcome]) -> list[Planned]:
        new = [item for item in items if isinstance(recorded.get(item.slug), Recorded)]
        found = [*(item for item in new if _was_seen_once(matrix_run, item)), *halfway]
        if found:
            say(f"asking again, one at a time, about {len(found)} cases: nothing is held against a service once")
        return found

    pool = WorkerPool(
        service.transport.halt,
        estimator=Estimator(matrix_run.matrix, matrix_run.cassettes),
        budget=budget or Budget(),
        watch=watch or Watch(),
    )
    recorded, again = pool.work(Stage(lambda _: items, first, workers), Stage(once, second, 1))
    matrix_run.stopped = pool.stopped
    missed = {slug: outcome for slug, outcome in again.items() if isinstance(outcome, NotRun | Troubled)}
    if missed:
        why = next(iter(missed.values()))
        say(f"{len(missed)} cases were seen once and not asked again, and are inconclusive: {why}")
    # What was seen once is on its cassette, and judged from there as in every replay.
    return {**recorded, **{slug: outcome for slug, outcome in again.items() if isinstance(outcome, Faulted)}}


def _was_seen_once(matrix_run: MatrixRun, item: Planned) -> bool:
    """Whether what a case's recording says takes a second take, which it does not have."""
    matrix_run.judge.forget(item)
    try:
        return _awaits_second_take(matrix_run.judge.judge(item))
    except SuiteFault:
        return False


def _awaits_second_take(result: CaseResult) -> bool:
    return len(result.takes) == 1


def _make_way(
    matrix_run: MatrixRun, report: Path, mine: Evidence, settings: Settings, say: Callable[[str], None]
) -> None:
    """See that what is recorded there is of the service that answered; or that it makes way, where that was asked for.

    Raises:
        Aborted: it is of another one, or cannot be moved.
    """
    if not settings.replace:
        if words := refusal(matrix_run.recordings, report, mine):
            raise Aborted(words)
        return
    try:
        moved, where = set_aside(matrix_run.recordings, mine)
    except OSError as error:
        raise Aborted(f"cannot move the recordings in {matrix_run.recordings}: {error.strerror or error}") from None
    if moved:
        say(f"{moved} recordings of another service are now in {where}")


def _judged_before(matrix_run: MatrixRun, items: Sequence[Planned], service: LiveService) -> dict[Slug, CaseResult]:
    """The cases that need not be asked all over: recorded from this very service, and decided, or half-way to it."""
    judge = Judge(matrix_run.matrix, matrix_run.cassettes, matrix_run.planned)
    found = ((item.slug, _decided(judge, item, service)) for item in items)
    return {slug: result for slug, result in found if result is not None}


def _decided(judge: Judge, item: Planned, service: LiveService) -> CaseResult | None:
    try:
        result = judge.judge(item)
    except SuiteFault:
        return None
    same = result.source is not Source.LIVE or result.endpoint == without_userinfo(service.endpoint)
    if result.source is not service.source or not same:
        return None
    # A second take must be of the SDK that made the first: a recording names one.
    halfway = _awaits_second_take(result) and result.sdks == (SDK,)
    return result if halfway or result.behaviour is not Behaviour.INCONCLUSIVE else None


def _unchanged(matrix_run: MatrixRun, settings: Settings, item: Planned, new: Cassette) -> bool:
    """Whether the recording on disk says the same, of the same questions to the same service, and is not stale."""
    if settings.refresh:
        return False
    try:
        old = Cassette.load(matrix_run.judge.path(item))
        before, after = matrix_run.judge.judge_recording(item, old), matrix_run.judge.judge_recording(item, new)
    except (CassetteMissing, CassetteDamaged, SuiteFault):
        return False
    if before.takes and before.behaviour is Behaviour.INCONCLUSIVE:
        return False
    # How many draws a sequential test takes is chance; what was asked is not.
    asked = [{(e.method, e.path, e.request_body) for e in cassette.exchanges} for cassette in (old, new)]
    # The new one has its first take only: what that saw is compared.
    found = [((one.takes or (one.behaviour,))[0], one.signals, len(one.arms) > 0) for one in (before, after)]
    where = [(cassette.provenance.source, cassette.provenance.endpoint) for cassette in (old, new)]
    fresh = age_of(old.provenance.recorded_at, datetime.now(UTC)) <= (
        settings.max_age or matrix_run.matrix.target.max_age
    )
    return fresh and asked[0] == asked[1] and found[0] == found[1] and where[0] == where[1]


def _is_worth_asking(service: LiveService, matrix: Matrix, models: Sequence[str]) -> None:
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
