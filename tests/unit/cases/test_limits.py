"""max_tokens and the speed, of services that count otherwise or think where nobody sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.limits import a_long_answer_is_timed
from conformance.cases.parameters import sixteen_cuts_a_long_answer
from conformance.protocol.exchange import Arrival
from conformance.trouble import Inconclusive
from unit.cases.scripted import Scripted, message, scripted, streamed

PROSE = "The baker rises long before the sun and lights the old oven with beech. " * 40
WORDS = PROSE.split()


def said(tokens: int) -> str:
    """So many tokens of prose, a word each."""
    return " ".join(WORDS[:tokens])


def thought(text: str, thinking: str, tokens: int) -> dict[str, Any]:
    """A message with a thought before its text."""
    content = [{"type": "thinking", "thinking": thinking, "signature": "s"}, {"type": "text", "text": text}]
    return message(content=content, out=tokens)


LIMITED: dict[str, tuple[Callable[[int], Any], str]] = {
    "kept": (lambda most: message(said(min(most, 300)), out=min(most, 300)), "honoured"),
    "thinking outside, not counted": (lambda most: thought(said(most), said(200), most), "honoured"),
    "thinking outside, counted": (lambda most: thought(said(most), said(200), most + 200), "honoured"),
    "an estimate with an overhead": (lambda most: message(said(most), out=len(said(most)) // 4 + 60), "honoured"),
    "all of it thought": (
        lambda most: message(content=[{"type": "thinking", "thinking": said(most), "signature": "s"}], out=most),
        "honoured",
    ),
    "not kept": (lambda _: message(said(300), out=300), "ignored"),
    "not kept, and not counted": (lambda _: message(said(300), out=None), "ignored"),
    "a limit of its own": (lambda most: message(said(max(most, 64)), out=max(most, 64)), "ignored"),
    "half of it more": (lambda most: message(said(most + 20), out=most + 20), "ignored"),
}


@pytest.mark.parametrize("name", LIMITED)
def test_a_limit_is_seen_in_the_text(name: str) -> None:
    script, seen_as = LIMITED[name]
    found = sixteen_cuts_a_long_answer(scripted(lambda body: script(body["max_tokens"])))
    assert found.behaviour.value == seen_as, found.summary


def timed(text: str, *, seconds: float, out: int | None, thinking: str = "", quiet: float = 0.0) -> Scripted:
    """A streamed answer, its words arriving evenly after so many seconds of quiet."""
    pieces = [("thinking", word) for word in thinking.split()] + [("text", word) for word in text.split()]
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {**message(out=1), "content": []}}]
    for kind, word in pieces:
        delta = {"type": f"{kind}_delta", kind: f"{word} "}
        events.append({"type": "content_block_delta", "index": int(kind == "text"), "delta": delta})
    usage = {} if out is None else {"usage": {"output_tokens": out}}
    events += [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}, **usage}, {"type": "message_stop"}]

    def arrivals(body: str) -> tuple[Arrival, ...]:
        ends = [len(part) for part in body.split("\n\n")]
        sizes = [sum(ends[: number + 1]) + 2 * (number + 1) for number in range(len(events))]
        step = 1000 * seconds / len(pieces)
        times = [0.0, *(1000 * quiet + step * number for number in range(len(events) - 1))]
        return tuple(Arrival(ms, size) for ms, size in zip(times, sizes, strict=True))

    return Scripted(lambda _: streamed(*events), arrivals)


@pytest.mark.parametrize(
    ("service", "speed"),
    [
        (timed(said(200), seconds=4, out=200 * 5 // 4), 60),
        (timed(said(100), seconds=4, out=8, thinking=said(150)), 70),  # thoughts are not counted
        (timed(said(100), seconds=2, out=400, quiet=10), 60),  # hidden thoughts, counted
        (timed(said(200), seconds=4, out=None), 60),
    ],
    ids=["counted", "thoughts uncounted", "thoughts hidden", "not counted"],
)
def test_a_speed_is_of_what_shows(service: Scripted, speed: int) -> None:
    found = a_long_answer_is_timed(scripted(service, output_speed=60))
    assert found.behaviour.value == "honoured"
    assert max(found.statistics["tokens_per_second"]) == pytest.approx(speed, rel=0.35)
    assert json.dumps(found.statistics)


# Each arrival: the share of the events that have come, and when, in ms.
TOGETHER = {
    "in one piece": [(1.0, 0.0)],
    "all but the last words": [(0.95, 0.0), (1.0, 0.1)],
    "in a burst": [(share / 50, share / 10) for share in range(1, 51)],
}


@pytest.mark.parametrize("seconds", [0.05, 20.0])
@pytest.mark.parametrize("pieces", TOGETHER.values(), ids=TOGETHER)
def test_what_comes_together_is_timed_from_the_request(seconds: float, pieces: list[tuple[float, float]]) -> None:
    """Whoever held it back, nobody is slower than that; how much faster, nobody can say."""
    one = timed(said(200), seconds=1, out=200)

    def gathered(body: str) -> tuple[Arrival, ...]:
        sizes = [arrival.size for arrival in one.arrivals(body)]
        return tuple(Arrival(1000 * seconds + ms, sizes[int(share * len(sizes)) - 1]) for share, ms in pieces)

    api = scripted(Scripted(one.script, gathered), output_speed=60)
    if seconds < 1:
        assert a_long_answer_is_timed(api).behaviour.value == "honoured"
    else:
        with pytest.raises(Inconclusive, match="in one piece"):
            a_long_answer_is_timed(api)
