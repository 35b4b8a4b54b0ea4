"""`field` does what people have seen of MiniMax's endpoint, each deviation from the page included."""

import re
from typing import Any

import httpx2
import pytest

HEX = re.compile(r"[0-9a-f]{32}")
WEATHER: Any = {
    "name": "get_weather",
    "description": "Get the weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
PARIS: Any = [{"role": "user", "content": "What is the weather in Paris and Rome?"}]


def message(answer: httpx2.Response) -> str:
    error = answer.json()
    assert error["type"] == "error"
    assert HEX.fullmatch(error["request_id"])
    return str(error["error"]["message"])


def test_a_reply_has_the_shapes_of_the_captures(ask: Any, field: str) -> None:
    body = ask(field, tools=[WEATHER], messages=PARIS).json()
    assert HEX.fullmatch(body["id"])
    assert "stop_sequence" not in body
    assert body["base_resp"] == {"status_code": 0, "status_msg": "success"}
    assert re.fullmatch(r"[0-9a-f]{64}", body["content"][0]["signature"])
    ids = [block["id"] for block in body["content"] if block["type"] == "tool_use"]
    assert [re.fullmatch(r"call_function_[a-z0-9]{12}_(\d)", each)[1] for each in ids] == ["1", "2"]  # type: ignore[index]
    assert set(body["usage"]) == {
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
    }


def test_an_unknown_model_is_served_by_another(ask: Any, field: str) -> None:
    answer = ask(field, model="claude-nobody")
    assert (answer.status_code, answer.json()["model"]) == (200, "MiniMax-M3")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 2.5),
        ("temperature", -1),
        ("thinking", {"type": "bogus"}),
        ("nobody_has_this", 1),
        ("top_k", 99999),
        ("stop_sequences", ["a", "e", "i", "o"]),
        ("service_tier", "bogus"),
        ("container", "nobody"),
        ("mcp_servers", []),
        ("context_management", {}),
        ("max_tokens", None),
        ("tool_choice", {"type": "tool", "name": "nobody"}),
    ],
)
def test_much_is_taken(name: str, value: Any, ask: Any, field: str) -> None:
    answer = ask(field, **{name: value})
    assert answer.status_code == 200
    assert "a" in answer.json()["content"][-1]["text"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"messages": []}, "invalid params, messages must not be empty (2013)"),
        (
            {"messages": [{"role": "system", "content": "x"}]},
            "invalid params, chat content has invalid message role: system (2013)",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1"}]}]},
            "invalid params, tool result's tool id(call_1) not found (2013)",
        ),
        (
            {"tools": [{"name": "", "input_schema": {"type": "object"}}]},
            "invalid params, function name or parameters is empty (2013)",
        ),
        (
            {"model": "MiniMax-M2.5", "max_tokens": 196_609},
            "invalid params, model[MiniMax-M2.5] does not support max tokens > 196608 (2013)",
        ),
        (
            {"messages": [{"role": "user", "content": "word " * 206_000}]},
            "invalid params, context window exceeds limit (2013)",
        ),
    ],
)
def test_what_is_refused_is_refused_in_its_words(body: Any, said: str, ask: Any, field: str) -> None:
    answer = ask(field, **body)
    assert (answer.status_code, message(answer)) == (400, said)
    assert ">" not in answer.text  # Go's encoder writes it as \\u003e
    assert {"trace-id", "minimax-request-id", "x-mm-request-id"} <= set(answer.headers)


@pytest.mark.parametrize(("name", "value"), [("top_p", 1.5), ("temperature", "hot"), ("thinking", "hard")])
def test_little_is_refused(name: str, value: Any, ask: Any, field: str) -> None:
    assert name in message(ask(field, **{name: value}))


def test_temperature_has_no_effect_and_top_p_has(ask: Any, field: str) -> None:
    def openings(**body: Any) -> int:
        told = [{"role": "user", "content": "Write the opening of a story about a bridge."}]
        return len({ask(field, messages=told, **body).json()["content"][-1]["text"][:60] for _ in range(10)})

    assert openings(temperature=0.01) >= 9
    assert openings(top_p=0.001) == 1


@pytest.mark.parametrize("thinking", ["enabled", "disabled", "adaptive", "bogus", None])
def test_the_models_of_m2_always_think(thinking: str | None, ask: Any, field: str) -> None:
    answer = ask(field, thinking=thinking and {"type": thinking})
    assert answer.json()["content"][0]["type"] == "thinking"


@pytest.mark.parametrize(
    ("thinking", "turns", "thinks"),
    [(None, 1, False), ("enabled", 1, True), ("adaptive", 1, True), ("disabled", 1, False), ("enabled", 3, False)],
)
def test_m3_thinks_in_the_first_turn_if_asked(
    thinking: str | None, turns: int, thinks: bool, ask: Any, field: str
) -> None:
    messages = [{"role": ("user", "assistant")[at % 2], "content": "Hi"} for at in range(turns)]
    answer = ask(field, model="MiniMax-M3", thinking=thinking and {"type": thinking}, messages=messages)
    assert (answer.json()["content"][0]["type"] == "thinking") is thinks


@pytest.mark.parametrize(
    ("choice", "text", "calls"),
    [
        ("none", "What is the weather in Paris?", False),
        ("auto", "What is the weather in Paris?", True),
        ("any", "Write a sentence on bread.", False),
        ("tool", "Write a sentence on bread.", False),
    ],
)
def test_of_tool_choices_only_auto_and_none_have_an_effect(
    choice: str, text: str, calls: bool, ask: Any, field: str
) -> None:
    chosen = {"type": choice, "name": "get_weather"}
    answer = ask(field, tools=[WEATHER], tool_choice=chosen, messages=[{"role": "user", "content": text}])
    assert (answer.json()["stop_reason"] == "tool_use") is calls


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "The codeword is X-1."}},
    ],
)
def test_pictures_and_documents_are_dropped_in_silence(block: Any, ask: Any, field: str) -> None:
    asked = {"type": "text", "text": "What is the codeword?"}
    bare = ask(field, messages=[{"role": "user", "content": [asked]}]).json()
    with_it = ask(field, messages=[{"role": "user", "content": [block, asked]}]).json()
    assert with_it["usage"]["input_tokens"] == bare["usage"]["input_tokens"]
    assert "X-1" not in str(with_it["content"])


def test_a_long_prefix_is_cached_unasked(ask: Any, field: str) -> None:
    told = [{"role": "user", "content": "Tell me of the tide. " * 200}]
    first, second = (ask(field, messages=told).json()["usage"] for _ in range(2))
    assert first["cache_read_input_tokens"] == 0
    assert second["cache_read_input_tokens"] > 512
    assert first["input_tokens"] == second["input_tokens"] + second["cache_read_input_tokens"]


def test_a_wrong_path_is_answered_in_plain_text(field: str, web: httpx2.Client) -> None:
    answer = web.get(f"{field}/nowhere")
    assert (answer.status_code, answer.text) == (404, "404 page not found")
    assert answer.headers["x-conformance-simulator"] == "field"


def test_a_bad_key_is_told_of_x_api_key_even_if_it_came_as_bearer(field: str, web: httpx2.Client) -> None:
    answer = web.post(f"{field}/v1/messages", json={}, headers={"authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")
    assert "X-Api-Key" in message(answer)
