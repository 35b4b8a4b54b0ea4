"""What defines a tool: its description, its parameters' descriptions, and what is said of a twentieth tool.

A model need not take a description for something it was told, so the prompt's size decides: many places of one
request at once, and one by one only where they do not add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conformance.cases.baseline import zone_of
from conformance.cases.common import BALLAST, ROOM, compared, control, rejected, says, user
from conformance.cases.counts import LOST, Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.several import ALL_NAMES, one_of_the_cats, plainly
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_PLACES: Mapping[str, str] = {
    "the description of the first tool": "Umbertalle",
    "the description of a parameter": "Grindelbay",
    "the description of the second tool": "Sallowmere",
    "the description of a nested parameter": "Nettlecombe",
    "the description of the last tool": "Harbinfold",
}
"""Codewords by the place they stand in."""

_MANY, _FEW = 20, 3
"""How many tools there are; and how many where so many are refused, which is another row's finding."""

_SHOWN = "positive control"


@experiment("tools")
def what_describes_a_tool_is_read(api: Endpoint) -> Observation:
    """What describes a tool and its parameters tells the model what they are for; of twenty tools each is described.

    Honoured: the prompt grows by what is said in five places, or codewords that stand only there come back. Ignored:
    the service counts its tools, and the prompt does not grow by one of the places, or only by a part of what is said
    there. (Where tools are not counted, a model's silence says nothing.)
    """
    number = _MANY
    short = api.ask("control", **_declaring({}, number))
    if not short.ok:
        number = _FEW
        short = control(api, "control, few tools", **_declaring({}, number))
    told = {place: one_of_the_cats(codeword) for place, codeword in _PLACES.items()}
    long = api.ask("treatment", **_declaring(told, number))
    if not long.ok:
        return rejected("a long description of a tool", long)
    if all(says(long, codeword) for codeword in _PLACES.values()):
        return Observation(Behaviour.HONOURED, "the codewords came back", signals=("text",))
    bare = api.once(f"{_SHOWN}, without", **plainly("", ALL_NAMES))
    shown = control(api, _SHOWN, **plainly("\n\n".join(told.values()), ALL_NAMES))
    growth = Growth((short,), (long,), (bare,), (shown,), enough=(len(told) - 0.5) / len(told))
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, f"{len(told)} places: {compared(growth)}", signals=("size",))
    if zone is Zone.UNKNOWN:
        raise Inconclusive("the service does not count its tools, and the model does not repeat what describes them")
    if zone is Zone.NOTHING:
        return _is_nothing_read(api, growth)
    return _one_by_one(api, short, bare, number)


def _is_nothing_read(api: Endpoint, growth: Growth) -> Observation:
    """No description shows in the size: it is lost, where the tools themselves show.

    Raises:
        Inconclusive: they do not.
    """
    tools = replace(growth, before=growth.plain_before, after=growth.before)
    if zone_of(api, tools) in (Zone.BETWEEN, Zone.EXPECTED) and (tools.grown() or 0) > 0:
        words = f"no description is read: {compared(growth)}, and by the tools themselves by {tools.grown()}"
        return Observation(Behaviour.IGNORED, words, signals=("size",))
    raise Inconclusive("the service does not count its tools, and the model does not repeat what describes them")


def _one_by_one(api: Endpoint, short: Reply, bare: Reply, number: int) -> Observation:
    """The places that do not show in the size, or only in part, where others do.

    Raises:
        Inconclusive: each by itself is counted, or the count does not follow what is said.
    """
    shown = control(api, f"{_SHOWN}, one place", **plainly(one_of_the_cats("Umbertalle"), ALL_NAMES))
    twice = control(api, f"{_SHOWN}, twice as long", **plainly(_at_length("Umbertalle"), ALL_NAMES))
    lost: list[str] = []
    cut: list[str] = []
    for place, codeword in _PLACES.items():
        one = control(api, place, **_declaring({place: one_of_the_cats(codeword)}, number))
        growth = Growth((short,), (one,), (bare,), (shown,), enough=LOST)
        zone = zone_of(api, growth)
        if says(one, codeword) or zone is Zone.EXPECTED:
            continue
        # The same place with twice as much: what is cut stays as it was, what is counted otherwise grows again.
        more = control(api, f"{place}, twice as long", **_declaring({place: _at_length(codeword)}, number))
        further = zone_of(api, Growth((one,), (more,), (shown,), (twice,)))
        if further is Zone.NOTHING and not says(more, codeword):
            (lost if zone is Zone.NOTHING else cut).append(place)
    _needs_steady_counts(api, Growth((short,), (), (bare,), (shown,), enough=LOST), [*lost, *cut], number)
    if 0 < len(lost) < len(_PLACES):
        return Observation(Behaviour.IGNORED, f"{_listed(lost)} not read: others are counted", signals=("size",))
    if cut:
        words = f"{_listed(cut)} read only in part: with twice as much to read the prompt is no longer"
        return Observation(Behaviour.IGNORED, words, signals=("size",))
    raise Inconclusive("the prompt grows by less than its descriptions add up to, and none of them is lost by itself")


def _needs_steady_counts(api: Endpoint, arms: Growth, blamed: Sequence[str], number: int) -> None:
    """What is held against a service is the same when it is asked again: some have a prompt of a changing length.

    Args:
        arms: the arms but for the treatment.

    Raises:
        Inconclusive: one and the same request is counted otherwise, by much, or grows after all.
    """
    again = control(api, "control, again", **_declaring({}, number))
    for place in blamed:
        one = control(api, f"{place}, again", **_declaring({place: one_of_the_cats(_PLACES[place])}, number))
        growth = replace(arms, before=(*arms.before, again), after=(one,))
        if growth.noise() > (growth.expected() or 0) / 10 or zone_of(api, growth) is Zone.EXPECTED:
            raise Inconclusive(f"the size of one and the same prompt differs: {compared(growth)}")


def _at_length(codeword: str) -> str:
    return f"{one_of_the_cats(codeword)} {BALLAST}"


def _listed(places: Sequence[str]) -> str:
    return f"{', '.join(places)} {'is' if len(places) == 1 else 'are'}"


def _declaring(words: Mapping[str, str], number: int) -> dict[str, Json]:
    """A request with so many tools, with these words in these places and a short sentence in all others."""
    said = [words.get(place, "Tells something of a city.") for place in _PLACES]
    city = {"type": "string", "description": said[1]}
    nested = {"type": "string", "description": said[3]}
    plain = {"city": {"type": "string"}}
    between = [_tool(f"tell_{nth}", "Tells something of a city.", plain) for nth in range(3, number)]
    return {
        "messages": [user(ALL_NAMES)],
        "max_tokens": ROOM,
        "tools": [
            _tool("get_weather", said[0], {"city": city}),
            _tool("get_time", said[2], {"place": _object({"city": nested})}),
            *between,
            _tool("get_tide", said[4], plain),
        ],
    }


def _tool(name: str, description: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    return {"name": name, "description": description, "input_schema": _object(properties)}


def _object(properties: Mapping[str, Json]) -> dict[str, Json]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}
