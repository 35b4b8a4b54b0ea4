"""A matrix as the suite uses it: frozen, with every source and every model looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from conformance.matrix.problems import Lines, Place
from conformance.matrix.schema import FieldReportEntry, Model, TargetEntry
from conformance.values import Json, Status

__all__ = ["SILENCE", "Claim", "ClaimSource", "KnownDeviation", "Matrix", "Statement"]

SILENCE = "Nothing is said of it."
"""What is shown of a claim that quotes nothing."""


@dataclass(frozen=True, slots=True)
class ClaimSource:
    """A document claims were read in, and the day they were."""

    id: str
    title: str
    url: str
    date: str
    """ISO 8601: a day, a month, or a year where no more is known."""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Statement:
    """One of several things a documentation says of the same feature."""

    status: Status
    says: str
    where: str
    source: ClaimSource
    date: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What is documented of a feature, for some models or all; of one model there is one claim at most."""

    feature: str
    group: str
    status: Status
    """Of a claim that contradicts itself: the status of its first statement."""
    says: str
    source: ClaimSource
    date: str
    models: tuple[str, ...]
    """By name; a claim that names none holds for all of the matrix."""
    statements: tuple[Statement, ...] = ()
    """Two or more, or none at all."""
    details: Mapping[str, Json] = field(default_factory=dict[str, Json], hash=False)
    parts: tuple[str, ...] = ()
    """The features whose worst verdict is this one's."""
    field_reports: tuple[FieldReportEntry, ...] = ()
    place: Place = ()
    """Where it stands in the file; the claims of one feature on different models are items of a list."""
    line: int = 1

    @property
    def contradictory(self) -> bool:
        """Whether the documentation says two things at once."""
        return bool(self.statements)

    @property
    def statuses(self) -> tuple[Status, ...]:
        """What each of its statements says; of most claims there is only one."""
        return tuple(statement.status for statement in self.statements) or (self.status,)


@dataclass(frozen=True, slots=True)
class KnownDeviation:
    """A deviation that is known, and expected until the service changes."""

    feature: str
    models: tuple[str, ...]
    reason: str
    since: str
    line: int = 1
    case: str | None = None
    """The one case that deviates; where none is named, all of the feature's do."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A target, and what is documented of it."""

    path: Path
    target: TargetEntry
    sources: Mapping[str, ClaimSource] = field(hash=False)
    models: tuple[Model, ...]
    claims: tuple[Claim, ...]
    """In the order of the file."""
    not_tested: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    """Features that have cases and that this matrix leaves out, and why."""
    unclaimed: Literal["undocumented", "error"] = "undocumented"
    """What a feature is that has cases and no claim: undocumented, or a mistake of the file."""
    known_deviations: tuple[KnownDeviation, ...] = ()
    lines: Lines = field(default_factory=dict[tuple[str | int, ...], int], repr=False, compare=False)
