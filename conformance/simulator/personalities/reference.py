"""Anthropic's own service: API versions, beta fields, and parameters others ignore, all honoured and validated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from conformance.simulator.api import validation
from conformance.simulator.api.conversation import KNOWN_KINDS, Conversation, every_block, turns, with_inner_blocks
from conformance.simulator.api.dialects import ANTHROPIC
from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import STRING, Check, Request, Schema, field
from conformance.simulator.json_values import (
    Object,
    blocks_of,
    is_list,
    is_object,
    list_at,
    messages_of,
    object_at,
    words,
)
from conformance.simulator.model.context_editing import CLEAR_THINKING, CLEAR_TOOL_USES
from conformance.simulator.model.media import Unreadable, look, study
from conformance.simulator.personalities import documented
from conformance.simulator.personalities.models import CLAUDE
from conformance.simulator.personalities.personality import Personality

_OLD_VERSION: Final = "2023-06-01"
_NEW_VERSION: Final = "2026-10-21"
# The arguments of messages.create in Anthropic's SDK 2.12.
_FIELDS: Final = words(
    """model messages max_tokens stream system temperature tool_choice tools top_p thinking metadata top_k
    stop_sequences service_tier container cache_control diagnostics inference_geo output_config speed
    user_profile_id workspace_id"""
)
# Those of client.beta, and the beta each must be asked for with.
_BETA_FIELDS: Final = {
    "context_management": "context-management-2025-06-27",
    "mcp_servers": "mcp-client-2025-11-20",
    "output_format": "structured-outputs-2025-11-13",
}
# The tools Anthropic defines itself: the types that may be sent without a beta, and the name each must have.
_KNOWN_TOOLS: Final = {
    "bash_20250124": "bash",
    "code_execution_20250825": "code_execution",
    "code_execution_20260120": "code_execution",
    "code_execution_20260521": "code_execution",
    "memory_20250818": "memory",
    "text_editor_20250728": "str_replace_based_edit_tool",
    "tool_search_tool_bm25": "tool_search_tool_bm25",
    "tool_search_tool_bm25_20251119": "tool_search_tool_bm25",
    "tool_search_tool_regex": "tool_search_tool_regex",
    "tool_search_tool_regex_20251119": "tool_search_tool_regex",
    "web_fetch_20250910": "web_fetch",
    "web_fetch_20260209": "web_fetch",
    "web_fetch_20260309": "web_fetch",
    "web_fetch_20260318": "web_fetch",
    "web_search_20250305": "web_search",
    "web_search_20260209": "web_search",
    "web_search_20260318": "web_search",
}
_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
_MOST_MARKS: Final = 4
_LEAST_BUDGET: Final = 1024
_AMOUNT: Final[Object] = {"type": "object", "required": ["value"], "properties": {"value": {"type": "integer"}}}
_EDITS: Final = {
    CLEAR_TOOL_USES: {"properties": {"trigger": _AMOUNT, "keep": _AMOUNT}},
    CLEAR_THINKING: {
        "properties": {
            "keep": {
                "type": ["string", "object"],
                "properties": {"type": {"enum": ["thinking_turns", "all"]}, "value": {"type": "integer"}},
            }
        }
    },
}
_CONTEXT_MANAGEMENT: Final[Object] = {
    "type": "object",
    "properties": {
        "edits": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type"],
                "properties": {"type": {"enum": list(_EDITS)}},
                "allOf": [
                    {"if": {"properties": {"type": {"const": kind}}}, "then": schema} for kind, schema in _EDITS.items()
                ],
            },
        }
    },
}
_FORMAT: Final[Object] = {
    "type": ["object", "null"],
    "required": ["type", "schema"],
    "properties": {"type": {"const": "json_schema"}, "schema": {"type": "object"}},
}
_OUTPUT_CONFIG: Final = Schema(
    {"type": ["object", "null"], "properties": {"effort": {"enum": [*_EFFORTS, None]}, "format": _FORMAT}}
)
_OUTPUT_FORMAT: Final = Schema(_FORMAT)
_MARK: Final = Schema(
    {
        "type": ["object", "null"],
        "required": ["type"],
        "properties": {"type": {"const": "ephemeral"}, "ttl": {"enum": ["5m", "1h"]}},
    }
)
_CONTAINER: Final = Schema(
    {"type": ["string", "object", "null"], "properties": {"id": {"type": ["string", "null"]}}},
)
_MCP_SERVERS: Final = Schema(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["type", "url", "name"],
            "properties": {"type": {"const": "url"}, "url": STRING, "name": STRING},
        },
    }
)


def _version(request: Request) -> None:
    """The version header must be there, and name a version that exists.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    given = request.headers.get("anthropic-version")
    if given is None:
        raise Refusal("anthropic-version: header is required")
    if given not in (_OLD_VERSION, _NEW_VERSION):
        raise Refusal(f"anthropic-version: {given!r} is not a valid version")


