"""Text in every place of a conversation: is it read?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    BALLAST,
    POSITIVE_CONTROL,
    QUESTION,
    ROOM,
    assistant,
    compared,
    control,
    fact,
    is_read,
    needs_streams,
    part_of,
    says,
    text,
    user,
)
from conformance.cases.counts import WHOLE, Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.several import Places, all_are_read, plainly
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation


def _in_plain_sight(_place: str, codeword: str) -> dict[str, Json]:
    return plainly(fact(codeword), QUESTION)


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
        plainly=plainly(fact("Mistravane"), QUESTION),
        counted=plainly(fact("Mistravane"), QUESTION),
    )


_PETS: Mapping[str, str] = {"cat": "Gossamund", "dog": "Ravellone", "parrot": "Tintoquay"}
_WHAT_NAMES = "What are the names of the office cat, the office dog and the office parrot? Answer with the names."


def _what_name(animal: str) -> str:
    return f"What is the name of the office {animal}? Answer with the name."


def _named_so(animal: str) -> str:
    return f"The name of the office {animal} is {_PETS[animal]}."


@experiment("messages.text")
def a_long_message_is_read_to_its_end(api: Endpoint) -> Observation:
    """A message is read from its first word to its last, also where it is long, and so is what was said before it.

    (Some servers give a model 4096 tokens unless they are told otherwise, and leave out what was said first.)

    Honoured: three names come back, from the turn before and from the message's middle and end; or a text many times as
    long makes the prompt grow as many times. Ignored: the prompt grows by less, and one of the names does not come
    back: a part of the text was cut away; or the name from before never comes back, and before a short message always.
    """
    long, times = _long_note(api)
    if all(says(long, name) for name in _PETS.values()):
        words = "the names before it, in its middle and at its end came back"
        return Observation(Behaviour.HONOURED, words, signals=("text",))
    none, half = api.once("control", **_noted(0, "")), control(api, "control, half of it", **_half_of_it(times))

    def sized(before: Reply, middle: Reply, after: Reply) -> Growth:
        return Growth((middle,), (after,), (before,), (middle,), WHOLE)

    growth = sized(none, half, long)
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        if lost := _lost_before(api, long, times):
            return Observation(Behaviour.IGNORED, lost, signals=("text",))
        return Observation(Behaviour.HONOURED, f"{compared(growth)} for its first half", signals=("size",))
    unsaid = [animal for animal, name in _PETS.items() if not says(long, name)]
    if all(
        says(control(api, f"treatment, {one} alone", **_noted(times, _long_words(times), _what_name(one))), _PETS[one])
        for one in unsaid
    ):
        words = "the names before it, in its middle and at its end came back, one by one"
        return Observation(Behaviour.HONOURED, words, signals=("text",))
    if zone is Zone.UNKNOWN:
        raise Inconclusive("the service does not count what it has read, and the reply does not show it")
    again = sized(
        api.once("control", **_noted(0, "")),
        control(api, "control, half of it", **_half_of_it(times)),
        control(api, "treatment", **_noted(times, _long_words(times))),
    )
    both = growth.with_more(again)
    if zone_of(api, both) is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, f"{compared(both)} for its first half", signals=("size",))
    if zone_of(api, again) is not zone:
        raise Inconclusive(f"the service's count does not follow the prompt: {compared(both)} for its first half")
    return part_of("a long message", both)


_TIMES = (40, 20)
"""Paragraphs of a long message: some 5200 tokens, and where the context is too small for them 2600."""

_BEFORE = "cat"
"""The animal that is told of in the turn before."""

_ASKED = 5


def _long_note(api: Endpoint) -> tuple[Reply, int]:
    """The reply to a long message, and how many paragraphs that has.

    Raises:
        Inconclusive: it is refused, however long.
    """
    for times in _TIMES:
        long = api.ask("treatment", **_noted(times, _long_words(times)))
        if long.ok:
            return long, times
    raise Inconclusive(f"a message of {times} paragraphs is refused ({long.refusal})")


def _noted(many: int, words: str, question: str = _WHAT_NAMES) -> dict[str, Json]:
    # The first words are its own: what other prompts have had cached, and the service may not count, is no part.
    note = f"A long note, of {many} paragraphs. {words}\n\n{question}"
    before = [user(f"For later, of {many} things: {_named_so(_BEFORE)}"), assistant("I will remember it.")]
    return {"messages": [*before, user(note)], "max_tokens": ROOM}


def _long_words(times: int) -> str:
    half_of_it = [BALLAST] * (times // 2)
    return " ".join([*half_of_it, _named_so("dog"), *half_of_it, _named_so("parrot")])


def _half_of_it(times: int) -> dict[str, Json]:
    return _noted(times // 2, " ".join([BALLAST] * (times // 2)))


def _lost_before(api: Endpoint, long: Reply, times: int) -> str:
    """That what was said before a long message is lost, and before a short one is not; empty where it is not so."""
    if says(long, _PETS[_BEFORE]) or not all(says(long, _PETS[one]) for one in _PETS if one != _BEFORE):
        return ""  # a model that does not find every name in so long a text is none to tell by
    question = _what_name(_BEFORE)
    for _ in range(_ASKED):
        if not says(control(api, POSITIVE_CONTROL, **_noted(0, "", question)), _PETS[_BEFORE]):
            return ""
        if says(control(api, "treatment, alone", **_noted(times, _long_words(times), question)), _PETS[_BEFORE]):
            return ""
    return f"what was said before a long message never comes back, {_ASKED} times, and before a short one every time"


_TURNS: Mapping[str, str] = {
    "the first of two user turns in a row": "Tarnovique",
    "the second of two user turns in a row": "Oxlendar",
    "an earlier user turn of blocks": "Wimbernath",
}
_SYSTEM_TURN = "Hollowmere"

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


_ANSWERS_IN_A_ROW: Mapping[str, str] = {
    "the first of two assistant turns in a row": "Caldemorrow",
    "the second of two assistant turns in a row": "Hexaprine",
}


@experiment("messages.text")
def two_answers_in_a_row_are_read(api: Endpoint) -> Observation:
    """Two turns of the assistant in a row are one: both are the prompt (clients send a reply in parts so).

    Honoured: codewords in both come back, or the prompt grows by them. Ignored: one of the two does neither.
    (Where two turns of one role are refused, that is what another row finds.)
    """

    def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
        said = [assistant(words.get(place, "Gladly.")) for place in _ANSWERS_IN_A_ROW]
        return {"messages": [user("Tell me about the office."), *said, user(question)], "max_tokens": ROOM}

    found = all_are_read(
        api, Places(codewords=_ANSWERS_IN_A_ROW, asked=asked, without=plainly("", QUESTION), counted=_in_plain_sight)
    )
    if found.behaviour is Behaviour.REJECTED:
        raise NotApplicable("two turns of the assistant in a row are refused")
    return found


_WRAPPED: Mapping[str, str] = {
    "what stands in a <system-reminder>": "Zephandrine",
    "what stands in the output of a command": "Kelmorvane",
}


@experiment("messages.text")
def what_clients_wrap_in_tags_is_read(api: Endpoint) -> Observation:
    """A text that begins with a tag of a client's is a text: Claude Code's reminders and outputs of commands are.

    Honoured: codewords in both come back, or the prompt grows by them. Ignored: one of the two does neither.
    """

    def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
        reminder, output = (words.get(place, "Thank you.") for place in _WRAPPED)
        first = text(f"<system-reminder>\n{reminder}\n</system-reminder>")
        turn = user(first, text(f"<local-command-stdout>{output}</local-command-stdout>"), text(question))
        return {"messages": [turn], "max_tokens": ROOM}

    return all_are_read(
        api, Places(codewords=_WRAPPED, asked=asked, without=plainly("", QUESTION), counted=_in_plain_sight)
    )


@experiment("accepts.system_turn")
def a_turn_of_the_system_is_read(api: Endpoint) -> Observation:
    """Who takes a turn of the system reads it: Claude Code puts its rules and its reminders there.

    Honoured: a codeword that only such a turn holds comes back, or the prompt grows by it. Ignored: it is taken and
    does neither. (Where such a turn is refused, that is what the other case of this row finds.)
    """

    def asked(words: str) -> dict[str, Json]:
        return {"messages": [user(QUESTION), {"role": "system", "content": words}], "max_tokens": ROOM}

    found = is_read(
        api,
        "a turn of the system",
        _SYSTEM_TURN,
        without=asked("Answer briefly."),
        carrying=asked(f"Answer briefly. {fact(_SYSTEM_TURN)}"),
        plainly=plainly(fact(_SYSTEM_TURN), QUESTION),
        bare=plainly("", QUESTION),
    )
    if found.behaviour is Behaviour.REJECTED:
        raise NotApplicable("a turn of the system is refused")
    return found
