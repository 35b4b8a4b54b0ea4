"""A finished report read once into what every rendering shows: grid, deviations, contradictions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from conformance.report.escape import plain
from conformance.report.words import (
    BEHAVIOURS,
    GROUP_ORDER,
    GROUP_TITLES,
    SOURCES,
    STATUSES,
    UNDOCUMENTED,
    VERDICTS,
)
from conformance.values import Behaviour, Json, Status, Verdict

__all__ = [
    "Contradiction",
    "Deviation",
    "Note",
    "Open",
    "Outcome",
    "Row",
    "Table",
    "View",
    "case_name",
    "mark",
    "seen_word",
    "slug",
    "verdict_word",
]

Result: TypeAlias = Mapping[str, Json]
Case: TypeAlias = Mapping[str, Json]
_Way: TypeAlias = tuple[str, str, str, str, str | None]
"""Feature, case, documented, seen, known: what makes two deviations one."""


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
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A group of features."""

    group: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One model's part of a deviation, or of what is still open."""

    model: str
    summary: str
    id: str | None


@dataclass(frozen=True, slots=True)
class Deviation:
    """What falls short in one way, with the models it was seen on."""

    feature: str
    case: str
    documented: str
    seen: str
    known: str | None
    evidence: tuple[Seen, ...]
    also: tuple[str, ...] = ()
    """Features that fall short with it, it being a part of them."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models, each once."""
        return tuple(dict.fromkeys(one.model for one in self.evidence))

    @property
    def summaries(self) -> tuple[str, ...]:
        """What was seen, each sentence once."""
        return tuple(dict.fromkeys(one.summary for one in self.evidence))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Models that agree on which of the statements holds."""

    holds: tuple[int, ...] | None
    """Indices of statements; empty where none holds, None where nothing was decided."""
    seen: str
    words: str
    """Which statements hold, by their status."""
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A claim whose statements exclude each other, and what the models do."""

    feature: str
    statements: tuple[Mapping[str, Json], ...]
    outcomes: tuple[Outcome, ...]

    @property
    def statuses(self) -> tuple[str, ...]:
        """What the documentation says, in a word for each statement."""
        return tuple(_word(STATUSES, statement["status"]) for statement in self.statements)


@dataclass(frozen=True, slots=True)
class Open:
    """What is not decided yet, and why."""

    feature: str
    verdict: str
    reason: str
    models: tuple[str, ...]


def slug(model: str, feature: str) -> str:
    """The anchor of a cell, ``MODEL--FEATURE``, of characters that every address can hold."""
    return "--".join(re.sub(r"[^\w.-]", "-", plain(part), flags=re.ASCII) for part in (model, feature))


def case_name(id_: str) -> str:
    """The last part of a node id."""
    return id_.rpartition("::")[2]


def seen_word(result: Result) -> str:
    """What was observed of a cell, in a word; its verdict where nothing was."""
    if observed := result["observed"]:
        return _word(BEHAVIOURS, observed)
    if result["verdict"] in (Verdict.NOT_RUN, Verdict.NOT_APPLICABLE):
        return VERDICTS[result["verdict"]].word
    if result["verdict"] is None:
        return "not seen"
    return "see parts"


def verdict_word(result: Result) -> str:
    """A cell's verdict in words; *undocumented* where there is none."""
    verdict = result["verdict"]
    return UNDOCUMENTED.word if verdict is None else VERDICTS[verdict].word


def mark(result: Result) -> str:
    """A cell's verdict as one character."""
    verdict = result["verdict"]
    return UNDOCUMENTED.mark if verdict is None else VERDICTS[verdict].mark


def _seen(case: Case) -> str:
    """What was observed in a case, in a word."""
    return _word(BEHAVIOURS, case["behaviour"]) if case["behaviour"] else "nothing"


def _feature_of(id_: str) -> str:
    """The feature a node id names."""
    return id_.rpartition("::")[0].rpartition("::")[2]


def _word(words: Mapping[str, Json], key: str) -> str:
    return str(words[key].word) if key in words else key


