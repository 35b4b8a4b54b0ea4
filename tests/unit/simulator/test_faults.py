"""Trouble on purpose, seen from a raw client: it really happens, as often as it should, and not unasked."""

import asyncio
import errno
import json
import socket
import ssl
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from conformance.__main__ import main
from conformance.simulator import FAULTS, Faults, create_app, rates, running, serving
from conformance.simulator.faults.bodies import HUGE

DOOR = ("refused", "dropped", "tls")
MET = [name for name, fault in FAULTS.items() if fault.meet]
STREAMS_ONLY = [name for name, fault in FAULTS.items() if fault.streams_only]
SILENT = ("hang", "hang-inside", "drip")
NO_ANSWER = ("reset", "hang")
SHORT_READ = 0.3


@dataclass(frozen=True)
class Seen:
    """What came of a request: as much of an answer as there was, and how it ended."""

    head: httpx2.Response | None
    body: bytes
    error: Exception | None

    @property
    def status(self) -> int | None:
        return self.head.status_code if self.head else None

    @property
    def fault(self) -> str | None:
        """What the stamp says, the personality being there in any case."""
        assert self.head
        name, _, fault = self.head.headers["x-conformance-simulator"].partition("; fault=")
        assert name == "documented"
        return fault or None


Look = Callable[..., Seen]


def request(web: httpx2.Client, url: str, **body: Any) -> httpx2.Request:
    whole = {"model": "MiniMax-M2.7", "max_tokens": 60, "messages": [{"role": "user", "content": "Hi"}]} | body
    headers = {"authorization": "Bearer key", "anthropic-version": "2023-06-01", "accept-encoding": "identity"}
    return web.build_request("POST", f"{url}/v1/messages", json=whole, headers=headers)


@pytest.fixture(scope="session")
def look(web: httpx2.Client) -> Iterator[Look]:
    def ask(url: str, client: httpx2.Client = web, **body: Any) -> Seen:
        head, got = None, bytearray()
        sent = request(client, url, **body)
        sent.extensions["timeout"] = {"read": SHORT_READ if url.endswith(SILENT) else 30}
        try:
            with closing(client.send(sent, stream=True)) as head:
                for chunk in head.iter_bytes():
                    got += chunk
                    if url.endswith("drip") and len(got) >= 3:
                        break
        except httpx2.HTTPError as error:
            return Seen(head, bytes(got), error)
        return Seen(head, bytes(got), None)

    return ask


@pytest.fixture(scope="module")
def troubled() -> Iterator[str]:
    """A service for every fault, under its name, in which nothing else ever happens."""
    apps = {name: create_app(paced=False, faults=Faults({name: 1.0})) for name in MET}
    with serving(Starlette(routes=[Mount(f"/{name}", app) for name, app in apps.items()])) as url:
        yield url


def whole(body: bytes) -> bool:
    """Whether nothing is missing at the end of an answer."""
    return body.endswith((b"}}", b'"message_stop"}\n\n'))


def types(body: bytes) -> list[str]:
    """The names of a stream's events."""
    return [line.split(": ")[1] for line in body.decode().splitlines() if line.startswith("event: ")]


# --- what each of them is


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", [name for name in MET if name not in (*NO_ANSWER, *SILENT)])
def test_every_answer_that_has_a_head_is_stamped_with_its_fault(
    name: str, stream: bool, troubled: str, look: Look
) -> None:
    seen = look(f"{troubled}/{name}", stream=stream)
    assert seen.fault == (None if name in STREAMS_ONLY and not stream else name)


@pytest.mark.parametrize("stream", [False, True])
def test_a_reset_leaves_no_answer(stream: bool, troubled: str, look: Look) -> None:
    seen = look(f"{troubled}/reset", stream=stream)
    assert seen.head is None
    assert isinstance(seen.error, httpx2.ReadError)
    assert "Connection reset" in str(seen.error)


