"""Services that lose what is said in a conversation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from conformance.simulator.json_values import Object, blocks_of, messages_of, object_at, without
from conformance.simulator.mutants.mutant import Change, Mutant, changing_requests, changing_streamed_requests, ignored


def in_blocks(change: Callable[[str, list[Object]], list[Object]]) -> Callable[[Object], Object]:
    """Change the blocks of every message, given its role."""

    def heard(body: Object) -> Object:
        messages = [
            {**message, "content": change(message["role"], blocks_of(message["content"]))}
            for message in messages_of(body)
        ]
        return {**body, "messages": messages}

    return heard


def _in_texts(change: Callable[[str], str]) -> Change:
    """Change the words of every text block."""
    return changing_requests(
        in_blocks(
            lambda _, blocks: [
                {**block, "text": change(block["text"])} if block["type"] == "text" else block for block in blocks
            ]
        )
    )


def of_kind(kind: str) -> Callable[[Object], bool]:
    """Whether a block is of a kind."""
    return lambda block: bool(block["type"] == kind)


def _dropping(kind: str) -> Callable[[Object], Object]:
    return in_blocks(lambda _, blocks: all_but(kind, blocks))


def all_but(kind: str, blocks: Iterable[Object]) -> list[Object]:
    """The blocks that are not of a kind."""
    return [block for block in blocks if block["type"] != kind]


def _first_texts(count: int) -> Change:
    """Of every turn's text blocks only so many are read."""

    def kept(_role: str, blocks: list[Object]) -> list[Object]:
        later = [id(block) for block in filter(of_kind("text"), blocks)][count:]
        return [block for block in blocks if id(block) not in later]

    return changing_requests(in_blocks(kept))


def _result_cut(block: Object) -> Object:
    content = block.get("content")
    return {**block, "content": content[:2000]} if isinstance(content, str) else block


def _last_turn(body: Object) -> Object:
    messages = messages_of(body)
    speaking = [
        at
        for at, message in enumerate(messages)
        if message["role"] == "user" and any(map(of_kind("text"), blocks_of(message["content"])))
    ]
    last = speaking[-1] if speaking else 0
    heard = [
        {**message, "content": all_but("text", blocks_of(message["content"]))} if at < last else message
        for at, message in enumerate(messages)
    ]
    return {**body, "messages": heard}


def _no_assistant_strings(body: Object) -> Object:
    heard = [
        {**message, "content": "OK."}
        if message["role"] == "assistant" and isinstance(message["content"], str)
        else message
        for message in messages_of(body)
    ]
    return {**body, "messages": heard}


def _last_of_a_role(body: Object) -> Object:
    messages = messages_of(body)
    heard = [
        message
        for message, after in zip(messages, [*messages[1:], {}], strict=True)
        if message["role"] != "user" or after.get("role") != "user"
    ]
    return {**body, "messages": heard}


def _no_system_in_a_loop(body: Object) -> Object:
    called = any(
        map(of_kind("tool_use"), (block for each in messages_of(body) for block in blocks_of(each["content"])))
    )
    return without(body, "system") if called else body


def _no_results_while_thinking(body: Object) -> Object:
    return _dropping("tool_result")(body) if object_at(body, "thinking").get("type") == "enabled" else body


