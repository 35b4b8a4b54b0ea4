"""The shape of a matrix file: pydantic models, strict about keys and about what a value is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictInt,
    StrictStr,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from conformance.matrix.address import sdk_tail
from conformance.matrix.problems import Place, did_you_mean, shown
from conformance.values import GROUPS, Json, Status

__all__ = [
    "ONE",
    "RANGE",
    "SEVERAL",
    "VERSION",
    "ClaimEntry",
    "DeviationEntry",
    "FieldReportEntry",
    "File",
    "Model",
    "Price",
    "SourceEntry",
    "StatementEntry",
    "TargetEntry",
]

VERSION = 1
"""The version of the format this suite reads."""

RANGE = ("above", "from", "below", "to")
"""The words of a range: > and >=, < and <=."""

ONE, SEVERAL = "[claim]", "[claims]"
"""How pydantic marks, in the place of an error, which of two shapes it took a value for."""


def wrong(words: str) -> PydanticCustomError:
    """An error in our own words, passed on as it is."""
    return PydanticCustomError("matrix", "{words}", {"words": words})


def _text(value: str) -> str:
    value = value.strip()
    if not value:
        raise wrong("empty; write something, or leave the key out")
    if not value.isprintable():
        raise wrong(f"{shown(value)} holds a line break or a control character; write one plain line")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", value):
        raise wrong(f"{shown(value)} cannot name a directory; use small letters, digits and . _ -")
    return value


def _model_name(value: str) -> str:
    if not value or value != value.strip() or not value.isprintable():
        raise wrong(f"{shown(value)} cannot name a model; write it as the API takes it, without control characters")
    return value


def _feature(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", value):
        raise wrong(f"{shown(value)} cannot name a feature; write dotted words, like temperature.range")
    return value


def _variable(value: str) -> str:
    # The value is not shown: somebody may have written the key itself.
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", value):
        raise wrong("not the name of an environment variable; write a name like ACME_API_KEY, never the key itself")
    return value


def _listed(value: object) -> object:
    """One word stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def _group(value: str) -> str:
    if value not in GROUPS:
        raise wrong(f"{shown(value)} is not a group ({', '.join(GROUPS)}){did_you_mean(value, GROUPS)}")
    return value


def _status(value: object) -> Status:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "text")
    words = [status.value for status in Status]
    if value not in words:
        raise wrong(f"{shown(value)} is not a status ({', '.join(words)}){did_you_mean(value, words)}")
    return Status(value)


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise wrong(f"{shown(value)} is not an http or https address")
    return value


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if parts.username is not None or parts.password is not None:
        raise wrong("credentials in an address; leave them out, keys come from the environment")
    if parts.query or parts.fragment:
        raise wrong(f"{shown(value)} has a query or a fragment; write the base address alone")
    if tail := sdk_tail(value):
        raise wrong(f"{shown(value)} ends in {tail}, which the SDK adds itself; leave it out")
    return value.rstrip("/")


def _day(value: str) -> str:
    """A day, or a month or a year where no more is known."""
    try:
        date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        whole = False
    else:
        whole = re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", value) is not None
    if not whole:
        raise wrong(f"{shown(value)} is not a date; write YYYY-MM-DD, YYYY-MM or YYYY")
    return value


def _year(value: object) -> object:
    """YAML reads a year as a number."""
    return str(value) if type(value) is int else value


def _detail(value: Json) -> Json:
    if isinstance(value, list):
        return tuple(_detail(item) for item in value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong("not a finite number")
    if not isinstance(value, bool | int | float):
        raise wrong("a detail is a number, a word, true, false, or a list of these")
    return value


Text = Annotated[StrictStr, AfterValidator(_text)]
Name = Annotated[StrictStr, AfterValidator(_name)]
ModelName = Annotated[StrictStr, AfterValidator(_model_name)]
Feature = Annotated[StrictStr, AfterValidator(_feature)]
Variable = Annotated[StrictStr, AfterValidator(_variable)]
Group = Annotated[StrictStr, AfterValidator(_group)]
StatusWord = Annotated[Status, BeforeValidator(_status)]
Url = Annotated[StrictStr, AfterValidator(_url)]
Endpoint = Annotated[Url, AfterValidator(_endpoint)]
Day = Annotated[StrictStr, BeforeValidator(_year), AfterValidator(_day)]
Detail = Annotated[Any, AfterValidator(_detail)]
Count = Annotated[StrictInt, Field(gt=0)]
Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Speed = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]


