"""What a stream says is what a body says: a text that has to come back letter by letter."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

from conformance.cases.common import POSITIVE_CONTROL, ROOM, control, needs_streams, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.streamed import needs_order
from conformance.protocol.damage import broken_characters
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

TEXT = (
    "Zoë  paid 3.50 € at the café in 東京; 汉字 are hard 🙂🚲 🙂.\n"
    '   "No no no no," said Åsa,   naïvely — and then: {a: [1, 2]}, the end.'
)
"""Characters of one to four bytes, runs of spaces, words that repeat, and signs that some parsers trip over."""

LONG_TEXT = (
    "Dear Noël & Zoe\u0308,\n\n"
    "the ﬁrst ½ of the list is № \uff11\uff12 in <b>our</b> house:\n\n"
    "    if (a < b && c > d) {\n"
    '        print("done");\n'
    "    }\n\n\n"
    "17 red pears, 18 blue plums, 19 dry figs, 20 big nuts, 21 old coins, 22 new pens, 23 tin cups, 24 wax seals, "
    "25 oak chairs, 26 cut stones, 27 long ropes, 28 wet leaves, 29 thin coats, 30 warm loaves, 31 dark jars.\n\n"
    "It all begins here,\n\n\nand here it ends."
)
"""Longer, with what is lost on the way to a page: blank lines, indents, signs of HTML, and characters that Unicode
normalisation makes others of (an e with its dots apart, a ligature, a fraction, wide digits)."""

_STREAMS = 3
"""Streams that must be right: what is lost now and then is seldom spared three times, in some twenty pieces each."""

_LOOKS = (7, 14)
"""Pairs of a body and a stream after which the service may be blamed."""

_CHANCE = 0.0005
"""The chance, at each look, of a difference like the one that was seen where a stream is as exact as a body."""


@experiment("stream.text")
def what_a_body_says_a_stream_says(api: Endpoint) -> Observation:
    """The pieces of a streamed text join to the text. MUST: a client adds them up and shows what comes out.

    Honoured: a text of letters, signs and odd spaces that is to be repeated exactly comes whole in every stream.
    Ignored: it comes whole as a body and never as a stream, or characters come in halves. Inconsistent: far less
    often than as a body.
    """
    return _said_again(api, _Text(TEXT), _STREAMS)


@experiment("stream.text")
def a_long_text_streams_whole(api: Endpoint) -> Observation:
    """Blank lines, indents, signs of HTML and rare characters come over a stream, and so does what is long.

    Honoured: a text of them that is to be repeated exactly comes whole in every stream. Ignored: it comes whole as a
    body and never as a stream. Inconsistent: far less often than as a body.
    """
    return _said_again(api, _Text(LONG_TEXT), _STREAMS - 1)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What gateways take out of a text.

    Attributes:
        without: a text without it.
        shows: whether a reply shows that it was there.
        alike: a request that has a text, with what ought to count as it does: in brackets that nobody takes out, or in
            a place that is no turn of the user's.
    """

    name: str
    without: Callable[[str], str]
    shows: Callable[[str], bool]
    alike: Callable[[str], dict[str, Json]]


def _in_brackets(words: str) -> dict[str, Json]:
    return _Text(re.sub(r"<(/?\w+)>", r"(\1)", words)).asked


def _in_the_system(words: str) -> dict[str, Json]:
    return {"messages": [user("Say hello in one short sentence.")], "max_tokens": ROOM, "system": words}


_KINDS = (
    _Kind("tags of HTML", lambda words: re.sub(r"</?\w+>", "", words), lambda said: "<b>" in said, _in_brackets),
    _Kind(
        "blank lines and indents",
        lambda words: re.sub(r"\s+", " ", words),
        lambda said: re.search(r"\s{3}", said) is not None,
        _in_the_system,
    ),
)

_NEVER = 3
"""Replies without it, and equal counts with it and without, that it takes to say that it was taken out."""


@experiment("messages.text")
def a_text_is_read_as_it_is_written(api: Endpoint) -> Observation:
    """Signs of HTML, blank lines and indents are part of a text. MUST: code and pages are full of them.

    Honoured: a text of them comes back as it was written, or counts more than without them. Ignored: what comes back
    never has them, and the prompt counts the same with them and without, though what is alike counts.
    """
    wanted = _Text(LONG_TEXT)
    first = control(api, shared=True, **wanted.asked)
    if wanted.is_in(first):
        return Observation(Behaviour.HONOURED, "a text comes back as it was written", signals=("text",))
    for kind in _KINDS:
        if not kind.shows(first.text) and _is_taken_out(api, kind):
            words = f"{kind.name} never come back, and a prompt with them counts as many tokens as one without"
            return Observation(Behaviour.IGNORED, words, signals=("text", "size"))
    return Observation(Behaviour.HONOURED, "a text comes back with what it was written with", signals=("text", "size"))


