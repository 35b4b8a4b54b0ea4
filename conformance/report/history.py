"""Successive reports of a target: the rows that ever changed, by the day they were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.report.compare import Side, side_of
from conformance.report.diff import State
from conformance.report.load import Loaded, ReportError
from conformance.report.terms import documented_words
from conformance.report.words import GROUP_ORDER
from conformance.values import Json

__all__ = ["Course", "History", "as_json", "history"]


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a feature, with models that went the same way."""

    group: str
    feature: str
    models: tuple[str, ...]
    states: tuple[State | None, ...]
    """One for each report; None where it does not have the row."""


@dataclass(frozen=True, slots=True)
class History:
    """Reports in the order in which they were recorded."""

    reports: tuple[Loaded, ...]
    sides: tuple[Side, ...]
    courses: tuple[Course, ...]
    """Of the rows that changed; by group, in the order of the latest report."""
    steady: int
    """Rows that never changed."""


def history(reports: Sequence[Loaded]) -> History:
    """Put reports of one target into their order, and find what changed.

    Raises:
        ReportError: they are of several targets.
    """
    first = reports[0]
    if other := next((loaded for loaded in reports if loaded.name != first.name), None):
        raise ReportError(f"{first.path} is of {first.name} and {other.path} of {other.name}: one target at a time")
    ordered = sorted(reports, key=lambda loaded: (side_of(loaded, "").recorded[-1:], str(loaded.path)))
    cells = [{(row["group"], row["feature"], row["model"]): row for row in one.report["results"]} for one in ordered]
    ways: dict[tuple[str, str, tuple[State | None, ...]], list[str]] = {}
    steady = 0
    for group, feature, model in dict.fromkeys(cell for one in reversed(cells) for cell in one):
        found = [one.get((group, feature, model)) for one in cells]
        states = tuple(
            State(row["observed"], row["verdict"], documented_words(loaded.report.get("claims", ()), row))
            if row
            else None
            for row, loaded in zip(found, ordered, strict=True)
        )
        if len(set(states)) > 1:
            ways.setdefault((group, feature, states), []).append(model)
        else:
            steady += 1
    courses = [Course(group, feature, tuple(models), states) for (group, feature, states), models in ways.items()]
    return History(
        reports=tuple(ordered),
        sides=tuple(side_of(loaded, str(loaded.path)) for loaded in ordered),
        courses=tuple(sorted(courses, key=lambda course: GROUP_ORDER.index(course.group))),
        steady=steady,
    )


def as_json(told: History) -> dict[str, Json]:
    """The history for programs."""
    return {
        "version": 1,
        "target": told.reports[0].name,
        "reports": [
            {"path": str(loaded.path), "recorded": list(side.recorded)}
            for loaded, side in zip(told.reports, told.sides, strict=True)
        ],
        "steady": told.steady,
        "changed": [
            {
                "group": course.group,
                "feature": course.feature,
                "models": list(course.models),
                "states": [
                    state and {"documented": state.documented, "observed": state.observed, "verdict": state.verdict}
                    for state in course.states
                ],
            }
            for course in told.courses
        ],
    }
