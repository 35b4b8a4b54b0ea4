"""What a terminal shows: the few lines that end a run, and a document of several reports as text.

Nothing in it moves a cursor or starts a line of its own. Tables are laid out by rich, without colours and boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from conformance.plain_text import clip, command, plain
from conformance.report.analysis.answers import FeatureAnswer
from conformance.report.analysis.findings import Contradiction, Deviation, Undecided, undecided
from conformance.report.analysis.overview import Overview
from conformance.report.analysis.vocabulary import documented_phrase, reason_words, verdict_word
from conformance.report.language import quoted, say, sentences
from conformance.report.render.document import Cell, Column, Layout, Listing, Table
from conformance.report.render.wrapping import cell_len, wrap

__all__ = ["document", "lines"]

_WIDTH = 100
_WIDEST_TITLE = 32
"""Characters of the first column; longer names go on in a second line."""
_NARROWEST = 16
"""Characters of any other column; where there is no room for them the table is wider."""
_GAP = 2
_OPEN_SHOWN = 20
"""Reasons why something is open that are listed; the others are counted."""
_NAMED = 4
"""Features that are named where many are open for one reason."""
_LONG = 600
"""Characters of a detail that are shown; the whole of it is in the reports."""


def lines(overview: Overview, *, asked: bool = False) -> list[str]:
    """Where the evidence comes from, counts for each model, deviations, contradictions, what is inconclusive.

    Args:
        asked: whether single features were asked for: then what is to be said of each comes first.
    """
    found = _wrapped(overview.notice or say("text.evidence", sources=overview.sources))
    if asked:
        found += ["", *(_answer(overview, answer) for answer in overview.answers)]
    found += ["", *_counts(overview)]
    for deviation in overview.deviations:
        found += ["", *_deviation(overview, deviation)]
    if overview.contradictions:
        found.append("")
    found += [clip(_contradiction(overview, one), _WIDTH * 2) for one in overview.contradictions]
    open_ = undecided(overview.features, unjudged=True) if asked else overview.undecided
    if open_:
        found.append("")
    found += [clip(_open(overview, one), _WIDTH * 2) for one in open_[:_OPEN_SHOWN]]
    if (more := len(open_) - _OPEN_SHOWN) > 0:
        found.append(say("text.summary.more", count=more))
    return found


def document(made: Layout) -> str:
    """A document as lines of at most a hundred characters, where its tables have few enough columns."""
    return "\n".join(line.rstrip() for line in _document(made)) + "\n"


# --- the end of a run


def _answer(overview: Overview, answer: FeatureAnswer) -> str:
    found = [
        say("page.comma").join(
            filter(
                None,
                (
                    documented_phrase(one.documented),
                    say("text.answer.seen", seen=one.seen),
                    one.verdict,
                    overview.those(one.models) if len(answer.found) > 1 else "",
                ),
            )
        )
        for one in answer.found
    ]
    words = say("text.named", name=plain(answer.feature), words=say("page.semicolon").join(found))
    return clip(words, _WIDTH * 2)


def _open(overview: Overview, one: Undecided) -> str:
    """What is inconclusive, or was not run, and why."""
    named = say("text.list").join(map(plain, one.features[:_NAMED]))
    if (more := len(one.features) - _NAMED) > 0:
        named = say("text.open.more", features=named, count=more)
    where = overview.those(one.models)
    reason = reason_words(one.reason)
    return say("text.terminal.open", verdict=verdict_word(one.verdict), features=named, models=where, reason=reason)


def _counts(overview: Overview) -> list[str]:
    table = _table()
    table.add_column(Text(say("text.model")))
    for name in overview.tallied:
        table.add_column(Text(name), justify="right", min_width=4)
    for model in overview.models:
        table.add_row(*map(Text, [plain(model), *map(str, overview.tally_of(model).values())]))
    return _laid_out(table)


def _deviation(overview: Overview, deviation: Deviation) -> Iterator[str]:
    known = say("text.brackets", words=say("deviations.known.tag")) if deviation.known else ""
    some = 1 < len(deviation.models) < len(overview.models)
    models = (
        say("text.models.some", count=len(deviation.models), total=len(overview.models))
        if some
        else overview.those(deviation.models)
    )
    against = say("text.against", documented=deviation.documented, seen=deviation.seen)
    found = say(
        "text.terminal.deviation", known=known, feature=plain(deviation.feature), against=against, models=models
    )
    yield clip(found, _WIDTH)
    same = len(deviation.summaries) == 1
    for one in deviation.evidence:
        yield f"  {command(one.id) if one.id else plain(one.model)}"
        if not same:
            yield clip(f"    {quoted(plain(one.summary))}", _WIDTH)
    if same:
        yield clip(f"    {quoted(plain(deviation.summaries[0]))}", _WIDTH)
    if deviation.also:
        also = say("text.list").join(map(plain, deviation.also))
        yield clip(f"    {say('text.terminal.also', features=also)}", _WIDTH)
    if deviation.known:
        yield clip(f"    {say('text.terminal.known', reason=quoted(plain(deviation.known)))}", _WIDTH)


def _contradiction(overview: Overview, contradiction: Contradiction) -> str:
    outcomes = say("page.semicolon").join(
        say("text.named", name=overview.those(outcome.models), words=outcome.words)
        for outcome in contradiction.outcomes
    )
    about = say("text.contradiction", feature=plain(contradiction.feature), sides=contradiction.sides)
    return say("text.terminal.contradiction", about=about, outcomes=outcomes)


# --- a document


def _document(made: Layout) -> Iterator[str]:
    yield from _wrapped(say("text.named", name=made.title, words=made.kind))
    for warning in made.warnings:
        yield from _wrapped(warning)
    for name, words in made.facts:
        yield from _wrapped(say("text.named", name=name, words=words), "  ")
    if made.legend:
        yield from _wrapped(sentences(*made.legend))
    for section in made.sections:
        yield ""
        yield from _underlined(section.title)
        yield from _wrapped(section.words)
        for listing in section.listings:
            yield from _listing(listing)
        for table in section.tables:
            yield ""
            yield from _wrapped(table.caption)
            yield from _laid_out(_columns(table))


def _underlined(title: str) -> Iterator[str]:
    words = plain(title)
    yield words
    yield "-" * min(cell_len(words), _WIDTH)


def _listing(listing: Listing) -> Iterator[str]:
    if listing.title:
        yield from _wrapped(listing.title)
    for entry in listing.entries:
        words = say("text.named", name=plain(entry.name), words=entry.words) if entry.words else entry.name
        yield from _wrapped(words, "  ", "    ")
        for detail in entry.details:
            yield from _wrapped(clip(plain(detail), _LONG), "    ", "      ")


def _wrapped(text: str, first: str = "", further: str | None = None) -> list[str]:
    return wrap(plain(text), _WIDTH, first, first if further is None else further, break_long_words=False)


# --- tables


def _table() -> RichTable:
    return RichTable(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)


def _laid_out(table: RichTable) -> list[str]:
    """The lines of a table, as wide as it is."""
    text = StringIO()
    console = Console(file=text, width=100_000, color_system=None, force_terminal=False, _environ={})
    console.print(table, crop=False, no_wrap=True)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def _columns(table: Table) -> RichTable:
    names = [plain(words) for _, group in table.groups for line in group for words in (line.title, line.note)]
    titles = [say("text.label", name=plain(title)) for title, _ in table.groups if title]
    first = min(max(map(cell_len, [plain(table.corner), *names, *titles])), _WIDEST_TITLE)
    rest = max((_WIDTH - first) // max(len(table.columns), 1) - _GAP, _NARROWEST)
    made = _table()
    heads = [_fitted(_head(column), rest) for column in table.columns]
    height = max(len(head.plain.splitlines()) for head in [Text(), *heads])
    made.add_column(_filled(_name(table.corner, first), height), width=first)
    for head in heads:
        made.add_column(_filled(head, height), width=rest)
    made.add_row("-" * first, *("-" * rest for _ in heads))
    for title, group in table.groups:
        if title:
            made.add_row(say("text.label", name=plain(title)))
        for line in group:
            name = Text("\n").join(filter(None, [_name(line.title, first), _fitted([line.note], first)]))
            made.add_row(name, *(_fitted([_cell(cell)], rest) for cell in line.cells))
    return made


def _filled(head: Text, height: int) -> Text:
    """A head of so many lines: rich would let the shorter ones sink to the bottom."""
    return head.append("\n" * (height - len(head.plain.splitlines())))


def _head(column: Column) -> Sequence[str]:
    return column.title, column.warning, *column.notes


def _cell(cell: Cell) -> str:
    note = say("text.brackets", words=cell.note) if cell.note else ""
    shown = f"{' '.join(filter(None, (cell.text, cell.mark)))}{note}".strip()
    return f"{shown} {cell.warning}".strip()


def _fitted(texts: Iterable[str], width: int) -> Text:
    """Each text in lines of its own."""
    return Text("\n".join(line for text in texts for line in wrap(plain(text), width)))


def _name(text: str, width: int) -> Text:
    """A name in lines of this width, parted where it has a dot or an underscore."""
    found = [""]
    for piece in re.findall(r"[^._]*[._]?", plain(text)):
        if found[-1] and len(found[-1]) + len(piece) > width:
            found.append("  ")
        found[-1] += piece
        while len(found[-1]) > width:
            found[-1:] = [found[-1][:width], f"  {found[-1][width:]}"]
    return Text("\n".join(found))
