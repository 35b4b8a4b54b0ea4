"""Whatever a service answers, a case ends in an observation or in classified trouble, never in a fault of the suite."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.cases import CASES, Experiment, Inspection
from conformance.cases.endpoint import Endpoint, ModelUnderTest, credentials, open_client
from conformance.http.budget import Budget
from conformance.http.fault_confirmation import suspected_fault, transient
from conformance.http.live import retry_after
from conformance.http.transport import Recorder
from conformance.matrix import Price
from conformance.protocol.exchange import Arrival, Exchange
from conformance.protocol.parsing import no_number, parse_json, token_count
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable, OutOfBudget, ServiceTrouble
from conformance.values import Json, Observation

MODEL = "MiniMax-M2.5"
CASELIST = [case for cases in CASES.values() for case in cases]
EXPERIMENTS = [case.run for case in CASELIST if isinstance(case, Experiment) and not case.expensive]
INSPECTIONS = [case.look for case in CASELIST if isinstance(case, Inspection)]

DEEP = "[" * 100_000
ODD = st.sampled_from(
    [
        *("null", "true", "-1", "1.5", "1e400", "-1e-400", "NaN", "Infinity", "9" * 4000, "9" * 5000, '"12"', '""'),
        *("[]", "{}", "[null]", "[[]]", '["a"]', '{"a": {}}', DEEP, "[" * 99 + "]" * 99, '"\\ud800"', '"\\udc00x"'),
        *('"text"', '"\\u0000\\u001b]0;x\\u0007"', '{"type": "text"}', '{"type": []}', '{"a": 1, "a": 2}', "1", "0"),
    ]
)
"""Pieces of JSON, and of what is none, that stand where something else is expected."""

MESSAGE: dict[str, str] = {
    "id": '"msg_1"',
    "type": '"message"',
    "role": '"assistant"',
    "model": f'"{MODEL}"',
    "content": '[{"type": "text", "text": "Yes."}, {"type": "tool_use", "id": "t", "name": "get_weather", "input": {}}]',
    "stop_reason": '"end_turn"',
    "stop_sequence": "null",
    "usage": '{"input_tokens": 12, "output_tokens": 3, "cache_read_input_tokens": 0}',
}
BLOCK = ("type", "text", "thinking", "signature", "id", "name", "input", "index", "delta", "content_block")
USAGE = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def joined(parts: dict[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in parts.items()) + "}"


def some(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    typed = st.sampled_from(['"text"', '"thinking"', '"tool_use"', '"text_delta"', '"input_json_delta"'])
    return st.dictionaries(st.sampled_from(names), ODD | typed, max_size=4).map(joined)


BODIES = st.one_of(
    ODD,
    st.just(joined(MESSAGE)),
    st.sampled_from([*MESSAGE]).flatmap(lambda name: ODD.map(lambda odd: joined({**MESSAGE, name: odd}))),
    st.fixed_dictionaries({}, optional=dict.fromkeys((*MESSAGE, "error", "base_resp", "data"), ODD)).map(
        lambda odd: joined({**MESSAGE, **odd})
    ),
    st.lists(some(BLOCK), max_size=3).map(lambda blocks: joined({**MESSAGE, "content": f"[{', '.join(blocks)}]"})),
    some(USAGE).map(lambda usage: joined({**MESSAGE, "usage": usage})),
    some(("type", "message", "error_code")).map(lambda error: joined({"type": '"error"', "error": error})),
    some(("status_code", "status_msg")).map(lambda own: joined({"base_resp": own})),
)
"""Answers that are nearly messages, or nearly errors."""

NAMES = st.sampled_from(
    [
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta"),
        *("message_stop", "error", "ping", "other", ""),
    ]
)


@st.composite
def streams(draw: st.DrawFn) -> str:
    """Streams that are nearly streams."""
    lines: list[str] = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=8)):
        parts = {"type": json.dumps(name), "index": "0"}
        odd = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(("type", "index", "delta", "usage"), ODD)))
        inner = {"message": joined(MESSAGE), "content_block": draw(some(BLOCK)), "delta": draw(some(BLOCK))}
        data = draw(st.one_of(ODD, st.just(joined({**parts, **inner, **odd}))))
        lines.append(f"event: {name}\ndata: {data}\n\n")
    return "".join(lines)


HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "retry-after", "location"]),
    st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=30)
    | st.sampled_from(["application/json", "text/event-stream", "Mon, 01 Jan 99999999999", "é"]),
)


@st.composite
def exchanges(draw: st.DrawFn, request: Json = None) -> Exchange:
    return Exchange(
        "POST",
        "/v1/messages",
        {},
        json.dumps(request if request is not None else {"model": MODEL, "stream": True, "max_tokens": 16}).encode(),
        draw(st.sampled_from([200, 200, 200, 201, 204, 400, 401, 404, 422, 500, 599, 700, 999])),
        draw(HEADERS),
        draw(BODIES | streams()).encode("utf-8", "surrogatepass"),
        draw(st.floats(0, 1e6)),
        draw(st.sampled_from([(), (Arrival(0.0, 1),), (Arrival(1.0, 1), Arrival(1.0, 1))])),
    )


class Answering:
    """A wire to a service that gives these answers in turn, again and again."""

    def __init__(self, answers: list[Exchange]) -> None:
        self._answers = answers
        self._asked = 0

    def send(self, request: httpx2.Request) -> Exchange:
        self._asked += 1
        if self._asked > 200:
            raise ServiceTrouble("that is enough")
        given = self._answers[self._asked % len(self._answers)]
        # What a live wire would call trouble never gets to a case.
        if (reason := transient(given)) is not None:
            raise ServiceTrouble(reason)
        return Exchange(
            *(request.method, "/v1/messages", {}, request.read(), given.status, given.headers, given.body),
            *(given.elapsed_ms, given.arrivals),
        )


QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)


@QUIET
@given(st.lists(exchanges(), min_size=1, max_size=3), st.sampled_from(EXPERIMENTS))
def test_no_answer_is_a_fault_of_an_experiment(
    answers: list[Exchange], experiment: Callable[[Endpoint], Observation]
) -> None:
    auth = credentials("any", "x-api-key")
    transport = Recorder(Answering(answers))
    client = open_client("http://127.0.0.1:9", "any", auth, "2023-06-01", transport)
    details = {"output_speed": 60, "context_window": 1000, "above": 0, "to": 1}
    try:
        seen = experiment(Endpoint(client, ModelUnderTest(MODEL, details=details), transport))
    except (Inconclusive, NotApplicable, ServiceTrouble) as classified:
        words = str(classified)
    else:
        words = seen.summary
        json.dumps(dict(seen.statistics), allow_nan=False)
    words.encode("utf-8")


@QUIET
@given(st.lists(exchanges(), max_size=4))
def test_no_answer_is_a_fault_of_an_inspection(answers: list[Exchange]) -> None:
    for inspection in INSPECTIONS:
        try:
            seen = inspection(answers)
        except Inconclusive:
            continue
        json.dumps(dict(seen.statistics), allow_nan=False)
        seen.summary.encode("utf-8")


@QUIET
@given(exchanges())
def test_no_answer_is_a_fault_of_the_wire(answer: Exchange) -> None:
    reply = Reply(answer)
    for words in (
        transient(answer),
        getattr(suspected_fault(answer), "words", ""),
        reply.refusal,
        reply.text,
        reply.thinking,
    ):
        (words or "").encode("utf-8")
    assert reply.size is None or reply.size > 0
    waits = retry_after(answer)
    assert waits is None or 0 <= waits < float("inf")


@given(st.text() | st.sampled_from(["Mon, 01 Jan 99999999999", "Mon, 01 Jan 2024 99:99:99 GMT", "nan", "-1", "1e999"]))
@example("Mon, 01 Jan 0001 00:00:00 +9999")
def test_retry_after_is_a_number_of_seconds_or_nothing(words: str) -> None:
    waits = retry_after(Exchange("POST", "/v1/messages", {}, b"", 429, {"retry-after": words}, b""))
    assert waits is None or 0 <= waits < float("inf")


@pytest.mark.parametrize("count", ["9" * 4000, "-5", "1.5", "true", '"12"', "[1]", "{}", "null", "1e300"])
def test_a_count_that_is_none_costs_what_a_reply_may_cost_and_holds_up_nobody(count: str) -> None:
    price = Price(input=1.0, output=1.0, source="made up")
    budget = Budget(cost=0.01)
    budget.price({MODEL: price})
    body = joined({**MESSAGE, "usage": joined({"input_tokens": count, "output_tokens": count})}).encode()
    ticket = budget.enter(MODEL, b"x" * 100, 1000, Event())
    budget.leave(ticket, Exchange("POST", "/v1/messages", {}, b"{}", 200, {}, body))
    assert budget.spent.in_flight == 0
    assert budget.spent.cost == pytest.approx(ticket.worst)
    # Nobody waits for a reservation that is never given back: eight more at their worst, and the budget says no.
    halted = Event()
    answer = Exchange("POST", "/v1/messages", {}, b"{}", 200, {}, body)
    for _ in range(8):
        budget.leave(budget.enter(MODEL, b"x" * 100, 1000, halted), answer)
    with pytest.raises(OutOfBudget):
        budget.enter(MODEL, b"x" * 100, 1000, halted)


@pytest.mark.parametrize("text", [DEEP, DEEP.replace("[", '{"a":'), "9" * 5000, "[" * 500, "nan", "[1"])
def test_what_no_client_could_use_is_no_json(text: str) -> None:
    for given_as in (text, text.encode()):
        with pytest.raises(ValueError, match=r"\w"):
            parse_json(given_as)


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ('{"a": NaN}', {"a": None}, "NaN"),
        ("[1, -Infinity]", [1, None], "-Infinity"),
        ("1e999", None, ""),  # JavaScript reads it as Infinity
        ('{"NaN": "Infinity and NaN"}', {"NaN": "Infinity and NaN"}, ""),
    ],
)
def test_what_only_some_clients_read_is_null_and_found(text: str, value: Any, found: str) -> None:
    for given_as in (text, text.encode()):
        assert parse_json(given_as) == value
        assert no_number(given_as) == found


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_all_other_json_is_read_as_it_is(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.text(st.characters(categories=["Cs", "L"])))
def test_half_a_pair_can_be_written_again(text: str) -> None:
    parse_json(json.dumps(text)).encode("utf-8")


def test_tokens_are_counted_in_whole_positive_numbers() -> None:
    assert [token_count(value) for value in (0, 7, -1, True, 1.0, "1", None, 10**9)] == [0, 7, *[None] * 6]


def test_null_for_content_is_a_reply_without_blocks() -> None:
    body = joined({**MESSAGE, "content": "null", "stop_reason": '"max_tokens"'}).encode()
    reply = Reply(Exchange("POST", "/v1/messages", {}, b"{}", 200, {"content-type": "application/json"}, body))
    assert (reply.is_legible, reply.content, reply.text, reply.output_tokens) == (True, (), "", 3)
