"""What defines a tool: its description, its parameters' descriptions, and what is said of a twentieth tool.

A model need not take a description for something it was told, so the prompt's size decides: many places of one
request at once, and one by one only where they do not add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    BALLAST,
    POSITIVE_CONTROL,
    ROOM,
    compared,
    control,
    rejected,
    says,
    user,
)
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

_LENGTHY = "the description of the last tool"
"""The place that holds some 3,500 characters in paragraphs: what agents say of a tool is a page."""

_PARAGRAPHS = 4
"""How many more paragraphs stand there than in the other places."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How tools are declared: many or few, one marked for the cache or none, one described at length or none."""

    number: int = 20
    mark: Mapping[str, Json] = field(default_factory=dict[str, Json])
    paragraphs: int = _PARAGRAPHS

    def told(self, place: str) -> str:
        """What is said in a place."""
        more = self.paragraphs if place == _LENGTHY else 0
        return "\n\n".join([one_of_the_cats(_PLACES[place]), *[BALLAST] * more])

    def declaring(self, words: Mapping[str, str]) -> dict[str, Json]:
        """A request with these words in these places and a short sentence in all others."""
        first, parameter, second, nested, last = (words.get(place, _SHORT) for place in _PLACES)
        plain = {"city": {"type": "string"}}
        place = _object({"city": {"type": "string", "description": nested}})
        return {
            "messages": [user(ALL_NAMES)],
            "max_tokens": ROOM,
            "tools": [
                _tool("get_weather", first, {"city": {"type": "string", "description": parameter}}),
                {**_tool("get_time", second, {"place": place}), **self.mark},
                *(_tool(f"tell_{nth}", _SHORT, plain) for nth in range(3, self.number)),
                _tool("get_tide", last, plain),
            ],
        }


_WAYS = (_Way(mark={"cache_control": {"type": "ephemeral"}}), _Way(), _Way(number=3, paragraphs=0))
"""What is refused of them is the finding of rows of its own, and here tried without."""

_SHORT = "Tells something of a city."


@experiment("tools")
def what_describes_a_tool_is_read(api: Endpoint) -> Observation:
    """What describes a tool and its parameters tells the model what they are for; of twenty tools each is described.

    Honoured: the prompt grows by what is said in five places, or codewords that stand only there come back. Ignored:
    the service counts its tools, and the prompt does not grow by one of the places, or only by a part of what is said
    there. (Where tools are not counted, a model's silence says nothing.)
    """
    for way in _WAYS:
        told = {place: way.told(place) for place in _PLACES}
        short = api.ask("control", **way.declaring({}))
        long = api.ask("treatment", **way.declaring(told)) if short.ok else short
        if long.ok:
            break
    if not short.ok:
        raise Inconclusive(f"the control was refused ({short.refusal})")
    if not long.ok:
        return rejected("a long description of a tool", long)
    if all(says(long, codeword) for codeword in _PLACES.values()):
        return Observation(Behaviour.HONOURED, "the codewords came back", signals=("text",))
    bare = api.once(f"{POSITIVE_CONTROL}, without", **plainly("", ALL_NAMES))
    shown = control(api, POSITIVE_CONTROL, **plainly("\n\n".join(told.values()), ALL_NAMES))
    parts = len(told) + way.paragraphs
    growth = Growth((short,), (long,), (bare,), (shown,), enough=(parts - 0.5) / parts)
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, f"{len(told)} places: {compared(growth)}", signals=("size",))
    if zone is Zone.UNKNOWN:
        raise Inconclusive("the service does not count its tools, and the model does not repeat what describes them")
    if zone is Zone.NOTHING:
        return _is_nothing_read(api, growth)
    return _one_by_one(api, short, bare, way)


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


def _one_by_one(api: Endpoint, short: Reply, bare: Reply, way: _Way) -> Observation:
    """The places that do not show in the size, or only in part, where others do.

    Raises:
        Inconclusive: each by itself is counted, or the count does not follow what is said.
    """
    lost: list[str] = []
    cut: list[str] = []
    for place, codeword in _PLACES.items():
        told, longer = way.told(place), f"{way.told(place)} {BALLAST}"
        shown = control(api, f"{POSITIVE_CONTROL}, {place}", **plainly(told, ALL_NAMES))
        one = control(api, place, **way.declaring({place: told}))
        zone = zone_of(api, Growth((short,), (one,), (bare,), (shown,), enough=LOST))
        if says(one, codeword) or zone is Zone.EXPECTED:
            continue
        # The same place with more in it: what is cut stays as it was, what is counted otherwise grows again.
        more = control(api, f"{place}, longer", **way.declaring({place: longer}))
        shown_more = control(api, f"{POSITIVE_CONTROL}, longer", **plainly(longer, ALL_NAMES))
        further = zone_of(api, Growth((one,), (more,), (shown,), (shown_more,)))
        if further is not Zone.NOTHING or says(more, codeword):
            continue
        # What is held against a service is the same when it is asked again: some have a prompt of a changing length.
        again = control(api, "control, again", **way.declaring({}))
        once_more = control(api, f"{place}, again", **way.declaring({place: told}))
        growth = Growth((short, again), (one, once_more), (bare,), (shown,), enough=LOST)
        if growth.noise() > (shown_more.size or 0) / 100 or zone_of(api, growth) is not zone:
            raise Inconclusive(f"the size of one and the same prompt differs: {compared(growth)}")
        (lost if zone is Zone.NOTHING else cut).append(place)
    if 0 < len(lost) < len(_PLACES):
        return Observation(Behaviour.IGNORED, f"{_listed(lost)} not read: others are counted", signals=("size",))
    if cut:
        words = f"{_listed(cut)} read only in part: with more to read the prompt is no longer"
        return Observation(Behaviour.IGNORED, words, signals=("size",))
    raise Inconclusive("the prompt grows by less than its descriptions add up to, and none of them is lost by itself")


def _listed(places: Sequence[str]) -> str:
    return f"{', '.join(places)} {'is' if len(places) == 1 else 'are'}"


def _tool(name: str, description: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    return {"name": name, "description": description, "input_schema": _object(properties)}


def _object(properties: Mapping[str, Json]) -> dict[str, Json]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}
