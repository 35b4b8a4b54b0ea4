"""The shape of a cassette's file: what every value is, checked as the file is read, with a line for what is wrong.

Anybody can edit a cassette, and nothing behind this door asks again whether a time is a number or a header a text.
Keys that are not named here are left to others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from conformance.http.evidence import host_of, too_late
from conformance.values import Json, Source
from conformance.yaml_text import LOADER, is_deeper_than

__all__ = ["Place", "WrongContent", "check", "line_of", "read"]

Place: TypeAlias = tuple[str | int, ...]
"""The way to a value, from the top of the file."""

_DEEPEST = 50
"""Levels of nesting nobody needs. Composing recurses, in C, and many would crash the interpreter."""


class WrongContent(ValueError):
    """A value that is not what it should be, and its place in the file."""

    def __init__(self, place: Place, words: str) -> None:
        self.place = place
        super().__init__(words)


def _error(words: str) -> PydanticCustomError:
    return PydanticCustomError("cassette", "{words}", {"words": words})


def _path(value: str) -> str:
    if not value.startswith("http://recorded/"):
        raise _error("is no path below http://recorded/")
    return value


def _arrivals(value: str) -> str:
    points: list[tuple[float, int]] = []
    for point in value.split():
        ms, _, size = point.partition(":")
        try:
            points.append((float(ms), int(size)))
        except ValueError:
            raise _error(f"{point[:40]!r} is no arrival; it is written ms:bytes") from None
    rising = all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(points))
    if points and not (rising and points[0][0] >= 0 and points[-1][0] < float("inf") and points[0][1] > 0):
        raise _error("are no arrivals: times and sizes rise, and neither is infinite")
    return value


def _endpoint(value: str) -> str:
    if not host_of(value):
        raise _error(f"{value[:80]!r} is no http or https address")
    return value


def _moment(value: str) -> str:
    if words := too_late(value):
        raise _error(words)
    return value


Text: TypeAlias = StrictStr
Headers: TypeAlias = dict[StrictStr, Annotated[list[StrictStr], Field(min_length=1)]]
Body: TypeAlias = StrictStr | Annotated[bytes, Field(strict=True)] | None


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Request(_Shape):
    method: Annotated[StrictStr, Field(pattern="^[A-Z]+$")]
    uri: Annotated[StrictStr, AfterValidator(_path)]
    body: Body
    headers: Headers


class _Status(_Shape):
    code: Annotated[int, Field(strict=True, ge=100, le=999)]


class _Content(_Shape):
    string: Body


class _Response(_Shape):
    status: _Status
    headers: Headers
    body: _Content
    elapsed_ms: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
    arrivals: Annotated[StrictStr, AfterValidator(_arrivals)] = ""
    torn: Annotated[bool, Field(strict=True)] = False
    shared: Annotated[bool, Field(strict=True)] = False


class _Interaction(_Shape):
    request: _Request
    response: _Response


class _Metadata(_Shape):
    source: Source
    endpoint: Annotated[StrictStr, AfterValidator(_endpoint)]
    recorded_at: Annotated[StrictStr, AfterValidator(_moment)]
    sdk: Text
    suite: Text
    target: Text = ""
    model: Text = ""
    takes: Annotated[list[Annotated[int, Field(strict=True, ge=1)]], Field(min_length=2)] | None = None


class _File(_Shape):
    version: Literal[1]
    interactions: list[_Interaction]
    metadata: _Metadata


_FILE = TypeAdapter(_File)


def read(text: str, load: Any) -> Json:
    """The data of a file, checked.

    Args:
        load: makes data of YAML.

    Raises:
        WrongContent: a value is not what it should be.
        yaml.YAMLError: it is no YAML.
        ValueError: it is cut short.
    """
    if sum(map(text.count, ("[", "{", "- ", "? "))) > 20 * _DEEPEST and is_deeper_than(_DEEPEST, text):
        raise ValueError("nested too deeply")
    data = load(text)
    if isinstance(data, dict) and "metadata" not in data:
        raise ValueError("its provenance is missing: the file is cut short")
    check(data)
    return data


def check(data: Json) -> None:
    """Carry on if data has the shape of a cassette.

    Raises:
        WrongContent: it has not.
    """
    try:
        _FILE.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        # A union's own tags stand at the end of its places; people look for the key.
        place = tuple(step for step in first["loc"] if not ((isinstance(step, str) and "[" in step) or step in _TAGS))
        raise WrongContent(place, first["msg"]) from None


_TAGS = ("str", "bytes", "constrained-str", "none")


def line_of(text: str, place: Sequence[str | int]) -> int:
    """The line a value stands on, counted from 1; what is missing stands where it is missing from."""
    node = yaml.compose(text, Loader=LOADER)
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step], node.value[step]
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
