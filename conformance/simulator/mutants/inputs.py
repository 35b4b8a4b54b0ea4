"""Services that change what a call, a name, a text or a small limit says, where it is short, long or looks odd."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from conformance.simulator.json_values import Object, is_list, is_object, messages_of, object_at
from conformance.simulator.model.replies import Reply, ToolUse
from conformance.simulator.mutants.mutant import (
    Mutant,
    changing_messages,
    changing_replies,
    changing_requests,
    ignored,
)

_Change = Callable[[Reply], Reply]


def _calls(change: Callable[[ToolUse], ToolUse]) -> _Change:
    """Every call is changed."""
    return lambda reply: replace(
        reply, blocks=tuple(change(block) if isinstance(block, ToolUse) else block for block in reply.blocks)
    )


def _values(change: Callable[[Any], Any]) -> _Change:
    """Every value of the input of every call is changed."""
    return _calls(lambda call: replace(call, input={name: change(value) for name, value in call.input.items()}))


def _read(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return int(value) if value.isdigit() else value


def _as_float(value: Any) -> Any:
    return int(float(value)) if type(value) is int else value


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _in_camels(value: Any) -> Any:
    if not is_object(value):
        return value
    return {
        re.sub("_([a-z])", lambda found: found[1].upper(), name): _in_camels(inner) for name, inner in value.items()
    }


def _cut(value: Any) -> Any:
    return value[:1000] if isinstance(value, str) else value


def _stand_in(message: Object) -> Object:
    content = [
        {**block, "input": {"_placeholder": ""}} if block.get("input") == {} else block for block in message["content"]
    ]
    return {**message, "content": content}


def _with_nulls(call: ToolUse) -> ToolUse:
    others = dict.fromkeys(("alpha", "beta", "delta")) if call.name == "set_mode" else {}
    return replace(call, input={**others, **call.input})


def _first_of_its_kind(call: ToolUse) -> ToolUse:
    """A name of more than 60 characters stands for the first that begins so."""
    return replace(call, name=f"{call.name[:62]}_a") if len(call.name) == 64 else call


def _last_answer(body: Object) -> Object:
    """Of two turns of the assistant in a row the second takes the place of the first."""
    kept: list[Object] = []
    for message in messages_of(body):
        if kept and kept[-1]["role"] == message["role"] == "assistant":
            kept.pop()
        kept.append(message)
    return {**body, "messages": kept}


def _at_least_sixteen(body: Object) -> Object:
    return {**body, "max_tokens": max(16, body["max_tokens"])} if "max_tokens" in body else body


def _told_who_asks(body: Object) -> Object:
    if not (user_id := object_at(body, "metadata").get("user_id")):
        return body
    system = body.get("system") or []
    blocks = system if is_list(system) else [{"type": "text", "text": system}]
    return {**body, "system": [*blocks, {"type": "text", "text": f"The user is {user_id}."}]}


def _without_odd_enums(value: Any) -> Any:
    """A schema without the values of an enum that are not ASCII, or no strings."""
    if is_list(value):
        return [_without_odd_enums(inner) for inner in value]
    if not is_object(value):
        return value
    kept = {name: _without_odd_enums(inner) for name, inner in value.items() if name != "enum"}
    usual = [one for one in value.get("enum", ()) if isinstance(one, str) and one.isascii()]
    return {**kept, "enum": usual} if usual else kept


def _second_turn_lost(body: Object) -> Object:
    """A turn of results behind another one of results is dropped, but for what is said in it."""
    kept: list[Object] = []
    for message in messages_of(body):
        content = message["content"]
        if kept and kept[-1]["role"] == message["role"] == "user" and is_list(content):
            content = [block for block in content if block.get("type") != "tool_result"]
        kept.append({**message, "content": content})
    return {**body, "messages": kept}


def _said(change: Callable[[str], str]) -> Callable[[Object], Object]:
    """The text of every turn of the user, changed."""

    def block(value: Any) -> Any:
        has_text = is_object(value) and value.get("type") == "text"
        return {**value, "text": change(value["text"])} if has_text else value

    def turn(message: Object) -> Object:
        content = message["content"]
        if message["role"] != "user":
            return message
        return {**message, "content": [*map(block, content)] if is_list(content) else change(content)}

    return lambda body: {**body, "messages": [*map(turn, messages_of(body))]}


_TEXTS: Final = {
    "messages.text::a_text_is_read_as_it_is_written": "ignored falls_short",
    "stream.text::a_long_text_streams_whole": "inconclusive",  # it is no better as a body
}

MUTANTS: Final = (
    *(
        Mutant(f"tools.input-{name}", description, changing_replies(change), ignored(f"tools.input::{case}"))
        for name, description, change, case in (
            (
                "strings-read",
                "A string that reads as a number, true or null is one.",
                _values(_read),
                "a_string_stays_a_string",
            ),
            ("long-strings-cut", "A string is cut after 1000 characters.", _values(_cut), "a_string_stays_a_string"),
            *(
                (name, description, _values(change), "a_string_stays_a_string")
                for name, description, change in (
                    ("long-numbers-rounded", "A number has the digits that a float holds.", _as_float),
                    ("strings-stripped", "A string has lost the blanks at its ends.", _stripped),
                    ("keys-in-camels", "The keys of an object are written in another way.", _in_camels),
                )
            ),
            (
                "nulls",
                "What a call leaves out is there as null.",
                _calls(_with_nulls),
                "what_is_required_is_told_from_the_rest",
            ),
        )
    ),
    Mutant(
        "tools.input-stand-in",
        "A call of a tool that takes nothing has a parameter that the service made up.",
        changing_messages(_stand_in),
        ignored("tools.input::a_tool_without_parameters_is_called"),
    ),
    Mutant(
        "tools-names-alike",
        "Of two tools whose names begin with the same 60 characters the first is always called.",
        changing_replies(_calls(_first_of_its_kind)),
        ignored("tools::names_that_end_otherwise_are_two"),
    ),
    Mutant(
        "messages.text-last-answer",
        "Of two turns of the assistant in a row the first is lost.",
        changing_requests(_last_answer),
        ignored("messages.text::two_answers_in_a_row_are_read"),
    ),
    Mutant(
        "tools.input-odd-enums-lost",
        "The values of an enum that are numbers, or in Chinese, are dropped.",
        changing_requests(
            lambda body: {**body, "tools": _without_odd_enums(body["tools"])} if body.get("tools") else body
        ),
        ignored("tools.input::an_enumeration_may_be_in_chinese_or_of_numbers", "tools.input::constants_*"),
    ),
    Mutant(
        "messages.tool_result-second-turn-lost",
        "Of results over two turns those of the second are lost.",
        changing_requests(_second_turn_lost),
        ignored("messages.tool_result::results_over_two_turns_are_read"),
    ),
    Mutant(
        "max_tokens-at-least-16",
        "A limit below 16 is taken as 16.",
        changing_requests(_at_least_sixteen),
        ignored("max_tokens::one_token_is_a_limit"),
    ),
    Mutant(
        "metadata-in-the-prompt",
        "The user_id is told to the model.",
        changing_requests(_told_who_asks),
        ignored("metadata::user_id_is_checked"),
    ),
    Mutant(
        "messages.text-tags-lost",
        "Tags of HTML are taken out of what the user says.",
        changing_requests(_said(lambda words: re.sub(r"</?b>", "", words))),
        _TEXTS,
    ),
    Mutant(
        "messages.text-blanks-lost",
        "Line breaks and indents of what the user says are single blanks.",
        changing_requests(_said(lambda words: re.sub(r"\s+", " ", words))),
        {
            **_TEXTS,
            # The simulator does not count blanks anywhere, so its count shows nothing of them.
            "messages.text::a_text_is_read_as_it_is_written": "inconclusive",
            "stream.text::what_a_body_says_a_stream_says": "inconclusive",
            "tools.input::a_string_stays_a_string": "inconclusive",  # it is told without its blanks
        },
    ),
)
