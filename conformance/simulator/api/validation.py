"""Checks of a request's parameters: each is a JSON schema, or a function; both refuse, and name what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.json_values import Object, is_list, is_object, list_at

if TYPE_CHECKING:
    from jsonschema import ValidationError

TOOL_CHOICES: Final = ("auto", "any", "tool", "none")
THINKING_TYPES: Final = ("adaptive", "disabled", "enabled")


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


@cache
def _validator() -> Any:
    """A validator of JSON schemas for which 1.0 is no integer: so the API has it."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415  it takes a while, and --help needs none of it
    from jsonschema.validators import extend  # noqa: PLC0415  as above

    checker = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return extend(Draft202012Validator, type_checker=checker)  # type: ignore[no-untyped-call]  # its types lack it


_TYPES: Final = {
    "array": "a valid list",
    "boolean": "a valid boolean",
    "integer": "a valid integer",
    "number": "a valid number",
    "object": "an object",
    "string": "a valid string",
}


class Schema:
    """A JSON schema; what does not fit is refused in the API's words, or in those of the schema's `errorMessage`."""

    def __init__(self, schema: Object) -> None:
        self._schema = schema

    @cached_property
    def _checks(self) -> Any:
        return _validator()(self._schema)

    def check(self, value: Any, where: str) -> None:
        """Refuse a value that does not fit, naming the place inside it.

        Raises:
            Refusal: it does not fit, in the words of the API.
        """
        for error in self._checks.iter_errors(value):
            path = [where, *map(str, error.absolute_path)]
            if error.validator == "required":
                path.append(next(name for name in error.validator_value if name not in error.instance))
            raise Refusal(f"{'.'.join(path)}: {_wording(error)}")


def _wording(error: ValidationError) -> str:
    schema = error.schema if is_object(error.schema) else {}
    if "errorMessage" in schema:
        return str(schema["errorMessage"]).format(value=error.instance)
    wanted: Any = error.validator_value
    match error.validator:
        case "required":
            said = "Field required"
        case "pattern":
            said = f"String should match pattern {wanted!r}"
        case "type":
            kinds = wanted if is_list(wanted) else [wanted]
            said = f"Input should be {' or '.join(_TYPES[kind] for kind in kinds if kind != 'null')}"
        case "enum" | "const":
            said = f"Input should be {' or '.join(map(repr, wanted if error.validator == 'enum' else [wanted]))}"
        case _ if "maximum" in schema:
            least = f"({schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else f"[{schema['minimum']}"
            said = f"Input should be in the range {least}, {schema['maximum']}], not {error.instance}"
        case _:
            said = f"Input should be greater than or equal to {wanted}"
    return said


def field(name: str, schema: Object, *, required: bool = False) -> Check:
    """Check a field where it is given, or refuse a request without it."""
    shape = Schema(schema)

    def check(request: Request) -> None:
        if name in request.body:
            shape.check(request.body[name], name)
        elif required:
            raise Refusal(f"{name}: Field required")

    return check


def refused(name: str) -> Check:
    """Refuse a field outright."""

    def check(request: Request) -> None:
        if name in request.body:
            raise Refusal(f"{name}: this parameter is not supported")

    return check


STRING: Final[Object] = {"type": "string"}
BOOLEAN: Final[Object] = {"type": "boolean"}
NUMBER: Final[Object] = {"type": "number"}
POSITIVE: Final[Object] = {"type": "integer", "minimum": 1}
SHARE: Final[Object] = {"type": "number", "minimum": 0.0, "maximum": 1.0}
OBJECT: Final[Object] = {"type": "object"}
NAME: Final[Object] = {"type": "string", "pattern": "."}
SYSTEM: Final[Object] = {
    "type": ["string", "array"],
    "items": {
        "type": "object",
        "required": ["type", "text"],
        "properties": {"type": {"const": "text"}, "text": STRING},
        "errorMessage": "Input should be a text block",
    },
}
METADATA: Final[Object] = {"type": "object", "properties": {"user_id": {"type": ["string", "null"]}}}
THINKING: Final[Object] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {
            "enum": THINKING_TYPES,
            "errorMessage": f"{{value!r}} is not one of {', '.join(THINKING_TYPES)}",
        },
        "budget_tokens": {"type": ["integer", "null"]},
    },
}
_TOOLS: Final = Schema(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "input_schema"],
            "properties": {
                "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"},
                "description": STRING,
                "input_schema": {"type": "object", "properties": {"type": {"const": "object"}}},
            },
        },
    }
)
_TOOL_CHOICE: Final = Schema(
    {"type": "object", "required": ["type"], "properties": {"type": {"enum": TOOL_CHOICES}}},
)


def model_of(names: Iterable[str]) -> Check:
    """A model must be one of these."""
    listed, shape = frozenset(names), field("model", NAME, required=True)

    def check(request: Request) -> None:
        shape(request)
        if request.body["model"] not in listed:
            raise Refusal(f"model: {request.body['model']}", "not_found_error")

    return check


def tools(request: Request) -> None:
    """Tools are a list of definitions, each with a name of its own and a schema of its input.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    if "tools" not in request.body:
        return
    definitions = request.body["tools"]
    _TOOLS.check(definitions, "tools")
    names = [tool["name"] for tool in definitions]
    if len(set(names)) < len(names):
        raise Refusal("tools: Tool names must be unique.")
    for at, tool in enumerate(definitions):
        json_schema(tool["input_schema"], f"tools.{at}.input_schema")


def json_schema(schema: Any, where: str) -> None:
    """Refuse what is no JSON schema.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    if not _is_schema(json.dumps(schema)):
        raise Refusal(f"{where}: JSON schema is invalid")


@lru_cache(maxsize=4096)  # a client sends the same tools with every request
def _is_schema(written: str) -> bool:
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415  as in _validator

    try:
        Draft202012Validator.check_schema(json.loads(written))
    except SchemaError:
        return False
    return True


def tool_choice(request: Request) -> None:
    """A tool choice has a known type, and tools to choose from; a named one is among them.

    Raises:
        Refusal: it does not fit, in the words of the API.
    """
    if "tool_choice" not in request.body:
        return
    choice = request.body["tool_choice"]
    _TOOL_CHOICE.check(choice, "tool_choice")
    names = [tool.get("name") for tool in list_at(request.body, "tools") if is_object(tool)]
    if choice["type"] == "tool" and choice.get("name") not in names:
        raise Refusal(f"tool_choice.name: Tool {choice.get('name')!r} not found in provided tools")
    if choice["type"] == "any" and not names:
        raise Refusal("tool_choice: may only be specified while providing tools")
