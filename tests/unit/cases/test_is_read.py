"""``is_read``, the heart of many cases: what it makes of every kind of service."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cases.common import QUESTION, fact, is_read, is_read_whole, long_fact, text, user
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation
from unit.cases.scripted import Scripted, message, scripted, words_in

CODEWORD = "Zorbanix"
ASKED: dict[str, Json] = {"messages": [user(QUESTION)], "max_tokens": 64, "system": "Answer briefly."}
COUNTED: dict[str, Json] = {**ASKED, "system": [text(fact(CODEWORD))]}

Body = dict[str, Any]


def looked_for(
    script: Callable[[Body], Any], *, whole: bool = False, counted: dict[str, Json] | None = None
) -> tuple[Observation | str, int]:
    """What is found of a system prompt (a reason, where it is inconclusive), and how many requests that took."""
    words = (long_fact if whole else fact)(CODEWORD)
    service = Scripted(script)
    plainly = {**ASKED, "messages": [user(f"{words}\n\n{QUESTION}")]}
    carrying = {**ASKED, "system": words}
    api = scripted(service)
    try:
        if whole:
            return is_read_whole(api, "system", CODEWORD, without=ASKED, carrying=carrying, plainly=plainly), len(
                service.asked
            )
        return is_read(
            api, "system", CODEWORD, without=ASKED, carrying=carrying, plainly=plainly, counted=counted
        ), len(service.asked)
    except Inconclusive as reason:
        return str(reason), len(service.asked)


def behaviour(found: tuple[Observation | str, int]) -> str:
    """What was found, in a word."""
    return "inconclusive" if isinstance(found[0], str) else found[0].behaviour.value


def heard(body: Body, *, system: bool = True) -> str:
    """The words of a prompt, with its system prompt or without."""
    return words_in({name: body[name] for name in ("messages", *(["system"] if system else [])) if name in body})


def says(words: str) -> str:
    """What a model says that has read these words."""
    return next((word for word in (CODEWORD, "Quorvendil") if word in words), "I do not know.")


def service(
    *,
    reads: bool = True,
    counts: Callable[[str], int | None] = lambda words: len(words) // 4,
    counts_system: bool = True,
    speaks: bool = True,
) -> Callable[[Body], Any]:
    """A service that reads its system prompt or drops it, counts in some way, and has a model that speaks or not."""

    def script(body: Body) -> Any:
        read = heard(body, system=reads)
        return message(says(read) if speaks else "I do not know.", counts(heard(body, system=reads and counts_system)))

    return script


def test_a_codeword_that_comes_back_is_enough() -> None:
    found, requests = looked_for(service())
    assert isinstance(found, Observation)
    assert (found.behaviour, found.signals, requests) == (Behaviour.HONOURED, ("text",), 2)


@pytest.mark.parametrize(
    "counts", [len, lambda words: len(words) // 4, lambda words: len(words.split()), lambda words: 1000 + len(words)]
)
def test_a_silent_model_is_seen_reading_by_any_count(counts: Callable[[str], int]) -> None:
    found, requests = looked_for(service(counts=counts, speaks=False))
    assert isinstance(found, Observation)
    assert (found.behaviour, found.signals, requests) == (Behaviour.HONOURED, ("size",), 3)


@pytest.mark.parametrize("counts", [len, lambda words: len(words) // 4, lambda _: None, lambda _: 7])
def test_what_is_lost_is_found_by_the_words(counts: Callable[[str], int | None]) -> None:
    found, requests = looked_for(service(reads=False, counts=counts))
    assert isinstance(found, Observation)
    assert (found.behaviour, found.signals) == (Behaviour.IGNORED, ("text",))
    assert "none of 5" in found.summary
    assert requests == 1 + 5 + 5


def test_a_place_that_is_not_counted_is_not_blamed_by_the_count() -> None:
    found, _ = looked_for(service(counts_system=False, speaks=False))
    assert isinstance(found, str)
    assert "may not count this place" in found
    assert behaviour(looked_for(service(counts_system=False, speaks=False), counted=COUNTED)) == "inconclusive"


def test_a_place_that_is_counted_in_another_form_is_blamed_by_the_count() -> None:
    def script(body: Body) -> Any:
        lost = isinstance(body.get("system"), str)
        return message("I do not know.", len(heard(body, system=not lost)))

    found, _ = looked_for(script, counted=COUNTED)
    assert isinstance(found, Observation)
    assert (found.behaviour, found.signals) == (Behaviour.IGNORED, ("size",))


def test_what_is_counted_and_never_said_is_left_open() -> None:
    def script(body: Body) -> Any:
        return message(says(heard(body, system=False)), len(heard(body)))

    found, _ = looked_for(script)
    assert isinstance(found, str)
    assert "is counted" in found


def test_a_model_that_speaks_now_and_then_is_no_proof() -> None:
    turn = iter(range(100))

    def script(body: Body) -> Any:
        return message(says(heard(body, system=False)) if next(turn) % 2 == 0 else "Hm.", None)

    assert behaviour(looked_for(script)) == "inconclusive"


def test_a_second_wording_is_asked_before_anybody_is_blamed() -> None:
    def script(body: Body) -> Any:
        read = heard(body)
        return message(CODEWORD if CODEWORD in read and ("given" in read or "system" not in read) else "No.", None)

    def only_reworded(body: Body) -> Any:
        # From the system prompt the model answers the second wording only.
        plain = CODEWORD in heard(body, system=False)
        return message(CODEWORD if plain or ("given" in heard(body) and CODEWORD in heard(body)) else "No.", None)

    assert behaviour(looked_for(only_reworded)) == "honoured"
    assert behaviour(looked_for(script)) in ("honoured", "inconclusive")


def test_a_cache_that_is_counted_twice_does_not_make_a_lost_text_look_read() -> None:
    asked: set[str] = set()

    def script(body: Body) -> Any:
        read = heard(body, system=False)
        size = 300 + len(read) // 4
        cached = size if read in asked else 0
        asked.add(read)
        return message("I do not know.", size, usage={"cache_read_input_tokens": cached})

    assert behaviour(looked_for(script)) != "honoured"


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("speaks", [True, False])
def test_a_warm_cache_is_no_alarm(*, inside: bool, speaks: bool) -> None:
    def script(body: Body) -> Any:
        size = len(heard(body)) // 4
        cached = size // 2
        usage = {"cache_read_input_tokens": cached}
        return message(says(heard(body)) if speaks else "Hm.", size if inside else size - cached, usage=usage)

    assert behaviour(looked_for(script)) == "honoured"


@settings(max_examples=40)
@given(st.randoms(use_true_random=False), st.sampled_from([20, 60, 200]), st.booleans())
def test_a_vendors_prompt_of_any_length_is_no_alarm(chance: random.Random, most: int, speaks: bool) -> None:
    def script(body: Body) -> Any:
        words = heard(body)
        return message(says(words) if speaks else "Hm.", len(words) // 4 + chance.choice([0, most]))

    assert behaviour(looked_for(script)) in ("honoured", "inconclusive")


@settings(max_examples=40)
@given(st.integers(1, 400), st.integers(0, 3000), st.sampled_from([1, 10, 50]))
def test_a_healthy_silent_service_is_never_accused(per: int, overhead: int, rounding: int) -> None:
    """Whatever the unit (so many hundredths of it to a character), the vendor's prompt and the rounding."""

    def script(body: Body) -> Any:
        size = overhead + len(heard(body)) * per // 100
        return message("Hm.", size // rounding * rounding)

    assert behaviour(looked_for(script)) in ("honoured", "inconclusive")
    assert behaviour(looked_for(script, whole=True)) in ("honoured", "inconclusive")


@pytest.mark.parametrize(
    ("kept", "seen_as"), [(1.0, "honoured"), (0.92, "inconclusive"), (0.85, "ignored"), (0.5, "ignored")]
)
def test_a_long_text_is_read_whole_or_in_part(kept: float, seen_as: str) -> None:
    def script(body: Body) -> Any:
        system = words_in(body["system"])
        return message(
            "Hm.", (len(system[: int(kept * len(long_fact(CODEWORD)))]) + len(heard(body, system=False))) // 4
        )

    assert behaviour(looked_for(script, whole=True)) == seen_as


def test_a_refusal_of_the_treatment_is_a_rejection() -> None:
    def script(body: Body) -> Any:
        if CODEWORD in words_in(body.get("system")):
            return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "system: too long"}}
        return message()

    assert behaviour(looked_for(script)) == "rejected"