def _no_extra_fields(request: Request) -> None:
    """A field nobody knows is refused, and so is a beta's without its header.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    for name in request.body:
        if name not in _FIELDS and _BETA_FIELDS.get(name) not in request.betas:
            raise Refusal(f"{name}: Extra inputs are not permitted")


def _changed_in_2026(request: Request) -> None:
    """What version 2026-10-21 no longer takes (migration guide of 21 October 2026).

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    if request.headers.get("anthropic-version") != _NEW_VERSION:
        return
    for name in ("temperature", "top_p", "top_k"):
        if name in request.body:
            raise Refusal(f"{name}: not supported in version {_NEW_VERSION}")
    for where, role, block in every_block(request):
        if role == "assistant" and block["type"] == "document":
            raise Refusal(f"{where}: document blocks are not supported in assistant messages")
        if role == "user" and block["type"] == "text" and block.get("citations"):
            raise Refusal(f"{where}.citations: citations on user text blocks must be empty")


def tools(request: Request) -> None:
    """Some tools are known by their type, and need no schema; the others are the caller's own.

    Raises:
        Refusal: one does not fit, in the words of the API.
    """
    given = request.body.get("tools")
    if not is_list(given):
        return validation.tools(request)
    own: list[Any] = []
    for at, tool in enumerate(given):
        kind = tool.get("type") if is_object(tool) else None
        if kind in (None, "custom"):
            own.append(tool)
        elif kind not in _KNOWN_TOOLS:
            raise Refusal(f"tools.{at}.type: {kind!r} is not a known type of tool")
        elif tool.get("name") != _KNOWN_TOOLS[kind]:
            raise Refusal(f"tools.{at}.name: Input should be {_KNOWN_TOOLS[kind]!r}")
    return validation.tools(replace(request, body={**request.body, "tools": own}))


def _deferred_tools(request: Request) -> None:
    """Not every tool may be left for later, and what a result refers to is one of the tools.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    given = [tool for tool in list_at(request.body, "tools") if is_object(tool)]
    if given and all(tool.get("defer_loading") is True for tool in given):
        raise Refusal("tools: at least one tool must have `defer_loading` set to false")
    names = {str(tool.get("name")) for tool in given}
    for where, _, block in every_block(request):
        for each, _inside in with_inner_blocks(block):
            if each.get("type") == "tool_reference" and each.get("tool_name") not in names:
                raise Refusal(f"{where}: Tool reference {each.get('tool_name')!r} not found in available tools")


def _output_config(request: Request) -> None:
    """The effort is one there is, and the format a JSON schema of objects that are closed.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    _OUTPUT_CONFIG.check(request.body.get("output_config"), "output_config")
    _OUTPUT_FORMAT.check(request.body.get("output_format"), "output_format")
    wanted = (
        ("output_config.format", object_at(object_at(request.body, "output_config"), "format")),
        ("output_format", object_at(request.body, "output_format")),
    )
    for where, form in wanted:
        if form:
            validation.json_schema(form["schema"], f"{where}.schema")
            if form["schema"].get("type") == "object" and form["schema"].get("additionalProperties") is not False:
                raise Refusal(
                    f"{where}.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
                )


def _cache_marks(request: Request) -> None:
    """A mark for the cache is well formed, and there are at most four.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    body = request.body
    marked = [
        *((f"tools.{at}", tool) for at, tool in enumerate(list_at(body, "tools"))),
        *((f"system.{at}", block) for at, block in enumerate(list_at(body, "system"))),
        *((where, each) for where, _, block in every_block(request) for each, _inside in with_inner_blocks(block)),
    ]
    marks = [(where, holder["cache_control"]) for where, holder in marked if holder.get("cache_control") is not None]
    for where, mark in (*marks, ("request", body.get("cache_control"))):
        _MARK.check(mark, f"{where}.cache_control")
    if len(marks) > _MOST_MARKS:
        raise Refusal(f"A maximum of {_MOST_MARKS} blocks with cache_control may be provided. Found {len(marks)}.")


def _output_limit(request: Request) -> None:
    """No model writes more than it can.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    asked, model = request.body.get("max_tokens", 0), REFERENCE.model(request.body["model"])
    if asked > model.most_output:
        raise Refusal(
            f"max_tokens: {asked} > {model.most_output}, which is the maximum allowed number of output"
            f" tokens for {model.name}"
        )