def test_a_reset_is_an_rst_and_no_end(troubled: str, web: httpx2.Client) -> None:
    host, port = troubled.removeprefix("http://").split(":")
    sent = request(web, f"{troubled}/reset")
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.headers.items())
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"POST {sent.url.path} HTTP/1.1\r\n{head}\r\n".encode() + sent.read())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize("stream", [False, True])
def test_a_reset_inside_leaves_a_part_of_the_answer(stream: bool, troubled: str, look: Look) -> None:
    seen = look(f"{troubled}/reset-inside", stream=stream)
    assert seen.status == 200
    assert seen.body
    assert not whole(seen.body)
    assert isinstance(seen.error, httpx2.ReadError)


def test_a_hanging_service_sends_no_head(troubled: str, look: Look) -> None:
    seen = look(f"{troubled}/hang")
    assert seen.head is None
    assert isinstance(seen.error, httpx2.ReadTimeout)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_may_hang_in_its_middle(stream: bool, troubled: str, look: Look) -> None:
    seen = look(f"{troubled}/hang-inside", stream=stream)
    assert seen.fault == "hang-inside"
    assert seen.body
    assert not whole(seen.body)
    assert isinstance(seen.error, httpx2.ReadTimeout)


@pytest.mark.parametrize("stream", [False, True])
def test_a_dripping_answer_comes_byte_by_byte(stream: bool, troubled: str, web: httpx2.Client) -> None:
    with closing(web.send(request(web, f"{troubled}/drip", stream=stream), stream=True)) as head:
        raw = head.iter_raw()
        assert [len(next(raw)) for _ in range(3)] == [1, 1, 1]
        assert head.headers["x-conformance-simulator"] == "documented; fault=drip"


def test_a_cut_stream_ends_cleanly_and_too_soon(troubled: str, look: Look) -> None:
    ends = set()
    for limit in range(40, 60):
        seen = look(f"{troubled}/cut", stream=True, max_tokens=limit)
        assert seen.error is None
        names = types(seen.body)
        assert names[0] == "message_start"
        assert "message_stop" not in names
        ends.add(names[-1])
    assert {"content_block_delta", "message_delta"} <= ends  # at all kinds of places, and also right before the end


def test_another_cut_answer_is_shorter_than_it_says(troubled: str, look: Look) -> None:
    seen = look(f"{troubled}/cut")
    assert seen.status == 200
    assert not whole(seen.body)
    assert isinstance(seen.error, httpx2.RemoteProtocolError)


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("429", 429, "rate_limit_error"),
        ("429-seconds", 429, "rate_limit_error"),
        ("429-date", 429, "rate_limit_error"),
        ("500", 500, "api_error"),
        ("529", 529, "overloaded_error"),
    ],
)
def test_a_service_that_fails_says_so_in_the_envelope(
    name: str, status: int, kind: str, troubled: str, look: Look
) -> None:
    seen = look(f"{troubled}/{name}")
    assert seen.status == status
    assert json.loads(seen.body)["type"] == "error"
    assert json.loads(seen.body)["error"]["type"] == kind


def test_a_rate_limit_may_say_when_to_come_again(troubled: str, look: Look) -> None:
    said = {name: look(f"{troubled}/{name}").head for name in ("429", "429-seconds", "429-date")}
    assert all(said.values())
    assert "retry-after" not in said["429"].headers
    assert said["429-seconds"].headers["retry-after"] == "1"
    headers = said["429-date"].headers
    assert headers["retry-after"].endswith(" GMT")
    assert parsedate_to_datetime(headers["retry-after"]) > parsedate_to_datetime(headers["date"])


@pytest.mark.parametrize(
    ("name", "media", "words"), [("502", "text/html", b"<html>"), ("503", "text/plain", b"upstream")]
)
def test_a_gateway_speaks_no_json(name: str, media: str, words: bytes, troubled: str, look: Look) -> None:
    seen = look(f"{troubled}/{name}")
    assert seen.head
    assert (str(seen.status), seen.head.headers["content-type"]) == (name, media)
    assert words in seen.body


def test_redirects_go_on_and_on(troubled: str, web: httpx2.Client) -> None:
    with pytest.raises(httpx2.TooManyRedirects):
        web.send(request(web, f"{troubled}/redirect"), follow_redirects=True)
    hop = web.send(request(web, f"{troubled}/redirect"))
    for number in range(1, 5):
        assert hop.status_code == 307
        assert hop.headers["location"] == f"/redirect/v1/messages?conformance-hop={number}"
        hop = web.send(hop.next_request)


