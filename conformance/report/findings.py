"""What a report is read for: what falls short, where the documentation contradicts itself, what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from conformance.report.cells import Case, Result, case_name, feature_of, seen_in_case, seen_key, seen_word, status_word
from conformance.report.escape import plain
from conformance.report.rows import Row
from conformance.values import Behaviour, Json, Verdict

__all__ = ["Contradiction", "Deviation", "Open", "Outcome", "Seen", "contradictions", "deviations", "undecided"]

_Way: TypeAlias = tuple[str, str, str, str, str | None]
"""Feature, case, documented, seen, known: what makes two deviations one."""


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
    statuses: tuple[str, ...] = ()
    key: str = "seen.nothing"
    """The key of the word for what was seen."""

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

    seen: str
    words: str
    """Which of the statements hold, if any, if that is decided."""
    models: tuple[str, ...]
    key: str = "seen.nothing"
    holds: tuple[int, ...] | None = None
    """The statements that hold, by index; None where it is not decided."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A claim whose statements exclude each other, and what the models do."""

    feature: str
    statements: tuple[Mapping[str, Json], ...]
    outcomes: tuple[Outcome, ...]

    @property
    def statuses(self) -> tuple[str, ...]:
        """What the documentation says, in a word for each statement."""
        return tuple(status_word(statement["status"]) for statement in self.statements)


@dataclass(frozen=True, slots=True)
class Open:
    """What is not decided yet, and why."""

    feature: str
    verdict: str
    reason: str
    models: tuple[str, ...]


def deviations(rows: Sequence[Row]) -> tuple[Deviation, ...]:
    """What falls short, new ones before known ones, otherwise in the order of the rows."""
    wholes = _wholes(rows)
    found: dict[_Way, list[Seen]] = {}
    also: dict[_Way, dict[str, None]] = {}
    words: dict[_Way, tuple[tuple[str, ...], str]] = {}
    for row, result, cases in _standing(rows, wholes, Verdict.FALLS_SHORT):
        known, documented = result.get("known_deviation"), row.documented_of(result["model"])
        for case in cases:
            way = row.feature, case_name(case["id"]), documented, seen_in_case(case), known
            found.setdefault(way, []).append(Seen(result["model"], case["summary"], case["id"]))
            also.setdefault(way, {}).update(dict.fromkeys(wholes.get(case["id"], ())))
            key = f"behaviour.{case['behaviour']}" if case["behaviour"] else "seen.nothing"
            words.setdefault(way, (row.statuses_of(result["model"]), key))
        if not cases:
            way = row.feature, "", documented, seen_word(result), known
            found.setdefault(way, []).append(Seen(result["model"], "no single case says why", None))
            words.setdefault(way, (row.statuses_of(result["model"]), seen_key(result)))
    every = [Deviation(*way, tuple(seen), tuple(also.get(way, ())), *words[way]) for way, seen in found.items()]
    return tuple(sorted(every, key=lambda deviation: deviation.known is not None))


def contradictions(rows: Sequence[Row]) -> tuple[Contradiction, ...]:
    """Where the documentation contradicts itself, and which statement holds for which models."""
    return tuple(
        Contradiction(row.feature, tuple(claim["statements"]), tuple(_outcomes(row, claim)))
        for row in rows
        for claim in row.claims
        if claim.get("contradictory")
    )


def undecided(rows: Sequence[Row]) -> tuple[Open, ...]:
    """What is inconclusive or was not run, grouped by reason."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for row, result, cases in _standing(rows, _wholes(rows), Verdict.INCONCLUSIVE, Verdict.NOT_RUN):
        reasons = [plain(case.get("reason") or case["summary"]) for case in cases] or ["no single case says why"]
        for reason in reasons:
            found.setdefault((row.feature, result["verdict"], reason), {})[result["model"]] = None
    return tuple(Open(*key, models=tuple(models)) for key, models in found.items())


def _standing(
    rows: Sequence[Row], wholes: Mapping[str, tuple[str, ...]], *verdicts: Verdict
) -> Iterator[tuple[Row, Result, list[Case]]]:
    """The results with one of these verdicts, in order, with the cases that led to it.

    A row that is judged by its parts repeats their cases; they are told of once, in the part's row.
    """
    for row in rows:
        for result in row.results.values():
            if result["verdict"] not in verdicts:
                continue
            cases = [case for case in result["cases"] if case["verdict"] == result["verdict"]]
            own = [case for case in cases if row.feature not in wholes.get(case["id"], ())]
            if own or not cases:
                yield row, result, own


def _wholes(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """Node id to the features that list the case beside the one it belongs to."""
    listed = {(case["id"], row.feature) for row in rows for result in row.results.values() for case in result["cases"]}
    own = {id_ for id_, feature in listed if feature == feature_of(id_)}
    found: dict[str, tuple[str, ...]] = {}
    for id_, feature in sorted(listed):
        if id_ in own and feature != feature_of(id_):
            found[id_] = (*found.get(id_, ()), feature)
    return found


def _outcomes(row: Row, claim: Mapping[str, Json]) -> Iterator[Outcome]:
    found: dict[tuple[str, tuple[int, ...] | None], list[Result]] = {}
    statements: Sequence[Mapping[str, Json]] = claim["statements"]
    for result in row.results_of(claim):
        decided = result["observed"] not in (None, Behaviour.INCONCLUSIVE) and "holds" in result
        holds = tuple(result["holds"]) if decided else None
        found.setdefault((seen_key(result), holds), []).append(result)
    for (key, holds), results in found.items():
        words = "not decided" if holds is None else _holding(statements, holds)
        yield Outcome(seen_word(results[0]), words, tuple(result["model"] for result in results), key, holds)


def _holding(statements: Sequence[Mapping[str, Json]], holds: Sequence[int]) -> str:
    """Which of the statements hold, in words."""
    true = [f"'{status_word(statements[index]['status'])}'" for index in holds]
    match true:
        case []:
            return "none of the statements holds"
        case [one]:
            return f"{one} holds"
        case _:
            return f"both {' and '.join(true)} hold"
