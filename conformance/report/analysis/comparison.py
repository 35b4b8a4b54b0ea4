"""Several targets side by side: what each documents of a feature, and what was seen of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import chain

from pydantic import Field

from conformance.report.analysis.clients import ClientAt, clients_at
from conformance.report.analysis.vocabulary import DECIDED, claimed, documented, known, seen
from conformance.report.fields import Part
from conformance.report.language import GROUP_ORDER, say
from conformance.report.load import Loaded
from conformance.report.model import Report
from conformance.values import Behaviour, Source, Verdict

__all__ = [
    "ClientOfAll",
    "Comparison",
    "FeatureAt",
    "FeatureOfAll",
    "Impact",
    "Move",
    "Side",
    "Standing",
    "compare",
    "side_of",
]


class Impact(StrEnum):
    """What a feature does to who moves from one target to another."""

    REFUSED = "refused"
    """A request that was taken is refused."""
    WITHOUT_EFFECT = "without_effect"
    """It was honoured, and is taken without its effect, always or now and then: nothing says so."""
    WITH_EFFECT = "with_effect"
    """It was ignored, and has its effect: what was sent in vain begins to count."""
    UNKNOWN = "unknown"
    """It was honoured, and of the other target there is no evidence."""


class Standing(StrEnum):
    """What a target has of a feature, beside results."""

    TESTED = "tested"
    NOT_TESTED = "not_tested"
    """Documented, and the suite has no case for it."""
    NOT_CLAIMED = "not_claimed"
    """Its matrix says nothing of it."""


class Side(Part):
    """A report as a column."""

    name: str
    """The target's name, with its path where two of them have the same."""
    title: str
    endpoint: str
    sdk: str
    models: tuple[str, ...]
    cases: int
    sources: dict[Source, int]
    """Cases by where their evidence comes from."""
    recorded: tuple[str, ...]
    """When the first and the last evidence was recorded."""

    @property
    def evident(self) -> int:
        """How many of the cases have evidence at all."""
        return sum(self.sources.values())

    @property
    def simulated(self) -> int:
        """How many of them rest on the simulator."""
        return self.sources.get(Source.SIMULATOR, 0)


class FeatureAt(Part):
    """One feature at one target, over all of its models."""

    standing: Standing
    documented: dict[str, int]
    """What is documented, with the number of models it is documented of."""
    observed: dict[str, int]
    """What was seen, with the number of models; the verdict in words where nothing was."""
    verdicts: dict[Verdict, int]
    """With the number of models; empty for what is undocumented."""

    @property
    def decided(self) -> dict[Behaviour, Fraction]:
        """What was seen for certain, with its share of the models it was seen for certain of."""
        known = {behaviour: self.observed.get(say(f"behaviour.{behaviour}"), 0) for behaviour in DECIDED}
        return {behaviour: Fraction(count, sum(known.values())) for behaviour, count in known.items() if count}

    @property
    def seen(self) -> str:
        """What was seen in words: one for all models, or how many of them."""
        if len(self.observed) < 2:
            return next(iter(self.observed), say(f"comparison.{self.standing}"))
        (word, count), *others = self.observed.items()
        most = say("comparison.most", count=count, total=sum(self.observed.values()), word=word)
        return say("page.comma").join([most, *(say("comparison.more", count=n, word=other) for other, n in others)])

    @property
    def claimed(self) -> str:
        """What is documented in words; both where models differ."""
        if len(self.documented) < 2:
            return "".join(self.documented)
        each = self.documented.items()
        return say("page.comma").join(say("text.documented.for", words=words, models=count) for words, count in each)


class FeatureOfAll(Part):
    """A row: one feature at all targets."""

    group: str
    feature: str
    differs: bool
    """Whether targets that are known for certain behave differently."""
    targets: dict[str, FeatureAt]
    """By the name of the side, in their order."""


class ClientOfAll(Part):
    """A real program at all targets."""

    client: str
    targets: dict[str, ClientAt]
    """By the name of the side; a target whose report has no row of it is left out."""


class Move(Part):
    """From one target to another: the features that change on the way, by how they do."""

    origin: str = Field(serialization_alias="from")
    goal: str = Field(serialization_alias="to")
    refused: tuple[str, ...]
    without_effect: tuple[str, ...]
    with_effect: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def changes(self) -> Mapping[Impact, tuple[str, ...]]:
        """The features by what they do, where there are any."""
        every: dict[Impact, tuple[str, ...]] = {impact: getattr(self, impact) for impact in Impact}
        return {impact: features for impact, features in every.items() if features}


class Comparison(Part):
    """Targets side by side, as comparison.json has it: counts are of models."""

    version: int
    targets: tuple[Side, ...]
    features: tuple[FeatureOfAll, ...]
    """By group, in the order of the matrices."""
    moves: tuple[Move, ...]
    """From each target to each other one."""
    clients: tuple[ClientOfAll, ...]
    """Real programs, and whether they work with each target."""


