"""Several targets side by side: what each documents of a feature, and what was seen of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from conformance.report.load import Loaded
from conformance.report.terms import claim_words, documented_words, seen_words
from conformance.report.words import BEHAVIOURS, GROUP_ORDER
from conformance.values import Behaviour, Json, Source

__all__ = ["Change", "Comparison", "Feature", "Fold", "Move", "Side", "Standing", "as_json", "compare", "side_of"]


class Change(StrEnum):
    """What a feature does to who moves from one target to another."""

    REFUSED = "refused"
    """A request that was taken is refused."""
    WITHOUT_EFFECT = "without_effect"
    """It was honoured, and is taken without its effect: nothing says so."""
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


@dataclass(frozen=True, slots=True)
class Side:
    """A report as a column."""

    name: str
    """The target's name, with its path where two of them have the same."""
    title: str
    endpoint: str
    sdk: str
    models: tuple[str, ...]
    sources: Mapping[Source, int]
    """Cases by where their evidence comes from."""
    cases: int
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


@dataclass(frozen=True, slots=True)
class Fold:
    """One feature of one target, over all of its models."""

    standing: Standing
    documented: Mapping[str, int]
    """What is documented, with the number of models it is documented of."""
    observed: Mapping[str, int]
    """What was seen, with the number of models; the verdict in words where nothing was."""
    verdicts: Mapping[str, int]
    """With the number of models; empty for what is undocumented."""

    @property
    def decided(self) -> dict[str, Fraction]:
        """What was seen for certain, with its share of the models it was seen for certain of."""
        known = {word: count for word, count in self.observed.items() if word in _DECIDED}
        return {word: Fraction(count, sum(known.values())) for word, count in known.items()}

    @property
    def seen(self) -> str:
        """What was seen in words: one for all models, or how many of them."""
        if len(self.observed) < 2:
            return next(iter(self.observed), _STANDINGS[self.standing])
        (word, count), *others = self.observed.items()
        total = sum(self.observed.values())
        return ", ".join([f"{count} of {total} {word}", *(f"{n} {other}" for other, n in others)])

    @property
    def claimed(self) -> str:
        """What is documented in words; both where models differ."""
        if len(self.documented) < 2:
            return "".join(self.documented)
        return ", ".join(f"{words} for {count}" for words, count in self.documented.items())


@dataclass(frozen=True, slots=True)
class Feature:
    """A row: one feature of all targets."""

    group: str
    name: str
    folds: tuple[Fold, ...]
    """In the order of the sides."""

    @property
    def differs(self) -> bool:
        """Whether targets that are known for certain behave differently."""
        return len({frozenset(fold.decided) for fold in self.folds if fold.decided}) > 1


