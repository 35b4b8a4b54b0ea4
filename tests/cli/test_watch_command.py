"""`watch` prints what goes through it as it happens, and writes cassettes without the key."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from conformance import simulator
from conformance.__main__ import main
from conformance.http.cassette import Cassette

KEY = "sk-secret-0123456789"
HEADERS = {"authorization": f"Bearer {KEY}", "anthropic-version": "2023-06-01"}
BODY = {"model": "MiniMax-M2.7", "max_tokens": 50, "stream": True, "messages": [{"role": "user", "content": "Hi."}]}


class Running:
    """A ``watch`` that serves until the block ends."""

    def __init__(self, *options: str | Path) -> None:
        command = [sys.executable, "-u", "-m", "conformance", "watch", "--port", "0", *map(str, options)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address, _, self.behind = self.process.stdout.readline().strip().partition(" -> ")
        self.lines: list[str] = []


@contextmanager
def running(*options: str | Path) -> Iterator[Running]:
    watch = Running(*options)
    try:
        yield watch
    finally:
        watch.process.send_signal(signal.SIGINT)
        watch.lines = watch.process.communicate(timeout=60)[0].splitlines()


def test_a_session(tmp_path: Path) -> None:
    with simulator.running("documented", mutant="stream.message_stop-missing", paced=False) as upstream:
        command = [sys.executable, "-u", "-m", "conformance", "watch", "--upstream", upstream, "--port", "0"]
        process = subprocess.Popen([*command, "--cassettes", str(tmp_path / "c")], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        through, _, behind = process.stdout.readline().split()
        assert behind == upstream
        answer = httpx2.post(f"{through}/v1/messages", headers=HEADERS, json=BODY, timeout=60)
        assert answer.status_code == 200
        lines = [process.stdout.readline(), process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        lines += process.communicate(timeout=60)[0].splitlines()
    assert "#1 POST /v1/messages (MiniMax-M2.7, " in lines[0]
    assert "streamed) -> 200" in lines[0]
    assert lines[1].startswith("    ! stream.event_order: ")
    assert "1 exchanges, 1 findings" in lines
    assert process.returncode == 1
    written = tmp_path / "c" / "0001.yaml"
    assert KEY not in written.read_text("utf-8")
    (exchange,) = Cassette.load(written).exchanges
    assert exchange.body == answer.content


def test_the_same_again_without_the_service(tmp_path: Path) -> None:
    with simulator.running("documented", mutant="stream.message_stop-missing", paced=False) as upstream:
        page = tmp_path / "pages" / "watch.html"
        with running("--upstream", upstream, "--cassettes", tmp_path / "c", "--html", page) as watch:
            then = httpx2.post(f"{watch.address}/v1/messages", headers=HEADERS, json=BODY, timeout=60).content
        assert watch.process.returncode == 1
    shown = page.read_text("utf-8")
    assert KEY not in shown
    for words in (
        "<code>stream.event_order</code>: once, in #1: ",
        "SIMULATED EVIDENCE. 1 of 1 answers",
        "event: ping",
        "模拟证据。1 个回答中有 1 个",
        "<code>stream.event_order</code>：共 1 次，首次在 #1：【英文】",
    ):
        assert words in shown
    with running("--replay", tmp_path / "c") as replay:
        answers = [
            httpx2.post(f"{replay.address}/v1/messages", headers=HEADERS, json=body, timeout=60)
            for body in ({**BODY, "metadata": {"user_id": "another session"}}, {**BODY, "max_tokens": 51})
        ]
    assert "1 recorded exchanges in" in replay.behind
    assert answers[0].content == then
    error = answers[1].json()["error"]
    assert (answers[1].status_code, error["type"]) == (400, "invalid_request_error")
    nearest = "no recording has this request; the nearest, 0001.yaml, differs: max_tokens is 51, 50 recorded"
    assert error["message"] == f"conformance watch: {nearest}"
    # What was wrong with the answer is found again, and what could not be answered is said.
    assert any(line.startswith("    ! stream.event_order: ") for line in replay.lines)
    assert f"    not inspected: {nearest}" in replay.lines
    assert replay.process.returncode == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--replay", "nowhere"], "--replay nowhere cannot be read (No such file or directory)"),
        (["--replay", "."], "--replay . has no recordings"),
        (["--replay", "damaged"], "0001.yaml"),
        (["--replay", ".", "--cassettes", "c"], "what --replay answers is recorded already"),
        (["--replay", ".", "--upstream", "http://127.0.0.1:1"], "not allowed with argument"),
        ([], "one of the arguments --upstream --replay is required"),
    ],
)
def test_nothing_to_answer_from(
    tmp_path: Path,
    options: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "0001.yaml").write_text("version: 1\n", "utf-8")
    try:
        code = main(["watch", *options])
    except SystemExit as end:  # argparse's own
        code = int(end.code or 0)
    assert code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("upstream", ["no-address", "ftp://example.com"])
def test_an_address_that_is_none(upstream: str) -> None:
    command = [sys.executable, "-m", "conformance", "watch", "--upstream", upstream]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "is not an http or https address" in done.stderr


@pytest.mark.parametrize("tail", ["/v1", "/v1/messages", "/v1/messages/"])
def test_an_address_that_goes_on_where_clients_do(tail: str) -> None:
    command = [sys.executable, "-m", "conformance", "watch", "--upstream", f"https://api.example.com/anthropic{tail}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert f"leave out {tail.rstrip('/')}, which clients add themselves" in done.stderr


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "conformance", "watch", "--upstream", "http://127.0.0.1:1", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "--port takes another" in done.stderr
