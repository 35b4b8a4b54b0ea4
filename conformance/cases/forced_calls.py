"""Forced calls: does the input of a call come out as the model wrote it, of every type, and over a stream?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from conformance.trouble import Inconclusive, NotApplicable
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

_LETTER = " ".join(
    f"Paragraph {number} of the letter is about house number {number + 20}, which looks out on the quay."
    for number in range(1, 19)
)
_LOOKALIKES: Mapping[str, Json] = {
    "code": "007",
    "price": "1.50",
    "flag": "true",
    "nothing": "null",
    "list": "[1, 2]",
    "blanks": "  two before,\n\n\tand one after ",
    "number": 9007199254740993,
    "place": {"street_name": "Rua 7", "floorNumber": 3},
    "page": "<p>one</p> & <b>two</b>",
    "labels": {"colour": "red", "size": "9"},
    "outer": {"inner": {"deep": "down here"}},
    "maybe": "yes",
    "letter": _LETTER,
}
"""Strings that read as something else, blanks, a number that no float holds, two ways to write a key, tags, an object
whose keys no schema names, objects in objects, what may be null and is not, a long string."""


def _object(**properties: Json) -> dict[str, Json]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_STORE: Mapping[str, Json] = {
    "name": "store_record",
    "description": "Stores a record, most fields of which are texts.",
    "input_schema": {
        "type": "object",
        "properties": {
            **{name: {"type": "string"} for name in _LOOKALIKES},
            "number": {"type": "integer"},
            "place": {
                "type": "object",
                "properties": {"street_name": {"type": "string"}, "floorNumber": {"type": "integer"}},
                "required": ["street_name", "floorNumber"],
            },
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "outer": _object(inner=_object(deep={"type": "string"})),
            "maybe": {"type": ["string", "null"]},
        },
        "required": list(_LOOKALIKES),
    },
}


@dataclass(frozen=True, slots=True)
class _Form:
    """A tool, and the input that a call of it is to have."""

    tool: Mapping[str, Json]
    wanted: Mapping[str, Json]

    @property
    def written(self) -> str:
        """The input as JSON."""
        return json.dumps(self.wanted, ensure_ascii=False)

    @property
    def asked(self) -> str:
        """What asks for a call that has it."""
        name = self.tool["name"]
        return f"Call the tool {name} with exactly this input, and change nothing in it: {self.written}"

    def call(self, api: Endpoint, arm: str, **more: Json) -> Reply:
        """A reply with a call that ought to have it."""
        return call_of(api, arm, self.tool, self.asked, **more)


_RESERVATION = _Form(_RESERVE, WANTED)
_RECORD = _Form(_STORE, _LOOKALIKES)

RESERVES: Mapping[str, Json] = {
    "messages": [user(_RESERVATION.asked)],
    "tools": [dict(_RESERVE)],
    "tool_choice": {"type": "tool", "name": _RESERVE["name"]},
}
"""A request for a call whose input is ``WANTED``, forced, but for its max_tokens."""

_DRAWS = 2
ROUNDS = 5
"""How often a call must be wrong, and the same words right where no call is involved, before the service is blamed."""


@experiment("tools.input")
def every_type_of_input_comes_out_as_it_is(api: Endpoint) -> Observation:
    """The input of a call has the values that were asked for, each of its type. MUST: programs run on them.

    Honoured: an integer, a boolean, a choice, an object, lists and a long string are what they were to be. Ignored:
    an object or a list is a string of JSON, even once; or the input is wrong every time, though as plain text the
    model repeats it every time.
    """
    return _comes_out(api, _RESERVATION, _DRAWS)


@experiment("tools.input")
def a_string_stays_a_string(api: Endpoint) -> Observation:
    """A string that reads as a number, as true, as null or as a list is a string, and a long one comes whole. MUST.

    (A code of 007 is not 7; whoever has a file written wants all of it, with its blanks. A long number keeps its
    digits, and a key its letters.)

    Honoured: all of them are what they were to be. Ignored: one is of another type, or cut, every time, though as plain
    text the model repeats it every time.
    """
    return _comes_out(api, _RECORD, 1)


def _comes_out(api: Endpoint, form: _Form, draws: int) -> Observation:
    seen = _right_input(api, form, draws)
    if seen is not None:
        return seen
    written = [_as_text(api, form) for _ in range(ROUNDS - _DRAWS)]
    wrong = _wrong_every_time(api, form)
    if not all(written):
        raise Inconclusive(f"the model does not repeat the input as plain text either; {wrong}")
    return Observation(Behaviour.IGNORED, f"{wrong} in {ROUNDS} calls", signals=("blocks",))


@experiment("stream.tool_input")
def every_type_of_streamed_input_comes_out_as_it_is(api: Endpoint) -> Observation:
    """The pieces of a streamed input join to the values that were asked for. MUST: programs run on them.

    Honoured: an integer, a boolean, a choice, an object, lists and a long string are what they were to be. Ignored:
    an object or a list is a string of JSON, even once; or the input is wrong every time, though without streaming
    it is right every time.
    """
    seen = _right_input(api, _RESERVATION, _DRAWS, stream=True)
    if seen is not None:
        return seen
    bodies = [_RESERVATION.call(api, "control, a body") for _ in range(ROUNDS)]
    wrong = _wrong_every_time(api, _RESERVATION, stream=True)
    if not all(_faults(input_of(body), WANTED) == [] for body in bodies):
        raise Inconclusive(f"the input is wrong now and then without streaming too; {wrong}")
    return Observation(Behaviour.IGNORED, f"{wrong} in {ROUNDS} streams, and in no body", signals=("blocks",))


def _right_input(api: Endpoint, form: _Form, draws: int, **more: Json) -> Observation | None:
    """What a few calls show; None where values are wrong that a weak model can get wrong."""
    right = wrong = 0
    while right < draws and wrong < draws:
        faults = _faults(input_of(form.call(api, "treatment", **more)), form.wanted)
        if folded := [fault for fault in faults if fault.endswith(_FOLDED)]:
            return Observation(Behaviour.IGNORED, folded[0], signals=("blocks",))
        right, wrong = right + (not faults), wrong + bool(faults)
    if right < draws:
        return None
    seen = f"all {len(form.wanted)} values are right in {right} of {right + wrong} calls"
    return Observation(Behaviour.HONOURED, seen, signals=("blocks",))


def _wrong_every_time(api: Endpoint, form: _Form, **more: Json) -> str:
    """The fault that every one of some more calls has.

    Raises:
        Inconclusive: one has none, or another one.
    """
    common: set[str] | None = None
    for _ in range(ROUNDS):
        faults = set(_faults(input_of(form.call(api, "treatment", **more)), form.wanted))
        common = faults if common is None else common & faults
        if not common:
            raise Inconclusive("the input of a call is now right and now wrong, or wrong in another way each time")
    assert common
    return min(common)


_FOLDED = "is a string of JSON"


def _faults(found: Json, expected: Mapping[str, Json]) -> list[str]:
    """What is wrong with an input, without the values themselves, so that two of a kind are the same words."""
    if not isinstance(found, dict):
        return ["the input is no object"]
    faults: list[str] = []
    for name, wanted in expected.items():
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


def _as_text(api: Endpoint, form: _Form) -> bool:
    """Whether the model writes the input as it is where it writes plain text."""
    asked = user(f"Repeat the text between the tags exactly, and write nothing else.\n<text>{form.written}</text>")
    reply = control(api, POSITIVE_CONTROL, messages=[asked], max_tokens=ROOM)
    begin, end = reply.text.find("{"), reply.text.rfind("}")
    return begin >= 0 and _parsed(reply.text[begin : end + 1]) == form.wanted


def call_of(
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


def input_of(reply: Reply) -> Json:
    """The input of a reply's first call, whatever it is."""
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

    Honoured: it is an object. Ignored: it is null, a string or missing; or it has a parameter that gateways declare
    for upstreams that want one (``dummy``, ``_placeholder``), and should take out again. Rejected: such a tool is
    refused. (That the call has the long name that was declared is looked at in passing.)
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
        reply = call_of(api, "treatment", _stopping(_LONG_NAME), asked.format(_LONG_NAME), **more)
    except Inconclusive:
        # A long name that is refused is the finding of another row.
        reply = call_of(api, "treatment, short name", _stopping(_SHORT_NAME), asked.format(_SHORT_NAME), **more)
    found = input_of(reply)
    if isinstance(found, dict):
        if any(_STAND_IN.search(name) for name in found):
            words = f"the input is {shown(found)}: the service has given the tool a parameter of its own"
            return Observation(Behaviour.IGNORED, words, signals=("blocks",))
        return Observation(Behaviour.HONOURED, f"the input is {shown(found)}", signals=("blocks",))
    return Observation(Behaviour.IGNORED, f"the input is {shown(found)}, not an object", signals=("blocks",))


