"""A finished report, read once for every rendering: its head, its grid and its findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from conformance.report.cells import Case, Result, differs, seen_key, verdict_word
from conformance.report.escape import plain
from conformance.report.findings import Contradiction, Deviation, Open, contradictions, deviations, undecided
from conformance.report.rows import Note, Row, Table, tables
from conformance.report.words import SOURCES, UNDOCUMENTED, VERDICTS
from conformance.values import Behaviour, Json, Source, Verdict

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

    @property
    def sourced(self) -> tuple[tuple[str, int], ...]:
        """Cells by where their evidence comes from; sources of none are left out."""
        counted: Mapping[str, int] = self.report.get("sources", {})
        return tuple((name, counted[name]) for name in SOURCES if counted.get(name))

    @property
    def simulated(self) -> int:
        """Cells whose evidence is simulated."""
        return dict(self.sourced).get("simulator", 0)

    @cached_property
    def times(self) -> tuple[str, ...]:
        """When the evidence was recorded: first and last, or one moment, or none."""
        times = sorted({str(case["recorded_at"]) for case in self.cases if case["recorded_at"]})
        return tuple(dict.fromkeys([times[0], times[-1]])) if times else ()

    @cached_property
    def recorded(self) -> str:
        """When the evidence was recorded, first to last."""
        return " to ".join(self.times) or "never"

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

    # --- what only the page shows

    @property
    def sourced_total(self) -> int:
        """Cells of cases, with evidence or without."""
        return len(self.cases)

    @property
    def mixed(self) -> bool:
        """Whether some cells are simulated and others are not: then each has to say so for itself."""
        return len(self.sourced) > 1 and bool(self.simulated)

    @property
    def tally(self) -> dict[str, int]:
        """As ``counts``, by the verdict itself."""
        return dict(zip([*(verdict.value for verdict in Verdict), "undocumented"], self.counts.values(), strict=True))

    @property
    def open(self) -> int:
        """Rows that are not decided."""
        return self.tally["inconclusive"] + self.tally["not_run"]

    @property
    def large(self) -> bool:
        """Whether a browser had better lay out only what is in sight."""
        return len(self.results) > _LARGE

    @cached_property
    def rows_by_view(self) -> dict[str, int]:
        """How many rows each view of the grid has."""
        open_rows = [row for row in self.rows if any(_is_open(result) for result in row.results.values())]
        differing = [row for row in self.rows if self.row_differs(row)]
        return {"differs": len(differing), "open": len(open_rows), "all": len(self.rows)}

    @property
    def default_view(self) -> str:
        """What differs; everything where nothing does."""
        return "differs" if self.rows_by_view["differs"] else "all"

    @staticmethod
    def row_differs(row: Row) -> bool:
        """Whether any model does less, or more, than is documented."""
        return any(differs(result) for result in row.results.values())

    @staticmethod
    def of_simulator(result: Result) -> bool:
        """Whether any evidence of a cell is simulated."""
        return any(case["source"] == Source.SIMULATOR for case in result["cases"])

    def verdict_options(self, t: Callable[[str], str]) -> list[tuple[str, str]]:
        """The verdicts there are, to filter by."""
        return [(name, t(f"verdict.{name}")) for name, count in self.tally.items() if count]

    def behaviour_options(self, t: Callable[[str], str]) -> list[tuple[str, str]]:
        """What was seen anywhere, to filter by."""
        seen = {seen_key(result) for result in self.results}
        known = [*(f"behaviour.{behaviour}" for behaviour in Behaviour), "seen.see_parts", "seen.not_seen"]
        return [(key, t(key)) for key in known if key in seen]

    def group_options(self, t: Callable[[str], str]) -> list[tuple[str, str]]:
        """The groups there are."""
        return [(table.group, t(f"group.{table.group}") if table.known else table.title) for table in self.tables]

    def model_options(self) -> list[tuple[str, str]]:
        """The models, by their place among the columns."""
        return [(str(index), model) for index, model in enumerate(self.models)]

    def those(self, models: Sequence[str]) -> str:
        """Models in words: all of them, or their names."""
        if len(models) == len(self.models) > 1:
            return "both models" if len(models) == 2 else f"all {len(models)} models"
        return ", ".join(map(plain, models))


_LARGE = 3000
"""Cells that a browser lays out at once without being noticed."""


def _is_open(result: Result) -> bool:
    return result["verdict"] in (Verdict.INCONCLUSIVE, Verdict.NOT_RUN)


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
