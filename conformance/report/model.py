"""The report as a value: frozen, checked when it is made and when it is read back, and the source of its JSON Schema.

What may be left out of a report.json is None, or empty, here; ``data`` leaves it out again, so that a report is
written as it was read. Null stands only where the contract has it: something was looked for, and there is none.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, Strict, WithJsonSchema, model_validator

from conformance.report.fields import UNIQUE, Count, Day, Group, Maybe, Moment, Names, NodeId, Part, Text, when
from conformance.values import Behaviour, Json, Source, Status, Verdict

__all__ = [
    "VERSION",
    "Citation",
    "FieldReport",
    "Report",
    "ReportedArm",
    "ReportedCase",
    "ReportedClaim",
    "ReportedObstacle",
    "ReportedStatement",
    "Requirement",
    "Row",
    "Suite",
    "Target",
]

VERSION = 1
"""The version of reports that is read and written here."""

_SIMULATED: Json = {"required": [Source.SIMULATOR.value], "properties": {Source.SIMULATOR.value: {"minimum": 1}}}


def _read_here(version: int) -> int:
    if version != VERSION:
        raise ValueError(f"this suite reads version {VERSION}")
    return version


class Suite(Part):
    """What made the report."""

    name: Text
    version: Text
    sdk: str | None = Field(
        None, description="The client releases that recorded the evidence, sorted; null where nothing was recorded."
    )


class Target(Part):
    """What was tested."""

    name: Text
    title: Maybe[Text] = None
    endpoint: Text
    matrix: Text = Field(description="The matrix file, as it stands in node ids.")


class Citation(Part):
    """Where, and when, something was read."""

    title: Text
    url: Text
    date: Day = Field(description="A day, or a month or a year where no more is known.")


class ReportedStatement(Part):
    """One of the sentences of a claim that contradicts itself."""

    status: Status
    says: str
    where: str


class FieldReport(Part):
    """What others saw: shown beside the claim, never evidence."""

    says: str
    date: Day
    where: str


class Requirement(Part):
    """What a case of a claim looks for."""

    name: Text
    requirement: str


class ReportedClaim(Part):
    """What is documented of a feature."""

    model_config = when(
        {"properties": {"contradictory": {"const": True}}},
        {"required": ["statements"], "properties": {"statements": {"minItems": 2}}},
    )

    feature: Text
    group: Group
    status: Status
    models: Maybe[Annotated[Names, Field(min_length=1)]] = Field(
        None, description="The models it is made of, where the feature has other claims for other models."
    )
    says: str | None
    source: Citation
    contradictory: Annotated[bool, Strict()]
    statements: tuple[ReportedStatement, ...] = ()
    field_reports: tuple[FieldReport, ...] = ()
    parts: tuple[Text, ...] = Field((), description="The features whose verdicts make this one's.")
    cases: tuple[Requirement, ...] = ()

    @model_validator(mode="after")
    def _contradicts(self) -> Self:
        if self.contradictory and len(self.statements) < 2:
            raise ValueError("a contradiction has two statements or more")
        return self

    def holds_for(self, model: str) -> bool:
        """Whether it is made of a model; it names its models only where there are others on the feature."""
        return self.models is None or model in self.models

    @property
    def statuses(self) -> tuple[Status, ...]:
        """What is documented: more than one status where it contradicts itself, each once."""
        said = [statement.status for statement in self.statements] if self.contradictory else []
        return tuple(dict.fromkeys(said or [self.status]))


class ReportedArm(Part):
    """One kind of request inside a case, and what came of it."""

    name: Text
    outcome: str


class ReportedObstacle(Part):
    """What keeps a real program from its work, and what that program does about it, by what was tried with it."""

    of: Literal["request", "answer"]
    what: Text = Field(description="The piece of its request that is refused, or what is wrong with the answer.")
    does: Maybe[Text] = Field(None, description="What it does about it; left out where that was never tried.")
    works: Annotated[bool, Strict()] = Field(description="Whether it carries on all the same.")
    avoid: Maybe[Text] = Field(None, description="The setting of the program that avoids it, where one is known.")


class ReportedCase(Part):
    """One experiment with one model, judged."""

    id: NodeId = Field(description="The pytest node id.")
    behaviour: Behaviour | None
    verdict: Verdict | None
    summary: str
    source: Source | None
    recorded_at: Moment | None
    cassette: str | None
    requests: Count
    signals: tuple[str, ...] = ()
    arms: tuple[ReportedArm, ...] = ()
    reason: Maybe[str] = Field(None, description="Why it is inconclusive, was not run or does not apply.")
    statistics: dict[str, Any] = Field({}, description="Counts, tests and figures, as each experiment has them.")
    seen_as: tuple[Behaviour, ...] = Field((), description="Of what is inconsistent, the behaviours it was seen as.")
    takes: tuple[Behaviour, ...] = Field(
        (), description="What each take saw, where more than one is needed; two that agree confirm each other."
    )
    obstacles: tuple[ReportedObstacle, ...] = Field(
        (), description="What is to blame that a real program does not get what it needs."
    )
    then: Maybe[Behaviour] = Field(None, description="What was seen once the pieces to blame were left out.")

    @property
    def is_confirmed(self) -> bool:
        """Whether it was seen twice, where once is not enough."""
        return len(self.takes) > 1 and self.behaviour is not Behaviour.INCONCLUSIVE

    @property
    def name(self) -> str:
        """The last part of its node id."""
        return self.id.rpartition("::")[2]

    @property
    def feature(self) -> str:
        """The feature that its node id names."""
        return self.id.rpartition("::")[0].rpartition("::")[2]


class Row(Part):
    """A feature with a model. Its verdict is the worst of its cases'; an undocumented one has none."""

    model_config = when(
        {"properties": {"documented": {"const": Status.UNDOCUMENTED.value}}},
        {"properties": {"verdict": {"const": None}}},
        **{"else": {"properties": {"verdict": {"not": {"const": None}}}}},
    )

    model: Text
    group: Group
    feature: Text
    documented: Status
    observed: Behaviour | None
    verdict: Verdict | None
    holds: Maybe[Annotated[tuple[Count, ...], *UNIQUE]] = Field(
        None, description="The statements of a contradictory claim that what was seen agrees with, by index."
    )
    known_deviation: Maybe[str] = Field(None, description="Why this is expected to fall short.")
    cases: tuple[ReportedCase, ...]

    @model_validator(mode="after")
    def _is_judged(self) -> Self:
        if (self.verdict is None) is not (self.documented is Status.UNDOCUMENTED):
            raise ValueError("what is documented has a verdict, and nothing else has")
        return self


