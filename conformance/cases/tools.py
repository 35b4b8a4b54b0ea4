"""tools and tool_choice: is a tool called when asked for, forced, named or forbidden?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    BALLAST,
    POSITIVE_CONTROL,
    assistant,
    compared,
    control,
    needs_streams,
    rejected,
    text,
    user,
)
from conformance.cases.counts import Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.streamed import is_in_order
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

ROOM = 2048
"""max_tokens of a request that may call: a call cut short is no call at all."""

_TRIES = 3

_ROUNDS = 5
"""How often a model must do one thing here and never there before the service is blamed for it.

A model that calls half of the time does so in 1 of 2^11 cases, however its luck falls.
"""


_DRAWS = 16
_MISSES = 7
"""A forced call is blamed on the service where it is missing from 7 of 16 whole replies.

A service that makes nine of ten forced calls, the model's and the network's bad luck taken together, misses so
many in 1 of 1,900 cases (binomial: 0.0005); and a second run of the case has to come to the same.
"""


def _tool(name: str, description: str, parameter: str, example: str) -> dict[str, Json]:
    return {
        "name": name,
        "description": description,
        "input_schema": {
            "type": "object",
            "properties": {parameter: {"type": "string", "description": f"For example: {example}"}},
            "required": [parameter],
        },
    }


WEATHER = _tool("get_weather", "Returns the current weather in a city.", "city", "Lisbon")
CLOCK = _tool("get_time", "Returns the current local time in a city.", "city", "Lisbon")
BOTH = [WEATHER, CLOCK]
LISBON: Mapping[str, Json] = {"city": "Lisbon"}
ASKS_FOR_ONE = user("What is the weather in Lisbon right now? Call the get_weather tool to find out.")
ASKS_FOR_NONE = user("Say hello in one short sentence.")


@experiment("tools")
def a_declared_tool_is_called(api: Endpoint) -> Observation:
    """tools declares functions the model may call.

    Honoured: a question that needs one ends in a call of it, or the declarations show in the prompt's
    size. Ignored: neither, and nothing is called even where a call is forced.
    """
    asked: dict[str, Json] = {"messages": [ASKS_FOR_ONE], "max_tokens": ROOM}
    declared = [{**WEATHER, "description": f"{WEATHER['description']} {BALLAST}"}, CLOCK]
    plain = control(api, **asked)
    offered = api.ask("treatment", **asked, tools=declared)
    if not offered.ok:
        return rejected("tools", offered)
    if _called(offered):
        return Observation(Behaviour.HONOURED, f"{calls(offered)} ({_sizes(plain, offered)})", signals=("blocks",))
    growth = _counted(api, plain, offered, ASKS_FOR_ONE, declared)
    seen = f"no call; {compared(growth)}"
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, seen, signals=("size",))
    cut = 0
    for _ in range(_ROUNDS):
        forced = api.ask("treatment, forced", **asked, tools=declared, tool_choice={"type": "any"})
        if not forced.ok:
            raise Inconclusive(f"the model calls nothing by itself, and may not be forced to ({forced.refusal})")
        if _called(forced):
            return Observation(Behaviour.HONOURED, f"forced, it makes {calls(forced)}", signals=("blocks",))
        cut += _is_cut(forced)
    if cut or _is_cut(offered):
        raise Inconclusive(_CUT)
    if zone is not Zone.NOTHING:
        raise Inconclusive(f"the model calls nothing, and the service's count does not tell: {compared(growth)}")
    words = f"{seen}; forced, it makes no call in {_ROUNDS} replies"
    return Observation(Behaviour.IGNORED, words, signals=("blocks", "size"))


def _sizes(before: Reply, after: Reply) -> str:
    return f"the prompt went from {before.size} to {after.size} tokens"


def _counted(
    api: Endpoint, plain: Reply, offered: Reply, asks: Mapping[str, Json], tools: Sequence[Mapping[str, Json]]
) -> Growth:
    """By how much a prompt grows by its tools, and by the same declarations in plain sight."""
    words = f"{json.dumps(tools)}\n\n{asks['content']}"
    return Growth(
        (plain,), (offered,), (plain,), (control(api, POSITIVE_CONTROL, messages=[user(words)], max_tokens=ROOM),)
    )


@experiment("tool_choice.auto")
def auto_is_the_default(api: Endpoint) -> Observation:
    """``auto`` leaves the choice to the model, as does no tool_choice at all.

    Accepted: taken, and the model calls a tool where it does by default and none where it does not.
    Ignored: it acts as another choice would: differently from the default, or it calls whatever it is asked, and
    however clearly it is told not to. Rejected: it is refused.
    """
    auto = {"type": "auto"}
    for asks, name in ((ASKS_FOR_ONE, "needs a tool"), (ASKS_FOR_NONE, "needs none")):
        request: dict[str, Json] = {"messages": [asks], "max_tokens": ROOM, "tools": BOTH}
        plain = control(api, f"control, {name}", shared=True, **request)
        chosen = api.ask(f"treatment, {name}", **request, tool_choice=auto)
        if not chosen.ok:
            return rejected("tool_choice auto", chosen)
        if _called(plain) != _called(chosen):
            # A model may decide differently twice; a service that misreads auto does so every time.
            again = [_called(api.ask(f"treatment, {name}", **request, tool_choice=auto)) for _ in range(_ROUNDS)]
            back = [_called(control(api, f"control, {name}", **request)) for _ in range(_ROUNDS)]
            if set(again) == {_called(chosen)} and set(back) == {_called(plain)}:
                seen = f"{calls(chosen)} where the default makes {calls(plain)}, {_ROUNDS + 1} times each"
                return Observation(Behaviour.IGNORED, f"a prompt that {name}: {seen}", signals=("blocks",))
    if _called(chosen) and (forced := _is_forced(api)):
        return Observation(Behaviour.IGNORED, forced, signals=("blocks",))
    return Observation(Behaviour.ACCEPTED, "taken; the model chooses as it does by default", signals=("blocks",))


_NO_CALLS = (
    "Say hello in one short sentence. Do not call any tool.",
    "How much is two and two? Answer with the number only, in plain text, and do not call a tool.",
    "Do not use any tools. Write one short sentence about the sea.",
    "Answer in words, and call nothing: what is the capital of France?",
)
"""Prompts that no tool helps with, and that forbid it in so many words."""


def _is_forced(api: Endpoint) -> str:
    """That a model calls whatever it is asked, under auto and by default, in words; empty where it ever does not.

    A model may be eager to call, but not against every word of the user's, where it answers the same in words
    without tools. One that does not heed its user without tools either is none to tell by.
    """
    for words in _NO_CALLS:
        asked: dict[str, Json] = {"messages": [user(words)], "max_tokens": ROOM}
        for request in ({**asked, "tool_choice": {"type": "auto"}}, asked):
            for _ in range(_TRIES):
                if not _called(api.ask("treatment, no call wanted", **request, tools=BOTH)):
                    return ""
        if not control(api, "control, no tools", **asked).text:
            return ""
    return f"{len(_NO_CALLS)} prompts that forbid a call are answered with one, {2 * _TRIES} times each"


@experiment("tool_choice.any")
def any_forces_a_call(api: Endpoint) -> Observation:
    """``any`` makes the model call one of the tools.

    Honoured: a prompt that needs no tool is answered with a call, and without tool_choice it is not.
    Accepted: with a call, but it calls without being told to as well. Ignored: without one.
    """
    request: dict[str, Json] = {"messages": [ASKS_FOR_NONE], "max_tokens": ROOM, "tools": BOTH}
    plain = control(api, shared=True, **request)
    forced = forced_choice(api, request, {"type": "any"})
    if not forced.taken:
        return rejected("tool_choice any", forced.reply)
    if forced.obeyed is False:
        tools_are_read(api)
        return Observation(Behaviour.IGNORED, f"{forced.made}, in replies", signals=("blocks",))
    if forced.obeyed is None:
        raise Inconclusive(forced.made)
    if _called(plain):
        return Observation(Behaviour.ACCEPTED, f"{forced.made}, and so without being told to", signals=("blocks",))
    return Observation(Behaviour.HONOURED, f"{forced.made}; without tool_choice none", signals=("blocks",))


@experiment("tool_choice.any")
def any_forces_a_streamed_call(api: Endpoint) -> Observation:
    """``any`` makes the model call one of the tools in a streamed reply as well.

    Honoured: every stream has a call, and without tool_choice there is none. Accepted: with a call, but it
    calls without being told to as well. Ignored: without one, though the tools are read.
    """
    request: dict[str, Json] = {"messages": [ASKS_FOR_NONE], "max_tokens": ROOM, "tools": BOTH, "stream": True}
    needs_streams(api)
    plain = control(api, shared=True, **request)
    forced = forced_choice(api, request, {"type": "any"})
    if not forced.taken:
        return rejected("tool_choice any", forced.reply)
    if forced.obeyed is False:
        tools_are_read(api)
        return Observation(Behaviour.IGNORED, f"{forced.made}, in streams", signals=("blocks",))
    if forced.obeyed is None:
        raise Inconclusive(forced.made)
    if _called(plain):
        seen = f"streamed: {forced.made}, and so without being told to"
        return Observation(Behaviour.ACCEPTED, seen, signals=("blocks",))
    return Observation(Behaviour.HONOURED, f"streamed: {forced.made}; without tool_choice none", signals=("blocks",))


@experiment("tool_choice.tool")
def the_named_tool_is_called(api: Endpoint) -> Observation:
    """``tool`` makes the model call the tool it names.

    Honoured: each of two tools is called when named. Ignored: another one, or none.
    """
    return _named(api, {"messages": [ASKS_FOR_NONE], "max_tokens": ROOM, "tools": BOTH})


@experiment("tool_choice.tool")
def the_named_tool_is_called_in_a_stream(api: Endpoint) -> Observation:
    """``tool`` makes the model call the tool it names in a streamed reply as well.

    Honoured: each of two tools is called when named. Ignored: another one, or none.
    """
    needs_streams(api)
    return _named(api, {"messages": [ASKS_FOR_NONE], "max_tokens": ROOM, "tools": BOTH, "stream": True})


def _named(api: Endpoint, request: Mapping[str, Json]) -> Observation:
    control(api, shared=True, **request)
    undecided = ""
    seen: list[str] = []
    for tool in BOTH:
        name = tool["name"]
        forced = forced_choice(api, request, {"type": "tool", "name": name}, name=name)
        if not forced.taken:
            return rejected(f"tool_choice {name}", forced.reply)
        if forced.obeyed is False:
            tools_are_read(api)
            return Observation(Behaviour.IGNORED, f"{name} is named: {forced.made}", signals=("blocks",))
        if forced.obeyed is None:
            undecided = undecided or f"{name} is named: {forced.made}"
        seen.append(forced.made.removeprefix("a call of "))
    if undecided:
        raise Inconclusive(undecided)
    return Observation(Behaviour.HONOURED, f"called when named: {', '.join(seen)}", signals=("blocks",))


@experiment("tool_choice.none")
def none_forbids_a_call(api: Endpoint) -> Observation:
    """``none`` keeps the model from calling, in a conversation with calls as well.

    Honoured: a prompt that is otherwise answered with a call is answered without. Ignored: it calls.
    A call printed as text is the model's, not the service's: blocks count, not words.
    """
    request: dict[str, Json] = {"messages": [ASKS_FOR_ONE], "max_tokens": ROOM, "tools": BOTH}
    elicited = control(api, shared=True, **request)
    reply = api.ask("treatment", **request, tool_choice={"type": "none"})
    if not reply.ok:
        return rejected("tool_choice none", reply)
    if _called(reply):
        return Observation(Behaviour.IGNORED, f"none is asked for, the reply makes {calls(reply)}", signals=("blocks",))
    for choice in (None, {"type": "any"}, {"type": "tool", "name": "get_weather"}):
        if _called(elicited):
            break
        if choice is not None:
            elicited = api.ask(f"control, {choice['type']}", **request, tool_choice=choice)
    else:
        if not _called(elicited):
            raise Inconclusive("nothing makes this model call a tool, so it cannot be seen being kept from it")
    again = api.ask("treatment", **request, tool_choice={"type": "none"})
    if _called(again):
        return Observation(Behaviour.IGNORED, f"none is asked for, a reply makes {calls(again)}", signals=("blocks",))
    later = api.ask("treatment, after a call", **_AFTER_A_CALL, tool_choice={"type": "none"})
    if _called(later):
        words = f"none is asked for after a call, and the reply makes {calls(later)}"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    made = _TRIES - 1 + later.ok
    return Observation(
        Behaviour.HONOURED, f"no call in {made} replies; otherwise {calls(elicited)}", signals=("blocks",)
    )


_AFTER_A_CALL: Mapping[str, Json] = {
    "messages": [
        ASKS_FOR_ONE,
        assistant({"type": "tool_use", "id": "toolu_01ConformanceNone", "name": "get_weather", "input": LISBON}),
        user(
            {"type": "tool_result", "tool_use_id": "toolu_01ConformanceNone", "content": "18 degrees, and clear."},
            text("And what is the weather in Oslo? Call the get_weather tool to find out."),
        ),
    ],
    "max_tokens": ROOM,
    "tools": BOTH,
}
"""A conversation with a call, in which another is asked for. A service that refuses it (it wants the thought that led
to the call, or no text beside a result) is not asked otherwise: that is the finding of the rows of tool blocks."""


@experiment("tool_choice.none")
def none_forbids_a_streamed_call(api: Endpoint) -> Observation:
    """``none`` keeps the model from calling in a streamed reply as well.

    Honoured: a prompt that is otherwise answered with a streamed call is answered without. Ignored: it calls.
    """
    needs_streams(api)
    request: dict[str, Json] = {"messages": [ASKS_FOR_ONE], "max_tokens": ROOM, "tools": BOTH, "stream": True}
    elicited = control(api, shared=True, **request)
    if not _called(elicited):
        elicited = control(api, "control, any", **request, tool_choice={"type": "any"})
    if not _called(elicited):
        raise Inconclusive("nothing makes this model call a tool in a stream, so it cannot be seen being kept from it")
    for _ in range(_TRIES):
        reply = api.ask("treatment", **request, tool_choice={"type": "none"})
        if not reply.ok:
            return rejected("tool_choice none", reply)
        if _called(reply):
            words = f"none is asked for, a stream makes {calls(reply)}"
            return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    seen = f"no call in {_TRIES} streams; otherwise {calls(elicited)}"
    return Observation(Behaviour.HONOURED, seen, signals=("blocks",))


@experiment("tool_choice.disable_parallel_tool_use")
def one_call_at_a_time(api: Endpoint) -> Observation:
    """``disable_parallel_tool_use`` limits a reply to one call: beside auto, and beside any, streamed or not.

    Honoured: a prompt that is otherwise answered with two calls is answered with one. Accepted: taken,
    and the model makes no more than one anyway. Ignored: it makes two all the same. (Where any is refused, or a
    stream, other rows find that.)
    """
    asked = user("What is the weather in Lisbon and in Oslo right now? Call get_weather for both in one reply.")
    request: dict[str, Json] = {"messages": [asked], "max_tokens": ROOM, "tools": BOTH}
    plain = control(api, **request, tool_choice={"type": "auto"})
    most = made = 0
    # What is refused beside any is asked again beside auto: one reply alone may have one call by luck.
    for beside, kind, more in (*_BESIDE, *[_BESIDE[0]] * (_TRIES - 1)):
        if made == _TRIES:
            break
        choice = {"type": kind, "disable_parallel_tool_use": True}
        reply = api.ask(f"treatment, {beside}", **request, **more, tool_choice=choice)
        if not reply.ok and not made:
            return rejected("disable_parallel_tool_use", reply)
        made += reply.ok
        if is_in_order(reply.exchange):
            most = max(most, len(reply.tool_calls))
        if most > 1:
            words = f"{calls(reply)} beside {beside}, {len(plain.tool_calls)} calls without"
            return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    seen = f"at most {most} calls in {made} replies, {len(plain.tool_calls)} without"
    behaviour = Behaviour.HONOURED if most == 1 and len(plain.tool_calls) > 1 else Behaviour.ACCEPTED
    return Observation(behaviour, seen, signals=("blocks",))


_BESIDE: Sequence[tuple[str, str, Mapping[str, Json]]] = (
    ("auto", "auto", {}),
    ("any", "any", {}),
    ("any, in a stream", "any", {"stream": True}),
)
"""What the flag stands beside: its words, the type of choice, and what else is asked."""


@dataclass(frozen=True, slots=True)
class ForcedChoice:
    """What came of a forced choice: the last reply, whether the choice was obeyed, and how often."""

    reply: Reply
    obeyed: bool | None
    """None where some replies obey and too few do not, or where none is whole."""
    made: str
    taken: bool = True


_THOUGHT = re.compile("think|reason(er|ing)", re.IGNORECASE)
"""Words of a refusal that is about thinking."""


def forced_choice(
    api: Endpoint, request: Mapping[str, Json], choice: Json, name: str | None = None, *, enough: int = _TRIES
) -> ForcedChoice:
    """Draw replies to a forced choice until it is clear whether it is obeyed.

    Obeyed in the first ``enough`` is obeyed. A whole reply without the call is a miss, and from the first one on it is
    drawn until ``_MISSES`` of ``_DRAWS`` decide, or can no longer do so. A reply that max_tokens cut is neither.
    Another call beside the named one is none of its business. One in its place is a miss that luck explains less:
    where one in a hundred goes astray, three of 16 do so in 1 of 1,900 cases (binomial: 0.0005).
    """
    obeyed = missed = cut = astray = 0
    seen = "no call"
    for draw in range(_DRAWS):
        reply = api.ask("treatment", **request, tool_choice=choice)
        if not reply.ok and draw == 0 and _THOUGHT.search(reply.error_message):
            # Not the choice is refused but thinking beside it, which some services do by themselves.
            calm = {**request, "thinking": {"type": "disabled"}}
            again = api.ask("treatment without thinking", **calm, tool_choice=choice)
            reply, request = (again, calm) if again.ok else (reply, request)
        if not reply.ok:
            return ForcedChoice(reply, obeyed=None, made=reply.refusal, taken=False)
        # A call without a name, or the piece of one in a stream in disorder, is the finding of another row.
        names = [call["name"] for call in reply.tool_calls if isinstance(call.get("name"), str)]
        if reply.tool_calls and not names:
            raise Inconclusive("the calls of the reply have no names")
        if names and name in (None, *names):
            obeyed += 1
        elif names or not _is_cut(reply):
            missed += 1
            astray += bool(names)
            seen = calls(reply) if names else seen
        else:
            cut += 1
        if missed >= _MISSES or astray >= _TRIES:
            return ForcedChoice(reply, obeyed=False, made=f"{seen} in {missed} of {obeyed + missed} replies")
        if obeyed >= enough and not missed:
            only = " (only where thinking is disabled)" if "thinking" in request else ""
            return ForcedChoice(reply, obeyed=True, made=f"{calls(reply)}{only}")
        if cut >= _TRIES or obeyed > _DRAWS - _MISSES:
            break
    made = f"the forced call is made in {obeyed} of {obeyed + missed} whole replies" if missed else _CUT
    return ForcedChoice(reply, obeyed=None, made=made)


def tools_are_read(api: Endpoint) -> None:
    """Without tools there is nothing to choose from: their loss is the finding of another row.

    Raises:
        Inconclusive: nothing shows that the service reads tools at all.
    """
    offered = control(api, "tools alone", messages=[ASKS_FOR_ONE], max_tokens=ROOM, tools=BOTH)
    if _called(offered):
        return
    bare = control(api, "no tools", messages=[ASKS_FOR_ONE], max_tokens=ROOM)
    if zone_of(api, _counted(api, bare, offered, ASKS_FOR_ONE, BOTH)) is not Zone.EXPECTED:
        raise Inconclusive("nothing shows that the tools themselves are read")


_CUT = "max_tokens ran out before a call was complete"


def _is_cut(reply: Reply) -> bool:
    """Whether max_tokens ended it.

    A forced call may still be on its way then: nothing is known.
    """
    return reply.stop_reason == "max_tokens"


def _called(reply: Reply) -> bool:
    return bool(reply.tool_calls)


def calls(reply: Reply) -> str:
    """The calls of a reply in words, by their names."""
    names = [str(call.get("name")) for call in reply.tool_calls]
    return f"a call of {' and '.join(names)}" if names else "no call"


@experiment("tools")
def a_tool_of_type_custom_is_one(api: Endpoint) -> Observation:
    """A tool may have its type written out, as some clients do: ``custom``, which is what a tool without one is.

    Honoured: it is called. Ignored: it never is, where the same tool without a type is called every time. Rejected: it
    is refused, where the same without a type is taken.
    """
    asked: dict[str, Json] = {"messages": [ASKS_FOR_ONE], "max_tokens": ROOM}
    typed: list[Json] = [{"type": "custom", **WEATHER}]
    for _ in range(_ROUNDS):
        reply = api.ask("treatment", **asked, tools=typed)
        if _called(reply):
            return Observation(Behaviour.HONOURED, f"{calls(reply)}, of type custom", signals=("blocks",))
        plain = control(api, "control, no type", **asked, tools=[WEATHER])
        if not reply.ok:
            return rejected("a tool of type custom", reply)
        if not _called(plain):
            raise Inconclusive("the model does not call the tool without a type every time either")
    words = f"no call in {_ROUNDS} replies, and one in each without the type"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


_SAYS_AND_CALLS = user(
    "Tell me in one short sentence that you will look up the weather in Lisbon, and call the get_weather tool, both in "
    "this one reply."
)


@experiment("tools")
def a_streamed_call_is_whole(api: Endpoint) -> Observation:
    """A tool is called over a stream as well, and what the model says beside the call comes either way.

    Honoured: the stream adds up to a call with an id, a name and an input. Ignored: it never has a call
    where the same request without streaming has one every time; or bodies with a call never have a text beside it, and
    streams always have, or the other way round.
    """
    request: dict[str, Json] = {"messages": [_SAYS_AND_CALLS], "max_tokens": ROOM, "tools": [WEATHER]}
    choices: list[dict[str, Json]] = [{}, {"tool_choice": {"type": "any"}}]
    for choice in choices:
        plain = control(api, **request, **choice)
        if _called(plain):
            break
    else:
        raise Inconclusive("nothing makes this model call a tool")
    for number in range(_ROUNDS):
        streamed = api.ask("treatment", **request, **choice, stream=True)
        if not streamed.ok:
            needs_streams(api)
            return rejected("tools in a stream", streamed)
        if _called(streamed):
            lost = _text_is_lost(api, {**request, **choice}, plain, streamed)
            seen = lost or f"streamed: {calls(streamed)}"
            return Observation(Behaviour.IGNORED if lost else Behaviour.HONOURED, seen, signals=("blocks",))
        if _is_cut(streamed):
            raise Inconclusive(_CUT)
        if number and not _called(control(api, **request, **choice)):
            raise Inconclusive("the model calls a tool only now and then")
    return Observation(Behaviour.IGNORED, f"{_ROUNDS} streams without a call", signals=("blocks",))


def _text_is_lost(api: Endpoint, request: Mapping[str, Json], body: Reply, stream: Reply) -> str:
    """That a text beside a call comes in streams only, or in bodies only; empty where it is not so every time."""
    speaks = _speaks(body)
    for number in range(_ROUNDS):
        if number:
            body, stream = api.ask("control", **request), api.ask("treatment", **request, stream=True)
        if (
            not (_called(body) and _called(stream) and is_in_order(stream.exchange))
            or _speaks(body) != speaks
            or _speaks(stream) == speaks
        ):
            return ""
    with_it, without = ("bodies", "streams") if speaks else ("streams", "bodies")
    return f"{_ROUNDS} {with_it} say something beside the call, and none of {_ROUNDS} {without}"


def _speaks(reply: Reply) -> bool:
    return bool(reply.text.strip())
