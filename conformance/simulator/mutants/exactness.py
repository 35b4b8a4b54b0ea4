"""Services that are not exact: texts and inputs damaged on their way, results mixed up, limits that cut elsewhere."""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from conformance.simulator.api.conversation import every_block
from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.events import Event
from conformance.simulator.api.validation import Request
from conformance.simulator.json_values import Object, blocks_of, is_list, is_object, messages_of, object_at, without
from conformance.simulator.model.replies import Reply, Text, Thinking, ToolUse
from conformance.simulator.mutants.mutant import (
    Change,
    Mutant,
    Trial,
    all_of,
    changing_failures,
    changing_messages,
    changing_replies,
    changing_requests,
    changing_streams,
    checking,
    having,
    ignored,
    undecided,
)

_Events = tuple[Event, ...]


# --- the text of a stream


def _texts(change: Callable[[list[str]], list[str]]) -> Change:
    """The pieces of every streamed text are changed; there may be more of them, or fewer."""

    def changed(events: _Events) -> _Events:
        kept: list[Event] = []
        for is_text, run in groupby(events, lambda event: object_at(event.data, "delta").get("type") == "text_delta"):
            found = list(run)
            if is_text:
                pieces = change([event.data["delta"]["text"] for event in found])
                found = [
                    replace(found[0], data={**found[0].data, "delta": {"type": "text_delta", "text": piece}})
                    for piece in pieces
                ]
            kept += found
        return tuple(kept)

    return changing_streams(changed)


def _in_bytes(pieces: list[str]) -> list[str]:
    """Cut every seven bytes, and decode each piece by itself."""
    whole = "".join(pieces).encode()
    return [whole[at : at + 7].decode("utf-8", "replace") for at in range(0, len(whole), 7)]


_LONG: Final = 8
"""Pieces of a text that is long enough for a fault that does not befall every text."""


def _lost(pieces: list[str]) -> list[str]:
    return [*pieces[:5], *pieces[6:]] if len(pieces) > _LONG else pieces


def _doubled(pieces: list[str]) -> list[str]:
    return [*pieces[:6], *pieces[5:]] if len(pieces) > _LONG else pieces


def _all_again(pieces: list[str]) -> list[str]:
    return [*pieces, "".join(pieces)] if len(pieces) > _LONG else pieces


def _swapped(pieces: list[str]) -> list[str]:
    return [*pieces[:5], pieces[6], pieces[5], *pieces[7:]] if len(pieces) > _LONG else pieces


def _stripped(pieces: list[str]) -> list[str]:
    return [piece.lstrip() for piece in pieces]


def _without_each_twentieth(pieces: list[str]) -> list[str]:
    return [piece for number, piece in enumerate(pieces, 1) if number % 20]


def _without_blank_lines(pieces: list[str]) -> list[str]:
    return ["".join(pieces).replace("\n\n", "\n")]


def _normalised(pieces: list[str]) -> list[str]:
    return [unicodedata.normalize("NFKC", "".join(pieces))]


# --- the inputs of calls


