"""Forced calls: does the input of a call come out as the model wrote it, of every type, and over a stream?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from conformance.cases.common import (
    POSITIVE_CONTROL,
    control,
    needs_streams,
    rejected,
    user,
)
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.streamed import needs_order
from conformance.cases.tools import ROOM, WEATHER
from conformance.protocol.parsing import parse_json
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

WANTED: Mapping[str, Json] = {
    "title": "Café & Möbel",
    "guests": 14,
    "catering": False,
    "room": "vermilion",
    "place": {"street": "Rua 7", "floor": 3, "tags": ["quiet", "corner"]},
    "names": ["Zoë", "汉娜", "Ann"],
    "note": (
        'The first line says "hello" and is followed by a second.\nThere the path is C:\\new\\tables, the price '
        "is 3.50 €, and the sign 🙂 stands at its end. After it comes one more sentence, so that this is long."
    ),
}
"""An input with a value of every type, and a string with all that JSON has to escape."""

_RESERVE: Mapping[str, Json] = {
    "name": "reserve_room",
    "description": "Reserves a room for a meeting.",
    "input_schema": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "guests": {"type": "integer"},
            "catering": {"type": "boolean"},
            "room": {"type": "string", "enum": ["cobalt", "vermilion", "ochre"]},
            "place": {
                "type": "object",
                "properties": {
                    "street": {"type": "string"},
                    "floor": {"type": "integer"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["street", "floor", "tags"],
            },
            "names": {"type": "array", "items": {"type": "string"}},
            "note": {"type": "string"},
        },
        "required": list(WANTED),
    },
}
_WRITTEN = json.dumps(WANTED, ensure_ascii=False)

_DRAWS = 2
_ROUNDS = 5
"""How often a call must be wrong, and the same words right where no call is involved, before the service is blamed."""


@experiment("tools.input")
def every_type_of_input_comes_out_as_it_is(api: Endpoint) -> Observation:
    """The input of a call has the values that were asked for, each of its type. MUST: programs run on them.

    Honoured: an integer, a boolean, a choice, an object, lists and a long string are what they were to be. Ignored:
    an object or a list is a string of JSON, even once; or the input is wrong every time, though as plain text the
    model repeats it every time.
    """
    seen = _right_input(api)
    if seen is not None:
        return seen
    written = [_as_text(api) for _ in range(_ROUNDS - _DRAWS)]
    wrong = _wrong_every_time(api)
    if not all(written):
        raise Inconclusive(f"the model does not repeat the input as plain text either; {wrong}")
    return Observation(Behaviour.IGNORED, f"{wrong} in {_ROUNDS} calls", signals=("blocks",))


@experiment("stream.tool_input")
def every_type_of_streamed_input_comes_out_as_it_is(api: Endpoint) -> Observation:
    """The pieces of a streamed input join to the values that were asked for. MUST: programs run on them.

    Honoured: an integer, a boolean, a choice, an object, lists and a long string are what they were to be. Ignored:
    an object or a list is a string of JSON, even once; or the input is wrong every time, though without streaming
    it is right every time.
    """
    seen = _right_input(api, stream=True)
    if seen is not None:
        return seen
    bodies = [_call(api, "control, a body", _RESERVE, _REQUEST) for _ in range(_ROUNDS)]
    wrong = _wrong_every_time(api, stream=True)
    if not all(_faults(_input(body)) == [] for body in bodies):
        raise Inconclusive(f"the input is wrong now and then without streaming too; {wrong}")
    return Observation(Behaviour.IGNORED, f"{wrong} in {_ROUNDS} streams, and in no body", signals=("blocks",))


_REQUEST = f"Call the tool reserve_room with exactly this input, and change nothing in it: {_WRITTEN}"


def _right_input(api: Endpoint, **more: Json) -> Observation | None:
    """What two or three calls show; None where values are wrong that a weak model can get wrong."""
    right = wrong = 0
    while right < _DRAWS and wrong < _DRAWS:
        found = _input(_call(api, "treatment", _RESERVE, _REQUEST, **more))
        faults = _faults(found)
        if folded := [fault for fault in faults if fault.endswith(_FOLDED)]:
            return Observation(Behaviour.IGNORED, folded[0], signals=("blocks",))
        right, wrong = right + (not faults), wrong + bool(faults)
    if right < _DRAWS:
        return None
    seen = f"all {len(WANTED)} values are right in {right} of {right + wrong} calls"
    return Observation(Behaviour.HONOURED, seen, signals=("blocks",))


def _wrong_every_time(api: Endpoint, **more: Json) -> str:
    """The fault that every one of some more calls has.

    Raises:
        Inconclusive: one has none, or another one.
    """
    common: set[str] | None = None
    for _ in range(_ROUNDS):
        faults = set(_faults(_input(_call(api, "treatment", _RESERVE, _REQUEST, **more))))
        common = faults if common is None else common & faults
        if not common:
            raise Inconclusive("the input of a call is now right and now wrong, or wrong in another way each time")
    assert common
    return min(common)


_FOLDED = "is a string of JSON"


def _faults(found: Json) -> list[str]:
    """What is wrong with an input, without the values themselves, so that two of a kind are the same words."""
    if not isinstance(found, dict):
        return ["the input is no object"]
    faults: list[str] = []
    for name, wanted in WANTED.items():
        value = found.get(name)
        if value == wanted and type(value) is type(wanted):
            continue
        if name not in found:
            faults.append(f"{name} is missing")
        elif isinstance(value, str) and isinstance(wanted, dict | list) and _parsed(value) == wanted:
            faults.append(f"{name} {_FOLDED}")
        elif isinstance(value, str) and not isinstance(wanted, str) and _parsed(value) == wanted:
            faults.append(f"{name} is a string")
        elif isinstance(value, str) and isinstance(wanted, str) and value and wanted.startswith(value):
            faults.append(f"{name} is cut")
        elif type(value) is not type(wanted):
            faults.append(f"{name} is of type {type(value).__name__}")
        else:
            faults.append(f"{name} is another")
    return faults


def _parsed(text: str) -> Json:
    try:
        return parse_json(text)
    except ValueError:
        return None


def _as_text(api: Endpoint) -> bool:
    """Whether the model writes the input as it is where it writes plain text."""
    asked = user(f"Repeat the text between the tags exactly, and write nothing else.\n<text>{_WRITTEN}</text>")
    reply = control(api, POSITIVE_CONTROL, messages=[asked], max_tokens=ROOM)
    begin, end = reply.text.find("{"), reply.text.rfind("}")
    return begin >= 0 and _parsed(reply.text[begin : end + 1]) == WANTED


def _call(
    api: Endpoint, arm: str, tool: Mapping[str, Json], request: str, *, shared: bool = False, **more: Json
) -> Reply:
    """A reply with a call of a tool: forced, or where forcing is refused or not heeded, asked for in so many words.

    Args:
        shared: whether other cases ask the same, and may have the same answer.

    Raises:
        Inconclusive: nothing makes this model call it.
        NotApplicable: streams are refused altogether.
    """
    asked: dict[str, Json] = {"messages": [user(request)], "max_tokens": ROOM, "tools": [dict(tool)], **more}
    choices: tuple[dict[str, Json], ...] = ({"tool_choice": {"type": "tool", "name": tool["name"]}}, {})
    refusal = ""
    for choice in choices:
        reply = (api.once if shared else api.ask)(arm, **asked, **choice)
        needs_order(reply)
        if reply.ok and reply.tool_calls:
            return reply
        if reply.stop_reason == "max_tokens":
            raise Inconclusive("max_tokens ran out before a call was complete")
        refusal = refusal if reply.ok else reply.refusal
    if more.get("stream"):
        needs_streams(api)
    raise Inconclusive(f"nothing makes this model call {tool['name']}" + (f" ({refusal})" if refusal else ""))


def _input(reply: Reply) -> Json:
    return reply.tool_calls[0].get("input")


_LONG_NAME = "mcp__house-of-clocks__stop-the-clock-that-stands-in-the-hall"
"""As those of MCP servers are: longer than what some services cut a name to, and with hyphens."""


_SHORT_NAME = "stop_the_clock"


def _stopping(name: str) -> dict[str, Json]:
    return {
        "name": name,
        "description": "Stops the clock. It takes no parameters.",
        "input_schema": {"type": "object", "properties": {}},
    }


@experiment("tools.input")
def a_tool_without_parameters_is_called(api: Endpoint) -> Observation:
    """A call of a tool that takes nothing has an empty object for its input. MUST: clients hand it on as it is.

    Honoured: it is an object. Ignored: it is null, a string or missing, or the tool is never called though others
    are. Rejected: such a tool is refused. (That the call has the long name that was declared is looked at in passing.)
    """
    return _without_parameters(api)


@experiment("stream.tool_input")
def a_streamed_call_may_have_no_input(api: Endpoint) -> Observation:
    """A streamed call of a tool that takes nothing is whole. MUST: clients parse what its pieces join to.

    Honoured: its pieces join to nothing, or to an object. Ignored: to anything else, or the call never comes,
    though without streaming it does. Rejected: such a tool is refused.
    """
    return _without_parameters(api, stream=True)


def _without_parameters(api: Endpoint, **more: Json) -> Observation:
    asked = "Stop the clock now: call the tool {}."
    try:
        reply = _call(api, "treatment", _stopping(_LONG_NAME), asked.format(_LONG_NAME), **more)
    except Inconclusive:
        # A long name that is refused is the finding of another row.
        reply = _call(api, "treatment, short name", _stopping(_SHORT_NAME), asked.format(_SHORT_NAME), **more)
    found = _input(reply)
    if isinstance(found, dict):
        return Observation(Behaviour.HONOURED, f"the input is {_shown(found)}", signals=("blocks",))
    return Observation(Behaviour.IGNORED, f"the input is {_shown(found)}, not an object", signals=("blocks",))


def _shown(value: Json) -> str:
    words = json.dumps(value, ensure_ascii=False)
    return words if len(words) <= _WIDE else f"{words[:_WIDE]}…"


_WIDE = 60

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
    for _ in range(_ROUNDS - 1):
        if (other := _mode(api, "treatment", tool)) in _MODES:
            raise Inconclusive(f"mode is now {mode!r} and now {other!r}")
        if (named := _mode(api, POSITIVE_CONTROL, told)) not in _MODES:
            raise Inconclusive(f"the model takes {named!r} where the modes are named in plain words")
    words = f"mode is {_shown(mode)}, and never one of the enum in {_ROUNDS} calls"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


def _mode(api: Endpoint, arm: str, tool: Mapping[str, Json], *, shared: bool = False) -> Json:
    found = _input(_call(api, arm, tool, _ANY_MODE, shared=shared))
    return found.get("mode") if isinstance(found, dict) else None


@experiment("tools.input")
def what_is_required_is_told_from_the_rest(api: Endpoint) -> Observation:
    """A schema's ``required`` says which parameters a call must have, and which may be left out.

    Honoured: asked for no more than what is required, a call has two parameters of five, those that are. Accepted: it
    has others, and so it has where the description says in plain words which are required. Ignored: it never has
    just those two, and always has where the description names them.
    """
    mode: dict[str, Json] = {"type": "string", "enum": list(_MODES)}
    tool = _switch(mode)
    if (given := _given(api, "treatment", tool, shared=True)) == set(_REQUIRED):
        words = f"a call has {' and '.join(sorted(given))}, which are required, and nothing else"
        return Observation(Behaviour.HONOURED, words, signals=("blocks",))
    told = _switch(mode, f"It requires {' and '.join(_REQUIRED)}; leave out all others.", required=())
    for _ in range(_ROUNDS - 1):
        if _given(api, POSITIVE_CONTROL, told) != set(_REQUIRED):
            seen = "the model gives other parameters than those that it is told to give, so it cannot be seen"
            return Observation(Behaviour.ACCEPTED, seen, signals=("blocks",))
        if _given(api, "treatment", tool) == set(_REQUIRED):
            return Observation(Behaviour.ACCEPTED, "the model keeps to it now and then", signals=("blocks",))
    words = f"a call has {', '.join(sorted(given)) or 'nothing'}, and in none of {_ROUNDS} just what is required"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


def _given(api: Endpoint, arm: str, tool: Mapping[str, Json], *, shared: bool = False) -> set[str]:
    found = _input(_call(api, arm, tool, _ANY_MODE, shared=shared))
    return set(found) if isinstance(found, dict) else set()


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


@experiment("tools.input")
def what_lies_deep_in_a_schema_is_kept_to(api: Endpoint) -> Observation:
    """A schema may describe the items of a list, and refer to its own $defs. MUST: a program knows no other values.

    Honoured: a call has words that stand nowhere but there. Ignored: it never has the words of one of the two
    places, and always has them where the description names them.
    """
    asked = (
        "Call the tool set_lamp with any one mode and any one shade that it allows; which ones does not matter. Give "
        "both parameters."
    )
    tool = {"name": "set_lamp", "description": "Sets the mode and the shade of the lamp.", "input_schema": _DEEP}
    named = f"The modes are: {', '.join(_MODES)}. The shades are: {', '.join(_SHADES)}."
    told = {**tool, "input_schema": _SHALLOW, "description": f"{tool['description']} {named}"}

    def lost(arm: str, declared: Mapping[str, Json]) -> set[str]:
        found = _input(_call(api, arm, declared, asked))
        given = found if isinstance(found, dict) else {}
        shades = given.get("shades")
        in_items = isinstance(shades, list) and bool(shades) and all(shade in _SHADES for shade in shades)
        return {place for place, kept in ((_ITEMS, in_items), (_REFERRED, given.get("mode") in _MODES)) if not kept}

    missing = lost("treatment", tool)
    if not missing:
        words = "a call has the words of a list's items and of what the schema refers to"
        return Observation(Behaviour.HONOURED, words, signals=("blocks",))
    for _ in range(_ROUNDS - 1):
        if missing & lost(POSITIVE_CONTROL, told):
            raise Inconclusive("the model does not keep to words that are named in the description either")
        missing &= lost("treatment", tool)
        if not missing:
            raise Inconclusive("a call has the words of the schema now and then")
    words = f"no call of {_ROUNDS} has the words of {' or of '.join(sorted(missing))}"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


_ITEMS, _REFERRED = "a list's items", "what the schema refers to"


_CITIES = ("Lisbon", "Oslo")
_BOTH = f"What is the weather in {' and '.join(_CITIES)} right now? Call get_weather for both in one reply."


@experiment("stream.tool_input")
def two_streamed_calls_keep_their_inputs_apart(api: Endpoint) -> Observation:
    """Two calls in one stream are two blocks, each with its own input. MUST: a client runs each of them.

    Honoured: both cities are asked for, once each. Accepted: the model makes one call at a time, streamed or not.
    Ignored: the streams never have both, and bodies always have.
    """
    asked: dict[str, Json] = {"messages": [user(_BOTH)], "max_tokens": ROOM, "tools": [WEATHER]}
    plain = control(api, **asked)
    if len(plain.tool_calls) > 1 and not _asks_for_both(plain):
        raise Inconclusive("the model makes two calls, and not one for each city, without streaming too")
    if not _asks_for_both(plain):
        seen = "the model makes one call at a time, so there are no two to be told apart"
        return Observation(Behaviour.ACCEPTED, seen, signals=("blocks",))
    for number in range(_ROUNDS):
        reply = api.ask("treatment", **asked, stream=True)
        if not reply.ok:
            needs_streams(api)
            return rejected("a request for two calls in one stream", reply)
        needs_order(reply)
        if _asks_for_both(reply):
            if number:
                raise Inconclusive("two calls come whole in one stream, and not in the one before")
            return Observation(Behaviour.HONOURED, "two calls, each with its own city", signals=("blocks",))
        if number and not _asks_for_both(control(api, **asked)):
            raise Inconclusive("the model makes two calls now and then, streamed or not")
    inputs = ", ".join(_shown(call.get("input")) for call in reply.tool_calls) or "none"
    words = f"both calls are in every body and in none of {_ROUNDS} streams; the last has {inputs}"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


def _asks_for_both(reply: Reply) -> bool:
    """Whether there are two calls, and each is of another city: alone, with its country, or in capitals."""
    inputs = [call.get("input") for call in reply.tool_calls]
    cities = [str(given.get("city")).casefold() for given in inputs if isinstance(given, dict)]
    named = [[city for city in _CITIES if city.casefold() in words] for words in cities]
    return len(reply.tool_calls) == len(_CITIES) and sorted(named) == [[city] for city in sorted(_CITIES)]
