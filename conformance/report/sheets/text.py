"""A sheet as plain lines of at most a hundred characters, where its tables have few enough columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from conformance.report.escape import clip, plain
from conformance.report.sheets import Block, Cell, Column, Sheet, Table

__all__ = ["render"]

_WIDTH = 100
_WIDEST_TITLE = 32
"""Characters of the first column; longer names go on in a second line."""
_NARROWEST = 16
"""Characters of any other column; where there is no room for them the table is wider."""
_GAP = "  "
_LONG = 600
"""Characters of a detail that are shown; the whole of it is in the reports."""


def render(sheet: Sheet) -> str:
    """The sheet as text; nothing in it moves a cursor or starts a line of its own."""
    return "\n".join(line.rstrip() for line in _lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    yield from _wrapped(f"{sheet.title}: {sheet.kind}")
    for warning in sheet.warnings:
        yield from _wrapped(warning)
    for name, words in sheet.facts:
        yield from _wrapped(f"{name}: {words}", "  ")
    for section in sheet.sections:
        yield ""
        yield from _underlined(section.title)
        yield from _wrapped(section.words)
        for block in section.blocks:
            yield from _block(block)
        for table in section.tables:
            yield ""
            yield from _table(table)


def _underlined(title: str) -> Iterator[str]:
    words = plain(title)
    yield words
    yield "-" * min(len(words), _WIDTH)


def _block(block: Block) -> Iterator[str]:
    if block.title:
        yield from _wrapped(block.title)
    for entry in block.entries:
        yield from _wrapped(f"{plain(entry.name)}: {entry.words}" if entry.words else entry.name, "  ", "    ")
        for detail in entry.details:
            yield from _wrapped(clip(plain(detail), _LONG), "    ", "      ")


def _wrapped(text: str, first: str = "", further: str | None = None) -> list[str]:
    return wrap(
        plain(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if further is None else further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(table: Table) -> Iterator[str]:
    lines = [line for _, group in table.groups for line in group]
    titles = [plain(words) for line in lines for words in (line.title, line.note)]
    first = min(max(map(len, [plain(table.corner), *titles])), _WIDEST_TITLE)
    rest = max((_WIDTH - first) // max(len(table.columns), 1) - len(_GAP), _NARROWEST)
    widths = [first, *([rest] * len(table.columns))]
    yield from _wrapped(table.caption)
    yield from _row([_title(table.corner, first), *(_head(column, rest) for column in table.columns)], widths)
    yield _GAP.join("-" * width for width in widths)
    for title, group in table.groups:
        if title:
            yield f"{plain(title)}:"
        for line in group:
            name = [*_title(line.title, first), *_fitted(line.note, first)]
            yield from _row([name, *(_cell(cell, rest) for cell in line.cells)], widths)


def _row(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for parts in zip_longest(*cells, fillvalue=""):
        yield _GAP.join(part.ljust(width) for part, width in zip(parts, widths, strict=True))


def _head(column: Column, width: int) -> list[str]:
    return [line for text in (column.title, column.warning, *column.notes) for line in _fitted(text, width)]


def _cell(cell: Cell, width: int) -> list[str]:
    note = f"({cell.note})" if cell.note else ""
    return _fitted(" ".join(filter(None, (cell.text, cell.mark, note))), width)


def _fitted(text: str, width: int) -> list[str]:
    return wrap(plain(text), width, break_on_hyphens=False)


def _title(text: str, width: int) -> list[str]:
    """A name in lines of this width, parted where it has a dot or an underscore."""
    lines = [""]
    for piece in re.findall(r"[^._]*[._]?", plain(text)):
        if lines[-1] and len(lines[-1]) + len(piece) > width:
            lines.append("  ")
        lines[-1] += piece
        while len(lines[-1]) > width:
            lines[-1:] = [lines[-1][:width], f"  {lines[-1][width:]}"]
    return lines
