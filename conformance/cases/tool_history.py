"""Calls and their results in a history: is what they hold read?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from conformance.cases.common import (
    LONGEST,
    QUESTION,
    ROOM,
    assistant,
    fact,
    is_read,
    long_fact,
    needs_streams,
    rejected,
    replaced,
    says,
    text,
    user,
)
from conformance.cases.counts import WHOLE
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.several import Places, all_are_read, elsewhere, plainly
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation


def looked_up(note: str, result: Json, *before: Json, asking: str = QUESTION) -> dict[str, Json]:
    """A conversation in which the office was looked up: with this note in the call, and this result."""
    call = {"type": "tool_use", "id": "toolu_conformance_1", "name": "look_up", "input": {"note": note}}
    answer = {"type": "tool_result", "tool_use_id": call["id"], "content": result}
    schema = {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}
    return {
        "messages": [
            user("Look up the office in the directory."),
            assistant(*before, call),
            user(answer, text(asking)),
        ],
        "max_tokens": ROOM,
        "tools": [{"name": "look_up", "description": "Looks up an office. Takes a note.", "input_schema": schema}],
    }


Way = Callable[[dict[str, Json]], dict[str, Json]]
"""How a request with a tool loop is sent so that the service takes it."""


def _history(api: Endpoint, kind: str, other: str) -> Way | Observation:
    """How tool blocks are taken in a history; or that they are refused, where the same without them is taken.

    What is refused may be the company: a turn that is a call alone, or a text beside a result; then it is sent
    otherwise, and one case each finds that. A service that thinks by itself may want its thoughts back with every call,
    and a history made up here has none: then it is sent with thinking disabled, or with a thought of the service's own.
    Only where all that is refused as well are the blocks to blame. A call and its result cannot be sent one without the
    other: the service's words say which it means.
    """
    bare = looked_up("office", "Done.")
    history = api.ask("control", **bare)
    if history.ok:
        return dict
    without = {**bare, "messages": [bare["messages"][0], assistant("Done."), user(QUESTION)]}
    if not api.ask("control, no tool blocks", **without).ok:
        raise Inconclusive(f"the control was refused ({history.refusal})")
    for way in (_announced, _apart, _not_thinking):
        if api.ask(f"control{_SENT[way]}", **way(bare)).ok:
            return way
    first = api.ask("first turn", messages=bare["messages"][:1], max_tokens=2048, tools=bare["tools"])
    thoughts = [dict(block) for block in first.content if block.get("type") in THOUGHTS]
    if thoughts and api.ask("control with its own thought", **_with(thoughts)(bare)).ok:
        return _with(thoughts)
    if first.tool_calls and _loop(api, bare, first).ok:
        raise Inconclusive(f"the service takes its own call and its result back, and no other ({history.refusal})")
    if other in history.error_message and kind not in history.error_message:
        raise Inconclusive(f"the {other} that goes with it is refused ({history.refusal})")
    return rejected(f"type={kind}", history)


def some_history(api: Endpoint) -> Way:
    """How a result is taken in a history.

    Raises:
        Inconclusive: it is refused whatever it holds, which is another case's finding.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        raise Inconclusive(f"the control was refused: {way.summary}")
    if way is _apart:
        raise Inconclusive("a text beside a result is refused, so nothing can be asked of results, one by one")
    return way


def _refused(api: Endpoint, what: str) -> Observation:
    """What it was about a history that is refused as it stands, and taken otherwise."""
    again = api.ask("treatment, as it stands", **looked_up("office", "Done."))
    if again.ok:
        raise Inconclusive(f"{what} is refused now and then")
    return rejected(what, again)


THOUGHTS = ("thinking", "redacted_thinking")


def _not_thinking(request: dict[str, Json]) -> dict[str, Json]:
    return {**request, "thinking": {"type": "disabled"}}


def _announced(request: dict[str, Json]) -> dict[str, Json]:
    """A text before the call of each turn that is a call alone."""
    return _with([text("I will look it up.")])(request)


def _apart(request: dict[str, Json]) -> dict[str, Json]:
    """What is said beside a result said in the first turn instead."""
    first, *between, last = request["messages"]
    said = "\n\n".join(block["text"] for block in last["content"] if block["type"] == "text")
    results = [block for block in last["content"] if block["type"] != "text"]
    return {**request, "messages": [user(f"{first['content']}\n\n{said}"), *between, user(*results)]}


_SENT: Mapping[Way, str] = {
    _announced: ", a text before the call",
    _apart: ", nothing beside the result",
    _not_thinking: " without thinking",
}
"""How a history is sent, by what makes it so."""


def _with(thoughts: list[Json]) -> Way:
    """Puts thoughts before what the assistant says and calls."""

    def way(request: dict[str, Json]) -> dict[str, Json]:
        turns = [
            assistant(*thoughts, *turn["content"]) if turn["role"] == "assistant" else turn
            for turn in request["messages"]
        ]
        return {**request, "messages": turns}

    return way


