"""Names that must lead somewhere: sources, models, parts, the features of known deviations."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from conformance.matrix.problems import Place, Problems, did_you_mean, shown
from conformance.matrix.schema import RANGE, ClaimEntry, File

__all__ = ["check_references"]

_FIGURES = {"limits.context_window": "context_window", "limits.output_speed": "output_speed"}
"""Claims whose figures stand with the models."""


def check_references(file: File, problems: Problems) -> None:
    """Add a problem for every name that leads nowhere, and for every name given twice."""
    _References(file, problems).check()


class _References:
    def __init__(self, file: File, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self._models = {model.name: model for model in file.models}
        self._claims: dict[str, list[ClaimEntry]] = {}
        for place, entry in file.entries():
            self._claims.setdefault(str(place[2]), []).append(entry)

    def check(self) -> None:
        self._check_names()
        self._check_groups()
        for place, entry in self._file.entries():
            self._check_claim(place, str(place[2]), entry)
        self._check_lists()
        for feature in self._file.not_tested:
            if feature in self._claims:
                self._problems.add(("not_tested", feature), "is claimed as well; keep the claim or the reason")
        self._check_deviations()

    def _check_names(self) -> None:
        self._once(("models",), [model.name for model in self._file.models], tail=("name",))
        for index, model in enumerate(self._file.models):
            if model.price:
                self._check_source(("models", index, "price", "source"), model.price.source)

    def _check_groups(self) -> None:
        first: dict[str, str] = {}
        for group, features in self._file.claims.items():
            for feature in features:
                if feature in first:
                    self._problems.add(("claims", group, feature), f"is in group {first[feature]} already; keep one")
                first.setdefault(feature, group)

    def _check_lists(self) -> None:
        """Of the claims in a list, each says which models it holds for, and no two hold for the same."""
        taken: set[tuple[str, str]] = set()
        for place, entry in self._file.entries():
            if len(place) == 3:
                continue
            feature = str(place[2])
            if entry.models is None:
                self._problems.add(place, "names no models; in a list every claim says which it holds for")
            models = entry.models or ()
            for model in dict.fromkeys(models):
                if (feature, model) in taken:
                    words = f"{shown(model)} has a claim on {feature} already; keep one"
                    self._problems.add((*place, "models", models.index(model)), words)
                taken.add((feature, model))

    def _check_claim(self, place: Place, feature: str, entry: ClaimEntry) -> None:
        if entry.source:
            self._check_source((*place, "source"), entry.source)
        for index, statement in enumerate(entry.statements or ()):
            if statement.source:
                self._check_source((*place, "statements", index, "source"), statement.source)
        self._check_models((*place, "models"), entry.models or ())
        self._once((*place, "parts"), entry.parts)
        for index, part in enumerate(entry.parts):
            self._check_part((*place, "parts", index), feature, part)
        if feature.endswith(".range"):
            for word in entry.details:
                if word not in RANGE:
                    words = f"no end of a range ({', '.join(RANGE)}){did_you_mean(word, RANGE)}"
                    self._problems.add((*place, "details", word), words)
        self._check_figures(place, feature, entry)

    def _check_part(self, place: Place, feature: str, part: str) -> None:
        if part not in self._claims:
            words = f"{shown(part)} is not a claim; add it, or leave the part out"
            self._problems.add(place, words + did_you_mean(part, self._claims))
        elif part == feature or any(claim.parts for claim in self._claims[part]):
            self._problems.add(place, f"{shown(part)} has parts itself; list those instead")

    def _check_figures(self, place: Place, feature: str, entry: ClaimEntry) -> None:
        figure = _FIGURES.get(feature)
        for name in entry.models or self._models if figure else ():
            model = self._models.get(name)
            if model and getattr(model, str(figure)) is None:
                self._problems.add(place, f"holds for {name}, which has no {figure}; add it under models")

    def _check_deviations(self) -> None:
        covered: set[tuple[str, str | None, str]] = set()
        for index, entry in enumerate(self._file.known_deviations):
            place = ("known_deviations", index)
            self._check_models((*place, "models"), entry.models or ())
            claims = self._claims.get(entry.feature)
            if claims is None:
                words = f"{shown(entry.feature)} is not a claim{did_you_mean(entry.feature, self._claims)}"
                self._problems.add((*place, "feature"), words)
                continue
            if any(claim.parts for claim in claims):
                self._problems.add(
                    (*place, "feature"), f"{shown(entry.feature)} has parts; name the part that deviates"
                )
            claimed = dict.fromkeys(model for claim in claims for model in claim.models or self._models)
            for model in dict.fromkeys(entry.models or claimed):
                if model in self._models and model not in claimed:
                    self._problems.add((*place, "models"), f"{shown(model)} has no claim on {entry.feature}")
                elif covered & {(entry.feature, case, model) for case in (entry.case, None)}:
                    self._problems.add(place, f"{entry.feature} of {model} is listed already; keep one")
                covered.add((entry.feature, entry.case, model))

    def _check_source(self, place: Place, name: str) -> None:
        if name not in self._file.sources:
            known = self._file.sources
            words = f"{shown(name)} is not a source ({', '.join(known)}){did_you_mean(name, known)}"
            self._problems.add(place, words)

    def _check_models(self, place: Place, names: Collection[str]) -> None:
        self._once(place, names)
        for index, name in enumerate(names):
            if name not in self._models:
                words = f"{shown(name)} is not a model of this matrix{did_you_mean(name, self._models)}"
                self._problems.add((*place, index), words)

    def _once(self, place: Place, names: Iterable[str], tail: Place = ()) -> None:
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                self._problems.add((*place, index, *tail), f"{shown(name)} is listed twice; keep one")
            seen.add(name)
