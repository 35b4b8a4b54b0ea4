"""Damage that a transport does to text, and no model: characters in halves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.protocol.grammar import Finding
from conformance.protocol.sse import Event

__all__ = ["broken_characters"]

_LOST = "\N{REPLACEMENT CHARACTER}"
_TEXTS = ("text", "thinking", "partial_json")


def broken_characters(events: Sequence[Event]) -> Iterator[Finding]:
    """Characters whose halves came in two deltas of one block: the first ends, and the next begins, in U+FFFD.

    A service that decodes, or cuts, every piece of the model's output by itself does this to whatever is not
    ASCII. Half of a surrogate pair is read as U+FFFD as well. A single U+FFFD is no finding: a model may write
    one, and a text that max_tokens cuts inside a character ends in one.
    """
    before: tuple[object, str] = (None, "")
    for at, event in enumerate(events):
        body = event.json
        delta = body.get("delta") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(delta, dict):
            continue
        piece = next((delta[name] for name in _TEXTS if isinstance(delta.get(name), str)), "")
        if not piece:
            continue
        index = body.get("index")
        if index == before[0] and before[1].endswith(_LOST) and piece.startswith(_LOST):
            yield Finding(f"{before[1][-12:]!r} and {piece[:12]!r} are the halves of a character", at)
        before = (index, piece)
