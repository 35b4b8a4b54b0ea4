"""Checks only Anthropic's own service makes: API versions, beta fields, and parameters others ignore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .editing import CLEAR_TOOL_USES
from .media import Unreadable, look, study
from .models import CLAUDE
from .refusals import Refusal
from .requests import TOOL_CHOICES, Check, Judge, Request, optional
from .shapes import Object, blocks_of, is_integer, is_list, is_object, messages_of, object_at, words
from .turns import every_block
from .wires import ANTHROPIC

OLD_VERSION: Final = "2023-06-01"
NEW_VERSION: Final = "2026-10-21"
# The arguments of messages.create in Anthropic's SDK 2.12.
FIELDS: Final = words(
    """model messages max_tokens stream system temperature tool_choice tools top_p thinking metadata top_k
    stop_sequences service_tier container cache_control diagnostics inference_geo output_config speed
    user_profile_id workspace_id"""
)
# Those of client.beta, and the beta each must be asked for with.
BETA_FIELDS: Final = {
    "context_management": "context-management-2025-06-27",
    "mcp_servers": "mcp-client-2025-11-20",
}
TIERS: Final = ("auto", "standard_only")
_LEAST_BUDGET: Final = 1024


def version(request: Request) -> None:
    """The version header must be there, and name a version that exists."""
    given = request.headers.get("anthropic-version")
    if given is None:
        raise Refusal("anthropic-version: header is required")
    if given not in (OLD_VERSION, NEW_VERSION):
        raise Refusal(f"anthropic-version: {given!r} is not a valid version")


def no_extra_fields(request: Request) -> None:
    """A field nobody knows is refused, and so is a beta's without its header."""
    for name in request.body:
        if name not in FIELDS and BETA_FIELDS.get(name) not in request.betas:
            raise Refusal(f"{name}: Extra inputs are not permitted")


def changed_in_2026(request: Request) -> None:
    """What version 2026-10-21 no longer takes (migration guide of 21 October 2026)."""
    if request.headers.get("anthropic-version") != NEW_VERSION:
        return
    for name in ("temperature", "top_p", "top_k"):
        if name in request.body:
            raise Refusal(f"{name}: not supported in version {NEW_VERSION}")
    for where, role, block in every_block(request):
        if role == "assistant" and block["type"] == "document":
            raise Refusal(f"{where}: document blocks are not supported in assistant messages")
        if role == "user" and block["type"] == "text" and block.get("citations"):
            raise Refusal(f"{where}.citations: citations on user text blocks must be empty")


def output_limit(request: Request) -> None:
    """No model writes more than it can."""
    asked = request.body.get("max_tokens", 0)
    for model in CLAUDE:
        if model.name == request.body["model"] and asked > model.most_output:
            raise Refusal(
                f"max_tokens: {asked} > {model.most_output}, which is the maximum allowed number of output"
                f" tokens for {model.name}"
            )


def thinking_rules(request: Request) -> None:
    """Thinking has a budget below max_tokens, and rules out what would bend it."""
    thinking = request.body.get("thinking")
    if not thinking or thinking["type"] == "disabled":
        return
    if thinking["type"] == "enabled":
        budget = thinking.get("budget_tokens")
        if not is_integer(budget):
            raise Refusal("thinking.enabled.budget_tokens: Field required")
        if budget < _LEAST_BUDGET:
            raise Refusal(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}")
        if budget >= request.body.get("max_tokens", budget + 1):
            raise Refusal("max_tokens: `max_tokens` must be greater than `thinking.budget_tokens`")
    if request.body.get("temperature", 1) != 1:
        raise Refusal("temperature: may only be set to 1 when thinking is enabled")
    if request.body.get("top_k"):
        raise Refusal("top_k: must be unset when thinking is enabled")
    if object_at(request.body, "tool_choice").get("type") in TOOL_CHOICES - {"auto", "none"}:
        raise Refusal("tool_choice: Thinking may not be enabled when tool_choice forces tool use.")


def stop_sequences(value: Any) -> None:
    """Stop sequences are strings with something in them."""
    if not is_list(value) or not all(isinstance(stop, str) for stop in value):
        raise Refusal("stop_sequences: Input should be a valid list of strings")
    if any(not stop.strip() for stop in value):
        raise Refusal("stop_sequences: each stop sequence must contain non-whitespace")


