"""How old evidence is, and what of it is too old to rest on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from conformance.run.plan import Slug
from conformance.values import CaseResult

__all__ = ["age_of", "stale"]

_DAY = 86_400


def age_of(recorded_at: str, now: datetime) -> int:
    """Whole days since a recording was made; ISO 8601, UTC where it does not say."""
    made = datetime.fromisoformat(recorded_at)
    return int((now - made.replace(tzinfo=made.tzinfo or UTC)).total_seconds() // _DAY)


def stale(results: Mapping[Slug, CaseResult], max_age: int, now: datetime) -> dict[Slug, int]:
    """The age in days of every result whose recording is older than ``max_age`` days."""
    ages = {slug: age_of(result.recorded_at, now) for slug, result in results.items() if result.recorded_at}
    return {slug: age for slug, age in ages.items() if age > max_age}
