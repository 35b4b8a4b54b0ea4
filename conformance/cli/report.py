"""``report``: write the files of reports anew, or set targets side by side."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import Wrong
from conformance.cli.program import Parser
from conformance.cli.reading import add_page, add_report_dir, page_of, read, refusing

if TYPE_CHECKING:
    from conformance.report.render.document import Layout

__all__ = ["describe", "run"]

_COMPARISON = "comparison"


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach("minimax --lang zh", "--compare minimax llama-cpp litellm")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a target's name, a report.json or its directory; without one, every report there is",
    )
    parser.add_argument(
        "--compare",
        nargs="+",
        metavar="NAME",
        help=f"set these side by side instead, here and in DIR/{_COMPARISON}/: what breaks for who moves",
    )
    add_report_dir(parser)
    add_page(parser)


def run(options: argparse.Namespace) -> int:
    """Write what was asked for, and say where.

    Raises:
        Wrong: what is asked for contradicts itself, or a report cannot be read or written.
    """
    if options.compare is None:
        return _rewrite(options)
    if options.names:
        raise Wrong("name targets behind --compare or before it, not both")
    return _compare(options.compare, options.report_dir, page_of(options)["lang"])


def _rewrite(options: argparse.Namespace) -> int:
    from conformance.plain_text import line  # noqa: PLC0415  as above
    from conformance.report import files  # noqa: PLC0415  --help needs no report
    from conformance.report.language import say  # noqa: PLC0415  as above
    from conformance.report.load import REPORT, names  # noqa: PLC0415  as above

    page = page_of(options)
    wanted = options.names or names(options.report_dir)
    if not wanted:
        raise Wrong(f"{options.report_dir} has no report: run pytest first, or say where with --report-dir")
    every = [read(name, options.report_dir) for name in wanted]
    if strange := next((loaded.path for loaded in every if loaded.path.name != REPORT), None):
        raise Wrong(f"{strange} is not called {REPORT}: its files would be written over another report's")
    for loaded in every:
        with refusing():
            files.write(loaded.report, loaded.directory, **page)
        print(say("run.report", page["lang"], path=line(loaded.directory / "index.html")))
    return 0


def _compare(names: Sequence[str], report_dir: Path, lang: str) -> int:
    from conformance.plain_text import line  # noqa: PLC0415  as above
    from conformance.report.analysis.comparison import compare  # noqa: PLC0415  --help needs no report
    from conformance.report.escape import json_text  # noqa: PLC0415  as above
    from conformance.report.files import replace  # noqa: PLC0415  as above
    from conformance.report.language import LANGUAGES, say, speaking  # noqa: PLC0415  as above
    from conformance.report.load import REPORT  # noqa: PLC0415  as above
    from conformance.report.render import html, markdown, terminal  # noqa: PLC0415  as above
    from conformance.report.render.comparison import comparison  # noqa: PLC0415  as above

    reports = [read(name, report_dir) for name in names]
    paths = [loaded.path.resolve() for loaded in reports]
    if len(reports) < 2:
        raise Wrong(f"--compare {names[0]}: name at least two targets")
    if twice := next((loaded for loaded in reports if paths.count(loaded.path.resolve()) > 1), None):
        raise Wrong(f"--compare: {twice.path} is named twice")
    directory = report_dir / _COMPARISON
    if (directory / REPORT).exists():
        raise Wrong(f"{directory} is where a comparison is written, and a target of that name has its report there")
    compared = compare(reports)
    documents: dict[str, Layout] = {}
    for language in LANGUAGES:
        with speaking(language):  # what was seen is counted by its word, so it is counted anew
            documents[language] = comparison(compare(reports))
    document = documents[lang]
    others = {language: one for language, one in documents.items() if language != lang}
    with speaking(lang):
        made = {
            "report.md": markdown.document(document),
            "comparison.json": json_text(compared.data()),
            "index.html": html.document(document, others, lang=lang),
        }
        printed = terminal.document(document), say("run.comparison", path=line(directory / "index.html"))
    for name, words in made.items():
        with refusing():
            replace(directory / name, words)
    print(*printed, sep="\n")
    return 0
