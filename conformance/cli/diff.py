"""``diff``: what changed between two reports."""

from __future__ import annotations

import argparse

from conformance.cli import Wrong
from conformance.cli.documents import add_outputs, put_out
from conformance.cli.program import Parser
from conformance.cli.reading import add_report_dir, language_of, read

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach(
        "old/report.json new/report.json",
        "old/report.json minimax --markdown changes.md",
        ending="Exit code: 1 if a row falls short that did not, or what was known is not known now; 0 if not; 2 for "
        "reports that cannot be used.",
    )
    for name in ("old", "new"):
        parser.add_argument(name, metavar=name.upper(), help="a report.json, its directory, or a target's name")
    add_outputs(parser)
    add_report_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Say what changed; 1 if anything got worse.

    Raises:
        Wrong: a report cannot be read.
    """
    from conformance.plain_text import plain  # noqa: PLC0415  as above
    from conformance.report.analysis.difference import diff  # noqa: PLC0415  --help needs no report
    from conformance.report.language import speaking  # noqa: PLC0415  as above
    from conformance.report.render.difference import difference, unchanged  # noqa: PLC0415  as above

    old, new = (read(name, options.report_dir) for name in (options.old, options.new))
    found = diff(old, new)
    if not found.rows and old.report.results and new.report.results:
        raise Wrong(
            f"{old.path} ({old.name}) and {new.path} ({new.name}) have no row in common; "
            "report --compare sets two targets side by side"
        )
    with speaking(language_of(options)):
        brief = None if found.changes else plain(unchanged(found))
    put_out(options, lambda: difference(diff(old, new)), found.data(), brief=brief)
    return 1 if found.worse else 0
