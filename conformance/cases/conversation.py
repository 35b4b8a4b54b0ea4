"""A whole conversation of an agent: what is read by itself may still be lost among other things.

Every place of it holds a sentence or a paragraph, and a prompt's size adds up: where all places hold the
paragraph, the prompt must be larger by all of them. That takes two requests for some twenty places, and only
where something is missing is each place asked about by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.cases.baseline import zone_of
from conformance.cases.common import assistant, compared, control, text, user
from conformance.cases.counts import Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_SHORT = "This was noted."
_LONG = (
    "This was noted. The office stands at the corner of a quiet street, between a bakery and a shop that mends "
    "bicycles. In the morning the light falls through the tall windows onto the long wooden table where everybody "
    "works. There are eleven chairs, four lamps, two printers and one old clock that runs a little slow."
)
"""Some sixty tokens of it show in a prompt's size."""

_PLACES: Mapping[str, str] = {
    "the first block of system": "system",
    "the second block of system": "system",
    "the third block of system": "system",
    "the description of the first tool": "tool",
    "the description of a tool's parameter": "tool",
    "the description of the second tool": "tool",
    "the description of a nested parameter": "tool",
    "the description of the third tool": "tool",
    "the first text block of the first turn": "user",
    "the second text block of the first turn": "user",
    "the third text block of the first turn": "user",
    "the fourth text block of the first turn": "user",
    "an answer": "assistant",
    "the text before a call": "assistant",
    "the input of the first call": "call",
    "the nested input of the second call": "call",
    "the result of the first call": "result",
    "the first block of the second call's result": "result",
    "the second block of the second call's result": "result",
    "the third block of the second call's result": "result",
    "the text behind the results": "user",
    "the answer after the results": "assistant",
    "the last turn": "user",
}
"""Every place, and the kind it is of."""

_ENOUGH = 64
"""max_tokens: only the prompt is looked at, however its reply is cut."""

_BUDGET = 1024

_MODES: Mapping[str, Mapping[str, Json]] = {
    "": {},
    "over a stream": {"stream": True},
    "while thinking": {"thinking": {"type": "enabled", "budget_tokens": _BUDGET}, "max_tokens": _BUDGET + _ENOUGH},
}


@experiment("messages.conversation")
def nothing_is_lost_among_the_rest(api: Endpoint) -> Observation:
    """What is read by itself is read in a conversation with everything in it, streamed or thinking as well.

    Honoured: the prompt grows by a paragraph in each of its places. Ignored: a place is lost that is read
    where it stands alone. A prompt that grows by less than its places add up to says nothing sure. Each mode is
    looked at by itself: one that is refused, or cannot tell, says nothing of the others.
    """
    shown: dict[int | None, Growth] = {}
    whole: list[str] = []
    undecided: list[str] = []
    for mode, params in _MODES.items():
        try:
            whole.append(_whole(api, mode, shown, params))
        except Inconclusive as reason:
            undecided.append(f"{mode or 'plainly'}: {reason}")
        except _Lost as loss:
            words = f"{mode or 'plainly'}: not read among the rest: {loss}; read where it stands alone"
            return Observation(Behaviour.IGNORED, words, signals=("size",))
    if not whole:
        raise Inconclusive("; ".join(dict.fromkeys(undecided)))
    seen = f"{len(_PLACES)} places; the prompt grows, {', '.join(whole)}"
    if undecided:
        seen += f"; undecided {'; '.join(undecided)}"
    return Observation(Behaviour.HONOURED, seen, signals=("size",))


class _Lost(Exception):
    """Places are lost among the rest, by name."""


