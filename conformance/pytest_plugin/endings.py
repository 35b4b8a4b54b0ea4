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
from conformance.report.analysis.vocabulary import reason_words, recorded
from conformance.report.assemble import NOT_RECORDED
from conformance.report.language import LANGUAGES, quoted, say
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
        return [say("run.not_compared", why=quoted(plain(error)))]
    if not difference.changes:
        return [say("run.changed.none")]
    found = [say("run.changed", count=len(difference.changes))]
    for change in difference.changes[:_SHOWN]:
        before, after = (state.seen if state else say("seen.nothing") for state in (change.old, change.new))
        found.append(
            say(
                "run.changed.row",
                kind=say(f"difference.{change.kind}.title").lower(),
                feature=plain(change.feature),
                model=plain(change.model),
                before=before,
                after=after,
            )
        )
    if len(difference.changes) > _SHOWN:
        found.append(say("run.more", count=len(difference.changes) - _SHOWN))
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
        found.append(say("run.mixed", most=plain(words_of(seen - mixed)), others=plain(words_of(mixed))))
    if ages:
        counted = {"count": len(ages), "total": len(results), "limit": limit, "oldest": max(ages.values())}
        found.append(say("run.stale.mend", words=say("run.stale", **counted)))
        if option.max_age is not None:
            words = say("run.stale", LANGUAGES[0], **counted)
            notice = " ".join(filter(None, [report.notice, f"{words[0].upper()}{words[1:]}."]))
            report = report.model_copy(update={"notice": notice})
    return found, report


def lacking(matrix_run: MatrixRun, command: Callable[..., str]) -> list[str]:
    """Which of the selected cases have no recording of what they ask, and the command that makes it."""
    found: list[str] = []
    stale_ones = [slug for slug, result in matrix_run.results.items() if result.reason == STALE]
    missing = [slug for slug, result in matrix_run.results.items() if result.reason == NOT_RECORDED]
    if stale_ones:
        found.append(say("run.stale.recordings", count=len(stale_ones)))
        found += _named(matrix_run, stale_ones)
        found.append(say("run.record", command=command(matrix_run, *stale_ones)))
    if missing:
        found.append(say("run.not_recorded", count=len(missing), total=len(matrix_run.results)))
    return found


def unselected(matrix_run: MatrixRun, results: Mapping[Slug, CaseResult], now: datetime) -> list[str]:
    """How old the rows of a report are that this run did not select."""
    rest = [result for slug, result in results.items() if slug not in matrix_run.results]
    found: list[str] = []
    if dates := sorted(one.recorded_at for one in rest if one.recorded_at):
        found.append(say("run.others", count=len(dates), when=_when(dates), days=age_of(dates[0], now)))
    if broken := [one.summary for one in rest if one.is_error]:
        found.append(say("run.others.broken", count=len(broken), why=quoted(plain(broken[0]))))
    return found


def kept(cases: Sequence[ReportedCase], now: datetime) -> list[str]:
    """What of the last report is kept, as this run has no result of it, and how old it is."""
    dates = sorted(case.recorded_at for case in cases if case.recorded_at)
    if not dates:
        return []
    return [say("run.kept", count=len(cases), when=_when(dates), days=age_of(dates[0], now))]


def _when(dates: Sequence[str]) -> str:
    """The days of moments that are sorted, first to last."""
    return recorded(tuple(dict.fromkeys((dates[0][:10], dates[-1][:10]))))


def undecided(results: Collection[CaseResult]) -> list[str]:
    """That nothing at all was decided, where that is so."""
    kinds = Counter(_kind(result) for result in results)
    if kinds["decided"]:
        return []
    words = (say("run.kind", count=count, kind=say(f"run.kind.{kind}")) for kind, count in sorted(kinds.items()))
    return [say("run.undecided", kinds=say("page.comma").join(words))]


def fails_on(matrix_run: MatrixRun, kinds: Collection[str]) -> list[str]:
    """What a run fails on by ``--fail-on``: the selected cases of such a kind; nothing where there is none."""
    found: list[str] = []
    for kind in dict.fromkeys(kinds):
        slugs = [slug for slug, result in matrix_run.results.items() if _kind(result) == kind]
        if slugs:
            found.append(say("run.fails_on", kind=kind, count=len(slugs), total=len(matrix_run.results)))
            found += _named(matrix_run, slugs)
    return found


def _kind(result: CaseResult) -> str:
    if result.verdict is Verdict.NOT_APPLICABLE:
        return "not-applicable"
    if result.behaviour is None:
        return "not-run"
    return "inconclusive" if result.behaviour is Behaviour.INCONCLUSIVE else "decided"


def _named(matrix_run: MatrixRun, slugs: Sequence[Slug]) -> list[str]:
    named = [f"  {command('::'.join((matrix_run.name, *slug)))}" for slug in slugs[:_SHOWN]]
    return [*named, say("run.more", count=len(slugs) - _SHOWN)] if len(slugs) > _SHOWN else named


def last_line(
    matrix_runs: Collection[MatrixRun], exitstatus: int | pytest.ExitCode
) -> tuple[str, int | pytest.ExitCode]:
    """Why a live run is not what was asked for, if so, and the exit code that says it."""
    if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
        return "", exitstatus
    outcomes = [outcome for matrix_run in matrix_runs for outcome in (matrix_run.outcomes or {}).values()]
    missed = sum(isinstance(outcome, NotRun) for outcome in outcomes)
    if stopped := next((matrix_run.stopped for matrix_run in matrix_runs if matrix_run.stopped), ""):
        words = say("run.stopped", reason=reason_words(stopped), missed=missed, total=len(outcomes))
        return words, pytest.ExitCode.INTERRUPTED
    any_recorded = any(isinstance(outcome, Recorded) for outcome in outcomes)
    if outcomes and not any_recorded and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return say("run.nothing", why=quoted(str(outcomes[0]))), pytest.ExitCode.TESTS_FAILED
    return "", exitstatus
