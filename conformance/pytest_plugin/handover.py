"""What xdist's controller tells its workers of a live run: a file, written before the first test is handed out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter

from conformance.outcomes import Outcome
from conformance.run.matrix_run import MatrixRun
from conformance.run.plan import Slug

__all__ = ["read", "write"]


@dataclass(frozen=True, slots=True)
class _Told:
    """Of one matrix: why its run ended early, empty where it did not; and what became of each case that was asked."""

    stopped: str
    outcomes: tuple[tuple[Slug, Outcome], ...]


_ByMatrix: TypeAlias = dict[str, _Told]
_FILE: TypeAdapter[_ByMatrix] = TypeAdapter(_ByMatrix)
"""By the path of the matrix."""


def write(file: Path, matrix_runs: Mapping[Path, MatrixRun]) -> None:
    """Write down what became of the cases of every matrix, as JSON."""
    told = {
        str(path): _Told(matrix_run.stopped, tuple((matrix_run.outcomes or {}).items()))
        for path, matrix_run in matrix_runs.items()
    }
    # Not dump_json, which refuses half a surrogate pair: a service may have said one, and json.dumps escapes it.
    file.write_text(json.dumps(_FILE.dump_python(told)), encoding="utf-8")


def read(file: Path, matrix: Path) -> tuple[str, dict[Slug, Outcome]]:
    """Why the run of a matrix ended early, empty where it did not, and what became of its cases.

    Raises:
        pydantic.ValidationError: the file is not one of ours.
    """
    told = _FILE.validate_python(json.loads(file.read_text(encoding="utf-8"))).get(str(matrix), _Told("", ()))
    return told.stopped, dict(told.outcomes)
