"""Services that lose or refuse what a history is made of beside words: calls, results and thoughts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from conformance.simulator.api.conversation import every_block, no_blocks
from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import Request
from conformance.simulator.json_values import Object
from conformance.simulator.mutants.messages import all_but, in_blocks, of_kind
from conformance.simulator.mutants.mutant import (
    CALLS_IN_FRAGMENTS,
    Change,
    Mutant,
    changing_requests,
    checking,
    ignored,
    rejected,
)


def _in_results(change: Callable[[list[Object]], list[Object]]) -> Change:
    """Change the blocks of the turns that bring results."""
    return changing_requests(
        in_blocks(lambda _, blocks: change(blocks) if any(map(of_kind("tool_result"), blocks)) else blocks)
    )


def _one_result(at: int) -> Change:
    """Of every turn's results only the one at an index is read."""

    def kept(blocks: list[Object]) -> list[Object]:
        results = [block for block in blocks if block["type"] == "tool_result"]
        return [block for block in blocks if block["type"] != "tool_result" or block is results[at]]

    return _in_results(kept)


def _first_input_only(blocks: list[Object]) -> list[Object]:
    calls = [block for block in blocks if block["type"] == "tool_use"]
    return [{**block, "input": {}} if block in calls[1:] else block for block in blocks]


def _no_listed_result(request: Request) -> None:
    for where, _, block in every_block(request):
        if block.get("type") == "tool_result" and not isinstance(block.get("content"), str):
            raise Refusal(f"{where}.content: Input should be a valid string")


def _not_reading(kind: str) -> Change:
    return lambda service: replace(service, reads=service.reads - {kind})


def _refusing(kind: str) -> Change:
    return checking(f"messages.{kind}.rejected", no_blocks(kind))


_LONG_ID: Final = "messages.tool_use::an_id_of_46_characters_is_matched"
_TOOL_HISTORY: Final = {
    "context_management::old_tool_results_are_cleared": "inconclusive",
    "examples.tool_history::*": "rejected falls_short",
    "messages.tool_result.order::*": "inconclusive",
    "messages.tool_result.is_error::*": "inconclusive",
    **dict.fromkeys(
        ("messages.conversation::nothing_is_lost_among_the_rest", "messages.conversation::a_loop_is_read_whole"),
        "inconclusive",
    ),
    "tool_choice.any::any_forces_a_call_after_a_result": "inconclusive",
    "messages.image.in_a_result::a_picture_in_a_result_is_seen": "inconclusive",
    "messages.thinking::thinking_goes_back_in_a_tool_loop": "inconclusive",
    **CALLS_IN_FRAGMENTS,
}
"""What else goes wrong where calls, or their results, are refused."""

