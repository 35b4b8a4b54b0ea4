"""Checks of a request's parameters; each raises a refusal that names what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .models import Model
from .refusals import Refusal
from .schemas import check_schema
from .shapes import Object, is_integer, is_list, is_number, is_object, list_at

TOOL_CHOICES: Final = frozenset({"auto", "any", "tool", "none"})
THINKING_TYPES: Final = frozenset({"enabled", "disabled", "adaptive"})
_TOOL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request: the body, and the headers by lower-case name."""

    body: Object
    headers: Mapping[str, str]

    @property
    def betas(self) -> frozenset[str]:
        """The beta features the caller named."""
        return frozenset(name.strip() for name in self.headers.get("anthropic-beta", "").split(",") if name.strip())


Check = Callable[[Request], None]
Judge = Callable[[Any], None]


def optional(name: str, judge: Judge) -> Check:
    """Check a field where it is given."""

    def check(request: Request) -> None:
        if name in request.body:
            judge(request.body[name])

    return check


def required(name: str, judge: Judge) -> Check:
    """Check a field that must be given."""

    def check(request: Request) -> None:
        if name not in request.body:
            raise Refusal(f"{name}: Field required")
        judge(request.body[name])

    return check


def refused(name: str) -> Check:
    """Refuse a field outright."""

    def judge(_: Any) -> None:
        raise Refusal(f"{name}: this parameter is not supported")

    return optional(name, judge)


def listed(models: tuple[Model, ...]) -> Judge:
    """A model must be one of these."""
    names = [model.name for model in models]

    def judge(value: Any) -> None:
        if not isinstance(value, str) or not value:
            raise Refusal("model: Input should be a valid string")
        if value not in names:
            raise Refusal(f"model: {value}", "not_found_error")

    return judge


def named(value: Any) -> None:
    """A model must have a name, whichever."""
    if not isinstance(value, str) or not value:
        raise Refusal("model: Input should be a valid string")


def between(name: str, least: float, most: float, *, open_below: bool = False, whole: bool = False) -> Judge:
    """A number must lie in a range, which may be open at its lower end."""

    def judge(value: Any) -> None:
        if not (is_integer(value) if whole else is_number(value)):
            raise Refusal(f"{name}: Input should be a valid {'integer' if whole else 'number'}")
        if value < least or value > most or (open_below and value == least):
            bounds = f"{'(' if open_below else '['}{least}, {most}]"
            raise Refusal(f"{name}: Input should be in the range {bounds}, not {value}")

    return judge


def a_number(name: str) -> Judge:
    """A number, in whatever range."""
    return between(name, float("-inf"), float("inf"))


def positive(name: str) -> Judge:
    """An integer of at least one."""

    def judge(value: Any) -> None:
        if not is_integer(value):
            raise Refusal(f"{name}: Input should be a valid integer")
        if value < 1:
            raise Refusal(f"{name}: Input should be greater than or equal to 1")

    return judge


def boolean(name: str) -> Judge:
    """A boolean."""

    def judge(value: Any) -> None:
        if not isinstance(value, bool):
            raise Refusal(f"{name}: Input should be a valid boolean")

    return judge


def system(value: Any) -> None:
    """A system prompt is a string or a list of text blocks."""
    if isinstance(value, str):
        return
    if not is_list(value):
        raise Refusal("system: Input should be a valid string or a list of text blocks")
    for at, block in enumerate(value):
        if not is_object(block) or block.get("type") != "text" or not isinstance(block.get("text"), str):
            raise Refusal(f"system.{at}: Input should be a text block")


def metadata(value: Any) -> None:
    """Metadata is an object, and its user_id a string."""
    if not is_object(value):
        raise Refusal("metadata: Input should be an object")
    if not isinstance(value.get("user_id"), str | None):
        raise Refusal("metadata.user_id: Input should be a valid string")


def thinking_of(types: Container[str]) -> Judge:
    """Thinking is an object with one of these types."""

    def judge(value: Any) -> None:
        thinking_object(value)
        if not isinstance(value.get("type"), str) or value["type"] not in types:
            raise Refusal(f"thinking.type: {value.get('type')!r} is not one of {', '.join(sorted(THINKING_TYPES))}")
        if not isinstance(value.get("budget_tokens"), int | None):
            raise Refusal("thinking.budget_tokens: Input should be a valid integer")

    return judge


def thinking_object(value: Any) -> None:
    """Thinking is an object of whatever type."""
    if not is_object(value):
        raise Refusal("thinking: Input should be an object")


def tools(value: Any) -> None:
    """Tools are a list of definitions with a name and a schema of their input."""
    if not is_list(value):
        raise Refusal("tools: Input should be a valid list")
    names: set[str] = set()
    for at, tool in enumerate(value):
        if not is_object(tool):
            raise Refusal(f"tools.{at}: Input should be an object")
        name, schema = tool.get("name"), tool.get("input_schema")
        if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
            raise Refusal(f"tools.{at}.name: String should match pattern '^{_TOOL_NAME.pattern}$'")
        if name in names:
            raise Refusal("tools: Tool names must be unique.")
        names.add(name)
        if not is_object(schema) or schema.get("type", "object") != "object":
            raise Refusal(f"tools.{at}.input_schema: Input should be a JSON schema of type 'object'")
        check_schema(schema, f"tools.{at}.input_schema")
        if not isinstance(tool.get("description", ""), str):
            raise Refusal(f"tools.{at}.description: Input should be a valid string")


def tool_choice(request: Request) -> None:
    """A tool choice has a known type, and tools to choose from; a named one is among them."""
    if "tool_choice" not in request.body:
        return
    choice = request.body["tool_choice"]
    if not is_object(choice):
        raise Refusal("tool_choice: Input should be an object")
    kind = choice.get("type")
    if not isinstance(kind, str) or kind not in TOOL_CHOICES:
        raise Refusal(f"tool_choice.type: {kind!r} is not one of auto, any, tool, none")
    names = [tool.get("name") for tool in list_at(request.body, "tools") if is_object(tool)]
    if kind == "tool" and choice.get("name") not in names:
        raise Refusal(f"tool_choice.name: Tool {choice.get('name')!r} not found in provided tools")
    if kind == "any" and not names:
        raise Refusal("tool_choice: may only be specified while providing tools")
