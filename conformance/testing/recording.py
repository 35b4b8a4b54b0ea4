"""The live half of a run: ask the service for everything that was selected, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing

from conformance.engine import Service, open_service, without_userinfo
from conformance.matrix import Matrix
from conformance.plan import Planned
from conformance.record.redact import Secret
from conformance.testing.book import Book, Slug
from conformance.trouble import Aborted, SuiteFault

__all__ = ["KEY_VARIABLES", "endpoint_of", "key", "record", "side_by_side"]

KEY_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


def key() -> Secret | None:
    """The key, from the environment only: a command line is there for everybody to read."""
    return next((Secret(os.environ[name]) for name in KEY_VARIABLES if os.environ.get(name)), None)


def endpoint_of(matrix: Matrix, option: str | None) -> str:
    """Where to ask: the option, else ANTHROPIC_BASE_URL, else the matrix's endpoint."""
    return (option or os.environ.get("ANTHROPIC_BASE_URL") or matrix.target.endpoint).rstrip("/")


def record(
    book: Book,
    items: Sequence[Planned],
    endpoint: str,
    *,
    concurrency: int | None,
    say: Callable[[str], None],
) -> dict[Slug, str]:
    """Record the cases; for each the reason why there is no recording, empty where there is one.

    Raises:
        Aborted: the service refuses the key, or does not answer.
    """
    experiments = [item for item in items if item.case.experiment is not None]
    if not experiments:
        return {}
    secret = key()
    if secret is None:
        raise Aborted(f"no key: set {KEY_VARIABLES[0]}")
    workers = concurrency or book.matrix.target.concurrency
    models = list(dict.fromkeys(item.model for item in experiments))
    shown = without_userinfo(endpoint)
    service = open_service(book.matrix, endpoint, secret, models, connections=workers)
    with closing(service):
        _are_served(service, book.matrix, models)
        say(f"recording {len(experiments)} cases of {len(models)} models, {workers} at a time, from {shown}")
        outcomes = side_by_side(service, book, experiments, workers)
    failed = sum(bool(reason) for reason in outcomes.values())
    say(f"recorded {len(outcomes) - failed} cases" + (f", {failed} without a recording" if failed else ""))
    return outcomes


def side_by_side(service: Service, book: Book, items: Sequence[Planned], workers: int) -> dict[Slug, str]:
    """Record cases, so many at a time; for each why there is no recording, empty where there is one."""
    with ThreadPoolExecutor(workers, thread_name_prefix="conformance") as pool:
        futures = {pool.submit(_one, service, book, item): item for item in items}
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            _raise_first(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            service.close()
            raise
    return {item.slug: future.result() for future, item in futures.items()}


def _raise_first(futures: set[Future[str]]) -> None:
    for future in futures:
        if (error := future.exception()) is not None:
            raise error


def _one(service: Service, book: Book, item: Planned) -> str:
    try:
        trouble = service.record(item, book.judge.path(item))
    except SuiteFault as fault:
        return f"fault: {fault}"
    return "" if trouble is None else f"{trouble.kind}: {service.redactor.text(str(trouble))}"


def _are_served(service: Service, matrix: Matrix, models: Sequence[str]) -> None:
    """A model that only the command line knows must at least be served; the matrix's own are judged."""
    listed = {model.name for model in matrix.models}
    for model in models:
        if model not in listed and (refusal := service.refuses(model)) is not None:
            raise Aborted(f"--model {model}: the service does not have it ({refusal})")
