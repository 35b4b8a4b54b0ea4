"""``all_are_read``: several places at once, to models that say all of it, some of it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance.cases.common import QUESTION, fact, text
from conformance.cases.several import Places, all_are_read, plainly
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation
from unit.cases.scripted import Scripted, message, scripted, words_in

Body = dict[str, Any]
CODEWORDS = {"the first block": "Ulverante", "the second block": "Quillomar", "the third block": "Derrowick"}
NAMED = re.compile(r"(?:named|cat is) (\w+)\.")


def asked(words: Mapping[str, str], question: str, **mark: Json) -> dict[str, Json]:
    blocks = [text(words.get(place, "Be brief.")) for place in CODEWORDS]
    return {**plainly("", question), "system": [*blocks[:-1], {**blocks[-1], **mark}]}


PLACES = Places(
    codewords=CODEWORDS,
    asked=asked,
    without={**plainly("", QUESTION), "system": "Be brief."},
    counted=lambda _, codeword: {**plainly("", QUESTION), "system": fact(codeword)},
    bare=plainly("", QUESTION),
)
MARKED = Places(
    codewords=CODEWORDS,
    asked=lambda words, question: asked(words, question, cache_control={"type": "ephemeral"}),
    without=PLACES.without,
    counted=PLACES.counted,
    plainer=PLACES,
)


def service(
    *, lost: Callable[[int, Json], bool] = lambda _at, _block: False, most: int = 9, counts: bool = True
) -> Callable[[Body], Any]:
    """A service that loses some blocks of system, whose model says at most so many of the names it has read."""

    def script(body: Body) -> Any:
        system = body.get("system", [])
        listed = system if isinstance(system, list) else []
        kept = [block for at, block in enumerate(listed) if not lost(at, block)] if listed else system
        words = words_in([kept, body["messages"]])
        names = NAMED.findall(words)
        return message(" ".join(names[:most]) or "I do not know.", len(words) // 4 if counts else 7)

    return script


def found(script: Callable[[Body], Any], places: Places = PLACES) -> tuple[Observation | str, int]:
    transport = Scripted(script)
    try:
        return all_are_read(scripted(transport), places), len(transport.asked)
    except Inconclusive as reason:
        return str(reason), len(transport.asked)


def behaviour(script: Callable[[Body], Any], places: Places = PLACES) -> str:
    seen, _ = found(script, places)
    return "inconclusive" if isinstance(seen, str) else seen.behaviour.value


def test_one_request_is_enough_where_every_name_comes_back() -> None:
    seen, requests = found(service())
    assert isinstance(seen, Observation)
    assert (seen.behaviour, seen.signals, requests) == (Behaviour.HONOURED, ("text",), 1)


def test_a_silent_model_is_seen_reading_by_the_count() -> None:
    seen, requests = found(service(most=0))
    assert isinstance(seen, Observation)
    assert (seen.behaviour, seen.signals, requests) == (Behaviour.HONOURED, ("size",), 4)


@pytest.mark.parametrize("counts", [True, False])
def test_a_model_that_gives_one_of_several_names_is_not_blamed(counts: bool) -> None:
    assert behaviour(service(most=1, counts=counts)) == "honoured"


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(("most", "counts"), [(9, True), (9, False), (1, True), (0, True)])
def test_a_block_that_is_lost_is_named(at: int, most: int, counts: bool) -> None:
    seen, _ = found(service(lost=lambda nth, _: nth == at, most=most, counts=counts))
    assert isinstance(seen, Observation)
    assert seen.behaviour is Behaviour.IGNORED
    assert seen.summary.startswith(f"{list(CODEWORDS)[at]} is not read")


def test_nothing_is_told_of_a_model_that_says_nothing_and_a_service_that_counts_nothing() -> None:
    assert behaviour(service(most=0, counts=False)) == "inconclusive"


def test_a_marked_block_that_is_lost_is_named_and_one_that_is_refused_is_tried_without() -> None:
    assert behaviour(service(lost=lambda _, block: "cache_control" in block), MARKED) == "ignored"

    def refusing(body: Body) -> Any:
        if "cache_control" in str(body):
            return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "no marks"}}
        return service()(body)

    assert behaviour(refusing, MARKED) == "honoured"


@pytest.mark.parametrize(
    ("refused", "expected"), [(list, "rejected"), ((list, str), "rejected"), ((list, str, type(None)), "inconclusive")]
)
def test_a_refusal_is_of_the_places_only_where_less_is_taken(refused: Any, expected: str) -> None:
    def script(body: Body) -> Any:
        if isinstance(body.get("system"), refused):
            return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
        return service()(body)

    assert behaviour(script) == expected
