"""A recording as a person reads it: short, without what changes by itself, and with everything that matters."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.http.cassette import Cassette, Provenance
from conformance.http.transcript import changes, transcript
from conformance.protocol.exchange import Exchange
from conformance.values import Source

CALL = {"type": "tool_use", "id": "toolu_01RtpGKFsCxx2rUEpRRspKXO", "name": "get_time", "input": {"city": "Oslo"}}
ASKED: dict[str, Any] = {"max_tokens": 16, "messages": [{"role": "user", "content": "Hi."}], "model": "M-1"}


def message(*content: object, stop: str = "end_turn", id_: str = "msg_01aaaaaaaaaa", **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 9, "output_tokens": 4}
    return {
        "id": id_,
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop,
        "usage": usage,
    } | more


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def streamed(*words: str) -> bytes:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message()},
        {"type": "content_block_start", "index": 0, "content_block": text("")},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": one}} for one in words),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events).encode()


def exchange(request: object, answer: object, status: int = 200, **headers: str) -> Exchange:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    kind = "text/event-stream" if body.startswith(b"event:") else "application/json"
    sent = request if isinstance(request, bytes) else json.dumps(request).encode()
    return Exchange("POST", "/v1/messages", headers, sent, status, {"content-type": kind}, body, 12.5)


def cassette(*exchanges: Exchange, takes: tuple[int, ...] = (), at: str = "2026-11-27T10:00:00Z") -> Cassette:
    here = Provenance(Source.LOCAL, "http://127.0.0.1:1", at, "anthropic 2.14.0", "0.1.0", "acme", "M-1")
    return Cassette(Path("c.yaml"), exchanges, here, takes)


def test_each_request_stands_once_and_the_others_say_what_is_different() -> None:
    forced = ASKED | {"tool_choice": {"type": "any"}, "max_tokens": 32}
    signed = {"type": "thinking", "thinking": "So.", "signature": "wO81sKz6"}
    refused = {"type": "error", "error": {"type": "invalid_request_error", "message": "tool_choice: no"}}
    made = cassette(
        exchange(ASKED, message(text("Hello."))),
        exchange(forced, message(signed, CALL, stop="tool_use"), **{"anthropic-beta": "b-1"}),
        exchange(ASKED, message(text("Hello."), id_="msg_01bbbbbbbbbb")),
        exchange(forced, refused, 400, **{"anthropic-beta": "b-1"}),
        takes=(2, 2),
    )
    assert list(transcript(made)) == [
        "4 exchanges, 2 takes",
        "",
        "request 1, 2 times: POST /v1/messages",
        "  max_tokens: 16",
        "  user: Hi.",
        '  model: "M-1"',
        "  take 1",
        "  -> 200, end_turn: text",
        "     [text] Hello.",
        "     usage: input_tokens 9, output_tokens 4",
        "  take 2",
        "  -> 200, end_turn: text",
        "     [text] Hello.",
        "     usage: input_tokens 9, output_tokens 4",
        "",
        "request 2, 2 times: as request 1, but",
        "  max_tokens: 16 -> 32",
        "  with anthropic-beta: b-1",
        '  with tool_choice: {"type":"any"}',
        "  take 1",
        "  -> 200, tool_use: thinking, tool_use get_time",
        "     [thinking] signed So.",
        '     [tool_use] get_time {"city":"Oslo"} {"id":"id1"}',
        "     usage: input_tokens 9, output_tokens 4",
        "  take 2",
        "  -> 400, invalid_request_error: tool_choice: no",
        "",
        "source local, http://127.0.0.1:1, acme M-1",
        "recorded 2026-11-27T10:00:00Z with anthropic 2.14.0, suite 0.1.0",
        "answers within 12 to 12 ms",
    ]


def test_a_stream_reads_as_the_message_it_is_however_it_was_cut() -> None:
    one, other = (cassette(exchange(ASKED, streamed(*words))) for words in (("Hel", "lo."), ("Hello", ".")))
    assert list(transcript(one)) == list(transcript(other))
    assert "  -> 200 a stream, end_turn: text" in transcript(one)
    odd = streamed("Hello.").replace(
        b"event: message_stop\ndata: " + json.dumps({"type": "message_stop"}).encode(), b""
    )
    assert any(
        "; events message_start, content_block_start" in line for line in transcript(cassette(exchange(ASKED, odd)))
    )


def test_a_change_in_what_is_not_shown_still_shows() -> None:
    long = "word " * 100
    asked = [ASKED | {"system": long + end, "tools": [{"name": "t", "description": end}]} for end in "ab"]
    old, new = (cassette(exchange(one, message(text("Hello.")))) for one in asked)
    turned = [line for line in changes(old, new) if "system: " in line or "tools: t #" in line]
    assert [line[0] for line in turned] == ["-", "-", "+", "+"]
    assert not list(changes(old, old))


def test_an_answer_of_another_kind_is_told_and_other_words_are_not() -> None:
    old = cassette(exchange(ASKED, message(text("Hello."))))
    assert not list(changes(old, cassette(exchange(ASKED, message(text("Good day."))))))
    assert list(changes(old, cassette(exchange(ASKED, message(text("Good"), stop="max_tokens")))))[-2:] == [
        "-   -> 200, end_turn: text",
        "+   -> 200, max_tokens: text",
    ]


def test_the_same_turn_of_many_requests_is_told_once() -> None:
    every = [ASKED | {"max_tokens": number} for number in range(1, 5)]
    old = cassette(*(exchange(one, message(text("Hello."))) for one in every))
    new = cassette(*(exchange(one, message(text("Hello"), stop="max_tokens")) for one in every))
    assert list(changes(old, new)) == [
        "  requests 1, 2, 3, 4",
        "-   -> 200, end_turn: text",
        "+   -> 200, max_tokens: text",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
WIRE = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("messages", "system", "tools", "content", "type", "error", "usage", "stop_reason"), JSON)
    | {"messages ": JSON},
)


@given(st.lists(st.tuples(WIRE | st.binary(max_size=20), WIRE | st.binary(max_size=40)), max_size=3))
def test_whatever_was_sent_and_came_is_shown_in_whole_lines(pairs: list[tuple[Any, Any]]) -> None:
    made = cassette(*(exchange(asked, answer) for asked, answer in pairs))
    lines = list(transcript(made))
    assert {unicodedata.category(character) for line in lines for character in line}.isdisjoint({"Cc", "Cf", "Cs"})
    assert all(len(line) < 1000 for line in lines)
    assert not list(changes(made, made))
