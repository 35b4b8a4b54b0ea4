"""Services that break streams: not at all, without an event, out of order, mislabelled, or late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from conformance.simulator.api.events import Event
from conformance.simulator.json_values import Object, object_at, without
from conformance.simulator.mutants.mutant import (
    Change,
    Mutant,
    Trial,
    changing_streams,
    having,
    ignored,
    refused,
    without_effect,
)
from conformance.simulator.mutants.replies import zeros

_Events = tuple[Event, ...]


def _every(change: Callable[[Event], Event]) -> Change:
    return changing_streams(lambda events: tuple(map(change, events)))


def _deltas(change: Callable[[Object], Object]) -> Change:
    """Change the data of every content_block_delta."""
    return _every(
        lambda event: replace(event, data=change(event.data)) if event.data["type"] == "content_block_delta" else event
    )


def _dropping(kind: str) -> Change:
    return changing_streams(lambda events: tuple(event for event in events if event.data["type"] != kind))


def _too_early(events: _Events) -> _Events:
    """Each block's first delta changes places with its start; a ping may lie between."""
    moved = list(events)
    starts = [at for at, event in enumerate(events) if event.data["type"] == "content_block_start"]
    for start in starts:
        delta = next(at for at in range(start, len(moved)) if moved[at].data["type"] == "content_block_delta")
        moved[start], moved[delta] = moved[delta], moved[start]
    return tuple(moved)


def _unsigned(events: _Events) -> _Events:
    return tuple(event for event in events if object_at(event.data, "delta").get("type") != "signature_delta")


def _broken_off(events: _Events) -> _Events:
    """The last piece of a tool's input loses its last character."""
    kept = list(events)
    inputs = [at for at, event in enumerate(events) if object_at(event.data, "delta").get("partial_json")]
    for at in inputs[-1:]:
        delta = events[at].data["delta"]
        cut = {**delta, "partial_json": delta["partial_json"][:-1]}
        kept[at] = replace(events[at], data={**events[at].data, "delta": cut})
    return tuple(kept)


def _usage(change: Callable[[Object], Object]) -> Change:
    """Change what holds the usage, in message_start and in message_delta."""

    def changed(event: Event) -> Event:
        data = event.data
        if "usage" in data:
            data = change(data)
        if "message" in data:
            data = {**data, "message": change(data["message"])}
        return replace(event, data=data)

    return _every(changed)


def _unreasoned(event: Event) -> Event:
    if event.data["type"] != "message_delta":
        return event
    return replace(event, data={**event.data, "delta": {**event.data["delta"], "stop_reason": None}})


_WHOLE: Final = (
    refused(
        "stream",
        {
            "stream::*": "rejected falls_short",
            "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
            "system::it_is_read_where_a_streamed_call_is_forced": "unchanged",
            "stream.text::what_a_body_says_a_stream_says": "not_applicable",
            "stream.text::a_long_text_streams_whole": "not_applicable",
            "stream.tool_input::every_streamed_input_is_json": "inconclusive",
            "stream.tool_input::*": "not_applicable",
            "stream.ping::*": "unchanged",
            "stream.*": "inconclusive",
            "accepts.stream_false::it_is_taken": "rejected",
            "examples.streaming::the_second_example_prints_something": "rejected falls_short",
            "limits.output_speed::a_long_answer_is_timed": "inconclusive",
            "messages.text::a_long_history_is_read": "not_applicable",
            "*stream*": "not_applicable",  # cases that need one say so in their names
        },
    ),
    without_effect(
        "stream",
        {
            "stream::*": "ignored falls_short",
            "stream.ping::*": "unchanged",
            "examples.tool_history::the_whole_streamed_reply_goes_back": "inconclusive",
            "stream.*": "inconclusive",
            "examples.streaming::the_second_example_prints_something": "ignored falls_short",
            "limits.output_speed::a_long_answer_is_timed": "inconclusive",
        },
    ),
    Mutant(
        "stream.incremental-held-back",
        "A stream is held back until the answer is whole, and sent at once.",
        having(holds_back=lambda _body: True),
        ignored("stream.incremental::*"),
        trial=Trial(features=("stream",), paced=True),
    ),
    Mutant(
        "stream.content_type-wrong",
        "A stream is sent as application/json.",
        having(stream_type="application/json"),
        {
            "stream.content_type::*": "ignored falls_short",
            "limits.output_speed::a_long_answer_is_timed": "inconclusive",
        },
    ),
)

