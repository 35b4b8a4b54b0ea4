"""The time that is left, by a clock that the test turns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from conformance.http.budget import Budget
from conformance.outcomes import Recorded
from conformance.run.plan import Planned
from conformance.run.progress import Tally


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def case(number: int) -> Planned:
    made: Any = SimpleNamespace(slug=("m", "f", str(number)), model="m")
    return cast("Planned", made)


def running(needs: int) -> tuple[Clock, Tally]:
    clock = Clock()
    tally = Tally(clock)
    tally.begin({("m", "f", str(number)): 2 for number in range(needs)}, Budget())
    return clock, tally


def ended(tally: Tally, *numbers: int) -> None:
    for number in numbers:
        tally.started(case(number))
        tally.ended(case(number), Recorded())


def test_nothing_is_said_before_anything_is_finished() -> None:
    clock, tally = running(10)
    clock.now = 30
    assert tally.seconds_left is None


def test_it_is_what_the_finished_cases_took() -> None:
    clock, tally = running(10)
    clock.now = 20
    ended(tally, 0, 1)
    assert tally.seconds_left == 80


def test_a_service_that_slows_down_or_stands_still_gets_no_hope() -> None:
    clock, tally = running(100)
    for number in range(50):
        clock.now += 1
        ended(tally, number)
    assert tally.seconds_left == 50
    clock.now += 300
    ended(tally, 50)
    assert (tally.seconds_left or 0) > 2000, "one case in the last minutes: at that speed it takes long"
    clock.now += 1000
    assert tally.seconds_left is None, "it stands still: nobody can tell"
