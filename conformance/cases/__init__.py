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
from conformance.cases.registry import CASES, Case

__all__ = [
    "CASES",
    "Case",
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
