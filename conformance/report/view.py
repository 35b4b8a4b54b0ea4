"""A finished report, read once for every rendering: its head, its grid and its findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from conformance.report.cells import Case, Result, verdict_word
from conformance.report.escape import plain
from conformance.report.findings import Contradiction, Deviation, Open, contradictions, deviations, undecided
from conformance.report.rows import Note, Row, Table, tables
from conformance.report.words import SOURCES, UNDOCUMENTED, VERDICTS
from conformance.values import Json, Verdict

__all__ = ["View"]


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
        """One table for each group, in the order of the provider's page."""
        return tables(self.models, self.report.get("claims", ()), self.results)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all tables, in order."""
        return tuple(row for table in self.tables for row in table.rows)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """Every field report, by number."""
        return tuple(note for row in self.rows for note in row.notes)

    @cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        """What falls short."""
        return deviations(self.rows)

    @cached_property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Where the documentation contradicts itself."""
        return contradictions(self.rows)

    @cached_property
    def undecided(self) -> tuple[Open, ...]:
        """What is inconclusive or was not run."""
        return undecided(self.rows)

    def those(self, models: Sequence[str]) -> str:
        """Models in words: all of them, or their names."""
        if len(models) == len(self.models) > 1:
            return "both models" if len(models) == 2 else f"all {len(models)} models"
        return ", ".join(map(plain, models))


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
