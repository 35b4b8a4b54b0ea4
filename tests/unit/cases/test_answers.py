"""What stands in the place of an answer is found; a model that has its own habits, or says it once, is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.cases import CASES, Inspection
from conformance.protocol.exchange import Exchange
from conformance.values import Behaviour

THOUGHT = {"type": "thinking", "thinking": "The user wants a greeting.", "signature": "c2ln"}
ERROR = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "upstream said no"}})


def seen(named: str, *exchanges: Exchange) -> Behaviour:
    feature = "tools" if "call" in named else "response.shape"
    (case,) = (case for case in CASES[feature] if isinstance(case, Inspection) and case.name == named)
    return case.look(exchanges).behaviour


def reply(*content: dict[str, Any], stop: str = "end_turn", **asked: Any) -> Exchange:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": list(content), "stop_reason": stop}
    request = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 64, **asked}
    return Exchange("POST", "/v1/messages", {}, json.dumps(request).encode(), 200, {}, json.dumps(message).encode())


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


TALK = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hi!"}, {"role": "user", "content": "Go."}]
FINE = [reply(THOUGHT, text(f"Hello, number {number}.")) for number in range(5)]
TOOL = [{"name": "look_up", "input_schema": {"type": "object"}}]


def test_answers_that_are_missing_after_other_turns_are_found_and_named() -> None:
    late = [reply(THOUGHT, messages=TALK) for _ in range(4)]
    (case,) = (one for one in CASES["response.shape"] if one.name == "no_answer_is_left_out")
    assert isinstance(case, Inspection)
    found = case.look([*FINE, *late])
    assert found.behaviour is Behaviour.IGNORED
    assert "after other turns" in found.summary


@pytest.mark.parametrize(
    "exchanges",
    [
        [*FINE, *(reply(THOUGHT, messages=TALK) for _ in range(3))],
        [*FINE, *(reply(THOUGHT, messages=TALK) for _ in range(4)), reply(THOUGHT, text("Yes."), messages=TALK)],
        [*FINE, *(reply(THOUGHT) for _ in range(4))],
        [*FINE, *(reply(THOUGHT, messages=TALK, stop="max_tokens") for _ in range(4))],
    ],
    ids=["too few", "not every one", "of no kind", "cut in the thought"],
)
def test_a_model_that_says_nothing_now_and_then_is_left_alone(exchanges: list[Exchange]) -> None:
    assert seen("no_answer_is_left_out", *exchanges) is Behaviour.HONOURED


def test_a_tag_behind_every_answer_of_a_kind_is_found() -> None:
    tagged = [reply(text("Hello.</answer>"), system="Be brief.") for _ in range(4)]
    assert seen("no_answer_ends_with_a_tag", *FINE, *tagged) is Behaviour.IGNORED
    assert seen("no_answer_ends_with_a_tag", *FINE, *tagged[:3]) is Behaviour.HONOURED


def test_a_tag_that_was_asked_for_is_the_models() -> None:
    asked = [{"role": "user", "content": "End with </answer>."}]
    tagged = [reply(text("Hello.</answer>"), messages=asked, system="Be brief.") for _ in range(4)]
    assert seen("no_answer_ends_with_a_tag", *FINE, *tagged) is Behaviour.HONOURED


@pytest.mark.parametrize(
    "content",
    [[text(ERROR)], [text("!" * 12)], [text("Hello, you two."), text("Hello, you two.")]],
    ids=["an error", "one character", "twice"],
)
def test_what_no_model_writes_twice_is_found(content: list[dict[str, Any]]) -> None:
    assert seen("nothing_stands_in_for_an_answer", *FINE, reply(*content), reply(*content)) is Behaviour.IGNORED
    assert seen("nothing_stands_in_for_an_answer", *FINE, reply(*content)) is Behaviour.HONOURED


def test_a_greedy_model_may_go_round_in_circles() -> None:
    looped = [reply(text("Hello, you two."), text("Hello, you two."), temperature=0.01)] * 3
    assert seen("nothing_stands_in_for_an_answer", *FINE, *looped) is Behaviour.HONOURED


@pytest.mark.parametrize(
    "content",
    [[text('{"type": "greeting"}')], [text("{broken")], [text("Hm...")], [text("No."), text("No.")]],
    ids=["some JSON", "half of it", "dots", "short"],
)
def test_odd_answers_are_answers(content: list[dict[str, Any]]) -> None:
    assert seen("nothing_stands_in_for_an_answer", *FINE, reply(*content), reply(*content)) is Behaviour.HONOURED


def test_calls_that_stay_in_the_thought_are_found() -> None:
    stuck = {**THOUGHT, "thinking": 'I look it up.\n<invoke name="look_up"></invoke>'}
    call = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}
    left = [reply(stuck, tools=TOOL), reply(stuck, text("One moment."), tools=TOOL)]
    assert seen("no_call_stays_in_a_thought", *left) is Behaviour.IGNORED
    assert seen("no_call_stays_in_a_thought", left[0]) is Behaviour.HONOURED
    made = [reply(stuck, call, tools=TOOL, stop="tool_use")] * 2
    assert seen("no_call_stays_in_a_thought", *made) is Behaviour.HONOURED
    forbidden = [reply(stuck, text("No."), tools=TOOL, tool_choice={"type": "none"})] * 2
    assert seen("no_call_stays_in_a_thought", *forbidden) is Behaviour.ACCEPTED
