"""How xdist hands out the cases of a matrix."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

from conformance.matrix.sniff import is_meant_as_matrix

__all__ = ["ByModel"]


class ByModel(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """All cases of a model go to one worker, and any other test by itself.

    An inspection reads all recordings of its model, and a row may need another's: with the cases of a model on every
    worker, each of them would read everything.
    """

    def _split_scope(self, nodeid: str) -> str:
        """What is handed out together with a test, by the matrix and the model in its node id."""
        matrix, _, rest = nodeid.partition("::")
        model, _, case = rest.partition("::")
        return f"{matrix}::{model}" if case and _is_matrix(self.config.rootpath / matrix) else nodeid


@cache
def _is_matrix(path: Path) -> bool:
    """Whether a test file is a matrix; asked for every test of a run, and read once."""
    return is_meant_as_matrix(path)