def _loop(api: Endpoint, bare: Mapping[str, Json], first: Reply) -> Reply:
    """The service's own first turn, sent back whole, with results."""
    results = [{"type": "tool_result", "tool_use_id": call.get("id"), "content": "Done."} for call in first.tool_calls]
    history = [*bare["messages"][:1], assistant(*map(dict, first.content)), user(*results)]
    return api.ask("its own first turn, whole", messages=history, max_tokens=ROOM, tools=bare["tools"])


_INPUTS: Mapping[str, str] = {
    "the input of the first call": "Ostrelmo",
    "a nested input of the second call": "Pindarquay",
    "a list in the input of the second call": "Welkinfar",
}
_NOTE: Mapping[str, Json] = {"type": "string"}


@experiment("messages.tool_use")
def the_input_of_a_call_is_read(api: Endpoint) -> Observation:
    """tool_use blocks go back into the history, and the model sees what it called with, each time and at any depth.

    Honoured: codewords in three inputs of two calls come back, or the prompt grows by them. Ignored: an input does
    neither.
    """
    way = _history(api, "tool_use", "tool_result")
    if isinstance(way, Observation):
        return way
    if way is _announced:
        return _refused(api, "a turn that is a call alone")

    def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
        first, nested, listed = (words.get(place, "nothing") for place in _INPUTS)
        second = {"note": "canteen", "detail": {"note": nested}, "notes": ["nothing", listed]}
        return way(_looked_up_twice(({"note": first}, second), ("Done.", "Done."), question))

    return all_are_read(
        api,
        Places(
            codewords=_INPUTS,
            asked=asked,
            without=way(looked_up("nothing", "Done.")),
            counted=elsewhere(_INPUTS, asked),
        ),
    )


def _looked_up_twice(inputs: Sequence[Json], results: Sequence[Json], asking: str, **mark: Json) -> dict[str, Json]:
    """Two calls at once, with these inputs, and their results; the second of them marked for the cache, or not."""
    request = looked_up("office", results[0], asking=asking)
    opening, calls, answers = request["messages"]
    first = {**calls["content"][0], "input": inputs[0]}
    second = {**first, "id": "toolu_conformance_2", "input": inputs[1]}
    result, question = answers["content"]
    other = {**result, "tool_use_id": second["id"], "content": results[1], **mark}
    (tool,) = request["tools"]
    detail = {"type": "object", "properties": {"note": _NOTE}}
    properties = {"note": _NOTE, "detail": detail, "notes": {"type": "array", "items": _NOTE}}
    tools = [{**tool, "input_schema": {**tool["input_schema"], "properties": properties}}]
    return {**request, "messages": [opening, assistant(first, second), user(result, other, question)], "tools": tools}


@experiment("messages.tool_result")
def the_result_of_a_call_is_read(api: Endpoint) -> Observation:
    """A tool_result block brings what the tool said, as a string, to its end: results are files and pages.

    Honoured: a codeword at the end of one of 18,000 characters comes back, or the prompt grows by it. Ignored: neither,
    or by a part of it only.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way
    words = long_fact("Fennigrath", LONGEST)
    return is_read(
        api,
        "the end of a long tool_result",
        "Fennigrath",
        without=way(looked_up("office", "Done.")),
        carrying=way(looked_up("office", words)),
        plainly={"messages": [user(f"{words}\n\n{QUESTION}")], "max_tokens": ROOM},
        counted=way(looked_up("office", [text("Done."), text(words)])),
        enough=WHOLE,
    )


@experiment("messages.tool_result")
def a_result_of_blocks_is_read(api: Endpoint) -> Observation:
    """A tool_result's content may be a list of text blocks.

    Honoured: a codeword in the second comes back, or the prompt grows by it. Ignored: neither.
    Rejected: a list is refused where a string is taken.
    """
    way: Way = dict
    listed = api.ask("control, a list", **looked_up("office", [text("Done.")]))
    if not listed.ok:
        way = some_history(api)
        listed = api.ask("control, a list", **way(looked_up("office", [text("Done.")])))
    if not listed.ok:
        return rejected("a tool_result whose content is a list", listed)
    return is_read(
        api,
        "the second text block of a tool_result",
        "Calderwist",
        without=way(looked_up("office", [text("Done.")])),
        carrying=way(looked_up("office", [text("Done."), text(fact("Calderwist"))])),
        plainly=plainly(fact("Calderwist"), QUESTION),
        counted=way(looked_up("office", fact("Calderwist"))),
    )


_RESULTS: Mapping[str, str] = {
    "the first of two tool_results": "Wintersole",
    "the second of two tool_results": "Amberquist",
}


@experiment("messages.tool_result")
def every_result_of_a_turn_is_read(api: Endpoint) -> Observation:
    """The results of two calls made at once come back in one turn, and both are read: marked for the cache or not.

    Honoured: codewords in both come back, or the prompt grows by them. Ignored: a result does neither.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way

    def results(**mark: Json) -> Places:
        def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
            said = [words.get(place, "Done.") for place in _RESULTS]
            return way(_looked_up_twice(({"note": "office"}, {"note": "canteen"}), said, question, **mark))

        return Places(
            codewords=_RESULTS,
            asked=asked,
            without=way(looked_up("office", "Done.")),
            counted=elsewhere(_RESULTS, asked),
        )

    return all_are_read(api, replace(results(cache_control={"type": "ephemeral"}), plainer=results()))


