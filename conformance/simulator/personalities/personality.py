"""What one kind of service is: what it checks, honours, reads, and how it writes its answers down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from conformance.simulator.api.authentication import Authentication, either_header
from conformance.simulator.api.dialects import Dialect
from conformance.simulator.api.events import Event
from conformance.simulator.api.validation import Check
from conformance.simulator.json_values import Object
from conformance.simulator.model.replies import Reply
from conformance.simulator.personalities.models import Model

# Given the type of thinking asked for (None: nothing asked), the model and the number of messages.
Thinks = Callable[[str | None, str, int], bool]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is about to be sent."""

    status: int
    body: Object
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Personality:
    """A service's habits; a mutant is the same habits with one of them changed.

    A request passes the checks in order; `honours` are the parameters and `reads` the kinds of block that have an
    effect. The tuples named `on_…` are what a mutant changes: the request after its checks, the reply before it is
    written down, the JSON of an answer, the events of a stream, and errors.
    """

    name: str
    description: str
    models: tuple[Model, ...]
    dialect: Dialect
    checks: Mapping[str, Check]
    honours: frozenset[str]
    reads: frozenset[str]
    thinks: Thinks
    stand_in: Model | None = None
    authenticates: Authentication = either_header
    caches: Literal["never", "marked", "always"] = "never"
    states_tier: bool = False
    omits_thinking: bool = False  # where it is asked to: the thought is signed, and not shown
    lists: bool = True  # its models, at /v1/models
    window: int | None = None  # narrower than the models' own
    too_long: str = "prompt is too long: {size} tokens > {window} maximum"
    on_request: tuple[Callable[[Object], Object], ...] = ()
    on_reply: tuple[Callable[[Reply], Reply], ...] = ()
    on_message: tuple[Callable[[Object], Object], ...] = ()
    on_events: tuple[Callable[[tuple[Event, ...]], tuple[Event, ...]], ...] = ()
    on_failure: tuple[Callable[[Failure], Failure], ...] = ()
    counts: Callable[[Object], Object] = lambda body: body  # what of a request count_tokens looks at
    remembers: Callable[[Object], Object] | None = None  # what its cache of whole replies knows a request by
    speed: float = 1.0  # of the documented speed
    holds_back: Callable[[Object], bool] = lambda _body: False  # streams of which requests come whole, at their end
    silence: float = 0.0  # seconds before the end of a stream in which nothing comes
    blanks_streamed_errors: bool = False  # what is refused where a stream was asked for gets an empty 200
    message_type: str = "application/json"
    stream_type: str = "text/event-stream; charset=utf-8"

    def model(self, name: str) -> Model:
        """The model that answers to a name."""
        return next((model for model in self.models if model.name == name), self.stand_in or Model(name))
