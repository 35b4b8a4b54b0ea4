"""How a run ends: what is said of rows it did not reach, of old evidence, of what changed, and its exit code."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.report.analysis.difference import diff
from conformance.report.escape import plain
from conformance.report.load import Loaded, ReportError, load
from conformance.report.model import Report
from conformance.testing.book import Book
from conformance.testing.crew import NOT_RUN
from conformance.testing.freshness import stale
from conformance.testing.nodes import CaseItem, not_run

__all__ = ["INTERRUPTED", "changes", "interrupt", "is_begun", "last_line", "remarks"]

_SHOWN = 20
"""Changed rows that are listed; the others are counted. ``python -m conformance diff`` shows all."""

INTERRUPTED = "interrupted"
"""Why rows were not reached that a Ctrl-C came before."""


def is_begun(book: Book, model: str) -> bool:
    """Whether a live run recorded anything of a model."""
    return any(not why for slug, why in (book.troubles or {}).items() if slug[0] == model)


def interrupt(books: Mapping[Path, Book], items: Iterable[pytest.Item]) -> None:
    """Say of every row that was selected and not judged that the run was interrupted."""
    for item in items:
        if isinstance(item, CaseItem) and item.path in books:
            books[item.path].results.setdefault(item.planned.slug, not_run(item.planned, INTERRUPTED))


def changes(report: Report, last: Path) -> list[str]:
    """What changed since the last report in the same place, the worst first; nothing where there is none."""
    if not last.exists():
        return []
    try:
        difference = diff(load(last), Loaded(last, report))
    except ReportError as error:
        return [f"the last report is not compared with: {plain(error)}"]
    if not difference.changes:
        return ["nothing changed since the last report"]
    found = [f"changed since the last report: {len(difference.changes)} rows"]
    for change in difference.changes[:_SHOWN]:
        before, after = (state.seen if state else "nothing" for state in (change.old, change.new))
        found.append(f"  {change.kind}: {plain(change.feature)}, {plain(change.model)}: {before} -> {after}")
    if len(difference.changes) > _SHOWN:
        found.append(f"  … and {len(difference.changes) - _SHOWN} more")
    return found


def remarks(book: Book, report: Report, option: argparse.Namespace) -> tuple[list[str], Report]:
    """What the terminal says besides the report, and the report with what it has to say as well: evidence is old.

    A report is the same on every replay, whatever the day: how old evidence is stands in it only where
    ``--max-age`` was given.
    """
    limit = book.matrix.target.max_age if option.max_age is None else option.max_age
    ages = stale(book.results, limit, datetime.now(UTC))
    found: list[str] = []
    if ages:
        words = (
            f"stale evidence: {len(ages)} of {len(book.results)} rows rest on recordings older than {limit} days, "
            f"the oldest of {max(ages.values())}"
        )
        found.append(f"{words}; record them anew with: pytest --live --refresh")
        if option.max_age is not None:
            notice = " ".join(filter(None, [report.notice, f"{words[0].upper()}{words[1:]}."]))
            report = report.model_copy(update={"notice": notice})
    return found, report


def last_line(books: Collection[Book], exitstatus: int | pytest.ExitCode) -> tuple[str, int | pytest.ExitCode]:
    """Why a live run is not what was asked for, if so, and the exit code that says it."""
    if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
        return "", exitstatus
    troubles = [why for book in books for why in (book.troubles or {}).values()]
    missed = sum(why.startswith(NOT_RUN) for why in troubles)
    if stopped := next((book.stopped for book in books if book.stopped), ""):
        words = f"stopped before the end: {stopped}; {missed} of {len(troubles)} cases were not reached"
        return f"{words} (pytest --live --resume asks for the rest)", pytest.ExitCode.INTERRUPTED
    if troubles and all(troubles) and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return f"nothing was recorded: {troubles[0]}", pytest.ExitCode.TESTS_FAILED
    return "", exitstatus
