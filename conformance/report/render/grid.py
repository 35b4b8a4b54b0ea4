"""The grid as the page shows it: its views, and what it can be filtered by."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from conformance.report.analysis.grid import Feature
from conformance.report.analysis.overview import Overview
from conformance.report.analysis.vocabulary import OPEN, differs, seen_key
from conformance.report.model import Row
from conformance.values import Behaviour, Source

__all__ = ["PageGrid"]

_LARGE = 3000
"""Cells that a browser lays out at once without being noticed."""

_Options = list[tuple[str, str]]
"""What can be chosen: values and words."""


class PageGrid:
    """What the page needs to know of the grid besides its cells."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview
        self._rows = overview.report.results

    @property
    def is_large(self) -> bool:
        """Whether a browser had better lay out only what is in sight."""
        return len(self._rows) > _LARGE

    @cached_property
    def views(self) -> dict[str, int]:
        """How many features each view of the grid has."""
        features = self._overview.features
        undecided = sum(any(row.verdict in OPEN for row in feature.rows.values()) for feature in features)
        return {"differs": sum(map(self.differs, features)), "open": undecided, "all": len(features)}

    @property
    def first_view(self) -> str:
        """What differs; everything where nothing does."""
        return "differs" if self.views["differs"] else "all"

    @staticmethod
    def differs(feature: Feature) -> bool:
        """Whether any model does less, or more, than is documented."""
        return any(map(differs, feature.rows.values()))

    @staticmethod
    def is_simulated(row: Row) -> bool:
        """Whether any evidence of a cell is simulated."""
        return any(case.source is Source.SIMULATOR for case in row.cases)

    def verdicts(self, t: Callable[[str], str]) -> _Options:
        """The verdicts there are."""
        return [(name, t(f"verdict.{name}")) for name, count in self._overview.tally.items() if count]

    def behaviours(self, t: Callable[[str], str]) -> _Options:
        """What was seen anywhere."""
        seen = {seen_key(row.observed, row.verdict) for row in self._rows}
        known = [*(f"behaviour.{behaviour}" for behaviour in Behaviour), "seen.see_parts", "seen.not_seen"]
        return [(key, t(key)) for key in known if key in seen]

    def groups(self, t: Callable[[str], str]) -> _Options:
        """The groups there are."""
        return [(group.name, t(f"group.{group.name}")) for group in self._overview.groups]

    def models(self) -> _Options:
        """The models, by their place among the columns."""
        return [(str(index), model) for index, model in enumerate(self._overview.models)]
