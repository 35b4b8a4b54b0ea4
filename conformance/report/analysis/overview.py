"""A finished report, read once for every rendering: its head, its grid and its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

from conformance.plain_text import plain
from conformance.report.analysis import findings, vocabulary
from conformance.report.analysis.answers import FeatureAnswer, answers
from conformance.report.analysis.findings import Contradiction, Deviation, Undecided
from conformance.report.analysis.grid import Feature, Group, Note, groups
from conformance.report.language import LANGUAGES, SOURCE_ORDER, quoted, say, sentences
from conformance.report.model import Report
from conformance.values import Source, Status, Verdict
from conformance.verdicts import worst

__all__ = ["Overview"]


class Overview:
    """Everything the renderings read off a report, in the order in which they show it."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.models = report.all_models

    @property
    def title(self) -> str:
        """What was tested."""
        return plain(self.report.target.title or self.report.target.name)

    # --- what must be said first

    @property
    def notice(self) -> str:
        """What must be said at the head of the report; empty where nothing must."""
        simulated, rest = self.noticed
        own = simulated and say("page.notice", notice=simulated, title=self.title, **self._simulated_of)
        return sentences(own, quoted(rest) if rest else "")

    @cached_property
    def noticed(self) -> tuple[str, str]:
        """The report's own notice, in English: what it says of simulated evidence, and what else."""
        notice = self.report.notice or ""
        if not self.simulated:
            return "", notice
        title = self.report.target.title or self.report.target.name
        simulated = say("notice.report", LANGUAGES[0], title=title, **self._simulated_of)
        if not notice.startswith(simulated):
            return notice, ""  # another version's words for the same
        return simulated, notice.removeprefix(simulated).strip()

    @property
    def _simulated_of(self) -> Mapping[str, int]:
        return {"count": self.simulated, "total": len(self.report.cases)}

    # --- where the evidence comes from

    @cached_property
    def sourced(self) -> Mapping[Source, int]:
        """Cells by where their evidence comes from; sources of none are left out."""
        counted = self.report.sources
        return {source: counted[source] for source in SOURCE_ORDER if counted.get(source)}

    @cached_property
    def sources(self) -> str:
        """Where the evidence comes from, in one clause."""
        if not self.sourced:
            return say("head.none")
        parts = [say("head.cells", count=n, source={"t": f"source.{source}"}) for source, n in self.sourced.items()]
        if Source.LIVE not in self.sourced:
            parts.append(say("head.none_live"))
        return say("page.comma").join(parts)

    @property
    def simulated(self) -> int:
        """Cells whose evidence is simulated."""
        return self.sourced.get(Source.SIMULATOR, 0)

    @property
    def mixed(self) -> bool:
        """Whether some cells are simulated and others are not: then each has to say so for itself."""
        return len(self.sourced) > 1 and bool(self.simulated)

    @cached_property
    def times(self) -> tuple[str, ...]:
        """When the evidence was recorded: first and last, or one moment, or none."""
        times = sorted({case.recorded_at for case in self.report.cases if case.recorded_at})
        return tuple(dict.fromkeys([*times[:1], *times[-1:]]))

    @property
    def recorded(self) -> str:
        """When the evidence was recorded, first to last."""
        return vocabulary.recorded(self.times)

    @cached_property
    def requests(self) -> int:
        """How many requests the evidence rests on."""
        return sum(case.requests for case in self.report.cases)

    # --- how the rows stand

    @cached_property
    def tally(self) -> Mapping[str, int]:
        """Rows by verdict, and those without one as *undocumented*."""
        counted = {verdict.value: self.report.summary[verdict] for verdict in Verdict}
        unjudged = self.report.undocumented
        if unjudged is None:
            unjudged = sum(1 for row in self.report.results if row.verdict is None)
        return {**counted, Status.UNDOCUMENTED.value: unjudged}

    def tally_of(self, model: str) -> Mapping[str, int]:
        """One model's rows by verdict, and those without one."""
        counted = Counter(str(row.verdict or Status.UNDOCUMENTED) for row in self.report.results if row.model == model)
        return {name: counted[name] for name in self.tally}

    @property
    def tallied(self) -> tuple[str, ...]:
        """What is counted, in words."""
        return tuple(say(f"verdict.{name}") for name in self.tally)

    @property
    def open(self) -> int:
        """Rows that are not decided."""
        return sum(self.tally[verdict] for verdict in vocabulary.OPEN)

    # --- the grid

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """One table for each group, in the order of the provider's page."""
        return groups(self.report)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features of all groups, in order."""
        return tuple(feature for group in self.groups for feature in group.features)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """Every field report, by number."""
        return tuple(note for feature in self.features for note in feature.notes)

    # --- what it is read for

    @cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        """What falls short."""
        return findings.deviations(self.features)

    @cached_property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Where the documentation contradicts itself."""
        return findings.contradictions(self.features)

    @cached_property
    def answers(self) -> tuple[FeatureAnswer, ...]:
        """What there is to say of each feature, in a line."""
        return answers(self.features)

    @cached_property
    def standing(self) -> Mapping[str, Verdict | None]:
        """Every feature that was planned, by the worst verdict it has with any model; None for what has none."""
        found: dict[str, Verdict | None] = {}
        for feature in self.features:
            if feature.rows:
                verdicts = [row.verdict for row in feature.rows.values() if row.verdict is not None]
                found[feature.name] = worst(verdicts) if verdicts else None
        return found

    @cached_property
    def undecided(self) -> tuple[Undecided, ...]:
        """What is inconclusive or was not run."""
        return findings.undecided(self.features)

    def those(self, models: Sequence[str]) -> str:
        """Models in words: all of them, or their names."""
        return vocabulary.those(models, self.models)
