"""``cassette``: a recording, or what differs between two, as a person reviews it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import Wrong
from conformance.cli.program import Parser
from conformance.plain_text import plain

if TYPE_CHECKING:
    from conformance.http.cassette import Cassette

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach(
        "show cassettes/minimax/MiniMax-M2.7/top_k/one_collapses_diversity.yaml",
        "diff old/one_collapses_diversity.yaml cassettes/minimax/MiniMax-M2.7/top_k/one_collapses_diversity.yaml",
        more="Each request once, what came back in a line each, without ids, signatures and times. Set as git's "
        "textconv (docs/record-again.md) it makes git diff and git show readable.",
        ending="Exit code of diff: 1 if requests differ or answers are of another kind, 0 if at most words and counts "
        "differ, 2 for a file that is no whole cassette.",
    )
    parser.add_argument("what", choices=("show", "diff"), help="one recording, or what differs between two")
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a cassette; for diff the old one, the new one"
    )
    parser.add_argument("--words", action="store_true", help="for diff: every line that differs, words and counts too")


def run(options: argparse.Namespace) -> int:
    """Print it.

    Raises:
        Wrong: there are too many files or too few, or one is no whole cassette.
    """
    from conformance.http.transcript import transcript  # noqa: PLC0415  --help needs none of it

    if options.what == "show":
        for path in options.files:
            print(*transcript(_read(path)), sep="\n")
        return 0
    if len(options.files) != 2:
        raise Wrong(f"diff takes two cassettes, the old one and the new one; here are {len(options.files)}")
    old, new = map(_read, options.files)
    return _diff(old, new, words=options.words)


def _diff(old: Cassette, new: Cassette, *, words: bool) -> int:
    from difflib import unified_diff  # noqa: PLC0415  as above

    from conformance.http.transcript import changes, transcript, transcript_of  # noqa: PLC0415  as above

    found = list(changes(old, new))
    before, now = transcript_of(old), transcript_of(new)
    come = len({asked.request for asked in now} - {asked.request for asked in before})
    gone = len({asked.request for asked in before} - {asked.request for asked in now})
    requests = f"{come} of them new, {gone} gone" if come or gone else "as before"
    print(f"{len(now)} requests, {requests}; {len(new.exchanges)} answers, {len(old.exchanges)} before")
    if words:
        was, is_ = list(transcript(old)), list(transcript(new))
        found_words = unified_diff(was, is_, plain(old.path), plain(new.path), n=1, lineterm="")
        print(*found_words, sep="\n")
    elif found:
        print(*found, sep="\n")
    elif before == now:
        print("nothing differs but ids, signatures, times, and how streams are cut")
    else:
        print("the answers are of the same kinds; their words differ (--words shows them)")
    return 1 if found else 0


def _read(path: Path) -> Cassette:
    from conformance.http.cassette import Cassette  # noqa: PLC0415  as above
    from conformance.trouble import CassetteDamaged, CassetteMissing  # noqa: PLC0415  as above

    try:
        return Cassette.load(path)
    except (CassetteDamaged, CassetteMissing) as error:
        raise Wrong(str(error)) from None
