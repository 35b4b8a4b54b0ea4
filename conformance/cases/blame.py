"""Which pieces of a request are to blame for its refusal: delta debugging, within a bound of requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Blame", "Unblamed", "blame", "hinted"]

Taken = Callable[[frozenset[str]], bool]
"""Whether the request is taken without these pieces."""


class Unblamed(Exception):
    """The bound of requests was reached, or the request is refused whatever is left out."""


@dataclass(frozen=True, slots=True)
class Blame:
    """The smallest set that was found: without it the request is taken, and without less it is not."""

    pieces: tuple[str, ...]


def hinted(pieces: Sequence[str], message: str) -> list[str]:
    """The pieces in the order in which a refusal's words point at them; what they say nothing of, as it was.

    A service may well name another piece than the one to blame: this decides what is tried first, and nothing else.
    """
    said = set(re.findall(r"[a-z][a-z0-9_-]+", message.lower()))

    def points(piece: str) -> int:
        names = set(re.findall(r"[a-z][a-z0-9_-]+", piece.lower()))
        return -len(names & said - _EVERYWHERE)

    return sorted(pieces, key=points)


_EVERYWHERE = {"messages", "content", "type", "text", "tools", "of", "as", "a", "them", "input", "true", "false", "not"}
"""Words that stand in every refusal."""


def blame(pieces: Sequence[str], taken: Taken) -> Blame:
    """The smallest set of pieces without which a refused request is taken.

    What is left out does not get a request refused that was taken before: on that the search relies, as delta
    debugging does. The first pieces are tried first, one, two, four and so on, and then the last one that was
    needed is searched for by halves: where the first is to blame it takes one request, and where one of n is,
    some two times log n.

    Raises:
        Unblamed: it is refused without all of them.
    """
    found: list[str] = []
    pool = list(pieces)
    while not found or not taken(frozenset(found)):
        size = _least(pool, frozenset(found), taken)
        found.append(pool[size - 1])
        pool = pool[: size - 1]
        if not pool:
            break
    return Blame(tuple(found))


def _least(pool: Sequence[str], found: frozenset[str], taken: Taken) -> int:
    """How many of the first pieces of the pool it takes, at least, beside those that were found.

    Raises:
        Unblamed: not even all of them are enough.
    """

    def enough(size: int) -> bool:
        return taken(found | frozenset(pool[:size]))

    below, size, most = 0, 1, len(pool)
    while size < most and not enough(size):
        below, size = size, size * 2
    if size >= most:
        size = most
        if not enough(size):
            raise Unblamed
    while size - below > 1:
        middle = (below + size) // 2
        below, size = (below, middle) if enough(middle) else (middle, size)
    return size
