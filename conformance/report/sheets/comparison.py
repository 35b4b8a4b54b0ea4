"""Targets side by side, as a sheet: what differs, what that changes for who moves, then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.report.compare import Change, Comparison, Feature, Fold, Move, Side
from conformance.report.sheets import Block, Cell, Column, Entry, Kind, Line, Section, Sheet, Table
from conformance.report.terms import documented_phrase, many
from conformance.report.words import GROUP_TITLES, VERDICTS
from conformance.values import Source, Verdict

__all__ = ["MARKED", "column_of", "sheet", "warning_of"]

_FEW = 3
"""Targets of which every pair is gone through in words; of more only the table is shown."""

_CHANGES: dict[Change, tuple[str, Kind]] = {
    Change.REFUSED: ("refused there", "bad"),
    Change.WITHOUT_EFFECT: ("honoured here, taken there without effect", "bad"),
    Change.WITH_EFFECT: ("ignored here, honoured there", "more"),
    Change.UNKNOWN: ("honoured here, and there no evidence", "open"),
}

_SOURCES = {Source.LIVE: "live", Source.LOCAL: "local", Source.SIMULATOR: "simulated"}

MARKED: dict[str, Kind] = {
    Verdict.FALLS_SHORT: "bad",
    Verdict.EXCEEDS: "more",
    Verdict.INCONCLUSIVE: "open",
    Verdict.NOT_RUN: "open",
}
"""The verdicts that are marked in a cell, the one that matters most first."""


def sheet(comparison: Comparison) -> Sheet:
    """The comparison in words and tables."""
    sides = comparison.sides
    different = [feature for feature in comparison.features if feature.differs]
    alike = [feature for feature in comparison.features if not feature.differs]
    sections = (
        _section("Where they differ", "seen to behave differently", different, sides),
        *(_moves(comparison) if len(sides) <= _FEW else ()),
        _section("Where they do not, or nothing is known", "no difference seen", alike, sides),
    )
    return Sheet(
        title=" and ".join(side.name for side in sides) if len(sides) < 3 else ", ".join(side.name for side in sides),
        kind="side by side",
        warnings=tuple(warning for side in sides if (warning := warning_of(side))),
        facts=(
            *((side.name, f"{side.title}, {side.endpoint}, {_models(side)}") for side in sides),
            ("A cell", f"what was seen, and in brackets what is documented; {_legend()}"),
            ("Counts", "are of models, where a target's models do not all do the same"),
        ),
        sections=sections,
    )


def warning_of(side: Side) -> str:
    """What must be said of simulated evidence; nothing where there is none."""
    if not side.simulated:
        return ""
    share = "All" if side.simulated == side.evident else f"{side.simulated} of"
    return (
        f"SIMULATED EVIDENCE. {share} {side.evident} cells of {side.name} that have evidence were recorded from the "
        f"simulator that comes with this suite. They say NOTHING about {side.title} or its service."
    )


def column_of(side: Side) -> Column:
    """The head of a target's column: where its evidence comes from, and when it was recorded."""
    sources = [
        _SOURCES[source] if count == side.evident else f"{count} of {side.evident} {_SOURCES[source]}"
        for source, count in side.sources.items()
        if source is not Source.SIMULATOR
    ]
    partly = f": {side.simulated} of {side.evident}" if side.simulated < side.evident else ""
    return Column(
        title=side.name,
        notes=(", ".join(sources) if sources or side.simulated else "no evidence", _days(side)),
        warning=f"SIMULATED{partly}" if side.simulated else "",
    )


def _days(side: Side) -> str:
    return " to ".join(dict.fromkeys(moment[:10] for moment in side.recorded))


def _models(side: Side) -> str:
    return side.models[0] if len(side.models) == 1 else f"{len(side.models)} models"


def _legend() -> str:
    return ", ".join(f"{VERDICTS[verdict].mark} {VERDICTS[verdict].word}" for verdict in MARKED)


def _moves(comparison: Comparison) -> Iterator[Section]:
    for move in comparison.moves:
        origin, goal = (comparison.sides[side] for side in (move.origin, move.goal))
        blocks = tuple(
            Block(title, tuple(_entries(move, change)), kind)
            for change, (title, kind) in _CHANGES.items()
            if change in move.changes
        )
        yield Section(
            title=f"What changes when you move from {_flagged(origin)} to {_flagged(goal)}",
            words="" if blocks else "Nothing that was seen.",
            blocks=blocks,
        )


def _flagged(side: Side) -> str:
    return f"{side.name} (SIMULATED)" if side.simulated else side.name


def _entries(move: Move, change: Change) -> Iterator[Entry]:
    if change is Change.UNKNOWN:
        yield Entry(", ".join(feature.name for feature in move.changes[change]), "")
        return
    for feature in move.changes[change]:
        here, there = feature.folds[move.origin], feature.folds[move.goal]
        yield Entry(feature.name, f"{here.seen} → {there.seen} ({documented_phrase(there.claimed)} there)")


def _section(title: str, caption: str, features: Iterable[Feature], sides: tuple[Side, ...]) -> Section:
    groups: dict[str, list[Line]] = {}
    for feature in features:
        cells = tuple(_cell(fold) for fold in feature.folds)
        groups.setdefault(GROUP_TITLES[feature.group], []).append(Line(feature.name, cells))
    if not groups:
        return Section(title, "No feature.")
    columns = tuple(column_of(side) for side in sides)
    listed = tuple((name, tuple(lines)) for name, lines in groups.items())
    count = many(sum(len(lines) for lines in groups.values()), "feature")
    return Section(title, tables=(Table(f"{count}: {caption}", "feature", columns, listed),))


def _cell(fold: Fold) -> Cell:
    verdict = next((verdict for verdict in MARKED if verdict in fold.verdicts), None)
    mark, means = (VERDICTS[verdict].mark, VERDICTS[verdict].word) if verdict else ("", "")
    kind: Kind = MARKED[verdict] if verdict else "" if fold.observed else "none"
    return Cell(fold.seen, mark, means, fold.claimed, kind)
