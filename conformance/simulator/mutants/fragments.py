"""Services that refuse what is legal: each is strict about one kind of thing, as real ones have been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from conformance.simulator.api.conversation import Conversation, every_block
from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import Request, Schema
from conformance.simulator.json_values import Object, is_object, list_at, messages_of, object_at
from conformance.simulator.mutants.mutant import (
    Change,
    Mutant,
    all_of,
    changing_requests,
    checking,
    rejected,
    taking,
    undecided,
)
from conformance.simulator.personalities.personality import Personality
from conformance.simulator.personalities.reference import tools as tools_of_anthropic


def _refusing(name: str, faults: Callable[[Request], Iterator[str]]) -> Change:
    """A request is refused for the first fault that is found in it."""

    def check(request: Request) -> None:
        for fault in faults(request):
            raise Refusal(fault)

    return checking(name, check)


def _turns(request: Request) -> Iterator[str]:
    messages = messages_of(request.body)
    if any(one["role"] == other["role"] for one, other in pairwise(messages)):
        yield "messages: roles must alternate"
    if messages[-1]["role"] == "assistant":
        yield "messages: the last turn must be the user's"


def _many_turns(request: Request) -> Iterator[str]:
    if len(messages_of(request.body)) > 50:
        yield "messages: at most 50 turns are allowed"


def _letters(request: Request) -> Iterator[str]:
    for where, _, block in every_block(request):
        if not str(block.get("text", "")).isascii():
            yield f"{where}.text: only ASCII is allowed"


def _calls(request: Request) -> Iterator[str]:
    for where, _, block in every_block(request):
        if block["type"] == "tool_use" and not block["input"]:
            yield f"{where}.input: must not be empty"
        if block["type"] == "tool_use" and not block["id"].startswith("toolu_"):
            yield f"{where}.id: is not one of ours"
        if block["type"] == "tool_result" and not block.get("content"):
            yield f"{where}.content: must not be empty"
        if "is_error" in block:
            yield f"{where}.is_error: is not known"


def _marks(request: Request) -> Iterator[str]:
    marked = [*list_at(request.body, "tools"), *(block for _, _, block in every_block(request))]
    marks = [mark for each in marked if is_object(each) and (mark := each.get("cache_control"))]
    if len(marks) > 3:
        yield "cache_control: at most 3 are allowed"
    if any(set(mark) - {"type"} for mark in marks):
        yield "cache_control: only a type is allowed"
    if "cache_control" in request.body:
        yield "cache_control: is not allowed for a request"


_TOOLS: Final = Schema(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "description", "input_schema"],
            "properties": {
                "name": {"type": "string", "pattern": "^.{1,63}$"},
                "description": {"type": "string", "maxLength": 1024, "errorMessage": "is too long"},
                "input_schema": {"type": "object", "required": ["properties"]},
            },
        },
    }
)
_SCHEMA_WORDS: Final = ("$ref", "anyOf", "$schema")
_TOOL_FIELDS: Final = frozenset({"name", "description", "input_schema", "cache_control"})


def _tools(request: Request) -> Iterator[str]:
    if "tools" not in request.body:
        return
    tools: list[Any] = request.body["tools"]
    if not tools or len(tools) > 16:
        yield "tools: between 1 and 16 are allowed"
    _TOOLS.check(tools, "tools")
    for at, tool in enumerate(tools):
        if more := sorted(tool.keys() - _TOOL_FIELDS):
            yield f"tools.{at}.{more[0]}: Extra inputs are not permitted"
        for word in _SCHEMA_WORDS:
            if f"'{word}'" in str(tool["input_schema"]):
                yield f"tools.{at}.input_schema: {word} is not supported"


_FIELDS: Final = ("output_config", "inference_geo", "mcp_servers", "context_management")


def _fields(request: Request) -> Iterator[str]:
    for name in _FIELDS:
        if name in request.body:
            yield f"{name}: Extra inputs are not permitted"
    if "display" in object_at(request.body, "thinking"):
        yield "thinking.display: Extra inputs are not permitted"
    if "claude-code-20250219" in request.betas:
        yield "anthropic-beta: claude-code-20250219 is not known"


def _effort(request: Request) -> Iterator[str]:
    if object_at(request.body, "output_config").get("effort") and request.body.get("thinking") == {"type": "disabled"}:
        yield "thinking: cannot be disabled where an effort is given"  # DeepSeek-V3#1397


def _values(request: Request) -> Iterator[str]:
    body = request.body
    metadata = body.get("metadata")
    if is_object(metadata) and (not metadata or len(str(metadata.get("user_id"))) > 128):  # axonhub#1669
        yield "metadata.user_id: must have between 1 and 128 characters"
    if "temperature" in body and "top_p" in body:  # aws-genai-llm-chatbot#741
        yield "temperature and top_p cannot both be specified"
    if "stop_sequences" in body and not 1 <= len(list_at(body, "stop_sequences")) <= 4:
        yield "stop_sequences: between 1 and 4 are allowed"
    if body.get("stream") is False:
        yield "stream: must be true, or left out"


def _newest(service: Personality) -> Personality:
    """Take every role, and the tools that Anthropic defines.

    Raises:
        TypeError: the messages are not checked as a conversation.
    """
    conversation = service.checks["messages"]
    if not isinstance(conversation, Conversation):
        raise TypeError(f"the messages of {service.name} are not checked as a conversation")
    roles = replace(conversation, roles=("user", "assistant", "system"))
    return replace(service, checks={**service.checks, "messages": roles, "tools": tools_of_anthropic})


def _taken(*names: str) -> tuple[str, ...]:
    return tuple(f"accepts.{name}::it_is_taken" for name in names)


def _observed(*names: str) -> dict[str, str]:
    """Rows of which the page says nothing: they are seen to be refused, and never fail."""
    return dict.fromkeys(_taken(*names), "rejected")


def _without_system_turns(body: Object) -> Object:
    kept = [message for message in messages_of(body) if message.get("role") != "system"]
    return {**body, "messages": kept}


MUTANTS: Final = (
    Mutant(
        "accepts.turns-alternate",
        "Turns must alternate, and the last must be the user's.",
        _refusing("turns", _turns),
        {
            **_observed("prefill", "two_user_turns", "two_assistant_turns", "results_over_two_turns"),
            "messages.prefill::*": "rejected",
            "messages.text::two_answers_in_a_row_are_read": "not_applicable",
        },
    ),
    Mutant(
        "accepts.turns-few",
        "At most 50 turns are taken.",
        _refusing("turns.many", _many_turns),
        _observed("sixty_turns"),
    ),
    Mutant(
        "accepts.letters-ascii",
        "Text that is not ASCII is refused.",
        _refusing("letters", _letters),
        {
            **_observed("unicode"),
            **undecided(
                "messages.text::what_is_not_ascii_is_read",
                "messages.text::a_text_is_read_as_it_is_written",
                "tools.input::every_type_of_input_comes_out_as_it_is",
                "stream.text::*_*stream*",
                "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is",
            ),
        },
    ),
    Mutant(
        "accepts.calls-strict",
        "Calls and results must not be empty, and is_error and other services' ids are refused.",
        _refusing("calls", _calls),
        {
            **_observed(
                "result_without_content",
                "result_of_an_empty_string",
                "failed_result",
                "call_without_input",
                "ids_of_another_service",
            ),
            **rejected("messages.tool_use::an_id_of_46_characters_is_matched"),
            **undecided(
                "messages.tool_result::an_error_is_read_over_a_stream",
                "messages.tool_result.is_error::a_failure_is_told_from_a_success",
            ),
        },
    ),
    Mutant(
        "accepts.cache_control-strict",
        "Marks for the cache may only have a type, stand in blocks, and be three.",
        _refusing("marks", _marks),
        _observed("cache_ttl", "cache_scope", "four_cache_marks", "cache_control_for_all"),
    ),
    Mutant(
        "accepts.tools-strict",
        "A tool must have a description and a plain schema, and nothing else.",
        _refusing("tools.strict", _tools),
        {
            **_observed(
                "tool_without_description",
                "tool_without_parameters",
                "tool_name_of_64",
                "tool_described_at_length",
                "schema_with_references",
                "schema_with_alternatives",
                "schema_of_a_generator",
                "twenty_tools",
                "no_tools",
                "strict_tool",
                "eager_tool",
                "deferred_tool",
                "tool_with_examples",
            ),
            **rejected("tools::a_tool_of_type_custom_is_one"),
            "tools::names_that_end_otherwise_are_two": "not_applicable",
            "tools.input::what_lies_deep_in_a_schema_is_kept_to": "inconclusive",
            "tools.input::constants_alternatives_and_bounds_are_kept_to": "inconclusive",
            "clients.opencode::a_conversation_with_a_tool": "rejected",
            "clients.vercel_ai_sdk::*": "rejected",
        },
    ),
    Mutant(
        "accepts.fields-strict",
        "Fields and betas that the page does not list, and some that it calls ignored, are refused.",
        _refusing("fields", _fields),
        {
            **_observed("output_effort", "output_format", "inference_geo", "thinking_omitted", "betas_of_claude_code"),
            **undecided(*_taken("effort_without_thinking")),
            **rejected(*_taken("no_mcp_servers", "no_edits"), "mcp_servers::*", "context_management::*"),
        },
    ),
    Mutant(
        "accepts.effort-wants-thinking",
        "An effort is refused where thinking is disabled.",
        _refusing("effort", _effort),
        _observed("effort_without_thinking"),
    ),
    Mutant(
        "accepts.values-strict",
        "Of some parameters only a part of the values is taken.",
        _refusing("values", _values),
        {
            **_observed("long_user_id", "user_id_of_json", "empty_metadata", "stream_false"),
            **rejected(*_taken("temperature_beside_top_p", "five_stop_sequences", "no_stop_sequences")),
            **rejected("stop_sequences::several_words_stop_in_company"),
        },
    ),
    Mutant(
        "accepts.newest-taken",
        "Roles, blocks and tools that MiniMax's page does not know are taken.",
        all_of(taking("redacted_thinking", read=True), taking("search_result", read=True), _newest),
        {
            **dict.fromkeys(
                _taken("system_turn", "redacted_thinking", "search_result", "server_tool", "client_tool"), "accepted"
            ),
            "accepts.system_turn::a_turn_of_the_system_is_read": "honoured",
            "clients.claude_code::a_conversation_with_a_tool": "honoured",
        },
    ),
    Mutant(
        "accepts.system_turn-ignored",
        "Roles, blocks and tools that MiniMax's page does not know are taken, and turns of the system are not read.",
        all_of(
            taking("redacted_thinking", read=True),
            taking("search_result", read=True),
            _newest,
            changing_requests(_without_system_turns),
        ),
        {
            **dict.fromkeys(
                _taken("system_turn", "redacted_thinking", "search_result", "server_tool", "client_tool"), "accepted"
            ),
            "accepts.system_turn::a_turn_of_the_system_is_read": "ignored",
            "clients.claude_code::a_conversation_with_a_tool": "honoured",
        },
    ),
)
