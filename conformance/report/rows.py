"""The grid of a report: tables of rows in the order in which every rendering shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from conformance.report.cells import Result, status_word
from conformance.report.escape import plain
from conformance.report.words import GROUP_ORDER, GROUP_TITLES
from conformance.values import Json

__all__ = ["Note", "Row", "Table", "tables"]


@dataclass(frozen=True, slots=True)
class Note:
    """A numbered field report: what somebody else saw once."""

    number: int
    feature: str
    says: str
    date: str
    where: str


@dataclass(frozen=True, slots=True)
class Row:
    """A feature: what is documented, and one result for each model it is claimed of."""

    feature: str
    group: str
    documented: str
    claims: tuple[Mapping[str, Json], ...]
    results: Mapping[str, Result]
    """By model, in the order of the columns."""
    notes: tuple[Note, ...] = ()

    def documented_of(self, model: str) -> str:
        """The documented status of one model, which may be another than the next one's."""
        mine = [claim for claim in self.claims if _made_of(claim, model)]
        return " and ".join(_words(mine)) or self.documented

    def statuses_of(self, model: str) -> tuple[str, ...]:
        """As ``documented_of``, as statuses: both where the page contradicts itself."""
        mine = [claim for claim in self.claims if _made_of(claim, model)]
        return tuple(_statuses(mine)) or (self.results[model]["documented"],)

    @property
    def said(self) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        """The models of each documented status; the one that is documented of all of them has none."""
        found: dict[tuple[str, ...], tuple[str, ...]] = {}
        for claim in self.claims:
            statuses = tuple(_statuses([claim]))
            found[statuses] = (*found.get(statuses, ()), *claim.get("models", ()))
        found = found or {(result["documented"],): () for result in self.results.values()}
        return found if len(found) > 1 else dict.fromkeys(found, ())

    def results_of(self, claim: Mapping[str, Json]) -> list[Result]:
        """The results of the models that a claim is made of."""
        return [result for model, result in self.results.items() if _made_of(claim, model)]


@dataclass(frozen=True, slots=True)
class Table:
    """A group of features."""

    group: str
    title: str
    rows: tuple[Row, ...]

    @property
    def known(self) -> bool:
        """Whether the report has a title of its own for the group."""
        return self.group in GROUP_TITLES


_Place = tuple[str, str]
"""Group and feature."""


def tables(models: Sequence[str], claims: Iterable[Mapping[str, Json]], results: Iterable[Result]) -> tuple[Table, ...]:
    """One table for each group, the provider's own first, rows in matrix order."""
    found: dict[_Place, dict[str, Result]] = {}
    for result in results:
        found.setdefault((result["group"], result["feature"]), {})[result["model"]] = result
    claimed: dict[_Place, tuple[Mapping[str, Json], ...]] = {}
    for claim in claims:
        if models and not any(_made_of(claim, model) for model in models):
            continue
        place = claim["group"], claim["feature"]
        claimed[place] = (*claimed.get(place, ()), claim)
    places = list(dict.fromkeys([*claimed, *found]))
    number = count(1)
    made: list[Table] = []
    for group in dict.fromkeys([*GROUP_ORDER, *(group for group, _ in places)]):
        rows: list[Row] = []
        for place in places:
            if place[0] == group:
                seen = {model: found[place][model] for model in models if model in found.get(place, {})}
                rows.append(_row(place, claimed.get(place, ()), seen, number))
        if rows:
            made.append(Table(group, GROUP_TITLES.get(group, group), tuple(rows)))
    return tuple(made)


def _row(
    place: _Place, claims: tuple[Mapping[str, Json], ...], results: Mapping[str, Result], number: Iterator[int]
) -> Row:
    group, feature = place
    notes = tuple(_notes(feature, claims, number))
    return Row(feature, group, _documented(claims, results.values()), claims, results, notes)


def _notes(feature: str, claims: Iterable[Mapping[str, Json]], number: Iterator[int]) -> Iterator[Note]:
    """The field reports of a feature, each with the next number."""
    for claim in claims:
        for report in claim.get("field_reports", ()):
            yield Note(next(number), feature, report["says"], report["date"], report["where"])


def _made_of(claim: Mapping[str, Json], model: str) -> bool:
    """Whether a claim is made of a model; it names its models only where there are others on the feature."""
    return model in claim.get("models", (model,))


def _documented(claims: Sequence[Mapping[str, Json]], results: Iterable[Result]) -> str:
    """The documented status in words: both where the page contradicts itself, each where models differ."""
    if not claims:
        return " and ".join(dict.fromkeys(status_word(result["documented"]) for result in results))
    found: dict[str, list[str]] = {}
    for claim in claims:
        found.setdefault(" and ".join(_words([claim])), []).extend(claim.get("models", ()))
    if len(found) == 1 or not all(found.values()):
        return " and ".join(found)
    return ", ".join(f"{words} for {_how_many(models)}" for words, models in found.items())


def _statuses(claims: Iterable[Mapping[str, Json]]) -> dict[str, None]:
    statuses: dict[str, None] = {}
    for claim in claims:
        said = claim.get("statements", ()) if claim.get("contradictory") else ()
        statuses |= dict.fromkeys([statement["status"] for statement in said] or [claim["status"]])
    return statuses


def _words(claims: Iterable[Mapping[str, Json]]) -> Iterator[str]:
    return map(status_word, _statuses(claims))


def _how_many(models: Sequence[str]) -> str:
    return plain(models[0]) if len(models) == 1 else f"{len(models)} models"
