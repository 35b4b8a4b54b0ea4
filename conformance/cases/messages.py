"""The blocks a message may hold: is what stands in them part of the prompt?"""

from __future__ import annotations

import base64
import json
import re
import struct
import textwrap
import zlib
from collections.abc import Callable, Mapping

from conformance.cases.common import (
    BALLAST,
    FLAT,
    QUESTION,
    RISE,
    ROOM,
    WHOLE,
    assistant,
    control,
    fact,
    is_read,
    long_fact,
    needs_streams,
    rejected,
    text,
    user,
)
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.tools import WEATHER
from conformance.protocol.parsing import token_count
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_ASKED: Mapping[str, Json] = {"messages": [user(QUESTION)], "max_tokens": ROOM}
_SIGNATURE = "Y29uZm9ybWFuY2U="


def _plainly(codeword: str) -> dict[str, Json]:
    return {"messages": [user(f"{fact(codeword)}\n\n{QUESTION}")], "max_tokens": ROOM}


@experiment("messages.text")
def every_block_of_a_turn_is_read(api: Endpoint) -> Observation:
    """A message may hold several text blocks, and all of them are the prompt.

    Honoured: a codeword in the second of three comes back, or the prompt grows by it. Ignored: neither.
    """
    return is_read(
        api,
        "a further text block",
        "Velmodar",
        without={"messages": [user(text(QUESTION), text("Thank you."))], "max_tokens": ROOM},
        carrying={
            "messages": [user(text(QUESTION), text(fact("Velmodar")), text(QUESTION))],
            "max_tokens": ROOM,
        },
        plainly=_plainly("Velmodar"),
    )


@experiment("messages.text")
def the_first_and_the_last_block_are_read(api: Endpoint) -> Observation:
    """A message may hold several text blocks, and the first and the last are the prompt as well.

    Honoured: a codeword there comes back, or the prompt grows by it. Ignored: neither.
    """
    question, thanks = text(QUESTION), text("Thank you.")
    for place, carrying in (
        ("the first of three text blocks", [text(fact("Doriwelk")), question, thanks]),
        ("the last of three text blocks", [thanks, question, text(fact("Doriwelk"))]),
    ):
        found = is_read(
            api,
            place,
            "Doriwelk",
            without={"messages": [user(question, thanks)], "max_tokens": ROOM},
            carrying={"messages": [user(*carrying)], "max_tokens": ROOM},
            plainly=_plainly("Doriwelk"),
        )
        if found.behaviour is not Behaviour.HONOURED:
            break
    return found


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
    )


@experiment("messages.text")
def a_long_message_is_read_to_its_end(api: Endpoint) -> Observation:
    """A message is read from its first word to its last, also where it is long.

    Honoured: a text many times as long makes the prompt grow as many times, or a codeword at its end comes
    back where nothing is counted. Ignored: the prompt grows by less, so a part of the text was cut away.
    """
    codeword, times = "Gossamund", 20
    none = control(api, messages=[user(QUESTION)], max_tokens=ROOM)
    once = control(api, "control, once", messages=[user(f"{BALLAST}\n\n{QUESTION}")], max_tokens=ROOM)
    # The first words are its own: what other cases have had cached, and the service may not count, is no part of it.
    words = f"A long note, of {times} paragraphs. {long_fact(codeword, times)}\n\n{QUESTION}"
    long = api.ask("treatment", messages=[user(words)], max_tokens=ROOM)
    if not long.ok:
        raise Inconclusive(f"a message of {times} paragraphs is refused ({long.refusal})")
    if none.size is not None and once.size is not None and long.size is not None and once.size - none.size >= RISE:
        seen = f"the prompt went from {none.size} to {once.size} tokens, and to {long.size} with {times} times as much"
        if long.size - none.size >= WHOLE * times * (once.size - none.size):
            return Observation(Behaviour.HONOURED, seen, signals=("size",))
        if long.size - none.size <= once.size - none.size:
            # Less than its beginning alone: a cache that is not counted hides it, or it is lost whole.
            raise Inconclusive(f"the service's count does not follow the prompt: {seen}")
        return Observation(Behaviour.IGNORED, seen, signals=("size",))
    if codeword.lower() in long.text.lower():
        return Observation(Behaviour.HONOURED, "the codeword at its end came back", signals=("text",))
    raise Inconclusive("the service does not count what it has read, and the reply does not show it")


