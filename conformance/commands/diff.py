"""``diff``: what changed between two reports."""

from __future__ import annotations

import argparse

from conformance.commands import Subparsers, Wrong
from conformance.commands.reading import add_report_dir, read
from conformance.commands.sheets import add_outputs, put_out

__all__ = ["add", "run"]


def add(commands: Subparsers) -> None:
    """Describe the command."""
    words = "say what changed between two reports, what got worse first"
    parser = commands.add_parser(
        "diff",
        help=words,
        description=f"{words.capitalize()}.",
        epilog="Exit code: 1 if a row falls short that did not, or what was known is not known now; 0 if not; 2 for "
        "reports that cannot be used.",
    )
    parser.set_defaults(run=run)
    for name in ("old", "new"):
        parser.add_argument(name, metavar=name.upper(), help="a report.json, its directory, or a target's name")
    add_outputs(parser)
    add_report_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Say what changed; 1 if anything got worse."""
    from conformance.report.diff import as_json, diff  # noqa: PLC0415  --help needs no report
    from conformance.report.escape import plain  # noqa: PLC0415  as above
    from conformance.report.sheets import difference as sheets  # noqa: PLC0415  as above

    old, new = (read(name, options.report_dir) for name in (options.old, options.new))
    difference = diff(old, new)
    if not difference.rows and old.report["results"] and new.report["results"]:
        raise Wrong(
            f"{old.path} ({old.name}) and {new.path} ({new.name}) have no row in common; "
            "report --compare sets two targets side by side"
        )
    brief = None if difference.changes else plain(sheets.unchanged(difference))
    put_out(options, sheets.sheet(difference), as_json(difference), brief=brief)
    return 1 if difference.worse else 0
