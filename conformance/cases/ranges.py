"""Ranges: is all of what is inside taken, and all of what is outside refused?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from conformance.cases.common import HELLO, control, crashed, is_crash, plain_hello, rejected
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation


@experiment("temperature.range")
def each_bound_is_enforced(api: Endpoint) -> Observation:
    """temperature has a range; a value outside it, or of another type, is an error.

    Honoured: the inside is taken and everything outside refused. Accepted: some of what is outside makes the
    service fail (a 5xx), which is no check. Ignored: something outside is taken.
    """
    return _range(api, "temperature")


@experiment("top_p.range")
def a_share_above_one_is_refused(api: Endpoint) -> Observation:
    """top_p is a probability; a value outside the range, or of another type, is an error.

    Honoured: the inside is taken and everything outside refused. Accepted: some of what is outside makes the
    service fail (a 5xx), which is no check. Ignored: something outside is taken.
    """
    return _range(api, "top_p")


@experiment("temperature.range")
def a_whole_number_is_a_temperature(api: Endpoint) -> Observation:
    """JSON has one kind of number: 1 and 1.0 are the same, and JavaScript writes the one only.

    Honoured: an end of the range is taken as a whole number. Rejected: it is refused, and taken with a point in it.
    """
    return _whole(api, "temperature")


@experiment("top_p.range")
def a_whole_number_is_a_share(api: Endpoint) -> Observation:
    """JSON has one kind of number: 1 and 1.0 are the same, and JavaScript writes the one only.

    Honoured: an end of the range is taken as a whole number. Rejected: it is refused, and taken with a point in it.
    """
    return _whole(api, "top_p")


@experiment("temperature.range")
def any_temperature_of_the_range_is_taken(api: Endpoint) -> Observation:
    """A range has all numbers between its ends, those with many digits and those near an end as well.

    Accepted: numbers drawn from it are taken, which says nothing of those outside. Rejected: one is refused, where the
    middle of the range is taken; the summary names the shortest number like it that is refused.
    """
    return _drawn(api, "temperature")


@experiment("top_p.range")
def any_share_of_the_range_is_taken(api: Endpoint) -> Observation:
    """A range has all numbers between its ends, those with many digits and those near an end as well.

    Accepted: numbers drawn from it are taken, which says nothing of those outside. Rejected: one is refused, where the
    middle of the range is taken; the summary names the shortest number like it that is refused.
    """
    return _drawn(api, "top_p")


def _drawn(api: Endpoint, name: str) -> Observation:
    inside, _ = _probes(api.details)
    low, high = _ends(api.details)
    # Seeded, so that a replay draws the same: Python keeps what a seed gives, where a library may draw anew.
    chance = Random(name)  # noqa: S311  no secret
    values = [chance.uniform(low, high), low + (high - low) * chance.uniform(0.001, 0.01)]
    for value in values:
        refused = api.ask(f"treatment {name}={value!r}", **{**HELLO, name: value})
        if refused.ok:
            continue
        control(api, f"control {name}={inside[0]}", **{**HELLO, name: inside[0]})
        for shorter in _shorter(value, low, high):
            reply = api.ask(f"treatment {name}={shorter!r}", **{**HELLO, name: shorter})
            if not reply.ok:
                return rejected(f"{name}={shorter!r}, inside the range,", reply)
        return rejected(f"{name}={value!r}, inside the range,", refused)
    words = f"taken: {', '.join(map(repr, values))}"
    return Observation(Behaviour.ACCEPTED, words, signals=("status",))


_DIGITS = range(1, 9)
"""Digits behind the point of the numbers that are tried in the place of one that is refused."""


def _shorter(value: float, low: float, high: float) -> Iterator[float]:
    """The same number with fewer digits, the fewest first, as far as it stays inside the range."""
    rounded = dict.fromkeys(round(value, digits) for digits in _DIGITS)
    return (number for number in rounded if low < number < high)


def _whole(api: Endpoint, name: str) -> Observation:
    inside, _ = _probes(api.details)
    ends = [value for value in reversed(inside[1:]) if isinstance(value, int | float) and value == int(value)]
    if not ends:
        raise NotApplicable("the range has no whole number at its ends")
    end = int(ends[0])
    asked: dict[str, Json] = {**HELLO, name: end}
    whole = api.ask(f"treatment {name}={end}", **asked)
    if whole.ok:
        return Observation(Behaviour.HONOURED, f"{name}={end} is taken", signals=("status",))
    control(api, f"control {name}={float(end)}", **{**asked, name: float(end)})
    return rejected(f"{name}={end}, a whole number,", whole)


def _range(api: Endpoint, name: str) -> Observation:
    inside, outside = _probes(api.details)
    taken = {value: api.ask(f"control {name}={value}", **HELLO, **{name: value}) for value in inside}
    if not any(reply.ok for reply in taken.values()):
        raise Inconclusive(f"{name} is refused inside the range as well ({taken[inside[0]].refusal})")
    for value, reply in taken.items():
        if not reply.ok:
            return rejected(f"{name}={value}, inside the range,", reply)
    replies = {
        repr(value): api.ask(f"treatment {name}={value!r}", **HELLO, **{name: value}, expects_refusal=True)
        for value in outside
    }
    if taken_outside := [value for value, reply in replies.items() if reply.ok]:
        words = ", ".join(taken_outside)
        return Observation(Behaviour.IGNORED, f"taken although outside the range: {words}", signals=("status",))
    asked: dict[str, Json] = {**HELLO, name: outside[0], "stream": True}
    streamed = api.ask(f"treatment {name}={outside[0]!r}, streamed", **asked, expects_refusal=True)
    if streamed.ok:
        words = f"{outside[0]!r}, outside the range, is refused, but not over a stream"
        return Observation(Behaviour.IGNORED, words, signals=("status",))
    for value, reply in (*replies.items(), (outside[0], streamed)):
        if is_crash(reply):
            return crashed(f"{name}={value!r}", reply)
    return Observation(Behaviour.HONOURED, f"refused: {', '.join(map(repr, outside))}", signals=("status",))


def _ends(details: Mapping[str, Json]) -> tuple[float, float]:
    """The two ends of a range, of which it need not have the one or the other."""
    return details.get("from", details.get("above", 0)), details.get("to", details.get("below", 1))


def _probes(details: Mapping[str, Json]) -> tuple[list[Json], list[Json]]:
    """Values inside and outside a range given as above/from and below/to; both ends are optional."""
    low, high = _ends(details)
    inside: list[Json] = [(low + high) / 2]
    outside: list[Json] = [low - 1, round(high + 0.01, 2), high + 1, "hot"]
    if "from" in details:
        inside.append(low)
    elif "above" in details:
        outside.insert(0, low)
    if "below" in details:
        outside.insert(0, high)
    else:
        inside.append(high)
    return inside, outside


@experiment("max_tokens.range")
def impossible_limits_are_refused(api: Endpoint) -> Observation:
    """max_tokens is a positive integer and must be given.

    Honoured: 0, -1, a word, and its absence are all refused. Ignored: some are taken.
    """
    asked: dict[str, Json] = {"model": api.model, "messages": HELLO["messages"]}
    plain_hello(api)
    wrong: dict[str, dict[str, Json]] = {
        "0": {"max_tokens": 0},
        "-1": {"max_tokens": -1},
        "a word": {"max_tokens": "many"},
        "none at all": {},
    }
    # A service may run on until its own limit here: a stop sequence and brevity keep it affordable.
    replies = {
        name: api.send(f"malformed: {name}", {**asked, **value}, expects_refusal=True) for name, value in wrong.items()
    }
    if taken := [name for name, reply in replies.items() if reply.ok]:
        return Observation(Behaviour.IGNORED, f"taken: {', '.join(taken)}", signals=("status",))
    for name, reply in replies.items():
        if is_crash(reply):
            return crashed(f"max_tokens: {name}", reply)
    return Observation(Behaviour.HONOURED, f"refused: {', '.join(wrong)}", signals=("status",))
