"""Mutants by name, one by one and of one model only; what each turns in a report is in tests/test_mutants.py."""

import time
from typing import Any

import httpx2
import pytest

from conformance.simulator import MUTANTS, PERSONALITIES, create_app, running

from .blocks import user

TIMED = ("stream.incremental-held-back", "limits.output_speed-slow")
STORY = [user("Write a long story.")]


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if mutant.tolerated])
def test_a_difference_that_raises_no_alarm_is_one_all_the_same(name: str, ask: Any, documented: str) -> None:
    with running(mutant=name, paced=False) as url:
        assert ask(url, stream=True).text != ask(documented, stream=True).text


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
