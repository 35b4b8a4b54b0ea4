"""``history``: successive reports of a target, and the rows that changed."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.cli.documents import add_outputs, put_out
from conformance.cli.program import Parser
from conformance.cli.reading import add_report_dir, read, refusing

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach("reports.*/minimax", "archive --html history.html --lang zh")
    parser.add_argument(
        "reports", nargs="+", metavar="REPORT", help="a report.json, or a directory: all that is below it counts"
    )
    add_outputs(parser)
    add_report_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Show the rows that changed, by the day."""
    from conformance.report.analysis import history as analysis  # noqa: PLC0415  --help needs no report
    from conformance.report.load import REPORT  # noqa: PLC0415  as above
    from conformance.report.render.history import history  # noqa: PLC0415  as above

    names = [path for name in options.reports for path in sorted(map(str, Path(name).rglob(REPORT))) or [name]]
    reports = [read(name, options.report_dir) for name in dict.fromkeys(names)]
    with refusing():
        found = analysis.history(reports)
    put_out(options, lambda: history(analysis.history(reports)), found.data())
    return 0