@pytest.mark.parametrize(("header", "carried"), [("authorization", 0), ("x-api-key", 3)])
def test_redirects_to_another_host_show_whether_the_key_is_carried(
    header: str, carried: int, web: httpx2.Client
) -> None:
    with running(paced=False, faults={"redirect-away": 1.0}) as url:
        hop = web.send(web.build_request("POST", f"{url}/v1/messages", json={}, headers={header: "Bearer key"}))
        assert hop.headers["location"].startswith(f"http://localhost:{url.rpartition(':')[2]}/")
        for _ in range(3):  # the client takes away what the standard has a name for, and not x-api-key
            hop = web.send(hop.next_request)
            assert hop.status_code == 307
        seen = web.get(f"{url}/_stats").json()["faults"]
    assert seen["redirect, followed"] == 3
    assert seen.get("redirect, followed with the key", 0) == carried


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_may_come_with_status_200(stream: bool, troubled: str, look: Look) -> None:
    kinds = set()
    for limit in range(40, 50):
        seen = look(f"{troubled}/200-error", stream=stream, max_tokens=limit)
        assert seen.status == 200
        kinds.add(json.loads(seen.body)["error"]["type"])
    assert kinds == {"api_error", "overloaded_error"}


def test_an_error_may_come_inside_a_stream(troubled: str, look: Look) -> None:
    before = set()
    for limit in range(40, 50):
        seen = look(f"{troubled}/200-error-event", stream=True, max_tokens=limit)
        names = types(seen.body)
        assert seen.error is None
        assert names[-1] == "error"
        assert "message_stop" not in names
        before.add(len(names))
        error = json.loads(seen.body.decode().rstrip().rpartition("data: ")[2])
        assert error["type"] == "error"
        assert error["error"]["type"] in ("api_error", "overloaded_error")
    assert len(before) > 3


@pytest.mark.parametrize("name", STREAMS_ONLY)
def test_a_stream_that_is_refused_meets_no_fault_of_streams(name: str, look: Look, web: httpx2.Client) -> None:
    with running(paced=False, faults={name: 1.0}) as url:
        seen = look(url, stream=True, max_tokens=-1)
        assert not web.get(f"{url}/_stats").json()["faults"].get(name)
    assert (seen.status, seen.fault) == (400, None)
    assert json.loads(seen.body)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("limit", range(40, 50))
def test_json_may_break_off(limit: int, troubled: str, look: Look) -> None:
    seen = look(f"{troubled}/invalid-json", max_tokens=limit)
    assert (seen.status, seen.error) == (200, None)
    with pytest.raises(ValueError):
        json.loads(seen.body)
    stream = look(f"{troubled}/invalid-json", stream=True, max_tokens=limit).body.decode()
    broken = 0
    for line in stream.splitlines():
        if line.startswith("data: "):
            try:
                json.loads(line.removeprefix("data: "))
            except ValueError:
                broken += 1
    assert broken == 1


@pytest.mark.parametrize(
    ("name", "media", "streams"),
    [
        ("text-html", "text/html", (False, True)),
        ("text-plain", "text/plain", (False, True)),
        ("json-stream", "application/json", (True,)),
    ],
)
def test_a_good_answer_may_be_said_to_be_something_else(
    name: str, media: str, streams: tuple[bool, ...], troubled: str, look: Look
) -> None:
    for stream in streams:
        seen = look(f"{troubled}/{name}", stream=stream)
        assert seen.head
        assert (seen.status, seen.head.headers["content-type"]) == (200, media)
        assert types(seen.body)[-1] == "message_stop" if stream else json.loads(seen.body)["type"] == "message"


@pytest.mark.parametrize("stream", [False, True])
def test_gzip_is_damaged_or_incomplete(stream: bool, troubled: str, look: Look) -> None:
    ends = Counter[bool]()
    for limit in range(40, 60):
        seen = look(f"{troubled}/gzip", stream=stream, max_tokens=limit)
        assert seen.head
        assert seen.head.headers["content-encoding"] == "gzip"
        ends[isinstance(seen.error, httpx2.DecodingError)] += 1
        if seen.error is None:  # clients take a gzip without its end for whole
            assert not whole(seen.body)
    assert all(ends[decoded] > 3 for decoded in (False, True))


