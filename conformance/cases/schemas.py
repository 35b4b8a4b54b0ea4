"""What a tool's schema says of its parameters: is it what a call keeps to?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.cases.common import POSITIVE_CONTROL
from conformance.cases.endpoint import Endpoint
from conformance.cases.forced_calls import ROUNDS, call_of, input_of, shown
from conformance.cases.registry import experiment
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_MODES = ("plimtavor", "zorquenda", "hebbelusk")
"""Words that nobody can guess who has not read them."""


_REQUIRED = ("mode", "gamma")


def _switch(mode: Json, more: str = "", required: Sequence[str] = _REQUIRED) -> dict[str, Json]:
    numbers = {name: {"type": "integer"} for name in ("alpha", "beta", "gamma", "delta")}
    schema = {"type": "object", "properties": {**numbers, "mode": mode}, "required": list(required)}
    return {"name": "set_mode", "description": f"Sets the mode of the lamp. {more}".strip(), "input_schema": schema}


_ANY_MODE = (
    "Call the tool set_mode with any one of the modes it allows; which one does not matter. Give every parameter that "
    "the tool requires, 1 where it is a number, and leave out every other."
)


@experiment("tools.input")
def an_enumeration_is_kept_to(api: Endpoint) -> Observation:
    """A schema's enum says which values there are. MUST: a program knows no others.

    Honoured: a call has one of three words that stand nowhere but in the enum. Ignored: it never has, and where
    the description names them it always has.
    """
    tool = _switch({"type": "string", "enum": list(_MODES)})
    if (mode := _mode(api, "treatment", tool, shared=True)) in _MODES:
        return Observation(Behaviour.HONOURED, f"mode is {mode!r}, which stands in the enum alone", signals=("blocks",))
    told = _switch({"type": "string"}, f"The modes are: {', '.join(_MODES)}.")
    for _ in range(ROUNDS - 1):
        if (other := _mode(api, "treatment", tool)) in _MODES:
            raise Inconclusive(f"mode is now {mode!r} and now {other!r}")
        if (named := _mode(api, POSITIVE_CONTROL, told)) not in _MODES:
            raise Inconclusive(f"the model takes {named!r} where the modes are named in plain words")
    words = f"mode is {shown(mode)}, and never one of the enum in {ROUNDS} calls"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


def _mode(api: Endpoint, arm: str, tool: Mapping[str, Json], *, shared: bool = False) -> Json:
    found = input_of(call_of(api, arm, tool, _ANY_MODE, shared=shared))
    return found.get("mode") if isinstance(found, dict) else None


@experiment("tools.input")
def what_is_required_is_told_from_the_rest(api: Endpoint) -> Observation:
    """A schema's ``required`` says which parameters a call must have, and which may be left out.

    Honoured: asked for no more than what is required, a call has two parameters of five, those that are. Accepted: it
    has others, and so it has where the description says in plain words which are required. Ignored: it never has
    just those two, and always has where the description names them; or all others are there as null, every time,
    which a program that checks its input refuses.
    """
    mode: dict[str, Json] = {"type": "string", "enum": list(_MODES)}
    tool = _switch(mode)
    first = _inputs_of(api, "treatment", tool, shared=True)
    if (given := set(first)) == set(_REQUIRED):
        words = f"a call has {' and '.join(sorted(given))}, which are required, and nothing else"
        return Observation(Behaviour.HONOURED, words, signals=("blocks",))
    if _has_nulls(first) and all(_has_nulls(_inputs_of(api, "treatment", tool)) for _ in range(ROUNDS - 1)):
        words = f"in {ROUNDS} calls of {ROUNDS} every parameter that may be left out is there as null"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    told = _switch(mode, f"It requires {' and '.join(_REQUIRED)}; leave out all others.", required=())
    for _ in range(ROUNDS - 1):
        if _given(api, POSITIVE_CONTROL, told) != set(_REQUIRED):
            seen = "the model gives other parameters than those that it is told to give, so it cannot be seen"
            return Observation(Behaviour.ACCEPTED, seen, signals=("blocks",))
        if _given(api, "treatment", tool) == set(_REQUIRED):
            return Observation(Behaviour.ACCEPTED, "the model keeps to it now and then", signals=("blocks",))
    words = f"a call has {', '.join(sorted(given)) or 'nothing'}, and in none of {ROUNDS} just what is required"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


def _given(api: Endpoint, arm: str, tool: Mapping[str, Json]) -> set[str]:
    return set(_inputs_of(api, arm, tool))


def _inputs_of(api: Endpoint, arm: str, tool: Mapping[str, Json], *, shared: bool = False) -> Mapping[str, Json]:
    found = input_of(call_of(api, arm, tool, _ANY_MODE, shared=shared))
    return found if isinstance(found, dict) else {}


def _has_nulls(given: Mapping[str, Json]) -> bool:
    """Whether a call has what is required, and null for all that it may leave out."""
    others = set(given) - set(_REQUIRED)
    return set(_REQUIRED) <= set(given) and len(others) > 1 and all(given[name] is None for name in others)


_SHADES = ("ombrelite", "yarrowdusk", "fennelgrey")
_DEEP: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "shades": {"type": "array", "items": {"type": "string", "enum": list(_SHADES)}, "minItems": 1, "maxItems": 1},
        "mode": {"$ref": "#/$defs/mode"},
    },
    "required": ["shades", "mode"],
    "$defs": {"mode": {"type": "string", "enum": list(_MODES)}},
}
"""Words that nobody can guess in the items of a list, and behind a reference."""
_SHALLOW: Mapping[str, Json] = {
    "type": "object",
    "properties": {"shades": {"type": "array", "items": {"type": "string"}}, "mode": {"type": "string"}},
    "required": ["shades", "mode"],
}


@dataclass(frozen=True, slots=True)
class _Words:
    """A tool whose schema alone has the values that a call may give, and the same with them named in plain words.

    Attributes:
        lost: the places of the schema whose values a call's input does not have.
    """

    tool: Mapping[str, Json]
    told: Mapping[str, Json]
    asked: str
    lost: Callable[[Mapping[str, Json]], set[str]]

    def are_kept_to(self, api: Endpoint) -> Observation:
        """Honoured where a call has them; ignored where none has those of a place, and all have in plain words."""

        def missed(arm: str, declared: Mapping[str, Json]) -> set[str]:
            found = input_of(call_of(api, arm, declared, self.asked))
            return self.lost(found if isinstance(found, dict) else {})

        missing = missed("treatment", self.tool)
        if not missing:
            words = f"a call has the values of {' and of '.join(sorted(self.lost({})))}"
            return Observation(Behaviour.HONOURED, words, signals=("blocks",))
        for _ in range(ROUNDS - 1):
            if missing & missed(POSITIVE_CONTROL, self.told):
                raise Inconclusive("the model does not keep to values that are named in the description either")
            missing &= missed("treatment", self.tool)
            if not missing:
                raise Inconclusive("a call has the values of the schema now and then")
        words = f"no call of {ROUNDS} has the values of {' or of '.join(sorted(missing))}"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))


_ITEMS, _REFERRED = "a list's items", "what the schema refers to"


def _not_in_the_lamp(given: Mapping[str, Json]) -> set[str]:
    shades = given.get("shades")
    in_items = isinstance(shades, list) and bool(shades) and all(shade in _SHADES for shade in shades)
    return {place for place, kept in ((_ITEMS, in_items), (_REFERRED, given.get("mode") in _MODES)) if not kept}


@experiment("tools.input")
def what_lies_deep_in_a_schema_is_kept_to(api: Endpoint) -> Observation:
    """A schema may describe the items of a list, and refer to its own $defs. MUST: a program knows no other values.

    Honoured: a call has words that stand nowhere but there. Ignored: it never has the words of one of the two
    places, and always has them where the description names them.
    """
    tool = {"name": "set_lamp", "description": "Sets the mode and the shade of the lamp.", "input_schema": _DEEP}
    named = f"The modes are: {', '.join(_MODES)}. The shades are: {', '.join(_SHADES)}."
    words = _Words(
        tool=tool,
        told={**tool, "input_schema": _SHALLOW, "description": f"{tool['description']} {named}"},
        asked="Call the tool set_lamp with any one mode and any one shade that it allows; which ones does not matter. "
        "Give both parameters.",
        lost=_not_in_the_lamp,
    )
    return words.are_kept_to(api)


_PLACES = ("紫藤街", "青柠巷")
_LEVELS = (7341, 8219)
_CHINESE, _NUMBERS = "an enum in Chinese", "an enum of numbers"


def _not_in_the_post(given: Mapping[str, Json]) -> set[str]:
    kept = ((_CHINESE, given.get("place") in _PLACES), (_NUMBERS, given.get("level") in _LEVELS))
    return {place for place, is_kept in kept if not is_kept}


@experiment("tools.input")
def an_enumeration_may_be_in_chinese_or_of_numbers(api: Endpoint) -> Observation:
    """An enum may have values of any script, and of any type. MUST: a program knows no others.

    Honoured: a call has values that stand nowhere but there. Ignored: it never has those of one of the two, and always
    has them where the description names them.
    """

    def declared(place: Json, level: Json, more: str = "") -> dict[str, Json]:
        schema = {"type": "object", "properties": {"place": place, "level": level}, "required": ["place", "level"]}
        return {"name": "set_post", "description": f"Sets up a post. {more}".strip(), "input_schema": schema}

    named = f"The places are: {', '.join(_PLACES)}. The levels are: {', '.join(map(str, _LEVELS))}."
    words = _Words(
        tool=declared({"type": "string", "enum": list(_PLACES)}, {"type": "integer", "enum": list(_LEVELS)}),
        told=declared({"type": "string"}, {"type": "integer"}, named),
        asked="Call the tool set_post with any one place and any one level that it allows; which ones does not matter. "
        "Give both parameters.",
        lost=_not_in_the_post,
    )
    return words.are_kept_to(api)


_KIND = "quorzelite"
_BOUNDS = (731, 734)
_CONSTANT, _SECOND, _BOUNDED = "a const", "the second of two alternatives", "the bounds of a number"


def _not_in_the_alarm(given: Mapping[str, Json]) -> set[str]:
    level, (low, high) = given.get("level"), _BOUNDS
    kept = (
        (_CONSTANT, given.get("kind") == _KIND),
        (_SECOND, given.get("mode") in _LEVELS),
        (_BOUNDED, isinstance(level, int) and low <= level <= high),
    )
    return {place for place, is_kept in kept if not is_kept}


@experiment("tools.input")
def constants_alternatives_and_bounds_are_kept_to(api: Endpoint) -> Observation:
    """A schema may fix a value, leave a choice of two kinds, and set bounds. MUST: a program knows no other values.

    (Gateways take out such keywords for upstreams that do not know them, and the calls fit no longer.)

    Honoured: a call has a word, a number of the second of two kinds, and a number within bounds that stand nowhere
    but there. Ignored: it never has one of them, and always has it where the same schema stands in the description.
    """

    def declared(kind: Json, mode: Json, level: Json) -> dict[str, Json]:
        properties = {"kind": kind, "mode": mode, "level": level}
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        return {"name": "set_alarm", "description": "Sets an alarm.", "input_schema": schema}

    low, high = _BOUNDS
    ways: list[Json] = [{"type": "string", "enum": list(_MODES)}, {"type": "integer", "enum": list(_LEVELS)}]
    bounded = {"type": "integer", "minimum": low, "maximum": high}
    tool = declared({"type": "string", "const": _KIND}, {"anyOf": ways}, bounded)
    # In plain sight the same schema: whether a model heeds such keywords at all is its own affair.
    plain = declared({"type": "string"}, {"type": "integer"}, {"type": "integer"})
    words = _Words(
        tool=tool,
        told={**plain, "description": f"Sets an alarm. Its input has to fit {json.dumps(tool['input_schema'])}"},
        asked="Call the tool set_alarm with the kind, a mode and a level that it allows; which ones does not matter. "
        "Take a mode that is a number. Give all three parameters.",
        lost=_not_in_the_alarm,
    )
    return words.are_kept_to(api)
