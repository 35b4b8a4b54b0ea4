"""Every report there is as one table: what each provider documents of a feature, and what it was seen doing since when.

The newest report of a provider is today's; the ones before it are its history. Other programs read the same as
``observatory.json``: its shape is that of ``Observatory``, and counts in it are of models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from pydantic import Field

from conformance.report.analysis.clients import ClientAt, ClientState, clients_at, clients_of
from conformance.report.analysis.comparison import side_of
from conformance.report.analysis.vocabulary import DECIDED, documented, known, seen, slug, weakest
from conformance.report.fields import Part
from conformance.report.language import GROUP_ORDER, say
from conformance.report.load import Loaded
from conformance.report.model import Report, Row
from conformance.values import Source, Verdict
from conformance.verdicts import worst

__all__ = [
    "CellOfAll",
    "ClientCell",
    "ClientLine",
    "FeatureLine",
    "Observatory",
    "ObservedChange",
    "Provider",
    "Run",
    "observatory",
]


class Run(Part):
    """One report of a provider's history, in figures."""

    recorded: str
    """The day of its last evidence; empty where it has none."""
    held: int
    """Rows that conform or exceed."""
    falls_short: int
    judged: int
    """Rows with a verdict that apply."""


class Provider(Part):
    """A target, by its newest report."""

    name: str
    title: str
    endpoint: str
    by: str
    """Who ran it."""
    simulated: int
    """Cells whose evidence is simulated."""
    evident: int
    """Cells that have evidence."""
    models: tuple[str, ...]
    recorded: tuple[str, ...]
    """The days of its first and its last evidence."""
    runs: tuple[Run, ...]
    """Oldest first, the newest report last."""


class CellOfAll(Part):
    """A feature at a provider, over its models."""

    documented: str
    seen: str
    """What most of its models were seen doing."""
    observed: dict[str, int]
    """Everything that was seen, with the number of models."""
    decided: str
    """What was seen for certain, in words; empty where nothing was."""
    verdict: Verdict | None
    """The worst with any model; None for what is undocumented."""
    source: Source | None
    """The weakest the evidence comes from; None where there is none."""
    since: str
    """The day from which on every report saw the same; empty where there is no evidence."""
    evidence: str
    """The anchor of a cell in the provider's report."""


class FeatureLine(Part):
    """A feature, at every provider whose report has it."""

    feature: str
    group: str
    kinds: int
    """How many different things were seen for certain: what most deserves a look."""
    cells: dict[str, CellOfAll]
    """By the provider's name."""


class ClientCell(Part):
    """A real program at a provider, over its models."""

    client_at: ClientAt
    source: Source | None
    """The weakest the evidence comes from; None where there is none."""
    evidence: str
    """The anchor of a cell in the provider's report."""


class ClientLine(Part):
    """A real program, at every provider whose report has a row of it."""

    client: str
    feature: str
    """Its row."""
    cells: dict[str, ClientCell]
    """By the provider's name."""

    @property
    def tried(self) -> int:
        """At how many providers there is evidence."""
        return sum(cell.source is not None for cell in self.cells.values())

    @property
    def works(self) -> int:
        """At how many it works with every model, if need be without something."""
        return sum(
            bool(cell.client_at.states) and cell.client_at.states.keys() <= _WORK for cell in self.cells.values()
        )

    @property
    def simulated(self) -> bool:
        """Whether any of its evidence is simulated."""
        return any(cell.client_at.simulated for cell in self.cells.values())


_WORK = {ClientState.WORKS, ClientState.WORKS_WITHOUT}


class ObservedChange(Part):
    """What one report saw otherwise than the one before it."""

    day: str
    provider: str
    feature: str
    before: str
    after: str
    verdict: Verdict | None
    simulated: bool


class Observatory(Part):
    """Everything the site is made of, as observatory.json has it."""

    version: int
    providers: tuple[Provider, ...]
    features: tuple[FeatureLine, ...]
    """By group, in the order of the matrices."""
    clients: tuple[ClientLine, ...]
    changes: tuple[ObservedChange, ...] = Field(description="The newest first.")


def observatory(reports: Sequence[Loaded], by: Mapping[str, str] | None = None) -> Observatory:
    """Put reports together, in any order.

    Args:
        by: who ran a provider's reports, by its name; without it this project did.
    """
    runs: dict[str, list[Loaded]] = {}
    for loaded in reports:
        runs.setdefault(loaded.name, []).append(loaded)
    for mine in runs.values():
        mine.sort(key=lambda loaded: (_last(loaded.report), str(loaded.path)))
    tables = {name: [_table(loaded.report) for loaded in mine] for name, mine in runs.items()}
    providers = tuple(_provider(name, mine, (by or {}).get(name, "")) for name, mine in sorted(runs.items()))
    return Observatory(
        version=1,
        providers=providers,
        features=tuple(_features(runs, tables)),
        clients=tuple(_clients({name: mine[-1].report for name, mine in sorted(runs.items())})),
        changes=tuple(_changes(tables)),
    )


