"""`documented` does what MiniMax's page says, parameter by parameter."""

import base64
import json
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message

Sdk = Callable[[str], anthropic.Anthropic]
WEATHER: Any = {
    "name": "get_weather",
    "description": "Get the weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 1},
        },
        "required": ["city", "unit", "days"],
    },
}
CLOCK: Any = {"name": "clock", "description": "Tell the hour.", "input_schema": {"type": "object", "properties": {}}}
SEVEN = [
    "MiniMax-M2.7",
    "MiniMax-M2.7-highspeed",
    "MiniMax-M2.5",
    "MiniMax-M2.5-highspeed",
    "MiniMax-M2.1",
    "MiniMax-M2.1-highspeed",
    "MiniMax-M2",
]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def kinds(answer: httpx2.Response) -> list[str]:
    return [block["type"] for block in answer.json()["content"]]


def text_of(answer: httpx2.Response) -> str:
    return "".join(block.get("text", "") for block in answer.json()["content"])


def openings(ask: Any, url: str, **body: Any) -> set[str]:
    told = [user("Write the opening sentence of a story about a bridge.")]
    return {text_of(ask(url, messages=told, **body))[:60] for _ in range(10)}


def size(answer: httpx2.Response) -> int:
    usage = answer.json()["usage"]
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(usage[name] for name in names)


@pytest.mark.parametrize("model", SEVEN)
def test_the_page_s_example_works_for_every_model(model: str, documented: str, sdk: Sdk) -> None:
    message = sdk(f"{documented}/anthropic").messages.create(
        model=model,
        max_tokens=1000,
        system="You are a helpful assistant.",
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hi, how are you?"}]}],
    )
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert (message.model, message.stop_reason) == (model, "end_turn")
    Message.model_validate(message.model_dump(), strict=True)


def test_temperature_and_top_p_collapse_and_top_k_does_not(ask: Any, documented: str) -> None:
    assert len(openings(ask, documented, temperature=1.0)) >= 9
    assert len(openings(ask, documented, temperature=0.01)) == 1
    assert len(openings(ask, documented, top_p=0.001)) == 1
    assert len(openings(ask, documented, top_k=1)) >= 9


@pytest.mark.parametrize("value", [0, -1, 1.01, 2, "hot", None, True])
def test_a_temperature_outside_its_range_is_refused_by_name(value: Any, ask: Any, documented: str) -> None:
    answer = ask(documented, extra=1, **({"temperature": value} if value is not None else {"temperature": []}))
    assert answer.status_code == 400
    assert "temperature" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", 3),
        ("max_tokens", 0),
        ("max_tokens", -1),
        ("max_tokens", "many"),
        ("max_tokens", None),
        ("messages", []),
        ("messages", None),
        ("messages", [{"role": "system", "content": "x"}]),
        ("messages", [user("x"), {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}]),
        ("stream", "yes"),
        ("system", 3),
        ("system", [{"type": "image"}]),
        ("top_p", "much"),
        ("top_p", 1.5),
        ("thinking", "hard"),
        ("thinking", {"type": "bogus"}),
        ("metadata", "someone"),
        ("metadata", {"user_id": 7}),
        ("tools", "all"),
        ("tools", [{"name": "x"}]),
        ("tool_choice", {"type": "any"}),
        ("tool_choice", {"type": "tool", "name": "nobody"}),
    ],
)
def test_what_is_malformed_is_refused_by_name(name: str, value: Any, ask: Any, documented: str) -> None:
    answer = ask(documented, **{name: value})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert name in answer.json()["error"]["message"]
    assert answer.json()["request_id"] == answer.headers["request-id"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_k", "bogus"),
        ("stop_sequences", ["a", "e", "i", "o"]),
        ("service_tier", 3),
        ("mcp_servers", "x"),
        ("context_management", {"edits": [{"type": "clear_tool_uses_20250919"}]}),
        ("container", "nobody"),
        ("nobody_has_this", 1),
    ],
)
def test_what_is_ignored_has_no_effect_whatever_it_holds(name: str, value: Any, ask: Any, documented: str) -> None:
    answer = ask(documented, **{name: value})
    assert answer.status_code == 200
    assert "a" in text_of(answer)
    assert set(answer.json()) == set(ask(documented).json())
    assert size(answer) == size(ask(documented))


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
    ],
)
def test_pictures_and_documents_are_refused_by_name(block: Any, ask: Any, documented: str) -> None:
    answer = ask(documented, messages=[{"role": "user", "content": [block]}])
    assert answer.status_code == 400
    assert repr(block["type"]) in answer.json()["error"]["message"]


