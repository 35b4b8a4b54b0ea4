"""One cell of the report in words: what was seen, how it was judged, where it is found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from conformance.report.escape import plain
from conformance.report.language import say
from conformance.report.words import BEHAVIOURS, STATUSES, UNDOCUMENTED, VERDICTS
from conformance.values import Json, Verdict

__all__ = [
    "Case",
    "Result",
    "case_name",
    "differs",
    "feature_of",
    "mark",
    "seen_in_case",
    "seen_key",
    "seen_word",
    "slug",
    "status_word",
    "verdict_key",
    "verdict_word",
]

Result: TypeAlias = Mapping[str, Json]
"""A row of the report: a feature with a model."""

Case: TypeAlias = Mapping[str, Json]
"""A case of a row."""


def slug(model: str, feature: str) -> str:
    """The anchor of a cell, ``MODEL--FEATURE``; an anchor may hold anything but spaces."""
    return f"{plain(model)}--{plain(feature)}".replace(" ", "-")


def case_name(id_: str) -> str:
    """The last part of a node id."""
    return id_.rpartition("::")[2]


def seen_key(result: Result) -> str:
    """The key of the word for what was observed of a cell; for its verdict where nothing was."""
    if observed := result["observed"]:
        return f"behaviour.{observed}"
    if result["verdict"] in (Verdict.NOT_RUN, Verdict.NOT_APPLICABLE):
        return f"verdict.{result['verdict']}"
    return "seen.not_seen" if result["verdict"] is None else "seen.see_parts"


def seen_word(result: Result) -> str:
    """What was observed of a cell, in a word; its verdict where nothing was."""
    return say(seen_key(result))


def verdict_word(result: Result) -> str:
    """A cell's verdict in words; *undocumented* where there is none."""
    verdict = result["verdict"]
    return UNDOCUMENTED.word if verdict is None else VERDICTS[verdict].word


def verdict_key(result: Result) -> str:
    """The key of the word for a cell's verdict."""
    return f"verdict.{result['verdict'] or 'undocumented'}"


def mark(result: Result) -> str:
    """A cell's verdict as one character."""
    verdict = result["verdict"]
    return UNDOCUMENTED.mark if verdict is None else VERDICTS[verdict].mark


def differs(result: Result) -> bool:
    """Whether what was seen is less, or more, than what is documented."""
    return result["verdict"] in (Verdict.FALLS_SHORT, Verdict.EXCEEDS)


def seen_in_case(case: Case) -> str:
    """What was observed in a case, in a word."""
    return BEHAVIOURS[case["behaviour"]].word if case["behaviour"] else "nothing"


def feature_of(id_: str) -> str:
    """The feature a node id names."""
    return id_.rpartition("::")[0].rpartition("::")[2]


def status_word(status: str) -> str:
    """What is documented, in a word."""
    return STATUSES[status].word