def _thinking_rules(request: Request) -> None:
    """Thinking has a budget below max_tokens, and rules out what would bend it.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    thinking = object_at(request.body, "thinking")
    if thinking.get("type", "disabled") == "disabled":
        return
    if thinking["type"] == "enabled":
        budget = thinking.get("budget_tokens")
        if budget is None:
            raise Refusal("thinking.enabled.budget_tokens: Field required")
        if budget < _LEAST_BUDGET:
            raise Refusal(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}")
        if budget >= request.body.get("max_tokens", budget + 1):
            raise Refusal("max_tokens: `max_tokens` must be greater than `thinking.budget_tokens`")
    if request.body.get("temperature", 1) != 1:
        raise Refusal("temperature: may only be set to 1 when thinking is enabled")
    if request.body.get("top_k"):
        raise Refusal("top_k: must be unset when thinking is enabled")
    if object_at(request.body, "tool_choice").get("type") in ("any", "tool"):
        raise Refusal("tool_choice: Thinking may not be enabled when tool_choice forces tool use.")


def _container(request: Request) -> None:
    """No container exists here, so an id names one that is not found.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    container = request.body.get("container")
    _CONTAINER.check(container, "container")
    identity = container.get("id") if is_object(container) else container
    if identity is not None:
        raise Refusal(f"container: no container with the id {identity!r} was found", "not_found_error")


def _mcp_servers(request: Request) -> None:
    """No server can be reached from here, so naming one is an error about it.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    servers: list[Any] = request.body.get("mcp_servers", [])
    _MCP_SERVERS.check(servers, "mcp_servers")
    for server in servers:
        raise Refusal(f"mcp_servers.0: could not connect to MCP server {server['name']!r} at {server['url']}")


# The parameters MiniMax's page calls ignored, each with what a service that honours it would check.
EXTRA_CHECKS: Final[dict[str, Check]] = {
    "top_k": field("top_k", {"type": "integer", "minimum": 0}),
    "stop_sequences": field("stop_sequences", {"type": "array", "items": {"type": "string", "pattern": r"\S"}}),
    "service_tier": field("service_tier", {"enum": ["auto", "standard_only"]}),
    "container": _container,
    "mcp_servers": _mcp_servers,
    "context_management": field("context_management", _CONTEXT_MANAGEMENT),
}


def readable_media(request: Request) -> None:
    """Pictures and documents must be readable.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    for where, _, block in every_block(request):
        for each, _inside in with_inner_blocks(block):
            try:
                if each.get("type") == "image":
                    look(each)
                elif each.get("type") == "document":
                    study(each)
            except Unreadable as fault:
                raise Refusal(f"{where}.{each['type']}.source: {fault}") from fault


def _signatures(request: Request) -> None:
    """A thinking block in the history must be one this service wrote, unchanged.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    for where, _, block in every_block(request):
        if block["type"] == "thinking" and block.get("signature") != ANTHROPIC.signature(block["thinking"]):
            raise Refusal(f"{where}: Invalid `signature` in `thinking` block")


def _conversation(request: Request) -> None:
    """A user begins, nobody says nothing, and every call gets its result in the next turn.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    messages = messages_of(request.body)
    if messages[0]["role"] != "user":
        raise Refusal('messages: first message must use the "user" role')
    for at, message in enumerate(messages):
        if not message["content"] and (at + 1 < len(messages) or message["role"] == "user"):
            raise Refusal(f"messages.{at}: user messages must have non-empty content")
    messages = turns(messages)
    for at, message in enumerate(messages):
        called = {block["id"] for block in blocks_of(message["content"]) if block["type"] == "tool_use"}
        following = blocks_of(messages[at + 1]["content"]) if at + 1 < len(messages) else []
        missing = called - {block["tool_use_id"] for block in following if block["type"] == "tool_result"}
        if missing:
            raise Refusal(
                f"messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after:"
                f" {', '.join(sorted(missing))}"
            )


def _thinks(kind: str | None, _model: str, _turns: int) -> bool:
    return kind in ("enabled", "adaptive")


REFERENCE: Final = Personality(
    name="reference",
    description="Anthropic's own service: every parameter honoured and validated, unknown fields refused.",
    models=CLAUDE,
    dialect=ANTHROPIC,
    checks={
        "headers.anthropic-version": _version,
        "unknown": _no_extra_fields,
        **documented.checks(CLAUDE),
        "temperature": field("temperature", validation.SHARE),
        **EXTRA_CHECKS,
        "tools": tools,
        "output_config": _output_config,
        "messages": Conversation(KNOWN_KINDS, roles=("user", "assistant", "system")),
        "messages.conversation": _conversation,
        "messages.media": readable_media,
        "messages.signatures": _signatures,
        "version.2026": _changed_in_2026,
        "max_tokens.limit": _output_limit,
        "thinking.rules": _thinking_rules,
        "tools.deferred": _deferred_tools,
        "cache_control": _cache_marks,
    },
    honours=_FIELDS | _BETA_FIELDS.keys(),
    reads=KNOWN_KINDS,
    thinks=_thinks,
    caches="marked",
    states_tier=True,
    omits_thinking=True,
)
