"""What a tool's JSON schema must be for the model to fill it in."""

from __future__ import annotations

from typing import Any, Final

from .refusals import Refusal
from .shapes import Object, is_integer, is_list, is_number, is_object, words

_TYPES: Final = words("object array string integer number boolean null")
_NUMBERS: Final = words("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf")
_COUNTS: Final = words("minItems minLength maxLength")
_ALTERNATIVES: Final = words("anyOf oneOf allOf")
_MAPS: Final = words("properties $defs definitions")


def check_schema(schema: Any, where: str) -> None:
    """Refuse what is no JSON schema, naming the place; keywords the model makes no use of are let be."""
    if isinstance(schema, bool):
        return
    if not is_object(schema):
        raise Refusal(f"{where}: JSON schema is invalid")
    _check_keywords(schema, where)
    for name in _MAPS & schema.keys():
        if not is_object(schema[name]):
            raise Refusal(f"{where}.{name}: JSON schema is invalid")
        for key, inner in schema[name].items():
            check_schema(inner, f"{where}.{name}.{key}")
    for name in _ALTERNATIVES & schema.keys():
        if not is_list(schema[name]) or not schema[name]:
            raise Refusal(f"{where}.{name}: JSON schema is invalid")
        for at, inner in enumerate(schema[name]):
            check_schema(inner, f"{where}.{name}.{at}")
    if "items" in schema:
        check_schema(schema["items"], f"{where}.items")


def _check_keywords(schema: Object, where: str) -> None:
    kinds = schema.get("type", [])
    wrong = (
        not all(isinstance(kind, str) and kind in _TYPES for kind in (kinds if is_list(kinds) else [kinds])),
        not is_list(schema.get("enum", [])),
        not all(isinstance(name, str) for name in _listed(schema.get("required", []))),
        not isinstance(schema.get("$ref", ""), str),
        not all(is_number(schema[name]) for name in _NUMBERS & schema.keys()),
        not all(is_integer(schema[name]) and schema[name] >= 0 for name in _COUNTS & schema.keys()),
    )
    if any(wrong):
        raise Refusal(f"{where}: JSON schema is invalid")


def _listed(value: Any) -> list[Any]:
    return value if is_list(value) else [None]
