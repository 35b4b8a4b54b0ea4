"""A call's input is valid against its tool's schema, as far as the model goes; what is no schema is refused."""

from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import json_schema
from conformance.simulator.model.prompt import read
from conformance.simulator.model.tool_calls import Choice, calls, fill

SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"city": {"type": "string"}, "day": {}}, "required": ["city", "day"]},
    {"properties": {"unit": {"enum": ["k", 3, None]}, "number": {"type": "integer"}, "share": {"type": "number"}}},
    {"properties": {"many": {"type": "array", "items": {"type": ["null", "boolean"]}}}},
    {"properties": {"detail": {"properties": {"note": {"type": "string"}, "sure": {"type": "boolean"}}}}},
    {"type": "object", "properties": {"x": True}, "required": ["x"]},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@pytest.mark.parametrize("request_", ["", "What is the weather in Paris in 3 days?"])
def test_an_input_fits_its_schema(schema: dict[str, Any], request_: str) -> None:
    json_schema(schema, "here")
    Draft202012Validator({"type": "object", **schema}).validate(fill(schema, request_, ["Paris"]))


def test_what_the_request_names_and_counts_is_filled_in() -> None:
    properties = {"from": {"type": "string"}, "to": {"type": "string"}, "days": {"type": "integer"}}
    filled = fill({"properties": properties}, "From Paris to Rome in 3 days.", ["Paris", "Rome"])
    assert filled == {"from": "Paris", "to": "Rome", "days": 3}


def called(asked: str, told: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The input of the one call that a request leads to, after something was told."""
    tool = {"name": "read", "description": "Reads a note.", "input_schema": schema}
    body = {"system": told, "messages": [{"role": "user", "content": asked}], "tools": [tool]}
    (call,) = calls(read(body, frozenset({"text"})), Choice("any"), Random(1))
    return call.input


def test_a_call_that_is_to_have_an_answer_has_it_from_all_that_was_told() -> None:
    asked = "What is the name of the office cat? Call the tool read with it."
    schema = {"properties": {"name": {"type": "string"}}}
    assert called(asked, "The name of the office cat is Quillon.", schema) == {"name": "Quillon"}


def test_what_a_task_names_is_not_replaced_by_what_was_told() -> None:
    asked = 'Use the read tool on the file "notes.txt", and say what the office cat is called.'
    schema = {"properties": {"path": {"type": "string"}}}
    assert called(asked, "What is said is called a note. The office cat is called often.", schema) == {
        "path": "notes.txt"
    }


def test_constants_alternatives_and_bounds_are_kept_to() -> None:
    ways = [{"type": "string", "enum": ["low"]}, {"type": "integer", "enum": [7]}]
    schema = {
        "properties": {
            "kind": {"const": "x"},
            "mode": {"anyOf": ways},
            "level": {"type": "integer", "minimum": 731, "maximum": 734},
        }
    }
    assert fill(schema, "Take a mode that is a number.", []) == {"kind": "x", "mode": 7, "level": 731}
    assert fill(schema, "Take any mode.", [])["mode"] == "low"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"type": [1]},
        {"enum": "x"},
        {"required": "x"},
        {"properties": []},
        {"properties": {"x": 3}},
        {"anyOf": []},
        {"anyOf": [None]},
        {"items": 3},
        {"minimum": "x"},
        {"minLength": -1},
        {"$ref": 3},
    ],
    ids=str,
)
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(Refusal, match="JSON schema is invalid"):
        json_schema(schema, "tools.0.input_schema")
