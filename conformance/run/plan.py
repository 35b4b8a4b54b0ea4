"""What there is to do: every case of every claim for every model, each under one slug."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from conformance.cases import CASES, Case, Experiment
from conformance.cases.endpoint import ModelUnderTest
from conformance.matrix import Claim, Matrix
from conformance.values import Json

__all__ = ["Planned", "Slug", "holds", "plan", "selected"]

Slug = tuple[str, str, str]
"""Model, feature and case: the same in node ids, cassettes and anchors."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A case of a claim with a model."""

    model: str
    claim: Claim
    case: Case
    target: ModelUnderTest
    known_deviation: str | None = None
    """Why this claim is known not to hold for this model, if it is."""

    @property
    def slug(self) -> Slug:
        """Model, feature and case: the same in node ids, cassettes and anchors."""
        return self.model, self.claim.feature, self.case.name

    @property
    def asks(self) -> bool:
        """Whether it is an experiment, which asks a service and has a recording of its own."""
        return isinstance(self.case, Experiment)

    @property
    def is_expensive(self) -> bool:
        """Whether it is only asked where that is allowed."""
        return isinstance(self.case, Experiment) and self.case.expensive

    def cassette(self, target_name: str) -> PurePosixPath:
        """The recording's place below the directory of cassettes; no model's name leads out of it."""
        model, feature, case = self.slug
        return PurePosixPath(target_name, _safe(model), feature, f"{case}.yaml")


def plan(matrix: Matrix, models: Sequence[str] = ()) -> Iterator[Planned]:
    """All cases of the matrix, by model, then in the matrix's order; inspections last in each model.

    Args:
        models: these instead of the matrix's own. One the matrix does not list gets every claim that
            is made for all of its models, and none that is one of several on a feature.
    """
    for model in models or [known.name for known in matrix.models]:
        mine = [planned for claim in matrix.claims for planned in _cases(matrix, claim, model)]
        yield from sorted(mine, key=lambda planned: not planned.asks)


def selected(feature: str, wanted: Sequence[str]) -> bool:
    """Whether ``--feature`` selects a feature: by its name, or by the name it refines."""
    return not wanted or any(feature == name or feature.startswith(f"{name}.") for name in wanted)


def holds(matrix: Matrix, claim: Claim, model: str) -> bool:
    """Whether a claim is made of a model; of one the matrix does not list, if it is made of all of its own."""
    every = {known.name for known in matrix.models}
    return model in claim.models or (model not in every and every == set(claim.models))


def _cases(matrix: Matrix, claim: Claim, model: str) -> Iterator[Planned]:
    if not holds(matrix, claim, model):
        return
    target = ModelUnderTest(model, matrix.target.auth, {**_figures(matrix, model), **claim.details})
    for case in CASES.get(claim.feature, ()):
        if not isinstance(case, Experiment) or case.needs <= target.details.keys():
            yield Planned(model, claim, case, target, _known(matrix, model, claim.feature, case.name))


def _known(matrix: Matrix, model: str, feature: str, case: str) -> str | None:
    for deviation in matrix.known_deviations:
        if (deviation.feature, deviation.case or case) == (feature, case) and model in deviation.models:
            return deviation.reason
    return None


def _figures(matrix: Matrix, model: str) -> dict[str, Json]:
    """What the matrix states of a model in figures; nothing of one it does not list."""
    known = next((known for known in matrix.models if known.name == model), None)
    figures = {name: getattr(known, name, None) for name in ("context_window", "output_speed")}
    return {name: figure for name, figure in figures.items() if figure is not None}


def _safe(name: str) -> str:
    """A file name for any model: percent-encoded, and never a dot file or a way up."""
    encoded = quote(name, safe="")
    return f"%2E{encoded[1:]}" if encoded.startswith(".") else encoded
