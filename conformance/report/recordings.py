"""The recordings a report names, where they are at hand: a report is made without them as well."""

from __future__ import annotations

from pathlib import Path

from conformance.record.cassette import Cassette
from conformance.report.cells import Case
from conformance.trouble import SuiteFault
from conformance.wire.exchange import Exchange

__all__ = ["Recordings"]


class Recordings:
    """A directory of cassettes, or none."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self.found = False
        """Whether any recording was at hand."""

    def of(self, case: Case) -> tuple[Exchange, ...]:
        """The exchanges a case rests on; none where its cassette is not at hand, or not readable.

        A report may come from anywhere, so the path in it is not followed out of the directory.
        """
        if self._directory is None or not case["cassette"]:
            return ()
        try:
            path = (self._directory / case["cassette"]).resolve()
            if not path.is_relative_to(self._directory.resolve()):
                return ()
            exchanges = Cassette.load(path).exchanges
        except (SuiteFault, OSError, ValueError):
            return ()
        self.found = True
        return exchanges
