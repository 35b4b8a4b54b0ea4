"""A report is made of all recordings there are: what a run did not select or reach is judged from them, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.plan import Planned
from conformance.testing.book import Book, Slug
from conformance.testing.endings import INTERRUPTED
from conformance.testing.nodes import lacks_recording
from conformance.values import CaseResult

__all__ = ["completed"]


def completed(
    book: Book, every: Sequence[Planned], judge: Callable[[Book, Planned], CaseResult]
) -> dict[Slug, CaseResult]:
    """A result for every case: this run's own, else what its recording says.

    Args:
        judge: judges a case from its recording alone; a case without one is not run.
    """
    results = dict(book.results)
    for item in every:
        mine = results.get(item.slug)
        if mine is None:
            results[item.slug] = judge(book, item)
        elif _was_not_reached(book, mine) and not lacks_recording(older := judge(book, item)):
            results[item.slug] = older
    return results


def _was_not_reached(book: Book, result: CaseResult) -> bool:
    return result.behaviour is None and result.reason in {INTERRUPTED, book.stopped} - {""}
