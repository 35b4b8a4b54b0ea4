"""Lines for a terminal, by the cells that characters take: a Chinese one takes two, and may be parted from the next."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

__all__ = ["cell_len", "wrap"]

_WIDE = "\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Characters between which a line may end."""
_OPENING = "（《「“"
_CLOSING = "，。；：、！？）》」”…"
"""What no line ends with, and none begins with."""
_PIECE = re.compile(rf"[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}{_CLOSING}]+)?[{_CLOSING}]*\s*")


def wrap(text: str, width: int, first: str = "", further: str = "", *, break_long_words: bool = True) -> list[str]:
    """A text in lines of so many cells at most.

    Args:
        first: what the first line begins with.
        further: what the others begin with.
        break_long_words: whether a word that is too long for a line is cut; else it stands in a line of its own.
    """
    if cell_len(text) == len(text):
        return textwrap.wrap(
            text,
            width,
            initial_indent=first,
            subsequent_indent=further,
            break_long_words=break_long_words,
            break_on_hyphens=False,
        )
    return list(_lines(text, width, first, further, break_long_words=break_long_words))


def _lines(text: str, width: int, first: str, further: str, *, break_long_words: bool) -> Iterator[str]:
    line, is_empty = first, True
    for piece in _pieces(text, width - cell_len(further) if break_long_words else None):
        if not is_empty and cell_len(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = further
        line += piece
        is_empty = False
    if not is_empty:
        yield line.rstrip()


def _pieces(text: str, longest: int | None) -> Iterator[str]:
    """What no line end comes into: a word, or one character of a script without spaces, each with its punctuation."""
    for piece in filter(None, _PIECE.findall(text)):
        if longest is None or cell_len(piece.rstrip()) <= longest:
            yield piece
        else:
            yield from chop_cells(piece, longest)
