"""The recordings a report names, where they are at hand: a report is made without them as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.http.cassette import Cassette
from conformance.protocol.exchange import Exchange
from conformance.report.model import ReportedCase
from conformance.trouble import SuiteFault

__all__ = ["Recordings"]


class Recordings:
    """A directory of cassettes, or none."""

    def __init__(self, directory: Path | None = None, load: Callable[[Path], Cassette] | None = None) -> None:
        """Say where the recordings are.

        Args:
            load: reads a cassette by its path; who has read it before gives it out again. Else it is read here.
        """
        self._directory = directory
        self._load = load or Cassette.load
        self.found = False
        """Whether any recording was at hand."""

    def of(self, case: ReportedCase) -> tuple[Exchange, ...]:
        """The exchanges a case rests on; none where its cassette is not at hand, or not readable.

        A report may come from anywhere, so the path in it is not followed out of the directory.
        """
        if self._directory is None or not case.cassette:
            return ()
        try:
            path = self._directory / case.cassette
            if not path.resolve().is_relative_to(self._directory.resolve()):
                return ()
            exchanges = self._load(path).exchanges
        except (SuiteFault, OSError, ValueError):
            return ()
        self.found = True
        return exchanges
