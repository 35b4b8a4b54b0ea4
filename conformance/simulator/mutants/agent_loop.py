"""Services that lose something where the last turn is the result of a call, or of what a call is made by."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from conformance.simulator.json_values import Object, is_list, is_object, list_at, messages_of, object_at, without
from conformance.simulator.mutants.mutant import Mutant, changing_requests, ignored


def _after_a_result(body: Object) -> bool:
    """Whether the last turn holds the result of a call."""
    last = messages_of(body)[-1:] or [{}]
    content = last[0].get("content")
    return is_list(content) and any(is_object(block) and block.get("type") == "tool_result" for block in content)


def _losing(name: str) -> Callable[[Object], Object]:
    return lambda body: without(body, name) if _after_a_result(body) else body


def results_changed(change: Callable[[str], str]) -> Callable[[Object], Object]:
    """The texts of results that are plain strings, changed."""

    def changed(block: Any) -> Any:
        if is_object(block) and block.get("type") == "tool_result" and isinstance(block.get("content"), str):
            return {**block, "content": change(block["content"])}
        return block

    def change_all(body: Object) -> Object:
        messages = [
            {**message, "content": [changed(block) for block in message["content"]]}
            if is_list(message.get("content"))
            else message
            for message in messages_of(body)
        ]
        return {**body, "messages": messages}

    return change_all


def _first_paragraph(text: str) -> str:
    return text.partition("\n\n")[0]


def _ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


def _described_in_a_paragraph(body: Object) -> Object:
    tools = [
        {**tool, "description": _first_paragraph(tool["description"])} if tool.get("description") else tool
        for tool in list_at(body, "tools")
    ]
    return {**body, "tools": tools} if tools else body


def _without_references(value: Any) -> Any:
    if is_object(value):
        return {} if "$ref" in value else {name: _without_references(inner) for name, inner in value.items()}
    return [_without_references(inner) for inner in value] if is_list(value) else value


def _tools_without_references(body: Object) -> Object:
    return {**body, "tools": _without_references(body["tools"])} if body.get("tools") else body


def _auto_of_one(body: Object) -> Object:
    forced = object_at(body, "tool_choice").get("type") == "tool"
    return without(body, "tool_choice") if forced and len(list_at(body, "tools")) == 1 else body


def _system_in_ascii(body: Object) -> Object:
    system = json.loads(_ascii(json.dumps(body.get("system"), ensure_ascii=False)))
    return {**body, "system": system} if system else body


MUTANTS: Final = (
    Mutant(
        "system-lost-after-a-result",
        "system is lost where the last turn is the result of a call.",
        changing_requests(_losing("system")),
        ignored("messages.conversation::a_loop_is_read_whole"),
    ),
    Mutant(
        "system-ascii",
        "Letters of system that are not ASCII are dropped.",
        changing_requests(_system_in_ascii),
        ignored("messages.conversation::a_loop_is_read_whole"),
    ),
    Mutant(
        "messages.tool_result-ascii",
        "Letters of results that are not ASCII are dropped.",
        changing_requests(results_changed(_ascii)),
        ignored("messages.conversation::a_loop_is_read_whole"),
    ),
    Mutant(
        "messages.tool_result-cut",
        "Of a result only the first 16,000 characters are read.",
        changing_requests(results_changed(lambda text: text[:16_000])),
        ignored("messages.tool_result::the_result_of_a_call_is_read"),
    ),
    Mutant(
        "messages.tool_result-first-paragraph",
        "Of a result only what stands before the first blank line is read.",
        changing_requests(results_changed(_first_paragraph)),
        ignored("messages.conversation::a_loop_is_read_whole"),
    ),
    Mutant(
        "tools-descriptions-first-paragraph",
        "Of what describes a tool only the first paragraph is read.",
        changing_requests(_described_in_a_paragraph),
        ignored("tools::what_describes_a_tool_is_read"),
    ),
    Mutant(
        "tool_choice-lost-after-a-result",
        "tool_choice is lost where the last turn is the result of a call.",
        changing_requests(_losing("tool_choice")),
        ignored("tool_choice.any::any_forces_a_call_after_a_result"),
    ),
    Mutant(
        "tool_choice-lost-with-one-tool",
        "A tool that is named is not forced where there is no other.",
        changing_requests(_auto_of_one),
        ignored("tool_choice.tool::the_only_tool_is_called"),
    ),
    Mutant(
        "tools.input-references-lost",
        "What a tool's schema refers to is dropped.",
        changing_requests(_tools_without_references),
        ignored("tools.input::what_lies_deep_in_a_schema_is_kept_to"),
    ),
)