@dataclass(frozen=True, slots=True)
class Move:
    """From one target to another: the features that change on the way, by how they do."""

    origin: int
    """Which of the sides."""
    goal: int
    changes: Mapping[Change, tuple[Feature, ...]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Targets side by side."""

    sides: tuple[Side, ...]
    features: tuple[Feature, ...]
    """By group, in the order of the matrices."""
    moves: tuple[Move, ...]


_DECIDED = {
    BEHAVIOURS[word].word for word in (Behaviour.HONOURED, Behaviour.ACCEPTED, Behaviour.IGNORED, Behaviour.REJECTED)
}
_HONOURED, _IGNORED, _REJECTED = (
    BEHAVIOURS[word].word for word in (Behaviour.HONOURED, Behaviour.IGNORED, Behaviour.REJECTED)
)
_STANDINGS = {
    Standing.TESTED: "not seen",
    Standing.NOT_TESTED: "- not tested",
    Standing.NOT_CLAIMED: "- not claimed",
}


def compare(reports: Sequence[Loaded]) -> Comparison:
    """Set reports side by side, in the order in which they are given."""
    names = Counter(loaded.name for loaded in reports)
    sides = tuple(
        side_of(loaded, loaded.name if names[loaded.name] == 1 else f"{loaded.name} ({loaded.directory})")
        for loaded in reports
    )
    places = _places(reports)
    features = tuple(
        Feature(group, name, tuple(_fold(loaded.report, name) for loaded in reports)) for group, name in places
    )
    pairs = [(origin, goal) for origin in range(len(sides)) for goal in range(len(sides)) if origin != goal]
    return Comparison(sides, features, tuple(_move(origin, goal, features) for origin, goal in pairs))


def as_json(comparison: Comparison) -> dict[str, Json]:
    """The comparison for programs: counts are of models."""
    sides = comparison.sides
    return {
        "version": 1,
        "targets": [
            {
                "name": side.name,
                "title": side.title,
                "endpoint": side.endpoint,
                "sdk": side.sdk,
                "models": list(side.models),
                "cases": side.cases,
                "sources": {source.value: count for source, count in side.sources.items()},
                "recorded": list(side.recorded),
            }
            for side in sides
        ],
        "features": [
            {
                "group": feature.group,
                "feature": feature.name,
                "differs": feature.differs,
                "targets": {
                    side.name: {
                        "standing": fold.standing.value,
                        "documented": dict(fold.documented),
                        "observed": dict(fold.observed),
                        "verdicts": dict(fold.verdicts),
                    }
                    for side, fold in zip(sides, feature.folds, strict=True)
                },
            }
            for feature in comparison.features
        ],
        "moves": [
            {"from": sides[move.origin].name, "to": sides[move.goal].name}
            | {change.value: [feature.name for feature in move.changes.get(change, ())] for change in Change}
            for move in comparison.moves
        ],
    }


def side_of(loaded: Loaded, name: str) -> Side:
    """The head of a report's column."""
    report = loaded.report
    cases = {case["id"]: case for row in report["results"] for case in row["cases"]}.values()
    sources = Counter(Source(case["source"]) for case in cases if case["source"])
    times = sorted({case["recorded_at"] for case in cases if case["recorded_at"]})
    return Side(
        name=name,
        title=report["target"].get("title", loaded.name),
        endpoint=report["target"]["endpoint"],
        sdk=report["suite"].get("sdk") or "",
        models=tuple(dict.fromkeys(row["model"] for row in report["results"])),
        sources={source: sources[source] for source in Source if sources[source]},
        cases=len(cases),
        recorded=tuple(dict.fromkeys([*times[:1], *times[-1:]])),
    )


def _places(reports: Iterable[Loaded]) -> list[tuple[str, str]]:
    """Every group and feature there is; what only a later report has stands behind what it follows there."""
    order: list[str] = []
    groups: dict[str, str] = {}  # of the first report that has it, though another matrix may file it elsewhere
    for loaded in reports:
        before = -1
        for row in [*loaded.report.get("claims", ()), *loaded.report["results"]]:
            feature = row["feature"]
            if feature in groups:
                before = order.index(feature)
            else:
                before += 1
                order.insert(before, feature)
                groups[feature] = row["group"]
    return sorted(((groups[feature], feature) for feature in order), key=lambda place: GROUP_ORDER.index(place[0]))


def _fold(report: Mapping[str, Json], feature: str) -> Fold:
    claims = [claim for claim in report.get("claims", ()) if claim["feature"] == feature]
    rows = [row for row in report["results"] if row["feature"] == feature]
    if not rows:
        standing = Standing.NOT_TESTED if claims else Standing.NOT_CLAIMED
        return Fold(standing, dict(Counter(map(claim_words, claims))), {}, {})
    documented = Counter(documented_words(claims, row) for row in rows)
    return Fold(
        standing=Standing.TESTED,
        documented=dict(documented.most_common()),
        observed=dict(Counter(seen_words(row["observed"], row["verdict"]) for row in rows).most_common()),
        verdicts=dict(Counter(row["verdict"] for row in rows if row["verdict"]).most_common()),
    )


def _move(origin: int, goal: int, features: Iterable[Feature]) -> Move:
    changes: dict[Change, list[Feature]] = {change: [] for change in Change}
    for feature in features:
        for change in _changes(feature.folds[origin].decided, feature.folds[goal].decided):
            changes[change].append(feature)
    return Move(origin, goal, {change: tuple(found) for change, found in changes.items() if found})


def _changes(here: Mapping[str, Fraction], there: Mapping[str, Fraction]) -> Iterator[Change]:
    """What changes for who moves: the first that holds, where some models do one thing and some another."""

    def more(word: str) -> bool:
        return there.get(word, 0) > here.get(word, 0)

    if here and there:
        if more(_REJECTED):
            yield Change.REFUSED
        elif _HONOURED in here and more(_IGNORED):
            yield Change.WITHOUT_EFFECT
        elif _IGNORED in here and more(_HONOURED):
            yield Change.WITH_EFFECT
    elif _HONOURED in here:
        yield Change.UNKNOWN
