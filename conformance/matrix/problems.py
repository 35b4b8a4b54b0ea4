"""What can be wrong with a matrix: each problem one line, with the file, the line and the way out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

__all__ = ["Lines", "MatrixError", "Place", "Problem", "Problems", "did_you_mean", "shown"]

Place: TypeAlias = tuple[str | int, ...]
"""The way to a key or an item, from the top of the file."""

Lines: TypeAlias = Mapping[Place, int]
"""The line each place stands on, counted from 1."""

_LONG = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a matrix, where it stands, and what to do about it."""

    line: int
    place: Place
    words: str

    def __str__(self) -> str:
        where = _dotted(self.place)
        return f"{self.line}: {where}: {self.words}" if where else f"{self.line}: {self.words}"


class MatrixError(ValueError):
    """A matrix that cannot be used; it says everything that is wrong with it at once."""

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(f"{path}:{problem}" for problem in self.problems))


class Problems:
    """Collects what is wrong with one file, by place; the lines are found here."""

    def __init__(self, path: Path, lines: Lines) -> None:
        self._path = path
        self._lines = lines
        self._found: list[Problem] = []

    def add(self, place: Place, words: str) -> None:
        """One more problem, on the line of the place or of what encloses it."""
        self._found.append(Problem(line_of(self._lines, place), place, words))

    def settle(self) -> None:
        """Carry on if nothing was wrong.

        Raises:
            MatrixError: something was.
        """
        if self._found:
            raise self.error()

    def error(self) -> MatrixError:
        """All that is wrong, as an error to raise."""
        return MatrixError(self._path, self._found)


def line_of(lines: Lines, place: Place) -> int:
    """The line a place stands on; a place that is missing stands where it is missing from."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """``; did you mean 'this'?``, or nothing if nothing is like it."""
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def shown(value: object) -> str:
    """A value as a message can show it: on one line, and not for ever."""
    words = repr(value)
    return words if len(words) <= _LONG else f"{words[:_LONG]}…"


def _dotted(place: Place) -> str:
    words = ""
    for step in place:
        if isinstance(step, int):
            words += f"[{step}]"
        else:
            name = step if step.isprintable() else repr(step)
            words += f".{name}" if words else name
    return words