def top_k(value: Any) -> None:
    """The number of candidates is an integer, and none is negative."""
    if not is_integer(value):
        raise Refusal("top_k: Input should be a valid integer")
    if value < 0:
        raise Refusal("top_k: Input should be greater than or equal to 0")


def service_tier(value: Any) -> None:
    """There are two tiers to ask for."""
    if value not in TIERS:
        raise Refusal("service_tier: Input should be 'auto' or 'standard_only'")


def container(value: Any) -> None:
    """No container exists here, so an id names one that is not found."""
    identity = value.get("id") if is_object(value) else value
    if not isinstance(identity, str | None) or not (value is None or isinstance(value, str | dict)):
        raise Refusal("container: Input should be a valid string or object")
    if identity is not None:
        raise Refusal(f"container: no container with the id {identity!r} was found", "not_found_error")


def mcp_servers(value: Any) -> None:
    """No server can be reached from here, so naming one is an error about it."""
    if not is_list(value):
        raise Refusal("mcp_servers: Input should be a valid list")
    for at, server in enumerate(value):
        if not is_object(server) or server.get("type") != "url":
            raise Refusal(f"mcp_servers.{at}.type: Input should be 'url'")
        for name in ("url", "name"):
            if not isinstance(server.get(name), str):
                raise Refusal(f"mcp_servers.{at}.{name}: Field required")
        raise Refusal(f"mcp_servers.{at}: could not connect to MCP server {server['name']!r} at {server['url']}")


def context_management(value: Any) -> None:
    """Context management is a list of edits of known types."""
    edits = value.get("edits", []) if is_object(value) else None
    if not is_list(edits):
        raise Refusal("context_management: Input should be an object with a list of edits")
    for at, edit in enumerate(edits):
        if not is_object(edit) or edit.get("type") != CLEAR_TOOL_USES:
            raise Refusal(f"context_management.edits.{at}.type: Input should be {CLEAR_TOOL_USES!r}")
        for name in ("trigger", "keep", "clear_at_least"):
            amount = edit.get(name)
            if amount is not None and not (is_object(amount) and is_integer(amount.get("value"))):
                raise Refusal(f"context_management.edits.{at}.{name}: Input should be an object with a value")


# The parameters MiniMax's page calls ignored, each with what a service that honours it would check.
EXTRAS: Final[dict[str, Judge]] = {
    "top_k": top_k,
    "stop_sequences": stop_sequences,
    "service_tier": service_tier,
    "container": container,
    "mcp_servers": mcp_servers,
    "context_management": context_management,
}
EXTRA_CHECKS: Final[dict[str, Check]] = {name: optional(name, judge) for name, judge in EXTRAS.items()}


def media(request: Request) -> None:
    """Pictures and documents must be readable."""
    for where, _, block in every_block(request):
        for each in _nested(block):
            try:
                if each.get("type") == "image":
                    look(each)
                elif each.get("type") == "document":
                    study(each)
            except Unreadable as fault:
                raise Refusal(f"{where}.{each['type']}.source: {fault}") from fault


def _nested(block: Object) -> Iterator[Object]:
    yield block
    if block.get("type") == "tool_result":
        yield from blocks_of(block.get("content"))


def signatures(request: Request) -> None:
    """A thinking block in the history must be one this service wrote, unchanged."""
    for where, _, block in every_block(request):
        if block["type"] == "thinking" and block.get("signature") != ANTHROPIC.signature(block["thinking"]):
            raise Refusal(f"{where}: Invalid `signature` in `thinking` block")


def conversation(request: Request) -> None:
    """A user begins, nobody says nothing, and every call gets its result in the next message."""
    messages = messages_of(request.body)
    if messages[0]["role"] != "user":
        raise Refusal('messages: first message must use the "user" role')
    for at, message in enumerate(messages):
        if not message["content"] and (at + 1 < len(messages) or message["role"] == "user"):
            raise Refusal(f"messages.{at}: user messages must have non-empty content")
        called = {block["id"] for block in blocks_of(message["content"]) if block["type"] == "tool_use"}
        following = blocks_of(messages[at + 1]["content"]) if at + 1 < len(messages) else []
        answered = {block["tool_use_id"] for block in following if block["type"] == "tool_result"}
        if called - answered:
            raise Refusal(
                f"messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after:"
                f" {', '.join(sorted(called - answered))}"
            )
