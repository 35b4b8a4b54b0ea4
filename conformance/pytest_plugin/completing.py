"""A report is made of all recordings there are: what a run did not select or reach is judged from them, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.pytest_plugin.endings import INTERRUPTED
from conformance.pytest_plugin.items import lacks_recording
from conformance.run.matrix_run import MatrixRun
from conformance.run.plan import Planned, Slug
from conformance.values import CaseResult

__all__ = ["completed"]


def completed(
    matrix_run: MatrixRun, every: Sequence[Planned], judge: Callable[[MatrixRun, Planned], CaseResult]
) -> dict[Slug, CaseResult]:
    """A result for every case: this run's own, else what its recording says.

    Args:
        judge: judges a case from its recording alone; a case without one is not run.
    """
    results = dict(matrix_run.results)
    for item in every:
        mine = results.get(item.slug)
        if mine is None:
            results[item.slug] = judge(matrix_run, item)
        elif _was_not_reached(matrix_run, mine) and not lacks_recording(older := judge(matrix_run, item)):
            results[item.slug] = older
    return results


def _was_not_reached(matrix_run: MatrixRun, result: CaseResult) -> bool:
    return result.behaviour is None and result.reason in {INTERRUPTED, matrix_run.stopped} - {""}
