"""Writing the report's files: each whole or not at all, the same bytes from the same report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.report import badge, html, markdown, summary
from conformance.report.escape import json_text
from conformance.report.profile import profile
from conformance.report.writing import replace
from conformance.values import Json

__all__ = ["Leaks", "append_step_summary", "write"]


class Leaks(Exception):
    """A secret stands in what would have been written."""


def write(
    report: Mapping[str, Json],
    directory: Path,
    *,
    cassettes: Path | None = None,
    lang: str = "en",
    refuse: Callable[[str], bool] = lambda _: False,
) -> None:
    """Write every file of a report; all are rendered before the first is touched.

    Args:
        cassettes: the directory the recordings are below: the page shows what was sent and what came back.
        lang: the language the page opens in.
        refuse: whether a secret stands in what would be written.

    Raises:
        Leaks: it does, in one of the files; nothing was written.
        OSError: a file cannot be written.
    """
    files = {
        "report.md": markdown.render(report),
        "summary.md": summary.render(report),
        "badge.svg": badge.svg(report),
        "badge.json": json_text(badge.endpoint(report)),
        "client-profile.json": json_text(profile(report)),
        "index.html": html.render(report, cassettes=cassettes, lang=lang),
        "report.json": json_text(report),
    }
    if leaking := [name for name, text in files.items() if refuse(text)]:
        raise Leaks(f"nothing is written to {directory}: the key would stand in {', '.join(leaking)}")
    for name, text in files.items():
        replace(directory / name, text)


def append_step_summary(report: Mapping[str, Json]) -> None:
    """Add the summary to that of the workflow's step, in a run by GitHub's actions and nowhere else.

    Raises:
        OSError: the runner's file cannot be written.
    """
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8", errors="replace") as file:
            file.write(summary.render(report))
