"""A service that repeats the key in every spelling there is: whole runs, and then every file and all that was printed.

What is looked for here is looked for with other means than the suite's own: the very characters the service sent,
and the key in everything a browser, a JSON parser or a client makes of what was written.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from front_door import CONTAINER, KEY, STREAM, Project, plainly
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from services import parts
from spellings import PLACES, SPELLINGS, keys, message, stream
from starlette.types import Receive, Scope, Send

from conformance.http.cassette import Cassette
from conformance.http.redact import Redactor
from conformance.protocol.reply import Reply
from conformance.simulator.server import serving

EXAMPLES = 25
LOUD = ("-vv", "--showlocals", "--full-trace", "-rA", "--tb=long", "--junit-xml=junit.xml")


@dataclass
class Parrot:
    """A service that repeats its caller's key."""

    spelling: str = "as it is"
    place: str = "text"
    at: int = 1
    heard: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        asked = json.loads(b"".join([part async for part in parts(receive)]) or b"{}")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        key = headers.get("authorization", headers.get("x-api-key", "")).removeprefix("Bearer ")
        self.heard += 1
        shown = SPELLINGS[self.spelling](key)
        at = self.at % (len(shown) - 1) + 1
        status, kind, body = 200, "application/json", json.dumps(message(self.place, shown, at))
        if "container" in asked and self.place == "error":
            error = {"type": "invalid_request_error", "message": f"container: not for {shown}"}
            status, body = 400, json.dumps({"type": "error", "error": error})
        elif asked.get("stream"):
            kind, body = "text/event-stream", stream(self.place, shown, at)
        sent = [(b"content-type", kind.encode()), (b"location", f"/{shown}".replace("\n", "").encode())]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body.encode()})


@contextmanager
def parrot(**habits: Any) -> Iterator[tuple[Parrot, str]]:
    told = Parrot(**habits)
    with serving(told) as url:
        yield told, url


def readings(text: str) -> Iterator[str]:
    """A text as it is, and as a browser, a JSON parser or a URL's reader would have it."""
    unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    for plain in (text, unescaped, html.unescape(unescaped), unquote(text), unquote(html.unescape(unescaped))):
        yield plain.lower()
        yield re.sub(r"\\(.)", r"\1", plain).lower()


def everything(project: Project) -> Iterator[tuple[str, str]]:
    """All that a run has left behind, and what clients make of its recordings."""
    yield "the terminal", "\n".join(project.printed)
    for file in project.path.rglob("*"):
        if file.is_file():
            yield str(file), file.read_bytes().decode("utf-8", "replace")
    for file in project.path.glob("cassettes/**/*.yaml"):
        for exchange in Cassette.load(file).exchanges:
            blocks = Reply(exchange).content
            words = [str(b.get("text") or b.get("thinking") or b.get("input") or "") for b in blocks]
            yield f"what {file.name} says", "\n".join([*words, "".join(words)])


def test_no_spelling_of_a_key_is_written_or_printed(fresh: Project) -> None:
    count = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # a whole run each: what fails is not made smaller
        suppress_health_check=list(HealthCheck),
    )
    @given(keys, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(PLACES), st.integers(0, 200))
    def run(key: str, spelling: str, place: str, at: int) -> None:
        nonlocal count
        count += 1
        for directory in ("cassettes", "reports"):
            shutil.rmtree(fresh.path / directory, ignore_errors=True)
        fresh.printed.clear()
        with parrot(spelling=spelling, place=place, at=at) as (told, url):
            fresh.live(url, *LOUD, STREAM, CONTAINER, key=key)
        assert told.heard > 1, fresh.printed
        assert (fresh.path / "reports" / "minimax" / "report.json").exists()
        assert list(fresh.path.glob("cassettes/**/*.yaml"))
        shown, redactor = SPELLINGS[spelling](key).lower(), Redactor([key])
        for where, text in everything(fresh):
            for reading in readings(text):
                assert shown not in reading, where
                assert key.lower() not in reading, where
            assert not redactor.finds(text), where

    run()
    assert count >= EXAMPLES
    print(f"{count} runs")