_STAND_IN = re.compile(r"^_|dummy|placeholder|unused|no_?arg|no_?op|random_string", re.IGNORECASE)
"""Names of parameters that nobody declared but the service: no model makes them up for a tool that takes nothing."""


def shown(value: Json) -> str:
    """A value as JSON, cut where it is long."""
    words = json.dumps(value, ensure_ascii=False)
    return words if len(words) <= _WIDE else f"{words[:_WIDE]}…"


_WIDE = 60

_STEM = "mcp__house-of-clocks__wind-the-clocks-that-stand-in-my-hallway"
_ALIKE = (f"{_STEM}_a", f"{_STEM}_b")
"""Two names of 64 characters, as long as one may be, of which only the last differs."""
_SHORT_ALIKE = ("wind-the-clocks_a", "wind-the-clocks_b")
"""As much alike, and shorter than what anybody cuts a name to: does the model tell such names apart?"""


@experiment("tools")
def names_that_end_otherwise_are_two(api: Endpoint) -> Observation:
    """Two tools whose long names differ at their ends alone are two. MUST: a client runs what is named.

    (Names of MCP servers' tools are so; upstreams that allow fewer characters have them cut.)

    Honoured: each of the two is called by its own name. Ignored: one never is, the other is in its place, and short
    names that are as much alike are told apart every time. (Where such names are refused, or no call is forced by its
    name, another row finds that.)
    """
    for name, short in zip(_ALIKE, _SHORT_ALIKE, strict=True):
        if (first := _wound(api, name, _ALIKE)) == name:
            continue
        for _ in range(ROUNDS - 1):
            if _wound(api, name, _ALIKE) != first:
                raise Inconclusive("the model calls now the one and now the other")
            if _wound(api, short, _SHORT_ALIKE, POSITIVE_CONTROL) != short:
                raise NotApplicable("no call is forced by its name, so names cannot be told apart")
        words = f"asked for …{name[-4:]}, {ROUNDS} calls of {ROUNDS} name …{first[-12:]}"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    words = "each of two tools is called whose long names differ at the end alone"
    return Observation(Behaviour.HONOURED, words, signals=("blocks",))


