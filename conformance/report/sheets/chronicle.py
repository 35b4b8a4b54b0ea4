"""The history of a target, as a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.report.compare import Side
from conformance.report.diff import State
from conformance.report.history import Course, History
from conformance.report.sheets import Cell, Column, Line, Section, Sheet, Table
from conformance.report.sheets.comparison import MARKED, column_of
from conformance.report.terms import many, those
from conformance.report.words import GROUP_TITLES, VERDICTS

__all__ = ["sheet"]


def sheet(told: History) -> Sheet:
    """The rows that changed, with a column for every report."""
    latest = told.sides[-1]
    groups: dict[str, list[Line]] = {}
    for course in told.courses:
        groups.setdefault(GROUP_TITLES[course.group], []).append(_line(course, latest.models))
    caption = f"{many(len(told.courses), 'row')} that changed; {told.steady} never did"
    columns = tuple(_column(side) for side in told.sides)
    table = Table(caption, "feature", columns, tuple((name, tuple(lines)) for name, lines in groups.items()))
    words = "" if groups else f"Nothing changed: {many(told.steady, 'row')}, as documented and as seen in every report."
    return Sheet(
        title=told.reports[0].name,
        kind=f"{many(len(told.reports), 'report')}, oldest first",
        warnings=(_warning(told.sides),) if any(side.simulated for side in told.sides) else (),
        facts=(),
        sections=(Section("What changed", words, tables=(table,) if groups else ()),),
    )


def _warning(sides: Sequence[Side]) -> str:
    simulated = sum(1 for side in sides if side.simulated)
    which = "every one" if simulated == len(sides) else f"{simulated} of {len(sides)}"
    return (
        f"SIMULATED EVIDENCE in {which} of these reports, recorded from the simulator that comes with this suite. "
        f"It says NOTHING about {sides[-1].title} or its service."
    )


def _column(side: Side) -> Column:
    head = column_of(side)
    when = side.recorded[-1].replace("T", " ").removesuffix("Z") if side.recorded else "never recorded"
    return Column(when, (head.notes[0], side.name), head.warning)


def _line(course: Course, models: Sequence[str]) -> Line:
    return Line(course.feature, tuple(map(_cell, course.states)), those(course.models, models))


def _cell(state: State | None) -> Cell:
    if state is None:
        return Cell("- not there", kind="none")
    marked = state.verdict in MARKED
    mark, means = (VERDICTS[state.verdict].mark, VERDICTS[state.verdict].word) if state.verdict and marked else ("", "")
    return Cell(state.seen, mark, means, state.documented, MARKED.get(state.verdict or "", ""))
