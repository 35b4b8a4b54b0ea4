"""What a mutant is, and the few moves all of them are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from conformance.simulator.api import validation
from conformance.simulator.api.conversation import Conversation
from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.events import Event
from conformance.simulator.api.validation import Check, Request
from conformance.simulator.json_values import Object, object_at, without
from conformance.simulator.model.replies import Reply
from conformance.simulator.mutants.clients import of_clients
from conformance.simulator.personalities.personality import Failure, Personality

Change = Callable[[Personality], Personality]
UNCHANGED: Final = "unchanged"
UNDECIDED: Final = "unchanged or inconclusive"


@dataclass(frozen=True, slots=True)
class Trial:
    """How a mutant is tried out, where asking every case as fast as possible would not show it."""

    features: tuple[str, ...] = ()
    """The features whose cases are asked; none means all."""
    paced: bool = False
    """Whether streams must come at the documented speed."""
    expensive: bool = False
    """Whether cases that cost much are asked too."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One deviation, named after the row it should turn.

    `turns` is the complete map of what it does to a report: by `feature::case`, where `*` stands for any
    characters, what the case now sees and its verdict ("ignored falls_short"), or "inconclusive" where it cannot
    tell any more. The first pattern that fits a case counts; a case that none fits stays as it was. A mutant that
    is `tolerated` says instead why the difference is no fault, and so must raise no alarm.
    """

    name: str
    description: str
    change: Change
    turns: Mapping[str, str] = field(default_factory=dict[str, str])
    personality: str = "documented"
    tolerated: str = ""
    trial: Trial = Trial()
    is_rare: bool = False
    """Whether it breaks so little, or so seldom, that only a whole run has the requests to show it."""

    def expects(self, case: str) -> str:
        """What a case, as `feature::case`, sees of this mutant, and its verdict; or UNCHANGED, or UNDECIDED."""
        turns = {**of_clients(self.name), **self.turns}
        return next((seen for pattern, seen in turns.items() if fnmatchcase(case, pattern)), UNCHANGED)


def ignored(*cases: str) -> dict[str, str]:
    """These cases see no effect, and fall short."""
    return dict.fromkeys(cases, "ignored falls_short")


def rejected(*cases: str) -> dict[str, str]:
    """These cases are refused, and fall short."""
    return dict.fromkeys(cases, "rejected falls_short")


def undecided(*cases: str) -> dict[str, str]:
    """These cases cannot tell any more."""
    return dict.fromkeys(cases, "inconclusive")


CALLS_IN_FRAGMENTS: Final = undecided(
    "accepts.unicode::*",
    "accepts.result*",
    "accepts.failed_result::*",
    "accepts.call_without_input::*",
    "accepts.ids_of_another_service::*",
    "accepts.four_cache_marks::*",
)
"""What cannot be told of fragments with a call in them, where calls or tools are refused by themselves."""


def having(**habits: Any) -> Change:
    """A personality's fields have other values."""
    return lambda service: replace(service, **habits)


def all_of(*changes: Change) -> Change:
    """Several moves, one after the other."""

    def change(service: Personality) -> Personality:
        for each in changes:
            service = each(service)
        return service

    return change


def ignoring(*names: str) -> Change:
    """Parameters have no effect; they are still checked."""
    return lambda service: replace(service, honours=service.honours.difference(names))


def honouring(name: str, check: Check) -> Change:
    """A parameter has its effect, and the check that goes with it."""
    return lambda service: checking(name, check)(replace(service, honours=service.honours | {name}))


def unchecked(name: str) -> Change:
    """A parameter is taken whatever it holds."""
    return lambda service: replace(
        service, checks={known: check for known, check in service.checks.items() if known != name}
    )


def checking(name: str, check: Check, *, first: bool = False) -> Change:
    """A check is put in the place of the one of that name, or added."""

    def change(service: Personality) -> Personality:
        new = {name: check}
        return replace(service, checks=new | dict(service.checks) | new if first else dict(service.checks) | new)

    return change


def rejecting(name: str) -> Change:
    """A parameter is refused whatever it holds."""
    return checking(f"{name}.rejected", validation.refused(name))


def refusing_type(name: str, kind: str) -> Change:
    """A parameter is refused where its type is this one."""

    def check(request: Request) -> None:
        if object_at(request.body, name).get("type") == kind:
            raise Refusal(f"{name}.type: {kind!r} is not supported")

    return checking(f"{name}.{kind}.rejected", check)


def taking(kind: str, *, read: bool) -> Change:
    """A kind of content block is taken, and read or dropped."""

    def change(service: Personality) -> Personality:
        conversation = service.checks["messages"]
        if not isinstance(conversation, Conversation):
            raise TypeError(f"the messages of {service.name} are not checked as a conversation")
        checks: dict[str, Check] = {
            **service.checks,
            "messages": replace(conversation, kinds=conversation.kinds | {kind}),
        }
        return replace(service, checks=checks, reads=service.reads | {kind} if read else service.reads - {kind})

    return change


def changing_requests(filter_: Callable[[Object], Object]) -> Change:
    """What was checked is changed before it has an effect."""
    return lambda service: replace(service, on_request=(*service.on_request, filter_))


def losing(name: str, where: Callable[[Object], bool]) -> Change:
    """A parameter is lost where the request is such."""
    return changing_requests(lambda body: without(body, name) if where(body) else body)


def changing_streamed_requests(filter_: Callable[[Object], Object]) -> Change:
    """As changing_requests, where a stream is asked for."""
    return changing_requests(lambda body: filter_(body) if body.get("stream") is True else body)


def forgetting_in_streams(name: str) -> Change:
    """A parameter has no effect on a stream."""
    return changing_streamed_requests(lambda body: without(body, name))


def changing_replies(filter_: Callable[[Reply], Reply]) -> Change:
    """The reply is changed, streamed or not."""
    return lambda service: replace(service, on_reply=(*service.on_reply, filter_))


def changing_messages(filter_: Callable[[Object], Object]) -> Change:
    """The JSON of an answer that is not streamed is changed."""
    return lambda service: replace(service, on_message=(*service.on_message, filter_))


def changing_streams(filter_: Callable[[tuple[Event, ...]], tuple[Event, ...]]) -> Change:
    """The events of a stream are changed."""
    return lambda service: replace(service, on_events=(*service.on_events, filter_))


def changing_failures(filter_: Callable[[Failure], Failure]) -> Change:
    """Errors are changed."""
    return lambda service: replace(service, on_failure=(*service.on_failure, filter_))


def ended(reply: Reply) -> Reply:
    """The reply, but it says that it came to its end by itself."""
    return replace(reply, stop_reason="end_turn", stop_sequence=None)


def refused(parameter: str, turns: Mapping[str, str]) -> Mutant:
    """A service that refuses a parameter."""
    return Mutant(f"{parameter}-rejected", f"{parameter} is refused.", rejecting(parameter), turns)


def without_effect(parameter: str, turns: Mapping[str, str]) -> Mutant:
    """A service that checks a parameter, and then ignores it."""
    name, description = f"{parameter}-ignored", f"{parameter} is checked and has no effect."
    return Mutant(name, description, ignoring(parameter), turns)


def without_effect_on_streams(parameter: str, turns: Mapping[str, str], personality: str = "documented") -> Mutant:
    """A service that ignores a parameter where the answer is streamed."""
    name, description = f"{parameter}-ignored-in-streams", f"{parameter} has no effect on a stream."
    return Mutant(name, description, forgetting_in_streams(parameter), turns, personality)
