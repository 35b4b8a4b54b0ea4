"""What MiniMax's endpoint has been seen to do, and in whose words (public issues and captures of 2026)."""

from __future__ import annotations

from typing import Final

from conformance.simulator.api import validation
from conformance.simulator.api.conversation import KNOWN_KINDS, Conversation, Wording
from conformance.simulator.api.dialects import MINIMAX as MINIMAX_DIALECT
from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import Request, Schema, field
from conformance.simulator.json_values import Object, object_at, without
from conformance.simulator.model.prompt import WORDS
from conformance.simulator.personalities.documented import DOCUMENTED
from conformance.simulator.personalities.models import MINIMAX, MINIMAX_M3
from conformance.simulator.personalities.personality import Personality

_WORDING: Final = Wording(
    empty="messages must not be empty",
    role="chat content has invalid message role: {role}",  # MiniMax-AI/MiniMax-M2.7#43
    orphan="tool result's tool id({id}) not found",  # MiniMax-AI/MiniMax-M2#76
)
_TOOLS: Final = Schema(
    {"type": "array", "items": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}}
)


def _thinks(kind: str | None, model: str, turns: int) -> bool:
    """M2 always thinks, `disabled` or not (MiniMax-AI/MiniMax-M2#121); M3 if asked, in the first turn."""
    if model != MINIMAX_M3.name:
        return True
    return kind in ("enabled", "adaptive") and turns == 1  # NousResearch/hermes-agent#85251, #75725


def _output_limit(request: Request) -> None:
    """max_tokens has a cap of its own for each model.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    model = FIELD.model(request.body["model"])
    if request.body.get("max_tokens", 0) > model.most_output:
        raise Refusal(f"model[{model.name}] does not support max tokens > {model.most_output}")


def _tools(request: Request) -> None:
    """Tools need a name and a schema; little else is looked at.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    definitions = request.body.get("tools", [])
    _TOOLS.check(definitions, "tools")
    for tool in definitions:
        if not tool.get("name") or not object_at(tool, "input_schema"):
            raise Refusal("function name or parameters is empty")
        validation.json_schema(tool["input_schema"], "tools")


def _only_auto_and_none(body: Object) -> Object:
    """Of the tool choices only auto and none have an effect (the vendor's OpenAPI page, 2026)."""
    honoured = object_at(body, "tool_choice").get("type") in ("auto", "none")
    return body if honoured else without(body, "tool_choice")


FIELD: Final = Personality(
    name="field",
    description="What people have seen of MiniMax's endpoint, also where it departs from the page.",
    models=(*MINIMAX, MINIMAX_M3),
    dialect=MINIMAX_DIALECT,
    checks={
        "messages": Conversation(KNOWN_KINDS, _WORDING),
        "model": field("model", validation.NAME, required=True),
        "max_tokens": field("max_tokens", validation.POSITIVE),
        "max_tokens.limit": _output_limit,
        "stream": field("stream", validation.BOOLEAN),
        "system": field("system", validation.SYSTEM),
        "temperature": field("temperature", validation.NUMBER),
        "top_p": field("top_p", validation.SHARE),
        "thinking": field("thinking", validation.OBJECT),
        "metadata": field("metadata", validation.METADATA),
        "tools": _tools,
        "tool_choice": field("tool_choice", validation.OBJECT),
    },
    honours=DOCUMENTED.honours - {"temperature"},
    reads=WORDS,
    thinks=_thinks,
    stand_in=MINIMAX_M3,
    on_request=(_only_auto_and_none,),
    caches="always",
    too_long="context window exceeds limit",
)