_IN_DISORDER: Final = {
    "stream.text::*_*stream*": "inconclusive",
    "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is": "inconclusive",
    "stream.tool_input::a_streamed_call_may_have_no_input": "inconclusive",
    "stream.tool_input::two_streamed_calls_keep_their_inputs_apart": "inconclusive",
    "examples.tool_history::the_whole_streamed_reply_goes_back": "inconclusive",
}
"""What cannot be told from streams whose pieces belong to no block."""

_ORDER: Final = (
    *(
        Mutant(
            f"stream.{kind}-missing",
            f"A stream has no {kind}.",
            _dropping(kind),
            ignored("stream.event_order::every_stream_begins_and_ends"),
        )
        for kind in ("message_start", "message_stop")
    ),
    Mutant(
        "stream.message_delta-missing",
        "A stream has no message_delta.",
        _dropping("message_delta"),
        {
            "stream.event_order::every_stream_begins_and_ends": "ignored falls_short",
            "stream.stop_reason::every_stream_says_why_it_stopped": "ignored falls_short",
            "max_tokens::a_streamed_answer_is_cut": "inconclusive",
            "max_tokens::it_cuts_what_is_thought": "inconclusive",
        },
    ),
    Mutant(
        "stream.blocks-delta-before-start",
        "A delta comes before its block's start.",
        changing_streams(_too_early),
        {
            **_IN_DISORDER,
            "stream.blocks::every_block_is_started_and_stopped": "ignored falls_short",
            "stop_sequences::several_words_stop_in_company": "inconclusive",
        },
    ),
    *(
        Mutant(
            f"stream.blocks-{name}",
            description,
            change,
            {"stream.blocks::every_block_is_started_and_stopped": "ignored falls_short", **turns},
        )
        for name, description, change, turns in (
            (
                "wrong-index",
                "A block's deltas have the next block's index.",
                _deltas(lambda data: {**data, "index": data["index"] + 1}),
                _IN_DISORDER,
            ),
            ("never-stopped", "No block is ever stopped.", _dropping("content_block_stop"), {}),
        )
    ),
)

_EVENTS: Final = (
    Mutant(
        "stream.event_names-missing",
        "A stream's events have no `event:` lines.",
        _every(lambda event: replace(event, name=None)),
        ignored("stream.event_names::*", "examples.streaming::the_second_example_prints_something"),
    ),
    Mutant(
        "stream.event_names-wrong",
        "All of a stream's events are called `message`.",
        _every(lambda event: replace(event, name="message")),
        ignored("stream.event_names::*"),
    ),
    Mutant(
        "stream.shape-untyped-delta",
        "The deltas of a stream have no type.",
        _deltas(lambda data: {**data, "delta": without(data["delta"], "type")}),
        {
            **_IN_DISORDER,
            "stream.shape::every_event_has_its_shape": "ignored falls_short",
            "stream::a_streamed_reply_is_events": "ignored falls_short",
            "examples.streaming::the_second_example_prints_something": "ignored falls_short",
            "temperature::near_zero_collapses_streams": "inconclusive",
            "stop_sequences::several_words_stop_in_company": "inconclusive",
            "system::it_is_read_where_a_streamed_call_is_forced": "inconclusive",
            "top_k::one_collapses_streams": "inconclusive",
            "top_p::tiny_nucleus_collapses_streams": "inconclusive",
        },
    ),
    Mutant(
        "stream.thinking-unsigned",
        "No signature_delta ends a thinking block.",
        changing_streams(_unsigned),
        tolerated="a thinking block without a signature breaks no client",
    ),
    Mutant(
        "stream.tool_input-unparsable",
        "The JSON of a tool's input breaks off.",
        changing_streams(_broken_off),
        {
            "stream.tool_input::a_streamed_call_may_have_no_input": "unchanged",
            "stream.tool_input::*": "ignored falls_short",
            "examples.tool_history::the_whole_streamed_reply_goes_back": "inconclusive",
            "system::it_is_read_where_a_streamed_call_is_forced": "inconclusive",
        },
    ),
    *(
        Mutant(
            f"stream.usage-{name}",
            description,
            _usage(change),
            ignored("stream.usage::*"),
        )
        for name, description, change in (
            ("missing", "A stream has no usage.", lambda holder: without(holder, "usage")),
            (
                "zero",
                "A stream's usage is all zeros.",
                lambda holder: {**holder, "usage": zeros(holder["usage"])},
            ),
        )
    ),
    Mutant(
        "stream.stop_reason-null",
        "A stream's stop_reason stays null.",
        _every(_unreasoned),
        ignored("stream.stop_reason::*"),
    ),
)

MUTANTS: Final = (*_WHOLE, *_ORDER, *_EVENTS)
