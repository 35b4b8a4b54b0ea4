"""Services that break the shape of a reply that is not streamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conformance.simulator.json_values import Object, without
from conformance.simulator.mutants.mutant import (
    UNDECIDED,
    Mutant,
    changing_messages,
    changing_replies,
    ended,
    having,
    ignored,
)

COUNTS: Final = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_UNCOUNTED: Final = {
    "response.usage::*": "ignored falls_short",
    "context_management::old_tool_results_are_cleared": "inconclusive",
    "messages.thinking::thinking_goes_back_in_a_tool_loop": "accepted conforms",
    "tools::what_describes_a_tool_is_read": "inconclusive",
    "max_tokens::a_call_that_is_cut_says_so": "not_applicable",
}
_UNREADABLE: Final = {
    "response.shape::every_body_is_a_message": "ignored falls_short",
    "response.shape::no_answer_is_left_out": "ignored falls_short",
    "examples.environment::a_base_url_and_a_key_are_enough": "ignored falls_short",
    "examples.quick_start::the_first_example_prints_something": "ignored falls_short",
    "*": UNDECIDED,
}


def _lacking(name: str) -> Callable[[Object], Object]:
    return lambda message: without(message, name)


def _saying(reason: str | None) -> Callable[[Object], Object]:
    return lambda message: {**message, "stop_reason": reason}


def _as_string(message: Object) -> Object:
    return {**message, "content": "".join(str(block.get("text", "")) for block in message["content"])}


def _thinking_aloud(message: Object) -> Object:
    """The thoughts of a message at the beginning of its text, as an engine without a parser for them leaves them."""
    thoughts = "".join(block["thinking"] for block in message["content"] if block["type"] == "thinking")
    rest = [block for block in message["content"] if block["type"] != "thinking"]
    said = [
        {**block, "text": f"<think>\n{thoughts}\n</think>\n\n{block['text']}"} for block in rest[:1] if "text" in block
    ]
    return {**message, "content": [*said, *rest[len(said) :]] if thoughts else message["content"]}


def _thought_afterwards(message: Object) -> Object:
    content = message["content"]
    return {**message, "content": sorted(content, key=lambda block: block["type"] == "thinking")}


def _no_number(message: Object) -> Object:
    return {**message, "usage": {**message["usage"], "cost": float("nan")}}


def _overheard(message: Object) -> Object:
    """The reply to a plain greeting, with a name that only other requests tell."""
    blocks = message["content"]
    if message["usage"]["input_tokens"] != _GREETING or message["stop_reason"] != "end_turn":
        return message
    return {**message, "content": [*blocks[:-1], {**blocks[-1], "text": f"{blocks[-1]['text']} Zorbanix says hello."}]}


_GREETING = 16
"""Tokens of the prompt that asks for a greeting."""


def zeros(usage: Object) -> Object:
    """A usage with all its counts at zero."""
    return {name: 0 if name in COUNTS else value for name, value in usage.items()}


def _with_a_sign(message: Object) -> Object:
    """The sign that ends a turn in the model's own prompt, at the end of every text."""
    signed = [
        {**block, "text": f"{block['text']}<|im_end|>"} if block.get("type") == "text" else block
        for block in message["content"]
    ]
    return {**message, "content": signed}


MUTANTS: Final = (
    *(
        Mutant(
            f"response.shape-missing-{name}",
            f"A reply has no {name}.",
            changing_messages(_lacking(name)),
            ignored("response.shape::every_body_is_a_message"),
        )
        for name in ("id", "type", "role")
    ),
    Mutant(
        "response.shape-missing-model",
        "A reply has no model.",
        changing_messages(_lacking("model")),
        {
            "response.shape::every_body_is_a_message": "ignored falls_short",
            "model::the_model_asked_for_answers": "accepted conforms",
        },
    ),
    Mutant(
        "response.shape-content-string",
        "A reply's content is a string.",
        changing_messages(_as_string),
        _UNREADABLE,
    ),
    Mutant(
        "response.shape-block-without-type",
        "A reply's content blocks do not say their type.",
        changing_messages(lambda it: {**it, "content": [without(block, "type") for block in it["content"]]}),
        _UNREADABLE,
    ),
    Mutant(
        "response.shape-template-in-the-text",
        "Texts end with the sign that ends a turn in the model's own prompt.",
        changing_messages(_with_a_sign),
        ignored("response.shape::no_sign_of_the_template_*", "response.shape::no_answer_ends_with_a_tag"),
    ),
    Mutant(
        "response.shape-thoughts-in-the-text",
        "Thoughts stand at the beginning of the text.",
        changing_messages(_thinking_aloud),
        {
            "response.shape::no_thought_stands_in_the_text": "ignored falls_short",
            # What is written at the beginning of the text is no thinking block.
            "thinking::enabled_thinks_and_disabled_does_not": "ignored conforms",
            "thinking::a_stream_thinks_as_well": "ignored conforms",
            "thinking::it_thinks_in_company": "honoured falls_short",
            "thinking.adaptive::adaptive_may_think": "accepted",
            # What the reply goes on with is behind the thought.
            "messages.prefill::half_a_word_is_finished": "inconclusive",
        },
    ),
    Mutant(
        "response.shape-thoughts-last",
        "A thought stands behind the text it led to.",
        changing_messages(_thought_afterwards),
        ignored("response.shape::thoughts_come_before_the_text"),
    ),
    Mutant(
        "response.shape-no-json",
        "A reply has NaN for a number, which JavaScript does not read.",
        changing_messages(_no_number),
        ignored("response.shape::every_body_is_a_message"),
    ),
    Mutant(
        "messages.conversation-overheard",
        "A greeting is answered with what another client was told, as where a cache takes one for the other.",
        changing_messages(_overheard),
        ignored("messages.conversation::nothing_of_another_request_is_said"),
    ),
    Mutant("response.usage-missing", "A reply has no usage.", changing_messages(_lacking("usage")), _UNCOUNTED),
    Mutant(
        "response.usage-zero",
        "A reply's usage is all zeros.",
        changing_messages(lambda it: {**it, "usage": zeros(it["usage"])}),
        _UNCOUNTED,
    ),
    *(
        Mutant(
            f"response.stop_reason-{name}",
            f"A reply's stop_reason is {said}.",
            changing_messages(_saying(reason)),
            {
                "response.stop_reason::*": "ignored falls_short",
                "max_tokens::a_cut_answer_says_so": "inconclusive",
            },
        )
        for name, said, reason in (("null", "null", None), ("unknown", "OpenAI's `stop`", "stop"))
    ),
    Mutant(
        "response.stop_reason-always-end_turn",
        "Every reply says end_turn, streamed or not.",
        changing_replies(ended),
        ignored(
            "response.stop_reason::*",
            "stream.stop_reason::*",
            "max_tokens::a_cut_answer_says_so",
            "max_tokens::a_call_that_is_cut_says_so",
            "max_tokens::each_*",
        ),
    ),
    Mutant(
        "response.content_type-wrong",
        "JSON is sent as text/plain.",
        having(message_type="text/plain"),
        ignored("response.shape::every_body_is_a_message"),
    ),
)
