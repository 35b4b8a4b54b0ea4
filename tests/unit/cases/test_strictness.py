"""Every row of the wire says how strict it is; and what is looked at in passing blames no healthy habit."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from conformance.cases import CASES, Inspection
from conformance.protocol.exchange import Arrival, Exchange
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Observation
from unit.cases.test_usage import stream

WIRE = [case for cases in CASES.values() for case in cases if isinstance(case, Inspection)]


def look(feature: str, *exchanges: Exchange, named: str = "") -> Observation:
    (case,) = (case for case in CASES[feature] if isinstance(case, Inspection) and named in case.name)
    return case.look(exchanges)


def answered(question: Any, *content: dict[str, Any], **fields: Any) -> Exchange:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": list(content), **fields}
    request = {"messages": question if isinstance(question, list) else [{"role": "user", "content": question}]}
    return Exchange("POST", "/v1/messages", {}, json.dumps(request).encode(), 200, {}, json.dumps(message).encode())


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def call(name: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": "look_up", "input": {}}


@pytest.mark.parametrize("case", [case for case in WIRE if "usage" not in case.feature], ids=lambda case: case.name)
def test_a_row_of_the_wire_is_a_must_or_a_should(case: Inspection) -> None:
    assert re.search(r"\b(MUST|SHOULD)\b", case.requirement), case.name


def test_one_id_for_different_messages_is_found() -> None:
    assert look("response.id", answered("a", text("A")), answered("b", text("B"))).behaviour is Behaviour.IGNORED


def test_an_answer_out_of_a_cache_may_have_its_id_again() -> None:
    for again in (answered("a", text("A")), answered("a, please", text("A"))):
        assert look("response.id", answered("a", text("A")), again).behaviour is Behaviour.HONOURED


def test_ids_of_calls_may_begin_anew_with_every_conversation() -> None:
    first, other = answered("a", call("look_up:0"), id="m1"), answered("b", call("look_up:0"), id="m2")
    assert look("tools.id", first, other).behaviour is Behaviour.ACCEPTED


@pytest.mark.parametrize(("second", "seen"), [("c1", Behaviour.IGNORED), ("c2", Behaviour.HONOURED)])
def test_an_id_that_comes_again_in_one_conversation_is_found(second: str, seen: Behaviour) -> None:
    first = answered("a", call("c1"))
    history = [{"role": "user", "content": "a"}, {"role": "assistant", "content": [call("c1")]}]
    assert look("tools.id", first, answered(history, call(second))).behaviour is seen


def test_an_id_of_the_suites_own_is_no_earlier_call() -> None:
    history = [{"role": "assistant", "content": [call("c1")]}]
    assert look("tools.id", answered(history, call("c1"))).behaviour is Behaviour.ACCEPTED


@pytest.mark.parametrize(
    ("fields", "reason", "seen"),
    [
        ({"signature": "abc"}, "end_turn", Behaviour.HONOURED),
        ({"signature": ""}, "end_turn", Behaviour.IGNORED),
        ({}, "end_turn", Behaviour.IGNORED),
        ({}, "max_tokens", Behaviour.ACCEPTED),
    ],
)
def test_a_thought_that_is_whole_is_signed(fields: dict[str, Any], reason: str, seen: Behaviour) -> None:
    thought = {"type": "thinking", "thinking": "Hm.", **fields}
    assert look("response.signature", answered("a", thought, stop_reason=reason)).behaviour is seen


@pytest.mark.parametrize(
    ("words", "seen"), [("", Behaviour.IGNORED), ("\n", Behaviour.HONOURED), ("I ask.", Behaviour.HONOURED)]
)
def test_an_empty_text_beside_a_call_is_found(words: str, seen: Behaviour) -> None:
    assert look("response.empty_text", answered("a", text(words), call("c1"))).behaviour is seen


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("30", Behaviour.HONOURED),
        ("Fri, 27 Nov 2026 12:00:00 GMT", Behaviour.HONOURED),
        ("1.5", Behaviour.IGNORED),
        ("soon", Behaviour.IGNORED),
        ("", Behaviour.IGNORED),
    ],
)
def test_a_wait_is_whole_seconds_or_a_date(value: str, seen: Behaviour) -> None:
    exchange = Exchange("POST", "/v1/messages", {}, b"{}", 400, {"retry-after": value}, b"{}")
    assert look("errors.retry_after", exchange).behaviour is seen


PING = b'event: ping\ndata: {"type": "ping"}\n\n'
START = b'event: message_start\ndata: {"type": "message_start", "message": {"content": []}}\n\n'


@pytest.mark.parametrize(
    ("times", "seen"),
    [
        ((0, 1_000, 2_000), Behaviour.ACCEPTED),
        ((30_000, 31_000), Behaviour.ACCEPTED),  # a long wait for the first byte is no silence inside the stream
        ((0, 21_000), Behaviour.IGNORED),
        ((0, 10_000, 21_000), Behaviour.HONOURED),
        (tuple(range(0, 41 * 30_000, 30_000)), Behaviour.HONOURED),  # thinned: what lies between is not known
    ],
)
def test_a_silence_is_told_from_a_slow_stream(times: tuple[int, ...], seen: Behaviour) -> None:
    arrivals = tuple(Arrival(float(ms), at + 1) for at, ms in enumerate(times))
    elapsed = float(times[-1] - times[0])
    stream = Exchange("POST", "/v1/messages", {}, b"{}", 200, {}, START + PING, elapsed, arrivals)
    assert look("stream.ping", stream).behaviour is seen


@pytest.mark.parametrize(
    ("first", "second", "seen"),
    [
        ("<think>\nHello?\n</think>\n\nHello!", "Well.</think> Yes.", Behaviour.IGNORED),
        ("[THINK]Hello?[/THINK]Hello!", "\n<|channel|>analysis Hello", Behaviour.IGNORED),
        ("Hello!", "A tag like <think> begins it.", Behaviour.HONOURED),
        ("I think, therefore I am.", "thinking: none", Behaviour.HONOURED),
    ],
)
def test_thoughts_in_the_text_are_found(first: str, second: str, seen: Behaviour) -> None:
    found = look("response.shape", answered("a", text(first)), answered("b", text(second)), named="no_thought")
    assert found.behaviour is seen


def test_one_mark_of_a_thought_may_be_the_models_own() -> None:
    with pytest.raises(Inconclusive):
        look("response.shape", answered("a", text("<think></think>")), answered("b", text("B")), named="no_thought")


def streamed_call(*, stop: str, used: int) -> Exchange:
    """A stream whose call ends in the middle, asked for with room for 20 tokens."""
    events: list[tuple[str, dict[str, Any]]] = [
        (
            "message_start",
            {"message": {"id": "msg_1", "content": [], "usage": {"input_tokens": 9, "output_tokens": 1}}},
        ),
        ("content_block_start", {"index": 0, "content_block": {**call("toolu_1"), "input": {}}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"city": "Lis'}}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": stop}, "usage": {"output_tokens": used}}),
        ("message_stop", {}),
    ]
    body = "".join(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" for name, data in events)
    request = json.dumps({"messages": [], "max_tokens": 20, "stream": True}).encode()
    kind = {"content-type": "text/event-stream"}
    return Exchange("POST", "/v1/messages", {}, request, 200, kind, body.encode())


@pytest.mark.parametrize(
    ("stop", "used", "whole"), [("max_tokens", 20, False), ("end_turn", 20, False), ("tool_use", 12, True)]
)
def test_a_call_that_is_cut_off_is_not_held_against_the_stream(stop: str, used: int, whole: bool) -> None:
    exchange = streamed_call(stop=stop, used=used)
    if whole:
        found = look("stream.tool_input", exchange, named="every_streamed_input_is_json")
        assert found.behaviour is Behaviour.IGNORED
    else:
        with pytest.raises(Inconclusive):
            look("stream.tool_input", exchange, named="every_streamed_input_is_json")


def thought() -> dict[str, Any]:
    return {"type": "thinking", "thinking": "Well.", "signature": "s"}


@pytest.mark.parametrize(
    ("replies", "seen"),
    [
        ([[text("A"), thought()], [text("B"), thought()]], "ignored"),
        ([[text("A"), thought()], [thought(), text("B")]], "honoured"),  # now and then it thinks again
        ([[text("\n\n"), thought(), text("A")], [thought(), text("B")]], "honoured"),
        ([[text("A"), thought()]], "accepted"),
        ([[text("A")], [text("B")]], "accepted"),
        ([[text("A"), thought(), call("c")], [text("B"), thought(), call("d")]], "accepted"),  # between calls
    ],
)
def test_a_thought_comes_before_its_text(replies: list[list[dict[str, Any]]], seen: str) -> None:
    found = look("response.shape", *(answered("a", *content) for content in replies), named="come_before")
    assert found.behaviour == seen


CAT = "The name of the office cat is Zorbanix. It is a quiet one."


@pytest.mark.parametrize(
    ("asked", "said", "seen"),
    [
        (CAT, "Zorbanix", "honoured"),
        ("What is the name of the office cat?", "I was not told.", "honoured"),
        ("What is the name of the office cat?", "It is called Zorbanix.", "ignored"),
        (f"{CAT.upper()} What is its name?", "Zorbanix", "honoured"),
        ([{"role": "user", "content": [{"type": "document", "source": {"data": "Wm9y"}}]}], "Zorbanix", "honoured"),
    ],
)
def test_what_only_another_request_has_told_is_not_said(asked: Any, said: str, seen: str) -> None:
    found = look("messages.conversation", answered(CAT, text("Yes.")), answered(asked, text(said)), named="another")
    assert found.behaviour == seen
    assert ("Zorbanix" in found.summary) == (seen == "ignored")


@pytest.mark.parametrize(("torn", "seen"), [(2, "honoured"), (3, "ignored")])
def test_a_stream_has_the_last_chunk_of_http(torn: int, seen: str) -> None:
    whole = stream("a", tokens=9)
    some = [replace(whole, torn=number < torn) for number in range(5)]
    assert look("stream.event_order", *some).behaviour == seen