class _Shape(BaseModel):
    """Frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TargetEntry(_Shape):
    """An endpoint, and how to treat it."""

    name: Name
    """Names the directories of its cassettes and reports."""
    title: Text
    endpoint: Endpoint
    auth: Literal["required", "none"] = "required"
    key_env: Annotated[tuple[Variable, ...], BeforeValidator(_listed), Field(min_length=1)] | None = None
    """The environment variables its key may be in, the first one first; one name or a list."""
    api_version: Text
    """The ``anthropic-version`` the claims were written for."""
    requests_per_minute: Count = 60
    concurrency: Count = 4
    max_age: Count = 90
    """Days after which a recording is stale evidence."""


class SourceEntry(_Shape):
    """A document, and the day it was read."""

    title: Text
    url: Url
    date: Day
    language: Text = "en"


class Price(_Shape):
    """USD for a million tokens."""

    input: Amount
    output: Amount
    cache_read: Amount | None = None
    cache_write: Amount | None = None
    source: Text


class Model(_Shape):
    """A model of the target, and its figures."""

    name: ModelName
    context_window: Count | None = None
    """Tokens."""
    output_speed: Speed | None = None
    """Tokens a second."""
    price: Price | None = None


class FieldReportEntry(_Shape):
    """What somebody saw once: shown beside a claim, and never evidence."""

    says: Text
    date: Day
    where: Text


class StatementEntry(_Shape):
    """One of several things a documentation says of the same feature."""

    status: StatusWord
    says: Text
    where: Text
    source: Text | None = None


class ClaimEntry(_Shape):
    """What is documented of a feature: a status, or statements that contradict each other."""

    status: StatusWord | None = None
    statements: Annotated[tuple[StatementEntry, ...], Field(min_length=1)] | None = None
    source: Text | None = None
    date: Day | None = None
    says: Text | None = None
    models: Annotated[tuple[ModelName, ...], Field(min_length=1)] | None = None
    details: dict[StrictStr, Detail] = {}
    parts: tuple[Feature, ...] = ()
    field_reports: tuple[FieldReportEntry, ...] = ()

    @model_validator(mode="after")
    def _one_status_or_several_statements(self) -> ClaimEntry:
        if self.statements is None:
            if self.status is None:
                raise wrong("says neither status nor statements; write one of them")
            if self.source is None:
                raise wrong("names no source; say where it was read")
            if self.says is None and self.status is not Status.UNDOCUMENTED:
                raise wrong("has no says; write in one sentence what the documentation says")
        else:
            if self.status is not None:
                raise wrong("has both status and statements; keep one of them")
            if self.says is not None:
                raise wrong("has both says and statements; let each statement speak for itself")
            if len({statement.status for statement in self.statements}) == 1:
                raise wrong("has statements that do not contradict each other; write their status instead")
            if self.source is None and any(statement.source is None for statement in self.statements):
                raise wrong("names no source; say where it was read")
        if self.status is Status.PARTIAL and not self.parts:
            raise wrong("is partial and has no parts; list the features it is made of")
        return self

    @model_validator(mode="after")
    def _a_range_has_two_ends(self) -> ClaimEntry:
        ends: list[float] = []
        for exclusive, inclusive in (("above", "from"), ("below", "to")):
            given = [self.details[word] for word in (exclusive, inclusive) if word in self.details]
            if len(given) > 1:
                raise wrong(f"has a range with both {exclusive} and {inclusive}; keep one of them")
            if any(isinstance(end, bool) or not isinstance(end, int | float) for end in given):
                raise wrong(f"has a range whose end is {shown(given[0])}; write a number")
            ends += given
        if len(ends) == 2 and ends[0] >= ends[1]:
            raise wrong(f"has a range from {ends[0]} to {ends[1]}, which holds nothing")
        return self


def _one_or_several(value: object) -> str:
    return SEVERAL if isinstance(value, list | tuple) else ONE


Claims = Annotated[
    Annotated[ClaimEntry, Tag(ONE)] | Annotated[tuple[ClaimEntry, ...], Field(min_length=1), Tag(SEVERAL)],
    Discriminator(_one_or_several),
]
"""One claim, or a list of them where the documentation says different things of different models."""


class DeviationEntry(_Shape):
    """A deviation that is known, and expected until the service changes."""

    feature: Text
    case: Text | None = None
    models: Annotated[tuple[ModelName, ...], Field(min_length=1)] | None = None
    reason: Text
    since: Day


class File(_Shape):
    """A matrix file."""

    conformance: StrictInt
    target: TargetEntry
    sources: Annotated[dict[Text, SourceEntry], Field(min_length=1)]
    models: Annotated[tuple[Model, ...], Field(min_length=1)]
    claims: dict[Group, dict[Feature, Claims]]
    not_tested: dict[Feature, Text] = {}
    unclaimed: Literal["undocumented", "error"] = "undocumented"
    """What a feature is that has cases and no claim: asked and reported all the same, or a mistake of this file."""
    known_deviations: tuple[DeviationEntry, ...] = ()

    def entries(self) -> Iterator[tuple[Place, ClaimEntry]]:
        """Every claim and its place: claims, the group, the feature, and in a list the number of the item."""
        for group, features in self.claims.items():
            for feature, given in features.items():
                place = ("claims", group, feature)
                if isinstance(given, ClaimEntry):
                    yield place, given
                else:
                    yield from (((*place, index), entry) for index, entry in enumerate(given))
