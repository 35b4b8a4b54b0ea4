"""The matrices that come with the suite: in an installed package inside it, in a checkout beside it."""

from __future__ import annotations

from pathlib import Path

import conformance
from conformance.matrix.problems import did_you_mean

__all__ = ["NoSuchMatrix", "matrix_at", "packaged"]

_PACKAGE = Path(conformance.__file__).parent
_INSIDE = "matrices"
_FIRST = "minimax"
"""The matrix that stands at the top of a checkout, as matrix.yaml."""


class NoSuchMatrix(ValueError):
    """No matrix is called so; says which there are."""


def packaged() -> dict[str, Path]:
    """Every matrix that comes with the suite, by its name."""
    inside = sorted((_PACKAGE / _INSIDE).glob("*.yaml"))
    if inside:
        return {path.stem: path for path in inside}
    checkout = _PACKAGE.parent
    beside = {path.stem: path for path in sorted((checkout / _INSIDE).glob("*.yaml"))}
    return dict(sorted({**beside, _FIRST: checkout / "matrix.yaml"}.items()))


def matrix_at(name: str, base: Path) -> Path:
    """The file of a matrix, by its name or its path.

    Args:
        base: where a path begins.

    Raises:
        NoSuchMatrix: there is neither.
    """
    known = packaged()
    if name in known:
        return known[name]
    if (path := base / name).is_file():
        return path
    there = f"there are {', '.join(known)}, or name a file"
    raise NoSuchMatrix(f"--matrix {name}: no such matrix{did_you_mean(name, known) or f'; {there}'}")
