"""What a provider documents: the matrix file, read and checked, as frozen values.

Nothing is imported until it is asked for: the plugin sniffs at files in every pytest run there is,
and only a matrix is worth pydantic and PyYAML.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.matrix.checker import check
    from conformance.matrix.claims import Claim, ClaimSource, KnownDeviation, Matrix, Statement
    from conformance.matrix.loader import load
    from conformance.matrix.problems import MatrixError, Problem
    from conformance.matrix.schema import FieldReportEntry, Model, Price, TargetEntry
    from conformance.matrix.sniff import looks_like_matrix

__all__ = [
    "Claim",
    "ClaimSource",
    "FieldReportEntry",
    "KnownDeviation",
    "Matrix",
    "MatrixError",
    "Model",
    "Price",
    "Problem",
    "Statement",
    "TargetEntry",
    "check",
    "load",
    "looks_like_matrix",
]

# No module is called like what it holds: importing it would put the module in the function's place.
_HOMES = {
    "claims": ("Claim", "KnownDeviation", "Matrix", "ClaimSource", "Statement"),
    "problems": ("MatrixError", "Problem"),
    "schema": ("FieldReportEntry", "Model", "Price", "TargetEntry"),
    "checker": ("check",),
    "loader": ("load",),
    "sniff": ("looks_like_matrix",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