def compare(reports: Sequence[Loaded]) -> Comparison:
    """Set reports side by side, in the order in which they are given."""
    names = _names(reports)
    named = dict(zip(names, (loaded.report for loaded in reports), strict=True))
    features = tuple(_feature(group, feature, named) for group, feature in _places(reports))
    pairs = [(origin, goal) for origin in names for goal in names if origin != goal]
    return Comparison(
        version=1,
        targets=tuple(side_of(loaded, name) for loaded, name in zip(reports, names, strict=True)),
        features=features,
        moves=tuple(_move(origin, goal, features) for origin, goal in pairs),
        clients=_clients(named),
    )


def side_of(loaded: Loaded, name: str) -> Side:
    """The head of a report's column."""
    report = loaded.report
    sources = Counter(case.source for case in report.cases if case.source)
    times = sorted({case.recorded_at for case in report.cases if case.recorded_at})
    return Side(
        name=name,
        title=report.target.title or loaded.name,
        endpoint=report.target.endpoint,
        sdk=report.suite.sdk or "",
        models=tuple(dict.fromkeys(row.model for row in report.results)),
        cases=len(report.cases),
        sources={source: sources[source] for source in Source if sources[source]},
        recorded=tuple(dict.fromkeys([*times[:1], *times[-1:]])),
    )


def _clients(reports: Mapping[str, Report]) -> tuple[ClientOfAll, ...]:
    every = {name: clients_at(report) for name, report in reports.items()}
    order = dict.fromkeys(client for mine in every.values() for client in mine)
    return tuple(
        ClientOfAll(client=client, targets={name: mine[client] for name, mine in every.items() if client in mine})
        for client in order
    )


def _names(reports: Sequence[Loaded]) -> list[str]:
    """A name for each report: its target's, with where it was read if that tells it from another one."""
    targets = Counter(loaded.name for loaded in reports)
    places = Counter((loaded.name, loaded.directory) for loaded in reports)
    return [
        loaded.name
        if targets[loaded.name] == 1
        else f"{loaded.name} ({loaded.directory if places[loaded.name, loaded.directory] == 1 else loaded.path})"
        for loaded in reports
    ]


def _places(reports: Iterable[Loaded]) -> list[tuple[str, str]]:
    """Every group and feature there is; what only a later report has stands behind what it follows there."""
    order: list[str] = []
    groups: dict[str, str] = {}  # of the first report that has it, though another matrix may file it elsewhere
    for loaded in reports:
        before = -1
        claims = ((claim.group, claim.feature) for claim in loaded.report.claims)
        rows = ((row.group, row.feature) for row in loaded.report.results)
        for group, feature in chain(claims, rows):
            if feature in groups:
                before = order.index(feature)
            else:
                before += 1
                order.insert(before, feature)
                groups[feature] = group
    return sorted(((groups[feature], feature) for feature in order), key=lambda place: GROUP_ORDER.index(place[0]))


def _feature(group: str, feature: str, reports: Mapping[str, Report]) -> FeatureOfAll:
    targets = {name: _at(report, feature) for name, report in reports.items()}
    behaviours = {frozenset(one.decided) for one in targets.values() if one.decided}
    return FeatureOfAll(group=group, feature=feature, differs=len(behaviours) > 1, targets=targets)


def _at(report: Report, feature: str) -> FeatureAt:
    claims = [claim for claim in report.claims if claim.feature == feature]
    rows = [row for row in report.results if row.feature == feature]
    if not rows:
        standing = Standing.NOT_TESTED if claims else Standing.NOT_CLAIMED
        return FeatureAt(standing=standing, documented=dict(Counter(map(claimed, claims))), observed={}, verdicts={})
    return FeatureAt(
        standing=Standing.TESTED,
        documented=dict(Counter(documented(report, row) for row in rows).most_common()),
        observed=dict(Counter(seen(known(row), row.verdict) for row in rows).most_common()),
        verdicts=dict(Counter(row.verdict for row in rows if row.verdict).most_common()),
    )


def _move(origin: str, goal: str, features: Iterable[FeatureOfAll]) -> Move:
    found: dict[str, list[str]] = {impact: [] for impact in Impact}
    for feature in features:
        for impact in _impact(feature.targets[origin].decided, feature.targets[goal].decided):
            found[impact].append(feature.feature)
    return Move(origin=origin, goal=goal, **{impact.value: tuple(found[impact]) for impact in Impact})


def _impact(here: Mapping[Behaviour, Fraction], there: Mapping[Behaviour, Fraction]) -> Iterator[Impact]:
    """What changes for who moves: the first that holds, where some models do one thing and some another."""

    def more(behaviour: Behaviour) -> bool:
        return there.get(behaviour, 0) > here.get(behaviour, 0)

    if here and there:
        if more(Behaviour.REJECTED):
            yield Impact.REFUSED
        elif Behaviour.HONOURED in here and (more(Behaviour.IGNORED) or more(Behaviour.INCONSISTENT)):
            yield Impact.WITHOUT_EFFECT
        elif Behaviour.IGNORED in here and more(Behaviour.HONOURED):
            yield Impact.WITH_EFFECT
    elif Behaviour.HONOURED in here:
        yield Impact.UNKNOWN
