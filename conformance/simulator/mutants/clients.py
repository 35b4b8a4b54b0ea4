"""What clients see of each mutant: the rows ``clients.*``, which any deviation may turn that one of them meets.

Kept beside the families, and not with each mutant: a client is turned by what it sends and reads, so the same few maps
hold for many mutants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["of_clients"]

_CONVERSATION: Final = "a_conversation_with_a_tool"
_OBJECT: Final = "an_object_is_made"
_TITLE: Final = "a_title_is_made"
_ALL: Final = ("opencode", "vercel_ai_sdk", "langchain", "pydantic_ai", "anthropic_sdk")
"""Claude Code is not among them: ``documented`` refuses its turn of the system, whatever else is wrong."""
_OBJECTS: Final = ("vercel_ai_sdk", "langchain", "pydantic_ai")
_CHOOSING: Final = ("opencode", "vercel_ai_sdk", "pydantic_ai")
"""Those that send a tool_choice with every conversation; they stream both of its requests as well."""


def _turned(seen: str, case: str, *clients: str) -> dict[str, str]:
    return {f"clients.{client}::{case}": seen for client in clients}


def _streams(seen: str) -> dict[str, str]:
    """All that is streamed."""
    return {**_turned(seen, _CONVERSATION, *_ALL), **_turned(seen, _TITLE, "opencode")}


def _bodies(seen: str) -> dict[str, str]:
    """All that is not: objects, and the first request of some conversations."""
    return {**_turned(seen, _CONVERSATION, "langchain", "anthropic_sdk"), **_turned(seen, _OBJECT, *_OBJECTS)}


def _everything(seen: str) -> dict[str, str]:
    return {**_streams(seen), **_bodies(seen), **_turned(seen, _CONVERSATION, "claude_code")}


_CONVERSATIONS: Final = _turned("rejected", _CONVERSATION, *_ALL)
_OF_OPENCODE: Final = {
    **_turned("rejected", _CONVERSATION, "opencode"),
    **_turned("rejected", _TITLE, "opencode"),
}
_SYSTEM_OF_BLOCKS: Final = {
    **_OF_OPENCODE,
    **_turned("rejected", _CONVERSATION, "vercel_ai_sdk", "pydantic_ai"),
}

_TURNS: Final[Mapping[tuple[str, ...], Mapping[str, str]]] = {
    ("model-rejected", "max_tokens-rejected"): _everything("inconclusive"),
    ("system-rejected",): {**_SYSTEM_OF_BLOCKS, **_turned("rejected", _CONVERSATION, "anthropic_sdk")},
    ("system.list-rejected",): _SYSTEM_OF_BLOCKS,
    ("top_k-rejected", "top_p-rejected"): _OF_OPENCODE,
    ("tools-rejected",): {**_CONVERSATIONS, **_turned("rejected", _OBJECT, *_OBJECTS)},
    ("tools-ignored",): {
        **_turned("accepted", _CONVERSATION, *_ALL),
        **_turned("ignored", _OBJECT, *_OBJECTS),
    },
    ("tools.input-invalid",): _turned("ignored", _OBJECT, *_OBJECTS),
    ("tool_choice.auto-rejected",): _turned("rejected", _CONVERSATION, *_CHOOSING),
    ("tool_choice.auto-forces",): _turned("accepted", _CONVERSATION, *_CHOOSING),
    ("tool_choice.any-rejected",): _turned("rejected", _OBJECT, "vercel_ai_sdk", "pydantic_ai"),
    ("tool_choice.any-ignored",): _turned("ignored", _OBJECT, "vercel_ai_sdk", "pydantic_ai"),
    ("tool_choice.tool-rejected",): _turned("rejected", _OBJECT, "langchain"),
    ("messages.tool_use-rejected", "messages.tool_result-rejected", "messages.thinking-rejected"): _CONVERSATIONS,
    # A thought that came over a stream has no signature, and is refused when it comes back.
    ("examples.tool_history-unsigned-refused",): _turned("rejected", _CONVERSATION, *_CHOOSING),
    ("messages.tool_result-lost",): _turned("accepted", _CONVERSATION, *_ALL),
    ("messages.tool_result-list-rejected",): _turned("rejected", _CONVERSATION, "pydantic_ai"),
    (
        "response.shape-missing-id",
        "response.shape-missing-type",
        "response.shape-missing-role",
        "response.shape-missing-model",
    ): _bodies("ignored"),
    ("response.shape-content-string", "response.shape-block-without-type"): _bodies("inconclusive"),
    ("stream-rejected",): {**_streams("rejected"), **_turned("rejected", _OBJECT, "pydantic_ai")},
    (
        "stream-ignored",
        "stream.message_start-missing",
        "stream.message_stop-missing",
        "stream.message_delta-missing",
        "stream.blocks-delta-before-start",
        "stream.blocks-wrong-index",
        "stream.blocks-never-stopped",
        "stream.shape-untyped-delta",
    ): _streams("ignored"),
    # opencode and the Vercel AI SDK, on which it is built, go by the data alone.
    ("stream.event_names-missing", "stream.event_names-wrong"): _turned(
        "ignored", _CONVERSATION, "langchain", "pydantic_ai", "anthropic_sdk"
    ),
    ("stream.tool_input-unparsable",): _turned("ignored", _CONVERSATION, *_CHOOSING),
}


def _by_name() -> Iterator[tuple[str, Mapping[str, str]]]:
    for names, turns in _TURNS.items():
        yield from ((name, turns) for name in names)


_BY_NAME: Final = dict(_by_name())


def of_clients(mutant: str) -> Mapping[str, str]:
    """What the clients' rows see of a mutant, by ``feature::case``."""
    return _BY_NAME.get(mutant, {})
