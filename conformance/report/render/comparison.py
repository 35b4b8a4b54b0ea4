"""Targets side by side, as a document: what differs, what that changes for who moves, then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.report.analysis.comparison import Comparison, FeatureAt, FeatureOfAll, Impact, Move, Side
from conformance.report.analysis.vocabulary import documented_phrase, group_title, mark, verdict_word
from conformance.report.language import say
from conformance.report.render.clients import clients
from conformance.report.render.document import Cell, Column, Entry, Layout, Line, Listing, Section, Table, Tone
from conformance.values import Source, Verdict

__all__ = ["MARKED", "column_of", "comparison", "grouped", "marked_cell", "warning_of"]

_FEW = 3
"""Targets of which every pair is gone through in words; of more only the table is shown."""

_TONES: Mapping[Impact, Tone] = {
    Impact.REFUSED: "bad",
    Impact.WITHOUT_EFFECT: "bad",
    Impact.WITH_EFFECT: "more",
    Impact.UNKNOWN: "open",
}

MARKED: Mapping[Verdict, Tone] = {
    Verdict.FALLS_SHORT: "bad",
    Verdict.EXCEEDS: "more",
    Verdict.INCONCLUSIVE: "open",
    Verdict.NOT_RUN: "open",
}
"""The verdicts that are marked in a cell, the one that matters most first."""


def comparison(made: Comparison) -> Layout:
    """The comparison in words and tables."""
    sides = made.targets
    names = [side.name for side in sides]
    different = [feature for feature in made.features if feature.differs]
    alike = [feature for feature in made.features if not feature.differs]
    legend = say("page.comma").join(f"{mark(verdict)} {verdict_word(verdict)}" for verdict in MARKED)
    return Layout(
        title=say("text.and" if len(names) < 3 else "text.list").join(names),
        kind=say("comparison.kind"),
        warnings=tuple(warning for side in sides if (warning := warning_of(side))),
        facts=(*((side.name, say("page.comma").join([side.title, side.endpoint, _models(side)])) for side in sides),),
        sections=(
            *clients(made),
            _section(say("comparison.differ"), "comparison.differ.caption", different, sides),
            *(_moves(made) if len(sides) <= _FEW else ()),
            _section(say("comparison.alike"), "comparison.alike.caption", alike, sides),
        ),
        legend=(say("comparison.cell.says", legend=legend), say("comparison.counts.says")),
    )


def warning_of(side: Side) -> str:
    """What must be said of simulated evidence; nothing where there is none."""
    if not side.simulated:
        return ""
    key = "notice.whole" if side.simulated == side.evident else "notice.part"
    return say(key, count=side.simulated, total=side.evident, name=side.name, title=side.title)


def column_of(side: Side) -> Column:
    """The head of a target's column: where its evidence comes from, and when it was recorded."""
    sources = [
        _share(say(f"comparison.source.{source}"), count, side.evident)
        for source, count in side.sources.items()
        if source is not Source.SIMULATOR
    ]
    nothing = "" if side.simulated else say("badge.none")
    days = list(dict.fromkeys(moment[:10] for moment in side.recorded))
    partly = say("comparison.simulated.part", count=side.simulated, total=side.evident)
    simulated = partly if side.simulated < side.evident else say("comparison.simulated")
    return Column(
        title=side.name,
        notes=(
            say("page.comma").join(sources) or nothing,
            say("head.until", first=days[0], last=days[-1]) if len(days) > 1 else "".join(days),
        ),
        warning=simulated if side.simulated else "",
    )


def marked_cell(text: str, verdict: Verdict | None, note: str, tone: Tone) -> Cell:
    """A cell, with the mark of its verdict where it needs one.

    Args:
        tone: how it is coloured where its verdict needs no mark.
    """
    if verdict is None or verdict not in MARKED:
        return Cell(text, note=note, tone=tone)
    return Cell(text, mark(verdict), verdict_word(verdict), note, MARKED[verdict])


def grouped(lines: Iterable[tuple[str, Line]]) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """Lines under the titles of their groups."""
    groups: dict[str, list[Line]] = {}
    for group, line in lines:
        groups.setdefault(group_title(group), []).append(line)
    return tuple((title, tuple(mine)) for title, mine in groups.items())


def _share(words: str, count: int, total: int) -> str:
    return words if count == total else say("comparison.share", count=count, total=total, words=words)


def _models(side: Side) -> str:
    return side.models[0] if len(side.models) == 1 else say("head.models", count=len(side.models))


def _moves(made: Comparison) -> Iterator[Section]:
    flagged = {
        side.name: say("comparison.flagged", name=side.name) if side.simulated else side.name for side in made.targets
    }
    features = {feature.feature: feature for feature in made.features}
    for move in made.moves:
        listings = tuple(
            Listing(say(f"comparison.{impact}"), tuple(_entries(move, impact, features)), _TONES[impact])
            for impact in move.changes
        )
        yield Section(
            title=say("comparison.move", origin=flagged[move.origin], goal=flagged[move.goal]),
            words="" if listings else say("comparison.move.none"),
            listings=listings,
        )


def _entries(move: Move, impact: Impact, features: Mapping[str, FeatureOfAll]) -> Iterator[Entry]:
    if impact is Impact.UNKNOWN:
        yield Entry(say("text.list").join(move.unknown), "")
        return
    for feature in move.changes[impact]:
        here, there = (features[feature].targets[side] for side in (move.origin, move.goal))
        documented = documented_phrase(there.claimed)
        yield Entry(feature, say("comparison.entry", here=here.seen, there=there.seen, documented=documented))


def _section(title: str, caption: str, features: Sequence[FeatureOfAll], sides: Sequence[Side]) -> Section:
    if not features:
        return Section(title, say("comparison.none"))
    lines = ((one.group, Line(one.feature, tuple(map(_cell, one.targets.values())))) for one in features)
    count = say("head.features", count=len(features))
    columns = tuple(map(column_of, sides))
    table = Table(say(caption, count=count), say("grid.feature"), columns, grouped(lines))
    return Section(title, tables=(table,))


def _cell(at: FeatureAt) -> Cell:
    verdict = next((verdict for verdict in MARKED if verdict in at.verdicts), None)
    return marked_cell(at.seen, verdict, at.claimed, "" if at.observed else "none")
