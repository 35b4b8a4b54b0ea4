"""What a mutant is, and the few moves all of them are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from conformance.simulator.events import Event
from conformance.simulator.personality import Failure, Personality
from conformance.simulator.replies import Reply
from conformance.simulator.requests import Check, refused
from conformance.simulator.shapes import Object
from conformance.simulator.turns import Turns

Change = Callable[[Personality], Personality]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One deviation: its name, what is broken, how it is applied, and the personality in which it shows."""

    name: str
    description: str
    change: Change
    personality: str = "documented"


def deaf_to(*names: str) -> Change:
    """Parameters have no effect; they are still checked."""
    return lambda service: replace(service, hears=service.hears.difference(names))


def unchecked(*names: str) -> Change:
    """Parameters are taken whatever they hold."""

    def change(service: Personality) -> Personality:
        return replace(service, checks={name: check for name, check in service.checks.items() if name not in names})

    return change


def checking(name: str, check: Check, *, first: bool = False) -> Change:
    """A check is put in the place of the one of that name, or added."""

    def change(service: Personality) -> Personality:
        new = {name: check}
        return replace(service, checks=new | dict(service.checks) | new if first else dict(service.checks) | new)

    return change


def rejecting(name: str) -> Change:
    """A parameter is refused whatever it holds."""
    return checking(f"{name}.rejected", refused(name))


def hearing_too(name: str, check: Check) -> Change:
    """A parameter has its effect, and the checks that go with it."""

    def change(service: Personality) -> Personality:
        return replace(service, hears=service.hears | {name}, checks={**service.checks, name: check})

    return change


def mishearing(filter_: Callable[[Object], Object]) -> Change:
    """What was checked is changed before it has an effect."""
    return lambda service: replace(service, hearing=(*service.hearing, filter_))


def replying(filter_: Callable[[Reply], Reply]) -> Change:
    """The reply is changed, streamed or not."""
    return lambda service: replace(service, on_reply=(*service.on_reply, filter_))


def writing(filter_: Callable[[Object], Object]) -> Change:
    """The JSON of an answer that is not streamed is changed."""
    return lambda service: replace(service, on_message=(*service.on_message, filter_))


def streaming(filter_: Callable[[tuple[Event, ...]], tuple[Event, ...]]) -> Change:
    """The events of a stream are changed."""
    return lambda service: replace(service, on_events=(*service.on_events, filter_))


def failing(filter_: Callable[[Failure], Failure]) -> Change:
    """Errors are changed."""
    return lambda service: replace(service, on_failure=(*service.on_failure, filter_))


def taking(kind: str, *, read: bool) -> Change:
    """A kind of content block is taken, and read or dropped."""

    def change(service: Personality) -> Personality:
        turns = service.checks["messages"]
        if not isinstance(turns, Turns):
            raise TypeError(f"the messages of {service.name} are not checked in turns")
        checks: dict[str, Check] = {**service.checks, "messages": replace(turns, kinds=turns.kinds | {kind})}
        reads = service.reads | {kind} if read else service.reads - {kind}
        return replace(service, checks=checks, reads=reads)

    return change


def both(*changes: Change) -> Change:
    """Several moves, one after the other."""

    def change(service: Personality) -> Personality:
        for each in changes:
            service = each(service)
        return service

    return change
