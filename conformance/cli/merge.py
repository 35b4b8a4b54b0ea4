"""``merge``: join reports of one target, of a run's shards or of separate runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.cli import Subparsers
from conformance.cli.reading import add_page, add_report_dir, page_of, read, refusing

__all__ = ["add", "run"]


def add(commands: Subparsers) -> None:
    """Describe the command."""
    words = "join reports of one target, of a run's shards or of separate runs, into one"
    parser = commands.add_parser("merge", help=words, description=f"{words.capitalize()}.")
    parser.set_defaults(run=run)
    parser.add_argument("reports", nargs="+", metavar="REPORT", help="a report.json, its directory, or a target's name")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the joined report is written")
    parser.add_argument(
        "--newer",
        action="store_true",
        help="where two runs of a case had different results, take the later recording (else that is refused)",
    )
    add_report_dir(parser)
    add_page(parser)


def run(options: argparse.Namespace) -> int:
    """Join, write, and say what was chosen."""
    from conformance.plain_text import line, plain  # noqa: PLC0415  as above
    from conformance.report import files  # noqa: PLC0415  --help needs no report
    from conformance.report.merge import merge  # noqa: PLC0415  as above

    loaded = [read(name, options.report_dir) for name in options.reports]
    with refusing():
        merged = merge(loaded, newer=options.newer)
        files.write(merged.report, options.output, **page_of(options))
    cases = merged.report.cases
    evident = sum(1 for case in cases if case.source)
    print(
        f"{_many(len(loaded), 'report')} of {plain(loaded[0].name)} joined: {_many(len(cases), 'case')}, "
        f"{evident} with evidence"
    )
    if merged.repeated:
        print(f"more than once, with the same result: {_many(merged.repeated, 'case')}, the later recording stands")
    if merged.conflicts:
        print(f"more than once, with different results: {_many(len(merged.conflicts), 'case')}, the later one stands")
    for conflict in merged.conflicts:
        print(f"  {plain(conflict.case)}: {conflict.words}")
    print(f"report: {line(options.output / 'index.html')}")
    return 0


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