def _is_taken_out(api: Endpoint, kind: _Kind) -> bool:
    """Whether a prompt counts the same with it and without, where the service counts such things, and no reply has it.

    Raises:
        Inconclusive: the service does not count such things (as one that counts words), so it cannot be told from a
            model that leaves them out.
    """
    bare = kind.without(LONG_TEXT)
    for _ in range(_NEVER):
        whole = control(api, "treatment", **_Text(LONG_TEXT).asked)
        without = control(api, f"without {kind.name}", **_Text(bare).asked)
        if kind.shows(whole.text) or whole.size != without.size:
            return False
    # Where it is in the text still, its likeness has that much more to count.
    more, less = (control(api, POSITIVE_CONTROL, **kind.alike(words)) for words in (LONG_TEXT, bare))
    if more.size is None or less.size is None or more.size <= less.size:
        raise Inconclusive(f"the model leaves out {kind.name}, and the service does not count such things")
    return True


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that is to come back, and what it is asked with."""

    words: str

    @property
    def asked(self) -> dict[str, Json]:
        """The request, but for ``stream``."""
        task = (
            "Repeat the text between the tags exactly, character by character, with its spaces and its line break, "
            f"and without the tags. Write nothing else.\n<text>{self.words}</text>"
        )
        return {"messages": [user(task)], "max_tokens": 2048}

    def is_all_of(self, reply: Reply) -> bool:
        """Whether a reply is the text, to the letter, and has nothing before or behind it."""
        return reply.text.strip() == self.words

    def is_in(self, reply: Reply) -> bool:
        """Whether a reply has the text, to the letter, and once."""
        return reply.text.count(self.words) == 1

    def is_in_but_for_spaces(self, reply: Reply) -> bool:
        """Whether a reply has its words; how they are spaced is left to the model."""
        return _spaced_once(self.words) in _spaced_once(reply.text)

    def difference(self, text: str) -> str:
        """Where a text leaves this one."""
        if (times := text.count(self.words)) > 1:
            return f"the text comes {times} times"
        if self.words in text:
            ahead, _, behind = text.strip().partition(self.words)
            return f"{ahead[-24:]!r} before the text, and {behind[:24]!r} behind it"
        begun = text.find(self.words[:3])
        heard: Sequence[str] = text[begun:] if begun >= 0 else text
        pairs = enumerate(zip(self.words, heard, strict=False))
        at = next((at for at, (a, b) in pairs if a != b), min(len(self.words), len(heard)))
        before = max(0, at - 12)
        return f"{''.join(heard[before : at + 12])!r} for {self.words[before : at + 12]!r}"


def _said_again(api: Endpoint, wanted: _Text, wished: int) -> Observation:
    first = control(api, shared=True, **wanted.asked)
    streams = [_streamed(api, wanted) for _ in range(wished)]
    exact = Observation(Behaviour.HONOURED, f"exact in {wished} of {wished} streams", signals=("text",))
    if all(map(wanted.is_all_of, streams)):
        return exact
    if all(map(wanted.is_in, streams)):
        # What stands around it may be the model's own chat, which is there without streaming as well.
        added = _compared(api, wanted, wanted.is_all_of, [first], streams) if wanted.is_all_of(first) else None
        return added or exact
    if "\ufffd" not in first.text and (
        halves := [found for reply in streams for found in broken_characters(reply.exchange.events)]
    ):
        return Observation(Behaviour.IGNORED, f"characters come in halves: {halves[0]}", signals=("text",))
    # A model that cannot repeat odd spaces may still repeat the words between them.
    is_right = next((rule for rule in (wanted.is_in, wanted.is_in_but_for_spaces) if rule(first)), None)
    if is_right is None:
        raise Inconclusive(f"the model does not repeat a text exactly, not even as a body: {first.text[:60]!r}")
    if all(is_right(reply) for reply in streams):
        raise Inconclusive("the model repeats the text now with its odd spaces and now without, in streams as well")
    bodies = [first]
    if found := _compared(api, wanted, is_right, bodies, streams):
        return found
    of = len(streams)
    seen = f"exact in {sum(map(is_right, streams))} of {of} streams and {sum(map(is_right, bodies))} of {of} bodies"
    raise Inconclusive(f"{seen}: no clear difference")


def _compared(
    api: Endpoint, wanted: _Text, is_right: Callable[[Reply], bool], bodies: list[Reply], streams: list[Reply]
) -> Observation | None:
    """Bodies and streams in turn, until the difference is not the model's luck; None where there is no clear one."""
    for look in _LOOKS:
        while len(bodies) < look:
            bodies.append(control(api, **wanted.asked))
        while len(streams) < look:
            streams.append(_streamed(api, wanted))
        right = sum(map(is_right, bodies)), sum(map(is_right, streams))
        if _by_chance(*right, look) <= _CHANCE:
            lost = next(reply for reply in streams if not is_right(reply))
            seen = f"exact in {right[1]} of {look} streams and {right[0]} of {look} bodies"
            behaviour = Behaviour.INCONSISTENT if right[1] else Behaviour.IGNORED
            figures = {"bodies": right[0], "streams": right[1], "of": look}
            words = f"{seen}: {wanted.difference(lost.text)}"
            both = (Behaviour.HONOURED, Behaviour.IGNORED) if right[1] else ()
            return Observation(behaviour, words, signals=("text",), statistics=figures, seen_as=both)
    return None


def _streamed(api: Endpoint, wanted: _Text) -> Reply:
    reply = api.ask("treatment, streamed", **wanted.asked, stream=True)
    if not reply.ok:
        needs_streams(api)
        raise Inconclusive(f"the stream was refused ({reply.refusal})")
    needs_order(reply)
    if reply.stop_reason == "max_tokens":
        raise Inconclusive("max_tokens ran out before the text was repeated")
    return reply


def _spaced_once(text: str) -> str:
    return " ".join(text.split())


def _by_chance(bodies: int, streams: int, pairs: int) -> float:
    """The chance of so few streams among the right ones, if it fell by lot which are streams (Fisher's exact test)."""
    right = bodies + streams
    ways = sum(comb(pairs, few) * comb(pairs, right - few) for few in range(max(0, right - pairs), streams + 1))
    return ways / comb(2 * pairs, right)
