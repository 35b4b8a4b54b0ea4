"""What one kind of service is: what it checks, hears, reads, and how it writes its answers down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from .doors import Door, front_door
from .events import Event
from .models import Model
from .replies import Reply
from .requests import Check
from .shapes import Object
from .wires import Wire

# Given the type of thinking asked for (None: nothing asked), the model and the number of messages.
Thinks = Callable[[str | None, str, int], bool]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is about to be sent."""

    status: int
    body: Object


@dataclass(frozen=True)
class Personality:
    """A service's habits; a mutant is the same habits with one of them changed.

    A request passes the checks in order; `hears` are the parameters and `reads` the blocks that have an
    effect, `hearing` changes what is left of it; the tuples named `on_…` change what is sent.
    """

    name: str
    description: str
    models: tuple[Model, ...]
    wire: Wire
    checks: Mapping[str, Check]
    hears: frozenset[str]
    reads: frozenset[str]
    thinks: Thinks
    stand_in: Model | None = None
    admits: Door = front_door
    caches: Literal["never", "marked", "always"] = "never"
    states_tier: bool = False
    lists: bool = True  # its models, at /v1/models
    window: int | None = None  # narrower than the models' own
    too_long: str = "prompt is too long: {size} tokens > {window} maximum"
    hearing: tuple[Callable[[Object], Object], ...] = ()
    on_reply: tuple[Callable[[Reply], Reply], ...] = ()
    on_message: tuple[Callable[[Object], Object], ...] = ()
    on_events: tuple[Callable[[tuple[Event, ...]], tuple[Event, ...]], ...] = ()
    on_failure: tuple[Callable[[Failure], Failure], ...] = ()
    pace: float = 1.0
    holds_back: bool = False
    message_type: str = "application/json"
    stream_type: str = "text/event-stream; charset=utf-8"

    def model(self, name: str) -> Model:
        """The model that answers to a name."""
        return next((model for model in self.models if model.name == name), self.stand_in or Model(name))
