"""Services that lose something beside something else: in one of two ways to answer, beside tools, in long prompts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from conformance.simulator.api.events import Event
from conformance.simulator.json_values import Object, blocks_of, list_at, messages_of, object_at, without
from conformance.simulator.model.replies import Reply, ToolUse
from conformance.simulator.mutants.counts import in_every_usage
from conformance.simulator.mutants.messages import in_blocks
from conformance.simulator.mutants.mutant import (
    Mutant,
    Trial,
    changing_messages,
    changing_replies,
    changing_requests,
    changing_streams,
    having,
    ignored,
    undecided,
)
from conformance.simulator.personalities.personality import Personality

_Events = tuple[Event, ...]


def _has_calls(body: Object) -> bool:
    return any(block.get("type") == "tool_use" for turn in messages_of(body) for block in blocks_of(turn["content"]))


def _free_after_calls(body: Object) -> Object:
    forbidden = object_at(body, "tool_choice").get("type") == "none"
    return without(body, "tool_choice") if forbidden and _has_calls(body) else body


def _parallel_beside_any(body: Object) -> Object:
    choice = object_at(body, "tool_choice")
    return {**body, "tool_choice": {"type": "any"}} if choice.get("type") == "any" else body


def _lacking_blocks(kind: str, where: Callable[[list[Any]], bool]) -> Callable[[Object], Object]:
    """A body without blocks of a kind, where its content is such."""

    def changed(message: Object) -> Object:
        blocks = list_at(message, "content")
        left = [block for block in blocks if block["type"] != kind]
        return {**message, "content": left} if where(blocks) else message

    return changed


def _calls(blocks: list[Any]) -> bool:
    return any(block["type"] == "tool_use" for block in blocks)


def _silent_of_the_cache(usage: Object) -> Object:
    """The figures of the cache are 0, and the prompt's are whole."""
    cached = ("cache_read_input_tokens", "cache_creation_input_tokens")
    size = usage.get("input_tokens", 0) + sum(usage.get(name, 0) for name in cached)
    return {**usage, **dict.fromkeys(cached, 0), "input_tokens": size}


def _one_token_for_calls(events: _Events) -> _Events:
    """A stream with a call counts one output token."""
    called = any(object_at(event.data, "content_block").get("type") == "tool_use" for event in events)
    return in_every_usage(lambda usage: {**usage, "output_tokens": 1})(events) if called else events


def _short_document(block: Object) -> Object:
    source = object_at(block, "source")
    if block["type"] != "document" or source.get("type") != "text":
        return block
    return {**block, "source": {**source, "data": source["data"][:100]}}


def _no_system_behind_a_header(body: Object) -> Object:
    first = next(iter(blocks_of(body.get("system"))), {})
    return without(body, "system") if str(first.get("text", "")).startswith("x-anthropic-") else body


_WINDOW: Final = 4096 * 4
"""Characters of 4096 tokens, as such servers estimate them."""


def _without_blanks(events: _Events) -> _Events:
    return tuple(event for event in events if not object_at(event.data, "delta").get("text", "x").isspace())


def _last_turns(body: Object) -> Object:
    """The turns from the end that the window holds; the last one whatever its length."""
    turns = messages_of(body)
    while len(turns) > 1 and sum(len(str(turn["content"])) for turn in turns) > _WINDOW:
        turns = turns[1:]
    return {**body, "messages": turns}


def _half_calls(service: Personality) -> Personality:
    """A forced call that max_tokens has cut before any of it was shown is a call with a part of its input."""
    limits: list[int | None] = []

    def heard(body: Object) -> Object:
        limits[:] = [body.get("max_tokens") if object_at(body, "tool_choice").get("type") == "tool" else None]
        return body

    def changed(reply: Reply) -> Reply:
        limit = limits[0]
        if reply.stop_reason != "max_tokens" or limit is None:
            return reply
        call = ToolUse("reserve_room", {"title": "Café & Möbel", "guests": 14}, "toolu_01HalfACall0000000000")
        usage = replace(reply.usage, output=limit)
        return replace(reply, blocks=(*reply.blocks, call), stop_reason="tool_use", usage=usage)

    return changing_replies(changed)(changing_requests(heard)(service))