def _folded(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if is_object(value) or is_list(value) else value


def _numbers_as_strings(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _short(value: Any) -> Any:
    return value[:100] if isinstance(value, str) else value


def _inputs(change: Callable[[Any], Any]) -> Callable[[Reply], Reply]:
    """Change every value of the input of every call."""

    def changed(reply: Reply) -> Reply:
        return replace(
            reply,
            blocks=tuple(
                replace(block, input={name: change(value) for name, value in block.input.items()})
                if isinstance(block, ToolUse)
                else block
                for block in reply.blocks
            ),
        )

    return changed


def _streamed_inputs(change: Callable[[Any], Any]) -> Change:
    """As _inputs, on a stream alone: the input comes in one piece."""

    def changed(events: _Events) -> _Events:
        joined: dict[int, str] = {}
        for event in events:
            piece = object_at(event.data, "delta").get("partial_json")
            if piece is not None:
                joined[event.data["index"]] = joined.get(event.data["index"], "") + piece
        kept: list[Event] = []
        for event in events:
            delta = object_at(event.data, "delta")
            if delta.get("type") != "input_json_delta":
                kept.append(event)
            elif (text := joined.pop(event.data["index"], "")) and is_object(found := json.loads(text)):
                written = json.dumps({name: change(value) for name, value in found.items()}, ensure_ascii=False)
                kept.append(replace(event, data={**event.data, "delta": {**delta, "partial_json": written}}))
        return tuple(kept)

    return changing_streams(changed)


def _without_enums(value: Any) -> Any:
    if is_object(value):
        return {name: _without_enums(inner) for name, inner in value.items() if name != "enum"}
    return [_without_enums(inner) for inner in value] if is_list(value) else value


def _schemas_without_enums(body: Object) -> Object:
    return {**body, "tools": _without_enums(body["tools"])} if body.get("tools") else body


def _null_for_nothing(message: Object) -> Object:
    content = [{**block, "input": None} if block.get("input") == {} else block for block in message["content"]]
    return {**message, "content": content}


def _null_piece_for_nothing(events: _Events) -> _Events:
    """An empty input is written out as null."""
    filled = {event.data["index"] for event in events if object_at(event.data, "delta").get("partial_json")}

    def changed(event: Event) -> Event:
        delta = object_at(event.data, "delta")
        if delta.get("type") != "input_json_delta" or event.data["index"] in filled:
            return event
        return replace(event, data={**event.data, "delta": {**delta, "partial_json": "null"}})

    return tuple(map(changed, events))


def _calls(events: _Events) -> list[int]:
    return [e.data["index"] for e in events if object_at(e.data, "content_block").get("type") == "tool_use"]


def _second_call_lost(events: _Events) -> _Events:
    lost = set(_calls(events)[1:])
    return tuple(event for event in events if event.data.get("index") not in lost)


def _into_one_block(events: _Events) -> _Events:
    """The input of a second call is streamed into the block of the first."""
    calls = _calls(events)
    if len(calls) < 2:
        return events
    first, second = calls[:2]

    def is_delta(event: Event, index: int) -> bool:
        return event.data["type"] == "content_block_delta" and bool(event.data["index"] == index)

    moved = [replace(event, data={**event.data, "index": first}) for event in events if is_delta(event, second)]
    kept: list[Event] = []
    for event in events:
        if event.data["type"] == "content_block_stop" and event.data["index"] == first:
            kept += moved
        if not is_delta(event, second):
            kept.append(event)
    return tuple(kept)


def _second_at_the_start(events: _Events) -> _Events:
    """The input of a second call is that of its block's start."""
    calls = _calls(events)
    if len(calls) < 2:
        return events
    second = calls[1]

    def is_its(event: Event, kind: str) -> bool:
        return event.data["type"] == kind and bool(event.data["index"] == second)

    deltas = [event.data["delta"]["partial_json"] for event in events if is_its(event, "content_block_delta")]
    return tuple(
        replace(event, data=_with_input(event.data, json.loads("".join(deltas) or "{}")))
        if is_its(event, "content_block_start")
        else event
        for event in events
        if not is_its(event, "content_block_delta")
    )


def _with_input(start: Object, given: Object) -> Object:
    return {**start, "content_block": {**start["content_block"], "input": given}}


# --- results, and replies that go on


def _turns(change: Callable[[list[Object]], list[Object]]) -> Change:
    """The results of a turn are changed, where it has several."""

    def heard(body: Object) -> Object:
        return {**body, "messages": [_with_results(message, change) for message in messages_of(body)]}

    return changing_requests(heard)


def _with_results(message: Object, change: Callable[[list[Object]], list[Object]]) -> Object:
    blocks = blocks_of(message["content"])
    results = [block for block in blocks if block["type"] == "tool_result"]
    if len(results) < 2:
        return message
    others = [block for block in blocks if block["type"] != "tool_result"]
    return {**message, "content": [*change(results), *others]}


def _exchanged(results: list[Object]) -> list[Object]:
    ids = [result["tool_use_id"] for result in reversed(results)]
    return [{**result, "tool_use_id": name} for result, name in zip(results, ids, strict=True)]


def _by_order(body: Object) -> Object:
    """Results belong to calls by their place, whatever ids they name."""
    called = [b["id"] for m in messages_of(body) for b in blocks_of(m["content"]) if b["type"] == "tool_use"]

    def placed(results: list[Object]) -> list[Object]:
        mine = {result["tool_use_id"] for result in results}
        ids = [name for name in called if name in mine]
        if len(ids) != len(results):
            return results
        return [{**result, "tool_use_id": name} for result, name in zip(results, ids, strict=True)]

    return {**body, "messages": [_with_results(message, placed) for message in messages_of(body)]}


def _errors_unsaid(body: Object) -> Object:
    def plain(message: Object) -> Object:
        content = message["content"]
        return {
            **message,
            "content": [without(block, "is_error") for block in content] if is_list(content) else content,
        }

    return {**body, "messages": [plain(message) for message in messages_of(body)]}


def _not_begun(body: Object) -> Object:
    messages = messages_of(body)
    while len(messages) > 1 and messages[-1].get("role") == "assistant":
        messages = messages[:-1]
    return {**body, "messages": messages}


def _unsigned(events: _Events) -> _Events:
    return tuple(event for event in events if object_at(event.data, "delta").get("type") != "signature_delta")


def _signed_only(request: Request) -> None:
    for where, role, block in every_block(request):
        if role == "assistant" and block["type"] == "thinking" and not block.get("signature"):
            raise Refusal(f"{where}.thinking.signature: Field required")


# --- limits


def _limit(change: Callable[[int], int], *, when: Callable[[Object], bool]) -> Change:
    def heard(body: Object) -> Object:
        given = body.get("max_tokens")
        return {**body, "max_tokens": change(given)} if isinstance(given, int) and when(body) else body

    return changing_requests(heard)


def _streamed(body: Object) -> bool:
    return body.get("stream") is True


def _with_tools(body: Object) -> bool:
    return bool(body.get("tools"))


def _claiming_an_end(events: _Events) -> _Events:
    def changed(event: Event) -> Event:
        delta = object_at(event.data, "delta")
        if delta.get("stop_reason") != "max_tokens":
            return event
        return replace(event, data={**event.data, "delta": {**delta, "stop_reason": "end_turn"}})

    return tuple(map(changed, events))


# --- what every reply has


def _one_id(reply: Reply) -> Reply:
    return replace(reply, id="msg_01")


def _numbered_calls(reply: Reply) -> Reply:
    return replace(reply, blocks=tuple(_numbered(reply)))


def _numbered(reply: Reply) -> Iterator[Text | Thinking | ToolUse]:
    number = 0
    for block in reply.blocks:
        if isinstance(block, ToolUse):
            number += 1
            yield replace(block, id=f"call_{number}")
        else:
            yield block


def _alike(reply: Reply) -> Reply:
    """All calls of a reply under the id of its first."""
    ids = [block.id for block in reply.blocks if isinstance(block, ToolUse)]
    blocks = tuple(replace(block, id=ids[0]) if isinstance(block, ToolUse) else block for block in reply.blocks)
    return replace(reply, blocks=blocks)


def _beginning_empty(reply: Reply) -> Reply:
    if any(isinstance(block, ToolUse) for block in reply.blocks):
        return replace(reply, blocks=(Text(""), *reply.blocks), stop_reason="end_turn")
    return reply


def _escaped(message: Object) -> Object:
    """The texts of a message, escaped for a page."""
    blocks = [
        {**block, "text": html.escape(block["text"])} if "text" in block else block for block in message["content"]
    ]
    return {**message, "content": blocks}


_STREAMED_TEXT: Final = ignored("stream.text::what_a_body_says_a_stream_says", "stream.text::a_long_text_streams_whole")
_LONG_TEXT: Final = ignored("stream.text::a_long_text_streams_whole")
_EVERY_TYPE: Final = ignored(
    "tools.input::every_type_of_input_comes_out_as_it_is",
    "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is",
)
_EVERY_BODY: Final = {
    "tools.input::every_type_of_input_comes_out_as_it_is": "ignored falls_short",
    "tools.input::a_string_stays_a_string": "ignored falls_short",
    # It is no better without streaming.
    "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is": "inconclusive",
}

_TEXT: Final = (
    Mutant(
        "stream.text-in-bytes",
        "A streamed text is cut between bytes, and each piece is decoded by itself.",
        _texts(_in_bytes),
        ignored("stream.text::*"),
    ),
    *(
        Mutant(f"stream.text-{name}", description, _texts(change), _STREAMED_TEXT)
        for name, description, change in (
            ("piece-lost", "One piece of a longer streamed text is lost.", _lost),
            ("piece-doubled", "One piece of a longer streamed text comes twice.", _doubled),
            ("pieces-swapped", "Two pieces of a longer streamed text change places.", _swapped),
            ("spaces-lost", "The space that a piece of a streamed text begins with is lost.", _stripped),
        )
    ),
    Mutant(
        "stream.text-all-again",
        "The last piece of a longer streamed text is all of it once more.",
        _texts(_all_again),
        {
            **ignored(
                "stream.text::what_a_body_says_a_stream_says",
                "stream.text::a_long_text_streams_whole",
                "stream.blocks::every_block_is_started_and_stopped",
                # What comes twice is longer than it may be.
                "max_tokens::it_cuts_what_is_thought",
                "max_tokens::each_limit_cuts_a_stream_where_it_says",
            ),
            "clients.opencode::a_conversation_with_a_tool": "ignored",
        },
    ),
    *(
        Mutant(f"stream.text-{name}", description, _texts(change), _LONG_TEXT)
        for name, description, change in (
            ("twentieth-lost", "Every twentieth piece of a streamed text is lost.", _without_each_twentieth),
            ("blank-lines-lost", "Blank lines of a streamed text are lost.", _without_blank_lines),
            ("normalised", "The characters of a streamed text are normalised.", _normalised),
        )
    ),
    Mutant(
        "response.shape-text-escaped",
        "The text of a body is escaped for HTML.",
        changing_messages(_escaped),
        ignored("response.shape::no_text_is_escaped"),
    ),
)

_FOLDED: Final = {
    **_EVERY_TYPE,
    "tools.input::a_string_stays_a_string": "ignored falls_short",
    "tools.input::what_lies_deep_in_a_schema_is_kept_to": "inconclusive",
}

_NUMBERS: Final = {
    **_EVERY_BODY,
    **undecided(
        "tools.input::an_enumeration_may_be_in_chinese_or_of_numbers",
        "tools.input::constants_alternatives_and_bounds_are_kept_to",
    ),
}

_CALLS: Final = (
    *(
        Mutant(f"tools.input-{name}", description, changing_replies(_inputs(change)), turns)
        for name, description, change, turns in (
            ("folded", "An object or a list in the input of a call is a string of JSON.", _folded, _FOLDED),
            ("numbers-as-strings", "A number in the input of a call is a string.", _numbers_as_strings, _NUMBERS),
            ("strings-cut", "A string in the input of a call is cut after 100 characters.", _short, _EVERY_BODY),
        )
    ),
    Mutant(
        "stream.tool_input-folded",
        "An object or a list in a streamed input is a string of JSON.",
        _streamed_inputs(_folded),
        ignored("stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is"),
    ),
    Mutant(
        "stream.tool_input-strings-cut",
        "A string in a streamed input is cut after 100 characters.",
        _streamed_inputs(_short),
        ignored("stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is"),
    ),
    Mutant(
        "tools.input-enums-lost",
        "The enumerations of a tool's schema are dropped.",
        changing_requests(_schemas_without_enums),
        ignored("tools.input::an_enumeration*", "tools.input::what_lies_deep_*", "tools.input::constants_*"),
    ),
    Mutant(
        "tools.input-null",
        "The input of a call that has none is null.",
        changing_messages(_null_for_nothing),
        ignored(
            "tools.input::a_tool_without_parameters_is_called",
            "tools.input::every_call_can_be_run",
            "response.shape::every_body_is_a_message",
        ),
    ),
    Mutant(
        "stream.tool_input-null",
        "The streamed input of a call that has none is null.",
        changing_streams(_null_piece_for_nothing),
        ignored(
            "stream.tool_input::a_streamed_call_may_have_no_input",
            "stream.tool_input::every_streamed_input_is_json",
        ),
    ),
    Mutant(
        "stream.tool_input-second-lost",
        "A stream holds only the first of two calls.",
        changing_streams(_second_call_lost),
        ignored("stream.tool_input::two_streamed_calls_keep_their_inputs_apart"),
    ),
    Mutant(
        "stream.tool_input-at-the-start",
        "The input of a second call stands in the start of its block, and no delta brings it.",
        changing_streams(_second_at_the_start),
        ignored("stream.tool_input::every_streamed_input_is_json"),
    ),
    Mutant(
        "stream.tool_input-in-one-block",
        "The input of a second call is streamed into the block of the first.",
        changing_streams(_into_one_block),
        ignored(
            "stream.tool_input::two_streamed_calls_keep_their_inputs_apart",
            "stream.tool_input::every_streamed_input_is_json",
        ),
    ),
)

_HISTORY: Final = (
    Mutant(
        "messages.tool_result-exchanged",
        "Two results of one turn are taken for each other's.",
        _turns(_exchanged),
        {
            "messages.tool_result::each_of_two_results_is_its_calls": "ignored falls_short",
            "messages.tool_result.order::results_in_another_order_are_told_apart": "ignored",
        },
    ),
    Mutant(
        "messages.tool_result.order-by-place",
        "A result belongs to the call in the same place, whatever id it names.",
        changing_requests(_by_order),
        {"messages.tool_result.order::results_in_another_order_are_told_apart": "ignored"},
    ),
    Mutant(
        "messages.tool_result.is_error-lost",
        "is_error is dropped.",
        changing_requests(_errors_unsaid),
        {"messages.tool_result.is_error::a_failure_is_told_from_a_success": "ignored"},
    ),
    Mutant(
        "messages.prefill-dropped",
        "An assistant turn at the end is dropped.",
        changing_requests(_not_begun),
        {"messages.prefill::half_a_word_is_finished": "ignored"},
    ),
    Mutant(
        "examples.tool_history-unsigned-refused",
        "Streamed thinking is not signed, and refused when it comes back.",
        all_of(changing_streams(_unsigned), checking("signed", _signed_only)),
        {
            "examples.tool_history::the_whole_streamed_reply_goes_back": "rejected falls_short",
            "response.signature::every_thought_is_signed": "ignored",
        },
    ),
)

_IN_COMPANY: Final = {
    "max_tokens::it_cuts_what_is_thought": "ignored falls_short",
    "max_tokens::it_cuts_in_company": "inconclusive",
    "max_tokens::it_cuts_where_a_call_may_be_made": "inconclusive",
}
"""What requests with everything in them, a stream and tools among it, see of a limit that is another."""

_LIMITS: Final = (
    Mutant(
        "max_tokens-tripled",
        "An answer may be three times as long as max_tokens says.",
        _limit(lambda given: 3 * given, when=bool),
        {
            "max_tokens::each_*": "ignored falls_short",
            "max_tokens::it_cuts_where_no_call_is_wanted": "inconclusive",
            "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
            **_IN_COMPANY,
        },
    ),
    Mutant(
        "max_tokens-tripled-in-streams",
        "A streamed answer may be three times as long as max_tokens says.",
        _limit(lambda given: 3 * given, when=_streamed),
        {"max_tokens::each_*stream*": "ignored falls_short", **_IN_COMPANY},
    ),
    Mutant(
        "max_tokens-tripled-with-tools",
        "An answer may be three times as long as max_tokens says where tools are declared.",
        _limit(lambda given: 3 * given, when=_with_tools),
        {
            "max_tokens::*tools*": "ignored falls_short",
            "max_tokens::it_cuts_where_no_call_is_wanted": "inconclusive",
            "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
            **_IN_COMPANY,
        },
    ),
    Mutant(
        "max_tokens-another-limit",
        "A limit between 64 and 500 tokens is taken for one of 64.",
        _limit(lambda given: 64 if 64 < given < 500 else given, when=lambda body: not _with_tools(body)),
        ignored("max_tokens::each_limit_cuts_where_it_says", "max_tokens::each_limit_cuts_a_stream_where_it_says"),
    ),
    Mutant(
        "max_tokens-a-fifth-over",
        "An answer may be a fifth longer than max_tokens says.",
        _limit(lambda given: -(-6 * given // 5), when=bool),
        ignored("max_tokens::each_limit_cuts_where_it_says", "max_tokens::each_limit_cuts_a_stream_where_it_says"),
    ),
    Mutant(
        "max_tokens-600",
        "An answer has at most 600 tokens, whatever max_tokens says.",
        _limit(lambda given: min(600, given), when=bool),
        ignored("max_tokens::it_cuts_what_is_thought"),
    ),
    Mutant(
        "max_tokens-halved",
        "An answer may be half as long as max_tokens says.",
        _limit(lambda given: given // 2, when=bool),
        ignored(
            "max_tokens::each_limit_cuts_where_it_says",
            "max_tokens::each_limit_cuts_a_stream_where_it_says",
            "max_tokens::it_cuts_what_is_thought",
        ),
    ),
    Mutant(
        "max_tokens-end_turn-in-streams",
        "A stream that max_tokens has cut says that it ended by itself.",
        changing_streams(_claiming_an_end),
        ignored(
            "max_tokens::each_limit_cuts_a_stream_where_it_says",
            "max_tokens::each_limit_cuts_a_stream_where_tools_are_declared",
            "max_tokens::a_call_that_is_cut_says_so",
        ),
    ),
)

_WIRE: Final = (
    Mutant(
        "errors.stream-blank",
        "A streamed request that is refused gets an empty 200.",
        having(blanks_streamed_errors=True),
        {
            "errors.stream::*": "ignored",
            "errors.status::every_error_has_a_clients_status": "ignored",
            "errors.envelope::every_error_is_in_the_envelope": "ignored",
        },
    ),
    Mutant(
        "response.id-one-for-all",
        "All messages have one id.",
        changing_replies(_one_id),
        ignored("response.id::*"),
    ),
    Mutant(
        "tools.id-numbered-in-each-reply",
        "The first call of every reply is call_1.",
        changing_replies(_numbered_calls),
        ignored("tools.id::*"),
        is_rare=True,
    ),
    Mutant(
        "tools.id-one-for-all-calls-of-a-reply",
        "Two calls of one reply have the same id.",
        changing_replies(_alike),
        {
            "tools.id::*": "ignored falls_short",
            "tools.input::every_call_can_be_run": "ignored falls_short",
        },
    ),
    Mutant(
        "response.empty_text-before-calls",
        "A reply that calls a tool begins with an empty text block, and says end_turn.",
        changing_replies(_beginning_empty),
        {
            "response.empty_text::*": "ignored",
            "max_tokens::a_call_that_is_cut_says_so": "ignored falls_short",
            "response.stop_reason::every_body_says_why_it_stopped": "ignored falls_short",
            "stream.stop_reason::every_stream_says_why_it_stopped": "ignored falls_short",
        },
    ),
    Mutant(
        "stream.ping-silence",
        "A stream is silent for 21 seconds.",
        having(silence=21.0),
        {"stream.ping::long_silences_are_broken": "ignored"},
        trial=Trial(features=("examples.streaming", "stream.ping")),
    ),
    Mutant(
        "errors.retry_after-in-words",
        "A refusal asks to wait for `a moment`.",
        changing_failures(lambda failure: replace(failure, headers={"retry-after": "a moment"})),
        {"errors.retry_after::*": "ignored"},
    ),
)

MUTANTS: Final = (*_TEXT, *_CALLS, *_HISTORY, *_LIMITS, *_WIRE)
