"""What a request has about it, in a word each: what all faulty replies have in common, and no other, is to blame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from conformance.protocol.reply import Reply
from conformance.values import Json

_LEAST = 4
"""Replies with a condition, and as many without, that it takes to say that a fault comes with it."""


def _has(name: str) -> Callable[[Mapping[str, Json]], bool]:
    return lambda request: bool(request.get(name))


def _of_more_than(turns: int) -> Callable[[Mapping[str, Json]], bool]:
    return lambda request: len(request.get("messages") or ()) > turns


_CONDITIONS: Mapping[str, Callable[[Mapping[str, Json]], bool]] = {
    "over a stream": _has("stream"),
    "without a stream": lambda request: not request.get("stream"),
    "with tools": _has("tools"),
    "after other turns": _of_more_than(1),
    "after an answer": _of_more_than(2),  # a reply that was begun has two turns
    "with a system prompt": _has("system"),
    "with thinking": _has("thinking"),
    "with stop_sequences": _has("stop_sequences"),
    "with a temperature": lambda request: "temperature" in request,
    "with top_p": lambda request: "top_p" in request,
}


def blamed(replies: Sequence[Reply], is_faulty: Callable[[Reply], bool]) -> str:
    """The condition that all faulty replies have in common, in words; empty where there is none.

    Args:
        replies: those in which the fault could have been seen.
        is_faulty: whether a reply has it.

    Returns:
        "in every reply" where all have it; a condition where every reply with it has the fault, and none without.
    """
    faulty = [is_faulty(reply) for reply in replies]
    if len(replies) >= _LEAST and all(faulty):
        return "in every reply"
    if sum(faulty) < _LEAST:
        return ""
    for words, holds in _CONDITIONS.items():
        under = [holds(_request(reply)) for reply in replies]
        if under == faulty and under.count(False) >= _LEAST:
            return words
    return ""


def _request(reply: Reply) -> Mapping[str, Json]:
    request = reply.exchange.request
    return request if isinstance(request, dict) else {}
