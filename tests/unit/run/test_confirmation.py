"""Two takes that saw the same: whether they saw it of the same requests."""

from __future__ import annotations

import pytest

from conformance.run.confirmation import confirmed
from conformance.values import Arm, Behaviour, Observation, Status

TAKEN, REFUSED = "200, text, end_turn", "400: a number is wanted"


def take(*arms: tuple[str, str], signals: tuple[str, ...] = ("status",)) -> Observation:
    """A take that saw a bad value taken."""
    return Observation(Behaviour.IGNORED, "a bad value is taken", tuple(Arm(*arm) for arm in arms), signals)


@pytest.mark.parametrize(
    ("first", "second", "seen"),
    [
        ([("zero", TAKEN), ("minus one", REFUSED)], [("zero", TAKEN), ("minus one", REFUSED)], Behaviour.IGNORED),
        ([("zero", TAKEN), ("minus one", REFUSED)], [("zero", REFUSED), ("minus one", TAKEN)], Behaviour.INCONCLUSIVE),
        # A request that was asked again in one take went both ways there.
        (
            [("zero", TAKEN), ("plain", REFUSED), ("plain", TAKEN)],
            [("zero", TAKEN), ("plain", TAKEN)],
            Behaviour.IGNORED,
        ),
        # What one take did not come to is no difference.
        ([("zero", TAKEN)], [("zero", TAKEN), ("one more", REFUSED)], Behaviour.IGNORED),
    ],
    ids=["the same", "another request", "asked again", "one more"],
)
def test_statuses_decide_about_the_same_requests(
    first: list[tuple[str, str]], second: list[tuple[str, str]], seen: Behaviour
) -> None:
    found = confirmed([Status.SUPPORTED], [take(*first), take(*second)])
    assert found.observation.behaviour is seen
    assert found.takes == (Behaviour.IGNORED, Behaviour.IGNORED)


def test_where_more_than_statuses_decides_arms_are_not_compared() -> None:
    takes = [take(("treatment", answer), signals=("status", "text")) for answer in (TAKEN, REFUSED)]
    assert confirmed([Status.SUPPORTED], takes).observation.behaviour is Behaviour.IGNORED