@pytest.mark.parametrize("stream", [False, True])
def test_a_huge_answer_is_whole_and_kept_nowhere(stream: bool, troubled: str, web: httpx2.Client) -> None:
    url = f"{troubled}/huge"
    tracemalloc.start()
    try:
        with closing(web.send(request(web, url, stream=stream), stream=True)) as head:
            size, end = 0, b""
            for chunk in head.iter_raw():
                size, end = size + len(chunk), chunk[-20:]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size >= HUGE
    assert whole(end)
    assert stream or size == int(head.headers["content-length"])
    assert peak < HUGE / 10


@pytest.mark.parametrize("stream", [False, True])
def test_who_has_had_enough_of_a_huge_answer_may_leave(
    stream: bool, web: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with running(faults={"huge": 1.0}) as url:
        with closing(web.send(request(web, url, stream=stream), stream=True)) as head:
            assert next(head.iter_raw())
        while web.get(f"{url}/_stats").json()["in_flight"]:
            pass
    assert not caplog.records


# --- at the door


def test_a_refused_connection_is_refused_by_the_system(look: Look) -> None:
    with running(faults={"refused": 1.0}) as url:
        for _ in range(3):
            host, port = url.removeprefix("http://").split(":")
            with socket.socket() as connection:
                assert connection.connect_ex((host, int(port))) == errno.ECONNREFUSED


def test_a_port_is_refused_for_moments_and_serves_in_between(web: httpx2.Client, look: Look) -> None:
    seen = Counter[str]()
    with running(paced=False, faults={"refused": 0.5}) as url:
        for _ in range(5000):
            answer = look(url)
            assert answer.error is None or isinstance(answer.error, httpx2.ConnectError | httpx2.ReadError)
            assert not answer.head or answer.head.headers["connection"] == "close"
            seen["refused" if answer.error else "served"] += 1
            if len(seen) == 2:
                break
    assert set(seen) == {"refused", "served"}


def test_a_dropped_connection_is_taken_and_reset() -> None:
    with running(faults={"dropped": 1.0}) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_connections_are_dropped_at_their_rate(look: Look) -> None:
    expected = [Faults({"dropped": 0.3}, seed=4).befalls("dropped", number) for number in range(1, 31)]
    with running(paced=False, seed=4, faults={"dropped": 0.3}) as url, httpx2.Client() as client:
        seen = [look(url, client, max_tokens=40 + number) for number in range(30)]
    assert [answer.error is not None for answer in seen] == expected
    assert 3 < sum(expected) < 15


def test_a_tls_service_shows_a_share_of_its_clients_a_wrong_certificate(tmp_path: Path, look: Look) -> None:
    expected = [Faults({"tls": 0.4}, seed=1).befalls("tls", number) for number in range(1, 21)]
    authority = tmp_path / "authority.pem"
    with running(paced=False, seed=1, faults={"tls": 0.4}, authority=authority) as url:
        assert url.startswith("https://")
        trusting = ssl.create_default_context(cafile=authority)
        with httpx2.Client(verify=trusting) as client:
            seen = [look(url, client) for _ in range(20)]
        with httpx2.Client() as distrusting:
            assert "CERTIFICATE_VERIFY_FAILED" in str(look(url, distrusting).error)
    assert [answer.error is not None for answer in seen] == expected
    for answer in seen:
        assert answer.status == 200 if answer.error is None else "mismatch" in str(answer.error)


# --- how often


def bodies(count: int) -> list[dict[str, Any]]:
    return [{"max_tokens": 40 + number % 50, "temperature": (1 + number // 50) / 10} for number in range(count)]


def test_what_befalls_a_request_depends_on_the_seed_and_the_request_and_not_on_the_order(look: Look) -> None:
    def befallen(seed: int, *, backwards: bool = False) -> list[str | None]:
        asked = bodies(40)
        with running(paced=False, seed=seed, faults={"500": 0.3, "text-plain": 0.3}) as url:
            if not backwards:
                return [look(url, **body).fault for body in asked]
            with ThreadPoolExecutor(8) as pool:
                return list(pool.map(lambda body: look(url, **body).fault, reversed(asked)))[::-1]

    first = befallen(1)
    assert befallen(1, backwards=True) == first
    assert befallen(2) != first


def test_faults_happen_at_their_rates(look: Look, web: httpx2.Client) -> None:
    shares = {"500": 0.1, "text-plain": 0.2, "200-error": 0.3}
    with running(paced=False, faults=shares) as url:
        seen = Counter(look(url, **body).fault for body in bodies(300))
        counted = web.get(f"{url}/_stats").json()["faults"]
    assert counted == {name: seen[name] for name in shares}
    for name, share in shares.items():
        assert 0.7 * share < seen[name] / 300 < 1.3 * share


def test_the_same_request_is_not_always_befallen(look: Look) -> None:
    with running(paced=False, faults={"529": 0.5}) as url:
        seen = Counter(look(url).fault for _ in range(20))
    assert 4 < seen["529"] < 16


def test_nothing_happens_at_rate_0(look: Look) -> None:
    with running(paced=False) as well, running(paced=False, faults=dict.fromkeys(FAULTS, 0.0)) as url:
        for body in bodies(20):
            for stream in (False, True):
                seen = look(url, stream=stream, **body)
                assert seen.body == look(well, stream=stream, **body).body
                assert seen.fault is None


def test_all_spreads_a_rate_over_what_is_not_named() -> None:
    spread = Faults({"all": 0.5, "hang": 0.0, "500": 0.2}).rates
    assert set(spread) == set(FAULTS) - {"tls", "hang"}
    assert spread["500"] == 0.2
    others = [rate for name, rate in spread.items() if name != "500"]
    assert set(others) == {others[0]}
    assert sum(others) == pytest.approx(0.5)


@pytest.mark.parametrize("name", DOOR)
def test_the_door_keeps_its_rate(name: str) -> None:
    faults = Faults({name: 0.2}, seed=3)
    assert 170 < sum(faults.befalls(name, number) for number in range(1000)) < 230


# --- its end


def test_who_hangs_is_let_go_when_the_service_stops(web: httpx2.Client, capfd: pytest.CaptureFixture[str]) -> None:
    with running(paced=False, faults={"hang-inside": 1.0}) as url:
        hanging = [web.send(request(web, url, stream=stream), stream=True) for stream in (False, True)]
    for answer in hanging:
        with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
            answer.read()
    assert capfd.readouterr() == ("", "")


def test_trouble_with_connections_needs_the_service_s_own_server() -> None:
    app = create_app(faults=Faults({"reset": 1.0}))
    scope = {"type": "http", "method": "GET", "path": "/v1/models", "headers": [], "query_string": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    with pytest.raises(RuntimeError, match=r"running\(\) or serve\(\)"):
        asyncio.run(app(scope, receive, send))


# --- the command line


def test_faults_are_read_from_words() -> None:
    assert rates(["gzip=0.25", "cut", "all=0.05"]) == {"gzip": 0.25, "cut": 1.0, "all": 0.05}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fault", "gzp=0.1"], "no fault is called 'gzp'; did you mean 'gzip'?"),
        (["--fault", "gzip=often"], "the rate of 'gzip' is a number from 0 to 1, not 'often'"),
        (["--fault", "gzip=5"], "the rate of 'gzip' is a number from 0 to 1, not 5.0"),
        (["--fault", "gzip=nan"], "the rate of 'gzip' is a number from 0 to 1, not nan"),
        (["--fault", "gzip=0.6", "--fault", "500=0.6"], "the faults add up to 1.2: more than every request"),
        (["--fault", "gzip", "--fault", "gzip=0"], "the fault 'gzip' is given twice"),
        (["--authority", "x.pem"], "an authority is only there with the fault 'tls'"),
        (["--fault", "tls", "--authority", "no/such/x.pem"], "no/such/x.pem cannot be written: No such file"),
    ],
)
def test_what_makes_no_sense_gets_one_clear_line(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["simulate", "--port", "0", *options])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_without_trustme_there_is_no_tls(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(SystemExit):
        main(["simulate", "--port", "0", "--fault", "tls=0.5"])
    assert "needs a package that makes certificates: pip install trustme" in capsys.readouterr().err
