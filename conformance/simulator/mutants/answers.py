"""Services that put something in the place of an answer, leave it out, or wrap what a call was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from zlib import crc32

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.events import Event
from conformance.simulator.api.validation import Request
from conformance.simulator.json_values import blocks_of, is_list, is_object, messages_of
from conformance.simulator.model.replies import Block, Reply, Text, Thinking, ToolUse
from conformance.simulator.mutants.mutant import (
    UNDECIDED,
    Mutant,
    Trial,
    changing_replies,
    changing_streams,
    checking,
    ignored,
    rejected,
    undecided,
)

_ERROR: Final = '{"type":"error","error":{"type":"invalid_request_error","message":"upstream said no"}}'
_SOME: Final = Trial(features=("system", "messages.text", "messages.tool_result", "stream.text", "response.shape"))
"""What happens now and then may happen in any case: some are asked, and those that cannot tell are not named."""


def _once_in(many: int, reply: Reply) -> bool:
    """Whether this is one reply of so many, by what it says."""
    said = "".join(block.text for block in reply.blocks if isinstance(block, Text))
    return reply.stop_reason == "end_turn" and crc32(said.encode()) % many == 0


def _texts(change: Callable[[Text], tuple[Block, ...]], many: int) -> Callable[[Reply], Reply]:
    """The texts of one reply in so many are changed."""

    def changed(reply: Reply) -> Reply:
        if not _once_in(many, reply):
            return reply
        blocks = (change(block) if isinstance(block, Text) else (block,) for block in reply.blocks)
        return replace(reply, blocks=tuple(block for some in blocks for block in some))

    return changed


def _tagged(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """A stream whose last text ends with a tag, where the model came to its end."""
    ends = any(event.data.get("delta", {}).get("stop_reason") == "end_turn" for event in events)
    texts = [at for at, event in enumerate(events) if event.data.get("delta", {}).get("type") == "text_delta"]
    if not ends or not texts:
        return events
    last = events[texts[-1]]
    tag = replace(last, data={**last.data, "delta": {"type": "text_delta", "text": "</answer>"}})
    return (*events[: texts[-1] + 1], tag, *events[texts[-1] + 1 :])


def _wordless(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """A stream that ends its turn without a word of its text."""
    if not any(event.data.get("delta", {}).get("stop_reason") == "end_turn" for event in events):
        return events
    return tuple(event for event in events if event.data.get("delta", {}).get("type") != "text_delta")


def _counted(name: str, change: Callable[[int], int]) -> Callable[[tuple[Event, ...]], tuple[Event, ...]]:
    """A stream whose count of that name is another, at its start and at its end."""

    def of(usage: Any) -> Any:
        return {**usage, name: change(usage[name])} if is_object(usage) and usage.get(name) else usage

    def counted(event: Event) -> Event:
        if event.name == "message_start":
            message = event.data["message"]
            return replace(event, data={**event.data, "message": {**message, "usage": of(message.get("usage"))}})
        if event.name == "message_delta":
            return replace(event, data={**event.data, "usage": of(event.data["usage"])})
        return event

    return lambda events: tuple(map(counted, events))


def _hidden(reply: Reply) -> Reply:
    blocks = (Thinking("") if isinstance(block, Thinking) else block for block in reply.blocks)
    return replace(reply, blocks=tuple(blocks))


def _in_thought(reply: Reply) -> Reply:
    """A call of a reply that thinks, once in three, stays in the thought."""
    called = [block for block in reply.blocks if isinstance(block, ToolUse)]
    thoughts = [block for block in reply.blocks if isinstance(block, Thinking)]
    if not called or not thoughts or crc32(thoughts[0].thinking.encode()) % 3:
        return reply
    thought = replace(thoughts[0], thinking=f'{thoughts[0].thinking}\n<invoke name="{called[0].name}"></invoke>')
    return replace(reply, blocks=(thought,), stop_reason="end_turn")


def _inputs(change: Callable[[ToolUse], Any]) -> Callable[[Reply], Reply]:
    return lambda reply: replace(
        reply,
        blocks=tuple(
            replace(block, input=change(block)) if isinstance(block, ToolUse) else block for block in reply.blocks
        ),
    )


def _wrapped_at_times(call: ToolUse) -> Any:
    seldom = crc32(str(call.input).encode()) % 3 == 0 and call.input
    return {"$PARAMETER_NAME": call.input} if seldom else call.input


def _shallow(value: Any, depth: int = 0) -> Any:
    """A value without the objects in its objects."""
    if not is_object(value):
        return value
    return {name: _shallow(inner, depth + 1) for name, inner in value.items() if not (depth and is_object(inner))}


def _cut_at_tags(value: Any) -> Any:
    if is_object(value):
        return {name: _cut_at_tags(inner) for name, inner in value.items()}
    return value.split("</")[0] if isinstance(value, str) else value


def _nothing_but_calls(request: Request) -> None:
    for message in messages_of(request.body):
        kinds = {str(block.get("type")) for block in blocks_of(message.get("content"))}
        if message.get("role") == "assistant" and kinds == {"tool_use"}:
            raise Refusal("messages: the content of an assistant message is empty")


def _nothing_beside(request: Request) -> None:
    for message in messages_of(request.body):
        content = message.get("content")
        kinds = {str(block.get("type")) for block in content} if is_list(content) else set()
        if {"tool_result", "text"} <= kinds:
            raise Refusal("messages: unexpected role 'user' after role 'tool'")


MUTANTS: Final = (
    Mutant(
        "response.shape-answer-left-out",
        "A stream that ends its turn has no text.",
        changing_streams(_wordless),
        ignored("response.shape::no_answer_is_left_out", "stream.text::*_a_stream_says", "stream.text::a_long_text_*"),
        trial=_SOME,
    ),
    Mutant(
        "response.shape-answer-tagged",
        "A streamed answer ends with </answer>.",
        changing_streams(_tagged),
        ignored("response.shape::no_answer_ends_with_a_tag", "stream.text::*_a_stream_says", "stream.text::a_long_*"),
    ),
    Mutant(
        "response.shape-error-as-answer",
        "One answer in seven is an error of the API, as text.",
        changing_replies(_texts(lambda _: (Text(_ERROR),), 7)),
        {**ignored("response.shape::nothing_stands_in_for_an_answer"), "*": UNDECIDED},
        trial=_SOME,
    ),
    Mutant(
        "response.shape-bangs",
        "One answer in seven is a row of exclamation marks.",
        changing_replies(_texts(lambda text: (Text("!" * max(8, len(text.text))),), 7)),
        {**ignored("response.shape::nothing_stands_in_for_an_answer"), "*": UNDECIDED},
        trial=_SOME,
    ),
    Mutant(
        "response.shape-answer-twice",
        "One answer in five stands in two blocks.",
        changing_replies(_texts(lambda text: (text, text), 5)),
        {**ignored("response.shape::nothing_stands_in_for_an_answer"), "*": UNDECIDED},
        trial=_SOME,
    ),
    Mutant(
        "tools-call-in-thought",
        "One call in three that is thought about stays in the thought.",
        changing_replies(_in_thought),
        {
            **ignored("tools::no_call_stays_in_a_thought"),
            "tools::names_that_end_otherwise_are_two": "not_applicable",
            "*": UNDECIDED,
        },
        trial=Trial(features=("tools",)),
    ),
    Mutant(
        "stream.usage-adds-up",
        "output_tokens of a stream are those of all that was written since the service began.",
        changing_streams(_counted("output_tokens", lambda count: count + 90_000)),
        {
            **ignored("stream.usage::every_stream_is_counted"),
            **undecided(
                "max_tokens::it_cuts_in_company",
                "max_tokens::it_cuts_what_is_thought",
                "max_tokens::it_cuts_where_a_call_may_be_made",
                "stream.tool_input::every_streamed_input_is_json",
            ),
        },
    ),
    Mutant(
        "stream.usage-output-threefold",
        "output_tokens of a stream are three times what they are.",
        changing_streams(_counted("output_tokens", lambda count: 3 * count)),
        {
            **ignored("stream.usage::every_stream_is_counted"),
            **undecided(
                "max_tokens::it_cuts_in_company",
                "max_tokens::it_cuts_what_is_thought",
                "max_tokens::it_cuts_where_a_call_may_be_made",
            ),
        },
    ),
    Mutant(
        "stream.usage-in-characters",
        "input_tokens of a stream count characters.",
        changing_streams(_counted("input_tokens", lambda count: 4 * count + 37)),
        ignored("stream.usage::every_stream_is_counted"),
    ),
    Mutant(
        "response.signature-wordless",
        "A thought has no words and no signature.",
        changing_replies(_hidden),
        {
            "response.signature::every_thought_is_signed": "ignored",
            **undecided(
                "temperature::near_zero_collapses_streams",
                "top_p::tiny_nucleus_collapses_streams",
                "top_k::one_collapses_streams",
            ),
        },
    ),
    Mutant(
        "tools.input-wrapped",
        "One input in three stands inside a parameter of another name.",
        changing_replies(_inputs(_wrapped_at_times)),
        {
            **ignored("tools.input::every_call_can_be_run"),
            "tools.input::what_is_required_is_told_from_the_rest": "accepted conforms",
            "*": UNDECIDED,
        },
        trial=Trial(features=("tools.input",)),
    ),
    Mutant(
        "tools.input-free-objects-emptied",
        "An object whose keys no schema names comes empty.",
        changing_replies(_inputs(lambda call: {**call.input, **({"labels": {}} if "labels" in call.input else {})})),
        ignored("tools.input::a_string_stays_a_string"),
    ),
    Mutant(
        "tools.input-deep-objects-lost",
        "An object in an object is lost.",
        changing_replies(_inputs(lambda call: _shallow(call.input))),
        ignored("tools.input::a_string_stays_a_string"),
    ),
    Mutant(
        "tools.input-cut-at-tags",
        "A string ends before the first closing tag in it.",
        changing_replies(_inputs(lambda call: _cut_at_tags(call.input))),
        ignored("tools.input::a_string_stays_a_string"),
    ),
    Mutant(
        "messages.tool_use-alone-refused",
        "A turn of the assistant that is nothing but calls is refused.",
        checking("messages.calls_alone", _nothing_but_calls),
        rejected("messages.tool_use::the_input_of_a_call_is_read"),
        trial=Trial(features=("messages.tool_use", "messages.tool_result", "tools", "messages.conversation")),
    ),
    Mutant(
        "messages.tool_result-text-beside-refused",
        "A text beside a result is refused.",
        checking("messages.text_beside", _nothing_beside),
        {
            **rejected("messages.tool_result::what_is_said_beside_a_result_is_read"),
            "*": UNDECIDED,
        },
        trial=Trial(features=("messages.tool_use", "messages.tool_result", "tools", "messages.conversation")),
    ),
)
