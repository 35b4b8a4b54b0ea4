"""pydantic's errors in words a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from conformance.matrix.problems import Place, did_you_mean, shown
from conformance.matrix.schema import ONE, SEVERAL

__all__ = ["explained"]

_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "tuple_type": "a list",
}


def explained(error: ErrorDetails, root: type[BaseModel]) -> tuple[Place, str]:
    """Where an error stands in the file, and what to do about it."""
    place = tuple(step for step in error["loc"] if step not in ("[key]", ONE, SEVERAL))
    value, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "matrix":
            words = error["msg"]
        case "missing":
            words = "missing; it must be given"
        case "extra_forbidden":
            keys = _keys(root, place[:-1])
            words = f"unknown key; known here: {', '.join(keys)}{did_you_mean(str(place[-1]), keys)}"
        case "literal_error":
            keys = _choices(root, place)
            words = f"{shown(value)} is none of {', '.join(keys)}{did_you_mean(str(value), keys)}"
        case "too_short":
            words = "empty; list at least one, or delete the key"
        case "greater_than":
            words = f"{shown(value)} is not above {context['gt']:g}"
        case "greater_than_equal":
            words = f"{shown(value)} is below {context['ge']:g}"
        case kind if kind in _WANTED:
            words = f"{_WANTED[kind]} is wanted here, not {_KINDS.get(type(value), 'this')} ({shown(value)})"
            if kind == "string_type" and isinstance(value, bool | int | float):
                words += "; put it in quotes"
        case _:  # pragma: no cover  what the shape does not use
            words = error["msg"]
    return place, words


def _keys(root: type[BaseModel], place: Place) -> list[str]:
    """The keys the shape knows at a place."""
    found = _arm(_at(root, place), "")  # a key is a step that is no number
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def _choices(root: type[BaseModel], place: Place) -> list[str]:
    return [str(choice) for choice in get_args(_at(root, place))]


def _at(root: Any, place: Place) -> Any:
    """The type the shape has at a place: through fields, mappings and lists."""
    found = root
    for step in place:
        found = _arm(_bare(found), step)
        if get_origin(found) is dict:
            found = get_args(found)[1]
        elif get_origin(found) is tuple:
            found = get_args(found)[0]
        else:
            fields: Mapping[str, Any] = found.model_fields
            found = fields[str(step)].annotation
    return _bare(found)


def _arm(found: Any, step: str | int) -> Any:
    """Of one claim or a list of them, the one a step leads into; anything else as it is."""
    if get_origin(found) not in (Union, UnionType):
        return found
    arms = [_bare(arm) for arm in get_args(found)]
    return next(arm for arm in arms if (get_origin(arm) is tuple) == isinstance(step, int))


def _bare(found: Any) -> Any:
    """Without ``| None`` and what Annotated adds."""
    while get_origin(found) is not Literal and hasattr(found, "__metadata__"):
        found = get_args(found)[0]
    arms = get_args(found)
    if NoneType in arms:
        return _bare(next(arm for arm in arms if arm is not NoneType))
    return found
