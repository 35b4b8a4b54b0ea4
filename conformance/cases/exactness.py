"""What a stream says is what a body says: a text that has to come back letter by letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import comb

from conformance.cases.common import control, needs_streams, user
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

_ASKED: Mapping[str, Json] = {
    "messages": [
        user(
            "Repeat the text between the tags exactly, character by character, with its spaces and its line break, "
            f"and without the tags. Write nothing else.\n<text>{TEXT}</text>"
        )
    ],
    "max_tokens": 2048,
}
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
    first = control(api, **_ASKED)
    streams = [_streamed(api) for _ in range(_STREAMS)]
    if all(_exact(reply) for reply in streams):
        return Observation(Behaviour.HONOURED, f"exact in {_STREAMS} of {_STREAMS} streams", signals=("text",))
    if halves := [found for reply in streams for found in broken_characters(reply.exchange.events)]:
        return Observation(Behaviour.IGNORED, f"characters come in halves: {halves[0]}", signals=("text",))
    # A model that cannot repeat odd spaces may still repeat the words between them.
    is_right = next((rule for rule in (_exact, _exact_but_for_spaces) if rule(first)), None)
    if is_right is None:
        raise Inconclusive(f"the model does not repeat a text exactly, not even as a body: {first.text[:60]!r}")
    if all(is_right(reply) for reply in streams):
        raise Inconclusive("the model repeats the text now with its odd spaces and now without, in streams as well")
    return _compared(api, is_right, [first], streams)


def _compared(
    api: Endpoint, is_right: Callable[[Reply], bool], bodies: list[Reply], streams: list[Reply]
) -> Observation:
    """Bodies and streams in turn, until the difference is not the model's luck."""
    for look in _LOOKS:
        while len(bodies) < look:
            bodies.append(control(api, **_ASKED))
        while len(streams) < look:
            streams.append(_streamed(api))
        right = sum(map(is_right, bodies)), sum(map(is_right, streams))
        if _by_chance(*right, look) <= _CHANCE:
            lost = next(reply for reply in streams if not is_right(reply))
            words = f"exact in {right[1]} of {look} streams and {right[0]} of {look} bodies: {_difference(lost.text)}"
            behaviour = Behaviour.INCONSISTENT if right[1] else Behaviour.IGNORED
            figures = {"bodies": right[0], "streams": right[1], "of": look}
            return Observation(behaviour, words, signals=("text",), statistics=figures)
    raise Inconclusive(f"exact in {right[1]} of {look} streams and {right[0]} of {look} bodies: no clear difference")


def _streamed(api: Endpoint) -> Reply:
    reply = api.ask("treatment, streamed", **_ASKED, stream=True)
    if not reply.ok:
        needs_streams(api)
        raise Inconclusive(f"the stream was refused ({reply.refusal})")
    needs_order(reply)
    if reply.stop_reason == "max_tokens":
        raise Inconclusive("max_tokens ran out before the text was repeated")
    return reply


def _exact(reply: Reply) -> bool:
    return TEXT in reply.text


def _exact_but_for_spaces(reply: Reply) -> bool:
    return _spaced_once(TEXT) in _spaced_once(reply.text)


def _spaced_once(text: str) -> str:
    return " ".join(text.split())


def _by_chance(bodies: int, streams: int, pairs: int) -> float:
    """The chance of so few streams among the right ones, if it fell by lot which are streams (Fisher's exact test)."""
    right = bodies + streams
    ways = sum(comb(pairs, few) * comb(pairs, right - few) for few in range(max(0, right - pairs), streams + 1))
    return ways / comb(2 * pairs, right)


def _difference(text: str) -> str:
    """Where a text leaves the one that was to be repeated."""
    begun = text.find(TEXT[:3])
    heard: Sequence[str] = text[begun:] if begun >= 0 else text
    at = next((at for at, (a, b) in enumerate(zip(TEXT, heard, strict=False)) if a != b), min(len(TEXT), len(heard)))
    before = max(0, at - 12)
    return f"{''.join(heard[before : at + 12])!r} for {TEXT[before : at + 12]!r}"
