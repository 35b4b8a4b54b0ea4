"""Services that get a parameter wrong: ignored, refused, honoured against the page, or half of each."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.events import Event
from conformance.simulator.api.validation import NAME, POSITIVE, STRING, Check, Request, field
from conformance.simulator.json_values import Object, list_at, without
from conformance.simulator.model.replies import Reply, Text, Thinking, ToolUse
from conformance.simulator.mutants.mutant import (
    UNCHANGED,
    UNDECIDED,
    Mutant,
    all_of,
    changing_replies,
    changing_requests,
    changing_streams,
    checking,
    ended,
    having,
    honouring,
    ignored,
    ignoring,
    refused,
    rejected,
    rejecting,
    unchecked,
    undecided,
    without_effect,
    without_effect_on_streams,
)
from conformance.simulator.personalities.models import MINIMAX
from conformance.simulator.personalities.personality import Personality
from conformance.simulator.personalities.reference import EXTRA_CHECKS

_VENDORS: Final = "You are a careful assistant of this company. Say only what you know, and say it politely. " * 20


def _swapped(reply: Reply) -> Reply:
    names = [model.name for model in MINIMAX]
    at = names.index(reply.model) + 1 if reply.model in names else 0
    return replace(reply, model=names[at % len(names)])


def _no_model(request: Request) -> None:
    raise Refusal(f"model: {request.body.get('model')}", "not_found_error")


def _serving_any(service: Personality) -> Personality:
    checks = {**service.checks, "model": field("model", NAME, required=True)}
    return replace(service, checks=checks, stand_in=service.models[0])


def _serving_strangers(service: Personality) -> Personality:
    listed = service.checks["model"]

    def check(request: Request) -> None:
        if str(request.body.get("model")).startswith("MiniMax"):
            listed(request)

    return replace(service, checks={**service.checks, "model": check}, stand_in=service.models[0])


def _short_system(body: Object) -> Object:
    system = body.get("system")
    return {**body, "system": system[:400]} if isinstance(system, str) else body


def _estimated(reply: Reply) -> Reply:
    characters = 0
    for block in reply.blocks:
        match block:
            case Text():
                characters += len(block.text)
            case Thinking():
                characters += len(block.thinking)
            case ToolUse():
                characters += len(json.dumps(block.input))
    return replace(reply, usage=replace(reply.usage, output=max(1, characters // 3)))


_FRAGMENTS: Final = {
    "mcp_servers": rejected("accepts.no_mcp_servers::*"),
    "context_management": rejected("accepts.no_edits::*"),
    "stop_sequences": undecided("accepts.*stop_sequences::*"),
}
"""What else turns where these are refused."""


def _extras(name: str, check: Check) -> tuple[Mutant, ...]:
    """What MiniMax's page says it ignores, honoured or refused; and ignored where it should be honoured."""
    cases, beside = f"{name}::*", _FRAGMENTS.get(name, {})
    untouched = {"top_k::a_large_one_is_taken": UNCHANGED} if name == "top_k" else {}
    return (
        Mutant(
            f"{name}-honoured",
            f"{name} has its effect.",
            honouring(name, check),
            {**untouched, cases: "honoured exceeds"},
        ),
        Mutant(f"{name}-rejected", f"{name} is refused.", rejecting(name), {**rejected(cases), **beside}),
        Mutant(
            f"{name}-ignored",
            f"{name} is taken and has no effect.",
            all_of(ignoring(name), unchecked(name)),
            {**untouched, **ignored(cases)},
            personality="reference",
        ),
    )


def _of_the_backend(events: tuple[Event, ...]) -> tuple[Event, ...]:
    def named(data: Object) -> Object:
        message = data["message"]
        return {**data, "message": {**message, "model": f"hosted/{message['model']}"}}

    return tuple(replace(event, data=named(event.data)) if "message" in event.data else event for event in events)


_MODELS: Final = (
    Mutant(
        "model-swapped",
        "The reply names another model than the one asked for.",
        changing_replies(_swapped),
        ignored("model::*"),
    ),
    Mutant(
        "model-of-the-backend-in-streams",
        "A stream names the model as the service behind the gateway does.",
        changing_streams(_of_the_backend),
        ignored("model::every_reply_names_the_model"),
    ),
    Mutant(
        "model-rejected",
        "A listed model is refused.",
        checking("model", _no_model),
        {
            "model::the_model_asked_for_answers": "rejected falls_short",
            "messages.count_tokens::a_prompt_is_counted": "rejected",
            "messages.count_tokens::every_part_of_a_prompt_is_counted": "not_applicable",
            "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
            "*": UNDECIDED,
        },
    ),
    Mutant("models.list-empty", "The list of models is empty.", having(lists=False), {"models.list::*": "ignored"}),
    Mutant(
        "models.unlisted-served-by-default",
        "A name that does not begin like a listed one is served by another model.",
        _serving_strangers,
        ignored("models.unlisted::a_name_of_no_house_is_refused"),
    ),
    Mutant(
        "models.unlisted-served",
        "A model that is not listed is served by another.",
        _serving_any,
        ignored("models.unlisted::*"),
    ),
)


def _first_and_last_of_system(body: Object) -> Object:
    blocks = list_at(body, "system")
    return {**body, "system": [blocks[0], blocks[-1]]} if len(blocks) > 2 else body


def _no_marked_system(body: Object) -> Object:
    blocks = list_at(body, "system")
    kept = [block for block in blocks if "cache_control" not in block]
    return {**body, "system": kept} if len(kept) < len(blocks) else body


