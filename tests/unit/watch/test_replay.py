"""Answers from recordings: the one that asked the same, in their order; what none has is refused, and nothing is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from hypothesis import given
from hypothesis import strategies as st

from conformance.http.cassette import Cassette, Provenance
from conformance.protocol.exchange import Exchange
from conformance.values import Source
from conformance.watch import PassedOn, Recording, Replay, Serving, departures_of, recordings_in
from conformance.watch.replay import differences

KEY = "sk-secret-0123456789"
HEADERS = {"x-api-key": KEY, "content-type": "application/json"}


@contextmanager
def replaying(*recordings: Recording) -> Iterator[tuple[httpx2.Client, list[PassedOn]]]:
    seen: list[PassedOn] = []
    serving = Serving(Replay(recordings, seen.append), "127.0.0.1", 0)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    try:
        with httpx2.Client(base_url=serving.address, headers=HEADERS, timeout=20) as client:
            yield client, seen
    finally:
        serving.stop()
        thread.join(20)


def recorded(name: str, body: Any, answer: bytes, *, path: str = "/v1/messages", **more: Any) -> Recording:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = more.pop("headers", {"content-type": "text/plain"})
    exchange = Exchange(more.pop("method", "POST"), path, {}, sent, more.pop("status", 200), headers, answer)
    return Recording(name, path, exchange)


def test_equal_requests_are_answered_in_their_order_and_no_more() -> None:
    ours = [
        recorded("1.yaml", {"a": 1}, b"one"),
        recorded("2.yaml", {"b": 1}, b"else"),
        recorded("3.yaml", {"a": 1}, b"two"),
    ]
    with replaying(*ours) as (client, seen):
        answers = [client.post("/v1/messages", content=b'{ "a": 1 }') for _ in range(3)]
        other = client.post("/v1/messages", json={"b": 1})
    assert [answer.text for answer in answers[:2]] == ["one", "two"]
    assert other.text == "else"
    assert answers[2].status_code == 400
    words = "this was asked 2 times in the recordings (1.yaml, 3.yaml), and now once more"
    assert answers[2].json()["error"]["message"] == f"conformance watch: {words}"
    assert [one.left_out for one in seen] == ["", "", words, ""]


def test_the_nearest_recording_is_named_and_what_differs() -> None:
    near = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "x" * 200 + " the cat sat"}]}
    asked = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x" * 200 + " the dog sat"}]}
    with replaying(recorded("1.yaml", {"model": "o"}, b""), recorded("2.yaml", near, b"")) as (client, _):
        words = client.post("/v1/messages", json=asked).json()["error"]["message"]
        nowhere = client.get("/v1/models").json()["error"]["message"]
    assert "the nearest, 2.yaml, differs: max_tokens is missing; messages[0].content is " in words
    assert "the dog sat" in words
    assert "the cat sat" in words
    assert words.endswith("stream is only here")
    assert nowhere == "conformance watch: no recording is of GET /v1/models; they are of POST /v1/messages"


def test_what_http_has() -> None:
    moved = recorded(
        "1.yaml", b"", b"", path="/a", method="GET", status=307, headers={"location": "https://example.com"}
    )
    limited = recorded("2.yaml", b"raw", b"{}", path="/b?c=1", status=429, headers={"retry-after": "7"})
    head = recorded("3.yaml", b"", b"", path="/", method="HEAD")
    with replaying(moved, limited, head) as (client, seen):
        redirect = client.get("/a")
        wait = client.post("/b?c=1", content=b"raw")
        assert client.head("/").status_code == 200
        assert client.head("/x").status_code == 400
    assert (redirect.status_code, "location" in redirect.headers) == (307, False)
    assert (wait.status_code, wait.headers["retry-after"]) == (429, "7")
    assert KEY not in repr(seen)


def test_a_key_in_a_body_is_not_what_differs() -> None:
    with replaying(recorded("1.yaml", {"a": "[redacted]"}, b"yes")) as (client, seen):
        assert client.post("/v1/messages", json={"a": KEY}).text == "yes"
    assert KEY not in repr(seen[0].exchange)


def test_recordings_are_read_in_their_order_and_below_the_address_they_were_asked_at(tmp_path: Path) -> None:
    provenance = Provenance(Source.LOCAL, "http://127.0.0.1:1/anthropic", "2026-11-27T00:00:00Z", "sdk", "0")
    for name in ("10000.yaml", "0002.yaml", "9999.yaml"):
        path = "/anthropic/v1/messages"
        exchange = Exchange("POST", path, {}, b"{}", 200, {"content-type": "text/plain"}, name.encode())
        Cassette(tmp_path / name, (exchange,), provenance).save()
    (tmp_path / "notes.txt").write_text("not a recording", "utf-8")
    found = recordings_in(tmp_path)
    assert [one.name for one in found] == ["0002.yaml", "9999.yaml", "10000.yaml"]
    with replaying(*found) as (client, seen):
        assert client.post("/v1/messages", json={}).text == "0002.yaml"
    assert list(departures_of(seen[0].exchange))  # what is no answer is found offline as well


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_there_is_a_difference_where_values_differ_and_nowhere_else(one: Any, other: Any) -> None:
    assert list(differences(one, one)) == []
    alike = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (list(differences(one, other)) == []) == alike
