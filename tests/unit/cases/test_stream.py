"""Whether a stream comes as it is written, told from its arrivals: of slow, quick, buffering and busy services."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.stream import bytes_come_as_they_are_written
from conformance.protocol.exchange import Arrival
from unit.cases.scripted import Scripted, scripted, streamed


class _Paced:
    """A service of some speed, in tokens a second; what it holds back comes with the last of it, all at once."""

    def __init__(self, speed: float, *, holds_back: bool, delays: list[float], beside_tools: bool = False) -> None:
        self.speed, self.always, self.delays, self.beside_tools = speed, holds_back, delays, beside_tools
        self.most = 0
        self.delay, self.holds_back = 0.0, False

    def answer(self, body: dict[str, Any]) -> str:
        self.most = body["max_tokens"]
        self.holds_back = self.always or (self.beside_tools and "tools" in body)
        self.delay = self.delays.pop(0) if self.delays and self.most > 16 else 0.0
        text = [
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": f"word{number} "}}
            for number in range(self.most)
        ]
        return streamed(
            {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
                                                  "content": [], "usage": {"input_tokens": 20, "output_tokens": 1}}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *text,
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": self.most}},
            {"type": "message_stop"},
        )  # fmt: skip

    def arrivals(self, body: str) -> tuple[Arrival, ...]:
        sizes, total = [], 0
        for event in body.split("\n\n")[:-1]:
            total += len(event) + 2
            sizes.append(total)
        whole = 1000 * self.most / self.speed
        step = 0.001 if self.holds_back else whole / len(sizes)
        start = 20 + 1000 * self.delay + (whole if self.holds_back else 0)
        return tuple(Arrival(start + step * number, size) for number, size in enumerate(sizes))


@pytest.mark.parametrize(
    ("speed", "holds_back", "delays", "behaviour", "asked"),
    [
        (60, False, [], "honoured", [16, 256, 256]),
        (60, True, [], "ignored", [16, 256, 16, 256, 16, 256]),
        (2_000, True, [], "ignored", [16, 256, 1024, 16, 1024, 16, 1024]),
        (1_000_000, False, [], "accepted", [16, 256]),
        (1_000_000, False, [0.2, 0.2, 0.2], "accepted", [16, 256, 1024]),
        (1_000_000, False, [3.0, 0.2, 3.0], "accepted", [16, 256, 16, 256]),
    ],
    ids=["as written", "held back", "quick, held back", "at once", "at once, busy", "at once, once very busy"],
)
def test_what_is_said_of_a_stream(
    speed: float, holds_back: bool, delays: list[float], behaviour: str, asked: list[int]
) -> None:
    paced = _Paced(speed, holds_back=holds_back, delays=delays)
    service = Scripted(paced.answer, paced.arrivals)
    found = bytes_come_as_they_are_written(scripted(service))
    assert (found.behaviour.value, [body["max_tokens"] for body in service.asked]) == (behaviour, asked)


@pytest.mark.parametrize(("speed", "behaviour", "asked"), [(60, "ignored", 3), (2_000, "honoured", 1)])
def test_a_stream_that_is_held_back_beside_tools_alone(speed: float, behaviour: str, asked: int) -> None:
    """Of a service so quick that its reader hardly waits nothing is said."""
    paced = _Paced(speed, holds_back=False, delays=[], beside_tools=True)
    service = Scripted(paced.answer, paced.arrivals)
    assert bytes_come_as_they_are_written(scripted(service)).behaviour.value == behaviour
    assert sum("tools" in body for body in service.asked) == asked
