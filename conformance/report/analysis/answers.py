"""The answer to what was asked: one feature in a line, what is documented of it, what was seen, and how that stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.report.analysis.grid import Feature
from conformance.report.analysis.vocabulary import seen, verdict_word
from conformance.values import Verdict

__all__ = ["FeatureAnswer", "Found", "answers"]


@dataclass(frozen=True, slots=True)
class Found:
    """Models of which the same is documented, and that were seen to do the same."""

    documented: str
    seen: str
    verdict: str
    """In words; empty where it only repeats what was seen."""
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeatureAnswer:
    """What there is to say of a feature."""

    feature: str
    found: tuple[Found, ...]
    """The way that most models go first."""


def answers(features: Sequence[Feature]) -> tuple[FeatureAnswer, ...]:
    """The answer of each feature that has rows."""
    return tuple(FeatureAnswer(feature.name, tuple(_found(feature))) for feature in features if feature.rows)


def _found(feature: Feature) -> Iterator[Found]:
    ways: dict[tuple[str, str, str], list[str]] = {}
    for model, row in feature.rows.items():
        what = seen(row.observed, row.verdict)
        verdict = "" if row.verdict is None else verdict_word(row.verdict)
        if row.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE) and verdict == what:
            verdict = ""
        ways.setdefault((feature.documented_of(model), what, verdict), []).append(model)
    for (documented, what, verdict), models in sorted(ways.items(), key=lambda way: -len(way[1])):
        yield Found(documented, what, verdict, tuple(models))
