"""Services that lose a parameter only where something else is on, and such as refuse two things together."""

from __future__ import annotations

from typing import Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import Request
from conformance.simulator.json_values import Object, list_at, messages_of, object_at
from conformance.simulator.mutants.mutant import (
    Mutant,
    Trial,
    changing_requests,
    checking,
    ignored,
    losing,
    rejected,
    rejecting,
    unchecked,
)

_COMBINATIONS: Final = Trial(features=("combinations",), expensive=True)


def _streams_with_tools(body: Object) -> bool:
    return body.get("stream") is True and bool(body.get("tools"))


def _thinks(body: Object) -> bool:
    return object_at(body, "thinking").get("type") == "enabled"


def _thinks_over_a_stream(body: Object) -> bool:
    return _thinks(body) and body.get("stream") is True and bool(body.get("tools"))


def _first_four(body: Object) -> Object:
    stops = list_at(body, "stop_sequences")
    return {**body, "stop_sequences": stops[:4]} if stops else body


def _auto_after_thinking(body: Object) -> Object:
    forced = object_at(body, "tool_choice").get("type") == "any"
    return {**body, "tool_choice": {"type": "auto"}} if forced and _thinks(body) else body


def _thoughtless(body: Object) -> Object:
    lost = _thinks(body) and body.get("tools") and len(messages_of(body)) > 1
    return {**body, "thinking": {"type": "disabled"}} if lost else body


def _top_k_beside_stops(request: Request) -> None:
    if "top_k" in request.body and "stop_sequences" in request.body:
        raise Refusal("top_k: cannot be combined with stop_sequences")


MUTANTS: Final = (
    Mutant(
        "system-lost-with-tools-in-streams",
        "system is lost where a stream is asked for and tools are given.",
        losing("system", _streams_with_tools),
        ignored(
            "system::it_is_read_beside_everything",
            "system::it_is_read_where_a_streamed_call_is_forced",
            "messages.conversation::nothing_is_lost_among_the_rest",
        ),
    ),
    Mutant(
        "stop_sequences-four",
        "Of the stop sequences only the first four are heeded.",
        changing_requests(_first_four),
        ignored("stop_sequences::several_words_stop_in_company"),
        personality="reference",
    ),
    Mutant(
        "stop_sequences-lost-with-tools",
        "stop_sequences are lost where tools are given.",
        losing("stop_sequences", lambda body: bool(body.get("tools"))),
        ignored("stop_sequences::several_words_stop_in_company", "stop_sequences::a_single_one_stops_after_a_result"),
        personality="reference",
    ),
    Mutant(
        "max_tokens-lost-with-tools-in-streams",
        "max_tokens is lost where a stream is asked for and tools are given.",
        losing("max_tokens", _streams_with_tools),
        ignored(
            "max_tokens::it_cuts_in_company",
            "max_tokens::it_cuts_what_is_thought",
            "max_tokens::it_cuts_where_a_call_may_be_made",
            "max_tokens::each_limit_cuts_a_stream_where_tools_are_declared",
        ),
    ),
    Mutant(
        "max_tokens-lost-with-thinking-in-streams",
        "max_tokens is lost where a stream with tools is to think.",
        losing("max_tokens", _thinks_over_a_stream),
        ignored("max_tokens::it_cuts_what_is_thought"),
    ),
    Mutant(
        "thinking-lost-with-tools",
        "Thinking is not turned on where there are tools and other turns.",
        changing_requests(_thoughtless),
        ignored("thinking::it_thinks_in_company"),
    ),
    Mutant(
        "temperature-lost-with-tools",
        "temperature is lost where tools are given.",
        losing("temperature", lambda body: bool(body.get("tools"))),
        ignored("temperature::near_zero_collapses_streams"),
    ),
    Mutant(
        "top_p-lost-with-system",
        "top_p is lost where there is a system prompt.",
        losing("top_p", lambda body: bool(body.get("system"))),
        ignored("top_p::tiny_nucleus_collapses_streams"),
    ),
    Mutant(
        "top_k-lost-after-other-turns",
        "top_k is lost from the second turn on.",
        losing("top_k", lambda body: len(messages_of(body)) > 1),
        ignored("top_k::one_collapses_streams"),
        personality="reference",
    ),
    Mutant(
        "tool_choice.any-lost-with-thinking",
        "A tool choice of 'any' is taken as auto where thinking is on.",
        changing_requests(_auto_after_thinking),
        {"tool_choice.with_thinking::*": "ignored"},
    ),
    Mutant(
        "combinations.inside-rejected",
        "top_k and stop_sequences are each taken, and refused together.",
        checking("combination", _top_k_beside_stops),
        rejected("combinations.inside::every_pair_is_taken"),
        trial=_COMBINATIONS,
    ),
    Mutant(
        "combinations.outside-taken",
        "metadata of a wrong type is taken.",
        unchecked("metadata"),
        {"combinations.outside::*": "ignored"},
        trial=_COMBINATIONS,
    ),
    Mutant(
        "clients.claude_code-context_management-refused",
        "context_management is refused, which Claude Code sends with every request.",
        rejecting("context_management"),
        {"clients.claude_code::a_conversation_with_a_tool": "rejected"},
        personality="reference",
        trial=Trial(features=("clients.claude_code",)),
    ),
)