MUTANTS: Final = (
    Mutant(
        "messages.tool_use-lost",
        "tool_use blocks in the history are dropped.",
        _not_reading("tool_use"),
        {_LONG_ID: "unchanged", **ignored("messages.tool_use::*", "messages.conversation::a_loop_is_read_whole")},
    ),
    Mutant(
        "messages.tool_use-first-input-only",
        "Of the calls of a turn in the history only the first keeps its input.",
        changing_requests(in_blocks(lambda _, blocks: _first_input_only(blocks))),
        {
            _LONG_ID: "unchanged",  # its result is read
            **ignored("messages.tool_use::*", "messages.conversation::nothing_is_lost_among_the_rest"),
            "messages.tool_result::each_of_two_results_is_its_calls": "ignored falls_short",
            "messages.tool_result.order::*": "ignored",
        },
    ),
    Mutant(
        "messages.tool_result-marked-lost",
        "What a tool_result holds is dropped where it is marked for the cache.",
        changing_requests(
            in_blocks(
                lambda _, blocks: [
                    {**each, "content": ""} if each["type"] == "tool_result" and "cache_control" in each else each
                    for each in blocks
                ]
            )
        ),
        {
            "messages.tool_result::every_result_of_a_turn_is_read": "ignored falls_short",
            "clients.opencode::a_conversation_with_a_tool": "accepted",  # it marks what a tool returned
        },
    ),
    Mutant(
        "messages.tool_use-rejected",
        "tool_use blocks in the history are refused.",
        _refusing("tool_use"),
        {
            _LONG_ID: "inconclusive",
            "messages.tool_use::*": "rejected falls_short",
            "messages.tool_result::*": "inconclusive",
            **_TOOL_HISTORY,
        },
    ),
    Mutant(
        "messages.tool_result-lost",
        "tool_result blocks in the history are dropped.",
        _not_reading("tool_result"),
        {
            "messages.tool_result::what_is_said_beside_a_result_is_read": "unchanged",
            "messages.tool_result::each_of_two_results_is_its_calls": "inconclusive",  # it calls once more
            "messages.tool_result::*": "ignored falls_short",
            _LONG_ID: "inconclusive",
            "examples.tool_history::*": "ignored falls_short",
            "messages.tool_result.order::*": "inconclusive",
            "messages.tool_result.is_error::*": "inconclusive",
            # It calls once more, in the place of an answer.
            "messages.conversation::a_loop_is_read_whole": "inconclusive",
            "tool_choice.any::any_forces_a_call_after_a_result": "accepted conforms",
        },
    ),
    Mutant(
        "messages.tool_result-rejected",
        "tool_result blocks in the history are refused.",
        _refusing("tool_result"),
        {
            "messages.tool_result::a_result_of_blocks_is_read": "inconclusive",
            "messages.tool_result::each_of_two_results_is_its_calls": "inconclusive",
            "messages.tool_result::*": "rejected falls_short",
            _LONG_ID: "inconclusive",
            "messages.tool_use::the_input_of_a_call_is_read": "inconclusive",
            **_TOOL_HISTORY,
        },
    ),
    Mutant(
        "messages.tool_result-list-rejected",
        "A tool result whose content is a list is refused.",
        checking("messages.tool_result.list", _no_listed_result),
        {
            "messages.tool_result::a_result_of_blocks_is_read": "rejected falls_short",
            "messages.tool_result::results_over_two_turns_are_read": "rejected falls_short",
            "messages.image.in_a_result::a_picture_in_a_result_is_seen": "inconclusive",
            "messages.conversation::nothing_is_lost_among_the_rest": "inconclusive",
            "accepts.result_without_content::it_is_taken": "rejected",
        },
    ),
    Mutant(
        "messages.tool_result-text-beside-lost",
        "What a turn says beside a tool result is dropped.",
        _in_results(lambda blocks: all_but("text", blocks)),
        {
            "messages.tool_result::what_is_said_beside_a_result_is_read": "ignored falls_short",
            # What they ask stands beside a result, and is not heard.
            "max_tokens::it_cuts_where_no_call_is_wanted": "not_applicable",
            "stop_sequences::a_single_one_stops_after_a_result": "inconclusive",
            "messages.tool_use::the_input_of_a_call_is_read": "inconclusive",
            "messages.tool_result::the_result_of_a_call_is_read": "inconclusive",
            "messages.tool_result::each_of_two_results_is_its_calls": "inconclusive",
            "messages.tool_result::results_over_two_turns_are_read": "inconclusive",
            "messages.tool_result.order::*": "inconclusive",
            "messages.tool_result.is_error::*": "inconclusive",
            "messages.conversation::nothing_is_lost_among_the_rest": "ignored falls_short",
        },
    ),
    *(
        Mutant(
            f"messages.tool_result-{which}-only",
            f"Of a turn's tool results only the {which} is read.",
            _one_result(at),
            {
                "messages.tool_result::every_result_of_a_turn_is_read": "ignored falls_short",
                "messages.tool_result::each_of_two_results_is_its_calls": "ignored falls_short",
                "messages.tool_result.order::results_in_another_order_are_told_apart": "ignored",
                "messages.conversation::nothing_is_lost_among_the_rest": "ignored falls_short",
            },
        )
        for at, which in ((0, "first"), (-1, "last"))
    ),
    Mutant(
        "messages.thinking-lost",
        "thinking blocks in the history are dropped.",
        _not_reading("thinking"),
        ignored("messages.thinking::*"),
    ),
    Mutant(
        "messages.thinking-rejected",
        "thinking blocks in the history are refused.",
        _refusing("thinking"),
        {
            **rejected("messages.thinking::*", "examples.tool_history::*"),
        },
    ),
)
