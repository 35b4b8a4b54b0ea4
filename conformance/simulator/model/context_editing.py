"""Context management: old tool results, or old thoughts, are cleared before the model sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conformance.simulator.json_values import Object, blocks_of, is_list, list_at, messages_of, object_at
from conformance.simulator.model.prompt import read

CLEAR_TOOL_USES: Final = "clear_tool_uses_20250919"
CLEAR_THINKING: Final = "clear_thinking_20251015"
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
    """Apply the edits a request asks for, one after the other."""
    applied: list[Object] = []
    for edit in list_at(object_at(body, "context_management"), "edits"):
        change = _without_thoughts if edit["type"] == CLEAR_THINKING else _without_uses
        body, done = change(body, edit, kinds)
        applied += done
    return Edited(body, tuple(applied))


def _without_uses(body: Object, edit: Object, kinds: frozenset[str]) -> tuple[Object, list[Object]]:
    """Clear the results of old calls; of an edit's options `trigger` and `keep` are heard."""
    uses = [
        block["id"]
        for message in messages_of(body)
        for block in blocks_of(message["content"])
        if block["type"] == "tool_use"
    ]
    before = read(body, kinds).size
    trigger = object_at(edit, "trigger") or {"type": "input_tokens", "value": _TRIGGER_TOKENS}
    reached = len(uses) if trigger.get("type") == "tool_uses" else before
    cleared = uses[: max(0, len(uses) - object_at(edit, "keep").get("value", _KEEP))]
    if not cleared or reached <= trigger["value"]:
        return body, []
    body = {**body, "messages": [_cleared(message, frozenset(cleared)) for message in messages_of(body)]}
    saved = max(0, before - read(body, kinds).size)
    return body, [{"type": CLEAR_TOOL_USES, "cleared_tool_uses": len(cleared), "cleared_input_tokens": saved}]


def _without_thoughts(body: Object, edit: Object, kinds: frozenset[str]) -> tuple[Object, list[Object]]:
    """Clear the thoughts of all turns but the last so many; `keep` may be the word `all`."""
    kept = edit.get("keep", {"type": "thinking_turns", "value": 1})
    if kept == "all" or kept.get("type") == "all":
        return body, []
    messages = messages_of(body)
    thoughtful = [at for at, message in enumerate(messages) if any(map(_is_thought, blocks_of(message["content"])))]
    cleared = thoughtful[: max(0, len(thoughtful) - kept.get("value", 1))]
    if not cleared:
        return body, []
    before = read(body, kinds).size
    edited_messages = [
        {**message, "content": [block for block in message["content"] if not _is_thought(block)]}
        if at in cleared
        else message
        for at, message in enumerate(messages)
    ]
    body = {**body, "messages": edited_messages}
    saved = max(0, before - read(body, kinds).size)
    return body, [{"type": CLEAR_THINKING, "cleared_thinking_turns": len(cleared), "cleared_input_tokens": saved}]


def _is_thought(block: Object) -> bool:
    return block["type"] in ("thinking", "redacted_thinking")


def _cleared(message: Object, uses: frozenset[str]) -> Object:
    if not is_list(message["content"]):
        return message
    content = [
        {**block, "content": _PLACEHOLDER} if block["type"] == "tool_result" and block["tool_use_id"] in uses else block
        for block in message["content"]
    ]
    return {**message, "content": content}
