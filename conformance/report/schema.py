"""The JSON Schema of a report, and a check against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from conformance.values import Json

__all__ = ["SCHEMA", "validate"]

SCHEMA: Mapping[str, Json] = json.loads(files("conformance.report").joinpath("schema.json").read_text("utf-8"))
"""The schema of report.json, version 1."""


def validate(report: Json) -> None:
    """Check a report against the schema.

    A run has no need of it, only who reads a report back; jsonschema takes a while, and is imported here.

    Raises:
        jsonschema.ValidationError: the report breaks the contract.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415  as above

    Draft202012Validator(SCHEMA).validate(report)
