"""Streams are Anthropic's grammar to the letter, and say the same as an answer that is not streamed."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

Sdk = Callable[[str], anthropic.Anthropic]
WEATHER: Any = {
    "name": "get_weather",
    "description": "Get the weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
PARIS: Any = [{"role": "user", "content": "What is the weather in Paris?"}]


def events(answer: httpx2.Response) -> list[dict[str, Any]]:
    """Read the stream strictly: an event line, a data line, an empty line, and the two agree."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    for chunk in answer.text.removesuffix("\n\n").split("\n\n"):
        name, data = chunk.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        found.append(event)
    return found


def assembled(stream: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the blocks together, checking the order of their events."""
    blocks: list[dict[str, Any]] = []
    open_at, written = None, ""
    for event in stream:
        match event["type"]:
            case "content_block_start":
                assert open_at is None
                assert event["index"] == len(blocks)
                open_at, written = event["index"], ""
                blocks.append(event["content_block"])
            case "content_block_delta":
                assert event["index"] == open_at
                delta, block = event["delta"], blocks[-1]
                for name in ("text", "thinking"):
                    block[name] = block.get(name, "") + delta.get(name, "") if name in delta else block.get(name)
                block["signature"] = delta.get("signature", block.get("signature"))
                written += delta.get("partial_json", "")
            case "content_block_stop":
                assert event["index"] == open_at
                open_at = None
                if blocks[-1]["type"] == "tool_use":
                    blocks[-1]["input"] = json.loads(written or "{}")
    assert open_at is None
    return [{name: value for name, value in block.items() if value is not None} for block in blocks]


@pytest.mark.parametrize("personality", ["documented", "field"])
@pytest.mark.parametrize("body", [{}, {"tools": [WEATHER], "messages": PARIS}, {"max_tokens": 9}])
def test_a_stream_keeps_to_the_grammar(personality: str, body: Any, ask: Any, request: pytest.FixtureRequest) -> None:
    stream = events(ask(request.getfixturevalue(personality), stream=True, **body))
    kinds = [event["type"] for event in stream if event["type"] != "ping"]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    assert "ping" in [event["type"] for event in stream]
    start = stream[0]["message"]
    assert (start["content"], start["stop_reason"]) == ([], None)
    blocks = assembled(stream)
    assert blocks[0]["type"] == "thinking"
    assert blocks[0]["signature"]
    end = stream[-2]
    assert end["delta"]["stop_reason"] == (
        "max_tokens" if "max_tokens" in body else "tool_use" if "tools" in body else "end_turn"
    )
    assert end["usage"]["output_tokens"] > 0
    if personality == "documented":
        adapter: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
        for event in stream:
            assert event["type"] == "ping" or adapter.validate_python(event, strict=True)


def test_the_captures_of_the_field(ask: Any, field: str) -> None:
    stream = events(ask(field, stream=True, tools=[WEATHER], messages=PARIS))
    assert stream[1] == {"type": "ping"}
    assert stream[0]["message"]["service_tier"] == "standard"
    assert "signature" not in stream[2]["content_block"]
    assert set(stream[-2]["delta"]) == {"stop_reason"}
    assert stream[0]["message"]["usage"]["input_tokens"] < stream[-2]["usage"]["input_tokens"]
    inputs = [event["delta"]["partial_json"] for event in stream if "partial_json" in event.get("delta", {})]
    assert inputs == ["", '{"city": "Paris"}']


def test_the_documented_stream_signs_last_and_counts_to_the_end(ask: Any, documented: str) -> None:
    stream = events(ask(documented, stream=True))
    stop = next(at for at, event in enumerate(stream) if event["type"] == "content_block_stop")
    assert stream[stop - 1]["delta"]["type"] == "signature_delta"
    assert stream[0]["message"]["usage"]["input_tokens"] == stream[-2]["usage"]["input_tokens"]
    assert stream[-2]["delta"]["stop_sequence"] is None


def test_the_sdk_accumulates_what_was_streamed(documented: str, sdk: Sdk) -> None:
    with sdk(documented).messages.stream(
        model="MiniMax-M2.7", max_tokens=300, tools=[WEATHER], messages=PARIS
    ) as stream:
        message = stream.get_final_message()
    assert message.stop_reason == "tool_use"
    assert message.content[-1].input == {"city": "Paris"}  # type: ignore[union-attr]


def test_a_stop_sequence_shows_in_a_stream(ask: Any, reference: str) -> None:
    stream = events(ask(reference, model="claude-haiku-4-5", stream=True, stop_sequences=["e"]))
    assert stream[-2]["delta"] == {"stop_reason": "stop_sequence", "stop_sequence": "e"}
