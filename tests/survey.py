"""One model of one service, surveyed: what every case says of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from conformance import simulator
from conformance.http.live import RetryPolicy
from conformance.outcomes import Faulted, Recorded
from conformance.run.live_service import open_service
from conformance.run.matrix_run import open_matrix, select
from conformance.run.recording import side_by_side

ROOT = Path(__file__).parents[1]
MODELS = {"matrix.yaml": "MiniMax-M2.7", "matrices/anthropic.yaml": "claude-sonnet-4-6"}
QUICK = RetryPolicy(retries=2, first_wait=0.01, longest_wait=0.1)

Cell = tuple[str | None, str | None]
"""What was observed in a case, and the verdict."""


def survey(
    directory: Path,
    *,
    matrix: str = "matrix.yaml",
    model: str | None = None,
    features: Sequence[str] = (),
    expensive: bool = False,
    **service: Any,
) -> dict[str, Cell]:
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
    retry_policy: RetryPolicy = QUICK,
    workers: int = 8,
) -> dict[str, Cell]:
    """Record and judge every case of one model against whatever answers at a URL.

    Args:
        workers: cases asked at the same time; with one, what a service does by chance is the same every time.
    """
    name = model or MODELS[matrix]
    matrix_run = open_matrix(ROOT / matrix, matrix, directory, [name], live=True)
    chosen = [item for item in select(matrix_run, features) if expensive or not item.is_expensive]
    items = [item for item in chosen if item.asks]
    # A key of so few characters is no secret: nothing is searched for it, and a survey takes a fifth less time.
    service = open_service(matrix_run.matrix, url, "any", [name], retry_policy=retry_policy)
    with closing(service):
        outcomes = side_by_side(service, matrix_run, items, workers)
    for item in chosen:
        if isinstance(outcomes.get(item.slug, Recorded()), Recorded):
            matrix_run.results[item.slug] = matrix_run.judge.judge(item)
    faults = {slug: outcome for slug, outcome in outcomes.items() if isinstance(outcome, Faulted)}
    assert not faults, faults
    troubled: Cell = ("inconclusive", "inconclusive")
    cells = {f"{item.claim.feature}::{item.case.name}": troubled for item in chosen}
    for (_, feature, case), result in matrix_run.results.items():
        cells[f"{feature}::{case}"] = (result.behaviour, result.verdict)
    return {name: _settled(name, cell) for name, cell in cells.items()}


def _settled(name: str, cell: Cell) -> Cell:
    """A cell without what depends on how busy this machine is: how much of a quick stream's speed, or of its pings in
    what became a long silence, was seen."""
    timed = name.startswith(("stream.incremental", "stream.ping"))
    return ("honoured", cell[1]) if timed and cell[0] == "accepted" else cell


def turned(before: dict[str, Cell], after: dict[str, Cell]) -> dict[str, Cell]:
    """The cases that are not what they were."""
    return {name: cell for name, cell in after.items() if cell != before[name]}
