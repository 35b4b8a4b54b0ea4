"""Writing the report's files: each whole or not at all, the same bytes from the same report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from conformance.report import html, markdown
from conformance.report.escape import json_text
from conformance.report.writing import replace
from conformance.values import Json

__all__ = ["write"]


def write(report: Mapping[str, Json], directory: Path, *, cassettes: Path | None = None, lang: str = "en") -> None:
    """Write every file of a report; all are rendered before the first is touched.

    Args:
        cassettes: the directory the recordings are below: the page shows what was sent and what came back.
        lang: the language the page opens in.
    """
    files = {
        "report.md": markdown.render(report),
        "index.html": html.render(report, cassettes=cassettes, lang=lang),
        "report.json": json_text(report),
    }
    for name, text in files.items():
        replace(directory / name, text)
