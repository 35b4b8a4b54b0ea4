"""A client's request taken apart: every piece can be left out, and what is left is a request."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import simulator
from conformance.clients import CLIENTS, ClientRequest, composed, load, pieces
from conformance.clients.placeholders import Answered

NAMES = {path.stem: path for path in CLIENTS}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"file_path": "notes.txt"}}
THOUGHT = {"type": "thinking", "thinking": "I shall read it.", "signature": "c2lnbmVk"}


def requests() -> dict[str, ClientRequest]:
    found = {}
    for path in CLIENTS:
        asked = load(path).requests
        for name, skeleton in (("first", asked.first), ("title", asked.title), ("object", asked.object)):
            if skeleton is not None:
                found[f"{path.stem} {name}"] = skeleton.request()
        found[f"{path.stem} second"] = asked.second.request(Answered([THOUGHT, CALL]))
    return found


ALL = requests()


def test_the_clients_there_are() -> None:
    assert set(NAMES) == {"anthropic_sdk", "claude_code", "langchain", "opencode", "pydantic_ai", "vercel_ai_sdk"}
    assert [name for name in ALL if name.endswith("title")] == ["opencode title"]
    assert len([name for name in ALL if name.endswith("object")]) == 3


def test_claude_codes_request_is_as_it_was_captured() -> None:
    first = ALL["claude_code first"]
    assert 47_000 < len(json.dumps(first.body)) < 51_000
    assert [turn["role"] for turn in first.body["messages"]] == ["user", "system"]
    assert next(len(block["text"]) for block in first.body["system"]) == 74
    assert len(first.body["tools"]) == 12
    assert len(first.betas) == 7
    assert first.path == "/v1/messages?beta=true"
    assert json.loads(first.body["metadata"]["user_id"])
    labels = {piece.label for piece in pieces(first)}
    assert {"messages[1].role: system", "context_management", "output_config", "stream: true"} <= labels
    assert "anthropic-beta: effort-2025-11-24" in labels


@pytest.mark.parametrize("name", NAMES)
def test_every_call_gets_a_result(name: str) -> None:
    """Models call one tool twice; a client that answered one of the calls would be refused by any strict service."""
    second = load(NAMES[name]).requests.second
    one, two = (
        [
            block
            for turn in second.request(Answered([THOUGHT, *calls])).body["messages"]
            for block in (turn["content"] if isinstance(turn["content"], list) else [])
            if block["type"] == "tool_result"
        ]
        for calls in ([CALL], [{**CALL, "id": "toolu_0"}, CALL])
    )
    assert [block["tool_use_id"] for block in two] == ["toolu_0", "toolu_1"]
    assert two[1:] == one
    assert "cache_control" not in two[0]


@pytest.mark.parametrize("name", ALL)
def test_nothing_left_out_is_the_request_itself(name: str) -> None:
    assert composed(ALL[name]) == ALL[name]


@pytest.mark.parametrize("name", ALL)
def test_every_piece_by_itself_is_something(name: str) -> None:
    labels = [piece.label for piece in pieces(ALL[name])]
    assert len(set(labels)) == len(labels)
    for piece in pieces(ALL[name]):
        for label in (piece.label, *piece.parts):
            without = composed(ALL[name], [label])
            assert without != ALL[name], label
            left = {piece.label for piece in pieces(without)}
            assert label not in left, label


@given(st.data())
def test_what_is_left_is_a_conversation(data: st.DataObject) -> None:
    request = ALL[data.draw(st.sampled_from(sorted(ALL)))]
    labels = [label for piece in pieces(request) for label in (piece.label, *piece.parts)]
    without = composed(request, data.draw(st.sets(st.sampled_from(labels))))
    messages = without.body["messages"]
    assert messages[0]["role"] == "user"
    assert messages[-1]["role"] != "assistant"
    assert all(turn["content"] for turn in messages)
    assert ("tool_choice" in without.body) <= ("tools" in without.body)
    called = "tool_use" in json.dumps(messages)
    assert called <= ("tools" in without.body)


def test_a_betas_field_goes_with_its_beta() -> None:
    without = composed(ALL["claude_code first"], ["anthropic-beta: context-management-2025-06-27"])
    assert "context_management" not in without.body
    assert "effort-2025-11-24" in without.headers["anthropic-beta"]


@pytest.fixture(scope="module")
def reference():
    with simulator.running("reference", paced=False) as url:
        yield url


@pytest.mark.parametrize("name", [name for name in ALL if not name.endswith("second")])
def test_the_reference_takes_each_request_without_any_one_piece(name: str, reference: str) -> None:
    """So the pieces fit: what is left after any of them is legal."""
    request = ALL[name]
    for label in ("", *(label for piece in pieces(request) for label in (piece.label, *piece.parts))):
        left = composed(request, [label])
        headers = {**left.headers, "authorization": "Bearer key"}
        headers.setdefault("anthropic-version", "2023-06-01")
        body = {"model": "claude-opus-4-8", **left.body}
        answer = httpx2.post(f"{reference}{left.path}", headers=headers, json=body, timeout=30)
        assert answer.status_code == 200, (label, answer.text)


def test_files_say_nothing_of_the_machine_they_were_made_on() -> None:
    for path in CLIENTS:
        text = Path(path).read_text("utf-8")
        assert "/tmp" not in text
        assert "sk-" not in text