def test_an_unlisted_model_is_not_found(ask: Any, documented: str) -> None:
    answer = ask(documented, model="claude-nobody")
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")
    assert "claude-nobody" in answer.json()["error"]["message"]


@pytest.mark.parametrize("limit", [1, 16, 200, 512])
def test_max_tokens_cuts_where_it_says(limit: int, ask: Any, documented: str) -> None:
    answer = ask(documented, max_tokens=limit, messages=[user("Write a long story of 800 words.")]).json()
    assert (answer["stop_reason"], answer["usage"]["output_tokens"]) == ("max_tokens", limit)
    assert answer["content"][0]["type"] == "thinking"


def test_a_long_answer_is_long_and_a_short_one_short(ask: Any, documented: str) -> None:
    long = ask(documented, max_tokens=4000, messages=[user("Write a long, detailed text about bread.")]).json()
    short = ask(documented, max_tokens=4000).json()
    assert long["usage"]["output_tokens"] > 600
    assert short["usage"]["output_tokens"] < 150
    assert long["stop_reason"] == short["stop_reason"] == "end_turn"


def test_a_system_prompt_is_read_as_a_string_and_as_blocks(ask: Any, documented: str) -> None:
    told, asked = "The codeword is HERON-7. " + "The sea is wide. " * 20, [user("What is the codeword?")]
    bare = ask(documented, messages=asked)
    for system in (told, [{"type": "text", "text": told}]):
        answer = ask(documented, system=system, messages=asked)
        assert "HERON-7" in text_of(answer)
        assert size(answer) - size(bare) > 80
    assert "HERON-7" not in text_of(bare)


@pytest.mark.parametrize(
    ("thinking", "first"),
    [(None, "thinking"), ("enabled", "thinking"), ("adaptive", "thinking"), ("disabled", "text")],
)
def test_thinking_is_as_asked_for(thinking: str | None, first: str, ask: Any, documented: str) -> None:
    config = thinking and {"type": thinking, "budget_tokens": 1024}
    assert kinds(ask(documented, thinking=config))[0] == first


def test_a_small_limit_leaves_the_thinking_alone(ask: Any, documented: str) -> None:
    assert kinds(ask(documented, max_tokens=10)) == ["thinking"]


@pytest.mark.parametrize(
    ("choice", "text", "called"),
    [
        ("auto", "What is the weather in Paris?", ["get_weather"]),
        ("auto", "Write a sentence on bread.", []),
        ("any", "Write a sentence on bread.", ["either"]),
        ("tool", "What is the weather in Paris?", ["clock"]),
        ("none", "What is the weather in Paris?", []),
    ],
)
def test_tool_choices_are_obeyed(choice: str, text: str, called: list[str], ask: Any, documented: str) -> None:
    chosen = {"type": choice} | ({"name": "clock"} if choice == "tool" else {})
    answer = ask(documented, tools=[WEATHER, CLOCK], tool_choice=chosen, messages=[user(text)])
    names = [block["name"] for block in answer.json()["content"] if block["type"] == "tool_use"]
    assert names == called or (called == ["either"] and len(names) == 1)
    assert answer.json()["stop_reason"] == ("tool_use" if called else "end_turn")


