"""The words of the suite, as frozen values: statuses, behaviours, verdicts, observations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

__all__ = [
    "GROUPS",
    "Arm",
    "Behaviour",
    "CaseResult",
    "Json",
    "Observation",
    "Obstacle",
    "Source",
    "Status",
    "Verdict",
]

# What a provider sends is whatever it sends: a precise recursive type would only be cast away.
Json: TypeAlias = Any

GROUPS = (
    "models",
    "headers",
    "parameters",
    "tools",
    "messages",
    "clients",
    "stream",
    "errors",
    "examples",
    "limits",
)
"""The groups of a matrix, in the order a report shows them."""


class Status(StrEnum):
    """What a provider's documentation says of a feature."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"
    UNDOCUMENTED = "undocumented"


class Behaviour(StrEnum):
    """What an experiment saw a service do with a feature."""

    HONOURED = "honoured"
    ACCEPTED = "accepted"
    IGNORED = "ignored"
    REJECTED = "rejected"
    INCONSISTENT = "inconsistent"
    """Seen both ways under the same request, each more often than chance allows."""
    INCONCLUSIVE = "inconclusive"


class Verdict(StrEnum):
    """How what was seen stands to what is documented."""

    CONFORMS = "conforms"
    EXCEEDS = "exceeds"
    FALLS_SHORT = "falls_short"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not_run"
    NOT_APPLICABLE = "not_applicable"


class Source(StrEnum):
    """Where evidence comes from: a provider's service, one on this machine, or the simulator."""

    LIVE = "live"
    LOCAL = "local"
    SIMULATOR = "simulator"


@dataclass(frozen=True, slots=True)
class Arm:
    """One kind of request inside a case, and what came of it, in a few words."""

    name: str
    """control, treatment, malformed …; several of one kind are told apart by what they send."""
    outcome: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a real program from its work, and what that program does about it, by what was tried with it."""

    of: Literal["request", "answer"]
    what: str
    """The piece of the request that is refused, or what is wrong with the answer, in a word."""
    does: str = ""
    """What the program does about it; empty where that was never tried."""
    works: bool = False
    """Whether it carries on all the same."""
    avoid: str = ""
    """The setting that avoids it; empty where none is known."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a case saw: a behaviour, one sentence for people, and what it rests on."""

    behaviour: Behaviour
    summary: str
    arms: tuple[Arm, ...] = ()
    signals: tuple[str, ...] = ()
    """The signals that decided: text, prompt size, blocks, stop_reason, status, timing …"""
    statistics: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """For sampled parameters the counts, the test and its error; for speeds the figures."""
    seen_as: tuple[Behaviour, ...] = ()
    """Of what is inconsistent, the behaviours it was seen as, each once; empty for everything else."""
    obstacles: tuple[Obstacle, ...] = ()
    """Of a real program's request, what is to blame that it does not get what it needs."""
    then: Behaviour | None = None
    """What was seen once the pieces to blame were left out; None where that was not tried."""

    def __post_init__(self) -> None:
        if (self.behaviour is Behaviour.INCONSISTENT) is not (len(set(self.seen_as)) > 1):
            raise ValueError("what is inconsistent was seen as two behaviours or more, and nothing else says what as")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case with one model, judged: what the report says of it."""

    behaviour: Behaviour | None
    """None where the case was not run, or cannot apply to the target."""
    verdict: Verdict | None
    """None for an undocumented feature: it is observed, never judged."""
    summary: str
    source: Source | None = None
    recorded_at: str | None = None
    endpoint: str | None = None
    """Where the recording was made."""
    sdks: tuple[str, ...] = ()
    """The SDK releases that recorded what this rests on, sorted; not the one that replays it."""
    cassette: str | None = None
    """Path of the recording, below the directory of cassettes."""
    requests: int = 0
    reason: str | None = None
    """Why it is inconclusive, was not run, or does not apply."""
    is_error: bool = False
    """Whether it could not be judged, because the suite or the recording is at fault; the reason says why."""
    arms: tuple[Arm, ...] = ()
    signals: tuple[str, ...] = ()
    statistics: Mapping[str, Json] = field(default_factory=dict[str, Json])
    seen_as: tuple[Behaviour, ...] = ()
    """Of what is inconsistent, the behaviours it was seen as."""
    takes: tuple[Behaviour, ...] = ()
    """What each take of the case saw, where it takes more than one to say so; empty where one is enough."""
    obstacles: tuple[Obstacle, ...] = ()
    then: Behaviour | None = None
