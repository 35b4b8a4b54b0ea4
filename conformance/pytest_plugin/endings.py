"""How a run ends: what is said of rows it did not reach, of old evidence, of what changed, and its exit code."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.outcomes import NotRun, Recorded
from conformance.plain_text import command, plain
from conformance.pytest_plugin.items import STALE, CaseItem, not_run
from conformance.report.analysis.difference import diff
from conformance.report.assemble import NOT_RECORDED
from conformance.report.load import Loaded, ReportError, load
from conformance.report.model import Report, ReportedCase
from conformance.run.evidence import Evidence, others
from conformance.run.evidence import words as words_of
from conformance.run.freshness import age_of, stale
from conformance.run.matrix_run import MatrixRun
from conformance.run.plan import Slug
from conformance.values import Behaviour, CaseResult, Verdict

__all__ = [
    "INTERRUPTED",
    "UNDECIDED",
    "changes",
    "fails_on",
    "interrupt",
    "is_begun",
    "kept",
    "lacking",
    "last_line",
    "remarks",
    "undecided",
    "unselected",
]

UNDECIDED = ("inconclusive", "not-run")
"""The kinds of results that decide nothing, and that a run may be told to fail on."""

_SHOWN = 20
"""Changed rows that are listed; the others are counted. ``python -m conformance diff`` shows all."""

INTERRUPTED = "interrupted"
"""Why rows were not reached that a Ctrl-C came before."""


def is_begun(matrix_run: MatrixRun, model: str) -> bool:
    """Whether a live run recorded anything of a model."""
    outcomes = (matrix_run.outcomes or {}).items()
    return any(isinstance(outcome, Recorded) for slug, outcome in outcomes if slug[0] == model)


def interrupt(matrix_runs: Mapping[Path, MatrixRun], items: Iterable[pytest.Item]) -> None:
    """Say of every row that was selected and not judged that the run was interrupted."""
    for item in items:
        if isinstance(item, CaseItem) and item.path in matrix_runs:
            matrix_runs[item.path].results.setdefault(item.planned.slug, not_run(item.planned, INTERRUPTED))


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


def remarks(
    results: Mapping[Slug, CaseResult], matrix_run: MatrixRun, report: Report, option: argparse.Namespace
) -> tuple[list[str], Report]:
    """What the terminal says besides the report: that evidence is old, or of several services; and the report with it.

    A report is the same on every replay, whatever the day: how old evidence is stands in it only where
    ``--max-age`` was given.
    """
    limit = matrix_run.matrix.target.max_age if option.max_age is None else option.max_age
    ages = stale(results, limit, datetime.now(UTC))
    found: list[str] = []
    seen = Counter(Evidence(one.source, one.endpoint) for one in results.values() if one.source and one.endpoint)
    if mixed := others(seen, [most for most, _ in seen.most_common(1)]):
        found.append(f"evidence of several services: {plain(words_of(seen - mixed))}, and {plain(words_of(mixed))}")
    if ages:
        words = (
            f"stale evidence: {len(ages)} of {len(results)} rows rest on recordings older than {limit} days, "
            f"the oldest of {max(ages.values())}"
        )
        found.append(f"{words}; record them anew with: pytest --live --refresh")
        if option.max_age is not None:
            notice = " ".join(filter(None, [report.notice, f"{words[0].upper()}{words[1:]}."]))
            report = report.model_copy(update={"notice": notice})
    return found, report


def lacking(matrix_run: MatrixRun, command: Callable[..., str]) -> list[str]:
    """Which of the selected cases have no recording of what they ask, and the command that makes it."""
    found: list[str] = []
    stale_ones = [slug for slug, result in matrix_run.results.items() if result.reason == STALE]
    missing = [slug for slug, result in matrix_run.results.items() if result.reason == NOT_RECORDED]
    if stale_ones:
        found.append(f"stale recordings, which hold other requests than their cases ask now: {len(stale_ones)}")
        found += _named(matrix_run, stale_ones)
        found.append(f"record them with: {command(matrix_run, *stale_ones)}")
    if missing:
        found.append(f"not recorded yet: {len(missing)} of {len(matrix_run.results)} cases")
    return found


def unselected(matrix_run: MatrixRun, results: Mapping[Slug, CaseResult], now: datetime) -> list[str]:
    """How old the rows of a report are that this run did not select."""
    rest = [result for slug, result in results.items() if slug not in matrix_run.results]
    found: list[str] = []
    if dates := sorted(one.recorded_at for one in rest if one.recorded_at):
        oldest, newest = dates[0][:10], dates[-1][:10]
        when = oldest if oldest == newest else f"{oldest} to {newest}"
        days = age_of(dates[0], now)
        found.append(f"{len(dates)} other cases of the report rest on recordings of {when}, up to {days} days old")
    if broken := [one.summary for one in rest if one.is_error]:
        found.append(f"{len(broken)} other cases of the report could not be judged: {plain(broken[0])}")
    return found


def kept(cases: Sequence[ReportedCase], now: datetime) -> list[str]:
    """What of the last report is kept, as this run has no result of it, and how old it is."""
    dates = sorted(case.recorded_at for case in cases if case.recorded_at)
    if not dates:
        return []
    oldest, newest = dates[0][:10], dates[-1][:10]
    when = oldest if oldest == newest else f"{oldest} to {newest}"
    days = age_of(dates[0], now)
    return [f"{len(cases)} cases are kept from the last report, recorded {when}, up to {days} days ago"]


def undecided(results: Collection[CaseResult]) -> list[str]:
    """That nothing at all was decided, where that is so."""
    kinds = Counter(_kind(result) for result in results)
    if kinds["decided"]:
        return []
    return [f"nothing was decided: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}"]


def fails_on(matrix_run: MatrixRun, kinds: Collection[str]) -> list[str]:
    """What a run fails on by ``--fail-on``: the selected cases of such a kind; nothing where there is none."""
    found: list[str] = []
    for kind in dict.fromkeys(kinds):
        slugs = [slug for slug, result in matrix_run.results.items() if _kind(result) == kind]
        if slugs:
            found += [f"--fail-on {kind}: {len(slugs)} of {len(matrix_run.results)} cases", *_named(matrix_run, slugs)]
    return found


def _kind(result: CaseResult) -> str:
    if result.verdict is Verdict.NOT_APPLICABLE:
        return "not-applicable"
    if result.behaviour is None:
        return "not-run"
    return "inconclusive" if result.behaviour is Behaviour.INCONCLUSIVE else "decided"


def _named(matrix_run: MatrixRun, slugs: Sequence[Slug]) -> list[str]:
    named = [f"  {command('::'.join((matrix_run.name, *slug)))}" for slug in slugs[:_SHOWN]]
    return [*named, f"  … and {len(slugs) - _SHOWN} more"] if len(slugs) > _SHOWN else named


def last_line(
    matrix_runs: Collection[MatrixRun], exitstatus: int | pytest.ExitCode
) -> tuple[str, int | pytest.ExitCode]:
    """Why a live run is not what was asked for, if so, and the exit code that says it."""
    if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
        return "", exitstatus
    outcomes = [outcome for matrix_run in matrix_runs for outcome in (matrix_run.outcomes or {}).values()]
    missed = sum(isinstance(outcome, NotRun) for outcome in outcomes)
    if stopped := next((matrix_run.stopped for matrix_run in matrix_runs if matrix_run.stopped), ""):
        words = f"stopped before the end: {stopped}; {missed} of {len(outcomes)} cases were not reached"
        return f"{words} (pytest --live --resume asks for the rest)", pytest.ExitCode.INTERRUPTED
    recorded = any(isinstance(outcome, Recorded) for outcome in outcomes)
    if outcomes and not recorded and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return f"nothing was recorded: {outcomes[0]}", pytest.ExitCode.TESTS_FAILED
    return "", exitstatus