@experiment("messages.text")
def what_is_not_ascii_is_read(api: Endpoint) -> Observation:
    """A message may be in any language.

    Honoured: a codeword in a Chinese text comes back, or the prompt grows by the text. Ignored: neither.
    """
    asked = f"{QUESTION} 请只回答名字。"

    def sized(arm: str, words: str) -> Reply:
        return control(api, arm, messages=[user(f"{words}\n\n{asked}".strip())], max_tokens=ROOM)

    before = sized("control", "")
    after = api.ask("treatment", messages=[user(f"{_CHINESE}\n\n{asked}")], max_tokens=ROOM)
    if not after.ok:
        return rejected("a Chinese text", after)
    if "墨团团" in after.text and "墨团团" not in before.text:
        return Observation(Behaviour.HONOURED, "the codeword came back", signals=("text",))
    if before.size is None or after.size is None:
        raise Inconclusive("the service does not count what it has read, and the reply does not show it")
    seen = f"the prompt went from {before.size} to {after.size} tokens"
    if after.size - before.size >= RISE:
        return Observation(Behaviour.HONOURED, f"a Chinese text is read: {seen}", signals=("size",))
    english = sized("witness", BALLAST).size
    if english is None or english - before.size < RISE:
        raise Inconclusive("the service's count does not follow the prompt")
    words = f"a Chinese text is not read: {seen}, with an English one to {english}"
    return Observation(Behaviour.IGNORED, words, signals=("size",))


_CHINESE = (
    "办公室的猫名叫墨团团。办公室在一条安静街道的拐角处，一边是面包店，一边是修自行车的铺子。早晨，阳光从高高的窗户照进来，"
    "落在大家一起工作的长木桌上。屋里有十一把椅子、四盏灯、两台打印机，还有一只走得稍慢的旧钟。星期一给植物浇水，星期三整理"
    "信件，星期五窗户一直开到傍晚，屋里便有了雨水和面包的气味。来访的客人要按两次铃，擦净鞋子，在门边的绿本子上写下名字，"
    "然后再走上二楼。"
)


@experiment("messages.text")
def earlier_turns_are_read(api: Endpoint) -> Observation:
    """The history is part of the prompt: what the user said before.

    Honoured: a codeword in the first turn comes back, or the prompt grows by it. Ignored: neither.
    """
    return is_read(
        api,
        "an earlier user turn",
        "Tarnovique",
        without={
            "messages": [user("Good morning."), assistant("Good morning!"), user(QUESTION)],
            "max_tokens": ROOM,
        },
        carrying={
            "messages": [
                user(f"Good morning. {fact('Tarnovique')}"),
                assistant("Good morning!"),
                user(QUESTION),
            ],
            "max_tokens": ROOM,
        },
        plainly=_plainly("Tarnovique"),
    )


