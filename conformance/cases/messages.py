"""The blocks a message may hold: is what stands in them part of the prompt?"""

from __future__ import annotations

import base64
import re
import struct
import textwrap
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    BALLAST,
    QUESTION,
    ROOM,
    assistant,
    compared,
    control,
    fact,
    is_read,
    long_fact,
    needs_streams,
    part_of,
    rejected,
    says,
    text,
    user,
)
from conformance.cases.counts import LEAST, PART, WHOLE, Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.several import Places, all_are_read, elsewhere, plainly
from conformance.cases.tools import WEATHER
from conformance.protocol.parsing import token_count
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

_ASKED: Mapping[str, Json] = {"messages": [user(QUESTION)], "max_tokens": ROOM}
_SIGNATURE = "Y29uZm9ybWFuY2U="


def _plainly(codeword: str) -> dict[str, Json]:
    return {"messages": [user(f"{fact(codeword)}\n\n{QUESTION}")], "max_tokens": ROOM}


def _in_plain_sight(_place: str, codeword: str) -> dict[str, Json]:
    return _plainly(codeword)


_BLOCKS: Mapping[str, str] = {
    "the first text block": "Doriwelk",
    "the second text block": "Velmodar",
    "the fourth text block": "Yestrinal",
    "the last text block": "Hobbelund",
}
"""Codewords by the block of a turn they stand in; the third asks for them, the fourth is marked for the cache."""


@experiment("messages.text")
def every_block_of_a_turn_is_read(api: Endpoint) -> Observation:
    """A message may hold several text blocks, and all of them are the prompt: marked for the cache or not.

    Honoured: codewords in four of five come back, or the prompt grows by them. Ignored: a block does neither.
    """

    def blocks(**mark: Json) -> Places:
        def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
            first, second, fourth, last = (text(words.get(place, "Thank you.")) for place in _BLOCKS)
            turn = user(first, second, text(question), {**fourth, **mark}, last)
            return {"messages": [turn], "max_tokens": ROOM}

        return Places(codewords=_BLOCKS, asked=asked, without=plainly("", QUESTION), counted=_in_plain_sight)

    return all_are_read(api, replace(blocks(cache_control={"type": "ephemeral"}), plainer=blocks()))


@experiment("messages.text")
def a_long_history_is_read(api: Endpoint) -> Observation:
    """The history is part of the prompt from its beginning, over a stream as well.

    Honoured: a codeword eight turns ago comes back, or the prompt grows by it. Ignored: neither.
    """
    needs_streams(api)
    talk: list[Json] = []
    for number in ("first", "second", "third", "fourth"):
        talk += [user(f"This is the {number} note."), assistant("I have read it.")]

    def asked(*before: Json) -> dict[str, Json]:
        return {"messages": [*before, *talk, user(QUESTION)], "max_tokens": ROOM, "stream": True}

    return is_read(
        api,
        "the first of many turns",
        "Mistravane",
        without=asked(user("Good morning."), assistant("Good morning!")),
        carrying=asked(user(f"Good morning. {fact('Mistravane')}"), assistant("Good morning!")),
        plainly=_plainly("Mistravane"),
        counted=_plainly("Mistravane"),
    )


_PETS: Mapping[str, str] = {"cat": "Gossamund", "dog": "Ravellone", "parrot": "Tintoquay"}
_WHAT_NAMES = "What are the names of the office cat, the office dog and the office parrot? Answer with the names."


def _what_name(animal: str) -> str:
    return f"What is the name of the office {animal}? Answer with the name."


def _named_so(animal: str) -> str:
    return f"The name of the office {animal} is {_PETS[animal]}."


