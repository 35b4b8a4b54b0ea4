"""``run``: ask a service, record it and judge the recordings, from any directory."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.cli.program import Parser

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.allow_abbrev = False
    parser.elsewhere = "those of pytest stand behind --"
    parser.teach(
        "--matrix minimax --endpoint https://api.example.com/anthropic --output results",
        "--matrix deepseek --feature top_k -- --max-cost 1 --resume",
        "--replay --output results",
        more="It is pytest that runs: every option of it may follow behind -- (pytest --matrix minimax --help lists "
        "them). Written are DIR/cassettes and DIR/reports, and nothing else.",
        ending="Exit code: that of pytest: 0 where nothing falls short, 1 where something does, 2 where the run was "
        "stopped before its end, 4 where it cannot be done as given. The key comes from the environment.",
    )
    parser.add_argument(
        "--matrix",
        default="minimax",
        metavar="NAME",
        help="a matrix that comes with the suite, or a file (default: %(default)s)",
    )
    parser.add_argument("--endpoint", "--url", metavar="URL", help="the address in front of /v1/messages")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="only this model; repeatable")
    parser.add_argument(
        "--feature", "--features", action="append", default=[], metavar="NAME", help="only this feature; repeatable"
    )
    parser.add_argument(
        "--output", type=Path, default=Path(), metavar="DIR", help="where everything is written (default: here)"
    )
    parser.add_argument("--replay", action="store_true", help="judge what DIR/cassettes holds, and ask nothing")
    parser.add_argument("others", nargs="*", metavar="OPTION", help="behind --, anything else for pytest")


def run(options: argparse.Namespace) -> int:
    """Run pytest on the matrix; its exit code."""
    import pytest  # noqa: PLC0415  --help needs none of it

    output: Path = options.output.absolute()
    words = [f"--matrix={options.matrix}", f"--cassettes={output / 'cassettes'}", f"--report-dir={output / 'reports'}"]
    words += [] if options.replay else ["--live"]
    words += [f"--endpoint={options.endpoint}"] if options.endpoint else []
    words += [f"--model={name}" for name in options.model] + [f"--feature={name}" for name in options.feature]
    quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # this package is imported already, which is no harm
    return int(pytest.main([*quiet, *words, *options.others]))
