"""Names for the shapes JSON comes in, and guards that narrow to them."""

from __future__ import annotations

from typing import Any, TypeGuard

Object = dict[str, Any]


def is_object(value: object) -> TypeGuard[Object]:
    """Say whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Say whether a JSON value is an array."""
    return isinstance(value, list)


def is_integer(value: object) -> TypeGuard[int]:
    """Say whether a JSON value is an integer; true and false are not, though Python thinks so."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Say whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def object_at(value: Object, name: str) -> Object:
    """Give the object at a key, an empty one where there is none."""
    inner = value.get(name)
    return inner if is_object(inner) else {}


def list_at(value: Object, name: str) -> list[Any]:
    """Give the array at a key, an empty one where there is none."""
    inner = value.get(name)
    return inner if is_list(inner) else []


def words(text: str) -> frozenset[str]:
    """Give the words of a list that is written as one text."""
    return frozenset(text.split())


def blocks_of(content: object) -> list[Object]:
    """Give a content as blocks: a string is shorthand for one text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if is_list(content):
        return [block for block in content if is_object(block)]
    return []


def messages_of(body: Object) -> list[Object]:
    """Give the messages of a request, whatever else it holds."""
    messages = body.get("messages")
    return [message for message in messages if is_object(message)] if is_list(messages) else []
