"""The contract of report.json, as a stranger holds a report to it: by the JSON Schema that stands in the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

import conformance.report
from conformance.report.model import Report

HOME = Path(conformance.report.__file__).parent
SCHEMA: dict[str, Any] = json.loads((HOME / "schema.json").read_text("utf-8"))
_VALIDATOR = Draft202012Validator(SCHEMA)


def validate(made: dict[str, Any]) -> None:
    """Hold a report to the schema, and to the model that reads it back.

    Raises:
        jsonschema.ValidationError: the report breaks the contract.
    """
    _VALIDATOR.validate(made)
    Report.model_validate(made)
