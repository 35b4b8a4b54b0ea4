"""The proxy passes on byte for byte and chunk by chunk, sees what is wrong, and keeps the key to itself."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from conformance import simulator
from conformance.watch import PassedOn, Proxy, Serving, departures_of, told
from conformance.watch.proxy import MOST_KEPT

KEY = "sk-secret-0123456789"
HELLO = {"model": "claude-opus-4-8", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello."}]}
HEADERS = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}


@contextmanager
def watched(upstream: str) -> Iterator[tuple[str, list[PassedOn]]]:
    seen: list[PassedOn] = []
    serving = Serving(Proxy(upstream, seen.append), "127.0.0.1", 0)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    try:
        yield serving.address, seen
    finally:
        serving.stop()
        thread.join(20)


class Upstream:
    """A service that answers by path, and waits where a test tells it to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.left = threading.Event()
        self.asked: dict[str, Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked = {"method": scope["method"], "path": scope["path"], "query": scope["query_string"], **headers}
        await receive()
        body, more = b"", []
        match scope["path"].rsplit("/", 1)[-1]:
            case "gzip":
                body, more = gzip.compress(b"plain"), [(b"content-encoding", b"gzip")]
            case "huge":
                body = b"x" * (MOST_KEPT + 1)
            case "teapot":
                body = KEY.encode()
            case "slow":
                await send(
                    {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
                )
                await send({"type": "http.response.body", "body": b"event: ping\n", "more_body": True})
                while not self.go.is_set():
                    if await self._is_left(receive):
                        self.left.set()
                        return
                await send({"type": "http.response.body", "body": b"data: {}\n\n", "more_body": False})
                return
        status = 418 if scope["path"].endswith("teapot") else 200
        headers_out = [(b"content-length", str(len(body)).encode()), (b"x-twice", b"1"), (b"x-twice", b"2"), *more]
        await send({"type": "http.response.start", "status": status, "headers": headers_out})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    @staticmethod
    async def _is_left(receive: Any) -> bool:
        try:
            message = await asyncio.wait_for(receive(), 0.02)
        except TimeoutError:
            return False
        return bool(message["type"] == "http.disconnect")


@pytest.fixture
def upstream() -> Iterator[tuple[str, Upstream]]:
    service = Upstream()
    with simulator.serving(service) as url:
        yield url, service


def test_a_conversation_goes_through_as_it_is() -> None:
    with simulator.running("reference", paced=False) as url, watched(url) as (through, seen):
        for body in (HELLO, {**HELLO, "stream": True}):
            sent = {"headers": HEADERS, "json": body}
            answers = [httpx2.post(f"{base}/v1/messages?beta=true", **sent) for base in (through, url)]
            assert [answer.status_code for answer in answers] == [200, 200]
            assert answers[0].headers["content-type"] == answers[1].headers["content-type"]
        listed = [httpx2.get(f"{base}/v1/models?limit=5", headers=HEADERS).content for base in (through, url)]
        assert listed[0] == listed[1]
    assert [len(list(departures_of(one.exchange))) for one in seen] == [0, 0, 0]
    assert seen[0].exchange.path == "/v1/messages?beta=true"
    assert "streamed" in told(seen[1])
    assert seen[1].exchange.events[-1].type == "message_stop"
    assert KEY not in repr(seen)
    assert seen[0].exchange.request_headers["x-api-key"] == "[redacted]"


@pytest.mark.parametrize(
    ("mutant", "feature"),
    [
        ("stream.event_names-missing", "stream.event_names"),
        ("stream.message_stop-missing", "stream.event_order"),
        ("stream.blocks-never-stopped", "stream.blocks"),
        ("stream.stop_reason-null", "stream.stop_reason"),
    ],
)
def test_departures_are_named_by_their_row(mutant: str, feature: str) -> None:
    with simulator.running("documented", mutant=mutant, paced=False) as url, watched(url) as (through, seen):
        body = {**HELLO, "model": "MiniMax-M2.7", "stream": True}
        assert httpx2.post(f"{through}/v1/messages", headers=HEADERS, json=body).status_code == 200
    assert [finding.feature for finding in departures_of(seen[0].exchange)] == [feature]


def test_a_refusal_is_told(upstream: tuple[str, Upstream]) -> None:
    with simulator.running("reference", paced=False) as url, watched(url) as (through, seen):
        answer = httpx2.post(f"{through}/v1/messages", headers=HEADERS, json={**HELLO, "no_such": 1})
        assert answer.status_code == 400
    assert "no_such: Extra inputs are not permitted" in told(seen[0])


def test_pieces_come_as_they_are_sent(upstream: tuple[str, Upstream]) -> None:
    url, service = upstream
    with watched(url) as (through, seen), httpx2.stream("GET", f"{through}/slow", timeout=20) as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"event: ping\n"  # the service has not said the rest yet, and would never
        service.go.set()
        assert b"".join(pieces) == b"data: {}\n\n"
    assert seen[0].first_ms is not None


def test_who_leaves_ends_the_request_behind(upstream: tuple[str, Upstream]) -> None:
    url, service = upstream
    with watched(url) as (through, seen):
        with httpx2.stream("GET", f"{through}/slow", timeout=20) as answer:
            next(answer.iter_raw())
        assert service.left.wait(20)
    assert seen[0].left_out == "the client left before the end"


def test_what_http_has_passes_through(upstream: tuple[str, Upstream]) -> None:
    url, service = upstream
    with watched(f"{url}/base/") as (through, seen), httpx2.Client(timeout=20) as client:
        packed = client.get(f"{through}/gzip", headers={"accept-encoding": "gzip"})
        assert packed.text == "plain"
        assert service.asked["path"] == "/base/gzip"
        assert packed.headers.get_list("x-twice") == ["1", "2"]
        assert client.head(f"{through}/gzip?a=b%20c").headers["content-encoding"] == "gzip"
        assert (service.asked["method"], service.asked["query"]) == ("HEAD", b"a=b%20c")
        assert client.get(f"{through}/teapot", headers=HEADERS).status_code == 418
        assert service.asked["x-api-key"] == KEY
        assert len(client.get(f"{through}/huge").content) == MOST_KEPT + 1
    assert seen[0].exchange.body == b"plain"
    assert seen[2].exchange.body == b"[redacted]"
    assert seen[3].exchange.body == b""
    assert "4,194,305 bytes" in seen[3].left_out


def test_a_service_that_is_not_there_is_a_502() -> None:
    with watched("http://127.0.0.1:9") as (through, seen):
        answer = httpx2.post(f"{through}/v1/messages", headers=HEADERS, json=HELLO)
        assert answer.status_code == 502
        assert json.loads(answer.text)["error"]["type"] == "api_error"
    assert "was not reached" in seen[0].left_out
