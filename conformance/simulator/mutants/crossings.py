"""Services that lose what is heeded alone where something rarer stands beside it, and what a schema or a tag says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import Check, Request
from conformance.simulator.json_values import (
    Object,
    blocks_of,
    is_list,
    is_object,
    list_at,
    messages_of,
    object_at,
    without,
)
from conformance.simulator.mutants.mutant import Change, Mutant, changing_requests, checking, ignored, losing, rejected
from conformance.simulator.personalities.personality import Personality

_LONGEST_ID: Final = 40


def _is_forced(body: Object) -> bool:
    return object_at(body, "tool_choice").get("type") in ("any", "tool")


def _is_free(body: Object) -> bool:
    return object_at(body, "tool_choice").get("type") in ("auto", "none")


def _is_off(body: Object) -> bool:
    return object_at(body, "thinking").get("type") == "disabled"


def _has_tools(body: Object) -> bool:
    return bool(body.get("tools"))


def _hands_in(body: Object) -> bool:
    """Whether the last turn brings the result of a call."""
    last = messages_of(body)[-1:]
    return any(block.get("type") == "tool_result" for message in last for block in blocks_of(message.get("content")))


def _untyped(body: Object) -> Object:
    tools = [tool for tool in list_at(body, "tools") if not (is_object(tool) and tool.get("type") == "custom")]
    return {**body, "tools": tools} if tools else without(body, "tools", "tool_choice")


def _unchecked_beside_tools(name: str) -> Change:
    def change(service: Personality) -> Personality:
        check = service.checks[name]
        easier: Check = lambda request: None if request.body.get("tools") else check(request)  # noqa: E731  a closure
        return replace(service, checks={**service.checks, name: easier})

    return change


def _only_one_is_none(request: Request) -> None:
    if len(list_at(request.body, "stop_sequences")) == 1:
        raise Refusal("stop_sequences: invalid type: string, expected a sequence")


def _never_off_beside_tools(request: Request) -> None:
    if _is_off(request.body) and _has_tools(request.body):
        raise Refusal("thinking: cannot be disabled where tools are given")


def _short_ids(request: Request) -> None:
    for message in messages_of(request.body):
        for block in blocks_of(message.get("content")):
            if len(str(block.get("id", ""))) > _LONGEST_ID:
                raise Refusal(f"messages: an id of a call has at most {_LONGEST_ID} characters")


def _without_reminders(body: Object) -> Object:
    def kept(message: Object) -> Object:
        if not is_list(message.get("content")):
            return message
        blocks = [b for b in message["content"] if not str(b.get("text", "")).startswith("<system-reminder>")]
        return {**message, "content": blocks or message["content"]}

    return {**body, "messages": [kept(message) for message in messages_of(body)]}


def _schemas(change: Callable[[Object], Object]) -> Change:
    """What a schema says of each of its parameters is changed."""

    def changed(tool: Any) -> Any:
        if not is_object(tool) or not is_object(schema := tool.get("input_schema")):
            return tool
        properties = {name: change(inner) for name, inner in object_at(schema, "properties").items()}
        return {**tool, "input_schema": {**schema, "properties": properties}}

    return changing_requests(
        lambda body: {**body, "tools": [changed(tool) for tool in body["tools"]]} if _has_tools(body) else body
    )


def _first_alternative(schema: Object) -> Object:
    ways = list_at(schema, "anyOf")
    return {**without(schema, "anyOf"), **ways[0]} if ways else schema


_DECLARED: Final = ignored("tools.input::constants_alternatives_and_bounds_are_kept_to")

MUTANTS: Final = (
    Mutant(
        "system-lost-where-a-call-is-forced",
        "system is lost where a call is forced.",
        losing("system", _is_forced),
        ignored("system::it_is_read_where_a_call_is_forced", "system::it_is_read_where_a_streamed_call_is_forced"),
    ),
    Mutant(
        "tools-typed-lost",
        "Tools whose type is written out as custom are lost.",
        changing_requests(_untyped),
        ignored("tools::a_tool_of_type_custom_is_one"),
    ),
    Mutant(
        "max_tokens-lost-with-tool_choice",
        "max_tokens is lost where tool_choice is auto or none.",
        losing("max_tokens", _is_free),
        ignored("max_tokens::it_cuts_where_no_call_is_wanted", "max_tokens::it_cuts_where_a_call_may_be_made"),
    ),
    Mutant(
        "stop_sequences-one-refused",
        "A list of one stop sequence is refused.",
        checking("stop_sequences.one", _only_one_is_none),
        rejected("stop_sequences::a_single_one_stops_after_a_result"),
        personality="reference",
    ),
    Mutant(
        "stop_sequences-lost-after-a-result",
        "stop_sequences are lost where the last turn is the result of a call.",
        losing("stop_sequences", _hands_in),
        ignored("stop_sequences::a_single_one_stops_after_a_result"),
        personality="reference",
    ),
    Mutant(
        "temperature-lost-after-a-result",
        "temperature is lost where the last turn is the result of a call.",
        losing("temperature", _hands_in),
        ignored("temperature::near_zero_collapses_streams"),
    ),
    Mutant(
        "top_p-lost-after-a-result",
        "top_p is lost where the last turn is the result of a call.",
        losing("top_p", _hands_in),
        ignored("top_p::tiny_nucleus_collapses_streams"),
    ),
    Mutant(
        "thinking-on-beside-tools",
        "Thinking that is disabled is on where tools are given.",
        losing("thinking", lambda body: _is_off(body) and _has_tools(body)),
        ignored("thinking::it_thinks_in_company"),
    ),
    Mutant(
        "thinking-off-refused-beside-tools",
        "Thinking cannot be disabled where tools are given.",
        checking("thinking.off", _never_off_beside_tools),
        rejected("thinking::it_thinks_in_company"),
    ),
    *(
        Mutant(
            f"{name}.range-unchecked-beside-tools",
            f"{name} is taken whatever it is where tools are given.",
            _unchecked_beside_tools(name),
            ignored(f"{name}.range::{case}"),
            personality=personality,
        )
        for name, case, personality in (
            ("temperature", "it_is_refused_in_company", "documented"),
            ("max_tokens", "zero_is_refused_in_company", "reference"),
            ("top_p", "a_share_above_one_is_refused_in_company", "reference"),
        )
    ),
    Mutant(
        "messages.text-reminders-lost",
        "A text that begins with <system-reminder> is dropped.",
        changing_requests(_without_reminders),
        ignored("messages.text::what_clients_wrap_in_tags_is_read"),
    ),
    Mutant(
        "messages.tool_use-long-ids-refused",
        "The id of a call has at most 40 characters.",
        checking("messages.ids", _short_ids),
        rejected("messages.tool_use::an_id_of_46_characters_is_matched"),
    ),
    Mutant(
        "tools.input-const-lost",
        "A const is taken out of schemas.",
        _schemas(lambda schema: without(schema, "const")),
        _DECLARED,
    ),
    Mutant(
        "tools.input-first-alternative",
        "Of anyOf the first alternative alone is kept.",
        _schemas(_first_alternative),
        _DECLARED,
    ),
    Mutant(
        "tools.input-bounds-lost",
        "The bounds of numbers are taken out of schemas.",
        _schemas(lambda schema: without(schema, "minimum", "maximum")),
        _DECLARED,
    ),
)
