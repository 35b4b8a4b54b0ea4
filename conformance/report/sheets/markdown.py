"""A sheet as Markdown, for a pull request or a step's summary."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.escape import clip, markdown, markdown_code
from conformance.report.sheets import Cell, Column, Sheet, Table

__all__ = ["render"]

_LONG = 600
"""Characters of a detail that are shown; the whole of it is in the reports."""


def render(sheet: Sheet) -> str:
    """The sheet as one Markdown document."""
    return "\n".join(_lines(sheet))


def _lines(sheet: Sheet) -> Iterator[str]:
    yield f"# {markdown(sheet.title)}: {markdown(sheet.kind)}"
    yield ""
    for warning in sheet.warnings:
        yield f"> **{markdown(warning)}**"
        yield ""
    for name, words in sheet.facts:
        yield f"- **{markdown(name)}:** {markdown(words)}"
    if sheet.facts:
        yield ""
    for section in sheet.sections:
        yield f"## {markdown(section.title)}"
        yield ""
        if section.words:
            yield markdown(section.words)
            yield ""
        for block in section.blocks:
            if block.title:
                yield f"**{markdown(block.title)}**"
                yield ""
            for entry in block.entries:
                yield f"- {markdown_code(entry.name)}{': ' if entry.words else ''}{markdown(entry.words)}"
                yield from (f"  - {markdown(clip(detail, _LONG))}" for detail in entry.details)
            yield ""
        for table in section.tables:
            yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield f"**{markdown(table.caption)}**"
    yield ""
    yield f"| {' | '.join([markdown(table.corner), *map(_head, table.columns)])} |"
    yield f"|{' --- |' * (len(table.columns) + 1)}"
    for title, group in table.groups:
        if title:
            yield f"| **{markdown(title)}** |{' |' * len(table.columns)}"
        for line in group:
            note = f"<br>{markdown(line.note)}" if line.note else ""
            yield f"| {' | '.join([markdown_code(line.title) + note, *map(_cell, line.cells)])} |"
    yield ""


def _head(column: Column) -> str:
    warning = [f"**{markdown(column.warning)}**"] if column.warning else []
    return "<br>".join([markdown(column.title), *warning, *map(markdown, column.notes)])


def _cell(cell: Cell) -> str:
    note = f"({markdown(cell.note)})" if cell.note else ""
    return " ".join(filter(None, (markdown(cell.text), markdown(cell.mark), note)))
