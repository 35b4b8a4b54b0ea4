"""The cases there are, by feature: filled by the modules of this package as they are imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import TypeAlias

from conformance.cases.endpoint import Endpoint
from conformance.protocol.exchange import Exchange
from conformance.values import Observation

__all__ = ["CASES", "Case", "Experiment", "Inspection", "Inspects", "Runs", "experiment", "inspection"]

Runs: TypeAlias = Callable[[Endpoint], Observation]
"""What an experiment does: asks one model of a target, and says what it saw."""

Inspects: TypeAlias = Callable[[Sequence[Exchange]], Observation]
"""What an inspection does: looks at all that the experiments with one model exchanged, and says what it saw."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A case that asks: it has a recording of its own."""

    feature: str
    name: str
    requirement: str
    """What the documentation requires, and what each behaviour looks like."""
    run: Runs
    expensive: bool = False
    """Whether it is only asked where ``--expensive`` is given."""
    needs: frozenset[str] = frozenset()
    """Figures of the claim or the model without which it has nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A case that asks nothing, and looks at what all experiments with a model exchanged."""

    feature: str
    name: str
    requirement: str
    """What the documentation requires, and what each behaviour looks like."""
    look: Inspects


Case: TypeAlias = Experiment | Inspection
"""One of the two; matched where they differ."""

CASES: dict[str, list[Case]] = {}
"""Feature to its cases, in the order they are declared."""


def experiment(feature: str, *, expensive: bool = False, needs: str = "") -> Callable[[Runs], Runs]:
    """Declare a function from an endpoint to an observation as an experiment on a feature.

    Args:
        expensive: whether it costs so much that it is only asked where ``--expensive`` is given.
        needs: the names of figures without which it is not planned, between spaces.
    """

    def declare(function: Runs) -> Runs:
        name, doc = _described(function)
        _add(Experiment(feature, name, doc, function, expensive, frozenset(needs.split())))
        return function

    return declare


def inspection(feature: str) -> Callable[[Inspects], Inspects]:
    """Declare a function over all of a model's exchanges as the case of a feature of the wire."""

    def declare(function: Inspects) -> Inspects:
        name, doc = _described(function)
        _add(Inspection(feature, name, doc, function))
        return function

    return declare


def _described(function: Callable[..., object]) -> tuple[str, str]:
    if not function.__doc__:
        raise TypeError(f"case {function.__name__} does not say what it requires")
    return function.__name__, cleandoc(function.__doc__)


def _add(new: Case) -> None:
    cases = CASES.setdefault(new.feature, [])
    if any(known.name == new.name for known in cases):
        raise TypeError(f"two cases are called {new.feature}::{new.name}")
    cases.append(new)
