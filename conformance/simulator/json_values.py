"""JSON values: guards that narrow to their types, and the shapes that the API's messages have."""

from __future__ import annotations

from typing import Any, TypeGuard

Object = dict[str, Any]


def is_object(value: object) -> TypeGuard[Object]:
    """Say whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Say whether a JSON value is an array."""
    return isinstance(value, list)


def object_at(value: Object, name: str) -> Object:
    """Give the object at a key, an empty one where there is none."""
    inner = value.get(name)
    return inner if is_object(inner) else {}


def list_at(value: Object, name: str) -> list[Any]:
    """Give the array at a key, an empty one where there is none."""
    inner = value.get(name)
    return inner if is_list(inner) else []


def without(value: Object, *names: str) -> Object:
    """Give an object without some of its keys."""
    return {name: inner for name, inner in value.items() if name not in names}


def blocks_of(content: object) -> list[Object]:
    """Give a content as blocks: a string is shorthand for one text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if is_object(block)] if is_list(content) else []


def messages_of(body: Object) -> list[Object]:
    """Give the messages of a request, whatever else it holds."""
    return [message for message in list_at(body, "messages") if is_object(message)]


def words(text: str) -> frozenset[str]:
    """Give the words of a list that is written as one text."""
    return frozenset(text.split())
