"""Crossings: what is lost where something rarer stands beside it is named; what nobody can tell is not held against."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.crossings import it_is_read_where_a_call_is_forced, it_is_refused_in_company
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Observation
from unit.cases.scripted import Script, message, scripted, streamed, words_in

Body = dict[str, Any]


def call(name: str, tokens: int) -> Any:
    used = {"type": "tool_use", "id": "toolu_1", "name": "note_name", "input": {"name": name}}
    return message(content=[used], tokens=tokens, stop_reason="tool_use")


def noting(hears: Callable[[Body], Body], counts: Callable[[Body], Body], obeys: Callable[[str], bool]) -> Script:
    """It hears and counts so much of a request, and puts the name into a call where the model obeys such words."""

    def answer(body: Body) -> Any:
        heard = words_in({name: hears(body).get(name) for name in ("system", "messages")})
        found = re.search(r"office cat is (\w+)\.", heard)
        said = found[1] if found and obeys(words_in(hears(body).get("system"))) else "Tom"
        return call(said, len(words_in(counts(body))) // 4)

    return answer


def all_of_it(body: Body) -> Body:
    return body


def without_system(body: Body) -> Body:
    forced = body.get("tool_choice", {}).get("type") == "tool"
    return {name: value for name, value in body.items() if not (forced and name == "system")}


def seen(case: Callable[[Any], Observation], script: Script, **details: Any) -> tuple[str, str]:
    try:
        found = case(scripted(script, **details))
    except Inconclusive as why:
        return "undecided", str(why)
    except NotApplicable as why:
        return "not applicable", str(why)
    return found.behaviour.value, found.summary


@pytest.mark.parametrize(
    ("script", "behaviour", "words"),
    [
        (noting(all_of_it, all_of_it, lambda _: True), "honoured", "the codeword"),
        (noting(without_system, without_system, lambda _: True), "ignored", "only where a call is forced by its name"),
        # A model that heeds no system prompt, and one that cannot fill in a call at all, are no gateway that drops it.
        (noting(all_of_it, all_of_it, lambda system: "cat" not in system), "undecided", "is counted"),
        (noting(all_of_it, all_of_it, lambda _: False), "undecided", "from plain sight either"),
        (noting(all_of_it, lambda _: {}, lambda system: "cat" not in system), "undecided", "no call is forced either"),
    ],
    ids=["read", "lost", "counted and not heeded", "never filled in", "not counted and not heeded"],
)
def test_a_system_prompt_is_read_where_a_call_is_forced(script: Script, behaviour: str, words: str) -> None:
    found, summary = seen(it_is_read_where_a_call_is_forced, script)
    assert (found, words in summary) == (behaviour, True), summary


def ranged(checks: Callable[[Body], bool], refuses: Callable[[Body], bool] = lambda _: False) -> Script:
    """It refuses a temperature above 1 where it checks, and some requests whatever they hold."""

    def answer(body: Body) -> Any:
        if refuses(body) or (checks(body) and body.get("temperature", 0) > 1):
            return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
        if not body.get("stream"):
            return message()
        start = {"type": "message_start", "message": message(content=[])}
        end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
        return streamed(start, end, {"type": "message_stop"})

    return answer


@pytest.mark.parametrize(
    ("script", "behaviour", "words"),
    [
        (ranged(lambda _: True), "honoured", "refused in company"),
        (ranged(lambda body: not body.get("tools")), "ignored", "refused alone, and taken with stream, tools"),
        (ranged(lambda _: False), "not applicable", "taken alone as well"),
        # Two parameters that are not taken together, and a company that is not: both are left out.
        (ranged(lambda _: True, lambda body: {"temperature", "top_p"} <= set(body)), "honoured", "refused in company"),
        (ranged(lambda body: not body.get("tools"), lambda body: "metadata" in body), "ignored", "stream, tools"),
    ],
    ids=["checked", "not beside tools", "never", "not both", "no metadata"],
)
def test_a_range_is_a_range_in_company(script: Script, behaviour: str, words: str) -> None:
    found, summary = seen(it_is_refused_in_company, script, above=0, to=1)
    assert (found, words in summary) == (behaviour, True), json.dumps(summary)
