"""The grid of a report: tables of rows in the order in which every rendering shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from conformance.report.cells import Result, status_word
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


@dataclass(frozen=True, slots=True)
class Table:
    """A group of features."""

    group: str
    title: str
    rows: tuple[Row, ...]


_Place = tuple[str, str]
"""Group and feature."""


def tables(models: Sequence[str], claims: Iterable[Mapping[str, Json]], results: Iterable[Result]) -> tuple[Table, ...]:
    """One table for each group, the provider's own first, rows in matrix order."""
    found: dict[_Place, dict[str, Result]] = {}
    for result in results:
        found.setdefault((result["group"], result["feature"]), {})[result["model"]] = result
    claimed: dict[_Place, tuple[Mapping[str, Json], ...]] = {}
    for claim in claims:
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


def _documented(claims: Sequence[Mapping[str, Json]], results: Iterable[Result]) -> str:
    """The documented status in words: both where the page contradicts itself, each where models differ."""
    statuses: list[str] = []
    for claim in claims:
        if claim.get("contradictory"):
            statuses += [statement["status"] for statement in claim.get("statements", ())]
        else:
            statuses.append(claim["status"])
    statuses = statuses or [result["documented"] for result in results]
    return " and ".join(dict.fromkeys(status_word(status) for status in statuses))
