"""The grammar of streams: every valid stream passes, and any single damage is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.protocol import grammar, shapes
from conformance.protocol.assembly import assemble
from conformance.protocol.sse import parse_events

Body = dict[str, Any]

TEXT = st.text(max_size=8)
INPUTS = st.dictionaries(TEXT, st.one_of(st.integers(), TEXT, st.none()), max_size=3)


@st.composite
def blocks(draw: st.DrawFn, index: int) -> list[Body]:
    kind = draw(st.sampled_from(["text", "thinking", "tool_use"]))
    starts: dict[str, Body] = {
        "text": {"type": "text", "text": ""},
        "thinking": {"type": "thinking", "thinking": ""},
        "tool_use": {"type": "tool_use", "id": f"toolu_{index}", "name": "f", "input": {}},
    }
    deltas: list[Body] = []
    if kind == "tool_use":
        whole = draw(st.one_of(st.just(""), INPUTS.map(json.dumps)))
        cut = draw(st.integers(0, len(whole)))
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in (whole[:cut], whole[cut:])]
    else:
        deltas = [{"type": f"{kind}_delta", kind: words} for words in draw(st.lists(TEXT, min_size=1, max_size=4))]
    if kind == "thinking":
        deltas.append({"type": "signature_delta", "signature": draw(TEXT)})
    return [
        {"type": "content_block_start", "index": index, "content_block": starts[kind]},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


@st.composite
def streams(draw: st.DrawFn, least: int = 0) -> list[Body]:
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 0},
    }  # fmt: skip
    body = [event for index in range(draw(st.integers(least, 4))) for event in draw(blocks(index))]
    stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}
    events = [{"type": "message_start", "message": message}, *body, stop, {"type": "message_stop"}]
    for _ in range(draw(st.integers(0, 2))):
        extra = draw(st.sampled_from([{"type": "ping"}, {"type": "an_event_of_the_future", "x": 1}]))
        events.insert(draw(st.integers(0, len(events))), extra)
    return events


def encode(events: list[Body], end: str = "\n") -> bytes:
    lines = (f"event: {body['type']}{end}data: {json.dumps(body)}{end}{end}" for body in events)
    return "".join(lines).encode()


def findings(body: bytes) -> list[str]:
    events = parse_events(body)
    rules = (grammar.names_of, grammar.order_of, grammar.blocks_of, grammar.tool_inputs_of, shapes.events_of)
    return [str(finding) for rule in rules for finding in rule(events)]


@given(streams(), st.sampled_from(["\n", "\r\n"]))
def test_valid_streams_pass(events: list[Body], end: str) -> None:
    assert findings(encode(events, end)) == []


def without(kind: str) -> Callable[[list[Body], int], list[Body]]:
    def damage(events: list[Body], at: int) -> list[Body]:
        del at
        return [body for body in events if body["type"] != kind]

    return damage


def positions(events: list[Body], kind: str) -> list[int]:
    return [at for at, body in enumerate(events) if body["type"] == kind]


def one_lost(kind: str) -> Callable[[list[Body], int], list[Body]]:
    def damage(events: list[Body], at: int) -> list[Body]:
        found = positions(events, kind)
        assume(found)
        gone = found[at % len(found)]
        return events[:gone] + events[gone + 1 :]

    return damage


def one_twice(kind: str) -> Callable[[list[Body], int], list[Body]]:
    def damage(events: list[Body], at: int) -> list[Body]:
        found = positions(events, kind)
        assume(found)
        again = found[at % len(found)]
        return events[: again + 1] + events[again:]

    return damage


def wrong_index(events: list[Body], at: int) -> list[Body]:
    found = [n for n, body in enumerate(events) if "index" in body]
    assume(found)
    hit = found[at % len(found)]
    return [{**body, "index": body["index"] + 1} if n == hit else body for n, body in enumerate(events)]


def delta_before_its_start(events: list[Body], at: int) -> list[Body]:
    found = positions(events, "content_block_start")
    assume(found)
    start = found[at % len(found)]
    assume(start + 1 < len(events) and events[start + 1]["type"] == "content_block_delta")
    swapped = [*events]
    swapped[start], swapped[start + 1] = swapped[start + 1], swapped[start]
    return swapped


def broken_input(events: list[Body], at: int) -> list[Body]:
    del at
    found = [n for n, body in enumerate(events) if body.get("delta", {}).get("type") == "input_json_delta"]
    assume(found)
    bad = {**events[found[0]], "delta": {"type": "input_json_delta", "partial_json": '{"a": ,'}}
    return [bad if n == found[0] else body for n, body in enumerate(events)]


DAMAGES = {
    "no message_start": without("message_start"),
    "no message_stop": without("message_stop"),
    "no message_delta": without("message_delta"),
    "a start lost": one_lost("content_block_start"),
    "a stop lost": one_lost("content_block_stop"),
    "a start twice": one_twice("content_block_start"),
    "a stop twice": one_twice("content_block_stop"),
    "two ends": one_twice("message_stop"),
    "two beginnings": one_twice("message_start"),
    "a wrong index": wrong_index,
    "a delta before its start": delta_before_its_start,
    "an input that does not parse": broken_input,
}


@pytest.mark.parametrize("damage", DAMAGES)
@given(events=streams(least=1), at=st.integers(0, 20))
def test_any_single_damage_is_found(damage: str, events: list[Body], at: int) -> None:
    assert findings(encode(DAMAGES[damage](events, at))) != []


@given(streams(least=1))
def test_a_missing_event_line_is_found_and_the_content_is_still_read(events: list[Body]) -> None:
    bare = "".join(f"data: {json.dumps(body)}\n\n" for body in events).encode()
    assert any("no event: line" in words for words in findings(bare))
    assert assemble(parse_events(bare)) == assemble(parse_events(encode(events)))


@given(streams(), st.integers(1, 400))
def test_a_stream_cut_anywhere_never_raises(events: list[Body], at: int) -> None:
    findings(encode(events)[:-at])


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(body: bytes) -> None:
    findings(b"data: " + body)


START = {"type": "message_start", "message": {"id": "msg_1", "content": [], "usage": {"input_tokens": 1}}}
END = ({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"})


def begins(index: int, kind: str = "text", **more: Any) -> Body:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **more}}


def says(index: Any, words: str, kind: str = "text") -> Body:
    return {"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", kind: words}}


def signs(index: int, part: str) -> Body:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "signature_delta", "signature": part}}


def asks(index: int, part: str) -> Body:
    delta = {"type": "input_json_delta", "partial_json": part}
    return {"type": "content_block_delta", "index": index, "delta": delta}


def stops(index: int) -> Body:
    return {"type": "content_block_stop", "index": index}


@pytest.mark.parametrize(
    ("between", "found"),
    [
        ([begins(0), says(0, "a"), begins(1), stops(1)], ["event 3: block 1 starts while block 0 is open"]),
        ([begins(1), stops(1)], ["event 1: block 1 starts where block 0 is due"]),
        (
            [begins(0), stops(0), begins(0), stops(0)],
            ["event 3: block 0 starts where block 1 is due"],
        ),
        ([begins(0), stops(0), says(0, "a")], ["event 3: a delta of block 0, which is not open"]),
        ([begins(0), says(0, "a", "thinking"), stops(0)], ["event 2: a thinking_delta in a block of type text"]),
        ([begins(0, "thinking"), says(0, "a"), stops(0)], ["event 2: a text_delta in a block of type thinking"]),
        (
            [{"type": "content_block_start", "index": 0}, says(0, "a"), stops(0)],
            ["event 2: a text_delta in a block of type unknown"],
        ),
        ([begins(0), says("0", "a"), stops(0)], ["event 2: content_block_delta without an index"]),
        ([begins(0), {"type": "content_block_delta", "index": 0}, stops(0)], []),
        ([begins(0), {"type": "a_kind_nobody_knows"}, stops(0)], []),
        (
            [begins(0), stops(0), stops(0)],
            ["event 3: content_block_stop of block 0, which is not open"],
        ),
        ([begins(0), says(0, "a")], ["block 0 is never stopped"]),
        (
            [begins(0), *(says(0, "abcd"[:size]) for size in (1, 2, 3, 4)), stops(0)],
            ["every delta of block 0 repeats all before it"],
        ),
        ([begins(0), *(says(0, "abcd"[:size]) for size in (1, 2, 3)), stops(0)], []),
        ([begins(0), *(says(0, text) for text in ("a", "ab", "b", "abc", "abcd")), stops(0)], []),
        ([begins(0), *(says(0, "a") for _ in range(5)), stops(0)], []),
        (
            [begins(0, text="abc"), says(0, "ab"), says(0, "c"), stops(0)],
            ["block 0 starts with its whole text, and repeats it in its deltas"],
        ),
        (
            [begins(0, "thinking", thinking="abc"), says(0, "abc", "thinking"), stops(0)],
            ["block 0 starts with its whole text, and repeats it in its deltas"],
        ),
        (
            [
                begins(0),
                *(says(0, text) for text in ("It is sunny ", "in Lisbon.", "It is sunny in Lisbon.")),
                stops(0),
            ],
            ["the last delta of block 0 is all that came before it, once more"],
        ),
        ([begins(0), *(says(0, text) for text in ("ha", "ha", "haha")), stops(0)], []),
        ([begins(0), says(0, "It is sunny in Lisbon."), says(0, "It is sunny in Lisbon."), stops(0)], []),
        ([begins(0, text="a"), says(0, "a"), stops(0)], []),  # a letter may come twice by chance
        (
            [begins(0, text="abc"), says(0, "def"), stops(0)],
            ["block 0 starts with text: the SDK's text_stream, and Claude Code, show deltas alone"],
        ),
        (
            [begins(0, "thinking"), *(signs(0, part) for part in ("ab", "cd", "ef")), stops(0)],
            ["the signature of block 0 comes in 3 pieces: the SDK keeps the last alone"],
        ),
        ([begins(0, "thinking"), *(signs(0, part) for part in ("ab", "abcd")), stops(0)], []),  # the last is whole
        ([begins(0, "tool_use"), asks(0, '{"a"'), asks(0, ": 1}"), stops(0)], []),
        ([begins(0, "tool_use"), asks(0, ""), asks(0, " "), stops(0)], []),
        ([begins(0, "tool_use"), asks(0, '{"a"'), stops(0)], ["the input of block 0 is not JSON: '{\"a\"'"]),
        ([begins(0, "tool_use"), asks(0, "[1]"), stops(0)], ["the input of block 0 is not an object: '[1]'"]),
        (
            [begins(0, "tool_use"), asks(0, "7" * 80), stops(0)],
            [f"the input of block 0 is not an object: '{'7' * 60}'"],
        ),
    ],
)
def test_what_is_wrong_with_a_block_is_said_with_its_place(between: list[Body], found: list[str]) -> None:
    events = parse_events(encode([START, *between, *END]))
    rules = (grammar.order_of, grammar.blocks_of, grammar.pieces_of, grammar.tool_inputs_of)
    assert [str(finding) for rule in rules for finding in rule(events)] == found


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([START, *END], []),
        (
            [begins(0), START, *END],
            ["event 0: content_block_start before message_start", "event 1: a second message_start"],
        ),
        ([START, START, *END], ["event 1: a second message_start"]),
        ([START, END[0], begins(0), END[1]], ["event 2: content_block_start after message_delta"]),
        ([START, END[0], END[0], END[1]], []),
        ([START, END[1]], ["event 1: message_stop without a message_delta before it"]),
        ([START, *END, END[1]], ["event 3: message_stop after message_stop"]),
        ([START, *END, {"type": "ping"}], []),
        ([START, {"type": "error"}, END[0]], ["no message_stop at the end"]),
    ],
)
def test_what_is_out_of_order_is_said_with_its_place(events: list[Body], found: list[str]) -> None:
    assert [str(finding) for finding in grammar.order_of(parse_events(encode(events)))] == found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('data: {"type": "ping"}\n\n', ["event 0: no event: line for ping"]),
        ("data: [DONE]\n\n", []),
        ('event: ping\ndata: {"type": "error"}\n\n', ["event 0: event: ping, but the data says error"]),
        ('event: ping\ndata: {"no": "type"}\n\n', []),
        ("event: ping\ndata: []\n\n", []),
        ('data: {"type": "of_the_future"}\n\n', []),
    ],
)
def test_a_name_and_its_data_agree(written: str, found: list[str]) -> None:
    assert [str(finding) for finding in grammar.names_of(parse_events(written.encode()))] == found