def _whole(api: Endpoint, mode: str, shown: dict[int | None, Growth], params: Mapping[str, Json]) -> str:
    """By how much the conversation grows under a mode, in words, where nothing of it is lost.

    Raises:
        Inconclusive: the mode is refused, or the count does not add up.
        _Lost: something of it is.
    """
    short = api.ask(f"control {mode}".strip(), **{**_conversation({}), **params})
    if not short.ok and not mode:
        # Some services that think want the thoughts of every turn back, and here there are none.
        params = {**params, "thinking": {"type": "disabled"}}
        calm = api.ask("control without thinking", **{**_conversation({}), **params})
        short = calm if calm.ok else short
    if not short.ok:
        raise Inconclusive(f"the control was refused ({short.refusal})")
    growth = _grown(api, short, mode, params, _in_plain_sight(api, short, params, shown))
    if zone_of(api, growth) is Zone.BETWEEN:
        for _ in range(_AGAIN):
            again = control(api, _arm("control", mode), **{**_conversation({}), **params})
            growth = growth.with_more(_grown(api, again, mode, params, _in_plain_sight(api, again, params, {})))
    zone = zone_of(api, growth)
    if zone is Zone.UNKNOWN:
        raise Inconclusive("the service's count does not follow the prompt")
    if zone is not Zone.EXPECTED and (noise := growth.noise()):
        raise Inconclusive(f"the size of one and the same prompt differs by {noise}: {compared(growth)}")
    if zone is not Zone.EXPECTED and (lost := _looked_for(api, growth, params)):
        raise _Lost(", ".join(lost))
    return f"{mode or 'plainly'}: {growth.grown()} tokens (in plain sight {growth.expected()})"


_AGAIN = 2
"""How often more all arms are asked where a prompt grew by less than its places add up to."""

_ALL = (len(_PLACES) - 0.5) / len(_PLACES)
"""The share of what is expected below which a place is missing."""


def _arm(name: str, mode: str) -> str:
    return f"{name} {mode}".strip()


def _in_plain_sight(api: Endpoint, short: Reply, params: Mapping[str, Json], shown: dict[int | None, Growth]) -> Growth:
    """By how much a plain prompt grows by as many paragraphs as there are places.

    A stream may be counted otherwise, or not at all: then it is asked for as one where the conversation is.

    Args:
        shown: what was found before, by the size of the conversation that it was found for.
    """
    if short.size not in shown:
        streamed = {name: value for name, value in params.items() if name == "stream"}
        least, most = (
            control(api, f"positive control, {name}", messages=[user(words)], max_tokens=_ENOUGH, **streamed)
            for name, words in (
                ("short", "\n\n".join([_SHORT] * len(_PLACES))),
                ("long", "\n\n".join([_LONG] * len(_PLACES))),
            )
        )
        shown[short.size] = Growth((), (), (least,), (most,))
    return shown[short.size]


def _grown(api: Endpoint, short: Reply, mode: str, params: Mapping[str, Json], plain: Growth) -> Growth:
    """By how much the conversation grows by a paragraph in all of its places."""
    everything = {**_conversation(dict.fromkeys(_PLACES, _LONG)), **params}
    long = control(api, _arm("treatment", mode), **everything)
    return replace(plain, before=(short,), after=(long,), enough=_ALL)


def _looked_for(api: Endpoint, growth: Growth, params: Mapping[str, Json]) -> list[str]:
    """The places that are lost, asked about one by one; none where all that is counted adds up.

    Raises:
        Inconclusive: it adds up to more than the conversation grew by.
    """
    grown, expected, size = growth.grown(), growth.expected(), growth.before[0].size
    if grown is None or expected is None or size is None:
        raise Inconclusive("the service's count does not follow the prompt")
    paragraph = expected // len(_PLACES)
    alone = _growths(api, size, params, paragraph)
    if lost := _lost(api, alone, paragraph, params):
        return lost
    if grown < sum(alone.values()) - paragraph / 2:
        raise Inconclusive(f"the prompt grows by {grown} tokens, place by place by {sum(alone.values())}")
    return []


def _growths(api: Endpoint, short: int, params: Mapping[str, Json], paragraph: int) -> dict[str, int]:
    """By how much the conversation grows where one place alone holds the paragraph."""
    growths: dict[str, int] = {}
    for place in _PLACES:
        size = control(api, place, **{**_conversation({place: _LONG}), **params}).size
        if size is None or short - size > paragraph / 4:
            raise Inconclusive(f"the service's count does not follow the prompt: {short} tokens, and {size} with more")
        growths[place] = size - short
    return growths


