"""What a report is read for: what falls short, where the documentation contradicts itself, what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.plain_text import plain
from conformance.report.analysis.grid import Feature
from conformance.report.analysis.vocabulary import OPEN, known, seen_key
from conformance.report.language import say
from conformance.report.model import ReportedCase, ReportedClaim, ReportedStatement, Row
from conformance.values import Behaviour, Status, Verdict

__all__ = ["Contradiction", "Deviation", "Reading", "Seen", "Undecided", "contradictions", "deviations", "undecided"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One model's part of a deviation."""

    model: str
    summary: str
    id: str | None
    """The node id of the case that saw it; None where no single case did."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """What falls short in one way, with the models it was seen on."""

    feature: str
    documented: str
    """In words."""
    statuses: tuple[Status, ...]
    key: str
    """The key of the word for what was seen."""
    known: str | None
    evidence: tuple[Seen, ...]
    also: tuple[str, ...] = ()
    """Features that fall short with it, it being a part of them."""

    @property
    def seen(self) -> str:
        """What was seen, in a word."""
        return say(self.key)

    @property
    def models(self) -> tuple[str, ...]:
        """The models, each once."""
        return tuple(dict.fromkeys(one.model for one in self.evidence))

    @property
    def cases(self) -> tuple[str, ...]:
        """The names of the cases that saw it, each once."""
        return tuple(dict.fromkeys(one.id.rpartition("::")[2] for one in self.evidence if one.id))

    @property
    def summaries(self) -> tuple[str, ...]:
        """What was seen, each sentence once."""
        return tuple(dict.fromkeys(one.summary for one in self.evidence))


@dataclass(frozen=True, slots=True)
class Reading:
    """Models that agree on which of the statements holds."""

    models: tuple[str, ...]
    key: str
    """The key of the word for what was seen."""
    holds: tuple[int, ...] | None
    """The statements that hold, by index; None where it is not decided."""
    words: str
    """The same in words."""

    @property
    def seen(self) -> str:
        """What was seen, in a word."""
        return say(self.key)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A claim whose statements exclude each other, and what the models do."""

    feature: str
    statements: tuple[ReportedStatement, ...]
    outcomes: tuple[Reading, ...]

    @property
    def sides(self) -> str:
        """What the documentation says, in a word for each statement."""
        return say("text.and").join(
            say("text.side", word=say(f"status.{statement.status}")) for statement in self.statements
        )


@dataclass(frozen=True, slots=True)
class Undecided:
    """What is not decided yet for one reason: features, and the models each of them is not decided of."""

    features: tuple[str, ...]
    verdict: Verdict
    reason: str
    models: tuple[str, ...]

    @property
    def feature(self) -> str:
        """The first of the features."""
        return self.features[0]


_Way = tuple[str, str, str, str | None]
"""Feature, documented, seen, known: what makes two deviations one."""


@dataclass(slots=True)
class _Found:
    """A deviation while its models are gathered."""

    statuses: tuple[Status, ...]
    evidence: list[Seen]
    also: dict[str, None]


def deviations(features: Sequence[Feature]) -> tuple[Deviation, ...]:
    """What falls short, new ones before known ones, otherwise in the order of the features."""
    wholes = _wholes(features)
    found: dict[_Way, _Found] = {}
    for feature, row, cases in _standing(features, wholes, Verdict.FALLS_SHORT):
        no_case: list[ReportedCase | None] = [None]
        for case in cases or no_case:
            key = _key(case) if case else seen_key(row.observed, row.verdict)
            way = feature.name, feature.documented_of(row.model), key, row.known_deviation
            one = found.setdefault(way, _Found(feature.statuses_of(row.model), [], {}))
            words = case.summary if case else say("text.no_case")
            one.evidence.append(Seen(row.model, words, case.id if case else None))
            one.also.update(dict.fromkeys(wholes.get(case.id, ()) if case else ()))
    every = [
        Deviation(name, documented, one.statuses, key, known, tuple(one.evidence), tuple(one.also))
        for (name, documented, key, known), one in found.items()
    ]
    return tuple(sorted(every, key=lambda deviation: deviation.known is not None))


def _key(case: ReportedCase) -> str:
    return f"behaviour.{case.behaviour}" if case.behaviour else "seen.nothing"


