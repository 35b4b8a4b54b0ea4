"""Services that get sampling or thinking wrong."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import NUMBER, OBJECT, SHARE, Check, Request, field
from conformance.simulator.json_values import Object, object_at, without
from conformance.simulator.model.replies import Reply, Thinking
from conformance.simulator.mutants.mutant import (
    UNCHANGED,
    Change,
    Mutant,
    all_of,
    changing_replies,
    changing_requests,
    changing_streamed_requests,
    checking,
    having,
    ignored,
    ignoring,
    losing,
    refused,
    refusing_type,
    rejected,
    undecided,
    without_effect,
    without_effect_on_streams,
)
from conformance.simulator.personalities.personality import Personality

_SAMPLED: Final = ("temperature::*", "top_p::*", "top_k::one_*")


def _on_one_replica(name: str) -> Change:
    """Every other request, by what it holds, comes to a replica on which a parameter has no effect."""

    def forgetful(body: Object) -> Object:
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
        return without(body, name) if digest[0] % 2 else body

    return changing_requests(forgetful)


_PREAMBLE: Final = "The user wants me to do something, and so I should think about how to do it well. "


def _with_preamble(reply: Reply) -> Reply:
    blocks = tuple(
        replace(block, thinking=_PREAMBLE + block.thinking) if isinstance(block, Thinking) else block
        for block in reply.blocks
    )
    return replace(reply, blocks=blocks)


def _temperature(schema: Object) -> Change:
    return checking("temperature", field("temperature", schema))


def _with_a_point(name: str) -> Check:
    def check(request: Request) -> None:
        if type(request.body.get(name)) is int:
            raise Refusal(f"{name}: Input should be a valid float")

    return check


def _of_two_digits(name: str) -> Check:
    def check(request: Request) -> None:
        value = request.body.get(name)
        if isinstance(value, float) and round(value, 2) != value:
            raise Refusal(f"{name}: at most two decimal places are supported")

    return check


def _only_small(request: Request) -> None:
    if request.body.get("top_k", 1) > 40:
        raise Refusal("top_k: Input should be less than or equal to 40")


def _unchecked_in_streams(service: Personality) -> Personality:
    check = service.checks["temperature"]

    def only_whole(request: Request) -> None:
        if request.body.get("stream") is not True:
            check(request)

    return checking("temperature", only_whole)(service)


_TEMPERATURE: Final = (
    without_effect("temperature", ignored("temperature::*")),
    refused(
        "temperature",
        {
            "temperature::*": "rejected falls_short",
            "temperature.range::zero_collapses_diversity": UNCHANGED,  # 0 is no temperature here
            "temperature.range::*": "inconclusive",
            "headers.anthropic-version.2026-10-21::temperature_is_taken_as_before": "inconclusive",
            "accepts.temperature_beside_top_p::it_is_taken": "inconclusive",
        },
    ),
    without_effect_on_streams("temperature", ignored("temperature::near_zero_collapses_streams")),
    Mutant(
        "temperature-ignored-by-one-replica",
        "temperature has no effect on one of two replicas.",
        _on_one_replica("temperature"),
        {
            "temperature::*": "inconsistent falls_short",
        },
    ),
    Mutant(
        "temperature-cached",
        "Whole replies come from a cache, whatever max_tokens is.",
        having(remembers=lambda body: without(body, "max_tokens")),
        {**undecided(*_SAMPLED), "response.id::every_message_has_an_id_of_its_own": "ignored falls_short"},
    ),
    Mutant(
        "temperature-ignored-after-preamble",
        "temperature has no effect, and whatever it thinks begins with the same words.",
        all_of(ignoring("temperature"), changing_replies(_with_preamble)),
        ignored("temperature::*"),
    ),
    Mutant(
        "temperature.preamble",
        "Whatever it thinks begins with the same words.",
        changing_replies(_with_preamble),
        tolerated="a model may begin every thought with the same words",
    ),
    *(
        Mutant(
            f"temperature.range-{name}",
            description,
            change,
            {**ignored("temperature.range::each_bound_is_enforced"), "temperature.range::it_is_refused_in_*": beside},
        )
        for name, description, change, beside in (
            ("not-enforced", "Any number is taken for temperature.", _temperature(NUMBER), "not_applicable"),
            ("zero-accepted", "A temperature of 0 is taken.", _temperature(SHARE), UNCHANGED),
            (
                "upper-not-enforced",
                "A temperature above 1 is taken.",
                _temperature({"type": "number", "exclusiveMinimum": 0.0, "maximum": math.inf}),
                "not_applicable",
            ),
            (
                "not-enforced-in-streams",
                "Any number is taken for the temperature of a stream.",
                _unchecked_in_streams,
                "ignored falls_short",
            ),
        )
    ),
    *(
        Mutant(
            f"{name}.range-whole-refused",
            f"{name} must be written with a point in it.",
            checking(f"{name}.point", _with_a_point(name)),
            turns,
        )
        for name, turns in (
            ("temperature", rejected("temperature.range::a_whole_number_is_a_temperature")),
            (
                "top_p",
                {
                    "top_p.range::a_share_above_one_is_refused": "rejected",
                    "top_p.range::a_whole_number_is_a_share": "rejected",
                },
            ),
        )
    ),
    Mutant(
        "temperature.range-zero-left-out",
        "A temperature of 0 is taken for none.",
        losing("temperature", lambda body: bool(body.get("temperature", 1) == 0)),
        ignored("temperature.range::zero_collapses_diversity"),
        personality="reference",
    ),
    *(
        Mutant(
            f"{name}.range-two-digits",
            f"{name} may have two digits behind the point, and no more.",
            checking(f"{name}.digits", _of_two_digits(name)),
            turns,
        )
        for name, turns in (
            ("temperature", rejected("temperature.range::any_temperature_of_the_range_is_taken")),
            ("top_p", {**rejected("top_p::*"), "top_p.range::any_share_of_the_range_is_taken": "rejected"}),
        )
    ),
)

_TOP_P: Final = (
    without_effect("top_p", ignored("top_p::*")),
    refused(
        "top_p",
        {
            "top_p::*": "rejected falls_short",
            "top_p.range::*": "inconclusive",
            "accepts.temperature_beside_top_p::it_is_taken": "inconclusive",
        },
    ),
    without_effect_on_streams("top_p", ignored("top_p::tiny_nucleus_collapses_streams")),
    Mutant(
        "top_p.range-not-enforced",
        "Any number is taken for top_p.",
        checking("top_p", field("top_p", NUMBER)),
        {
            "top_p.range::a_share_above_one_is_refused": "ignored",
            "top_p.range::a_share_above_one_is_refused_in_company": "not_applicable",
        },
    ),
)


def _never_disabled(body: Object) -> Object:
    return without(body, "thinking") if object_at(body, "thinking").get("type") == "disabled" else body


def _thinks(decide: Callable[[str | None], bool]) -> Change:
    return having(thinks=lambda kind, _model, _turns: decide(kind))


_THINKING: Final = (
    Mutant(
        "thinking-ignored",
        "It never thinks, whatever was asked.",
        _thinks(lambda _: False),
        {
            "thinking::enabled_thinks_and_disabled_does_not": "ignored conforms",
            "response.signature::every_thought_is_signed": "accepted",
            "thinking::a_stream_thinks_as_well": "not_applicable",
            "response.shape::thoughts_come_before_the_text": "accepted conforms",
            "thinking::it_thinks_in_company": "not_applicable",
            "thinking.adaptive::adaptive_may_think": "accepted",
        },
    ),
    Mutant(
        "thinking-always",
        "It thinks, whatever was asked.",
        _thinks(lambda _: True),
        {
            "thinking::enabled_thinks_and_disabled_does_not": "ignored conforms",
            "thinking::a_stream_thinks_as_well": "accepted conforms",
            "thinking::it_thinks_in_company": "accepted conforms",
            "thinking.adaptive::adaptive_may_think": "accepted",
        },
    ),
    refused(
        "thinking",
        {
            "thinking::*": "rejected falls_short",
            "thinking.adaptive::adaptive_may_think": "rejected",
            "accepts.thinking_omitted::it_is_taken": "inconclusive",
            "tool_choice.with_thinking::*": "inconclusive",
        },
    ),
    Mutant(
        "thinking-ignored-in-streams",
        "What it thinks does not come over a stream.",
        changing_streamed_requests(lambda body: {**body, "thinking": {"type": "disabled"}}),
        {
            "thinking::a_stream_thinks_as_well": "ignored falls_short",
            "thinking::it_thinks_in_company": "not_applicable",
        },
    ),
    Mutant(
        "thinking.disabled-ignored-in-streams",
        "A stream has thoughts, also where thinking is disabled.",
        changing_streamed_requests(_never_disabled),
        {
            "thinking::a_stream_thinks_as_well": "ignored falls_short",
            "thinking::it_thinks_in_company": "not_applicable",
        },
    ),
    Mutant(
        "thinking.enabled-ignored",
        "Asked to think with 'enabled', it does not.",
        _thinks(lambda kind: kind not in ("enabled", "disabled")),
        {
            "thinking::enabled_thinks_and_disabled_does_not": "ignored conforms",
            "thinking::a_stream_thinks_as_well": "not_applicable",
            "thinking::it_thinks_in_company": "not_applicable",
        },
    ),
    Mutant(
        "thinking.enabled-rejected",
        "Thinking of type 'enabled' is refused.",
        refusing_type("thinking", "enabled"),
        {**rejected("thinking::*"), "tool_choice.with_thinking::*": "inconclusive"},
    ),
    Mutant(
        "thinking.disabled-thinks",
        "It thinks where thinking is disabled, and not where nothing is said of it.",
        _thinks(lambda kind: kind is not None),
        {
            "thinking::enabled_thinks_and_disabled_does_not": "ignored conforms",
            "thinking::a_stream_thinks_as_well": "accepted conforms",
            "thinking::it_thinks_in_company": "accepted conforms",
            "thinking.adaptive::adaptive_may_think": "accepted",
        },
    ),
    Mutant(
        "thinking.adaptive-ignored",
        "Asked to think with 'adaptive', it does not.",
        _thinks(lambda kind: kind not in ("adaptive", "disabled")),
        {"thinking.adaptive::*": "accepted"},
    ),
    Mutant(
        "thinking.adaptive-rejected",
        "Thinking of type 'adaptive' is refused.",
        refusing_type("thinking", "adaptive"),
        {"thinking.adaptive::*": "rejected", "accepts.thinking_omitted::it_is_taken": "inconclusive"},
    ),
    Mutant(
        "thinking.disabled-rejected",
        "Thinking of type 'disabled' is refused.",
        refusing_type("thinking", "disabled"),
        {
            "thinking::*": "accepted conforms",
            "thinking.adaptive::adaptive_may_think": "accepted",
        },
    ),
    Mutant(
        "thinking.unknown_type-accepted",
        "Any type of thinking is taken.",
        checking("thinking", field("thinking", OBJECT)),
        {"thinking.unknown_type::*": "ignored"},
    ),
)

_TOP_K: Final = (
    Mutant(
        "top_k-refused-above-40",
        "A top_k of more than 40 is refused.",
        checking("top_k.small", _only_small),
        rejected("top_k::a_large_one_is_taken"),
    ),
)

MUTANTS: Final = (*_TEMPERATURE, *_TOP_P, *_TOP_K, *_THINKING)
