"""What defines a tool: read, lost in one place, or cut, by services that count in all kinds of ways."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.tool_definitions import what_describes_a_tool_is_read
from conformance.trouble import Inconclusive
from unit.cases.scripted import message, scripted, words_in

Body = dict[str, Any]
Change = Callable[[list[Any]], list[Any]]


def behaviour(script: Callable[[Body], Any]) -> str:
    try:
        return what_describes_a_tool_is_read(scripted(script)).behaviour.value
    except Inconclusive:
        return "inconclusive"


def service(
    change: Change = list, counts: Callable[[str], int] = len, speaks: bool = False, weight: float = 1
) -> Callable[[Body], Any]:
    """A service that changes tools before its model sees them, and counts what the model sees, tools by a weight."""

    def script(body: Body) -> Any:
        tools = words_in(change(copy.deepcopy(body.get("tools", []))))
        asked = words_in(body["messages"])
        names = re.findall(r"named (\w+)\.", f"{tools} {asked}") if speaks else []
        return message(" ".join(names) or "I do not know.", int(counts(asked) + weight * counts(tools)))

    return script


def cut(at: int) -> Change:
    return lambda tools: [{**tool, "description": tool["description"][:at]} for tool in tools]


def without_marked(tools: list[Any]) -> list[Any]:
    return [tool for tool in tools if "cache_control" not in tool]


def undescribed(nth: int) -> Change:
    def change(tools: list[Any]) -> list[Any]:
        if tools:
            tools[nth].pop("description")
        return tools

    return change


def parameters_undescribed(tools: list[Any]) -> list[Any]:
    for tool in tools:
        for parameter in tool["input_schema"]["properties"].values():
            parameter.pop("description", None)
    return tools


def nested_lost(tools: list[Any]) -> list[Any]:
    for tool in tools:
        for parameter in tool["input_schema"]["properties"].values():
            parameter.pop("properties", None)
    return tools


COUNTS = [len, lambda words: len(words) // 4, lambda words: len(words.split()), lambda words: 500 + len(words) // 3]


@pytest.mark.parametrize("counts", COUNTS)
def test_what_is_counted_is_read(counts: Callable[[str], int]) -> None:
    assert behaviour(service(counts=counts)) == "honoured"


def test_what_the_model_says_is_read_however_it_is_counted() -> None:
    assert behaviour(service(counts=lambda _: 7, speaks=True)) == "honoured"


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize(
    "change",
    [
        cut(200),
        cut(1024),
        without_marked,
        undescribed(0),
        undescribed(1),
        undescribed(-1),
        parameters_undescribed,
        nested_lost,
        lambda t: t[:8],
    ],
)
def test_what_is_lost_or_cut_is_found(change: Change, counts: Callable[[str], int]) -> None:
    assert behaviour(service(change, counts)) == "ignored"


@pytest.mark.parametrize("weight", [0, 0.3, 0.5, 1.2])
def test_tools_that_are_counted_at_a_price_of_their_own_are_not_blamed(weight: float) -> None:
    assert behaviour(service(weight=weight)) in ("honoured", "inconclusive")


def test_a_prompt_of_a_changing_length_before_all_others_is_not_blamed() -> None:
    lengths = random.Random(5)
    for _ in range(40):
        assert behaviour(service(counts=lambda words: len(words) // 4 + lengths.choice((0, 0, 200)))) != "ignored"


@pytest.mark.parametrize(
    "refuses",
    [
        lambda tools: len(tools) > 10,
        lambda tools: any("cache_control" in tool for tool in tools),
        lambda tools: any(len(tool["description"]) > 1024 for tool in tools),
    ],
)
def test_what_has_a_row_of_its_own_is_tried_without_where_it_is_refused(refuses: Callable[[list[Any]], bool]) -> None:
    def script(body: Body) -> Any:
        if refuses(body.get("tools", [])):
            return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
        return service()(body)

    assert behaviour(script) == "honoured"
