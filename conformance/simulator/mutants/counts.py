"""Services that count what they should not: other tokens than were written, or other prompts than were sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.events import Event
from conformance.simulator.json_values import Object, blocks_of, messages_of, object_at, without
from conformance.simulator.model.replies import Reply
from conformance.simulator.mutants.agent_loop import results_changed
from conformance.simulator.mutants.mutant import Change, Mutant, changing_replies, changing_streams, having, ignored
from conformance.simulator.personalities.personality import Personality

_Events = tuple[Event, ...]


def in_every_usage(change: Callable[[Object], Object]) -> Callable[[_Events], _Events]:
    """Every usage of a stream is changed: message_start's, and message_delta's."""

    def counted(data: Object) -> Object:
        return {**data, "usage": change(data["usage"])} if object_at(data, "usage") else data

    def changed(event: Event) -> Event:
        data = counted(event.data)
        return replace(event, data={**data, "message": counted(data["message"])} if "message" in data else data)

    return lambda events: tuple(map(changed, events))


def _doubled(usage: Object) -> Object:
    return {**usage, "input_tokens": 2 * usage["input_tokens"]}


def _uncounted_at_first(events: _Events) -> _Events:
    """message_start without its usage, which message_delta has."""

    def changed(event: Event) -> Event:
        if event.data["type"] != "message_start":
            return event
        return replace(event, data={**event.data, "message": without(event.data["message"], "usage")})

    return tuple(map(changed, events))


_STORY = 27
"""Tokens of a prompt that is asked again and again, and whose size nothing else rests on."""


def _now_and_then(size: Callable[[int], int]) -> Change:
    """Every other time such a prompt has another size."""

    def change(service: Personality) -> Personality:
        asked = count()

        def changed(reply: Reply) -> Reply:
            usage = reply.usage
            if usage.input != _STORY or next(asked) % 2:
                return reply
            return replace(reply, usage=replace(usage, input=size(usage.input)))

        return changing_replies(changed)(service)

    return change


def _failing_on_pictures(body: Object) -> Object:
    if any(block.get("type") == "image" for turn in messages_of(body) for block in blocks_of(turn["content"])):
        raise Refusal("'NoneType' object has no attribute 'strip'", "api_error")
    return body


_STREAMS: Final = ignored("stream.usage::every_stream_is_counted")


def _with_the_cache_inside(reply: Reply) -> Reply:
    usage = reply.usage
    size = usage.input + usage.cache_creation + usage.cache_read
    return replace(reply, usage=replace(usage, input=size))


_BODIES: Final = ignored("response.usage::every_body_is_counted")
_PARTS: Final = {"messages.count_tokens::every_part_of_a_prompt_is_counted": "ignored"}

MUTANTS: Final = (
    Mutant(
        "stream.usage-doubled",
        "A stream counts its prompt twice.",
        changing_streams(in_every_usage(_doubled)),
        _STREAMS,
    ),
    Mutant(
        "stream.usage-not-begun",
        "message_start has no usage; message_delta has it.",
        changing_streams(_uncounted_at_first),
        _STREAMS,
    ),
    Mutant(
        "response.usage-doubled-now-and-then",
        "Now and then a prompt counts twice, as where a gateway has asked again.",
        _now_and_then(lambda size: 2 * size),
        _BODIES,
        is_rare=True,
    ),
    Mutant(
        "response.usage-cache-inside",
        "What is read from the cache, or written to it, is counted in input_tokens as well.",
        changing_replies(_with_the_cache_inside),
        _BODIES,
        personality="reference",
        is_rare=True,
    ),
    Mutant(
        "response.usage-of-another",
        "Now and then the count is that of another request.",
        _now_and_then(lambda size: size + 4000),
        _BODIES,
        is_rare=True,
    ),
    Mutant(
        "messages.count_tokens-failing-on-pictures",
        "count_tokens fails where a prompt has a picture.",
        having(counts=_failing_on_pictures),
        {
            "messages.count_tokens::every_part_of_a_prompt_is_counted": "ignored falls_short",
        },
        personality="reference",
    ),
    *(
        Mutant(
            f"messages.count_tokens-without-{name}",
            f"count_tokens leaves {name} out.",
            having(counts=counts),
            _PARTS,
        )
        for name, counts in (
            ("system", lambda body: without(body, "system")),
            ("tools", lambda body: without(body, "tools")),
            ("history", lambda body: {**body, "messages": body["messages"][-1:]}),
            ("results", results_changed(lambda _: "")),
        )
    ),
)