@experiment("messages.text")
def what_the_assistant_said_is_read(api: Endpoint) -> Observation:
    """The history is part of the prompt: what the model said before.

    Honoured: a codeword in an assistant turn comes back, or the prompt grows by it. Ignored: neither.
    """
    return is_read(
        api,
        "an earlier assistant turn",
        "Brimwaldo",
        without={
            "messages": [user("Good morning."), assistant("Good morning!"), user(QUESTION)],
            "max_tokens": ROOM,
        },
        carrying={
            "messages": [
                user("Tell me about the office."),
                assistant(text("Gladly."), text(fact("Brimwaldo"))),
                user(QUESTION),
            ],
            "max_tokens": ROOM,
        },
        plainly=_plainly("Brimwaldo"),
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


_Way = Callable[[dict[str, Json]], dict[str, Json]]
"""How a request with a tool loop is sent so that the service takes it."""


def _history(api: Endpoint, kind: str, other: str) -> _Way | Observation:
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


def _some_history(api: Endpoint) -> _Way:
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


def _with(thoughts: list[Json]) -> _Way:
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


@experiment("messages.tool_use")
def the_input_of_a_call_is_read(api: Endpoint) -> Observation:
    """A tool_use block goes back into the history, and the model sees what it called with.

    Honoured: a codeword in its input comes back, or the prompt grows by it. Ignored: neither.
    """
    way = _history(api, "tool_use", "tool_result")
    if isinstance(way, Observation):
        return way
    return is_read(
        api,
        "the input of a tool_use block",
        "Ostrelmo",
        without=way(_looked_up("nothing", "Done.")),
        carrying=way(_looked_up(fact("Ostrelmo"), "Done.")),
        plainly=_plainly("Ostrelmo"),
    )


@experiment("messages.tool_result")
def the_result_of_a_call_is_read(api: Endpoint) -> Observation:
    """A tool_result block brings what the tool said, as a string.

    Honoured: a codeword in it comes back, or the prompt grows by it. Ignored: neither.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way
    return is_read(
        api,
        "the content of a tool_result block",
        "Fennigrath",
        without=way(_looked_up("office", "Done.")),
        carrying=way(_looked_up("office", fact("Fennigrath"))),
        plainly=_plainly("Fennigrath"),
    )


@experiment("messages.tool_result")
def a_result_of_blocks_is_read(api: Endpoint) -> Observation:
    """A tool_result's content may be a list of text blocks.

    Honoured: a codeword in the second comes back, or the prompt grows by it. Ignored: neither.
    Rejected: a list is refused where a string is taken.
    """
    way: _Way = dict
    listed = api.ask("control, a list", **_looked_up("office", [text("Done.")]))
    if not listed.ok:
        way = _some_history(api)
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
    )


@experiment("messages.tool_result")
def every_result_of_a_turn_is_read(api: Endpoint) -> Observation:
    """The results of two calls made at once come back in one turn, and both are read.

    Honoured: a codeword in either comes back, or the prompt grows by it. Ignored: neither.
    """
    way = _history(api, "tool_result", "tool_use")
    if isinstance(way, Observation):
        return way

    def both(*results: str) -> dict[str, Json]:
        request = _looked_up("office", results[0])
        opening, calls, answers = request["messages"]
        second = {**calls["content"][0], "id": "toolu_conformance_2", "input": {"note": "canteen"}}
        answer = {**answers["content"][0], "tool_use_id": second["id"], "content": results[1]}
        turns = [
            opening,
            assistant(*calls["content"], second),
            user(answers["content"][0], answer, answers["content"][1]),
        ]
        return {**request, "messages": turns}

    for place, results in (
        ("the first of two tool_results", (fact("Wintersole"), "Done.")),
        ("the second of two tool_results", ("Done.", fact("Wintersole"))),
    ):
        found = is_read(
            api,
            place,
            "Wintersole",
            without=way(both("Done.", "Done.")),
            carrying=way(both(*results)),
            plainly=_plainly("Wintersole"),
        )
        if found.behaviour is not Behaviour.HONOURED:
            break
    return found


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

    def turn(arm: str, content: list[Json]) -> Reply:
        history = [_HARD_QUESTION, assistant(*content), user(*results)]
        return api.ask(arm, messages=history, max_tokens=4096, tools=[WEATHER], **thinking)

    whole = [dict(block) for block in first.content]
    without = turn("control", [block for block in whole if block["type"] != "thinking"])
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
    if first.size is None or without.size <= first.size or after.size < without.size:
        raise Inconclusive(
            f"the service's count does not follow the prompt: {first.size}, {without.size}, {after.size}"
        )
    # Templates put a few tokens around a block; the words of the thought itself must be there.
    expected = max(3, len(first.thinking) // 16)
    words = f"{len(first.thinking)} characters of thinking: the prompt went from {without.size} to {after.size} tokens"
    if after.size - without.size >= expected:
        return Observation(Behaviour.HONOURED, words, signals=("size",))
    if not _counts_thoughts(first):
        raise Inconclusive(f"{words}, and the service does not count the thoughts of a reply either")
    said = turn("positive control, as text", [text(first.thinking), *(b for b in whole if b["type"] not in _THOUGHTS)])
    if not said.ok or said.size is None or said.size - without.size < expected:
        raise Inconclusive(f"{words}, and the same words as text do not show in it either")
    return Observation(Behaviour.IGNORED, f"{words}, and with the same words as text to {said.size}", signals=("size",))


def _counts_thoughts(reply: Reply) -> bool:
    """Whether a reply's own count is so large that its thoughts must be in it.

    No tokenizer makes more than a token of two characters of calls and prose in a Latin script, on the whole, or
    fewer than one of eight.
    """
    seen = len(reply.text) + sum(len(json.dumps(call.get("input"))) for call in reply.tool_calls)
    return reply.output_tokens is not None and reply.output_tokens - seen / 2 >= len(reply.thinking) / 8


def _foreign_thought(api: Endpoint) -> Observation:
    """A thinking block of our own: where the model gives none, it shows at least whether one is taken."""
    without = control(api, **_looked_up("office", "Done."))
    block = {"type": "thinking", "thinking": BALLAST, "signature": _SIGNATURE}
    after = api.ask("treatment", **_looked_up("office", "Done.", block))
    if not after.ok:
        if "signature" in after.error_message.lower():
            raise Inconclusive("the model does not think in a tool loop, and our own block has no valid signature")
        return rejected("a thinking block in the history", after)
    if without.size is not None and after.size is not None and after.size - without.size >= RISE:
        words = f"the prompt went from {without.size} to {after.size} tokens"
        return Observation(Behaviour.HONOURED, words, signals=("size",))
    said = api.ask("positive control, as text", **_looked_up("office", "Done.", text(BALLAST)))
    if not said.ok or without.size is None or said.size is None or said.size - without.size < RISE:
        raise Inconclusive("the model does not think in a tool loop, and a block of our own leaves no trace")
    words = "taken; the model does not think in a tool loop, and a thought that is not its own is left out"
    return Observation(Behaviour.ACCEPTED, words, signals=("size",))


@experiment("messages.image")
def a_picture_is_seen(api: Endpoint) -> Observation:
    """An image block shows the model a picture.

    Honoured: its colour comes back, or the prompt grows by it. Rejected: it is refused. Ignored: a
    plain 200 to a prompt that did not grow, the worst of the three.
    """
    question = text("What colour is the picture? Answer with one word.")
    before = control(api, messages=[user(question)], max_tokens=ROOM)
    return _is_seen(api, before, lambda side: {"messages": [user(_red(side), question)], "max_tokens": ROOM})


def _is_seen(api: Endpoint, before: Reply, asked: Callable[[int], dict[str, Json]]) -> Observation:
    """Whether a red picture is seen, in a request that holds one of so many pixels to a side."""
    after = api.ask("treatment", **asked(256))
    found = _taken_in("image", before, after, says="red")
    if found.signals != ("size",) or found.behaviour is not Behaviour.HONOURED:
        return found
    # A sentence in the picture's place makes the prompt grow as well, but not by the picture's size.
    larger = api.ask("treatment, larger", **asked(1024))
    if not larger.ok or larger.size is None or after.size is None or abs(larger.size - after.size) <= FLAT:
        raise Inconclusive(f"{found.summary}, whatever the picture's size, and the reply does not name its colour")
    return found


@experiment("messages.image.url")
def a_picture_is_fetched(api: Endpoint) -> Observation:
    """An image block may name a picture by its address.

    Honoured: one that does not exist is looked for and missed. Rejected: the kind of source is refused.
    Ignored: it is answered, though there is nothing that could have been seen.
    """
    question = text("What colour is the picture? Answer with one word.")
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

    Honoured: its colour comes back, or the prompt grows by it. Rejected: it is refused. Ignored: a
    plain 200 to a prompt that did not grow.
    """
    question = "What colour is the picture that the tool has returned? Answer with one word."
    way: _Way = dict
    before = api.ask("control", **_looked_up("office", [text("Done.")], asking=question))
    if not before.ok:
        way = _some_history(api)
        before = control(api, **way(_looked_up("office", [text("Done.")], asking=question)))
    return _is_seen(api, before, lambda side: way(_looked_up("office", [text("Done."), _red(side)], asking=question)))


def _red(side: int) -> dict[str, Json]:
    data = base64.b64encode(_png((255, 0, 0), side)).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


@experiment("messages.document.pdf")
def a_pdf_is_read(api: Endpoint) -> Observation:
    """A document block may hold a PDF.

    Honoured: a codeword in it comes back, or the prompt grows by it. Rejected: it is refused.
    Ignored: a plain 200 to a prompt that did not grow.
    """
    question = text(QUESTION)
    data = base64.b64encode(_pdf(fact("Brackenhurst"))).decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    before = control(api, messages=[user(question)], max_tokens=ROOM)
    after = api.ask("treatment", messages=[user({"type": "document", "source": source}, question)], max_tokens=ROOM)
    return _taken_in("document", before, after, says="brackenhurst")


@experiment("messages.document")
def a_document_is_read(api: Endpoint) -> Observation:
    """A document block gives the model a text to read.

    Honoured: a codeword in it comes back, or the prompt grows by it. Rejected: it is refused.
    Ignored: a plain 200 to a prompt that did not grow.
    """
    question = text(QUESTION)
    source = {"type": "text", "media_type": "text/plain", "data": fact("Wexalindo")}
    before = control(api, messages=[user(question)], max_tokens=ROOM)
    after = api.ask("treatment", messages=[user({"type": "document", "source": source}, question)], max_tokens=ROOM)
    return _taken_in("document", before, after, says="wexalindo")


_READ = 90
"""Tokens by which a document's ballast must make a prompt grow: a sentence in its place has fewer."""


def _taken_in(kind: str, before: Reply, after: Reply, *, says: str) -> Observation:
    if not after.ok:
        return rejected(f"type={kind}", after)
    said = says in after.text.lower() and says not in before.text.lower()
    if before.size is None or after.size is None:
        if said:
            return Observation(Behaviour.HONOURED, f"type={kind} is read: the reply says {says}", signals=("text",))
        raise Inconclusive("the service does not count what it has read, and the reply does not show it")
    growth = after.size - before.size
    seen = f"the prompt went from {before.size} to {after.size} tokens"
    if said or growth >= (_READ if kind == "document" else FLAT):
        signals = ("text", "size") if said else ("size",)
        return Observation(Behaviour.HONOURED, f"type={kind} is read: {seen}", signals=signals)
    if growth > FLAT:
        raise Inconclusive(f"{seen}, neither by nothing nor by the document")
    return Observation(Behaviour.IGNORED, f"type={kind} is taken and dropped: {seen}", signals=("size",))


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
    if cached and not uncached:
        # The marked prompt was asked twice: a cache that needs no mark shows when the plain one is, too.
        uncached = _cached(
            control(api, "control, again", messages=[user(text("A."), prefix, question)], max_tokens=ROOM)
        )
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

    Honoured: a number that grows with the prompt. Ignored: one that does not. Rejected: no such endpoint.
    """
    short = api.send("short", {"model": api.model, "messages": [user(QUESTION)]}, path="/v1/messages/count_tokens")
    if not short.ok:
        return rejected("count_tokens", short)
    long = api.send(
        "long", {"model": api.model, "messages": [user(fact("Zorbanix"))]}, path="/v1/messages/count_tokens"
    )
    bodies = [reply.exchange.json for reply in (short, long) if reply.ok]
    given = [body.get("input_tokens") if isinstance(body, dict) else None for body in bodies]
    sizes = [size for size in map(token_count, given) if size is not None]
    if len(sizes) == 2 and sizes[1] - sizes[0] >= RISE:
        return Observation(Behaviour.HONOURED, f"{sizes[0]} tokens, then {sizes[1]}", signals=("size",))
    return Observation(Behaviour.IGNORED, f"the counts are {given}", signals=("size",))