@experiment("messages.text")
def a_long_message_is_read_to_its_end(api: Endpoint) -> Observation:
    """A message is read from its first word to its last, also where it is long.

    Honoured: a text many times as long makes the prompt grow as many times, or three names at its start, middle and
    end come back. Ignored: the prompt grows by less, and one of them does not: a part of the text was cut away.
    """
    times = 20

    def noted(many: int, words: str, question: str = _WHAT_NAMES) -> dict[str, Json]:
        # The first words are its own: what other prompts have had cached, and the service may not count, is no part.
        note = f"A long note, of {many} paragraphs. {words}\n\n{question}"
        return {"messages": [user(note)], "max_tokens": ROOM}

    half = noted(times // 2, " ".join([BALLAST] * (times // 2)))
    middle_of_it = [BALLAST] * (times // 2)
    words = " ".join([_named_so("cat"), *middle_of_it, _named_so("dog"), *middle_of_it, _named_so("parrot")])
    whole = noted(times, words)

    def sized(before: Reply, middle: Reply, after: Reply) -> Growth:
        return Growth((middle,), (after,), (before,), (middle,), WHOLE)

    none = api.once("control", **noted(0, ""))
    middle = control(api, "control, half of it", **half)
    long = api.ask("treatment", **whole)
    if not long.ok:
        raise Inconclusive(f"a message of {times} paragraphs is refused ({long.refusal})")
    growth = sized(none, middle, long)
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, f"{compared(growth)} for its first half", signals=("size",))
    unsaid = [animal for animal, name in _PETS.items() if not says(long, name)]
    if all(
        says(control(api, f"treatment, {one} alone", **noted(times, words, _what_name(one))), _PETS[one])
        for one in unsaid
    ):
        return Observation(Behaviour.HONOURED, "the names at its start, middle and end came back", signals=("text",))
    if zone is Zone.UNKNOWN:
        raise Inconclusive("the service does not count what it has read, and the reply does not show it")
    again = sized(api.once("control", **noted(0, "")), control(api, **half), control(api, "treatment", **whole))
    both = growth.with_more(again)
    if zone_of(api, both) is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, f"{compared(both)} for its first half", signals=("size",))
    if zone_of(api, again) is not zone:
        raise Inconclusive(f"the service's count does not follow the prompt: {compared(both)} for its first half")
    return part_of("a long message", both)


_SHOWN = "positive control"

_TURNS: Mapping[str, str] = {
    "the first of two user turns in a row": "Tarnovique",
    "the second of two user turns in a row": "Oxlendar",
    "an earlier user turn of blocks": "Wimbernath",
}
_ANSWERS: Mapping[str, str] = {
    "an earlier assistant turn that is a string": "Brimwaldo",
    "the first text block of an assistant turn": "Thessaquin",
    "the second text block of an assistant turn": "Lorbentide",
}


@experiment("messages.text")
def earlier_turns_are_read(api: Endpoint) -> Observation:
    """The history is part of the prompt: what the user said before, also in two turns one after the other.

    Honoured: codewords in each of three turns come back, or the prompt grows by them. Ignored: a turn does neither.
    """

    def turns(*places: str) -> Places:
        def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
            said = [user(words.get(place, "Good morning.")) for place in places[:-1]]
            last = user(text("Now listen."), text(words.get(places[-1], "Good morning.")))
            history = [*said, assistant("Good morning!"), last, assistant("I have read it."), user(question)]
            return {"messages": history, "max_tokens": ROOM}

        codewords = {place: _TURNS[place] for place in places}
        return Places(codewords=codewords, asked=asked, without=plainly("", QUESTION), counted=_in_plain_sight)

    # Services that want turns to alternate refuse two of one role: then the history is tried without.
    return all_are_read(api, replace(turns(*_TURNS), plainer=turns(*list(_TURNS)[1:])))


@experiment("messages.text")
def what_the_assistant_said_is_read(api: Endpoint) -> Observation:
    """The history is part of the prompt: what the model said before, as a string and as blocks.

    Honoured: codewords in each of three places come back, or the prompt grows by them. Ignored: a place does neither.
    """

    def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
        string, first, second = (words.get(place, "Gladly.") for place in _ANSWERS)
        history = [
            user("Tell me about the office."),
            assistant(string),
            user("Go on."),
            assistant(text(first), text(second)),
            user(question),
        ]
        return {"messages": history, "max_tokens": ROOM}

    return all_are_read(
        api, Places(codewords=_ANSWERS, asked=asked, without=plainly("", QUESTION), counted=_in_plain_sight)
    )


