"""A client's request, whole: its body without the model, its headers, and what stands behind the path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.values import Json

__all__ = ["ClientRequest"]


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """What is sent to the Messages endpoint."""

    body: Mapping[str, Json]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Lower-case names; ``authorization`` only says in which header the key is (``Bearer``)."""
    query: str = ""

    @property
    def path(self) -> str:
        """The path, with its query."""
        return f"/v1/messages?{self.query}" if self.query else "/v1/messages"

    @property
    def betas(self) -> tuple[str, ...]:
        """The betas it names, in its order."""
        return tuple(name.strip() for name in self.headers.get("anthropic-beta", "").split(",") if name.strip())
