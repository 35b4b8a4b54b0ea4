"""What the commands on reports share: finding them, and saying what is wrong in one line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from conformance.cli import Wrong

if TYPE_CHECKING:
    from conformance.report.load import Loaded
    from conformance.report.recordings import Recordings

__all__ = ["Page", "add_language", "add_page", "add_report_dir", "language_of", "page_of", "read", "refusing"]


class Page(TypedDict):
    """How a report's page is made."""

    recordings: Recordings
    lang: str


def add_report_dir(parser: argparse.ArgumentParser) -> None:
    """The option that says where a target's name leads to."""
    parser.add_argument(
        "--report-dir",
        type=Path,
        default=Path("reports"),
        metavar="DIR",
        help="where a target's name is looked for (default: %(default)s/)",
    )


def add_page(parser: argparse.ArgumentParser) -> None:
    """The options that say how a report's page is made."""
    parser.add_argument(
        "--cassettes",
        type=Path,
        default=Path("cassettes"),
        metavar="DIR",
        help="where the recordings are that the page shows, if they are at hand (default: %(default)s/)",
    )
    add_language(parser)


def add_language(parser: argparse.ArgumentParser) -> None:
    """The option that says in which language to speak."""
    words = "the language of what is shown and written: en or zh (default: %(default)s)"
    parser.add_argument("--lang", "--language", default="en", metavar="LANG", help=words)


def language_of(options: argparse.Namespace) -> str:
    """The language that was asked for.

    Raises:
        Wrong: nobody speaks it here.
    """
    from conformance.report.language import read_language  # noqa: PLC0415  --help needs no report

    try:
        return read_language(options.lang)
    except ValueError as error:
        raise Wrong(f"--lang {error}") from None


def page_of(options: argparse.Namespace) -> Page:
    """How the page is to be made.

    Raises:
        Wrong: it does not speak the language.
    """
    from conformance.report.recordings import Recordings  # noqa: PLC0415  --help needs no report

    return Page(recordings=Recordings(options.cassettes), lang=language_of(options))


def read(name: str, report_dir: Path) -> Loaded:
    """The report of a target's name, or of a path.

    Raises:
        Wrong: there is none, or it is damaged.
    """
    from conformance.report.load import find, load  # noqa: PLC0415  --help needs no report

    with refusing():
        return load(find(name, report_dir))


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with a report, or with a file that is to be written, into a line for who called.

    Raises:
        Wrong: what stands in the block met a report or a file that is no good.
    """
    from conformance.report.load import ReportError  # noqa: PLC0415  as above

    try:
        yield
    except ReportError as error:
        raise Wrong(str(error)) from None
    except OSError as error:
        raise Wrong(f"{error.filename or 'a file'} cannot be written: {error.strerror or error}") from None
