"""``watch``: a proxy in front of any service, which says live what client and service do."""

from __future__ import annotations

import argparse
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import Wrong
from conformance.cli.program import Parser

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from conformance.watch import PassedOn

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach(
        "--upstream https://api.example.com/anthropic",
        "--upstream http://127.0.0.1:8080 --cassettes seen --html seen.html",
        "--replay seen",
        more="Point the client at the address that is printed. Everything is passed on as it comes; every answer is "
        "inspected as those of the suite's own requests are, and the key is kept out of all that is written. "
        "With --replay the answers are those of an earlier watch, and nothing is sent anywhere.",
        ending="Exit code: 1 if anything departed from what is documented, or a replay had no answer.",
    )
    behind = parser.add_mutually_exclusive_group(required=True)
    behind.add_argument("--upstream", metavar="URL", help="the service's base address")
    behind.add_argument(
        "--replay", type=Path, metavar="DIR", help="answer from what --cassettes wrote there, in the place of a service"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8090, help="port to listen on (default: %(default)s)")
    parser.add_argument("--cassettes", type=Path, metavar="DIR", help="write each exchange there, as a cassette")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page of it at the end, for a bug report")


def run(options: argparse.Namespace) -> int:
    """Pass on, or answer from recordings, until interrupted; the exit code is 1 if anything was wrong.

    Raises:
        Wrong: the port is taken, the address is none, or there is nothing to answer from.
    """
    from conformance.watch import Serving  # noqa: PLC0415  as all heavy imports of commands

    behind = _replayed if options.replay else _upstream
    notes, application = behind(options)
    try:
        serving = Serving(application, options.host, options.port)
    except (OSError, OverflowError) as error:
        raise Wrong(f"{options.host}:{options.port} cannot be listened on ({error}); --port takes another") from None
    print(f"{serving.address} -> {notes.session.behind}", flush=True)
    with suppress(KeyboardInterrupt):
        serving.run()
    notes.conclude()
    return 1 if notes.session.findings or (options.replay and notes.session.left_out) else 0


def _upstream(options: argparse.Namespace) -> tuple[_Notes, ASGIApp]:
    """A proxy in front of a service.

    Raises:
        Wrong: the address is none.
    """
    from conformance.http.evidence import host_of, without_userinfo  # noqa: PLC0415  as above
    from conformance.matrix.address import sdk_tail  # noqa: PLC0415  as above
    from conformance.watch import Proxy  # noqa: PLC0415  as above

    if not host_of(options.upstream):
        raise Wrong(f"--upstream {options.upstream} is not an http or https address")
    if tail := sdk_tail(options.upstream):
        raise Wrong(f"--upstream {without_userinfo(options.upstream)}: leave out {tail}, which clients add themselves")
    notes = _Notes(without_userinfo(options.upstream), options)
    return notes, Proxy(options.upstream, notes.note)


def _replayed(options: argparse.Namespace) -> tuple[_Notes, ASGIApp]:
    """Recordings in the place of a service.

    Raises:
        Wrong: there is nothing to answer from.
    """
    from conformance.plain_text import line  # noqa: PLC0415  as above
    from conformance.trouble import SuiteFault  # noqa: PLC0415  as above
    from conformance.watch import Replay, recordings_in  # noqa: PLC0415  as above

    where = line(options.replay)
    if options.cassettes:
        raise Wrong("--cassettes: what --replay answers is recorded already; leave it out")
    try:
        recordings = recordings_in(options.replay)
    except SuiteFault as fault:
        raise Wrong(str(fault)) from None
    except OSError as error:
        raise Wrong(f"--replay {where} cannot be read ({error.strerror or error})") from None
    if not recordings:
        raise Wrong(f"--replay {where} has no recordings: `watch --upstream URL --cassettes DIR` writes them")
    notes = _Notes(f"{len(recordings)} recorded exchanges in {where}", options)
    return notes, Replay(recordings, notes.note)


class _Notes:
    """What was seen, on the terminal and on cassettes, and as a page at the end."""

    def __init__(self, behind: str, options: argparse.Namespace) -> None:
        from conformance.watch import Session  # noqa: PLC0415  as all heavy imports of commands

        self.session = Session(behind)
        self._cassettes: Path | None = options.cassettes
        self._page: Path | None = options.html

    def note(self, seen: PassedOn) -> None:
        """Say what one exchange was, and what is wrong with it."""
        noted = self.session.add(seen)
        print(f"{noted.at} #{noted.number} {noted.told}", flush=True)
        if noted.left_out:
            print(f"    not inspected: {noted.left_out}", flush=True)
            return
        for finding in noted.findings:
            print(f"    ! {finding}", flush=True)
        if self._cassettes is not None:
            self._keep(seen, self._cassettes / f"{noted.number:04}.yaml")

    def _keep(self, seen: PassedOn, path: Path) -> None:
        from conformance import __version__  # noqa: PLC0415  as above
        from conformance.http.cassette import Cassette, Provenance  # noqa: PLC0415  as above
        from conformance.http.evidence import source_of  # noqa: PLC0415  as above
        from conformance.trouble import CassetteLeaks  # noqa: PLC0415  as above

        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        endpoint = self.session.behind
        source = source_of([seen.exchange], endpoint)
        provenance = Provenance(source, endpoint, now, "a client of its own", __version__)
        try:
            Cassette(path, (seen.exchange,), provenance).save(refuse=seen.redactor.finds)
        except (OSError, CassetteLeaks) as error:
            print(f"    not written: {error}", flush=True)

    def conclude(self) -> None:
        """The end: how often what was seen.

        Raises:
            Wrong: the page cannot be written.
        """
        findings = self.session.findings
        print(f"{self.session.exchanges} exchanges, {findings.total()} findings", flush=True)
        for feature, count in findings.most_common():
            print(f"    {feature}: {count}", flush=True)
        if self._page is not None:
            from conformance.cli.reading import refusing  # noqa: PLC0415  as above
            from conformance.report.files import replace  # noqa: PLC0415  as above
            from conformance.report.language import LANGUAGES, speaking  # noqa: PLC0415  as above
            from conformance.report.render import html  # noqa: PLC0415  as above
            from conformance.report.render.watched import watched  # noqa: PLC0415  as above

            pages = {}
            for language in LANGUAGES:
                with speaking(language):
                    pages[language] = watched(self.session)
            with refusing():
                replace(self._page, html.document(pages.pop(LANGUAGES[0]), pages))
            print(f"page: {self._page}", flush=True)