def _wound(api: Endpoint, name: str, names: Sequence[str], arm: str = "treatment") -> str:
    """The name in the call, where one of two tools is forced by its name, and nothing else speaks for it.

    Raises:
        NotApplicable: a call is not forced by its name.
        Inconclusive: such tools are refused altogether.
    """

    def declared(names: Sequence[str]) -> list[Json]:
        return [{**_stopping(one), "description": f"Winds clock {one[-1].upper()}."} for one in names]

    asked: dict[str, Json] = {"messages": [user("Wind one of the two clocks now.")], "max_tokens": ROOM}
    choice = {"type": "tool", "name": name}
    reply = api.ask(f"{arm}, {name[-1]}", **asked, tools=declared(names), tool_choice=choice)
    if not reply.ok:
        control(api, "control, not forced", **asked, tools=declared(_SHORT_ALIKE))
    if not reply.ok or not reply.tool_calls:
        raise NotApplicable("no call is forced by its name, so names cannot be told apart")
    return str(reply.tool_calls[0].get("name"))


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
    for number in range(ROUNDS):
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
    inputs = ", ".join(shown(call.get("input")) for call in reply.tool_calls) or "none"
    words = f"both calls are in every body and in none of {ROUNDS} streams; the last has {inputs}"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


def _asks_for_both(reply: Reply) -> bool:
    """Whether there are two calls, and each is of another city: alone, with its country, or in capitals."""
    inputs = [call.get("input") for call in reply.tool_calls]
    cities = [str(given.get("city")).casefold() for given in inputs if isinstance(given, dict)]
    named = [[city for city in _CITIES if city.casefold() in words] for words in cities]
    return len(reply.tool_calls) == len(_CITIES) and sorted(named) == [[city] for city in sorted(_CITIES)]
