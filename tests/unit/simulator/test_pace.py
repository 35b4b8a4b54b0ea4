"""What a client is measured against: the rate limit, the latency, and the log of all that was asked."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from conformance.simulator import create_app, running
from conformance.simulator.middleware import TokenBucket

LIMIT = 30
BURST = 3


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def statistics(url: str, web: httpx2.Client) -> dict[str, Any]:
    return web.get(f"{url}/_stats").json()


def test_what_is_too_much_is_refused_with_the_time_to_wait(ask: Callable[..., httpx2.Response]) -> None:
    with running("reference", paced=False, rpm_limit=LIMIT) as url:
        answers = [ask(url, model="claude-haiku-4-5") for _ in range(BURST + 2)]
    assert [answer.status_code for answer in answers] == [200] * BURST + [429] * 2
    taken, refused = answers[0], answers[-1]
    assert refused.json()["error"]["type"] == "rate_limit_error"
    assert refused.headers["retry-after"] in ("1", "2")
    assert "retry-after" not in taken.headers
    remaining = [answer.headers["anthropic-ratelimit-requests-remaining"] for answer in answers]
    assert remaining == ["2", "1", "0", "0", "0"]
    for answer in answers:
        assert answer.headers["anthropic-ratelimit-requests-limit"] == str(LIMIT)
        assert answer.headers["anthropic-ratelimit-requests-reset"].endswith("Z")
        assert answer.headers["x-conformance-simulator"] == "reference"


def test_a_bucket_gives_the_limit_and_no_more_than_its_burst_at_once(clock: Clock) -> None:
    bucket = TokenBucket(600, clock)
    assert sum(bucket.take() == 0 for _ in range(1000)) == 60
    taken = 0
    for _ in range(10_000):
        clock.now += 0.0625
        taken += bucket.take() == 0
    assert taken == pytest.approx(10_000 * 0.0625 * 10, abs=1)


def test_who_waits_as_long_as_told_is_served_and_who_does_not_loses_nothing(clock: Clock) -> None:
    bucket = TokenBucket(30, clock)
    while not (wait := bucket.take()):
        pass
    assert wait == 2
    clock.now += 1.5
    assert bucket.take() == 0.5
    clock.now += 0.5
    assert bucket.take() == 0


def test_an_idle_bucket_fills_up_to_its_burst(clock: Clock) -> None:
    bucket = TokenBucket(30, clock)
    while not bucket.take():
        pass
    assert bucket.left == 0
    clock.now += 3600
    bucket.take()
    assert bucket.left == BURST - 1
    assert bucket.full_after == 2


def test_every_answer_is_late(ask: Callable[..., httpx2.Response], web: httpx2.Client) -> None:
    with running(paced=False, latency=0.2) as url:
        ask(url)
        ask(url, top_p=2)
        seen = statistics(url, web)
    assert all(seconds >= 0.2 for _, _, seconds in seen["requests"])
    assert seen["statuses"] == {"200": 1, "400": 1}


def test_the_log_counts_what_was_asked_and_not_who_reads_it(
    ask: Callable[..., httpx2.Response], web: httpx2.Client
) -> None:
    with running(paced=False, rpm_limit=LIMIT) as url:
        assert statistics(url, web)["asked"] == 0
        web.get(f"{url}/nowhere")
        ask(url)
        ask(url, stream=True)
        ask(url)
        seen = statistics(url, web)
        assert web.get(f"{url}/_stats").headers["x-conformance-simulator"] == "documented"
    assert seen["asked"] == 4
    assert seen["statuses"] == {"404": 1, "200": 2, "429": 1}
    assert [status for _, status, _ in seen["requests"]] == [404, 200, 200, 429]
    assert (seen["in_flight"], seen["most_in_flight"]) == (0, 1)
    began = [at for at, _, _ in seen["requests"]]
    assert began == sorted(began)
    assert began[-1] <= seen["uptime"]


def test_the_log_knows_how_many_are_in_flight(web: httpx2.Client) -> None:
    story = [{"role": "user", "content": "Write a very long story."}]
    body = {"model": "MiniMax-M2", "max_tokens": 2000, "stream": True, "messages": story}
    with running() as url:
        post = web.build_request("POST", f"{url}/v1/messages", json=body, headers={"x-api-key": "key"})
        streams = [httpx2.Client().send(post, stream=True) for _ in range(2)]
        seen = statistics(url, web)
        for stream in streams:
            stream.close()
    assert (seen["asked"], seen["in_flight"], seen["most_in_flight"], seen["statuses"]) == (2, 2, 2, {})


@pytest.mark.parametrize("wrong", [{"rpm_limit": 0}, {"latency": -1}, {"latency": float("nan")}])
def test_a_rate_that_makes_no_sense_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        create_app(**wrong)