def _lost(api: Endpoint, alone: Mapping[str, int], paragraph: int, params: Mapping[str, Json]) -> list[str]:
    """The places whose paragraph does not show in the conversation, and does in a short one."""
    missing = [place for place, growth in alone.items() if growth < paragraph / 2]
    kinds = dict.fromkeys(_PLACES[place] for place in missing)
    counted = {kind: _counted(api, kind, paragraph, params) for kind in kinds}
    return [place for place in missing if counted[_PLACES[place]]]


def _counted(api: Endpoint, kind: str, paragraph: int, params: Mapping[str, Json]) -> bool:
    """Whether the service counts what stands in a place of this kind, alone in a short conversation."""
    # That a system prompt is lost over a stream as such is the finding of a row of its own.
    streamed = {name: value for name, value in params.items() if (kind, name) == ("system", "stream")}
    short, long = (
        api.ask(f"{kind} alone, {name}", **_alone(kind, words), **streamed)
        for name, words in (("short", _SHORT), ("long", _LONG))
    )
    if not (short.ok and long.ok) or short.size is None or long.size is None:
        return False
    return long.size - short.size >= paragraph / 2


def _alone(kind: str, words: str) -> dict[str, Json]:
    asked: dict[str, Json] = {"messages": [user("Say hello in one short sentence.")], "max_tokens": _ENOUGH}
    match kind:
        case "system":
            return {**asked, "system": [text(words)]}
        case "tool":
            return {**asked, "tools": [_tool("look_up", words, {"note": {"type": "string"}})]}
        case "assistant":
            return {**asked, "messages": [user("Hello."), assistant(words), *asked["messages"]]}
        case "call" | "result":
            note, result = (words, _SHORT) if kind == "call" else (_SHORT, words)
            call = _call(1, "look_up", {"note": note})
            turns = [user("Look it up."), assistant(call), user(_result(1, result))]
            return {
                **asked,
                "messages": turns,
                "tools": [_tool("look_up", "Looks it up.", {"note": {"type": "string"}})],
            }
        case _:
            return {**asked, "messages": [user(f"{words} Say hello in one short sentence.")]}


def _conversation(words: Mapping[str, str]) -> dict[str, Json]:
    """The conversation, with these words in these places and a short sentence in all others."""
    said = {place: words.get(place, _SHORT) for place in _PLACES}
    note = {"type": "string", "description": said["the description of a tool's parameter"]}
    inner = {"type": "string", "description": said["the description of a nested parameter"]}
    detail = {"type": "object", "properties": {"note": inner}, "required": ["note"]}
    listed = [text(said[f"the {nth} block of the second call's result"]) for nth in ("first", "second", "third")]
    first = [text(said[f"the {nth} text block of the first turn"]) for nth in ("first", "second", "third", "fourth")]
    small_talk: list[Json] = []
    for number in range(1, 7):
        small_talk += [user(f"Thank you, and again {number}."), assistant("You are welcome.")]
    return {
        "max_tokens": _ENOUGH,
        "system": [text(said[f"the {nth} block of system"]) for nth in ("first", "second", "third")],
        "tools": [
            _tool("look_up", said["the description of the first tool"], {"note": note}),
            _tool("read_report", said["the description of the second tool"], {"detail": detail}),
            _tool("ring", said["the description of the third tool"], {"bell": {"type": "string", "enum": ["a", "b"]}}),
        ],
        "messages": [
            user(*first),
            assistant(said["an answer"]),
            user("Look it up, and read the report."),
            assistant(
                text(said["the text before a call"]),
                _call(1, "look_up", {"note": said["the input of the first call"]}),
                _call(2, "read_report", {"detail": {"note": said["the nested input of the second call"]}}),
            ),
            user(
                _result(1, said["the result of the first call"]),
                _result(2, listed),
                text(said["the text behind the results"]),
            ),
            assistant(said["the answer after the results"]),
            *small_talk,
            user(f"{said['the last turn']} Say hello in one short sentence."),
        ],
    }


def _tool(name: str, description: str, properties: Json) -> dict[str, Json]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"name": name, "description": description, "input_schema": schema}


def _call(number: int, name: str, given: Json) -> dict[str, Json]:
    return {"type": "tool_use", "id": f"toolu_conformance_{number}", "name": name, "input": given}


def _result(number: int, content: Json) -> dict[str, Json]:
    return {"type": "tool_result", "tool_use_id": f"toolu_conformance_{number}", "content": content}
