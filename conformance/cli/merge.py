"""``merge``: join reports of one target, of a run's shards or of separate runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.cli.program import Parser
from conformance.cli.reading import add_page, add_report_dir, page_of, read, refusing

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach("shard-*/minimax --output reports/minimax", "minimax other/minimax --newer --output joined")
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
    from conformance.report.language import quoted, say, speaking  # noqa: PLC0415  as above
    from conformance.report.merge import merge  # noqa: PLC0415  as above

    page = page_of(options)
    loaded = [read(name, options.report_dir) for name in options.reports]
    with refusing():
        merged = merge(loaded, newer=options.newer)
        files.write(merged.report, options.output, **page)
    cases = merged.report.cases
    evident = sum(1 for case in cases if case.source)
    with speaking(page["lang"]):
        reports, joined = say("merge.reports", count=len(loaded)), say("merge.cases", count=len(cases))
        print(say("merge.joined", reports=reports, name=plain(loaded[0].name), cases=joined, evident=evident))
        if merged.repeated:
            print(say("merge.alike", cases=say("merge.cases", count=merged.repeated)))
        if merged.conflicts:
            print(say("merge.differ", cases=say("merge.cases", count=len(merged.conflicts))))
        for conflict in merged.conflicts:
            print(say("merge.conflict", case=plain(conflict.case), words=quoted(conflict.words)))
        print(say("run.report", path=line(options.output / "index.html")))
    return 0
