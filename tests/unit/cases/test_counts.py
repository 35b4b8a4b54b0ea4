"""What a size says: three zones, whichever way a service counts what it has cached."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.baseline import how_cached, zone_of
from conformance.cases.counts import Cached, Growth, Zone
from conformance.protocol.reply import Reply
from unit.cases.scripted import Scripted, message, scripted


def reply(size: int | None, cached: int | None = None) -> Reply:
    """A reply to a prompt of this size, of which so much came from a cache."""
    usage = {} if cached is None else {"cache_read_input_tokens": cached}
    api = scripted(lambda _: message(tokens=size, usage=usage))
    return api.ask("arm", messages=[{"role": "user", "content": "Hi"}], max_tokens=1)


def growth(before: int | None, after: int | None, plain: int | None, **more: Any) -> Growth:
    """Three arms of these sizes."""
    first = reply(before)
    return Growth((first,), (reply(after),), (first,), (reply(plain),), **more)


@pytest.mark.parametrize(
    ("sizes", "zone"),
    [
        ((20, 150, 150), Zone.EXPECTED),
        ((20, 130, 150), Zone.EXPECTED),
        ((20, 20, 150), Zone.NOTHING),
        ((20, 32, 150), Zone.NOTHING),
        ((20, 80, 150), Zone.BETWEEN),
        ((20, 5, 150), Zone.BETWEEN),
        ((20, 900, 150), Zone.BETWEEN),
        ((20, 150, 20), Zone.UNKNOWN),
        ((150, 150, 20), Zone.UNKNOWN),
        ((None, 150, 150), Zone.UNKNOWN),
        ((20, 150, None), Zone.UNKNOWN),
    ],
)
def test_there_are_three_zones_and_no_signal(sizes: tuple[int | None, int | None, int | None], zone: Zone) -> None:
    assert growth(*sizes).zone(Cached.BESIDE) is zone


def test_a_count_that_goes_no_further_is_no_signal() -> None:
    """Of a service that counts up to 1000 at the most: the prompt is as large with the words, and in plain sight."""
    most, short = reply(1000), reply(29)
    assert Growth((most,), (most,), (short,), (reply(1000),)).zone(Cached.BESIDE) is Zone.UNKNOWN
    assert Growth((most,), (most,), (short,), (reply(1100),)).zone(Cached.BESIDE) is Zone.NOTHING


def test_the_least_of_several_sizes_counts() -> None:
    once = growth(80, 150, 150)
    assert once.zone(Cached.BESIDE) is Zone.EXPECTED
    assert once.with_more(growth(20, 30, 150)).zone(Cached.BESIDE) is Zone.NOTHING
    assert once.with_more(growth(20, 30, 150)).noise() == 120


@pytest.mark.parametrize(("inside", "found"), [(True, Cached.INSIDE), (False, Cached.BESIDE)])
def test_how_a_cache_is_counted_is_found_out_by_asking_twice(inside: bool, found: Cached) -> None:
    asked: list[int] = []

    def script(_: Any) -> Any:
        asked.append(0)
        cached = 1990 if len(asked) > 1 else 0
        return message(tokens=2000 if inside else 2000 - cached, usage={"cache_read_input_tokens": cached})

    assert how_cached(scripted(script)) is found


def test_where_no_cache_shows_nothing_is_known() -> None:
    assert how_cached(scripted(lambda _: message(tokens=2000))) is None


def test_a_service_whose_sizes_are_clear_is_asked_nothing() -> None:
    service = Scripted(lambda _: message())
    assert zone_of(scripted(service), growth(20, 150, 150)) is Zone.EXPECTED
    assert service.asked == []


def test_an_unclear_size_is_weighed_as_the_service_counts() -> None:
    # The same prompt three times: the second and third from the cache, which stands inside input_tokens.
    cold, warm = reply(300, 0), reply(300, 280)
    unclear = Growth((cold,), (warm,), (cold,), (reply(600, 0),))
    inside = scripted(lambda _: message(tokens=2000, usage={"cache_read_input_tokens": 1990}))
    assert unclear.zone(Cached.BESIDE) is Zone.EXPECTED
    assert zone_of(inside, unclear) is Zone.NOTHING
    assert zone_of(scripted(lambda _: message()), unclear) is Zone.UNKNOWN
