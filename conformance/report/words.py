"""What the report calls things: one word, one mark and one sentence for each, in every output."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.values import GROUPS, Behaviour, Source, Status, Verdict

__all__ = ["BEHAVIOURS", "GROUP_ORDER", "GROUP_TITLES", "SOURCES", "STATUSES", "UNDOCUMENTED", "VERDICTS", "Word"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the report: how it is written, how it is marked, what it means."""

    word: str
    means: str
    mark: str = ""


STATUSES: dict[str, Word] = {
    Status.SUPPORTED: Word("supported", "the documentation says that it works"),
    Status.PARTIAL: Word("partial", "the documentation supports some of it; the verdict is that of its parts"),
    Status.IGNORED: Word("ignored", "the documentation says that it is taken and has no effect"),
    Status.UNSUPPORTED: Word("unsupported", "the documentation says that it does not work"),
    Status.UNDOCUMENTED: Word("undocumented", "the documentation says nothing; observed, and never judged"),
}

BEHAVIOURS: dict[str, Word] = {
    Behaviour.HONOURED: Word("honoured", "it did what it is for"),
    Behaviour.ACCEPTED: Word("accepted", "it was taken, and by its nature no effect could be seen"),
    Behaviour.IGNORED: Word("ignored", "it was taken, and the effect it should have had did not come"),
    Behaviour.REJECTED: Word("rejected", "the service refused it with an error about it"),
    Behaviour.INCONCLUSIVE: Word("inconclusive", "the experiment could not tell"),
}

VERDICTS: dict[str, Word] = {
    Verdict.CONFORMS: Word("conforms", "what was seen is what is documented", "✓"),
    Verdict.EXCEEDS: Word("exceeds", "the service does more than is documented", "+"),
    Verdict.FALLS_SHORT: Word("falls short", "the service does less than is documented, or does it silently", "✗"),
    Verdict.INCONCLUSIVE: Word("inconclusive", "the evidence does not decide; this is not a pass", "?"),
    Verdict.NOT_RUN: Word("not run", "there is no evidence yet; this is not a pass", "○"),
    Verdict.NOT_APPLICABLE: Word("n/a", "this target cannot have it; counted apart", "-"),
}

UNDOCUMENTED = Word("undocumented", "nothing is documented, so there is no verdict, only what was seen", "·")
"""How a row without a verdict is counted and marked."""

SOURCES: dict[str, Word] = {
    Source.LIVE: Word("the live service", "the provider's own service answered"),
    Source.LOCAL: Word("a service on a local machine", "a server on a loopback address answered"),
    Source.SIMULATOR: Word("the simulator", "the suite's own simulator answered; it says nothing of a real service"),
}

GROUP_TITLES: dict[str, str] = {
    "parameters": "Parameters",
    "messages": "Message fields",
    "tools": "Tools",
    "models": "Models",
    "headers": "Headers",
    "stream": "Streaming",
    "errors": "Errors",
    "examples": "Examples",
    "limits": "Limits",
}

GROUP_ORDER = ("parameters", "messages", "tools", *(g for g in GROUPS if g not in {"parameters", "messages", "tools"}))
"""The provider's own two tables first, then the rest in the order of a matrix."""
