"""Broken services: each mutant is a personality with one thing wrong, named after the row it should turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from conformance.simulator.api.validation import model_of
from conformance.simulator.mutants import (
    access,
    agent_loop,
    answers,
    beside,
    company,
    counts,
    crossings,
    endings,
    exactness,
    fragments,
    history,
    inputs,
    media,
    messages,
    parameters,
    replies,
    sampling,
    streams,
    tools,
)
from conformance.simulator.mutants.mutant import UNCHANGED, UNDECIDED, Mutant
from conformance.simulator.naming import known
from conformance.simulator.personalities import BY_NAME
from conformance.simulator.personalities.personality import Personality

__all__ = ["FAMILIES", "MUTANTS", "UNCHANGED", "UNDECIDED", "Mutant", "Mutated", "mutated"]

FAMILIES: Final = (
    parameters,
    sampling,
    tools,
    messages,
    history,
    media,
    replies,
    streams,
    exactness,
    access,
    agent_loop,
    fragments,
    company,
    crossings,
    counts,
    inputs,
    endings,
    answers,
    beside,
)
"""The modules that hold them."""

MUTANTS: Final[Mapping[str, Mutant]] = MappingProxyType(
    {mutant.name: mutant for family in FAMILIES for mutant in family.MUTANTS}
)
"""All of them, by name."""


@dataclass(frozen=True, slots=True)
class Mutated:
    """A personality and, where asked for, its broken twin, which may answer for one model only."""

    healthy: Personality
    broken: Personality
    stamp: str
    only: str | None = None

    def personality(self, model: str | None) -> Personality:
        """The one of the two that answers for a model."""
        return self.broken if self.only in (None, model) else self.healthy


def mutated(personality: str, mutant: str | None, models: Sequence[str] = ()) -> Mutated:
    """Find a personality and a mutant by name; NAME@MODEL breaks one model alone.

    Args:
        models: names it answers to as well.

    Raises:
        ValueError: nobody has that name; the line says which one is near.
    """
    healthy = _serving(BY_NAME[known(personality, BY_NAME, "personality")], models)
    if mutant is None:
        return Mutated(healthy, healthy, personality)
    name, _, only = mutant.partition("@")
    change = MUTANTS[known(name, MUTANTS, "mutant")].change
    if only:
        known(only, [model.name for model in healthy.models], "model")
    return Mutated(healthy, change(healthy), f"{personality}+{mutant}", only or None)


def _serving(service: Personality, names: Sequence[str]) -> Personality:
    """A service that has further models, each like its first; no names leave it as it is."""
    if not names:
        return service
    first, *_ = service.models
    models = (*service.models, *(replace(first, name=name) for name in names))
    return replace(service, models=models, checks={**service.checks, "model": model_of(model.name for model in models)})