def test_a_key_without_digits_is_a_secret(fresh: Project) -> None:
    key = "sk-SECRETKEYwithoutdigits"
    with parrot(place="error") as (_, url):
        fresh.live(url, *LOUD, CONTAINER, key=key)
    assert "not for [redacted]" in fresh.cassette(CONTAINER).read_text("utf-8")
    assert all(key not in text for _, text in everything(fresh))


@pytest.mark.parametrize("key", [f"{KEY}\r", f"{KEY}\n", f"  {KEY}\t"], ids=["CR", "LF", "blanks"])
def test_white_space_around_a_key_is_not_sent(fresh: Project, key: str) -> None:
    with parrot(place="error") as (told, url):
        fresh.live(url, *LOUD, CONTAINER, key=key)
    assert told.heard > 1
    assert fresh.cassette(CONTAINER).exists()


@pytest.mark.parametrize("wrong", ["“", "\r", "\n", "\x1b", "é", " "], ids=["quote", "CR", "LF", "ESC", "é", "blank"])
@pytest.mark.parametrize("variable", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
def test_a_key_that_cannot_be_sent_is_refused_in_one_line(fresh: Project, wrong: str, variable: str) -> None:
    fresh.monkeypatch.setenv(variable, f"sk-{wrong}canary-0123456789")
    result = fresh.replay("--live", "--endpoint", "http://127.0.0.1:9", *LOUD, CONTAINER)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    words = plainly(result)
    assert [line.partition(" holds ")[0] for line in words.splitlines() if "ERROR" in line] == [f"ERROR: {variable}"]
    assert "canary" not in words


def test_headers_that_the_sdk_would_add_are_refused(fresh: Project, documented: str) -> None:
    fresh.monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", f"x-gateway-token: {KEY}")
    result = fresh.live(documented, CONTAINER, key="another-key-1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: ANTHROPIC_CUSTOM_HEADERS is set: the SDK would add" in plainly(result)


def test_headers_that_the_sdk_would_add_are_not_in_the_way_of_a_replay(project: Project) -> None:
    project.monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-“quoted”: “curly”\nx-api-key: nothing")
    project.replay(CONTAINER).assert_outcomes(passed=1)


def test_another_credential_of_the_shell_is_not_shown_either(fresh: Project) -> None:
    fresh.monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", KEY)
    with parrot() as (told, url):
        fresh.live(url, CONTAINER, key="sk-the-one-that-is-sent-1")
        told.spelling = "as it is"
    assert fresh.cassette(CONTAINER).exists()


@pytest.mark.parametrize("tail", [f"?key={KEY}", f"#{KEY}", f"/{KEY}"], ids=["query", "fragment", "path"])
def test_a_key_in_the_address_is_refused(fresh: Project, documented: str, tail: str) -> None:
    result = fresh.live(documented + tail, CONTAINER)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "write the base address alone" in plainly(result) or "the endpoint of minimax holds the key" in plainly(
        result
    )


def test_a_key_in_the_matrix_is_refused(fresh: Project, documented: str) -> None:
    text = fresh.matrix.read_text("utf-8")
    fresh.matrix.write_text(f"# sk-{'-'.join('matrix')}-0123\n{text}", "utf-8")
    result = fresh.live(documented, CONTAINER, key=f"sk-{'-'.join('matrix')}-0123")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "matrix.yaml holds the key" in plainly(result)


def test_a_key_that_is_a_word_of_the_suite_is_refused(fresh: Project, documented: str) -> None:
    result = fresh.live(documented, CONTAINER, key="import_module")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "a word that this suite uses itself" in plainly(result)


def test_a_dummy_for_a_local_server_is_no_secret_and_that_is_said(fresh: Project, documented: str) -> None:
    result = fresh.live(documented, CONTAINER, key="any")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*the key has fewer than 8 characters: it is no secret*"])


def test_what_redaction_misses_is_not_written(fresh: Project) -> None:
    fresh.monkeypatch.setattr(Redactor, "data", lambda _, data: data)
    fresh.monkeypatch.setattr(Redactor, "text", lambda _, text: text.replace(KEY, "[redacted]"))
    with parrot(place="text", spelling="base64") as (_, url):
        result = fresh.live(url, *LOUD, CONTAINER)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fault of the suite: *.yaml is not written: it would show the key"])
    assert not list(fresh.path.glob("cassettes/**/*.yaml"))
