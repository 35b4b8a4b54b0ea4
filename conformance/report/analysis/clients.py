"""Does a real program work with a target? The one reading of the rows ``clients.*`` that every rendering shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from conformance.report.analysis.vocabulary import weakest
from conformance.report.fields import Part
from conformance.report.model import Report, ReportedCase, ReportedObstacle, Row
from conformance.values import Behaviour, Source

__all__ = ["ClientAt", "ClientState", "ClientWith", "clients_at", "clients_of"]

_T = TypeVar("_T")

_GROUP = "clients"

_EXTRAS = ("a_title_is_made", "an_object_is_made")
"""The cases of what a client can do without: where only they fail, it works without them."""

_GOT = (Behaviour.HONOURED, Behaviour.ACCEPTED)


class ClientState(StrEnum):
    """Whether a client works with a service, the best first."""

    WORKS = "works"
    """It gets all it asks for, as it asks for it."""
    WORKS_WITHOUT = "works_without"
    """Something of it is refused; the client, or a setting of it, leaves it out, and without it all the rest works."""
    TAKEN = "taken"
    """Its requests are taken, and nothing more was seen: the model did not do what was to be used."""
    DOES_NOT_WORK = "does_not_work"
    UNKNOWN = "unknown"
    """It was tried, and cannot be told; or not all of it was tried."""
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class ClientWith:
    """A client with one model of a target."""

    client: str
    model: str
    row: Row
    state: ClientState
    without: tuple[str, ...]
    """The pieces of its requests that have to be left out, and the cases that it has to do without."""

    @property
    def tried(self) -> tuple[ReportedCase, ...]:
        """The cases that have evidence."""
        return tuple(case for case in self.row.cases if case.behaviour is not None)

    @property
    def source(self) -> Source | None:
        """The weakest source of the evidence; None where there is none."""
        sources = {case.source for case in self.tried}
        return weakest(sources)

    @property
    def against(self) -> tuple[ReportedCase, ...]:
        """The cases that say why it does not simply work."""
        return tuple(case for case in self.tried if case.behaviour is not Behaviour.HONOURED)

    @property
    def obstacles(self) -> tuple[ReportedObstacle, ...]:
        """All that stands in its way, each once."""
        return _once(obstacle for case in self.tried for obstacle in case.obstacles)

    @property
    def settings(self) -> tuple[str, ...]:
        """What has to be set in the client that it works; empty where it leaves out by itself what is refused."""
        return _once(it.avoid for it in self.obstacles if self.without and it.avoid and not it.works)


class ClientAt(Part):
    """A client at a target, over all of its models."""

    states: dict[ClientState, int]
    """With the number of models, the most frequent first."""
    without: tuple[str, ...]
    settings: tuple[str, ...]
    """What has to be set in the client that it works without that."""
    obstacles: tuple[ReportedObstacle, ...]
    sources: dict[Source, int]
    """Where the evidence comes from, with the number of models it is the weakest source of."""
    cases: tuple[str, ...]
    """The node ids of the cases that say why it does not simply work."""
    summaries: tuple[str, ...]
    """What they saw, each sentence once."""

    @property
    def simulated(self) -> int:
        """Of how many models the evidence is simulated."""
        return self.sources.get(Source.SIMULATOR, 0)


def clients_of(report: Report) -> tuple[ClientWith, ...]:
    """Every client with every model that the report has a row of, in its order."""
    return tuple(_with(row) for row in report.results if row.group == _GROUP)


def clients_at(report: Report) -> dict[str, ClientAt]:
    """Every client at a target, by its name."""
    found: dict[str, list[ClientWith]] = {}
    for one in clients_of(report):
        found.setdefault(one.client, []).append(one)
    return {client: _at(mine) for client, mine in found.items()}


def _at(mine: Sequence[ClientWith]) -> ClientAt:
    against = [case for one in mine for case in one.against]
    sources = Counter(one.source for one in mine if one.source)
    return ClientAt(
        states=dict(Counter(one.state for one in mine).most_common()),
        without=_once(what for one in mine for what in one.without),
        settings=_once(setting for one in mine for setting in one.settings),
        obstacles=_once(obstacle for one in mine for obstacle in one.obstacles),
        sources={source: sources[source] for source in Source if sources[source]},
        cases=tuple(case.id for case in against),
        summaries=tuple(dict.fromkeys(case.summary for case in against)),
    )


def _with(row: Row) -> ClientWith:
    states = {case.id: _state(case) for case in row.cases}
    core = [case for case in row.cases if case.name not in _EXTRAS] or row.cases
    without = [
        it.what for case in row.cases if states[case.id] is not ClientState.DOES_NOT_WORK for it in case.obstacles
    ]
    for case in row.cases:
        if case not in core and states[case.id] is ClientState.DOES_NOT_WORK:
            states[case.id] = ClientState.WORKS_WITHOUT
            without.append(case.name)
    state = _together(list(states.values()))
    return ClientWith(
        client=row.feature.removeprefix(f"{_GROUP}."),
        model=row.model,
        row=row,
        state=state,
        without=tuple(dict.fromkeys(without)) if state in (ClientState.WORKS_WITHOUT, ClientState.TAKEN) else (),
    )


def _together(states: Sequence[ClientState]) -> ClientState:
    """What the cases of a client come to: no better than the least of them."""
    if set(states) <= {ClientState.NOT_TRIED}:
        return ClientState.NOT_TRIED
    order = [ClientState.DOES_NOT_WORK, ClientState.UNKNOWN, ClientState.TAKEN, ClientState.WORKS_WITHOUT]
    known = [ClientState.UNKNOWN if state is ClientState.NOT_TRIED else state for state in states]
    return next((state for state in order if state in known), ClientState.WORKS)


def _state(case: ReportedCase) -> ClientState:
    match case.behaviour:
        case None:
            return ClientState.NOT_TRIED
        case Behaviour.INCONCLUSIVE:
            return ClientState.UNKNOWN
        case Behaviour.HONOURED:
            return ClientState.WORKS
        case Behaviour.ACCEPTED:
            return ClientState.TAKEN
        case _ if case.then in _GOT and case.obstacles and all(it.works or it.avoid for it in case.obstacles):
            return ClientState.WORKS_WITHOUT if case.then is Behaviour.HONOURED else ClientState.TAKEN
        case _:
            return ClientState.DOES_NOT_WORK


def _once(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))
