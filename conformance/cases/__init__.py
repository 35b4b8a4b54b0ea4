"""The experiments, one module per family; importing this package declares them all."""

from conformance.cases import (
    conversation,
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
from conformance.cases.registry import CASES, Case, Experiment, Inspection

__all__ = [
    "CASES",
    "Case",
    "Experiment",
    "Inspection",
    "conversation",
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