def _looked_up(note: str, result: Json, *before: Json, asking: str = QUESTION) -> dict[str, Json]:
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

    A service that thinks by itself may want its thoughts back with every call, and a history made up here has
    none: then it is sent with thinking disabled, or with a thought of the service's own. Only where that is refused
    as well are the blocks to blame. A call and its result cannot be sent one without the other: the service's words
    say which it means.
    """
    bare = _looked_up("office", "Done.")
    history = api.ask("control", **bare)
    if history.ok:
        return dict
    without = {**bare, "messages": [bare["messages"][0], assistant("Done."), user(QUESTION)]}
    if not api.ask("control, no tool blocks", **without).ok:
        raise Inconclusive(f"the control was refused ({history.refusal})")
    if api.ask("control without thinking", **_not_thinking(bare)).ok:
        return _not_thinking
    first = api.ask("first turn", messages=bare["messages"][:1], max_tokens=2048, tools=bare["tools"])
    thoughts = [dict(block) for block in first.content if block.get("type") in _THOUGHTS]
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
    return way


_THOUGHTS = ("thinking", "redacted_thinking")


def _not_thinking(request: dict[str, Json]) -> dict[str, Json]:
    return {**request, "thinking": {"type": "disabled"}}


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

    def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
        first, nested, listed = (words.get(place, "nothing") for place in _INPUTS)
        second = {"note": "canteen", "detail": {"note": nested}, "notes": ["nothing", listed]}
        return way(_looked_up_twice(({"note": first}, second), ("Done.", "Done."), question))

    return all_are_read(
        api,
        Places(
            codewords=_INPUTS,
            asked=asked,
            without=way(_looked_up("nothing", "Done.")),
            counted=elsewhere(_INPUTS, asked),
        ),
    )


def _looked_up_twice(inputs: Sequence[Json], results: Sequence[str], asking: str, **mark: Json) -> dict[str, Json]:
    """Two calls at once, with these inputs, and their results; the second of them marked for the cache, or not."""
    request = _looked_up("office", results[0], asking=asking)
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

    Honoured: a codeword at the end of a long one comes back, or the prompt grows by it. Ignored: neither.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way
    words = long_fact("Fennigrath")
    return is_read(
        api,
        "the end of a long tool_result",
        "Fennigrath",
        without=way(_looked_up("office", "Done.")),
        carrying=way(_looked_up("office", words)),
        plainly={"messages": [user(f"{words}\n\n{QUESTION}")], "max_tokens": ROOM},
        counted=way(_looked_up("office", [text("Done."), text(words)])),
    )


@experiment("messages.tool_result")
def a_result_of_blocks_is_read(api: Endpoint) -> Observation:
    """A tool_result's content may be a list of text blocks.

    Honoured: a codeword in the second comes back, or the prompt grows by it. Ignored: neither.
    Rejected: a list is refused where a string is taken.
    """
    way: Way = dict
    listed = api.ask("control, a list", **_looked_up("office", [text("Done.")]))
    if not listed.ok:
        way = some_history(api)
        listed = api.ask("control, a list", **way(_looked_up("office", [text("Done.")])))
    if not listed.ok:
        return rejected("a tool_result whose content is a list", listed)
    return is_read(
        api,
        "the second text block of a tool_result",
        "Calderwist",
        without=way(_looked_up("office", [text("Done.")])),
        carrying=way(_looked_up("office", [text("Done."), text(fact("Calderwist"))])),
        plainly=_plainly("Calderwist"),
        counted=way(_looked_up("office", fact("Calderwist"))),
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
            without=way(_looked_up("office", "Done.")),
            counted=elsewhere(_RESULTS, asked),
        )

    return all_are_read(api, replace(results(cache_control={"type": "ephemeral"}), plainer=results()))


@experiment("messages.tool_result")
def what_is_said_beside_a_result_is_read(api: Endpoint) -> Observation:
    """A turn that brings a result may say something as well.

    Honoured: a codeword in the text behind a result comes back, or the prompt grows by it. Ignored: neither.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way
    return is_read(
        api,
        "the text behind a tool_result",
        "Marigolden",
        without=way(_looked_up("office", "Done.")),
        carrying=way(_looked_up("office", "Done.", asking=f"{fact('Marigolden')}\n\n{QUESTION}")),
        plainly=_plainly("Marigolden"),
        counted=_plainly("Marigolden"),
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
        request = _looked_up("office", words)
        request["messages"][-1]["content"][0]["is_error"] = True
        return {**request, "stream": True}

    return is_read(
        api,
        "a tool_result with is_error",
        "Sorbettine",
        without=way(failed("It failed.")),
        carrying=way(failed(f"It failed. {fact('Sorbettine')}")),
        plainly=_plainly("Sorbettine"),
        counted=way({**_looked_up("office", fact("Sorbettine")), "stream": True}),
    )


@experiment("messages.thinking")
def thinking_goes_back_in_a_tool_loop(api: Endpoint) -> Observation:
    """Inside a tool loop the model's thinking goes back with its call, to keep the chain of thought.

    Honoured: the prompt grows by the service's own thinking block, or is refused without it. Ignored: the block
    is taken and the prompt stays the same, where it grows by the same words as text. Accepted: the model does not
    think, so that it has nothing to keep, and takes a block of ours. Rejected: the service refuses its own block.
    """
    for thinking in _WAYS_TO_THINK:
        first = api.ask("first turn", messages=[_HARD_QUESTION], max_tokens=4096, tools=[WEATHER], **thinking)
        if first.thinking and first.tool_calls:
            return _thought_goes_back(api, first, thinking)
    return _foreign_thought(api)


_WAYS_TO_THINK: tuple[dict[str, Json], ...] = ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, {})
_HARD_QUESTION = user(
    "Think carefully about which of Lisbon and Oslo is warmer in winter, and why. Then call the get_weather tool "
    "for the warmer one, to see what the weather is there right now."
)


