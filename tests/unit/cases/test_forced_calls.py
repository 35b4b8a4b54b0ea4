"""What a schema requires, and a choice that is nobody's: by models that heed what they are told, and such as do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.schemas import what_is_required_is_told_from_the_rest
from conformance.cases.tools import auto_is_the_default
from conformance.trouble import Inconclusive
from unit.cases.scripted import Scripted, message, scripted

Body = dict[str, Any]


def call(name: str, **given: Any) -> Any:
    block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": given}
    return message(content=[block], stop_reason="tool_use")


def caller(*, sees_required: bool = True, heeds_words: bool = True) -> Callable[[Body], Any]:
    """A model that gives what is required, by the schema or by the description; else everything there is."""

    def script(body: Body) -> Any:
        (tool,) = body["tools"]
        schema = tool["input_schema"]
        given = list(schema["properties"])
        if heeds_words and "It requires" in tool["description"]:
            given = [name for name in given if name in tool["description"].partition("It requires")[2]]
        elif sees_required:
            given = schema["required"] or given
        return call(tool["name"], **{name: schema["properties"][name].get("enum", [1])[0] for name in given})

    return script


def required(script: Callable[[Body], Any]) -> tuple[str, int]:
    transport = Scripted(script)
    return what_is_required_is_told_from_the_rest(scripted(transport)).behaviour.value, len(transport.asked)


def test_what_is_required_is_seen_in_one_call() -> None:
    assert required(caller()) == ("honoured", 1)


def test_a_lost_mark_is_blamed_where_the_model_heeds_the_same_in_words() -> None:
    assert required(caller(sees_required=False))[0] == "ignored"


def test_a_model_that_gives_everything_whatever_it_is_told_is_not_blamed() -> None:
    assert required(caller(sees_required=False, heeds_words=False)) == ("accepted", 2)


def auto(script: Callable[[Body], Any]) -> str:
    try:
        return auto_is_the_default(scripted(script)).behaviour.value
    except Inconclusive:
        return "inconclusive"


def asker(calls: Callable[[Body, str], bool]) -> Callable[[Body], Any]:
    def script(body: Body) -> Any:
        words = body["messages"][-1]["content"]
        return call("get_weather", city="Lisbon") if body.get("tools") and calls(body, words) else message("Hello.")

    return script


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param(lambda _, words: "weather" in words, "accepted", id="a model that calls where it is asked to"),
        pytest.param(lambda _, words: "not" not in words, "accepted", id="an eager one that heeds what it is told"),
        pytest.param(lambda _, __: True, "ignored", id="a service that always forces"),
        pytest.param(lambda body, __: "tool_choice" in body, "ignored", id="a service that takes auto for any"),
    ],
)
def test_a_choice_that_is_left_to_the_model_is_the_models(calls: Callable[[Body, str], bool], expected: str) -> None:
    assert auto(asker(calls)) == expected
