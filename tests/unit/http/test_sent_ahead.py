"""Requests that follow one another are sent at once, and each is one larger than the one before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from threading import Barrier

import httpx2

from conformance.cases.endpoint import REPLAY_KEY, Endpoint, ModelUnderTest, credentials, open_client
from conformance.http.transport import Recorder
from conformance.protocol.exchange import Exchange

DRAWS = 5


class Together:
    """A service that answers nobody before everybody has asked."""

    def __init__(self, askers: int) -> None:
        self._all = Barrier(askers, timeout=20)
        self.asked: list[int] = []

    def send(self, request: httpx2.Request) -> Exchange:
        """The room of the request, as a message."""
        body = request.read()
        assert int(request.headers["content-length"]) == len(body)
        room = json.loads(body)["max_tokens"]
        self.asked.append(room)
        self._all.wait()
        answer = {"type": "message", "content": [{"type": "text", "text": str(room)}], "stop_reason": "end_turn"}
        return Exchange("POST", "/v1/messages", {}, body, 200, {}, json.dumps(answer).encode())


def draws(recorder: Recorder, rooms: Sequence[int]) -> list[str]:
    client = open_client(
        "http://127.0.0.1", REPLAY_KEY, credentials(REPLAY_KEY, "authorization"), "2023-06-01", recorder
    )
    api = Endpoint(client, ModelUnderTest("model"), recorder, recorder.repeat)
    api.repeat(len(rooms), counting="max_tokens")
    hello = [{"role": "user", "content": 'Say "max_tokens":7, please.'}]
    return [api.ask("control", messages=hello, max_tokens=room).text for room in rooms]


def test_requests_that_count_on_are_in_flight_together_and_each_gets_its_own_answer() -> None:
    service = Together(DRAWS)
    recorder = Recorder(service)
    rooms = range(97, 97 + DRAWS)  # the body of the last is longer than that of the first
    assert draws(recorder, rooms) == [str(room) for room in rooms]
    assert sorted(service.asked) == list(rooms)
    assert [json.loads(exchange.request_body)["max_tokens"] for exchange in recorder.exchanges] == list(rooms)
