"""The JSON Schemas of the files that programs read, made from the models; ``python -m conformance.report.schema``.

They stand in the project beside this module, for those who read a report without it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from conformance.report.model import Report
from conformance.report.render.profile import Profile

__all__ = ["SCHEMAS", "schema_of", "write"]

SCHEMAS: dict[str, tuple[type[BaseModel], str]] = {
    "schema.json": (Report, "Conformance report, version 1"),
    "client-profile.schema.json": (Profile, "Client profile, version 1"),
}
"""The model and the title of each file."""


class _Plain(GenerateJsonSchema):
    """Says of what may be left out no more than that, and nothing twice."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  pydantic's signature
        return False

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> dict[str, Any]:
        return {"$schema": self.schema_dialect, **super().generate(schema, mode)}


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema of a model."""
    made = model.model_json_schema(schema_generator=_Plain)
    for part in made.get("$defs", {}).values():
        part.pop("title", None)
    return {**made, "title": title}


def write(directory: Path) -> None:
    """Write the schemas anew."""
    for name, (model, title) in SCHEMAS.items():
        text = json.dumps(schema_of(model, title), indent=2, ensure_ascii=False)
        (directory / name).write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent)