def _thought_goes_back(api: Endpoint, first: Reply, thinking: Mapping[str, Json]) -> Observation:
    results = [{"type": "tool_result", "tool_use_id": call.get("id"), "content": "Rain."} for call in first.tool_calls]

    def turn(arm: str, content: list[Json], question: Json = _HARD_QUESTION) -> Reply:
        history = [question, assistant(*content), user(*results)]
        return api.ask(arm, messages=history, max_tokens=4096, tools=[WEATHER], **thinking)

    whole = [dict(block) for block in first.content]
    bare = [block for block in whole if block["type"] not in _THOUGHTS]
    without = turn("control", bare)
    after = turn("treatment", whole)
    if not after.ok and without.ok:
        return rejected("the service's own thinking block", after)
    if not after.ok:
        raise Inconclusive(f"the control was refused ({without.refusal})")
    if not without.ok:
        words = f"a tool loop without its thinking is refused ({without.refusal})"
        return Observation(Behaviour.HONOURED, words, signals=("status",))
    if without.size is None or after.size is None:
        return Observation(Behaviour.ACCEPTED, "taken; the service counts no prompt", signals=("status",))
    said = turn(_SHOWN, bare, user(f"{first.thinking}\n\n{_HARD_QUESTION['content']}"))
    if not said.ok:
        raise Inconclusive(f"the thought as plain text is refused ({said.refusal})")
    growth = Growth((without,), (after,), (without,), (said,), least=_A_THOUGHT)
    words = f"{len(first.thinking)} characters of thinking: {compared(growth)}"
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, words, signals=("size",))
    if zone is Zone.NOTHING and _counts_thoughts(first, growth.expected() or 0):
        return Observation(Behaviour.IGNORED, words, signals=("size",))
    if zone is Zone.NOTHING:
        raise Inconclusive(f"{words}; the service does not count what is thought, in its replies either")
    raise Inconclusive(f"the service's count does not follow the prompt: {words}")


_A_THOUGHT = 8
"""What a thought must add as plain text for its loss to be seen: a short one has a dozen words."""


def _counts_thoughts(reply: Reply, thought: int) -> bool:
    """Whether a reply's tokens hold those of its thought: a service that does not count them there does nowhere."""
    said = len(reply.text) + sum(len(str(call.get("name"))) + len(str(call.get("input"))) for call in reply.tool_calls)
    return reply.output_tokens is not None and reply.output_tokens >= PART * (thought + said / 4)


def _foreign_thought(api: Endpoint) -> Observation:
    """A thinking block of our own: where the model gives none, it shows at least whether one is taken."""
    without = control(api, **_looked_up("office", "Done."))
    block = {"type": "thinking", "thinking": BALLAST, "signature": _SIGNATURE}
    after = api.ask("treatment", **_looked_up("office", "Done.", block))
    if not after.ok:
        if "signature" in after.error_message.lower():
            raise Inconclusive("the model does not think in a tool loop, and our own block has no valid signature")
        return rejected("a thinking block in the history", after)
    plain = api.ask(_SHOWN, **_looked_up("office", "Done.", text(BALLAST)))
    growth = Growth((without,), (after,), (without,), (plain,))
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, compared(growth), signals=("size",))
    if zone is not Zone.NOTHING:
        raise Inconclusive("the model does not think in a tool loop, and a block of our own leaves no trace")
    words = "taken; the model does not think in a tool loop, and a thought that is not its own is left out"
    return Observation(Behaviour.ACCEPTED, words, signals=("size",))


@experiment("messages.image")
def a_picture_is_seen(api: Endpoint) -> Observation:
    """An image block shows the model a picture.

    Honoured: the colours of two pictures come back, or the prompt grows by a picture and not by junk of the same
    length. Rejected: it is refused. Ignored: a plain 200 to a prompt that did not grow, the worst of the three, or
    that grew by the letters of the picture's code; without tools, or beside one.
    """
    question = text(_COLOUR)
    before = control(api, messages=[user(question)], max_tokens=ROOM)

    def asked(block: Json, **more: Json) -> dict[str, Json]:
        return {"messages": [user(block, question)], "max_tokens": ROOM, **more}

    found = _is_seen(api, before, asked)
    return found if found.behaviour is Behaviour.IGNORED else _beside_tools(api, found, partial(asked, tools=[WEATHER]))


