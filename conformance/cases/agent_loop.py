"""The middle of an agent's loop: the last turn is the result of a call, and everything else is still to be heeded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.cases.common import POSITIVE_CONTROL, ROOM, assistant, control, rejected, says, text, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.several import ALL_NAMES, Asked, Places, all_are_read, one_of_the_cats
from conformance.cases.tools import ASKS_FOR_NONE, BOTH, WEATHER, calls, forced_choice, tools_are_read
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

_SYSTEM, _TURN = "the system prompt", "the turn before the call"
_SAID, _INPUT, _RESULT = "what is said before the call", "the input of the call", "the result of the call"
_NAMES: Mapping[str, str] = {
    _SYSTEM: "Brøndelmark",
    _TURN: "Ellingbroke",
    _SAID: "Corvantine",
    _INPUT: "Pelmaghen",
    _RESULT: "Żurawienka",
}
"""Codewords by place. Two have letters that are not ASCII, which a careless program drops or spoils."""


def _asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
    """A loop with these words in these places, each behind a blank line and before another."""

    def put(place: str, short: str) -> str:
        return f"{short}\n\n{words[place]}\n\nThat is all." if place in words else short

    schema = {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}
    call = {"type": "tool_use", "id": _ID, "name": "look_up", "input": {"note": words.get(_INPUT, "office")}}
    result = {"type": "tool_result", "tool_use_id": _ID, "content": put(_RESULT, "The office is open.")}
    return {
        "system": put(_SYSTEM, "Answer briefly."),
        "tools": [{"name": "look_up", "description": "Looks up an office.", "input_schema": schema}],
        "messages": [
            user(f"{put(_TURN, 'Look up the office once, and then answer a question.')}\n\n{question}"),
            assistant(text(put(_SAID, "I will look it up.")), call),
            user(result),
        ],
        "max_tokens": ROOM,
    }


_ID = "toolu_conformance_loop"


@experiment("messages.conversation")
def a_loop_is_read_whole(api: Endpoint) -> Observation:
    """When the last turn is the result of a call, all that came before it is still the prompt, every paragraph of it.

    Honoured: names in the system prompt, the turn before the call, what is said with the call, its input and its result
    all come back, or the prompt grows by them. Ignored: one of these places is not read, or
    only to its first blank line; or letters that are not ASCII come back dropped or spoilt, the same way every time.
    """
    try:
        found = all_are_read(api, replace(_places(_asked), plainer=_places(_calmly)))
    except Inconclusive:
        if spoilt := _spoilt(api):
            return spoilt
        raise
    if found.behaviour is Behaviour.HONOURED and "text" not in found.signals:
        return _spoilt(api) or found
    return found


def _places(asked: Asked) -> Places:
    return Places(
        codewords=_NAMES,
        asked=asked,
        without=asked({}, ALL_NAMES),
        # In plain sight of the same loop: a model may call again rather than answer, there as here.
        shown=lambda words, question: asked({_TURN: words} if words else {}, question),
    )


def _calmly(words: Mapping[str, str], question: str) -> dict[str, Json]:
    """The loop without thinking: who thinks by itself may want its thoughts back with every call."""
    return {**_asked(words, question), "thinking": {"type": "disabled"}}


_TIMES = 5


def _spoilt(api: Endpoint) -> Observation | None:
    """Names that come back without their letters, or with others in their place, the same way every time."""
    told = {place: one_of_the_cats(name) for place, name in _NAMES.items()}
    replies = [control(api, "treatment", **_asked(told, ALL_NAMES)) for _ in range(_TIMES)]
    for place in (_SYSTEM, _RESULT):
        name = _NAMES[place]
        for form in _forms(name):
            if not all(says(reply, form) and not says(reply, name) for reply in replies):
                continue
            shown = _asked({_TURN: one_of_the_cats(name)}, ALL_NAMES)
            if all(says(control(api, POSITIVE_CONTROL, **shown), name) for _ in range(_TIMES)):
                words = f"{place} is spoilt: {name} comes back as {form}, {_TIMES} times"
                return Observation(Behaviour.IGNORED, words, signals=("text",))
    return None


def _forms(name: str) -> tuple[str, ...]:
    """What is left of a name where its letters are dropped, replaced, or read in another encoding."""
    ascii_only = name.encode("ascii", "ignore").decode()
    marked = name.encode("ascii", "replace").decode()
    doubled = "".join("?" * len(sign.encode()) if ord(sign) > 127 else sign for sign in name)
    misread = name.encode().decode("latin-1")
    return ascii_only, marked, doubled, misread, name.encode("ascii", "backslashreplace").decode()


@experiment("tool_choice.any")
def any_forces_a_call_after_a_result(api: Endpoint) -> Observation:
    """``any`` makes the model call a tool also where the last turn is the result of a call.

    Honoured: it calls, and without tool_choice it answers. Accepted: it calls either way. Ignored: it answers, though
    it calls where nothing was called before.
    """
    request = {**_asked({}, "Is the office open? Answer with yes or no."), "tools": BOTH + _asked({}, "")["tools"]}
    plain = api.ask("control", **request)
    if not plain.ok:
        request = {**request, "thinking": {"type": "disabled"}}
        plain = control(api, "control without thinking", **request)
    forced = forced_choice(api, request, {"type": "any"}, enough=1)
    if not forced.taken:
        return rejected("tool_choice any after a result", forced.reply)
    if forced.obeyed is None:
        raise Inconclusive(forced.made)
    if not forced.obeyed:
        first: dict[str, Json] = {"messages": [ASKS_FOR_NONE], "max_tokens": ROOM, "tools": BOTH}
        if not forced_choice(api, first, {"type": "any"}).obeyed:
            raise NotApplicable("nothing is forced in a first turn either, which is the finding of another case")
        words = f"{forced.made}, after a result; in a first turn it is made"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    behaviour = Behaviour.ACCEPTED if plain.tool_calls else Behaviour.HONOURED
    words = f"after a result: {forced.made}; without tool_choice {calls(plain)}"
    return Observation(behaviour, words, signals=("blocks",))


@experiment("tool_choice.tool")
def the_only_tool_is_called(api: Endpoint) -> Observation:
    """``tool`` makes the model call the tool it names also where there is no other, as for structured output.

    Honoured: a prompt that needs no tool is answered with a call of it. Ignored: with none.
    """
    request: dict[str, Json] = {"messages": [ASKS_FOR_NONE], "max_tokens": ROOM, "tools": [WEATHER]}
    name = WEATHER["name"]
    forced = forced_choice(api, request, {"type": "tool", "name": name}, name=name, enough=1)
    if not forced.taken:
        control(api, **request)
        return rejected(f"tool_choice {name}, the only tool,", forced.reply)
    if forced.obeyed is None:
        raise Inconclusive(forced.made)
    if not forced.obeyed:
        tools_are_read(api)
        words = f"{name} is named, and the only tool: {forced.made}"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    return Observation(Behaviour.HONOURED, f"called where it is the only tool: {forced.made}", signals=("blocks",))
