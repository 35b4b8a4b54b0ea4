"""One row, case or claim of a report in words: what is documented, what was seen, how it was judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.plain_text import plain
from conformance.report.language import MARKS, SOURCE_ORDER, quoted, say
from conformance.report.model import Report, ReportedClaim, Row
from conformance.values import Behaviour, Source, Status, Verdict

__all__ = [
    "DECIDED",
    "OPEN",
    "claimed",
    "differs",
    "documented",
    "documented_phrase",
    "group_title",
    "known",
    "mark",
    "reason_key",
    "reason_words",
    "recorded",
    "seen",
    "seen_key",
    "slug",
    "status_words",
    "those",
    "verdict_key",
    "verdict_word",
    "weakest",
]

DECIDED = (
    Behaviour.HONOURED,
    Behaviour.ACCEPTED,
    Behaviour.INCONSISTENT,
    Behaviour.IGNORED,
    Behaviour.REJECTED,
)
"""What is seen where an experiment could tell."""

OPEN = (Verdict.INCONCLUSIVE, Verdict.NOT_RUN)
"""The verdicts that decide nothing, and are no pass."""


def slug(model: str, feature: str) -> str:
    """The anchor of a cell, ``MODEL--FEATURE``; an anchor may hold anything but spaces."""
    return f"{plain(model)}--{plain(feature)}".replace(" ", "-")


# --- what is documented


def status_words(statuses: Iterable[Status]) -> str:
    """Statuses in words: both where the documentation contradicts itself."""
    return say("text.and").join(dict.fromkeys(say(f"status.{status}") for status in statuses))


def claimed(claim: ReportedClaim) -> str:
    """What a claim says, in a word, or in two where it contradicts itself."""
    return status_words(claim.statuses)


def documented(report: Report, row: Row) -> str:
    """What is documented of a row; a report without its claims still has their status."""
    claim = report.claim_of(row.feature, row.model)
    return claimed(claim) if claim else status_words([row.documented])


def documented_phrase(words: str) -> str:
    """What is documented, as it stands in a sentence."""
    nothing = say("verdict.undocumented")
    return nothing if words in ("", nothing) else say("text.documented", words=words)


# --- what was seen, and how it was judged


def seen_key(observed: Behaviour | None, verdict: Verdict | None) -> str:
    """The key of the word for what was observed; for the verdict where nothing was."""
    if observed is not None:
        return f"behaviour.{observed}"
    if verdict in (Verdict.NOT_RUN, Verdict.NOT_APPLICABLE):
        return f"verdict.{verdict}"
    return "seen.not_seen" if verdict is None else "seen.see_parts"


def known(row: Row) -> Behaviour | None:
    """What was observed, where all of a row's cases were run: part of it is nothing to move or to advise by."""
    return None if row.verdict is Verdict.NOT_RUN else row.observed


def seen(observed: Behaviour | None, verdict: Verdict | None) -> str:
    """What was observed, in a word; the verdict where nothing was."""
    return say(seen_key(observed, verdict))


def verdict_key(verdict: Verdict | None) -> str:
    """The key of the word for a verdict; *undocumented* where there is none."""
    return f"verdict.{verdict or Status.UNDOCUMENTED}"


def verdict_word(verdict: Verdict | None) -> str:
    """A verdict in words."""
    return say(verdict_key(verdict))


def mark(verdict: Verdict | None) -> str:
    """A verdict as one character."""
    return MARKS[verdict or Status.UNDOCUMENTED]


def differs(row: Row) -> bool:
    """Whether what was seen is less, or more, than what is documented."""
    return row.verdict in (Verdict.FALLS_SHORT, Verdict.EXCEEDS)


_REASONS = ("reason.not_recorded", "reason.not_selected", "reason.stale", "reason.expensive", "reason.interrupted")
"""The reasons that the suite itself gives, word for word."""


def reason_key(reason: str) -> str:
    """The key of a reason of the suite's own; empty for one that quotes a service, a model or a case."""
    return next((key for key in _REASONS if say(key, "en") == reason), "")


def reason_words(reason: str) -> str:
    """A reason: the suite's own in the language that is spoken, another one as it was given."""
    key = reason_key(reason)
    return say(key) if key else quoted(reason)


# --- several at once


def those(models: Sequence[str], every: Sequence[str]) -> str:
    """Models in words: all of them, or their names."""
    if len(models) == len(every) > 1:
        return say("models.both") if len(every) == 2 else say("models.all", count=len(every))
    return say("text.list").join(map(plain, models))


def recorded(times: Sequence[str]) -> str:
    """When evidence was recorded: first to last."""
    if not times:
        return say("head.never")
    first, last = times[0], times[-1]
    return first if first == last else say("head.until", first=first, last=last)


def group_title(group: str) -> str:
    """The title of a group of features."""
    return say(f"group.{group}")


def weakest(sources: Iterable[Source | None]) -> Source | None:
    """The source that what rests on all of these is called by; None where there is no evidence at all."""
    return max((source for source in sources if source is not None), key=SOURCE_ORDER.index, default=None)
