"""Writing files: each whole or not at all, the same bytes from the same report."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from conformance.report.analysis.overview import Overview
from conformance.report.escape import json_text
from conformance.report.language import LANGUAGES, speaking
from conformance.report.model import Report
from conformance.report.recordings import Recordings

__all__ = ["Leaks", "append_step_summary", "replace", "write"]


class Leaks(Exception):
    """A secret stands in what would have been written."""


def write(
    report: Report,
    directory: Path,
    *,
    recordings: Recordings | None = None,
    lang: str = LANGUAGES[0],
    refuse: Callable[[str], bool] = lambda _: False,
) -> None:
    """Write every file of a report; all are rendered before the first is touched.

    Args:
        recordings: what the page shows of what was sent and what came back; without them, nothing.
        lang: the language of what is written for people; the page opens in it. What programs read is in English.
        refuse: whether a secret stands in what would be written.

    Raises:
        Leaks: it does, in one of the files; nothing was written.
        OSError: a file cannot be written; those before it are.
    """
    # Templates take a while to import, and a worker that only judges has no use for them.
    from conformance.report.render import badge, html, markdown  # noqa: PLC0415
    from conformance.report.render.profile import profile  # noqa: PLC0415

    overview = Overview(report)
    with speaking(lang):
        spoken = Overview(report)  # of its own: it keeps what it said
        files = {
            "report.md": markdown.report(spoken),
            "summary.md": markdown.summary(spoken),
            "badge.svg": badge.svg(spoken),
            "badge.json": json_text(badge.endpoint(spoken)),
        }
    files |= {
        "client-profile.json": json_text(profile(overview).data()),
        "index.html": html.render(overview, recordings=recordings, lang=lang),
        "report.json": json_text(report.data()),
    }
    if leaking := [name for name, text in files.items() if refuse(text)]:
        raise Leaks(f"nothing is written to {directory}: the key would stand in {', '.join(leaking)}")
    for name, text in files.items():
        replace(directory / name, text)


def append_step_summary(report: Report, *, lang: str = LANGUAGES[0]) -> None:
    """Add the summary to that of the workflow's step, in a run by GitHub's actions and nowhere else.

    Args:
        lang: the language of the summary.

    Raises:
        OSError: the runner's file cannot be written.
    """
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        from conformance.report.render import markdown  # noqa: PLC0415  as above

        with Path(path).open("a", encoding="utf-8", errors="replace") as file, speaking(lang):
            file.write(markdown.summary(Overview(report)))


def replace(path: Path, text: str) -> None:
    """Put a text where a file is, or is to be; whoever reads it sees the old one or the new one.

    Raises:
        OSError: it cannot be written; what was there still is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(text.encode("utf-8", "replace"))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