# --- providers


def _last(report: Report) -> str:
    return max((case.recorded_at or "" for case in report.cases), default="")


def _provider(name: str, runs: Sequence[Loaded], by: str) -> Provider:
    newest = runs[-1]
    side = side_of(newest, name)
    return Provider(
        name=name,
        title=side.title,
        endpoint=side.endpoint,
        by=by,
        simulated=side.simulated,
        evident=side.evident,
        models=side.models,
        recorded=tuple(moment[:10] for moment in side.recorded),
        runs=tuple(_run(loaded.report) for loaded in runs),
    )


def _run(report: Report) -> Run:
    counts = report.summary
    held = counts[Verdict.CONFORMS] + counts[Verdict.EXCEEDS]
    open_ = counts[Verdict.INCONCLUSIVE] + counts[Verdict.NOT_RUN]
    bad = counts[Verdict.FALLS_SHORT]
    return Run(recorded=_last(report)[:10], held=held, falls_short=bad, judged=held + open_ + bad)


# --- cells

_Table = Mapping[str, CellOfAll]


def _table(report: Report) -> dict[str, CellOfAll]:
    rows: dict[str, list[Row]] = {}
    for row in report.results:
        rows.setdefault(row.feature, []).append(row)
    return {feature: _cell(report, mine) for feature, mine in rows.items()}


def _cell(report: Report, rows: Sequence[Row]) -> CellOfAll:
    observed = dict(Counter(seen(row.observed, row.verdict) for row in rows).most_common())
    verdicts = [row.verdict for row in rows if row.verdict is not None]
    sources = {case.source for row in rows for case in row.cases if case.source}
    when = max((case.recorded_at or "" for row in rows for case in row.cases), default="")
    bad = next((row for row in rows if row.verdict is Verdict.FALLS_SHORT), rows[0])
    return CellOfAll(
        documented=say("page.comma").join(dict.fromkeys(documented(report, row) for row in rows)),
        seen=next(iter(observed)),
        observed=observed,
        decided=say("page.comma").join(sorted({seen(one, None) for row in rows if (one := known(row)) in DECIDED})),
        verdict=worst(verdicts) if verdicts else None,
        source=weakest(sources),
        since=when[:10],
        evidence=slug(bad.model, bad.feature),
    )


def _features(runs: Mapping[str, Sequence[Loaded]], tables: Mapping[str, Sequence[_Table]]) -> Iterator[FeatureLine]:
    groups: dict[str, str] = {}
    for mine in runs.values():
        for row in mine[-1].report.results:
            groups.setdefault(row.feature, row.group)
    for feature in sorted(groups, key=lambda one: GROUP_ORDER.index(groups[one])):
        cells = {
            name: history[-1][feature].model_copy(update={"since": _since(feature, history)})
            for name, history in sorted(tables.items())
            if feature in history[-1]
        }
        told = {cell.decided for cell in cells.values() if cell.decided}
        yield FeatureLine(feature=feature, group=groups[feature], kinds=len(told), cells=cells)


def _clients(newest: Mapping[str, Report]) -> Iterator[ClientLine]:
    """Every client that any report has a row of, in the order of the first report that has it."""
    found: dict[str, dict[str, ClientCell]] = {}
    rows: dict[str, str] = {}
    for name, report in newest.items():
        with_models = clients_of(report)
        for client, at in clients_at(report).items():
            mine = [one for one in with_models if one.client == client]
            shown = next((one for one in mine if one.state is ClientState.DOES_NOT_WORK), mine[0])
            source = weakest(at.sources)
            anchor = slug(shown.model, shown.row.feature)
            found.setdefault(client, {})[name] = ClientCell(client_at=at, source=source, evidence=anchor)
            rows[client] = shown.row.feature
    for client, cells in found.items():
        yield ClientLine(client=client, feature=rows[client], cells=cells)


def _since(feature: str, history: Sequence[_Table]) -> str:
    """The day of the first of the last reports in a row that saw the same."""
    today = history[-1][feature]
    since = today.since
    for table in reversed(history[:-1]):
        before = table.get(feature)
        if before is None or before.observed != today.observed or before.source is None:
            break
        since = before.since
    return since


def _changes(tables: Mapping[str, Sequence[_Table]]) -> Iterable[ObservedChange]:
    found: list[ObservedChange] = []
    for name, history in tables.items():
        for before, after in pairwise(history):
            for feature, cell in after.items():
                old = before.get(feature)
                if old is None or old.observed == cell.observed or None in (old.source, cell.source):
                    continue
                found.append(
                    ObservedChange(
                        day=cell.since,
                        provider=name,
                        feature=feature,
                        before=old.seen,
                        after=cell.seen,
                        verdict=cell.verdict,
                        simulated=cell.source is Source.SIMULATOR,
                    )
                )
    return sorted(found, key=lambda change: (change.day, change.provider, change.feature), reverse=True)
