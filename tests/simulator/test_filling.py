"""A call's input is valid against its tool's schema, whatever the schema asks for."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.simulator.filling import fill
from conformance.simulator.refusals import Refusal
from conformance.simulator.schemas import check_schema

SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"city": {"type": "string", "maxLength": 3}}, "required": ["city"]},
    {"properties": {"city": {"type": "string", "minLength": 40}}},
    {"properties": {"unit": {"enum": ["k", 3, None]}, "kind": {"const": "fixed"}}},
    {"properties": {"n": {"type": "integer", "minimum": 10, "maximum": 20}}},
    {"properties": {"n": {"type": "integer", "exclusiveMinimum": 7, "multipleOf": 7}}},
    {"properties": {"n": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}}},
    {"properties": {"n": {"type": "number", "maximum": -3.5}}},
    {"properties": {"many": {"type": "array", "minItems": 2, "items": {"type": ["null", "boolean"]}}}},
    {"properties": {"it": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}},
    {"properties": {"it": {"$ref": "#/$defs/it"}}, "$defs": {"it": {"type": "array", "items": {"type": "null"}}}},
    {
        "properties": {
            "it": {"allOf": [{"properties": {"a": {"type": "null"}}, "required": ["a"]}, {"required": ["b"]}]}
        }
    },
    {
        "properties": {"tree": {"$ref": "#/$defs/tree"}},
        "$defs": {
            "tree": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}
        },
    },
    {
        "type": "object",
        "properties": {"day": {"type": "string", "format": "date"}, "x": True},
        "required": ["day", "x"],
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@pytest.mark.parametrize("request_", ["", "What is the weather in Paris in 3 days?"])
def test_an_input_fits_its_schema(schema: dict[str, Any], request_: str) -> None:
    check_schema(schema, "here")
    Draft202012Validator({"type": "object", **schema}).validate(fill(schema, request_, ["Paris"]))


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
        check_schema(schema, "tools.0.input_schema")
