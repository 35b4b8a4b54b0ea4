"""Writing the report's files: each whole or not at all, the same bytes from the same report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from conformance.report import html, markdown
from conformance.report.escape import json_text
from conformance.values import Json

__all__ = ["write"]


def write(report: Mapping[str, Json], directory: Path) -> None:
    """Write report.json, report.md and index.html; all are rendered before the first is touched."""
    files = {
        "report.md": markdown.render(report),
        "index.html": html.render(report),
        "report.json": json_text(report),
    }
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        _replace(directory / name, text)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(text.encode("utf-8", "replace"))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
