"""One model of one simulated service, surveyed: what every row of the report says of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from conformance import simulator
from conformance.engine import SDK, open_service
from conformance.record.live import Patience
from conformance.report.build import build
from conformance.testing.book import open_book, select
from conformance.testing.recording import side_by_side

ROOT = Path(__file__).parent.parent
MODELS = {"matrix.yaml": "MiniMax-M2.7", "matrices/anthropic.yaml": "claude-sonnet-4-6"}
IMPATIENT = Patience(retries=2, first_wait=0.01, longest_wait=0.1)

Row = tuple[str | None, str | None]
"""What was observed of a feature, and the verdict."""


def survey(
    directory: Path,
    *,
    matrix: str = "matrix.yaml",
    model: str | None = None,
    features: Sequence[str] = (),
    expensive: bool = False,
    **service: Any,
) -> dict[str, Row]:
    """Record and judge every case of one model against a simulator started for it."""
    with simulator.running(**{"paced": False, **service}) as url:
        return survey_at(url, directory, matrix=matrix, model=model, features=features, expensive=expensive)


def survey_at(
    url: str,
    directory: Path,
    *,
    matrix: str = "matrix.yaml",
    model: str | None = None,
    features: Sequence[str] = (),
    expensive: bool = False,
    patience: Patience = IMPATIENT,
) -> dict[str, Row]:
    """Record and judge every case of one model against whatever answers at a URL."""
    name = model or MODELS[matrix]
    book = open_book(ROOT / matrix, matrix, directory, [name], live=True)
    chosen = [item for item in select(book, features) if expensive or not item.case.expensive]
    items = [item for item in chosen if item.case.experiment]
    service = open_service(book.matrix, url, "sk-canary-0123456789", [name], patience=patience)
    with closing(service):
        troubles = side_by_side(service, book, items, 8)
    for item in chosen:
        if not troubles.get(item.slug):
            book.results[item.slug] = book.judge.judge(item, among=lambda other: troubles.get(other.slug) == "")
    report = build(matrix=book.matrix, name=matrix, planned=book.planned, results=book.results, sdk=SDK)
    faults = {slug: why for slug, why in troubles.items() if why.startswith("fault")}
    assert not faults, faults
    return {row["feature"]: (row["observed"], row["verdict"]) for row in report["results"]}


def turned(before: dict[str, Row], after: dict[str, Row]) -> dict[str, Row]:
    """The rows that are not what they were."""
    return {feature: row for feature, row in after.items() if row != before[feature]}