def test_a_call_fits_its_schema_and_its_result_is_passed_on(ask: Any, documented: str, sdk: Sdk) -> None:
    client = sdk(documented)
    asked: Any = [user("What will the weather be in Paris for 3 days, in fahrenheit?")]
    first = client.messages.create(model="MiniMax-M2.7", max_tokens=500, tools=[WEATHER], messages=asked)
    call = first.content[-1]
    assert call.type == "tool_use"
    assert call.input == {"city": "Paris", "unit": "fahrenheit", "days": 3}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "Rain, and the codeword is PLOVER-3."}
    history = [*asked, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(model="MiniMax-M2.7", max_tokens=500, tools=[WEATHER], messages=history)
    assert second.stop_reason == "end_turn"
    assert "PLOVER-3" in second.content[-1].text  # type: ignore[union-attr]
    assert second.usage.input_tokens > first.usage.input_tokens + 20


def test_two_places_are_two_calls_unless_that_is_switched_off(ask: Any, documented: str) -> None:
    asked = [user("What is the weather in Paris and Rome?")]
    both = ask(documented, tools=[WEATHER], messages=asked)
    one = ask(
        documented, tools=[WEATHER], messages=asked, tool_choice={"type": "auto", "disable_parallel_tool_use": True}
    )
    assert kinds(both).count("tool_use") == 2
    assert kinds(one).count("tool_use") == 1


@pytest.mark.parametrize(
    "history",
    [
        [
            {
                "role": "user",
                "content": [{"type": "text", "text": "Hello."}, {"type": "text", "text": "The codeword is OWL-1."}],
            }
        ],
        [user("Hello."), {"role": "assistant", "content": "The codeword is OWL-1."}],
        [
            user("Look."),
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t", "name": "n", "input": {"codeword": "OWL-1"}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "done"}]},
        ],
        [
            user("Hello."),
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "The codeword is OWL-1.", "signature": "x"}],
            },
        ],
    ],
)
def test_every_block_of_the_history_is_read_and_counted(history: list[Any], ask: Any, documented: str) -> None:
    question = user("What is the codeword?")
    answer = ask(documented, messages=[*history, question])
    assert "OWL-1" in text_of(answer)
    assert size(answer) > size(ask(documented, messages=[question])) + 5


def test_tools_count_towards_the_prompt(ask: Any, documented: str) -> None:
    assert size(ask(documented, tools=[WEATHER])) > size(ask(documented)) + 40


def test_counting_tokens_agrees_with_the_usage(ask: Any, documented: str, sdk: Sdk) -> None:
    counted = sdk(documented).messages.count_tokens(
        model="MiniMax-M2.7", messages=[{"role": "user", "content": "Hi, how are you?"}]
    )
    assert counted.input_tokens == size(ask(documented))


def test_a_prompt_beyond_the_window_is_refused(ask: Any, documented: str) -> None:
    fits, exceeds = ([user("word " * number)] for number in (200_000, 206_000))
    assert ask(documented, messages=fits).status_code == 200
    answer = ask(documented, messages=exceeds)
    assert answer.status_code == 400
    assert "204800" in answer.json()["error"]["message"]


def test_models_are_listed(documented: str, sdk: Sdk) -> None:
    client = sdk(documented)
    assert [model.id for model in client.models.list()] == SEVEN


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": "anything"}, 200),
        ({"authorization": "Bearer anything"}, 200),
        ({}, 401),
        ({"x-api-key": ""}, 401),
        ({"x-api-key": "sk-invalid"}, 401),
        ({"authorization": "Bearer wrong-key"}, 401),
        ({"authorization": "Basic anything"}, 401),
    ],
)
def test_keys_are_asked_for_before_the_body_is_read(
    headers: dict[str, str], status: int, documented: str, web: httpx2.Client
) -> None:
    good = {"model": "MiniMax-M2", "max_tokens": 9, "messages": [user("Hi")]}
    assert web.post(f"{documented}/v1/messages", json=good, headers=headers).status_code == status
    broken = web.post(f"{documented}/v1/messages", content=b"{", headers=headers)
    assert broken.status_code == (400 if status == 200 else 401)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/v1/messages"), ("POST", "/v2/messages"), ("POST", "/anthropic")]
)
def test_elsewhere_is_not_found(method: str, path: str, documented: str, web: httpx2.Client) -> None:
    answer = web.request(method, documented + path, headers={"x-api-key": "key"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")
    assert answer.headers["x-conformance-simulator"] == "documented"


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21", "never", ""])
def test_versions_and_betas_do_not_matter(version: str, ask: Any, documented: str) -> None:
    assert ask(documented, headers={"anthropic-version": version, "anthropic-beta": "any"}).status_code == 200


def test_signatures_are_opaque(ask: Any, documented: str) -> None:
    signature = ask(documented).json()["content"][0]["signature"]
    assert len(base64.b64decode(signature)) == 64


def test_a_body_that_is_no_json_object_is_refused(documented: str, web: httpx2.Client) -> None:
    for content in (b"", b"{", b"[]", json.dumps("x").encode(), b'{"temperature": NaN}'):
        answer = web.post(f"{documented}/v1/messages", content=content, headers={"x-api-key": "key"})
        assert answer.status_code == 400
