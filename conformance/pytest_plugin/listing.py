"""What can be asked for: the features of a matrix with what is documented of them, or its models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from conformance.matrix.sniff import looks_like_matrix
from conformance.run.matrix_run import MatrixRun, select

__all__ = ["matrices_of", "told"]


def matrices_of(config: pytest.Config) -> list[Path]:
    """The matrices that a command line names, or ``testpaths``."""
    found: list[Path] = []
    for arg in config.args:
        path = config.invocation_params.dir / arg.partition("::")[0]
        found += sorted(path.iterdir()) if path.is_dir() else [path]
    return [path for path in dict.fromkeys(found) if looks_like_matrix(path)]


def told(matrix_run: MatrixRun, wanted: Sequence[str], *, features: bool) -> Iterator[str]:
    """The lines that say it.

    Args:
        wanted: only these features, as ``--feature`` has them.
        features: the features; else the models.

    Raises:
        WrongSelection: the matrix does not have one of them.
    """
    matrix = matrix_run.matrix
    if not features:
        yield f"{matrix.target.title} ({matrix_run.name}): {len(matrix.models)} models"
        for model in matrix.models:
            yield f"  {model.name}"
        return
    chosen = dict.fromkeys(item.claim.feature for item in select(matrix_run, wanted))
    claims = {claim.feature: claim for claim in matrix.claims if chosen.keys() & {claim.feature, *claim.parts}}
    yield f"{matrix.target.title} ({matrix_run.name}): {len(claims)} features"
    wide = max(map(len, claims), default=0)
    group = ""
    for claim in claims.values():
        if claim.group != group:
            group = claim.group
            yield f"{group}:"
        says = " and ".join(dict.fromkeys(claim.statuses))
        yield f"  {claim.feature:<{wide}}  {says}"
