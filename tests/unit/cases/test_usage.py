"""What is counted of every exchange: impossible counts are found, and no way of counting is blamed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.cases import CASES, Inspection
from conformance.protocol.exchange import Exchange
from conformance.values import Behaviour, Observation
from unit.cases.scripted import message, streamed

SAID = "It was a long and quiet day by the river, and nobody came. " * 6


def look(feature: str, *exchanges: Exchange) -> Observation:
    (case,) = (case for case in CASES[feature] if isinstance(case, Inspection))
    return case.look(exchanges)


def body(prompt: str, most: int = 1024, **reply: Any) -> Exchange:
    request = {"model": "m", "messages": [{"role": "user", "content": prompt}], "max_tokens": most}
    return Exchange("POST", "/v1/messages", {}, _bytes(request), 200, {}, _bytes(message(**reply)))


def stream(prompt: str, tokens: int, out: int = 3, text: str = "Hello.", **start: Any) -> Exchange:
    request = {"stream": True, "max_tokens": 1024, "messages": [{"role": "user", "content": prompt}], "model": "m"}
    usage: dict[str, Any] = {"input_tokens": tokens, "output_tokens": 1}
    begun = {key: value for key, value in {**message(content=[]), "usage": usage, **start}.items() if value is not None}
    events = (
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"input_tokens": tokens, "output_tokens": out},
        },
        {"type": "message_stop"},
    )
    return Exchange("POST", "/v1/messages", {}, _bytes(request), 200, {}, streamed(*events).encode())


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_a_reply_is_not_counted_as_its_limit() -> None:
    limits = (512, 1024, 2048)
    found = look("response.usage", *(body(f"{most}", most, out=most) for most in limits))
    assert found.behaviour is Behaviour.IGNORED
    assert "output_tokens are max_tokens" in found.summary
    # One limit may be used up by what was thought, and not shown.
    assert look("response.usage", body("a", 512, out=512), body("b", 1024, out=9)).behaviour is Behaviour.HONOURED


@pytest.mark.parametrize(("tokens", "seen"), [(1, Behaviour.IGNORED), (60, Behaviour.HONOURED)])
def test_a_long_text_is_more_than_one_token(tokens: int, seen: Behaviour) -> None:
    said = [SAID[at:] for at in range(3)]
    assert look("response.usage", *(body(words, text=words, out=tokens) for words in said)).behaviour is seen
    assert look("stream.usage", *(stream(words, 9, tokens, words) for words in said)).behaviour is seen


@pytest.mark.parametrize(
    ("counts", "seen"),
    [
        (lambda size: 2 * size, Behaviour.IGNORED),
        (lambda size: size, Behaviour.HONOURED),
        (lambda size: size + 40, Behaviour.HONOURED),  # a vendor's prompt for streams
        (lambda size: 2 * size + size % 3, Behaviour.HONOURED),  # an estimate
    ],
)
def test_a_stream_does_not_count_its_prompt_twice(counts: Any, seen: Behaviour) -> None:
    sizes = (10, 20, 33)
    bodies = [body(str(size), tokens=size) for size in sizes]
    streams = [stream(str(size), counts(size)) for size in sizes]
    assert look("stream.usage", *bodies, *streams).behaviour is seen


def test_a_stream_begins_with_a_usage_since_the_sdk_writes_into_it() -> None:
    found = look("stream.usage", stream("a", 9, usage=None))
    assert (found.behaviour, "messages.stream() fails" in found.summary) == (Behaviour.IGNORED, True)
    zeros = {"input_tokens": 0, "output_tokens": 0}
    assert look("stream.usage", stream("a", 9, usage=zeros)).behaviour is Behaviour.HONOURED


@pytest.mark.parametrize(
    ("end", "counts", "seen"),
    [
        (" and so the", (300, 300, 300), Behaviour.IGNORED),
        (" and so the.", (300, 300, 300), Behaviour.HONOURED),  # whole sentences
        (" and so the", (300, 300, 301), Behaviour.HONOURED),  # one goes beyond
        (" and so the", (9, 9, 9), Behaviour.HONOURED),  # short ones are often alike
    ],
)
def test_a_cap_that_calls_itself_an_end_is_found(end: str, counts: tuple[int, ...], seen: Behaviour) -> None:
    said = [body(str(number), text=f"{SAID}{number}{end}", out=out) for number, out in enumerate(counts)]
    assert look("response.stop_reason", *said).behaviour is seen


@pytest.mark.parametrize(
    ("sizes", "seen"),
    [
        ([20, 40, 20, 40, 40], Behaviour.IGNORED),
        ([20, 40, 20, 20], Behaviour.HONOURED),  # once is once
        ([20, 40, 55, 40, 40], Behaviour.HONOURED),  # a vendor's own prompt that changes
        ([20, 20, 20, 20], Behaviour.HONOURED),
    ],
)
@pytest.mark.parametrize("made", [body, stream])
def test_a_prompt_does_not_count_twice_now_and_then(made: Any, sizes: list[int], seen: Behaviour) -> None:
    feature = "response.usage" if made is body else "stream.usage"
    some = [made("the same", tokens=size) for size in sizes]
    assert look(feature, *some).behaviour is seen


def test_what_is_written_to_a_cache_may_be_counted_inside() -> None:
    cached = {"usage": {"cache_creation_input_tokens": 20}}
    some = [body("the same", tokens=20, **(cached if number % 2 else {})) for number in range(8)]
    assert look("response.usage", *some).behaviour is Behaviour.HONOURED


@pytest.mark.parametrize(
    ("sizes", "seen"),
    [
        ([20, 4000, 20, 4020, 3900], Behaviour.IGNORED),
        ([5000, 5000, 5040, 5000, 5090], Behaviour.HONOURED),  # a vendor's own prompt is long
        ([20, 90, 20, 60, 115], Behaviour.HONOURED),
    ],
)
def test_no_prompt_has_more_tokens_than_bytes(sizes: list[int], seen: Behaviour) -> None:
    some = [body("the same question", tokens=size) for size in sizes]
    assert look("response.usage", *some).behaviour is seen