_SYSTEM: Final = (
    refused(
        "system",
        {
            "system::*": "rejected falls_short",
            "examples.quick_start::the_first_example_prints_something": "rejected falls_short",
            "examples.streaming::the_second_example_prints_something": "rejected falls_short",
            **dict.fromkeys(
                (
                    "messages.conversation::nothing_is_lost_among_the_rest",
                    "messages.conversation::a_loop_is_read_whole",
                ),
                "inconclusive",
            ),
            "tool_choice.any::any_forces_a_call_after_a_result": "inconclusive",
        },
    ),
    without_effect(
        "system",
        {
            **undecided("system::*_call_is_forced"),
            **ignored("system::*", "messages.conversation::a_loop_is_read_whole"),
        },
    ),
    without_effect_on_streams(
        "system", ignored("system::it_is_read_for_a_stream", "system::it_is_read_beside_*", "system::*_streamed_call_*")
    ),
    Mutant(
        "system-cut",
        "Only the first 400 characters of a system prompt are read.",
        changing_requests(_short_system),
        ignored("system::a_long_one_is_read_to_its_end"),
    ),
    Mutant(
        "system.list-ignored",
        "A system prompt given as a list of blocks is dropped.",
        changing_requests(lambda body: body if isinstance(body.get("system"), str) else without(body, "system")),
        ignored(
            "system::blocks_of_it_are_all_read",
            "system::it_is_read_beside_everything",
        ),
    ),
    Mutant(
        "system.list-middle-lost",
        "Of a system prompt's blocks only the first and the last are read.",
        changing_requests(_first_and_last_of_system),
        ignored(
            "system::blocks_of_it_are_all_read",
            "system::it_is_read_beside_everything",
            "messages.conversation::nothing_is_lost_among_the_rest",
        ),
    ),
    Mutant(
        "system.list-marked-lost",
        "Blocks of a system prompt that are marked for the cache are dropped.",
        changing_requests(_no_marked_system),
        ignored("system::blocks_of_it_are_all_read"),
    ),
    Mutant(
        "system.list-rejected",
        "A system prompt given as a list of blocks is refused.",
        checking("system", field("system", STRING)),
        {
            "system::blocks_of_it_are_all_read": "rejected falls_short",
            "system::it_is_read_beside_everything": "rejected falls_short",
            "messages.conversation::nothing_is_lost_among_the_rest": "inconclusive",
        },
    ),
    Mutant(
        "system.vendor-default",
        "Where no system prompt is given, the vendor's own is put.",
        changing_requests(lambda body: body if body.get("system") else {**body, "system": _VENDORS}),
        tolerated="a vendor may have a system prompt for those who give none",
    ),
)

_MAX_TOKENS: Final = (
    refused(
        "max_tokens",
        {
            "max_tokens::sixteen_cuts_a_long_answer": "rejected falls_short",
            "max_tokens::a_cut_answer_says_so": "rejected falls_short",
            "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
            "*": UNDECIDED,
        },
    ),
    without_effect(
        "max_tokens",
        # Of a model that thinks nobody can tell where in its reply the call begins.
        {"max_tokens::a_call_that_is_cut_says_so": "not_applicable", **ignored("max_tokens::*")},
    ),
    without_effect_on_streams(
        "max_tokens",
        ignored(
            "max_tokens::a_streamed_answer_is_cut",
            "max_tokens::each_limit_cuts_a_stream_*",
            "max_tokens::it_cuts_in_company",
            "max_tokens::it_cuts_what_is_thought",
            "max_tokens::it_cuts_where_a_call_may_be_made",
        ),
    ),
    Mutant(
        "max_tokens.stop_reason-wrong",
        "An answer cut at max_tokens says end_turn.",
        changing_replies(lambda reply: ended(reply) if reply.stop_reason == "max_tokens" else reply),
        ignored(
            "max_tokens::a_cut_answer_says_so",
            "max_tokens::a_call_that_is_cut_says_so",
            "max_tokens::each_*",
            "response.stop_reason::every_body_says_why_it_stopped",
        ),
    ),
    Mutant(
        "max_tokens.range-not-enforced",
        "max_tokens may be left out.",
        checking("max_tokens", field("max_tokens", POSITIVE)),
        {"max_tokens.range::impossible_limits_are_refused": "ignored"},
    ),
    Mutant(
        "max_tokens.count-estimated",
        "Output is counted as a token for every three characters.",
        changing_replies(_estimated),
        tolerated="a count may be an estimate, and the limit is kept",
    ),
)

_METADATA: Final = (
    refused(
        "metadata",
        {**rejected("metadata::*"), **undecided("accepts.*user_id*", "accepts.empty_metadata::*")},
    ),
    Mutant("metadata-ignored", "metadata of a wrong type is taken.", unchecked("metadata"), ignored("metadata::*")),
)

_EXTRAS: Final = (
    *(mutant for name, check in EXTRA_CHECKS.items() for mutant in _extras(name, check)),
    without_effect_on_streams("top_k", ignored("top_k::one_collapses_streams"), personality="reference"),
    Mutant(
        "stop_sequences.stop_reason-wrong",
        "The text is cut at a stop sequence, and the reply says end_turn.",
        changing_replies(lambda reply: ended(reply) if reply.stop_reason == "stop_sequence" else reply),
        ignored(
            "stop_sequences::the_stop_is_named",
            "stop_sequences::several_words_stop_in_company",
            "stop_sequences::a_single_one_stops_after_a_result",
        ),
        personality="reference",
    ),
    Mutant(
        "unknown-accepted",
        "A field nobody knows is taken.",
        unchecked("unknown"),
        ignored("errors.unknown_field::a_field_nobody_has"),
        personality="reference",
    ),
)

MUTANTS: Final = (*_MODELS, *_SYSTEM, *_MAX_TOKENS, *_METADATA, *_EXTRAS)
