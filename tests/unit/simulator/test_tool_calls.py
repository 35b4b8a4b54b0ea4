"""A call's input is valid against its tool's schema, as far as the model goes; what is no schema is refused."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import json_schema
from conformance.simulator.model.tool_calls import fill

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
