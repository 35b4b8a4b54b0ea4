"""Services that get tools or the choice among them wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from conformance.simulator.json_values import Object, is_list, is_object, object_at, without
from conformance.simulator.model.replies import Reply, ToolUse
from conformance.simulator.mutants.mutant import (
    CALLS_IN_FRAGMENTS,
    Change,
    Mutant,
    changing_replies,
    changing_requests,
    ended,
    ignored,
    refused,
    refusing_type,
    rejected,
    undecided,
    without_effect,
    without_effect_on_streams,
)

_NAMES_ALIKE: Final = "tools::names_that_end_otherwise_are_two"
_NO_NAMED_CALL: Final = {
    _NAMES_ALIKE: "not_applicable",
    "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
}
_AFTER_A_RESULT: Final = "tool_choice.any::any_forces_a_call_after_a_result"


def _choosing(kind: str, choose: Callable[[Object, Object], Object]) -> Change:
    """A tool choice of one type is heard as another."""

    def heard(body: Object) -> Object:
        choice = object_at(body, "tool_choice")
        return {**body, "tool_choice": choose(choice, body)} if choice.get("type") == kind else body

    return changing_requests(heard)


def _auto(_choice: Object, _body: Object) -> Object:
    return {"type": "auto"}


def _auto_in_streams(choice: Object, body: Object) -> Object:
    return {"type": "auto"} if body.get("stream") is True else choice


def _another(choice: Object, body: Object) -> Object:
    names = [tool["name"] for tool in body["tools"] if tool["name"] != choice["name"]]
    return {**choice, "name": names[0]} if names else choice


def _parallel(body: Object) -> Object:
    choice = object_at(body, "tool_choice")
    return {**body, "tool_choice": {**choice, "disable_parallel_tool_use": False}} if choice else body


def _undescribed(body: Object) -> Object:
    tools = [without(tool, "description") for tool in body.get("tools", [])]
    return {**body, "tools": tools} if tools else body


def _defined_by(change: Callable[[Object], Object]) -> Change:
    """Every tool's definition is changed."""
    return changing_requests(
        lambda body: {**body, "tools": [*map(change, body["tools"])]} if body.get("tools") else body
    )


def _short_description(tool: Object) -> Object:
    return {**tool, "description": tool["description"][:200]} if "description" in tool else tool


def _in_schema(lost: str) -> Callable[[Object], Object]:
    """A definition whose schema has lost a keyword, at every depth."""

    def bare(schema: Any) -> Any:
        if is_list(schema):
            return [bare(each) for each in schema]
        if not is_object(schema):
            return schema
        return {
            name: {key: bare(each) for key, each in value.items()}
            if name == "properties" and is_object(value)
            else bare(value)
            for name, value in schema.items()
            if name != lost
        }

    return lambda tool: {**tool, "input_schema": bare(tool["input_schema"])} if "input_schema" in tool else tool


def _unmarked_tools(body: Object) -> Object:
    kept = [tool for tool in body.get("tools", []) if "cache_control" not in tool]
    return {**body, "tools": kept} if kept else body


def _first_eight(body: Object) -> Object:
    return {**body, "tools": body["tools"][:8]} if len(body.get("tools", [])) > 8 else body


def _short_names(reply: Reply) -> Reply:
    blocks = tuple(replace(each, name=each.name[:40]) if isinstance(each, ToolUse) else each for each in reply.blocks)
    return replace(reply, blocks=blocks)


def _forced(body: Object) -> Object:
    choice = object_at(body, "tool_choice")
    forced = body.get("tools") and choice.get("type", "auto") == "auto"
    return {**body, "tool_choice": {**choice, "type": "any"}} if forced else body


def _misfit(reply: Reply) -> Reply:
    blocks = tuple(
        replace(block, input={"unexpected": [None]}) if isinstance(block, ToolUse) else block for block in reply.blocks
    )
    return replace(reply, blocks=blocks)


