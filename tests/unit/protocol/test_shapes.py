"""The shapes of bodies and events are written down in this tree; here they are held against the SDK's own types."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any, get_args

import pytest
from anthropic.types import ContentBlock, Message, RawContentBlockDelta, RawMessageStreamEvent, StopReason
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from conformance.cases.parameters import STOP_REASONS
from conformance.protocol import shapes
from conformance.protocol.sse import Event

Body = dict[str, Any]

USAGE = {"input_tokens": 1, "output_tokens": 1}
SAMPLES: list[Body] = [
    {"type": "text", "text": "a"},
    {"type": "thinking", "thinking": "a", "signature": "b"},
    {"type": "redacted_thinking", "data": "a"},
    {"type": "tool_use", "id": "a", "name": "b", "input": {"c": 1}},
    {"type": "container_upload", "file_id": "a"},
]
PIECES: list[Body] = [
    {"type": "text_delta", "text": "a"},
    {"type": "input_json_delta", "partial_json": "{"},
    {"type": "thinking_delta", "thinking": "a"},
    {"type": "signature_delta", "signature": "a"},
]
MESSAGE: Body = {
    "id": "msg", "type": "message", "role": "assistant", "model": "m", "content": SAMPLES,
    "stop_reason": "end_turn", "stop_sequence": None, "usage": USAGE,
}  # fmt: skip
EVENTS: list[Body] = [
    {"type": "message_start", "message": {**MESSAGE, "content": []}},
    *({"type": "content_block_start", "index": 0, "content_block": block} for block in SAMPLES),
    *({"type": "content_block_delta", "index": 0, "delta": piece} for piece in PIECES),
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
    {"type": "message_stop"},
]
OTHERS: list[Any] = [None, True, 0, 1.5, "a", [], {}, ["a"], {"type": "a"}]

JUDGED_ELSEWHERE = {"usage", "stop_reason", "stop_sequence", "signature"}
"""What rows of their own look at, or the suite completes."""


def known(types: Any) -> dict[str, type[BaseModel]]:
    members: tuple[type[BaseModel], ...] = get_args(get_args(types)[0])
    return {get_args(member.model_fields["type"].annotation)[0]: member for member in members}


@pytest.mark.parametrize(("types", "ours"), [(ContentBlock, shapes.BLOCKS), (RawContentBlockDelta, shapes.DELTAS)])
def test_the_sdk_knows_the_same_kinds_with_the_same_keys(types: Any, ours: Any) -> None:
    theirs = known(types)
    assert theirs.keys() == ours.keys()
    for kind, member in theirs.items():
        assert member.model_fields.keys() - {"type"} == ours[kind].keys(), kind
        required = {name for name, field in member.model_fields.items() if field.is_required()} - {"type"}
        assert required == {name for name, wanted in ours[kind].items() if type(None) not in wanted}, kind


def test_the_sdk_knows_the_same_stop_reasons() -> None:
    assert set(get_args(StopReason)) == STOP_REASONS


def places(body: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [
        at for key, value in inside if key not in (*JUDGED_ELSEWHERE, "input") for at in places(value, (*path, key))
    ] + ([path] if path else [])


@st.composite
def damaged(draw: st.DrawFn, bodies: list[Body]) -> Body:
    """A good body, with one value in it replaced or taken away."""
    body: Any = deepcopy(draw(st.sampled_from(bodies)))
    *way, last = draw(st.sampled_from(places(body)))
    at = body
    for step in way:
        at = at[step]
    if draw(st.booleans()):
        at[last] = draw(st.sampled_from(OTHERS))
    else:
        del at[last]
    return body


def fits(kind: Any, body: Body) -> bool:
    try:
        TypeAdapter(kind).validate_python(body, strict=True)
    except ValidationError:
        return False
    return True


@given(damaged([MESSAGE]))
def test_a_message_is_one_for_us_where_it_is_one_for_the_sdk(body: Body) -> None:
    assert (not list(shapes.message_of(body))) == fits(Message, body)


@given(damaged(EVENTS))
def test_an_event_is_one_for_us_where_it_is_one_for_the_sdk(body: Body) -> None:
    kind = body.get("type")
    event = Event(kind if isinstance(kind, str) else "message_stop", json.dumps(body), 0)
    if event.type not in {good["type"] for good in EVENTS}:
        return
    # A message that begins with content is told apart.
    if isinstance(message := body.get("message"), dict) and message.get("content"):
        return
    assert (not list(shapes.events_of([event]))) == fits(RawMessageStreamEvent, body)


@pytest.mark.parametrize("good", [MESSAGE])
def test_what_is_whole_has_no_finding(good: Body) -> None:
    assert not list(shapes.message_of(good))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("content", 0, "text"), None, "content.0.text is null, not a string"),
        (("content", 3, "input"), "{}", "content.3.input is a string, not an object"),
        (("content", 0, "type"), "song", "content.0.type is 'song', which is no block the SDK knows"),
        (("content", 0), "a", "content.0 is a string, not an object"),
        (("role",), "user", "role is 'user', not 'assistant'"),
        (("id",), True, "id is a boolean, not a string"),
        (("content",), None, "content is null, not a list"),
    ],
)
def test_a_finding_is_in_our_own_words(path: tuple[str | int, ...], value: Any, words: str) -> None:
    body: Any = deepcopy(MESSAGE)
    at = body
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert [finding.what for finding in shapes.message_of(body)] == [words]
