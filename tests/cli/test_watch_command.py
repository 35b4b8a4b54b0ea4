"""`watch` prints what goes through it as it happens, and writes cassettes without the key."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from conformance import simulator
from conformance.http.cassette import Cassette

KEY = "sk-secret-0123456789"
BODY = {"model": "MiniMax-M2.7", "max_tokens": 50, "stream": True, "messages": [{"role": "user", "content": "Hi."}]}


def test_a_session(tmp_path: Path) -> None:
    with simulator.running("documented", mutant="stream.message_stop-missing", paced=False) as upstream:
        command = [sys.executable, "-u", "-m", "conformance", "watch", "--upstream", upstream, "--port", "0"]
        process = subprocess.Popen([*command, "--cassettes", str(tmp_path / "c")], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        through, _, behind = process.stdout.readline().split()
        assert behind == upstream
        headers = {"authorization": f"Bearer {KEY}", "anthropic-version": "2023-06-01"}
        answer = httpx2.post(f"{through}/v1/messages", headers=headers, json=BODY, timeout=60)
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
