"""Successive reports of a target: the rows that ever changed, by the day they were recorded."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from conformance.report.analysis.comparison import Side, side_of
from conformance.report.analysis.difference import State, state_of
from conformance.report.fields import Part
from conformance.report.language import GROUP_ORDER
from conformance.report.load import Loaded, ReportError

__all__ = ["DatedReport", "History", "Timeline", "history"]


class Timeline(Part):
    """What became of a feature, with models that went the same way."""

    group: str
    feature: str
    models: tuple[str, ...]
    states: tuple[State | None, ...]
    """One for each report; None where it does not have the row."""


class DatedReport(Part):
    """One of the reports, and when its first and last evidence was recorded."""

    path: str
    recorded: tuple[str, ...]


class History(Part):
    """Reports in the order in which they were recorded, as ``history --json`` has it."""

    version: int
    target: str
    reports: tuple[DatedReport, ...]
    steady: int
    """Rows that never changed."""
    changed: tuple[Timeline, ...]
    """The rows that did; by group, in the order of the latest report."""
    sides: tuple[Side, ...] = Field(exclude=True)
    """The reports as columns."""


def history(reports: Sequence[Loaded]) -> History:
    """Put reports of one target into their order, and find what changed.

    Raises:
        ReportError: they are of several targets.
    """
    first = reports[0]
    if other := next((loaded for loaded in reports if loaded.name != first.name), None):
        raise ReportError(f"{first.path} is of {first.name} and {other.path} of {other.name}: one target at a time")
    dated = [(side_of(loaded, str(loaded.path)), loaded.report) for loaded in reports]
    dated.sort(key=lambda one: (one[0].recorded[-1:], one[0].name))
    sides = tuple(side for side, _ in dated)
    rows = [{(row.group, row.feature, row.model): row for row in report.results} for _, report in dated]
    ways: dict[tuple[str, str, tuple[State | None, ...]], list[str]] = {}
    steady = 0
    for group, feature, model in dict.fromkeys(row for one in reversed(rows) for row in one):
        states = tuple(
            state_of(one.get((group, feature, model)), report) for one, (_, report) in zip(rows, dated, strict=True)
        )
        if len(set(states)) > 1:
            ways.setdefault((group, feature, states), []).append(model)
        else:
            steady += 1
    changed = [
        Timeline(group=group, feature=feature, models=tuple(models), states=states)
        for (group, feature, states), models in ways.items()
    ]
    return History(
        version=1,
        target=first.name,
        reports=tuple(DatedReport(path=side.name, recorded=side.recorded) for side in sides),
        steady=steady,
        changed=tuple(sorted(changed, key=lambda timeline: GROUP_ORDER.index(timeline.group))),
        sides=sides,
    )
