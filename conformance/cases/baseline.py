"""A model's baseline: the plain requests that many cases compare with, each asked once in a run.

What a service's figures mean is found out where a case needs to know it, and once for all cases: a service whose
sizes are clear is asked nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.cases.counts import Cached, Growth, Zone, is_cached
from conformance.cases.endpoint import Endpoint
from conformance.protocol.reply import Reply
from conformance.values import Json

__all__ = ["HELLO", "hello", "how_cached", "zone_of"]

HELLO: Mapping[str, Json] = {
    "messages": [{"role": "user", "content": "Say hello in one short sentence."}],
    "max_tokens": 1024,
}
"""The plainest request of all: the control of what needs no prompt of its own."""

_REPEATED = " ".join(
    f"Shelf number {number} holds the letters of the year {1900 + number}, tied with a blue ribbon and in no order."
    for number in range(1, 81)
)
"""Some 2000 tokens: no service that caches prompts leaves one of that length out, asked for again at once."""

_MOSTLY = 0.6
"""The share of a repeated prompt that a cache must hold for its size to tell how the service counts."""


def hello(api: Endpoint, arm: str = "control", **more: Json) -> Reply:
    """The reply to the plainest request; asked once for all cases of a run."""
    return api.once(arm, **HELLO, **more)


def how_cached(api: Endpoint) -> Cached | None:
    """Where a service counts what it has cached; None where that cannot be told.

    The same long prompt is asked twice: the second time nearly all of it comes from the cache, so ``input_tokens``
    are few where the cache is counted beside them, and as many as ever where it is counted inside.
    """
    asked: dict[str, Json] = {"messages": [{"role": "user", "content": f"{_REPEATED} Say hello."}], "max_tokens": 64}
    reply = api.once("baseline", **asked)
    if not is_cached(reply):
        reply = api.once("baseline, again", **asked)
    if not is_cached(reply) or reply.size_if_inside is None or reply.size is None:
        return None
    if reply.size_if_inside == reply.size:
        return Cached.BESIDE
    return Cached.INSIDE if reply.cache_read >= _MOSTLY * reply.size_if_inside else None


def zone_of(api: Endpoint, growth: Growth) -> Zone:
    """Where a growth lies, whichever way the service counts what it has cached.

    Only where the two ways differ is the service asked which one is its own.
    """
    zones = {cached: growth.zone(cached) for cached in Cached}
    if len(set(zones.values())) == 1:
        return zones[Cached.BESIDE]
    cached = how_cached(api)
    return zones[cached] if cached is not None else Zone.UNKNOWN
