"""``site``: the observatory, a static site of all reports."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import Wrong
from conformance.cli.program import Parser
from conformance.cli.reading import read, refusing

if TYPE_CHECKING:
    from conformance.report.load import Loaded

__all__ = ["describe", "run"]

SUBMISSION = "submission.json"
"""Beside a report that somebody else ran: ``{"by": "who"}``."""


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach(
        "reports --output site",
        "reports --output site --check",
        more="The newest report of a target is today's, older ones are its history. A report with a "
        f"{SUBMISSION} beside it is labelled by who ran it. Every report is judged anew, and refused where its "
        "verdicts are not what its evidence comes to.",
    )
    parser.add_argument("reports", nargs="+", metavar="DIR", help="directories of reports: all that is below counts")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the site is written")
    parser.add_argument("--check", action="store_true", help="only see whether the reports can be taken")


def run(options: argparse.Namespace) -> int:
    """Read, judge anew, and write.

    Raises:
        Wrong: a report cannot be read, or its verdicts and its evidence disagree.
    """
    from conformance.plain_text import line, plain  # noqa: PLC0415  --help needs no report
    from conformance.report.analysis.observatory import observatory  # noqa: PLC0415  as above
    from conformance.report.analysis.overview import Overview  # noqa: PLC0415  as above
    from conformance.report.files import replace  # noqa: PLC0415  as above
    from conformance.report.language import LANGUAGES, speaking  # noqa: PLC0415  as above
    from conformance.report.load import REPORT  # noqa: PLC0415  as above
    from conformance.report.render import badge, html  # noqa: PLC0415  as above
    from conformance.report.render.site import file_of, site  # noqa: PLC0415  as above
    from conformance.report.submitted import disagreements  # noqa: PLC0415  as above

    paths = [path for name in options.reports for path in sorted(map(str, Path(name).rglob(REPORT))) or [name]]
    loaded = [read(path, Path()) for path in dict.fromkeys(paths)]
    for one in loaded:
        if wrong := next(disagreements(one.report), None):
            raise Wrong(f"{one.path} is refused: {plain(wrong)}")
    if options.check:
        print(f"{len(loaded)} reports can be taken")
        return 0
    by = {one.name: label for one in loaded if (label := _by(one))}
    made = {}
    for language in LANGUAGES:
        with speaking(language):
            made[language] = observatory(loaded, by)
    output: Path = options.output
    files = 0
    with refusing():
        for path, text in site(made):
            replace(output / path, text)
            files += 1
        newest = {one.name: one for one in sorted(loaded, key=_when)}
        for name, one in newest.items():
            replace(output / "badges" / f"{file_of(name)}.svg", badge.svg(Overview(one.report)))
            page = one.directory / "index.html"
            text = page.read_text("utf-8") if page.is_file() else html.render(Overview(one.report))
            replace(output / "reports" / file_of(name) / "index.html", text)
            replace(output / "reports" / file_of(name) / REPORT, one.path.read_text("utf-8"))
    print(f"{len(newest)} targets, {len(loaded)} reports, {files} files")
    print(f"site: {line(output / 'index.html')}")
    return 0


def _when(one: Loaded) -> tuple[str, str]:
    return max((case.recorded_at or "" for case in one.report.cases), default=""), str(one.path)


def _by(one: Loaded) -> str:
    """Who ran a report, by the file beside it.

    Raises:
        Wrong: the file says nothing.
    """
    path = one.directory / SUBMISSION
    if not path.is_file():
        return ""
    try:
        by = json.loads(path.read_text("utf-8"))["by"]
    except (OSError, ValueError, KeyError, TypeError):
        by = None
    if not isinstance(by, str) or not by.strip():
        raise Wrong(f'{path}: {{"by": "who ran it"}} is wanted')
    return by.strip()
