"""Context management: old tool results are cleared before the model sees them (clear_tool_uses_20250919)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .prompt import read
from .shapes import Object, blocks_of, is_list, is_object, list_at, messages_of, object_at

CLEAR_TOOL_USES: Final = "clear_tool_uses_20250919"
_PLACEHOLDER: Final = "[cleared to save context]"
# Anthropic's defaults (platform.claude.com/docs, context editing).
_TRIGGER_TOKENS: Final = 100_000
_KEEP: Final = 3


@dataclass(frozen=True, slots=True)
class Edited:
    """A request after its edits, and what the reply says of them."""

    body: Object
    applied: tuple[Object, ...]


def edited(body: Object, kinds: frozenset[str]) -> Edited:
    """Apply the edits a request asks for."""
    applied: list[Object] = []
    for edit in list_at(object_at(body, "context_management"), "edits"):
        if is_object(edit) and edit.get("type") == CLEAR_TOOL_USES:
            after, report = _cleared(body, edit, kinds)
            if report:
                body = after
                applied.append(report)
    return Edited(body, tuple(applied))


def _cleared(body: Object, edit: Object, kinds: frozenset[str]) -> tuple[Object, Object | None]:
    before = read(body, kinds).size
    uses = [
        block
        for message in messages_of(body)
        for block in blocks_of(message["content"])
        if block["type"] == "tool_use" and block["name"] not in list_at(edit, "exclude_tools")
    ]
    trigger = object_at(edit, "trigger") or {"type": "input_tokens", "value": _TRIGGER_TOKENS}
    reached = len(uses) if trigger.get("type") == "tool_uses" else before
    if reached <= int(trigger.get("value", 0)):
        return body, None
    keep = int(object_at(edit, "keep").get("value", _KEEP))
    cleared = {block["id"] for block in uses[: max(len(uses) - keep, 0)]}
    inputs = edit.get("clear_tool_inputs")
    messages = [
        {**message, "content": [_without(block, cleared, inputs) for block in message["content"]]}
        if is_list(message["content"])
        else message
        for message in messages_of(body)
    ]
    after = {**body, "messages": messages}
    saved = before - read(after, kinds).size
    least = int(object_at(edit, "clear_at_least").get("value", 0))
    if not cleared or saved < least:
        return body, None
    return after, {
        "type": CLEAR_TOOL_USES,
        "cleared_tool_uses": len(cleared),
        "cleared_input_tokens": max(saved, 0),
    }


def _without(block: Object, cleared: set[str], inputs: Any) -> Object:
    if block["type"] == "tool_result" and block["tool_use_id"] in cleared:
        return {**block, "content": _PLACEHOLDER}
    if block["type"] == "tool_use" and block["id"] in cleared and _clears(inputs, block["name"]):
        return {**block, "input": {}}
    return block


def _clears(inputs: Any, name: str) -> bool:
    return inputs is True or (is_list(inputs) and name in inputs)