def _beside_tools(api: Endpoint, found: Observation, asked: Callable[[Json], dict[str, Json]]) -> Observation:
    """What was found of pictures, unless it is otherwise beside tools: what agents send has always some."""
    beside = api.ask("treatment beside tools, yellow", **asked(_square("yellow", 256)))
    if not beside.ok or _named(beside) == {"yellow"}:
        # Refused beside tools alone: rows of the company are about that.
        return found
    question = asked(text("There is none."))
    before = control(api, "control beside tools", **question)
    try:
        there = _is_seen(api, before, asked)
    except Inconclusive:
        return found
    if there.behaviour is not Behaviour.IGNORED:
        return found
    return replace(there, summary=f"{found.summary}; but beside tools {there.summary}")


_COLOUR = "What colour is the picture? Answer with one word."

_COLOURS: Mapping[str, tuple[tuple[int, int, int], re.Pattern[str]]] = {
    "red": ((255, 0, 0), re.compile(r"\bred\b|红", re.IGNORECASE)),
    "green": ((0, 160, 0), re.compile(r"green|绿", re.IGNORECASE)),
    "yellow": ((255, 255, 0), re.compile(r"yellow|黄", re.IGNORECASE)),
}
"""Colours that no two people call by another's name, and the words for them."""


def _named(reply: Reply) -> set[str]:
    """The colours that a reply names; other colours than those of the pictures do not count."""
    return {colour for colour, (_, words) in _COLOURS.items() if words.search(reply.text)}


def _is_seen(api: Endpoint, before: Reply, asked: Callable[[Json], dict[str, Json]]) -> Observation:
    """Whether pictures are seen, in a request that holds a block.

    A model that sees nothing guesses, and guesses alike: so two of three colours must be named, and each only by its
    own picture. Where none is, the prompt's size is looked at: it grows by text that stands for a picture as well.
    """
    replies: dict[str, Reply] = {}
    for colour in _COLOURS:
        replies[colour] = api.ask(f"treatment, {colour}", **asked(_square(colour, 256)))
        if not replies[colour].ok:
            break
        right = [known for known, reply in replies.items() if _named(reply) == {known}]
        if len(right) == _RIGHT:
            words = f"type=image is read: the reply names the colours {' and '.join(right)}"
            return Observation(Behaviour.HONOURED, words, signals=("text",))
        if len(replies) == _RIGHT and not right:
            break
    first = replies["red"]
    if not first.ok:
        return rejected("type=image", first)
    if not all(reply.ok for reply in replies.values()):
        raise Inconclusive("one picture is taken, and another is refused")
    grown = Growth((before,), (first,), (before,), (control(api, _SHOWN, **asked(text(BALLAST))),))
    wrong = [colour for colour, reply in replies.items() if _named(reply) - {colour}]
    return _is_taken_in("image", api, grown, _Coded(asked, _square("red", 256), _square("red", 1024)), wrong)


_RIGHT = 2
"""How many pictures must be named by their colour."""


@dataclass(frozen=True)
class _Coded:
    """What is sent in base64: a request for such a block, the block that was sent, and a larger one."""

    asked: Callable[[Json], dict[str, Json]]
    sent: Mapping[str, Json]
    larger: Mapping[str, Json]

    @property
    def junk(self) -> dict[str, Json]:
        """A block of the same length and much the same letters that holds nothing: its bytes stand the wrong way."""
        data = base64.b64encode(base64.b64decode(self.data)[::-1]).decode()
        return {**self.sent, "source": {**self.sent["source"], "data": data}}

    @property
    def data(self) -> str:
        """The letters that were sent."""
        return str(self.sent["source"]["data"])

    @property
    def ratio(self) -> float:
        """How many times as many letters the larger one has."""
        return len(self.larger["source"]["data"]) / len(self.data)


def _is_taken_in(kind: str, api: Endpoint, growth: Growth, coded: _Coded, wrong: Sequence[str] = ()) -> Observation:
    """Whether a block that no reply shows anything of is part of the prompt, by the prompt's size.

    Raises:
        Inconclusive: the size cannot tell.
    """
    grown, expected = growth.grown(), growth.expected()
    zone = zone_of(api, growth)
    if grown is None or expected is None or zone is Zone.UNKNOWN or (zone is not Zone.NOTHING and grown < 0):
        raise Inconclusive("the service does not count what it has read, and the reply does not show it")
    if zone is Zone.NOTHING:
        return Observation(Behaviour.IGNORED, f"type={kind} is taken and dropped: {growth}", signals=("size", "text"))
    junk = api.ask("malformed, as long", **coded.asked(coded.junk))
    larger = api.ask("treatment, larger", **coded.asked(coded.larger))
    if not larger.ok or larger.size is None:
        raise Inconclusive(f"{growth}, and a larger one cannot be compared ({larger.refusal})")
    more = replace(growth, after=(larger,)).grown() or 0
    if junk.ok:
        alike = replace(growth, after=(junk,)).grown() or 0
        if abs(alike - grown) <= _ALIKE * grown and more >= grown * coded.ratio / 2:
            words = f"type={kind} is no more than its letters: {growth}, by {grown}; by {alike} for junk as long"
            return Observation(Behaviour.IGNORED, words, signals=("size", "text"))
    if abs(more - grown) <= expected / 10:
        raise Inconclusive(f"{growth}, whatever the size of what is sent, and the reply shows nothing of it")
    if wrong:
        raise Inconclusive(f"{growth}, but the reply names a wrong colour where the picture is {' and '.join(wrong)}")
    if junk.ok:
        raise Inconclusive(f"{growth}, but junk is taken as well, and the reply shows nothing of what was sent")
    return Observation(
        Behaviour.HONOURED, f"type={kind} is read: {growth}; junk is refused", signals=("size", "status")
    )


