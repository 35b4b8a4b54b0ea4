"""What many cases ask alike is asked once in a run, and stands on the cassette of each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock

import httpx2
import pytest

from conformance.http.cassette import Cassette, Provenance
from conformance.http.transport import AskedOnce, Recorder
from conformance.protocol.exchange import Exchange
from conformance.trouble import ServiceTrouble
from conformance.values import Source

CASES = 8


class Counting:
    """A service that numbers its answers, and fails the first so many times."""

    def __init__(self, failures: int = 0) -> None:
        self.asked = 0
        self._failures = failures
        self._lock = Lock()

    def send(self, request: httpx2.Request) -> Exchange:
        with self._lock:
            self.asked += 1
            number = self.asked
        if number <= self._failures:
            raise ServiceTrouble("busy")
        body = f'{{"id": "msg_{number}"}}'.encode()
        return Exchange("POST", "/v1/messages", {}, request.read(), 200, {"content-type": "application/json"}, body)


def question() -> httpx2.Request:
    return httpx2.Request("POST", "http://127.0.0.1/v1/messages", content=b'{"model": "m"}')


def test_cases_at_the_same_time_get_one_answer() -> None:
    service, once, barrier = Counting(), AskedOnce(), Barrier(CASES)

    def case(_: int) -> tuple[bytes, bool]:
        recorder = Recorder(service, once)
        barrier.wait()
        recorder.share()
        return recorder.send(question()).body, recorder.exchanges[0].shared

    with ThreadPoolExecutor(CASES) as pool:
        answers = set(pool.map(case, range(CASES)))
    assert answers == {(b'{"id": "msg_1"}', True)}
    assert service.asked == 1


def test_what_is_not_shared_and_what_runs_afresh_is_asked_anew() -> None:
    service, once = Counting(), AskedOnce()
    first = Recorder(service, once)
    first.share()
    first.send(question())
    first.send(question())
    fresh = Recorder(service)
    fresh.share()
    fresh.send(question())
    assert service.asked == 3
    assert [exchange.shared for exchange in (*first.exchanges, *fresh.exchanges)] == [True, False, False]


def test_a_question_that_a_case_asks_twice_has_two_answers() -> None:
    service, once = Counting(), AskedOnce()
    answers: list[list[bytes]] = []
    for _ in range(2):
        recorder = Recorder(service, once)
        for _ in range(2):
            recorder.share()
            recorder.send(question())
        answers.append([exchange.body for exchange in recorder.exchanges])
    assert answers[0] == answers[1]
    assert len(set(answers[0])) == service.asked == 2


def test_one_that_failed_is_asked_again() -> None:
    service, once = Counting(failures=1), AskedOnce()
    for expected in (ServiceTrouble, None):
        recorder = Recorder(service, once)
        recorder.share()
        if expected is not None:
            with pytest.raises(expected):
                recorder.send(question())
        else:
            assert recorder.send(question()).status == 200


def test_a_cassette_says_what_was_shared(tmp_path: Path) -> None:
    recorder = Recorder(Counting(), AskedOnce())
    recorder.share()
    recorder.send(question())
    recorder.send(question())
    provenance = Provenance(Source.LIVE, "https://api.example.com", "2026-01-01T00:00:00Z", "anthropic 2", "0")
    Cassette(tmp_path / "c.yaml", recorder.exchanges, provenance).save()
    assert [exchange.shared for exchange in Cassette.load(tmp_path / "c.yaml").exchanges] == [True, False]
