"""What became of asking a service for a case: recorded, or why there is no recording. None of it is a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

__all__ = ["Faulted", "NotRun", "Outcome", "Recorded", "Troubled"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """There is a recording of the case, which is going to be judged."""

    outcome: Literal["recorded"] = field(default="recorded", kw_only=True, repr=False)
    """Tells the types apart in JSON."""

    def __str__(self) -> str:
        return "recorded"


@dataclass(frozen=True, slots=True)
class NotRun:
    """The case was never reached, or not finished, because the run ended before."""

    reason: str
    outcome: Literal["not_run"] = field(default="not_run", kw_only=True, repr=False)

    def __str__(self) -> str:
        return f"not run: {self.reason}"


@dataclass(frozen=True, slots=True)
class Troubled:
    """The service or the network was in the way: the case is inconclusive."""

    kind: str
    """Whose trouble it was, as in ``Trouble.kind``: service, network."""
    reason: str
    outcome: Literal["troubled"] = field(default="troubled", kw_only=True, repr=False)

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Faulted:
    """The suite itself failed on the case: an error of the run."""

    reason: str
    outcome: Literal["faulted"] = field(default="faulted", kw_only=True, repr=False)

    def __str__(self) -> str:
        return f"fault: {self.reason}"


Outcome: TypeAlias = Annotated[Recorded | NotRun | Troubled | Faulted, Field(discriminator="outcome")]
"""One of the four; ``str()`` of any is a sentence for people, and nothing reads it back."""
