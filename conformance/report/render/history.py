"""The history of a target, as a document."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.report.analysis.comparison import Side
from conformance.report.analysis.difference import State
from conformance.report.analysis.history import History, Timeline
from conformance.report.analysis.vocabulary import those
from conformance.report.language import say
from conformance.report.render.comparison import column_of, grouped, marked_cell
from conformance.report.render.document import Cell, Column, Layout, Line, Section, Table

__all__ = ["history"]


def history(made: History) -> Layout:
    """The rows that changed, with a column for every report."""
    latest = made.sides[-1]
    lines = [(timeline.group, _line(timeline, latest.models)) for timeline in made.changed]
    changed = say("difference.rows", count=len(lines))
    caption = say("history.caption", rows=changed, steady=made.steady)
    table = Table(caption, say("grid.feature"), tuple(map(_column, made.sides)), grouped(lines))
    nothing = say("history.none", rows=say("difference.rows", count=made.steady))
    return Layout(
        title=made.target,
        kind=say("history.kind", count=len(made.reports)),
        warnings=(_warning(made.sides),) if any(side.simulated for side in made.sides) else (),
        facts=(),
        sections=(Section(say("history.title"), "" if lines else nothing, tables=(table,) if lines else ()),),
    )


def _warning(sides: Sequence[Side]) -> str:
    simulated = sum(1 for side in sides if side.simulated)
    key = "notice.history.every" if simulated == len(sides) else "notice.history.some"
    return say(key, count=simulated, total=len(sides), title=sides[-1].title)


def _column(side: Side) -> Column:
    head = column_of(side)
    when = side.recorded[-1].replace("T", " ").removesuffix("Z") if side.recorded else say("history.never")
    return Column(when, (head.notes[0], side.name), head.warning)


def _line(timeline: Timeline, models: Sequence[str]) -> Line:
    return Line(timeline.feature, tuple(map(_cell, timeline.states)), those(timeline.models, models))


def _cell(state: State | None) -> Cell:
    if state is None:
        return Cell(say("history.absent"), tone="none")
    return marked_cell(state.seen, state.verdict, state.documented or "", "")
