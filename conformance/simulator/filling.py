"""Input for a tool, made from its JSON schema: names of the request into its strings, numbers into its numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from .comprehension import content_words
from .shapes import Object, is_list, is_number, is_object, list_at, object_at

_NUMBER: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,12})?")
_FORMATS: Final = {
    "date": "2026-05-01",
    "date-time": "2026-05-01T12:00:00Z",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
# From this depth on nothing optional is written: a schema may contain itself.
_DEEP: Final = 4
_BOTTOM: Final = 16


def fill(schema: Object, request: str, names: Sequence[str]) -> Object:
    """Write an input that fits a schema, with what the request names where there is room for it."""
    value = _Filler(schema, request, names).value({"type": "object", **schema}, 0)
    return value if is_object(value) else {}


class _Filler:
    def __init__(self, root: Object, request: str, names: Sequence[str]) -> None:
        self._root = root
        self._request = request.lower()
        self._names = list(names) or sorted(content_words(request), key=len)[-1:] or ["sample"]
        self._numbers = [float(found) for found in _NUMBER.findall(request)]

    def value(self, schema: Any, depth: int) -> Any:
        if not is_object(schema) or depth > _BOTTOM:
            return self._text({})
        schema = self._resolved(schema)
        options = [schema["const"]] if "const" in schema else list_at(schema, "enum")
        if options:
            return next((option for option in options if str(option).lower() in self._request), options[0])
        makers: dict[str, Callable[[Object], Any]] = {
            "object": partial(self._object, depth=depth),
            "array": partial(self._array, depth=depth),
            "integer": partial(self._number, whole=True),
            "number": partial(self._number, whole=False),
            "boolean": lambda _: True,
            "null": lambda _: None,
        }
        return makers.get(_kind(schema), self._text)(schema)

    def _resolved(self, schema: Object) -> Object:
        """Follow references, take the first of alternatives, and put together what all must hold."""
        for _ in range(_BOTTOM):
            rest = {name: value for name, value in schema.items() if name not in ("$ref", "anyOf", "oneOf", "allOf")}
            found = [self._referred(schema["$ref"])] if "$ref" in schema else []
            found += [alternatives[0] for name in ("anyOf", "oneOf") if (alternatives := list_at(schema, name))]
            found += list_at(schema, "allOf")
            if not found:
                break
            schema = rest
            for each in found:
                schema = _merged(schema, each) if is_object(each) else schema
        return schema

    def _referred(self, reference: str) -> Object:
        target: Object = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            target = object_at(target, step) if step else target
        return target

    def _object(self, schema: Object, depth: int) -> Object:
        properties = object_at(schema, "properties")
        wanted = schema.get("required", [] if depth > _DEEP else list(properties))
        return {name: self.value(properties.get(name, {}), depth + 1) for name in wanted}

    def _array(self, schema: Object, depth: int) -> list[Any]:
        number = max(schema.get("minItems", 0), 0 if depth > _DEEP else 1)
        return [self.value(schema.get("items", {}), depth + 1) for _ in range(number)]

    def _number(self, schema: Object, *, whole: bool) -> float | int:
        given = self._numbers.pop(0) if self._numbers else 1.0
        value = next((each for each in (given, *_within(schema)) if _fits(each, schema, whole=whole)), given)
        return round(value) if whole or float(value).is_integer() else value

    def _text(self, schema: Object) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        name = self._names.pop(0) if len(self._names) > 1 else self._names[0]
        return name.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 200)]


def _merged(one: Object, other: Object) -> Object:
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = [*one["required"], *other["required"]]
    if "allOf" in one and "allOf" in other:
        merged["allOf"] = [*one["allOf"], *other["allOf"]]
    return merged


def _within(schema: Object) -> Iterator[float]:
    """Values near a range's ends and in its middle, one of which is likely in it."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = schema.get("multipleOf", 1) or 1
    if is_number(low):
        yield from (math.ceil(low), low + 1.0, math.ceil(low / step) * step, (math.floor(low / step) + 1) * step)
    if is_number(high):
        yield from (math.floor(high), high - 1.0, (math.ceil(high / step) - 1) * step)
    if is_number(low) and is_number(high):
        yield (low + high) / 2
    yield step


def _fits(value: float, schema: Object, *, whole: bool) -> bool:
    step = schema.get("multipleOf") or (1 if whole else 0)
    return (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and value > schema.get("exclusiveMinimum", value - 1)
        and value < schema.get("exclusiveMaximum", value + 1)
        and (not step or math.isclose(value / step, round(value / step)))
        and (not whole or float(value).is_integer())
    )


def _kind(schema: Object) -> str:
    kind = schema.get("type")
    if is_list(kind):
        kind = next((each for each in kind if each != "null"), "null")
    return str(kind or ("object" if "properties" in schema else "string"))
