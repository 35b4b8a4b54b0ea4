"""Cassettes: nothing lost, nothing half-written, and never the wrong answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.http import cassette as module
from conformance.http.cassette import Cassette, Provenance
from conformance.http.redact import Redactor
from conformance.protocol.exchange import Arrival, Exchange
from conformance.trouble import CassetteDamaged, CassetteMissing, CassetteStale
from conformance.values import Source

HERE = Provenance(Source.SIMULATOR, "http://127.0.0.1:1", "2026-11-23T10:00:00Z", "anthropic 2.12.0", "0.1.0")


def exchange(request: object, answer: bytes = b"{}", **more: object) -> Exchange:
    return Exchange(
        method="POST",
        path="/v1/messages",
        request_headers={"content-type": "application/json"},
        request_body=json.dumps(request).encode(),
        status=200,
        headers={"content-type": "application/json"},
        body=answer,
        **more,  # type: ignore[arg-type]  # tests name what they set
    )


def save(tmp_path: Path, *exchanges: Exchange) -> Path:
    path = tmp_path / "a" / "b.yaml"
    Cassette(path, exchanges, HERE).save()
    return path


@given(st.lists(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)), max_size=4))
def test_every_body_comes_back_byte_for_byte(tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]) -> None:
    path = save(tmp_path_factory.mktemp("c"), *(exchange({"n": n}, body) for n, body in enumerate(bodies)))
    assert [one.body for one in Cassette.load(path).exchanges] == bodies


@given(st.text(alphabet=st.sampled_from("\r\n\t \u2028\u0085\ufeffab:#'\"{}"), max_size=30))
def test_every_line_break_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = save(tmp_path_factory.mktemp("c"), exchange({"text": text}, text.encode()))
    assert Cassette.load(path).exchanges[0].body == text.encode()


def test_everything_else_comes_back_too(tmp_path: Path) -> None:
    arrivals = tuple(Arrival(123_456.7 + ms, ms * 10) for ms in range(1, 60))
    before = exchange({"stream": True}, b"event: ping\ndata: {}\n\n", elapsed_ms=12.5, arrivals=arrivals)
    after = Cassette.load(save(tmp_path, before))
    assert after.exchanges == (before,)
    assert after.provenance == HERE


def test_a_pull_request_can_read_it(tmp_path: Path) -> None:
    text = save(tmp_path, exchange({"max_tokens": 16}, b'{"content": []}')).read_text()
    assert '{"max_tokens": 16}' in text
    assert '{"content": []}' in text
    assert "!!binary" not in text


def test_each_request_gets_its_own_answer_in_order(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        exchange({"a": 1, "b": 2}, b"first"),
        exchange({"a": 2}, b"other"),
        exchange({"a": 1, "b": 2}, b"second"),
    )
    player = Cassette.load(path).player()
    assert player.play("POST", "/v1/messages", b'{"b":2,"a":1}').body == b"first"
    assert player.play("POST", "/v1/messages", b'{"a": 1, "b": 2}').body == b"second"
    assert player.play("POST", "/v1/messages", b'{"a": 2}').body == b"other"
    with pytest.raises(CassetteStale):
        player.play("POST", "/v1/messages", b'{"a": 2}')


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/messages", b'{"a": 1}'),
        ("POST", "/v1/other", b'{"a": 1}'),
        ("POST", "/v1/messages", b'{"a": 2}'),
    ],
)
def test_another_question_is_not_answered(tmp_path: Path, method: str, path: str, body: bytes) -> None:
    player = Cassette.load(save(tmp_path, exchange({"a": 1}))).player()
    with pytest.raises(CassetteStale, match=r"holds no answer to"):
        player.play(method, path, body)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CassetteMissing):
        Cassette.load(tmp_path / "none.yaml")


@given(share=st.floats(0.01, 0.99))
def test_a_file_cut_anywhere_is_damaged(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    path = save(tmp_path_factory.mktemp("c"), exchange({"a": 1}), exchange({"a": 2}))
    text = path.read_text()
    path.write_text(text[: int(len(text) * share)])
    with pytest.raises((CassetteDamaged, CassetteMissing)):
        Cassette.load(path)


@pytest.mark.parametrize(
    "junk", ["[1, 2]", "a: b", "\x00", "!!python/object:os.system {}", "interactions: 1\nmetadata: {}"]
)
def test_junk_is_damaged(tmp_path: Path, junk: str) -> None:
    path = tmp_path / "junk.yaml"
    path.write_text(junk)
    with pytest.raises(CassetteDamaged):
        Cassette.load(path)


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, exchange({"a": 1}, b"old"))

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(module.Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path, exchange({"a": 1}, b"new"))
    assert Cassette.load(path).exchanges[0].body == b"old"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("form", ["sk-canary-0123456789", "c2stY2FuYXJ5LTAxMjM0NTY3ODk="])
def test_no_form_of_a_secret_survives(form: str) -> None:
    redactor = Redactor(["sk-canary-0123456789"])
    assert form not in redactor.text(f"your key {form} is wrong")
    assert form.encode() not in redactor.data(f"your key {form} is wrong".encode())
    headers = redactor.request_headers({"authorization": f"Bearer {form}", "cookie": form, "x-api-key": form})
    assert headers == {"authorization": "Bearer [redacted]", "x-api-key": "[redacted]"}


def test_only_listed_headers_are_kept() -> None:
    headers = {"content-type": "text/html", "set-cookie": "account=1", "x-account-id": "1", "request-id": "r"}
    assert Redactor().response_headers(headers) == {"content-type": "text/html"}


@pytest.mark.parametrize("key", ["", "k", "any", "none", "test", "ollama", "sk-1234"])
def test_a_word_that_only_pleases_the_client_is_left_in_peace(key: str) -> None:
    redactor = Redactor([key])
    text = f"tool_choice any, none of the tests, a placeholder {key}"
    assert redactor.text(text) == text
    assert redactor.data(text.encode()) == text.encode()
    assert redactor.request_headers({"x-api-key": key})["x-api-key"] == "[redacted]"