_TOOLS: Final = (
    refused(
        "tools",
        {
            "tools::a_declared_tool_is_called": "rejected falls_short",
            "tools::no_call_stays_in_a_thought": "accepted conforms",
            "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
            "system::*_call_is_forced": "inconclusive",
            "tools.id::*": "accepted conforms",
            "tools*": "inconclusive",
            "tool_choice*": "inconclusive",
            "stream.tool_input::*": "inconclusive",
            "response.empty_text::*": "accepted",
            "max_tokens::*where_tools_are_declared": "inconclusive",
            "messages.tool_use::*": "inconclusive",
            "messages.tool_result*": "inconclusive",
            "messages.thinking::thinking_goes_back_in_a_tool_loop": "inconclusive",
            "messages.image.in_a_result::a_picture_in_a_result_is_seen": "inconclusive",
            **dict.fromkeys(
                (
                    "messages.conversation::nothing_is_lost_among_the_rest",
                    "messages.conversation::a_loop_is_read_whole",
                ),
                "inconclusive",
            ),
            "accepts.no_tools::it_is_taken": "rejected",
            **undecided("accepts.*tool*", "accepts.schema*"),
            **CALLS_IN_FRAGMENTS,
            "context_management::old_tool_results_are_cleared": "inconclusive",
            "examples.tool_history::*": "inconclusive",
        },
    ),
    without_effect(
        "tools",
        {
            "tools::a_declared_tool_is_called": "ignored falls_short",
            "tools::no_call_stays_in_a_thought": "unchanged",
            "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
            "system::*_call_is_forced": "not_applicable",
            _NAMES_ALIKE: "not_applicable",
            "tools.id::*": "accepted conforms",
            "tools*": "inconclusive",
            "tool_choice.auto::*": "unchanged",
            "tool_choice.disable_parallel_tool_use::one_call_at_a_time": "accepted",
            "tool_choice.with_thinking::a_call_is_forced_after_a_thought": "not_applicable",
            _AFTER_A_RESULT: "not_applicable",
            "tool_choice*": "inconclusive",
            "stream.tool_input::two_streamed_calls_keep_their_inputs_apart": "accepted conforms",
            "stream.tool_input::*": "inconclusive",
            "response.empty_text::*": "accepted",
            "examples.tool_history::*": "inconclusive",
        },
    ),
    Mutant(
        "tools-descriptions-lost",
        "What describes a tool is dropped.",
        changing_requests(_undescribed),
        ignored("tools::what_describes_a_tool_is_read"),
    ),
    *(
        Mutant(name, description, change, ignored("tools::what_describes_a_tool_is_read", *also))
        for name, description, change, *also in (
            (
                "tools-descriptions-cut",
                "Of what describes a tool only the first 200 characters are read.",
                _defined_by(_short_description),
            ),
            (
                "tools-parameters-undescribed",
                "What describes a tool's parameters is dropped.",
                _defined_by(_in_schema("description")),
                "messages.conversation::nothing_is_lost_among_the_rest",
            ),
            (
                "tools-descriptions-1024",
                "Of what describes a tool only the first 1024 characters are read.",
                _defined_by(lambda tool: {**tool, "description": str(tool.get("description", ""))[:1024]}),
            ),
            (
                "tools-marked-lost",
                "Tools that are marked for the cache are dropped.",
                changing_requests(_unmarked_tools),
            ),
            ("tools-eight", "Of many tools only the first eight are read.", changing_requests(_first_eight)),
        )
    ),
    Mutant(
        "tools.input-required-lost",
        "What a tool's schema says is required is dropped.",
        _defined_by(_in_schema("required")),
        ignored("tools.input::what_is_required_is_told_from_the_rest"),
    ),
    Mutant(
        "tools.input-names-cut",
        "The name in a call has at most 40 characters.",
        changing_replies(_short_names),
        ignored("tools.input::every_call_can_be_run", _NAMES_ALIKE),
    ),
    Mutant(
        "tools.input-invalid",
        "A call's input does not fit the tool's schema.",
        changing_replies(_misfit),
        {
            "tools.input::a_tool_without_parameters_is_called": "unchanged",  # an object it is all the same
            "tools.input::an_enumeration*": "inconclusive",
            "tools.input::what_lies_deep_in_a_schema_is_kept_to": "inconclusive",
            "tools.input::constants_alternatives_and_bounds_are_kept_to": "inconclusive",
            "system::*_call_is_forced": "inconclusive",
            "tools.input::what_is_required_is_told_from_the_rest": "accepted conforms",
            "tools.input::*": "ignored falls_short",
            "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is": "inconclusive",
            "stream.tool_input::two_streamed_calls_keep_their_inputs_apart": "inconclusive",
        },
    ),
    Mutant(
        "tools.stop_reason-wrong",
        "A reply that calls a tool says end_turn.",
        changing_replies(lambda reply: ended(reply) if reply.stop_reason == "tool_use" else reply),
        ignored(
            "response.stop_reason::every_body_says_why_it_stopped",
            "stream.stop_reason::every_stream_says_why_it_stopped",
        ),
    ),
)