class View:
    """Everything the renderings read off a report, in the order in which they show it."""

    def __init__(self, report: Mapping[str, Json]) -> None:
        self.report = report
        self.results: Sequence[Result] = report["results"]
        self.notice: str | None = report.get("notice")
        self.target: Mapping[str, Json] = report["target"]
        self.suite: Mapping[str, Json] = report["suite"]
        self.models: tuple[str, ...] = tuple(
            dict.fromkeys([*report.get("models", ()), *(result["model"] for result in self.results)])
        )

    @property
    def title(self) -> str:
        """What was tested."""
        return plain(self.target.get("title") or self.target["name"])

    @cached_property
    def sources(self) -> str:
        """Where the evidence comes from, in one clause."""
        counted: Mapping[str, int] = self.report.get("sources", {})
        parts = [f"{_many(counted[name], 'cell')} from {SOURCES[name].word}" for name in SOURCES if counted.get(name)]
        if not parts:
            return "no evidence yet"
        if not counted.get("live"):
            parts.append("none from the live service")
        return ", ".join(parts)

    @cached_property
    def recorded(self) -> str:
        """When the evidence was recorded, first to last."""
        times = sorted({case["recorded_at"] for case in self.cases if case["recorded_at"]})
        if not times:
            return "never"
        return str(times[0]) if len(times) == 1 else f"{times[0]} to {times[-1]}"

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Every case, once, though rows judged by their parts repeat theirs."""
        return tuple({case["id"]: case for result in self.results for case in result["cases"]}.values())

    @cached_property
    def requests(self) -> int:
        """How many requests the evidence rests on."""
        return sum(case["requests"] for case in self.cases)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows by verdict, and those without one."""
        summary: Mapping[str, int] = self.report["summary"]
        counts = {VERDICTS[verdict].word: summary[verdict] for verdict in Verdict}
        unjudged = sum(1 for result in self.results if result["verdict"] is None)
        return {**counts, UNDOCUMENTED.word: self.report.get("undocumented", unjudged)}

    def counts_of(self, model: str) -> dict[str, int]:
        """One model's rows by verdict, and those without one."""
        counts = dict.fromkeys(self.counts, 0)
        for result in self.results:
            if result["model"] == model:
                counts[verdict_word(result)] += 1
        return counts

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """One table for each group, the provider's own first, rows in matrix order."""
        rows: dict[str, list[Row]] = {}
        number = 0
        by_feature: dict[tuple[str, str], dict[str, Result]] = {}
        for result in self.results:
            by_feature.setdefault((result["group"], result["feature"]), {})[result["model"]] = result
        for (group, feature), claims in self._claims.items():
            notes: list[Note] = []
            for claim in claims:
                for note in claim.get("field_reports", ()):
                    if any((old.says, old.where) == (note["says"], note["where"]) for old in notes):
                        continue
                    number += 1
                    notes.append(Note(number, feature, note["says"], note["date"], note["where"]))
            results = by_feature.get((group, feature), {})
            documented = _documented(claims, results.values())
            rows.setdefault(group, []).append(Row(feature, group, documented, claims, results, tuple(notes)))
        order = [*GROUP_ORDER, *(group for group in rows if group not in GROUP_ORDER)]
        return tuple(
            Table(group, GROUP_TITLES.get(group, group), tuple(rows[group])) for group in order if group in rows
        )

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all tables, in order."""
        return tuple(row for table in self.tables for row in table.rows)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Every field report, by number."""
        return tuple(sorted((note for row in self.rows for note in row.notes), key=lambda note: note.number))

    @cached_property
    def _claims(self) -> dict[tuple[str, str], tuple[Mapping[str, Json], ...]]:
        found: dict[tuple[str, str], tuple[Mapping[str, Json], ...]] = {}
        for claim in self.report.get("claims", ()):
            key = claim["group"], claim["feature"]
            found[key] = (*found.get(key, ()), claim)
        for result in self.results:
            found.setdefault((result["group"], result["feature"]), ())
        return found

    @cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        """What falls short, new ones before known ones, otherwise in the order of the tables."""
        found: dict[_Way, list[Seen]] = {}
        also: dict[_Way, dict[str, None]] = {}
        for row, result, cases in self._standing(Verdict.FALLS_SHORT):
            known = result.get("known_deviation")
            for case in cases:
                way = row.feature, case_name(case["id"]), row.documented, _seen(case), known
                found.setdefault(way, []).append(Seen(result["model"], case["summary"], case["id"]))
                also.setdefault(way, {}).update(dict.fromkeys(self._wholes.get(case["id"], ())))
            if not result["cases"]:
                way = row.feature, "", row.documented, seen_word(result), known
                found.setdefault(way, []).append(Seen(result["model"], "falls short in its parts", None))
        deviations = [Deviation(*way, tuple(seen), tuple(also.get(way, ()))) for way, seen in found.items()]
        return tuple(sorted(deviations, key=lambda deviation: deviation.known is not None))

    def _standing(self, *verdicts: Verdict) -> Iterator[tuple[Row, Result, list[Case]]]:
        """The results with one of these verdicts, in table order, with the cases that led to it.

        A row that is judged by its parts repeats their cases; they are told of once, in the part's row.
        """
        for row in self.rows:
            for result in self._by_model(row):
                if result["verdict"] in verdicts:
                    cases = [case for case in result["cases"] if case["verdict"] == result["verdict"]]
                    yield row, result, [c for c in cases if row.feature not in self._wholes.get(c["id"], ())]

    @cached_property
    def _wholes(self) -> dict[str, tuple[str, ...]]:
        """Node id to the features that list the case and are not its own."""
        homes = {(case["id"], result["feature"]) for result in self.results for case in result["cases"]}
        own = {(id_, feature) for id_, feature in homes if feature == _feature_of(id_)}
        housed = {id_ for id_, _ in own}
        found: dict[str, tuple[str, ...]] = {}
        for id_, feature in sorted(homes - own):
            if id_ in housed:
                found[id_] = (*found.get(id_, ()), feature)
        return found

    @cached_property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Where the documentation contradicts itself, and which statement holds for which models."""
        found: list[Contradiction] = []
        for row in self.rows:
            for claim in row.claims:
                if not claim.get("contradictory"):
                    continue
                outcomes: dict[tuple[tuple[int, ...] | None, str], list[str]] = {}
                for result in self._by_model(row):
                    holds = result.get("holds")
                    if holds is not None and result["observed"] in (None, Behaviour.INCONCLUSIVE):
                        holds = None
                    key = None if holds is None else tuple(holds), seen_word(result)
                    outcomes.setdefault(key, []).append(result["model"])
                statements = tuple(claim.get("statements", ()))
                grouped = tuple(
                    Outcome(holds, seen, _holding(statements, holds), tuple(models))
                    for (holds, seen), models in outcomes.items()
                )
                found.append(Contradiction(row.feature, statements, grouped))
        return tuple(found)

    @cached_property
    def open(self) -> tuple[Open, ...]:
        """What is inconclusive or was not run, grouped by reason."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for row, result, cases in self._standing(Verdict.INCONCLUSIVE, Verdict.NOT_RUN):
            reasons = [case.get("reason") or case["summary"] for case in cases]
            if not result["cases"]:
                reasons = ["its parts are not decided"]
            for reason in dict.fromkeys(map(plain, reasons)):
                models = found.setdefault((row.feature, result["verdict"], reason), [])
                if result["model"] not in models:
                    models.append(result["model"])
        return tuple(Open(*key, models=tuple(models)) for key, models in found.items())

    def those(self, models: Sequence[str]) -> str:
        """Models in words: all of them, or their names."""
        if len(models) == len(self.models) > 1:
            return "both models" if len(models) == 2 else f"all {len(models)} models"
        return ", ".join(map(plain, models))

    def _by_model(self, row: Row) -> list[Result]:
        return [row.results[model] for model in self.models if model in row.results]


def _documented(claims: Sequence[Mapping[str, Json]], results: Iterable[Result]) -> str:
    """The documented status in words: both where the page contradicts itself, each where models differ."""
    statuses: list[str] = []
    for claim in claims:
        if claim.get("contradictory"):
            statuses += [statement["status"] for statement in claim.get("statements", ())]
        else:
            statuses.append(claim["status"])
    statuses = statuses or [result["documented"] for result in results] or [Status.UNDOCUMENTED]
    return " and ".join(dict.fromkeys(_word(STATUSES, status) for status in statuses))


def _holding(statements: Sequence[Mapping[str, Json]], holds: tuple[int, ...] | None) -> str:
    """Which statements hold, in words."""
    if holds is None:
        return "not decided"
    true = [f"'{_word(STATUSES, statements[index]['status'])}'" for index in holds if index < len(statements)]
    match true:
        case []:
            return "none of the statements holds"
        case [one]:
            return f"{one} holds"
        case _:
            return f"{' and '.join(true)} both hold"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
