"""What is said of several reports at once, as data: a document, which is written as plain text, Markdown or HTML.

It holds text as it was found; each way of writing makes it harmless in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Cell", "Column", "Entry", "Layout", "Line", "Listing", "Section", "Table", "Tone"]

Tone: TypeAlias = Literal["", "bad", "open", "more", "none"]
"""How a thing is coloured, where there are colours; it always says in words as well what it is."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    mark: str = ""
    means: str = ""
    """The mark in words."""
    note: str = ""
    tone: Tone = ""
    warning: str = ""
    """What must not be missed of it."""


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column."""

    title: str
    notes: tuple[str, ...] = ()
    warning: str = ""
    """What must not be missed of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table."""

    title: str
    cells: tuple[Cell, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in groups; the first column is the rows' titles."""

    caption: str
    corner: str
    columns: tuple[Column, ...]
    groups: tuple[tuple[str, tuple[Line, ...]], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing found: its name, what is to be said of it, and what it rests on."""

    name: str
    words: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries of one kind."""

    title: str
    entries: tuple[Entry, ...]
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document under a heading."""

    title: str
    words: str = ""
    listings: tuple[Listing, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """All there is to say, the warnings first."""

    title: str
    kind: str
    """What sort of document it is, in a few words."""
    warnings: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    legend: tuple[str, ...] = ()
    """How the tables are to be read, in a sentence each."""
