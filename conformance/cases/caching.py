"""A prefix that is marked for the cache."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.cases.common import (
    BALLAST,
    ROOM,
    control,
    rejected,
    text,
    user,
)
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.protocol.parsing import token_count
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation


@experiment("messages.cache_control")
def a_marked_prefix_is_cached(api: Endpoint) -> Observation:
    """cache_control marks a prefix to be kept; the second request reads it from the cache.

    Honoured: the usage shows a cache written or read, and none without the mark. Ignored: it never
    does, or every request writes the same prefix again and reads nothing; or no stream says so, and every body before
    and after does. Accepted: it does with and without.
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
    request: dict[str, Json] = {"messages": [user(text("B."), marked_prefix, question)], "max_tokens": ROOM}
    for time in range(_MARKED):
        marked = api.ask("treatment", **request)
        if not marked.ok:
            return rejected("cache_control", marked)
        # What was just written may not be there at once.
        if time and (marked.cache_read or not _cached(marked)):
            break
    else:
        words = f"written to the cache by each of {_MARKED} requests, {_cached(marked)} tokens, and never read"
        return Observation(Behaviour.IGNORED, words, signals=("usage",))
    if marked.cache_read and (silent := _in_streams(api, request)):
        return Observation(Behaviour.IGNORED, silent, signals=("usage",))
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


def _in_streams(api: Endpoint, request: Mapping[str, Json]) -> str:
    """That streams do not say what they read from the cache, where bodies do; empty where one does, or none is taken.

    A stream may reach a machine of its own, or come when the prefix is not there any more: so each one that says
    nothing is followed by a body, which has to say it.
    """
    for _ in range(_STREAMS):
        stream = api.ask("treatment, streamed", **request, stream=True)
        if not stream.ok or not stream.usage or _cached(stream) or not api.ask("treatment", **request).cache_read:
            return ""
    return (
        f"none of {_STREAMS} streams reads anything from the cache, and each body of the same request between them does"
    )


_PREFIXES = (40, 11)
"""Paragraphs of a prefix: some 5000 tokens, and where the context is too small some 1400; the least that
Anthropic caches is 1024 tokens, with some models 4096."""


_STREAMS = 3
"""Streams that must say nothing of the cache: what is kept for bodies alone would be written by one of them."""

_MARKED = 4
"""Times a marked prefix is asked, at most: what is written so often and never read was never kept."""

_WRITTEN = "cache_creation_input_tokens"


def _cached(reply: Reply) -> int:
    return reply.cache_read + (token_count(reply.usage.get(_WRITTEN)) or 0)
