"""Is this file a matrix? Asked of every YAML file pytest walks past, so it must cost next to nothing."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["is_meant_as_matrix", "looks_like_matrix"]

_ENOUGH = 4096
"""Bytes that are read; the first key must come within them, comments included."""

_MUCH = 262_144
"""Bytes of a file that is named; the keys of a matrix must come within them."""
_OWN_KEYS = ("target", "models", "claims")

_SUFFIXES = frozenset({".yaml", ".yml"})
_FIRST_KEY = re.compile(r"""(["']?)conformance\1[ \t]*:(?:[ \t\r\n]|$)""")


def looks_like_matrix(path: Path) -> bool:
    """Whether a YAML file's first key is ``conformance``; whatever cannot be read is not a matrix."""
    if path.suffix not in _SUFFIXES or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_ENOUGH)
    except OSError:
        return False
    for line in head.decode("utf-8-sig", errors="replace").splitlines():
        if line.strip() and not line.lstrip().startswith(("#", "%", "---")):
            return _FIRST_KEY.match(line) is not None
    return False


def is_meant_as_matrix(path: Path) -> bool:
    """Whether a YAML file is a matrix, or would be one if it began with ``conformance: 1``.

    Only asked of a file that somebody names: that of a directory nobody has to answer for.
    """
    if looks_like_matrix(path):
        return True
    if path.suffix not in _SUFFIXES or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            text = file.read(_MUCH).decode("utf-8-sig", errors="replace")
    except OSError:
        return False
    return all(re.search(rf"^{key}[ \t]*:", text, re.MULTILINE) for key in _OWN_KEYS)