def contradictions(features: Sequence[Feature]) -> tuple[Contradiction, ...]:
    """Where the documentation contradicts itself, and which statement holds for which models."""
    return tuple(
        Contradiction(feature.name, claim.statements, tuple(_outcomes(feature, claim)))
        for feature in features
        for claim in feature.claims
        if claim.contradictory
    )


def undecided(features: Sequence[Feature], *, unjudged: bool = False) -> tuple[Undecided, ...]:
    """What is inconclusive or was not run, grouped by reason: inconclusive first.

    Features that the same models miss for the same reason are one entry: hundreds of rows that a run did not select
    are one thing to know.

    Args:
        unjudged: also what is inconclusive of what nobody documents.
    """
    found: dict[tuple[str, Verdict, str], dict[str, None]] = {}
    for feature, row, cases in _standing(features, _wholes(features), *OPEN):
        reasons = [plain(case.reason or case.summary) for case in cases] or [say("text.no_case")]
        for reason in reasons:
            if row.verdict is not None:
                found.setdefault((feature.name, row.verdict, reason), {})[row.model] = None
    if unjudged:
        for feature, row, case in _unjudged(features):
            reason = plain(case.reason or case.summary)
            found.setdefault((feature.name, Verdict.INCONCLUSIVE, reason), {})[row.model] = None
    alike: dict[tuple[Verdict, str, tuple[str, ...]], list[str]] = {}
    for (name, verdict, reason), models in found.items():
        alike.setdefault((verdict, reason, tuple(models)), []).append(name)
    every = [Undecided(tuple(names), verdict, reason, models) for (verdict, reason, models), names in alike.items()]
    return tuple(sorted(every, key=lambda one: OPEN.index(one.verdict)))


def _unjudged(features: Sequence[Feature]) -> Iterator[tuple[Feature, Row, ReportedCase]]:
    """The cases that are inconclusive of what is not documented."""
    for feature in features:
        for row in feature.rows.values():
            for case in row.cases:
                if row.verdict is None and case.behaviour is Behaviour.INCONCLUSIVE:
                    yield feature, row, case


def _standing(
    features: Sequence[Feature], wholes: Mapping[str, tuple[str, ...]], *verdicts: Verdict
) -> Iterator[tuple[Feature, Row, list[ReportedCase]]]:
    """The rows with one of these verdicts, in order, with the cases that led to it.

    A feature that is judged by its parts repeats their cases; they are told of once, with the part.
    """
    for feature in features:
        for row in feature.rows.values():
            if row.verdict not in verdicts:
                continue
            cases = [case for case in row.cases if case.verdict == row.verdict]
            own = [case for case in cases if feature.name not in wholes.get(case.id, ())]
            if own or not cases:
                yield feature, row, own


def _wholes(features: Sequence[Feature]) -> dict[str, tuple[str, ...]]:
    """Node id to the features that list the case beside the one it belongs to."""
    listed = {(case.id, case.feature, one.name) for one in features for row in one.rows.values() for case in row.cases}
    own = {id_ for id_, home, name in listed if name == home}
    found: dict[str, tuple[str, ...]] = {}
    for id_, home, name in sorted(listed):
        if id_ in own and name != home:
            found[id_] = (*found.get(id_, ()), name)
    return found


def _outcomes(feature: Feature, claim: ReportedClaim) -> Iterator[Reading]:
    found: dict[tuple[str, tuple[int, ...] | None], list[str]] = {}
    for row in feature.rows_of(claim):
        decided = known(row) not in (None, Behaviour.INCONCLUSIVE)
        found.setdefault((seen_key(row.observed, row.verdict), row.holds if decided else None), []).append(row.model)
    for (key, holds), models in found.items():
        yield Reading(tuple(models), key, holds, _holding(claim.statements, holds))


def _holding(statements: Sequence[ReportedStatement], holds: Sequence[int] | None) -> str:
    """Which of the statements hold, in words."""
    if holds is None:
        return say("contradictions.undecided")
    true = [say("text.holding", word=say(f"status.{statements[index].status}")) for index in holds]
    match true:
        case []:
            return say("contradictions.none")
        case [one]:
            return say("text.holds.one", status=one)
        case _:
            return say("text.holds.both", statuses=say("text.and").join(true))
