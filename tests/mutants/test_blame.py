"""The row that is to blame: services with one thing in the way, healthy and broken, each over a real socket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from styles import STYLES, Body, Failure, Style, chinese, pieced, style
from survey import Cell, survey_at

from conformance.cases.tools import ASKS_FOR_NONE

REFERENCE = "matrices/anthropic.yaml"


def seen(manners: Style, directory: Path, *features: str) -> dict[str, Cell]:
    with style(manners, "reference") as url:
        return survey_at(url, directory, matrix=REFERENCE, features=features)


def named(name: str) -> Style:
    return next(one for one in STYLES if one.name == name)


def _without_results(body: Body) -> Body:
    """The service forgets what tools said."""
    turns = [
        {
            **turn,
            "content": [
                {**block, "content": "Done."} if block.get("type") == "tool_result" else block
                for block in turn["content"]
            ],
        }
        if isinstance(turn.get("content"), list)
        else turn
        for turn in body.get("messages", [])
    ]
    return {**body, "messages": turns}


def test_a_service_that_wants_its_thoughts_back_is_not_blamed_for_them(tmp_path: Path) -> None:
    cells = seen(named("thinks by default"), tmp_path, "messages.tool_use", "messages.tool_result")
    assert {cell[0] for cell in cells.values()} == {"honoured"}


def test_a_service_that_wants_its_thoughts_back_and_loses_results_is(tmp_path: Path) -> None:
    healthy = named("thinks by default")
    broken = replace(healthy, request=lambda body: healthy.request(_without_results(body)))
    cells = seen(broken, tmp_path, "messages.tool_use", "messages.tool_result")
    lost = {name for name, cell in cells.items() if cell == ("ignored", "falls_short")}
    assert lost == {name for name in cells if "result" in name or "over_a_stream" in name} - {
        "messages.tool_result::what_is_said_beside_a_result_is_read",
        # A failure and a success are told apart by the same content with is_error and without: there is none of it.
        "messages.tool_result.is_error::a_failure_is_told_from_a_success",
    }


def forced(share: Callable[[int], bool]) -> Callable[[Body], Body]:
    """Forced calls are made where ``share`` says so of their number; otherwise the model is left alone."""
    asked: Counter[tuple[Any, ...]] = Counter()

    def request(body: Body) -> Body:
        choice = body.get("tool_choice") or {}
        # Others of these rows are asked at the same time, and would be counted in between.
        if choice.get("type") not in ("any", "tool") or body["messages"] != [ASKS_FOR_NONE]:
            return body
        key = (body.get("stream"), choice.get("name"))
        asked[key] += 1
        return body if share(asked[key]) else {name: value for name, value in body.items() if name != "tool_choice"}

    return request


DRAWN = (
    "tool_choice.any::any_forces_a_call",
    "tool_choice.any::any_forces_a_streamed_call",
    "tool_choice.tool::the_named_tool_is_called",
    "tool_choice.tool::the_named_tool_is_called_in_a_stream",
)
"""Three replies at least; the other cases of these rows ask once, and go on from what these find."""


@pytest.mark.parametrize(
    ("share", "behaviour"),
    [
        (lambda number: number % 10 != 2, "inconclusive"),  # nine of ten
        (lambda number: number % 4 == 1, "ignored"),  # one of four
        (lambda _: False, "ignored"),
    ],
)
def test_a_forced_call_is_drawn_until_luck_is_excluded(
    share: Callable[[int], bool], behaviour: str, tmp_path: Path
) -> None:
    cells = seen(Style("lazy", request=forced(share)), tmp_path, "tool_choice.any", "tool_choice.tool")
    assert {cells[name][0] for name in DRAWN} == {behaviour}


def _chinese_without_stops(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "stop_sequences"}


@pytest.mark.parametrize(("request_", "behaviour"), [(None, "honoured"), (_chinese_without_stops, "ignored")])
def test_stop_sequences_in_chinese(request_: Callable[[Body], Body] | None, behaviour: str, tmp_path: Path) -> None:
    healthy = named("answers in Chinese")
    cells = seen(replace(healthy, request=request_ or healthy.request), tmp_path, "stop_sequences")
    assert {cell[0] for cell in cells.values()} == {behaviour}
    assert chinese("the bread") != "the bread"


def _small(_: str, body: Body) -> Failure | None:
    """A context of some 4,000 tokens."""
    if len(str(body)) < 16_000:
        return None
    error = {"type": "invalid_request_error", "message": "prompt is too long"}
    return Failure(400, {"type": "error", "error": error})


def test_a_small_context_still_caches(tmp_path: Path) -> None:
    cells = seen(Style("small", refuses=_small), tmp_path, "messages.cache_control")
    assert set(cells.values()) == {("honoured", "conforms")}


@pytest.mark.parametrize(("many", "behaviour"), [(3, "honoured"), (60, "honoured")])
def test_a_stream_in_big_pieces_is_a_stream(many: int, behaviour: str, tmp_path: Path) -> None:
    manners = Style("pieces", events=lambda events, _: pieced(events, many), pause=0.05)
    cells = seen(manners, tmp_path, "stream.incremental")
    assert {cell[0] for cell in cells.values()} == {behaviour}


def _failing_on(*wrong: Any) -> Callable[[str, Body], Failure | None]:
    def refuses(_: str, body: Body) -> Failure | None:
        if body.get("metadata") not in wrong:
            return None
        return Failure(500, {"type": "error", "error": {"type": "api_error", "message": "split is not a function"}})

    return refuses


def _taking(body: Body) -> Body:
    """A user_id of any type is as good as a right one."""
    metadata = body.get("metadata")
    return {**body, "metadata": {"user_id": "someone"}} if isinstance(metadata, dict) else body


BOTH_WRONG = ("conformance-suite", {"user_id": ["conformance", "suite"]})


@pytest.mark.parametrize(
    ("manners", "behaviour"),
    [
        (Style("checks"), "accepted"),
        (Style("crashes", refuses=_failing_on(*BOTH_WRONG)), "accepted"),
        (Style("checks half", request=_taking), "ignored"),
    ],
)
def test_a_wrong_type_is_refused_in_every_way(manners: Style, behaviour: str, tmp_path: Path) -> None:
    cells = seen(manners, tmp_path, "metadata")
    assert {cell[0] for cell in cells.values()} == {behaviour}


def _no_usage_in_streams(events: list[tuple[str, Body]], _: Body) -> list[tuple[str, Body]]:
    found = []
    for name, data in events:
        body = {key: value for key, value in data.items() if key != "usage"}
        if name == "message_start":
            body["message"] = {key: value for key, value in data["message"].items() if key != "usage"}
        found.append((name, body))
    return found


def test_a_mode_that_cannot_tell_says_nothing_of_the_others(tmp_path: Path) -> None:
    cells = seen(Style("uncounted streams", events=_no_usage_in_streams), tmp_path, "messages.conversation")
    assert set(cells.values()) == {("honoured", "conforms")}


def _uncounted_thoughts(body: Body) -> Body:
    """Thoughts are read and never counted, in a prompt or in a reply."""
    thought = sum(len(block.get("thinking", "")) for block in body["content"])
    said = sum(len(block.get("text", "")) + len(str(block.get("input", ""))) for block in body["content"])
    written = body["usage"]["output_tokens"] * said // max(1, thought + said)
    return {**body, "usage": {**body["usage"], "output_tokens": max(1, written)}}


def _forgetting_thoughts(body: Body) -> Body:
    turns = [
        {**turn, "content": [block for block in turn["content"] if block.get("type") != "thinking"]}
        if isinstance(turn.get("content"), list) and turn.get("role") == "assistant"
        else turn
        for turn in body.get("messages", [])
    ]
    return {**body, "messages": turns}


@pytest.mark.parametrize(
    ("message", "behaviour"),
    [
        (lambda body, _: _uncounted_thoughts(body), "inconclusive"),  # it may read what it does not count
        (lambda body, _: body, "ignored"),
    ],
)
def test_lost_thoughts_are_told_from_thoughts_that_are_not_counted(
    message: Callable[[Body, Body], Body], behaviour: str, tmp_path: Path
) -> None:
    manners = Style("thoughts", request=_forgetting_thoughts, message=message)
    cells = seen(manners, tmp_path, "messages.thinking")
    assert {cell[0] for cell in cells.values()} == {behaviour}
