"""The service as a whole: reproducible, stamped, robust, and really gone when it is told to go."""

import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from conformance.simulator import PERSONALITIES, create_app, running

MODELS = {"documented": "MiniMax-M2", "field": "MiniMax-M2", "reference": "claude-haiku-4-5"}
TOLD = [{"role": "user", "content": "Write a sentence."}]


def texts(answers: list[httpx2.Response]) -> list[str]:
    return [answer.text for answer in answers]


def test_answers_depend_on_the_seed_and_the_request_and_not_on_the_order(ask: Any) -> None:
    bodies = [{"messages": TOLD, "max_tokens": 50 + at % 4} for at in range(24)]
    with running(seed=5, paced=False) as url:
        forwards = texts([ask(url, **body) for body in bodies])
    with running(seed=5, paced=False) as url, ThreadPoolExecutor(8) as pool:
        backwards = texts(list(pool.map(lambda body: ask(url, **body), reversed(bodies))))
    with running(seed=6, paced=False) as url:
        others = texts([ask(url, **body) for body in bodies])
    assert sorted(forwards) == sorted(backwards)
    assert len(set(forwards)) == len(bodies)
    assert not set(forwards) & set(others)


@pytest.mark.parametrize(("noise", "least", "most"), [(0.0, 1, 1), (0.3, 3, 12), (1.0, 18, 20)])
def test_noise_is_the_share_of_draws_that_are_not_greedy(noise: float, least: int, most: int, ask: Any) -> None:
    with running(noise=noise, paced=False) as url:
        answers = [ask(url, messages=TOLD, temperature=0.01).json() for _ in range(20)]
    assert least <= len({answer["content"][-1]["text"] for answer in answers}) <= most


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_every_answer_is_stamped(personality: str, web: httpx2.Client, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(personality)
    key = {"x-api-key": "key", "anthropic-version": "2023-06-01"}
    body = {"model": MODELS[personality], "max_tokens": 20, "messages": TOLD}
    for answer in (
        web.post(f"{url}/v1/messages", json=body, headers=key),
        web.post(f"{url}/anthropic/v1/messages?beta=true", json=body | {"stream": True}, headers=key),
        web.post(f"{url}/v1/messages", json={}, headers=key),
        web.post(f"{url}/v1/messages", json=body),
        web.get(f"{url}/anthropic/v1/models", headers=key),
        web.get(f"{url}/nowhere"),
        web.delete(f"{url}/v1/messages"),
    ):
        assert answer.headers["x-conformance-simulator"] == personality


def test_a_key_of_one_s_own_is_the_only_right_one(ask: Any) -> None:
    with running(key="secret-1", paced=False) as url:
        assert ask(url, headers={"x-api-key": "secret-1"}).status_code == 200
        assert ask(url, headers={"x-api-key": "secret-2"}).status_code == 401


@pytest.mark.parametrize("wrong", [{"noise": 1.5}, {"noise": -0.1}, {"diversity": 0}])
def test_traits_that_make_no_sense_are_errors(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        create_app(**wrong)


def test_a_service_is_gone_when_it_is_told_to_go(web: httpx2.Client) -> None:
    with running(paced=False) as url:
        assert web.get(f"{url}/").status_code == 404
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{url}/")


def test_a_stream_in_flight_does_not_hold_the_service_up(web: httpx2.Client) -> None:
    body = {"model": "MiniMax-M2", "max_tokens": 2000, "stream": True, "messages": TOLD}
    body["messages"] = [{"role": "user", "content": "Write a very long story."}]
    with running() as url:
        response = httpx2.Client().send(
            web.build_request("POST", f"{url}/v1/messages", json=body, headers={"x-api-key": "key"}), stream=True
        )
        assert next(response.iter_raw())
    response.close()


def test_in_the_foreground_it_says_what_it_is_and_stops_when_interrupted(ask: Any) -> None:
    code = (
        "from conformance.simulator import serve; serve('127.0.0.1', 0, personality='field', mutant='top_k-rejected')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, said = process.stdout.readline().split(" ", 1)
        assert said == "(personality field, mutant top_k-rejected): everything this service says is simulated.\n"
        assert ask(url, top_k=1).status_code == 400
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_importing_the_package_imports_no_web_server() -> None:
    heavy = "{'starlette', 'uvicorn', 'pydantic', 'anthropic'}"
    code = f"import sys, conformance.simulator as s; s.MUTANTS; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


ODDITIES: list[Any] = [None, True, -1, 0, 2.5, "", "x", [], {}, [None], {"type": "text"}, [[1]], {"type": "tool"}]
FULL: dict[str, Any] = {
    "max_tokens": 60,
    "system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}],
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 5,
    "stop_sequences": ["zz"],
    "stream": False,
    "service_tier": "auto",
    "metadata": {"user_id": "u"},
    "thinking": {"type": "disabled"},
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "tools": [
        {
            "name": "find_it",
            "description": "Find it.",
            "input_schema": {
                "type": "object",
                "properties": {"a": {"type": "array", "items": {"anyOf": [{"type": "string"}]}, "minItems": 1}},
                "required": ["a"],
                "$defs": {"x": {"type": "number", "minimum": 1}},
            },
        }
    ],
    "context_management": {"edits": [{"type": "clear_tool_uses_20250919", "keep": {"type": "tool_uses", "value": 0}}]},
    "messages": [
        {"role": "user", "content": "Find it."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "find_it", "input": {"a": ["b"]}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": '{"b": [1]}'}]},
                {"type": "text", "text": "Find it again."},
            ],
        },
    ],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def damaged(value: Any, path: tuple[Any, ...], oddity: Any) -> Any:
    if not path:
        return oddity
    if isinstance(value, dict):
        return {key: damaged(each, path[1:], oddity) if key == path[0] else each for key, each in value.items()}
    return [damaged(each, path[1:], oddity) if at == path[0] else each for at, each in enumerate(value)]


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_no_body_makes_the_service_fail(personality: str, ask: Any, request: pytest.FixtureRequest) -> None:
    url, model = request.getfixturevalue(personality), MODELS[personality]
    headers = {"anthropic-beta": "context-management-2025-06-27"}
    assert ask(url, model=model, headers=headers, **FULL).status_code == 200
    chance = random.Random(personality)
    for place in places(FULL)[1:]:
        for oddity in chance.sample(ODDITIES, 5):
            answer = ask(url, model=model, headers=headers, **damaged(FULL, place, oddity))
            assert answer.status_code in (200, 400, 404), (place, oddity)