_WITH_THINKING: Final = "tool_choice.with_thinking::*"

_CHOICES: Final = (
    Mutant(
        "tool_choice.auto-rejected",
        "A tool choice of 'auto' is refused.",
        refusing_type("tool_choice", "auto"),
        {
            "tool_choice.auto::*": "rejected falls_short",
            "tool_choice.disable_parallel_tool_use::one_call_at_a_time": "inconclusive",
        },
    ),
    Mutant(
        "tool_choice.auto-forces",
        "A tool choice of 'auto' forces a call.",
        _choosing("auto", lambda choice, _body: {**choice, "type": "any"}),
        ignored("tool_choice.auto::*"),
    ),
    Mutant(
        "tool_choice.auto-always-forces",
        "A tool choice of 'auto' forces a call, and so does none at all.",
        changing_requests(_forced),
        {
            **ignored("tool_choice.auto::*"),
            "tool_choice.any::*": "accepted conforms",  # what it forces comes by itself
            **dict.fromkeys(
                (
                    f"clients.{client}::a_conversation_with_a_tool"
                    for client in ("opencode", "vercel_ai_sdk", "langchain", "pydantic_ai", "anthropic_sdk")
                ),
                "accepted",
            ),
            # A call comes in the place of what would have been said.
            **undecided(
                "max_tokens::it_cuts_what_is_thought",
                "max_tokens::*where_tools_are_declared",
                "stop_sequences::several_words_stop_in_company",
                "messages.tool_use::*",
                "messages.tool_result*",
                "examples.tool_history::*",
            ),
        },
    ),
    *(
        Mutant(
            f"tool_choice.{kind}-rejected",
            f"A tool choice of {kind!r} is refused.",
            refusing_type("tool_choice", kind),
            {**rejected(f"tool_choice.{kind}::*"), **also},
        )
        for kind, also in (("any", undecided(_WITH_THINKING)), ("tool", _NO_NAMED_CALL), ("none", {}))
    ),
    *(
        Mutant(
            f"tool_choice.{kind}-ignored",
            f"A tool choice of {kind!r} is taken as auto.",
            _choosing(kind, _auto),
            {**also, **ignored(f"tool_choice.{kind}::*")},
        )
        for kind, also in (
            ("any", {_WITH_THINKING: "not_applicable", _AFTER_A_RESULT: "not_applicable"}),
            ("tool", {_NAMES_ALIKE: "not_applicable"}),
            ("none", {}),
        )
    ),
    Mutant(
        "tool_choice.tool-wrong-tool",
        "Where one tool is named, another is called.",
        _choosing("tool", _another),
        {**ignored("tool_choice.tool::the_named*"), _NAMES_ALIKE: "not_applicable"},
    ),
    Mutant(
        "tool_choice.parallel-not-disabled",
        "disable_parallel_tool_use has no effect.",
        changing_requests(_parallel),
        {"tool_choice.disable_parallel_tool_use::one_call_at_a_time": "ignored"},
    ),
    without_effect_on_streams(
        "tool_choice",
        {
            **ignored(
                "tool_choice.any::any_forces_a_streamed_call",
                "tool_choice.tool::the_named_tool_is_called_in_a_stream",
                "tool_choice.none::none_forbids_a_streamed_call",
            ),
        },
    ),
    Mutant(
        "tool_choice.tool-ignored-in-streams",
        "A tool choice of 'tool' has no effect on a stream.",
        _choosing("tool", _auto_in_streams),
        ignored("tool_choice.tool::the_named_tool_is_called_in_a_stream"),
    ),
    Mutant(
        "tool_choice.none-ignored-in-streams",
        "A tool choice of 'none' has no effect on a stream.",
        _choosing("none", _auto_in_streams),
        ignored("tool_choice.none::none_forbids_a_streamed_call"),
    ),
)

MUTANTS: Final = (*_TOOLS, *_CHOICES)