class Report(Part):
    """What a provider documents of its Messages API, beside what experiments saw of it."""

    model_config = when({"required": ["sources"], "properties": {"sources": _SIMULATED}}, {"required": ["notice"]})

    version: Annotated[
        int,
        Strict(),
        AfterValidator(_read_here),
        WithJsonSchema({"const": VERSION}),
    ]
    notice: Maybe[Text] = Field(None, description="Present where the evidence of some cell is simulated, and says so.")
    suite: Suite
    target: Target
    sources: dict[Source, Count] = Field({}, description="Cells by where their evidence comes from.")
    summary: dict[Verdict, Count] = Field(
        description="Rows by verdict.", json_schema_extra={"required": [verdict.value for verdict in Verdict]}
    )
    undocumented: Maybe[Count] = Field(None, description="Rows without a verdict.")
    models: Names = ()
    claims: tuple[ReportedClaim, ...] = Field((), description="What is documented, in the order of the matrix.")
    results: tuple[Row, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if missing := [verdict.value for verdict in Verdict if verdict not in self.summary]:
            raise ValueError(f"the summary does not count {', '.join(missing)}")
        if self.sources.get(Source.SIMULATOR) and self.notice is None:
            raise ValueError("evidence is simulated, and there is no notice that says so")
        return self

    @cached_property
    def cases(self) -> tuple[ReportedCase, ...]:
        """Every case, once, though rows judged by their parts repeat theirs."""
        return tuple({case.id: case for row in self.results for case in row.cases}.values())

    @cached_property
    def all_models(self) -> tuple[str, ...]:
        """Every model, also one that only a row names."""
        return tuple(dict.fromkeys([*self.models, *(row.model for row in self.results)]))

    @cached_property
    def _claims_of(self) -> dict[str, list[ReportedClaim]]:
        found: dict[str, list[ReportedClaim]] = {}
        for claim in self.claims:
            found.setdefault(claim.feature, []).append(claim)
        return found

    def claim_of(self, feature: str, model: str) -> ReportedClaim | None:
        """The claim that is made of a feature with a model, if there is one."""
        return next((claim for claim in self._claims_of.get(feature, ()) if claim.holds_for(model)), None)
