"""What the report calls things: one word, one mark and one sentence for each, in every output."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.report.language import say
from conformance.values import GROUPS, Behaviour, Source, Status, Verdict

__all__ = ["BEHAVIOURS", "GROUP_ORDER", "GROUP_TITLES", "SOURCES", "STATUSES", "UNDOCUMENTED", "VERDICTS", "Word"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the report: how it is written, how it is marked, what it means."""

    word: str
    means: str
    mark: str = ""


def _word(key: str, mark: str = "") -> Word:
    return Word(say(key), say(f"{key}.means"), mark)


STATUSES: dict[str, Word] = {status.value: _word(f"status.{status}") for status in Status}

BEHAVIOURS: dict[str, Word] = {behaviour.value: _word(f"behaviour.{behaviour}") for behaviour in Behaviour}

_MARKS = {
    Verdict.CONFORMS: "✓",
    Verdict.EXCEEDS: "+",
    Verdict.FALLS_SHORT: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_RUN: "○",
    Verdict.NOT_APPLICABLE: "-",
}

VERDICTS: dict[str, Word] = {verdict.value: _word(f"verdict.{verdict}", mark) for verdict, mark in _MARKS.items()}

UNDOCUMENTED = _word("verdict.undocumented", "·")
"""How a row without a verdict is counted and marked."""

SOURCES: dict[str, Word] = {
    source.value: _word(f"source.{source}") for source in (Source.LIVE, Source.LOCAL, Source.SIMULATOR)
}

GROUP_TITLES: dict[str, str] = {group: say(f"group.{group}") for group in GROUPS}

GROUP_ORDER = ("parameters", "messages", "tools", *(g for g in GROUPS if g not in {"parameters", "messages", "tools"}))
"""The provider's own two tables first, then the rest in the order of a matrix."""
