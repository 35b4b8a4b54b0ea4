"""A client profile: what a gateway or a user of the SDK should leave out of a request, and which clients work.

Only what was seen counts here, never what is documented; what was not seen is listed as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, Strict, WithJsonSchema

from conformance.plain_text import plain
from conformance.report.analysis.clients import ClientState, ClientWith, clients_of
from conformance.report.analysis.overview import Overview
from conformance.report.analysis.vocabulary import slug, weakest
from conformance.report.fields import Maybe, NodeId, Part, Text, given
from conformance.report.model import VERSION, Report, ReportedObstacle, Row, Suite, Target
from conformance.values import Behaviour, Source, Status, Verdict

__all__ = [
    "Advice",
    "ClientEntry",
    "Clients",
    "ModelProfile",
    "Parameters",
    "Profile",
    "ProfileEntry",
    "Values",
    "profile",
]

Advice = Literal["safe", "drop", "partial", "unknown"]
"""What to do with a parameter."""


class ProfileEntry(Part):
    """A parameter, or a part of one, and what the advice rests on."""

    name: Text
    documented: Status
    seen: Behaviour | None
    why: str | None = Field(description="What was seen, in a sentence.")
    source: Source | None = Field(description="The weakest source of its evidence.")
    evidence: Text = Field(description="The anchor of its cell in index.html.")


class Parameters(Part):
    """Top-level parameters of a request."""

    safe: tuple[ProfileEntry, ...] = Field(description="Honoured, or accepted.")
    drop: tuple[ProfileEntry, ...] = Field(
        description="Ignored, inconsistent or rejected; never one that a request must have."
    )
    partial: tuple[ProfileEntry, ...] = Field(description="Some of its values are safe and others are not: see values.")
    unknown: tuple[ProfileEntry, ...] = Field(description="Not seen, or not to be told; or required, and not safe.")


class Values(Part):
    """Parts of parameters: blocks of a message, kinds of tool_choice."""

    safe: tuple[ProfileEntry, ...]
    drop: tuple[ProfileEntry, ...]
    unknown: tuple[ProfileEntry, ...]


class ClientEntry(Part):
    """A real program, and what is said of it rests on."""

    name: Text
    seen: Behaviour | None = Field(description="What was seen of its row, in a word.")
    without: tuple[Text, ...] = Field(
        description="What has to be left out of its requests, or to be done without, that it works."
    )
    settings: tuple[Text, ...] = Field(
        description="What has to be set in it for that; empty where it leaves out by itself what is refused."
    )
    obstacles: tuple[ReportedObstacle, ...] = Field(
        description="What it is refused for, or cannot read, and what it does about it."
    )
    why: tuple[str, ...] = Field(description="What was seen where it does not simply work, in a sentence each.")
    source: Source | None = Field(description="The weakest source of its evidence; null where there is none.")
    simulated: Annotated[bool, Strict()] = Field(
        description="Whether a simulator answered: then this says nothing of the service."
    )
    evidence: Text = Field(description="The anchor of its cell in index.html.")
    cases: tuple[NodeId, ...] = Field(description="The cases that were run.")


class Clients(Part):
    """Real programs, by whether they work with the model."""

    works: tuple[ClientEntry, ...]
    works_without: tuple[ClientEntry, ...] = Field(
        description="What is refused they leave out, by themselves or by a setting; without it the rest works."
    )
    taken: tuple[ClientEntry, ...] = Field(description="Their requests are taken, and nothing more was seen.")
    does_not_work: tuple[ClientEntry, ...]
    unknown: tuple[ClientEntry, ...] = Field(description="Tried, and not to be told; or only tried in part.")
    not_tried: tuple[ClientEntry, ...]


class ModelProfile(Part):
    """The advice for one model."""

    parameters: Parameters
    values: Values
    clients: Clients


class Profile(Part):
    """What a client of a Messages API should leave out of its requests, by what was seen of each model."""

    version: Annotated[int, WithJsonSchema({"const": VERSION})]
    notice: Maybe[Text] = Field(None, description="Present where the evidence of some cell is simulated, and says so.")
    target: Target
    suite: Suite
    models: dict[str, ModelProfile]


_REQUIRED = frozenset({"model", "messages", "max_tokens"})
"""Nobody can leave these out of a request, whatever comes of them."""

_ADVICE: Mapping[Behaviour | None, Advice] = {
    Behaviour.HONOURED: "safe",
    Behaviour.ACCEPTED: "safe",
    Behaviour.IGNORED: "drop",
    Behaviour.REJECTED: "drop",
    Behaviour.INCONSISTENT: "drop",
}


def profile(overview: Overview) -> Profile:
    """For each model: the parameters that are safe, those to drop, those that work in part, and the unknown ones.

    A parameter that is judged by its parts is listed with them: the blocks of a message, the kinds of tool_choice.
    """
    report = overview.report
    return Profile(
        version=VERSION,
        **given(notice=report.notice),
        target=report.target,
        suite=report.suite,
        models={model: _model(overview, model) for model in overview.models},
    )


def _model(overview: Overview, model: str) -> ModelProfile:
    report = overview.report
    rows = {row.feature: row for row in report.results if row.model == model}
    parts = {claim.feature: claim.parts for claim in report.claims if claim.parts}
    values = [name for names in parts.values() for name in names if name in rows]
    parameters: dict[Advice, list[ProfileEntry]] = {"safe": [], "drop": [], "partial": [], "unknown": []}
    for name, row in rows.items():
        if row.group == "parameters" and "." not in name and name not in values:
            mine = [_advice(rows[part]) for part in parts.get(name, ()) if part in rows]
            advice = _of_parts(mine) or _advice(row)
            if advice == "drop" and name in _REQUIRED:
                advice = "unknown"
            parameters[advice].append(_entry(row))
    advised: dict[Advice, list[ProfileEntry]] = {"safe": [], "drop": [], "unknown": []}
    for name in values:
        advised[_advice(rows[name])].append(_entry(rows[name]))
    return ModelProfile(
        parameters=Parameters(**{word: tuple(entries) for word, entries in parameters.items()}),
        values=Values(**{word: tuple(entries) for word, entries in advised.items()}),
        clients=_clients(report, model),
    )


def _clients(report: Report, model: str) -> Clients:
    found: dict[str, list[ClientEntry]] = {state.value: [] for state in ClientState}
    for one in clients_of(report):
        if one.model == model:
            found[one.state].append(_client(one))
    return Clients(**{state: tuple(entries) for state, entries in found.items()})


def _client(one: ClientWith) -> ClientEntry:
    return ClientEntry(
        name=one.client,
        seen=one.row.observed,
        without=one.without,
        settings=one.settings,
        obstacles=one.obstacles,
        why=tuple(plain(case.summary) for case in one.against),
        source=one.source,
        simulated=any(case.source is Source.SIMULATOR for case in one.tried),
        evidence=slug(one.model, one.row.feature),
        cases=tuple(case.id for case in one.tried),
    )


def _advice(row: Row) -> Advice:
    if row.verdict is Verdict.NOT_RUN:
        return "unknown"  # some of its cases saw something, and not all of it is known
    return _ADVICE.get(row.observed, "unknown")


def _of_parts(advice: Sequence[Advice]) -> Advice | None:
    """What the parts of a parameter say of it; None where it has none."""
    match sorted(set(advice)):
        case []:
            return None
        case [one]:
            return one
        case _:
            return "partial"


def _entry(row: Row) -> ProfileEntry:
    sources = {case.source for case in row.cases}
    decisive = next((case for case in row.cases if case.behaviour == row.observed), None)
    return ProfileEntry(
        name=row.feature,
        documented=row.documented,
        seen=row.observed,
        why=plain(decisive.summary) if decisive else None,
        source=weakest(sources),
        evidence=slug(row.model, row.feature),
    )
