"""The cases there are, by feature: filled by the modules of this package as they are imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import TypeAlias

from conformance.cases.endpoint import Endpoint
from conformance.protocol.exchange import Exchange
from conformance.values import Observation

__all__ = ["CASES", "Case", "Experiment", "Inspection", "case", "inspection"]

Experiment: TypeAlias = Callable[[Endpoint], Observation]
Inspection: TypeAlias = Callable[[Sequence[Exchange]], Observation]


@dataclass(frozen=True, slots=True)
class Case:
    """An experiment on one feature, or an inspection of what all experiments exchanged."""

    feature: str
    name: str
    requirement: str
    """What the documentation requires, and what each behaviour looks like."""
    experiment: Experiment | None = None
    inspection: Inspection | None = None
    expensive: bool = False
    needs: frozenset[str] = frozenset()
    """Figures of the claim or the model without which the case has nothing to compare with."""


CASES: dict[str, list[Case]] = {}
"""Feature to its cases, in the order they are declared."""


def case(feature: str, *, expensive: bool = False, needs: str = "") -> Callable[[Experiment], Experiment]:
    """Declare a function from an endpoint to an observation as a case of a feature."""

    def declare(function: Experiment) -> Experiment:
        name, doc = _described(function)
        _add(Case(feature, name, doc, experiment=function, expensive=expensive, needs=frozenset(needs.split())))
        return function

    return declare


def inspection(feature: str) -> Callable[[Inspection], Inspection]:
    """Declare a function over all of a model's exchanges as the case of a feature of the wire."""

    def declare(function: Inspection) -> Inspection:
        name, doc = _described(function)
        _add(Case(feature, name, doc, inspection=function))
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
