"""What a tool returned: which call a result belongs to, and whether the call succeeded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from conformance.cases.common import (
    POSITIVE_CONTROL,
    ROOM,
    assistant,
    control,
    rejected,
    text,
    user,
)
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.tool_history import Way, some_history
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_LOOK_UP: Mapping[str, Json] = {
    "name": "get_code",
    "description": "Returns the code of an office.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
_CODES: Mapping[str, str] = {"Lisbon": "Marbolquin", "Oslo": "Tervandish"}
_IDS: Mapping[str, str] = {"Lisbon": "toolu_01ExactLisbon000000001", "Oslo": "toolu_01ExactOsloooo00000002"}

_ROUNDS = 5
"""How often an answer must be wrong before the service is blamed."""

_IN_PLAIN_SIGHT = 3
"""How often the same must be right where it stands in plain words."""


@experiment("messages.tool_result")
def each_of_two_results_is_its_calls(api: Endpoint) -> Observation:
    """Of two results in one turn each belongs to the call whose id it names. MUST: agents call in parallel.

    Honoured: asked what each of the two returned, the model says so. Ignored: of one of them it never does, and
    from plain words it always does. Rejected: two calls, or two results, are refused.
    """
    return _told_apart(api, ("Lisbon", "Oslo"))


@experiment("messages.tool_result.order")
def results_in_another_order_are_told_apart(api: Endpoint) -> Observation:
    """A result names the call it belongs to, so results may come in another order than their calls.

    Honoured: asked what each of two returned, the model says so, though the second comes first. Ignored: it takes
    one for the other, and from plain words it never does. Rejected: that order is refused.
    """
    return _told_apart(api, ("Oslo", "Lisbon"))


def _told_apart(api: Endpoint, order: Sequence[str]) -> Observation:
    way: Way = dict
    for city in _CODES:
        reply = api.ask(f"treatment, {city}", **way(_returned(order, city)))
        if not reply.ok:
            way = some_history(api)
            reply = api.ask(f"treatment, {city}", **way(_returned(order, city)))
        if not reply.ok:
            return rejected("two results of two calls", reply)
        if not _says_only(reply, city):
            return _confused(api, order, city, reply, way)
    return Observation(Behaviour.HONOURED, "each of the two results is told from the other", signals=("text",))


def _confused(api: Endpoint, order: Sequence[str], city: str, first: Reply, way: Way) -> Observation:
    """It is the service's doing only where the model is right every time the same is said beside the results."""
    plain = " ".join(f"The code of {each} is {code}." for each, code in _CODES.items())
    asked = way(_returned(order, city, before=f"{plain} ", said=dict.fromkeys(_CODES, "Done.")))
    if not all(_says_only(control(api, POSITIVE_CONTROL, **asked), city) for _ in range(_IN_PLAIN_SIGHT)):
        raise Inconclusive("the model does not tell the two codes apart in plain words either")
    if any(
        _says_only(control(api, f"treatment, {city}", **way(_returned(order, city))), city) for _ in range(_ROUNDS - 1)
    ):
        raise Inconclusive("the model tells the two results apart only now and then")
    words = f"{_ROUNDS} times the result of {city} was asked for, and never told: {first.text[:60]!r}"
    return Observation(Behaviour.IGNORED, words, signals=("text",))


def _question(city: str) -> str:
    return f"What is the code of {city}? Answer in one word."


def _says_only(reply: Reply, city: str) -> bool:
    heard = {each for each, code in _CODES.items() if code.casefold() in reply.text.casefold()}
    return heard == {city}


def _returned(
    order: Sequence[str], city: str, *, before: str = "", said: Mapping[str, str] = _CODES
) -> dict[str, Json]:
    """Two calls and their results in this order, and behind them the question, with something before it."""
    calls = [{"type": "tool_use", "id": _IDS[each], "name": "get_code", "input": {"city": each}} for each in _CODES]
    results = [{"type": "tool_result", "tool_use_id": _IDS[each], "content": said[each]} for each in order]
    return {
        "messages": [
            user("Look up the codes of the offices in Lisbon and in Oslo."),
            assistant(*calls),
            user(*results, text(f"{before}{_question(city)}")),
        ],
        "max_tokens": ROOM,
        "tools": [dict(_LOOK_UP)],
    }


_SUCCEEDED = "Did the call succeed? Answer with yes or no only."
_CONTENT = "The job 4711 was handed over to the printer in the hall."
_TWICE = 2


@experiment("messages.tool_result.is_error")
def a_failure_is_told_from_a_success(api: Endpoint) -> Observation:
    """``is_error`` says that a call failed, where its content does not say so itself.

    Honoured: the same content with is_error true and false gets another answer to "did it succeed?", or another
    size of the prompt. Ignored: neither, though the model says no where the content itself says that it failed.
    Rejected: the field is refused.
    """
    way: Way = dict
    fine = [api.ask("is_error false", **_done(is_error=False))]
    if not fine[0].ok:
        way, fine = some_history(api), []
    while len(fine) < _TWICE:
        fine.append(control(api, "is_error false", **way(_done(is_error=False))))
    failed = [api.ask("is_error true", **way(_done(is_error=True))) for _ in range(_TWICE)]
    for reply in failed:
        if not reply.ok:
            return rejected("is_error", reply)
    answers = [[_yes(reply) for reply in arm] for arm in (fine, failed)]
    if answers == [[True] * _TWICE, [False] * _TWICE]:
        words = "the answer is no where is_error is true, and yes where it is false"
        return Observation(Behaviour.HONOURED, words, signals=("text",))
    sizes = [{reply.size for reply in arm} for arm in (fine, failed)]
    if None not in sizes[0] | sizes[1] and all(len(counts) == 1 for counts in sizes) and sizes[0] != sizes[1]:
        words = f"the prompt has {sizes[0].pop()} tokens where is_error is false, and {sizes[1].pop()} where it is true"
        return Observation(Behaviour.HONOURED, words, signals=("size",))
    if False in answers[1] and False not in answers[0]:
        raise Inconclusive("the model says no now and then where is_error is true, and never where it is false")
    plain = [
        control(api, POSITIVE_CONTROL, **way(_done(f"Error: the call failed. {_CONTENT}")))
        for _ in range(_IN_PLAIN_SIGHT)
    ]
    if any(_yes(reply) is not False for reply in plain):
        raise Inconclusive("the model does not say no where the content itself says that the call failed")
    words = "is_error changes neither the answer nor the prompt's size; the word error in the content does"
    return Observation(Behaviour.IGNORED, words, signals=("text", "size") if None not in sizes[0] else ("text",))


def _yes(reply: Reply) -> bool | None:
    """What a reply says first, yes or no, but for where it repeats the question; None where it is neither."""
    said = re.sub(r"\byes or no\b", "", reply.text, flags=re.IGNORECASE)
    found = re.search(r"\b(yes|no)\b", said, re.IGNORECASE)
    return None if found is None else found[1].casefold() == "yes"


def _done(content: str = _CONTENT, *, is_error: bool = False) -> dict[str, Json]:
    call = {"type": "tool_use", "id": "toolu_01ExactPrinter00000003", "name": "get_code", "input": {"city": "Lisbon"}}
    result: dict[str, Json] = {"type": "tool_result", "tool_use_id": call["id"], "content": content}
    return {
        "messages": [
            user("Look up the code of the office in Lisbon."),
            assistant(call),
            user({**result, "is_error": is_error}, text(_SUCCEEDED)),
        ],
        "max_tokens": ROOM,
        "tools": [dict(_LOOK_UP)],
    }