_ALIKE = 0.2
"""The share by which two texts of one length may differ in their tokens."""


@experiment("messages.image.url")
def a_picture_is_fetched(api: Endpoint) -> Observation:
    """An image block may name a picture by its address.

    Honoured: one that does not exist is looked for and missed. Rejected: the kind of source is refused.
    Ignored: it is answered, though there is nothing that could have been seen.
    """
    question = text(_COLOUR)
    picture = {"type": "image", "source": {"type": "url", "url": "https://images.conformance.invalid/red.png"}}
    control(api, messages=[user(question)], max_tokens=ROOM)
    after = api.ask("treatment", messages=[user(picture, question)], max_tokens=ROOM)
    if after.ok:
        return Observation(Behaviour.IGNORED, "a picture that does not exist is not missed", signals=("status",))
    if _FETCHED.search(after.error_message):
        return Observation(Behaviour.HONOURED, f"the picture is looked for ({after.refusal})", signals=("status",))
    return rejected("type=image by url", after)


_FETCHED = re.compile(
    r"download|fetch|resolv|retriev|connect|reach|timed? ?out|dns|host|name or service", re.IGNORECASE
)
"""Words of a service that went looking for a picture."""


@experiment("messages.image.in_a_result")
def a_picture_in_a_result_is_seen(api: Endpoint) -> Observation:
    """A tool may return a picture: a tool_result's content may hold image blocks.

    Honoured: the colours of two pictures come back, or the prompt grows by a picture. Rejected: it is refused.
    Ignored: a plain 200 to a prompt that did not grow, or grew by the letters of the picture's code.
    """
    question = "What colour is the picture that the tool has returned? Answer with one word."
    way: Way = dict
    before = api.ask("control", **_looked_up("office", [text("Done.")], asking=question))
    if not before.ok:
        way = some_history(api)
        before = control(api, **way(_looked_up("office", [text("Done.")], asking=question)))
    return _is_seen(api, before, lambda block: way(_looked_up("office", [text("Done."), block], asking=question)))


def _square(colour: str, side: int) -> dict[str, Json]:
    data = base64.b64encode(_png(_COLOURS[colour][0], side)).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


@experiment("messages.document.pdf")
def a_pdf_is_read(api: Endpoint) -> Observation:
    """A document block may hold a PDF.

    Honoured: a codeword in it comes back, or the prompt grows by it. Rejected: it is refused.
    Ignored: a plain 200 to a prompt that did not grow.
    """
    question, codeword = text(QUESTION), "Brackenhurst"
    before = control(api, messages=[user(question)], max_tokens=ROOM)

    def asked(block: Json) -> dict[str, Json]:
        return {"messages": [user(block, question)], "max_tokens": ROOM}

    after = api.ask("treatment", **asked(_document(fact(codeword))))
    if not after.ok:
        return rejected("type=document", after)
    if codeword.lower() in after.text.lower():
        words = f"type=document is read: the reply says {codeword.lower()}"
        return Observation(Behaviour.HONOURED, words, signals=("text",))
    shown = control(api, _SHOWN, **asked(text(fact(codeword))))
    # What the model says from plain sight it does not say from here: where it says nothing, that is no evidence.
    silent = [] if codeword.lower() in shown.text.lower() else ["silent"]
    growth = Growth((before,), (after,), (before,), (shown,))
    found = _is_taken_in("document", api, growth, _Coded(asked, _document(fact(codeword)), _document(_LARGER)))
    if found.behaviour is Behaviour.IGNORED and silent:
        raise Inconclusive(f"{found.summary}; and the model does not repeat the codeword from plain sight either")
    return found


_LARGER = " ".join([BALLAST] * 6)


