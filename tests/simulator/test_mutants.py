"""No mutant is dead: each changes the answer to something a healthy service answers otherwise."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from conformance.simulator import MUTANTS, PERSONALITIES, create_app, running
from conformance.simulator.server import serving

from .blocks import CLOCK, WEATHER, document, png, tool_history, user

TIMED = ("stream.incremental-held-back", "limits.output_speed-slow")
# Asked by GET, where these probes only POST: tests/test_mutants.py has it.
LISTED = ("models.list-empty",)
MODELS = {"documented": "MiniMax-M2.7", "reference": "claude-sonnet-4-6"}
BETAS = {"anthropic-beta": "context-management-2025-06-27,mcp-client-2025-11-20"}


@dataclasses.dataclass(frozen=True)
class Probe:
    """One request, and the feature it is good for."""

    feature: str
    body: dict[str, Any]
    headers: dict[str, str] = dataclasses.field(default_factory=lambda: {"x-api-key": "key"})


def say(feature: str, headers: dict[str, str] | None = None, **body: Any) -> Probe:
    return Probe(feature, body, {"x-api-key": "key"} | (headers or {}))


STORY = [user("Write a long story.")]
PARIS = [user("What is the weather in Paris?")]
THOUGHT = {"type": "thinking", "thinking": "The codeword is OWL-1.", "signature": "any"}
PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQ="}}
ELSEWHERE = {"type": "image", "source": {"type": "url", "url": "https://images.invalid/red.png"}}
CALLS = [{"type": "tool_use", "id": f"toolu_{n}", "name": "weather", "input": {"city": "Paris"}} for n in (1, 2)]


def results(*contents: Any) -> list[dict[str, Any]]:
    """Two calls, what came of each, and a word beside it."""
    brought = [
        {"type": "tool_result", "tool_use_id": call["id"], "content": content}
        for call, content in zip(CALLS, contents, strict=True)
    ]
    return [user("Weather?"), {"role": "assistant", "content": CALLS}, user(*brought, "The codeword is WREN-5.")]


CLEARING = {"edits": [{"type": "clear_tool_uses_20250919", "trigger": {"type": "tool_uses", "value": 1}}]}
SERVER = {"type": "url", "name": "nowhere", "url": "https://mcp.invalid/"}
PROBES = (
    say("response"),
    say("stream", stream=True, tools=[WEATHER], messages=PARIS),
    say("stream", stream=True, max_tokens=16),
    say("system", system="The codeword is HERON-7.", messages=[user("What is the codeword?")]),
    say("system", system=[{"type": "text", "text": "The codeword is HERON-7."}]),
    say("max_tokens", max_tokens=16, messages=STORY),
    say("temperature", temperature=0.01),
    *(say("temperature", temperature=value) for value in (0, -1, 1.01)),
    say("top_p", top_p=0.001),
    say("top_k", top_k=1),
    say("stop_sequences", stop_sequences=["e"], messages=STORY),
    say("service_tier", service_tier="bogus"),
    say("service_tier", service_tier="auto"),
    say("container", container="cont_nobody"),
    say("mcp_servers", BETAS, mcp_servers=[SERVER]),
    say("context_management", BETAS, context_management=CLEARING, messages=tool_history(6), tools=[WEATHER]),
    say("metadata", metadata={"user_id": 3}),
    say("metadata", metadata={"user_id": "someone"}),
    *(say("thinking", thinking={"type": kind, "budget_tokens": 1024}) for kind in ("enabled", "adaptive")),
    say("thinking", thinking={"type": "disabled"}),
    say("tools", tools=[WEATHER], messages=PARIS),
    *(
        say("tool_choice", tools=[WEATHER, CLOCK], tool_choice=choice, messages=messages)
        for messages in (PARIS, STORY)
        for choice in ({"type": "auto"}, {"type": "any"}, {"type": "none"}, {"type": "tool", "name": "clock"})
    ),
    say(
        "tool_choice",
        tools=[WEATHER],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
        messages=[user("What is the weather in Paris and Rome?")],
    ),
    say("messages.text", messages=[user("Hello.", "The codeword is EGRET-2.", "What is the codeword?")]),
    say(
        "messages.text",
        messages=[
            user("My name is Ada."),
            {"role": "assistant", "content": "The password is RAVEN-3."},
            user("What is the password?"),
        ],
    ),
    say("messages.tool", messages=tool_history(1), tools=[WEATHER]),
    say("messages.thinking", messages=[user("Hi"), {"role": "assistant", "content": [THOUGHT]}, user("Hi")]),
    say("messages.image", messages=[user(png(220, 20, 20), "What colour is this image?")]),
    say("messages.document", messages=[user(document("The codeword is IBIS-4."), "What is the codeword?")]),
    say("messages.text", messages=[user("word " * 1000)]),
    say("messages.tool_result", messages=results("The first is RAIN-1.", "The second is SNOW-2."), tools=[WEATHER]),
    say("messages.tool_result", messages=results([{"type": "text", "text": "Rain."}], "Snow."), tools=[WEATHER]),
    say("messages.image.in_a_result", messages=results([png(220, 20, 20)], "Snow."), tools=[WEATHER]),
    say("messages.image.url", messages=[user(ELSEWHERE, "What colour is this image?")]),
    say("messages.document.pdf", messages=[user(PDF, "What does it say?")]),
    say("messages.conversation", messages=[user("word " * 50), *results("Rain.", "Snow."), *([user("So.")] * 12)]),
    *(
        say("messages.conversation", messages=results("Rain." * 9, "Snow." * 9), tools=[WEATHER], **more)
        for more in (
            {"stream": True},
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            {"system": "The codeword is SWAN-6."},
        )
    ),
    say("messages.conversation", messages=[user("One.", "Two.", "Three.", "The codeword is WREN-7. " * 9)]),
    say("messages.text", messages=[user("办公室的猫名叫墨团团。" * 9)]),
    *(
        say("tool_choice", stream=True, tools=[WEATHER, CLOCK], tool_choice=choice, messages=messages)
        for messages in (PARIS, STORY)
        for choice in ({"type": "none"}, {"type": "tool", "name": "clock"})
    ),
    say("system-cut", system="word " * 1000),
    *(
        say(name, stream=True, messages=STORY, **{name: value})
        for name, value in (("temperature", 0.01), ("temperature", -1), ("top_p", 0.001), ("top_k", 1))
    ),
    say("model", model="nobody-1"),
    say("top_p.range", top_p=1.5),
    say("max_tokens.range", max_tokens=None),
    say("thinking.unknown_type", thinking={"type": "bogus"}),
    say("system", stream=True, system="The codeword is IBIS-4.", messages=[user("What is the codeword?")]),
    say("tool_choice", stream=True, tools=[WEATHER, CLOCK], tool_choice={"type": "any"}),
    say(
        "messages.cache_control",
        messages=[user({"type": "text", "text": "Bread. " * 3000, "cache_control": {"type": "ephemeral"}})],
    ),
    say("unknown", nobody_has_this=1),
    Probe("errors", {}, {"x-api-key": "wrong"}),
    Probe("errors", {"messages": []}),
    Probe("headers", {}, {"authorization": "Bearer key"}),
    Probe("headers", {}, {"x-api-key": "key", "anthropic-version": "2026-10-21"}),
    Probe("headers", {}, {"x-api-key": "key", "anthropic-beta": "anything-2026-01-01"}),
    say("limits", messages=[user("word " * 101_000)]),
)


@pytest.fixture(scope="module")
def services() -> Iterator[str]:
    """Every mutant and every healthy service behind one socket, each under its own path."""
    apps = {name: create_app(name, paced=False) for name in PERSONALITIES}
    apps |= {
        mutant.name: create_app(mutant.personality, mutant=mutant.name, paced=False) for mutant in MUTANTS.values()
    }
    with serving(Starlette(routes=[Mount(f"/{name}", app) for name, app in apps.items()])) as url:
        yield url


@pytest.fixture(scope="module")
def healthy(services: str, web: httpx2.Client) -> dict[tuple[str, int], Any]:
    return {
        (name, at): answer(web, f"{services}/{name}", MODELS[name], probe)
        for name in MODELS
        for at, probe in enumerate(PROBES)
    }


def answer(web: httpx2.Client, url: str, model: str, probe: Probe) -> tuple[int, str, bytes]:
    body = {"model": model, "max_tokens": 1100, "messages": [user("Hi, how are you?")]} | probe.body
    body = {name: value for name, value in body.items() if value is not None}
    headers = {"anthropic-version": "2023-06-01"} | probe.headers
    response = web.post(f"{url}/v1/messages", json=body, headers=headers)
    return response.status_code, response.headers["content-type"], response.content


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in (*TIMED, *LISTED)])
def test_a_mutant_answers_something_otherwise(
    name: str, services: str, web: httpx2.Client, healthy: dict[tuple[str, int], Any]
) -> None:
    mutant = MUTANTS[name]
    model = MODELS[mutant.personality]
    # What the mutant's name says is asked first, so that a living one is soon found alive.
    order = sorted(range(len(PROBES)), key=lambda at: not name.startswith(PROBES[at].feature))
    assert any(answer(web, f"{services}/{name}", model, PROBES[at]) != healthy[mutant.personality, at] for at in order)


def arrivals(url: str, web: httpx2.Client) -> list[float]:
    body = {"model": "MiniMax-M2.7-highspeed", "max_tokens": 24, "messages": STORY, "stream": True}
    with web.stream("POST", f"{url}/v1/messages", json=body, headers={"x-api-key": "key"}) as response:
        return [time.monotonic() for _ in response.iter_raw()]


def test_a_paced_stream_keeps_the_documented_speed_and_two_mutants_do_not(web: httpx2.Client) -> None:
    spans = {}
    for mutant in (None, *TIMED):
        with running(mutant=mutant) as url:
            times = arrivals(url, web)
            spans[mutant] = times[-1] - times[0]
    assert 0.15 < spans[None] < 0.6  # 24 tokens at 100 a second, less the first delta
    assert spans["limits.output_speed-slow"] > 3 * spans[None]
    assert spans["stream.incremental-held-back"] < 0.05


def test_a_mutant_can_be_of_one_model_only(ask: Any) -> None:
    with running(mutant="top_k-rejected@MiniMax-M2.5", paced=False) as url:
        assert ask(url, model="MiniMax-M2.5", top_k=1).status_code == 400
        assert ask(url, model="MiniMax-M2.7", top_k=1).status_code == 200
        assert ask(url).headers["x-conformance-simulator"] == "documented+top_k-rejected@MiniMax-M2.5"


@pytest.mark.parametrize(
    ("personality", "mutant", "hint"),
    [
        ("documentd", None, "did you mean 'documented'"),
        ("documented", "top_k-honored", "did you mean 'top_k-honoured'"),
        ("documented", "top_k-honoured@MiniMax-M9", "no model is called 'MiniMax-M9'"),
        ("documented", "?", "MUTANTS lists all"),
    ],
)
def test_a_name_nobody_has_is_an_error_with_a_hint(personality: str, mutant: str | None, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        create_app(personality, mutant=mutant)


def test_a_mutant_is_described_in_one_sentence() -> None:
    for name, mutant in MUTANTS.items():
        assert mutant.name == name
        assert mutant.description.endswith(".")
        assert mutant.personality in PERSONALITIES