def _unlimited_calls(body: Object) -> Object:
    is_forced = object_at(body, "tool_choice").get("type") in ("any", "tool")
    return without(body, "max_tokens") if is_forced else body


MUTANTS: Final = (
    Mutant(
        "tool_choice.none-lost-after-calls",
        "A tool choice of 'none' is lost where the history has a call.",
        changing_requests(_free_after_calls),
        ignored("tool_choice.none::none_forbids_a_call"),
    ),
    Mutant(
        "tool_choice.parallel-not-disabled-beside-any",
        "disable_parallel_tool_use has no effect beside 'any'.",
        changing_requests(_parallel_beside_any),
        {"tool_choice.disable_parallel_tool_use::one_call_at_a_time": "ignored"},
    ),
    Mutant(
        "thinking-missing-in-bodies",
        "What was thought comes in streams, and is left out of bodies.",
        changing_messages(_lacking_blocks("thinking", lambda _: True)),
        {
            "thinking::enabled_thinks_and_disabled_does_not": "ignored conforms",
            "thinking::a_stream_thinks_as_well": "ignored conforms",
            "thinking::it_thinks_in_company": "honoured falls_short",
            "thinking.adaptive::adaptive_may_think": "accepted",
        },
    ),
    Mutant(
        "tools-text-lost-in-bodies",
        "What is said beside a call is left out of bodies.",
        changing_messages(_lacking_blocks("text", _calls)),
        ignored("tools::a_streamed_call_is_whole"),
    ),
    Mutant(
        "messages.cache_control-silent-in-streams",
        "Streams do not say what was read from the cache.",
        changing_streams(in_every_usage(_silent_of_the_cache)),
        ignored("messages.cache_control::a_marked_prefix_is_cached"),
        personality="reference",
    ),
    Mutant(
        "messages.document-cut",
        "Of a document of text only the first 100 characters are read.",
        changing_requests(in_blocks(lambda _, blocks: [*map(_short_document, blocks)])),
        ignored("messages.document::*"),
        personality="reference",
    ),
    Mutant(
        "system-lost-behind-a-header",
        "system is lost where its first block is the header that Claude Code puts there.",
        changing_requests(_no_system_behind_a_header),
        ignored("system::it_is_read_beside_everything"),
    ),
    Mutant(
        "messages.text-last-4096-tokens",
        "Of a prompt of more than 4096 tokens the first turns are left out.",
        changing_requests(_last_turns),
        ignored("messages.text::a_long_message_is_read_to_its_end"),
    ),
    Mutant(
        "max_tokens-cut-call-unsaid",
        "A call that max_tokens cuts says tool_use.",
        _half_calls,
        ignored("max_tokens::a_call_that_is_cut_says_so"),
    ),
    Mutant(
        "max_tokens-lost-in-calls",
        "max_tokens has no effect where a call is forced.",
        changing_requests(_unlimited_calls),
        ignored("max_tokens::a_call_that_is_cut_says_so"),
        personality="reference",
    ),
    Mutant(
        "stream.text-blank-deltas-lost",
        "A piece of a stream that is nothing but blanks is lost.",
        changing_streams(_without_blanks),
        ignored("stream.text::what_a_body*", "stream.text::a_long_text*"),
    ),
    Mutant(
        "stream.usage-one-for-calls",
        "A stream with a call counts one output token.",
        changing_streams(_one_token_for_calls),
        ignored("stream.usage::every_stream_is_counted"),
    ),
    Mutant(
        "response.usage-no-more-than-1000",
        "No prompt counts more than 1000 tokens.",
        changing_replies(lambda reply: replace(reply, usage=replace(reply.usage, input=min(reply.usage.input, 1000)))),
        {
            **ignored("response.usage::every_body_is_counted"),
            **undecided(
                "tools::what_describes_a_tool_is_read", "messages.conversation::nothing_is_lost_among_the_rest"
            ),
        },
        is_rare=True,
    ),
    Mutant(
        "stream.incremental-held-back-beside-tools",
        "A stream is held back until the answer is whole, and sent at once, where tools are declared.",
        having(holds_back=lambda body: bool(body.get("tools"))),
        ignored("stream.incremental::*"),
        trial=Trial(features=("stream",), paced=True),
    ),
)