def _document(words: str) -> dict[str, Json]:
    data = base64.b64encode(_pdf(words)).decode()
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


@experiment("messages.document")
def a_document_is_read(api: Endpoint) -> Observation:
    """A document block gives the model a text to read.

    Honoured: a codeword in it comes back, or the prompt grows by it. Rejected: it is refused.
    Ignored: a plain 200, and the model knows nothing of it.
    """
    question = text(QUESTION)
    source = {"type": "text", "media_type": "text/plain", "data": fact("Wexalindo")}
    return is_read(
        api,
        "type=document",
        "Wexalindo",
        without={"messages": [user(question)], "max_tokens": ROOM},
        carrying={"messages": [user({"type": "document", "source": source}, question)], "max_tokens": ROOM},
        plainly=_plainly("Wexalindo"),
    )


def _png(colour: tuple[int, int, int], side: int) -> bytes:
    """A square of one colour as an 8-bit RGB PNG (W3C PNG specification)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\x00" + bytes(colour) * side) * side
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def _pdf(words: str) -> bytes:
    """One page of text as a PDF 1.4 (ISO 32000-1, chapter 7): objects, their table, and where it begins."""
    lines = [line.replace("(", "").replace(")", "") for line in textwrap.wrap(words, 80)]
    page = "BT /F1 11 Tf 50 790 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    font = "/Resources << /Font << /F1 5 0 R >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {font} >>",
        f"<< /Length {len(page)} >>\nstream\n{page}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return f"{body}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode("ascii")


@experiment("messages.cache_control")
def a_marked_prefix_is_cached(api: Endpoint) -> Observation:
    """cache_control marks a prefix to be kept; the second request reads it from the cache.

    Honoured: the usage shows a cache written or read, and none without the mark. Ignored: it never
    does. Accepted: it does with and without.
    """
    question = text("Say hello in one short sentence.")
    for times in _PREFIXES:
        prefix = text(" ".join([BALLAST] * times))
        plain = api.ask("control", messages=[user(text("A."), prefix, question)], max_tokens=ROOM)
        if plain.ok:
            break
    else:
        raise Inconclusive(f"the control was refused ({plain.refusal})")
    marked_prefix = {**prefix, "cache_control": {"type": "ephemeral"}}
    for _ in range(2):
        marked = api.ask("treatment", messages=[user(text("B."), marked_prefix, question)], max_tokens=ROOM)
        if not marked.ok:
            return rejected("cache_control", marked)
    cached, uncached = _cached(marked), _cached(plain)
    for _ in range(2):
        if cached and not uncached:
            # The marked prompt was asked twice: a cache that needs no mark shows when the plain one is, too. Some
            # answer from it now and then only.
            again = control(api, "control, again", messages=[user(text("A."), prefix, question)], max_tokens=ROOM)
            uncached = _cached(again)
    seen = f"{cached} cached tokens with the mark, {uncached} without"
    if cached and not uncached:
        return Observation(Behaviour.HONOURED, seen, signals=("usage",))
    return Observation(Behaviour.ACCEPTED if cached else Behaviour.IGNORED, seen, signals=("usage",))


_PREFIXES = (40, 11)
"""Paragraphs of a prefix: some 5000 tokens, and where the context is too small some 1400; the least that
Anthropic caches is 1024 tokens, with some models 4096."""


def _cached(reply: Reply) -> int:
    return sum(
        token_count(reply.usage.get(name)) or 0 for name in ("cache_read_input_tokens", "cache_creation_input_tokens")
    )


@experiment("messages.count_tokens")
def a_prompt_is_counted(api: Endpoint) -> Observation:
    """POST /v1/messages/count_tokens gives a prompt's size without answering it.

    Honoured: as many tokens as the usage of the same prompts tells, long and short. Ignored: others. Rejected: no
    such endpoint. (A count that differs a little, or is told from the usage by a vendor's own prompt, is an estimate.)
    """
    prompts = [[user(QUESTION)], [user(f"{fact('Zorbanix')}\n\n{QUESTION}")]]
    counted: list[Reply] = []
    for arm, messages in zip(("short", "long"), prompts, strict=True):
        counted.append(api.send(arm, {"model": api.model, "messages": messages}, path="/v1/messages/count_tokens"))
        if not counted[-1].ok:
            return rejected("count_tokens", counted[-1])
    bodies = [reply.exchange.json for reply in counted]
    given = [body.get("input_tokens") if isinstance(body, dict) else None for body in bodies]
    short, long = map(token_count, given)
    if short is None or long is None:
        return Observation(Behaviour.IGNORED, f"the counts are {given}", signals=("size",))
    before = api.once(f"{_SHOWN}, without", messages=prompts[0], max_tokens=ROOM)
    after = control(api, "usage of the long one", messages=prompts[1], max_tokens=ROOM)
    growth = Growth((before,), (after,), (before,), (after,))
    least = [_fewest(messages) for messages in prompts]
    seen = f"{short} tokens, then {long}"
    if short < least[0] or long < least[1] or long <= short:
        return Observation(Behaviour.IGNORED, f"{seen}, which cannot be", signals=("size",))
    if before.size is None or after.size is None or zone_of(api, growth) is Zone.UNKNOWN:
        # A usage that counts nothing is the finding of another row; these numbers are at least possible.
        most = sum(len(str(message["content"])) for message in prompts[1])
        if long - short > most:
            raise Inconclusive(f"{seen}, and the service's usage has nothing to compare them with")
        return Observation(Behaviour.HONOURED, seen, signals=("size",))
    seen += f"; their usage is {before.size}, then {after.size}"
    share = (long - short) / max(after.size - before.size, 1)
    if _NEAR <= share <= 1 / _NEAR:
        return Observation(Behaviour.HONOURED, seen, signals=("size",))
    times = round(share)
    is_multiple = times > 1 and all(
        abs(count - times * size) <= 1 for count, size in ((short, before.size), (long, after.size))
    )
    if is_multiple or share < _OFF or share > 1 / _OFF:
        return Observation(Behaviour.IGNORED, seen, signals=("size",))
    raise Inconclusive(f"{seen}: neither the same nor clearly another")


@experiment("messages.count_tokens")
def every_part_of_a_prompt_is_counted(api: Endpoint) -> Observation:
    """System prompt, tools and earlier turns are parts of a prompt: clients cut their history by this count.

    Honoured: the same words count for as much in each of these places as in the last turn. Ignored: they count for
    next to nothing in one of them, where the usage of the same request counts them.
    """
    words = fact("Zorbanix")
    asked: dict[str, Json] = {"messages": [user(QUESTION)]}
    note: dict[str, Json] = {"name": "take_note", "description": words, "input_schema": {"type": "object"}}
    places: dict[str, dict[str, Json]] = {
        "the system prompt": {**asked, "system": words},
        "a tool's description": {**asked, "tools": [note]},
        "an earlier turn": {"messages": [user(words), assistant("I see."), user(QUESTION)]},
    }
    before = _counted(api, "short", asked)
    plain = _counted(api, "long", {"messages": [user(f"{words}\n\n{QUESTION}")]}) - before
    if plain < LEAST:
        raise Inconclusive(f"{len(words)} characters more count for {plain} tokens more in plain sight")
    grown = {place: count - before for place in places if (count := _count(api, f"with {place}", places[place]))}
    if not grown:
        raise NotApplicable("a prompt with a system prompt, tools or earlier turns is not counted at all")
    seen = f"{len(words)} characters count for {plain} tokens in the last turn, " + ", ".join(
        f"{count} in {place}" for place, count in grown.items()
    )
    for place in (place for place, count in grown.items() if count < _OFF * plain):
        short = api.once(f"{_SHOWN}, without", **asked, max_tokens=ROOM)
        usage = (short.size, control(api, f"usage with {place}", **places[place], max_tokens=ROOM).size)
        if usage[0] is not None and usage[1] is not None and usage[1] - usage[0] >= _NEAR * plain:
            words = f"{place} is left out: {seen}, where the usage goes from {usage[0]} to {usage[1]}"
            return Observation(Behaviour.IGNORED, words, signals=("size",))
    return Observation(Behaviour.HONOURED, seen, signals=("size",))


def _count(api: Endpoint, arm: str, body: Mapping[str, Json]) -> int | None:
    """What a request counts for; None where it is refused, or not counted."""
    reply = api.send(arm, {"model": api.model, **body}, path="/v1/messages/count_tokens")
    given = reply.exchange.json.get("input_tokens") if isinstance(reply.exchange.json, dict) else None
    return token_count(given) if reply.ok else None


def _counted(api: Endpoint, arm: str, body: Mapping[str, Json]) -> int:
    """What a plain request counts for.

    Raises:
        NotApplicable: it is not counted, which is the finding of another case.
    """
    count = _count(api, arm, body)
    if count is None:
        raise NotApplicable("a plain prompt is not counted either")
    return count


_NEAR, _OFF = 0.75, 0.4
"""Shares of what a prompt grows by in the usage: above the one a count agrees with it, below the other it does not."""

_CHARACTERS = 16
"""No tokenizer needs fewer tokens than one for so many characters of prose."""


def _fewest(messages: list[Json]) -> float:
    return sum(len(str(message["content"])) for message in messages) / _CHARACTERS
