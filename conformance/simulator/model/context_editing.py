"""Context management: old tool results are cleared before the model sees them (clear_tool_uses_20250919)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conformance.simulator.json_values import Object, blocks_of, is_list, list_at, messages_of, object_at
from conformance.simulator.model.prompt import read

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
    """Apply the edits a request asks for; of an edit's options `trigger` and `keep` are heard."""
    applied: list[Object] = []
    for edit in list_at(object_at(body, "context_management"), "edits"):
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
        if cleared and reached > trigger["value"]:
            body = {**body, "messages": [_cleared(message, frozenset(cleared)) for message in messages_of(body)]}
            saved = max(0, before - read(body, kinds).size)
            applied.append({"type": CLEAR_TOOL_USES, "cleared_tool_uses": len(cleared), "cleared_input_tokens": saved})
    return Edited(body, tuple(applied))


def _cleared(message: Object, uses: frozenset[str]) -> Object:
    if not is_list(message["content"]):
        return message
    content = [
        {**block, "content": _PLACEHOLDER} if block["type"] == "tool_result" and block["tool_use_id"] in uses else block
        for block in message["content"]
    ]
    return {**message, "content": content}