_TEXT: Final = (
    Mutant(
        "messages.text-first-block-only",
        "Of a message's text blocks only the first is read.",
        _first_texts(1),
        ignored(
            "messages.text::every_block_of_a_turn_is_read",
            "messages.text::earlier_turns_are_read",
            "messages.text::what_the_assistant_said_is_read",
            "messages.text::what_clients_wrap_in_tags_is_read",
            "messages.conversation::nothing_is_lost_among_the_rest",
        ),
    ),
    Mutant(
        "messages.text-last-turn-only",
        "Text of the turns before the last request is lost.",
        changing_requests(_last_turn),
        ignored(
            "messages.text::a_long_history_is_read",
            "messages.text::earlier_turns_are_read",
            "messages.text::what_the_assistant_said_is_read",
            "messages.text::two_answers_in_a_row_are_read",
            "messages.conversation::nothing_is_lost_among_the_rest",
        ),
    ),
    Mutant(
        "messages.text-assistant-lost",
        "What the assistant said before is lost.",
        changing_requests(in_blocks(lambda role, blocks: all_but("text", blocks) if role == "assistant" else blocks)),
        {
            "messages.text::what_the_assistant_said_is_read": "ignored falls_short",
            "messages.text::two_answers_in_a_row_are_read": "ignored falls_short",
            "messages.conversation::a_loop_is_read_whole": "ignored falls_short",
            "messages.prefill::half_a_word_is_finished": "ignored",
        },
    ),
    Mutant(
        "messages.text-assistant-strings-lost",
        "What the assistant said before is lost where it is a string.",
        changing_requests(_no_assistant_strings),
        {
            "messages.text::what_the_assistant_said_is_read": "ignored falls_short",
            "messages.text::two_answers_in_a_row_are_read": "ignored falls_short",
            "messages.prefill::half_a_word_is_finished": "ignored",
        },
    ),
    Mutant(
        "messages.text-turns-replaced",
        "Of two turns of the user, one after the other, only the second is read.",
        changing_requests(_last_of_a_role),
        ignored("messages.text::earlier_turns_are_read", "messages.tool_result::results_over_two_turns_are_read"),
    ),
    Mutant(
        "messages.text-marked-lost",
        "Text blocks that are marked for the cache are dropped.",
        changing_requests(in_blocks(lambda _, blocks: [each for each in blocks if "cache_control" not in each])),
        {
            "messages.text::every_block_of_a_turn_is_read": "ignored falls_short",
            "messages.tool_result::every_result_of_a_turn_is_read": "ignored falls_short",
            "clients.opencode::a_conversation_with_a_tool": "accepted",  # it marks what it asks
        },
    ),
    Mutant(
        "messages.text-emoji-lost",
        "Emoji are dropped from messages.",
        _in_texts(lambda text: re.sub("[\U00010000-\U0010ffff]", "", text)),
        {
            "messages.text::what_is_not_ascii_is_read": "ignored falls_short",
            "tools.input::every_type_of_input_comes_out_as_it_is": "inconclusive",
            "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is": "inconclusive",
            "stream.text::what_a_body_says_a_stream_says": "inconclusive",
        },
    ),
    Mutant(
        "messages.text-emoji-in-halves",
        "Each emoji of a message is two signs of what could not be read.",
        _in_texts(lambda text: re.sub("[\U00010000-\U0010ffff]", "\ufffd\ufffd", text)),
        {
            "messages.text::what_is_not_ascii_is_read": "ignored falls_short",
            "stream.text::no_character_comes_in_halves": "accepted conforms",
            "stream.text::what_a_body_says_a_stream_says": "inconclusive",
            "tools.input::every_type_of_input_comes_out_as_it_is": "inconclusive",
            "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is": "inconclusive",
        },
    ),
    Mutant(
        "messages.text-question-marks",
        "What is not ASCII is a question mark in messages, and counted.",
        _in_texts(lambda text: text.encode("ascii", "replace").decode()),
        {
            "messages.text::what_is_not_ascii_is_read": "ignored falls_short",
            "tools.input::every_type_of_input_comes_out_as_it_is": "inconclusive",
            "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is": "inconclusive",
            "stream.text::*_*stream*": "inconclusive",
        },
    ),
    Mutant(
        "messages.text-middle-cut",
        "Of a long message the first and the last 1500 characters are read.",
        _in_texts(lambda text: text if len(text) <= 3000 else text[:1500] + text[-1500:]),
        {
            "messages.text::a_long_message_is_read_to_its_end": "ignored falls_short",
            "system::a_long_one_is_read_to_its_end": "inconclusive",
        },
    ),
    Mutant(
        "messages.text-ascii-only",
        "What is not ASCII is dropped from messages.",
        _in_texts(lambda text: text.encode("ascii", "ignore").decode()),
        {
            "messages.text::what_is_not_ascii_is_read": "ignored falls_short",
            "tools.input::every_type_of_input_comes_out_as_it_is": "inconclusive",
            "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is": "inconclusive",
            "stream.text::*_*stream*": "inconclusive",
        },
    ),
    Mutant(
        "messages.tool_result-cut",
        "Of the content of a tool_result only the first 2000 characters are read.",
        changing_requests(in_blocks(lambda _, blocks: [_result_cut(block) for block in blocks])),
        ignored("messages.tool_result::the_result_of_a_call_is_read"),
    ),
    Mutant(
        "messages.text-misread",
        "The bytes of messages are read as Latin-1, and counted.",
        _in_texts(lambda text: text.encode().decode("latin-1")),
        {
            "messages.text::what_is_not_ascii_is_read": "ignored falls_short",
            "response.shape::no_text_is_escaped": "ignored falls_short",
            "tools.input::every_type_of_input_comes_out_as_it_is": "inconclusive",
            "stream.tool_input::every_type_of_streamed_input_comes_out_as_it_is": "inconclusive",
            "stream.text::*_*stream*": "inconclusive",
        },
    ),
    Mutant(
        "messages.text-cut",
        "Of a long message only the first 2000 characters are read.",
        _in_texts(lambda text: text[:2000]),
        {
            "messages.text::a_long_message_is_read_to_its_end": "ignored falls_short",
            "system::a_long_one_is_read_to_its_end": "inconclusive",
            "tools::what_describes_a_tool_is_read": "inconclusive",
        },
    ),
)

# Services that lose in a conversation what they read by itself.
_CONVERSATION: Final = tuple(
    Mutant(
        f"messages.conversation-{name}",
        description,
        change,
        ignored("messages.conversation::nothing_is_lost_among_the_rest", *also),
    )
    for name, description, change, *also in (
        (
            "trimmed",
            "Only the last twelve turns are read.",
            changing_requests(lambda body: {**body, "messages": messages_of(body)[-12:]}),
        ),
        (
            "system-lost",
            "Where tools have been called, the system prompt is dropped.",
            changing_requests(_no_system_in_a_loop),
            "system::it_is_read_after_a_call",
            "messages.conversation::a_loop_is_read_whole",
        ),
        (
            "fourth-block-lost",
            "Of a turn's text blocks only three are read.",
            _first_texts(3),
            "messages.text::every_block_of_a_turn_is_read",
        ),
        (
            "results-lost",
            "While it thinks, it does not read the results of tools.",
            changing_requests(_no_results_while_thinking),
        ),
        (
            "streamed-calls-lost",
            "Over a stream the calls of a history are dropped.",
            changing_streamed_requests(_dropping("tool_use")),
        ),
    )
)

MUTANTS: Final = (*_TEXT, *_CONVERSATION)
