"""Exchanges: what is an answer, what is an error in disguise, and what is nothing at all."""

from __future__ import annotations

import pytest

from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply, without_local_paths


def answered(body: bytes, *, status: int = 200, path: str = "/v1/messages") -> Exchange:
    return Exchange("POST", path, {}, b"{}", status, {}, body)


BLANK = [
    b"",
    b"\n",
    b"<html>Not today</html>",
    b"null",
    b"[]",
    b"data: [DONE]\n\n",
    b": keep-alive\n\n",
    b'event: ping\ndata: {"type": "ping"}\n\nevent: ping\ndata: {"type": "ping"}\n\n',
    b"event: done\ndata: [DONE]\n\n",
]
NOT_BLANK = [
    b'{"id": "msg_1"',
    b'{"object": "chat.completion"}',
    b"event: message_st",
    b'event: message_start\ndata: {"type": "mess',
    b'data: {"id": "chatcmpl-1", "choices": []}\n\ndata: [DONE]\n\n',
    b'event: message_start\ndata: {"type": "message_start", "message": {}}\n\n',
    b'event: error\ndata: {"type": "error", "error": {"type": "api_error", "message": "no"}}\n\n',
]


@pytest.mark.parametrize("body", BLANK)
def test_what_holds_nothing_of_a_message_is_blank_and_no_answer(body: bytes) -> None:
    exchange = answered(body)
    assert (exchange.is_blank, exchange.ok) == (True, False)
    assert Reply(exchange).refusal.startswith("200: ")
    assert len(Reply(exchange).refusal) > len("200: ")


@pytest.mark.parametrize("body", NOT_BLANK)
def test_what_breaks_off_or_is_another_apis_is_not_blank(body: bytes) -> None:
    assert not answered(body).is_blank


@pytest.mark.parametrize("body", BLANK)
def test_only_a_success_of_the_messages_endpoint_can_be_blank(body: bytes) -> None:
    assert not answered(body, status=400).is_blank
    assert not answered(body, path="/v1/models").is_blank


def test_an_error_in_a_stream_is_one_without_its_type_as_well() -> None:
    exchange = answered(b'data: {"error": {"type": "invalid_request_error", "message": "max_tokens: no"}}\n\n')
    assert (exchange.ok, exchange.is_blank) == (False, False)
    assert Reply(exchange).error_message == "max_tokens: no"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("File /home/jo/venv/lib/python3.11/site-packages/litellm/main.py, line 3", "File …/main.py, line 3"),
        ("cannot open 'C:\\\\Users\\\\jo\\\\models\\\\a.gguf'".replace("\\\\", "\\"), "cannot open '…/a.gguf'"),
        (
            "POST /v1/messages is not for https://a.example/home/jo/x",
            "POST /v1/messages is not for https://a.example/home/jo/x",
        ),
        ("see /docs/api", "see /docs/api"),
    ],
)
def test_an_error_names_no_directory_of_the_server(words: str, told: str) -> None:
    assert without_local_paths(words) == told
