"""Names people type, and what to say where nobody has such a name."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

_LISTED: Final = 10


def known(name: str, names: Collection[str], kind: str) -> str:
    """The name, if it is one of these.

    Raises:
        ValueError: it is none; the line says which one is near.
    """
    if name in names:
        return name
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        hint = f"did you mean {near[0]!r}?"
    else:
        hint = f"there are {', '.join(names)}" if len(names) <= _LISTED else f"{kind.upper()}S lists all {len(names)}"
    raise ValueError(f"no {kind} is called {name!r}; {hint}")
