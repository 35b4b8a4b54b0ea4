"""What the models of a report are put together from: kinds of text, of numbers and of things that may be left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, Strict

from conformance.values import GROUPS, Json

__all__ = ["UNIQUE", "Count", "Day", "Group", "Maybe", "Moment", "Names", "NodeId", "Part", "Text", "given", "when"]

_T = TypeVar("_T")


def _matching(pattern: str, what: str) -> Any:
    """Text in which a pattern is found.

    Checked here and not by pydantic's own ``pattern``, which refuses text with half a character in it: a service
    may send any.
    """
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.search(text) is None:
            raise ValueError(f"this is no {what}")
        return text

    return AfterValidator(check), Field(json_schema_extra={"pattern": pattern})


def _must(holds: Callable[[Any], bool], words: str) -> AfterValidator:
    def check(value: _T) -> _T:
        if not holds(value):
            raise ValueError(words)
        return value

    return AfterValidator(check)


def _present(value: Json) -> Json:
    if value is None:
        raise ValueError("leave it out, or say something: null is not allowed here")
    return value


class _NotNull:
    """Takes null out of the JSON Schema of a type."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made: dict[str, Any] = handler(schema)["anyOf"][0]
        return made


Maybe: TypeAlias = Annotated[_T | None, BeforeValidator(_present), _NotNull()]
"""What may be left out, and is None then; null is no way of leaving it out."""

UNIQUE: Any = (
    _must(lambda items: len(set(items)) == len(items), "the same stands twice in it"),
    Field(json_schema_extra={"uniqueItems": True}),
)

Text = Annotated[str, _must(bool, "it is empty"), Field(json_schema_extra={"minLength": 1})]
Count = Annotated[int, Strict(), Field(ge=0)]
Group = Annotated[
    str,
    _must(lambda group: group in GROUPS, f"a group is one of {', '.join(GROUPS)}"),
    Field(json_schema_extra={"enum": list(GROUPS)}),
]
Day = Annotated[str, *_matching(r"^[0-9]{4}(-[0-9]{2}){0,2}$", "day, month or year")]
Moment = Annotated[
    str, *_matching(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$", "time in UTC")
]
NodeId = Annotated[str, *_matching(r"::[^:].*::", "node id of pytest")]
Names = Annotated[tuple[Text, ...], *UNIQUE]


def given(**values: Json) -> dict[str, Any]:
    """The values that are not None, as arguments of a part: what is None is left out of the report."""
    return {name: value for name, value in values.items() if value is not None}


class Part(BaseModel):
    """What every part of a report is: frozen, and without a key that the contract does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def data(self) -> dict[str, Any]:
        """Plain data for ``json``, in the contract's order; what was left out stays left out."""
        return self.model_dump(exclude_unset=True, by_alias=True)


def when(this: Json, then: Json, **otherwise: Json) -> ConfigDict:
    """A condition for the JSON Schema; a validator of the model holds it as well."""
    return ConfigDict(json_schema_extra={"if": this, "then": then, **otherwise})
