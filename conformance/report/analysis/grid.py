"""The grid of a report: groups of features in the order in which every rendering shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from conformance.plain_text import plain
from conformance.report.analysis.vocabulary import claimed, group_title, status_words
from conformance.report.language import GROUP_ORDER, say
from conformance.report.model import Report, ReportedClaim, Row
from conformance.values import Status

__all__ = ["Feature", "Group", "Note", "groups"]


@dataclass(frozen=True, slots=True)
class Note:
    """A numbered field report: what somebody else saw once."""

    number: int
    feature: str
    says: str
    date: str
    where: str


@dataclass(frozen=True, slots=True)
class Feature:
    """A line of the grid: what is documented of a feature, and a row for each model it is claimed of."""

    name: str
    group: str
    documented: str
    """In words: both statuses where the page contradicts itself, each where models differ."""
    claims: tuple[ReportedClaim, ...]
    rows: Mapping[str, Row]
    """By model, in the order of the columns."""
    notes: tuple[Note, ...] = ()

    def statuses_of(self, model: str) -> tuple[Status, ...]:
        """What is documented of one model, which may be other than of the next one: both in a contradiction."""
        mine = [status for claim in self.claims if claim.holds_for(model) for status in claim.statuses]
        return tuple(dict.fromkeys(mine)) or (self.rows[model].documented,)

    def documented_of(self, model: str) -> str:
        """As ``statuses_of``, in words."""
        if any(claim.holds_for(model) for claim in self.claims):
            return status_words(self.statuses_of(model))
        return self.documented

    @property
    def said(self) -> Mapping[tuple[Status, ...], tuple[str, ...]]:
        """The models of each documented status; the one that is documented of all of them has none."""
        found: dict[tuple[Status, ...], tuple[str, ...]] = {}
        for claim in self.claims:
            found[claim.statuses] = (*found.get(claim.statuses, ()), *(claim.models or ()))
        found = found or {(row.documented,): () for row in self.rows.values()}
        return found if len(found) > 1 else dict.fromkeys(found, ())

    def rows_of(self, claim: ReportedClaim) -> list[Row]:
        """The rows of the models that a claim is made of."""
        return [row for model, row in self.rows.items() if claim.holds_for(model)]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of features: one table."""

    name: str
    title: str
    features: tuple[Feature, ...]


_Place = tuple[str, str]
"""Group and feature."""


def groups(report: Report) -> tuple[Group, ...]:
    """One table for each group, the provider's own first, features in matrix order."""
    models = report.all_models
    rows: dict[_Place, dict[str, Row]] = {}
    for row in report.results:
        rows.setdefault((row.group, row.feature), {})[row.model] = row
    claims: dict[_Place, tuple[ReportedClaim, ...]] = {}
    for claim in report.claims:
        if not models or any(map(claim.holds_for, models)):
            place = claim.group, claim.feature
            claims[place] = (*claims.get(place, ()), claim)
    places = list(dict.fromkeys([*claims, *rows]))
    number = count(1)
    made: list[Group] = []
    for group in GROUP_ORDER:
        features: list[Feature] = []
        for place in places:
            if place[0] == group:
                seen = {model: rows[place][model] for model in models if model in rows.get(place, {})}
                features.append(_feature(place, claims.get(place, ()), seen, number))
        if features:
            made.append(Group(group, group_title(group), tuple(features)))
    return tuple(made)


def _feature(
    place: _Place, claims: tuple[ReportedClaim, ...], rows: Mapping[str, Row], number: Iterator[int]
) -> Feature:
    group, name = place
    notes = tuple(
        Note(next(number), name, report.says, report.date, report.where)
        for claim in claims
        for report in claim.field_reports
    )
    return Feature(name, group, _documented(claims, rows.values()), claims, rows, notes)


def _documented(claims: Sequence[ReportedClaim], rows: Iterable[Row]) -> str:
    """The documented status in words: both where the page contradicts itself, each where models differ."""
    if not claims:
        return status_words(row.documented for row in rows)
    found: dict[str, list[str]] = {}
    for claim in claims:
        found.setdefault(claimed(claim), []).extend(claim.models or ())
    if len(found) == 1 or not all(found.values()):
        return say("text.and").join(found)
    each = (say("text.documented.for", words=one, models=_how_many(models)) for one, models in found.items())
    return say("page.comma").join(each)


def _how_many(models: Sequence[str]) -> str:
    return plain(models[0]) if len(models) == 1 else say("head.models", count=len(models))
