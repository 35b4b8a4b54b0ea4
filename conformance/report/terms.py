"""A row of a report in words, from its report.json alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.report.assemble import claim_of
from conformance.report.words import BEHAVIOURS, STATUSES, UNDOCUMENTED, VERDICTS
from conformance.values import Json, Verdict

__all__ = ["claim_words", "documented_phrase", "documented_words", "many", "seen_words", "those"]


def claim_words(claim: Mapping[str, Json]) -> str:
    """What a claim says in a word, or in two where it contradicts itself."""
    statements = claim.get("statements", ()) if claim.get("contradictory") else ()
    statuses = [statement["status"] for statement in statements] or [claim["status"]]
    return " and ".join(dict.fromkeys(STATUSES[status].word for status in statuses))


def documented_words(claims: Sequence[Mapping[str, Json]], row: Mapping[str, Json]) -> str:
    """What is documented of a row; a report without its claims still has their status."""
    return claim_words(claim_of(claims, row["feature"], row["model"]) or {"status": row["documented"]})


def documented_phrase(words: str) -> str:
    """What is documented, as it stands in a sentence."""
    return UNDOCUMENTED.word if words in ("", UNDOCUMENTED.word) else f"documented {words}"


def seen_words(observed: str | None, verdict: str | None) -> str:
    """What was seen in a word; the verdict where nothing was."""
    if observed is not None:
        return BEHAVIOURS[observed].word
    if verdict in (Verdict.NOT_RUN, Verdict.NOT_APPLICABLE):
        return VERDICTS[verdict].word
    return "not seen"


def many(count: int, word: str) -> str:
    """A number of things."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def those(models: Sequence[str], every: Sequence[str]) -> str:
    """Models in words: all of them, or their names."""
    if len(models) == len(every) > 1:
        return "both models" if len(every) == 2 else f"all {len(every)} models"
    return ", ".join(models)