_TURNS_OF_RESULTS: Mapping[str, str] = {
    "a tool_result in a turn of its own": "Hazelquint",
    "a tool_result of blocks, with is_error, in a second turn": "Morvandale",
}


@experiment("messages.tool_result")
def results_over_two_turns_are_read(api: Endpoint) -> Observation:
    """Results of two calls may come in two turns, one of them a failure told in blocks: both are read.

    Honoured: codewords in both come back, or the prompt grows by them. Ignored: a result does neither. (Where two turns
    of results are refused, or a failure is, which other rows find, it is asked without.)
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way

    def results(*, in_one_turn: bool = False, **failed: Json) -> Places:
        def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
            said, told = (words.get(place, "Done.") for place in _TURNS_OF_RESULTS)
            request = _looked_up_twice(({"note": "office"}, {"note": "canteen"}), [said, [text(told)]], question)
            *before, last = request["messages"]
            one, other, *rest = last["content"]
            second = {**other, **failed}
            turns = [user(one, second, *rest)] if in_one_turn else [user(one), user(second, *rest)]
            return way({**request, "messages": [*before, *turns]})

        return Places(
            codewords=_TURNS_OF_RESULTS,
            asked=asked,
            without=way(looked_up("office", "Done.")),
            counted=elsewhere(_TURNS_OF_RESULTS, asked),
        )

    plainest = replace(results(in_one_turn=True, is_error=True), plainer=results(in_one_turn=True))
    return all_are_read(api, replace(results(is_error=True), plainer=plainest))


@experiment("messages.tool_result")
def what_is_said_beside_a_result_is_read(api: Endpoint) -> Observation:
    """A turn that brings a result may say something as well.

    Honoured: a codeword in the text behind a result comes back, or the prompt grows by it. Ignored: neither.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way
    if way is _apart:
        return _refused(api, "a text beside a result")
    return is_read(
        api,
        "the text behind a tool_result",
        "Marigolden",
        without=way(looked_up("office", "Done.")),
        carrying=way(looked_up("office", "Done.", asking=f"{fact('Marigolden')}\n\n{QUESTION}")),
        plainly=plainly(fact("Marigolden"), QUESTION),
        counted=plainly(fact("Marigolden"), QUESTION),
    )


@experiment("messages.tool_result")
def an_error_is_read_over_a_stream(api: Endpoint) -> Observation:
    """A tool_result may say is_error, and its content is read all the same, over a stream as well.

    Honoured: a codeword in it comes back, or the prompt grows by it. Ignored: neither.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way
    needs_streams(api)

    def failed(words: str) -> dict[str, Json]:
        request = looked_up("office", words)
        request["messages"][-1]["content"][0]["is_error"] = True
        return {**request, "stream": True}

    return is_read(
        api,
        "a tool_result with is_error",
        "Sorbettine",
        without=way(failed("It failed.")),
        carrying=way(failed(f"It failed. {fact('Sorbettine')}")),
        plainly=plainly(fact("Sorbettine"), QUESTION),
        counted=way({**looked_up("office", fact("Sorbettine")), "stream": True}),
    )


_LONG_ID = "chatcmpl-tool-5f0c6f4e9d1b4a7f8e2d3c4b5a697887"
"""An id of 46 characters, as vLLM gives them: who changes services takes the history along."""


@experiment("messages.tool_use")
def an_id_of_46_characters_is_matched(api: Endpoint) -> Observation:
    """An id of a call is as long as the service that gave it likes; some upstreams take no more than 40 characters.

    Honoured: a codeword in the result of such a call comes back, or the prompt grows by it. Rejected: the id is
    refused, where a short one is taken. Ignored: the result is not read. (Where no history with a call is
    taken as it stands, other rows find that.)
    """

    def named(asked: dict[str, Json]) -> dict[str, Json]:
        return replaced(asked, {"toolu_conformance_1": _LONG_ID})

    way: Way = dict
    carrying = looked_up("office", fact("Isolvandre"))
    reply = api.ask("treatment", **named(carrying))
    if not reply.ok:
        way = some_history(api)
        reply = api.ask("treatment, as such a history is taken", **way(named(carrying)))
    if not reply.ok:
        return rejected("an id of 46 characters", reply)
    if says(reply, "Isolvandre"):
        words = "the codeword came back from the result of such a call"
        return Observation(Behaviour.HONOURED, words, signals=("text",))
    return is_read(
        api,
        "the result of a call with a long id",
        "Isolvandre",
        without=way(named(looked_up("office", "Done."))),
        carrying=way(named(carrying)),
        plainly=way(carrying),
        counted=way(carrying),
    )
