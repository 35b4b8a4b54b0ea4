"""The rate limit and the budget of a run, on a clock of their own: no time goes by here."""

from __future__ import annotations

import random
from email.utils import formatdate
from threading import Event
from time import time

import pytest

from conformance.http.budget import Budget
from conformance.http.live import retry_after
from conformance.http.rate_limit import RateLimiter
from conformance.matrix import Price
from conformance.protocol.exchange import Exchange
from conformance.trouble import OutOfBudget


class Clock:
    """Time that goes by when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def sent(rate_limiter: RateLimiter, clock: Clock, seconds: float, *, late: float = 0.0) -> list[float]:
    """When requests go out in so many seconds, each by a thread that may be late."""
    chance, times, end = random.Random(0), list[float](), clock.now + seconds
    while clock.now < end:
        clock.now += rate_limiter.reserve() + chance.random() * late
        times.append(clock.now)
    return [at for at in times if at < end]


@pytest.mark.parametrize("rpm", [6, 50, 500, 6000])
@pytest.mark.parametrize("late", [0.0, 0.005])
def test_a_rate_is_kept_and_used(rpm: int, late: float) -> None:
    clock = Clock()
    asked = len(sent(RateLimiter(rpm, clock), clock, 600, late=late)) / 10
    assert 0.95 * rpm <= asked <= 1.05 * rpm


def test_a_rest_is_not_made_up_for_with_a_burst() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(60, clock)
    sent(rate_limiter, clock, 10)
    clock.now += 300
    assert len(sent(rate_limiter, clock, 60)) <= 62


def test_without_a_rate_nobody_waits() -> None:
    rate_limiter = RateLimiter(None, Clock())
    assert [rate_limiter.reserve() for _ in range(5)] == [0.0] * 5


def test_a_busy_service_is_asked_half_as_often_by_everybody_and_for_a_while() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(600, clock)
    sent(rate_limiter, clock, 30)
    for _ in range(8):  # all of them were on their way when the first was refused
        rate_limiter.slower(clock.now)
    assert rate_limiter.rpm == 300
    slower = len(sent(rate_limiter, clock, 2))
    assert 8 <= slower <= 14
    sent(rate_limiter, clock, 60)
    assert rate_limiter.rpm == 600


def test_a_service_that_stays_busy_is_asked_less_and_less_but_not_never() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(480, clock)
    for _ in range(40):
        clock.now += 2.5
        rate_limiter.slower(clock.now)
    assert 30 <= (rate_limiter.rpm or 0) <= 60


def test_a_rate_that_nobody_set_is_found_when_the_service_is_busy() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(None, clock)
    assert rate_limiter.rpm is None
    rate_limiter.slower(clock.now)
    assert rate_limiter.rpm is not None
    clock.now += 120
    assert rate_limiter.rpm is None


def test_a_service_that_asks_for_a_rest_gets_it_from_everybody() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(600, clock)
    rate_limiter.slower(clock.now, wait=20)
    assert rate_limiter.is_held
    assert rate_limiter.reserve() >= 20
    clock.now += 20
    assert not rate_limiter.is_held


def answer(**headers: str) -> Exchange:
    return Exchange(
        "POST", "/v1/messages", {}, b"{}", 429, {name.replace("_", "-"): v for name, v in headers.items()}, b""
    )


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), (" 1.5 ", 1.5), ("soon", None), ("inf", None), ("nan", None), ("", None)],
)
def test_a_retry_after_is_read(given: str, seconds: float | None) -> None:
    assert retry_after(answer(retry_after=given)) == seconds


def test_a_retry_after_may_be_a_date() -> None:
    assert retry_after(answer(retry_after=formatdate(time() + 3600, usegmt=True))) == pytest.approx(3600, abs=60)
    assert retry_after(answer(retry_after=formatdate(time() - 3600, usegmt=True))) == 0.0


# --- the budget

PRICE = {"m": Price(input=1.0, output=10.0, source="x")}
HALTED = Event()


def reply(*, output: int) -> Exchange:
    body = f'{{"type":"message","content":[],"usage":{{"input_tokens":100,"output_tokens":{output}}}}}'
    return Exchange("POST", "/v1/messages", {}, b"{}", 200, {}, body.encode())


def test_requests_are_counted_before_they_are_sent() -> None:
    budget = Budget(requests=2)
    for _ in range(2):
        budget.leave(budget.enter("m", b"{}", 16, HALTED), None)
    with pytest.raises(OutOfBudget, match="the budget of 2 requests is used up"):
        budget.enter("m", b"{}", 16, HALTED)
    assert budget.spent.requests == 2


def test_a_cost_is_never_passed_whatever_comes_back() -> None:
    budget = Budget(cost=0.05)
    budget.price(PRICE)
    while budget.room()[1] > (100 * 1.0 + 1000 * 10.0) / 1e6:
        # Every reply is as long as it may be.
        budget.leave(budget.enter("m", b"x" * 100, 1000, HALTED), reply(output=1000))
    with pytest.raises(OutOfBudget, match=r"the budget of \$0.05 is used up"):
        budget.enter("m", b"x" * 100, 1000, HALTED)
    assert 0.04 < (budget.spent.cost or 0) <= 0.05


def test_what_comes_in_cheaper_leaves_room_for_more() -> None:
    budget = Budget(cost=0.05)
    budget.price(PRICE)
    for _ in range(100):
        budget.leave(budget.enter("m", b"x" * 100, 1000, HALTED), reply(output=1))
    assert budget.spent.cost == pytest.approx(100 * (100 * 1.0 + 1 * 10.0) / 1e6)


def test_what_never_came_back_is_counted_at_its_worst() -> None:
    budget = Budget(cost=1.0)
    budget.price(PRICE)
    budget.leave(budget.enter("m", b"x" * 100, 1000, HALTED), None)
    budget.leave(budget.enter("m", b"x" * 100, 1000, HALTED), None, sent=False)
    assert budget.spent.cost == pytest.approx((100 * 1.0 + 1000 * 10.0) / 1e6)


def test_a_limit_that_makes_no_sense_is_reckoned_as_a_whole_window() -> None:
    budget = Budget(cost=1.0)
    budget.price(PRICE)
    with pytest.raises(OutOfBudget):
        budget.enter("m", b"{}", -1, HALTED)


def test_a_model_without_a_price_of_its_own_costs_as_much_as_the_dearest() -> None:
    budget = Budget(cost=1.0)
    budget.price(PRICE | {"cheap": Price(input=0.1, output=0.1, source="x")})
    budget.leave(budget.enter("unheard-of", b"{}", 16, HALTED), reply(output=10))
    assert budget.spent.cost == pytest.approx((100 * 1.0 + 10 * 10.0) / 1e6)
