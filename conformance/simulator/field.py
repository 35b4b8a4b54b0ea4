"""What MiniMax's endpoint has been seen to check, and in whose words (public issues and captures of 2026)."""

from __future__ import annotations

from typing import Any, Final

from .models import MINIMAX, MINIMAX_M3
from .refusals import Refusal
from .requests import Request
from .schemas import check_schema
from .shapes import Object, is_list, is_object, object_at
from .turns import Wording

WORDING: Final = Wording(
    empty="messages must not be empty",
    role="chat content has invalid message role: {role}",  # MiniMax-AI/MiniMax-M2.7#43
    orphan="tool result's tool id({id}) not found",  # MiniMax-AI/MiniMax-M2#76
)


def thinks(kind: str | None, model: str, turns: int) -> bool:
    """M2 always thinks, `disabled` or not (MiniMax-AI/MiniMax-M2#121); M3 if asked, in the first turn."""
    if model != MINIMAX_M3.name:
        return True
    return kind in ("enabled", "adaptive") and turns == 1  # NousResearch/hermes-agent#85251, #75725


def output_limit(request: Request) -> None:
    """max_tokens has a cap of its own for each model."""
    asked, name = request.body.get("max_tokens", 0), request.body["model"]
    model = next((model for model in MINIMAX if model.name == name), MINIMAX_M3)
    if asked > model.most_output:
        raise Refusal(f"model[{model.name}] does not support max tokens > {model.most_output}")


def tools(value: Any) -> None:
    """Tools need a name and a schema; little else is looked at."""
    if not is_list(value) or not all(is_object(tool) for tool in value):
        raise Refusal("tools: a list of objects is expected")
    for tool in value:
        if not tool.get("name") or not is_object(tool.get("input_schema")) or not tool["input_schema"]:
            raise Refusal("function name or parameters is empty")
        if not isinstance(tool["name"], str):
            raise Refusal("tools: a function name is expected to be a string")
        check_schema(tool["input_schema"], "tools")


def tool_choice(value: Any) -> None:
    """A tool choice is an object; which, does not matter."""
    if not is_object(value):
        raise Refusal("tool_choice: an object is expected")


def only_auto_and_none(body: Object) -> Object:
    """Of the tool choices only auto and none have an effect (the vendor's OpenAPI page, 2026)."""
    if object_at(body, "tool_choice").get("type") in ("auto", "none"):
        return body
    return {name: value for name, value in body.items() if name != "tool_choice"}
