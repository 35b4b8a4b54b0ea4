"""``watch``: a proxy in front of any service, which says live what client and service do."""

from __future__ import annotations

import argparse
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import Subparsers, Wrong

if TYPE_CHECKING:
    from conformance.watch import PassedOn

__all__ = ["add", "run"]


def add(commands: Subparsers) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "watch",
        help="a proxy in front of any service: what does a client send, and what is wrong with the answers?",
        description="Point the client at the address that is printed. Everything is passed on as it comes; every "
        "answer is inspected as those of the suite's own requests are, and the key is kept out of all that is written.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--upstream", required=True, metavar="URL", help="the service's base address")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8090, help="port to listen on (default: %(default)s)")
    parser.add_argument("--cassettes", type=Path, metavar="DIR", help="write each exchange there, as a cassette")


def run(options: argparse.Namespace) -> int:
    """Pass on until interrupted; the exit code is 1 if anything departed from what is documented.

    Raises:
        Wrong: the port is taken, or the address is none.
    """
    from conformance.http.evidence import host_of, without_userinfo  # noqa: PLC0415  as all heavy imports of commands
    from conformance.matrix.address import sdk_tail  # noqa: PLC0415  as above
    from conformance.watch import Proxy, Serving  # noqa: PLC0415  as above

    if not host_of(options.upstream):
        raise Wrong(f"--upstream {options.upstream} is not an http or https address")
    if tail := sdk_tail(options.upstream):
        raise Wrong(f"--upstream {without_userinfo(options.upstream)}: leave out {tail}, which clients add themselves")
    notes = _Notes(options.cassettes, without_userinfo(options.upstream))
    try:
        serving = Serving(Proxy(options.upstream, notes.note), options.host, options.port)
    except (OSError, OverflowError) as error:
        raise Wrong(f"{options.host}:{options.port} cannot be listened on ({error}); --port takes another") from None
    print(f"{serving.address} -> {notes.upstream}", flush=True)
    with suppress(KeyboardInterrupt):
        serving.run()
    notes.conclude()
    return 1 if notes.findings else 0


class _Notes:
    """What was seen, on the terminal and on cassettes; of what is over only counts are kept."""

    def __init__(self, cassettes: Path | None, upstream: str) -> None:
        self.upstream = upstream
        self._cassettes = cassettes
        self._exchanges = 0
        self.findings: Counter[str] = Counter()

    def note(self, seen: PassedOn) -> None:
        """Say what one exchange was, and what is wrong with it."""
        from conformance.watch import departures_of, told  # noqa: PLC0415  as all heavy imports of commands

        self._exchanges += 1
        print(f"{datetime.now(UTC):%H:%M:%S} #{self._exchanges} {told(seen)}", flush=True)
        if seen.left_out:
            print(f"    not inspected: {seen.left_out}", flush=True)
            return
        for finding in departures_of(seen.exchange):
            self.findings[finding.feature] += 1
            print(f"    ! {finding}", flush=True)
        self._keep(seen)

    def _keep(self, seen: PassedOn) -> None:
        if self._cassettes is None:
            return
        from conformance import __version__  # noqa: PLC0415  as above
        from conformance.http.cassette import Cassette, Provenance  # noqa: PLC0415  as above
        from conformance.http.evidence import source_of  # noqa: PLC0415  as above
        from conformance.trouble import CassetteLeaks  # noqa: PLC0415  as above

        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        source = source_of([seen.exchange], self.upstream)
        path = self._cassettes / f"{self._exchanges:04}.yaml"
        provenance = Provenance(source, self.upstream, now, "a client of its own", __version__)
        try:
            Cassette(path, (seen.exchange,), provenance).save(refuse=seen.redactor.finds)
        except (OSError, CassetteLeaks) as error:
            print(f"    not written: {error}", flush=True)

    def conclude(self) -> None:
        """The end: how often what was seen."""
        total = sum(self.findings.values())
        print(f"{self._exchanges} exchanges, {total} findings", flush=True)
        for feature, count in self.findings.most_common():
            print(f"    {feature}: {count}", flush=True)
