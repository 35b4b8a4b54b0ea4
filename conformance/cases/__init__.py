"""The experiments, one module per family; importing this package declares them all."""

from conformance.cases import (
    errors,
    examples,
    headers,
    inspections,
    limits,
    messages,
    models,
    parameters,
    sampling,
    stream,
    thinking,
    tools,
)
from conformance.cases.registry import CASES, Case

__all__ = [
    "CASES",
    "Case",
    "errors",
    "examples",
    "headers",
    "inspections",
    "limits",
    "messages",
    "models",
    "parameters",
    "sampling",
    "stream",
    "thinking",
    "tools",
]
