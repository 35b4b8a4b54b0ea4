"""Pictures of one colour or two: what they look like, and whether a model that is shown two of them sees both."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Mapping, Sequence

from conformance.cases.common import ROOM, control, text, user
from conformance.cases.counts import LEAST
from conformance.cases.endpoint import Endpoint
from conformance.protocol.reply import Reply
from conformance.values import Json

__all__ = ["COLOURS", "named", "picture", "second_is_lost"]

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

COLOURS: Mapping[str, tuple[Colour, re.Pattern[str]]] = {
    "red": ((255, 0, 0), re.compile(r"\bred\b|红", re.IGNORECASE)),
    "green": ((0, 160, 0), re.compile(r"green|绿", re.IGNORECASE)),
    "yellow": ((255, 255, 0), re.compile(r"yellow|黄", re.IGNORECASE)),
}
"""Colours that no two people call by another's name, and the words for them."""


def named(reply: Reply) -> set[str]:
    """The colours that a reply names; other colours than those of the pictures do not count."""
    return {colour for colour, (_, words) in COLOURS.items() if words.search(reply.text)}


def picture(*colours: str, side: int = 256) -> dict[str, Json]:
    """An image block: a square of one of ``COLOURS``, or of two side by side, so many pixels wide, as a PNG."""
    left, right = (COLOURS[colour][0] for colour in (colours[0], colours[-1]))
    data = base64.b64encode(_png(left, right, side)).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def _png(left: Colour, right: Colour, side: int) -> bytes:
    """A square of two colours side by side as an 8-bit RGB PNG (W3C PNG specification)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    half = side // 2
    rows = (b"\x00" + bytes(left) * half + bytes(right) * (side - half)) * side
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


_BOTH = {"red", "yellow"}
_TIMES = 3
_PICTURE = 0.1
"""The share of a first picture's tokens up to which a second one is no part of the prompt."""


def second_is_lost(api: Endpoint) -> str:
    """That of two pictures one is lost, in a model that sees one; empty where it is not so, or cannot be told.

    By the reply and by the size: a model names one colour of the two every time, in whichever order they stand, and the
    prompt is not larger than with one of them, though it grew by the first. One that does not name two colours in one
    picture is none to tell by.
    """
    shown = [picture("red"), picture("yellow")]
    # Two turns of one role are legal, and some gateways lose what is not text where they make one of them.
    if named(api.ask("two pictures, behind another turn", **_asked(shown, text("Look at these.")))) == _BOTH:
        return ""
    two: list[Reply] = []
    for order in (shown, shown[::-1]) * _TIMES:
        two.append(api.ask("two pictures", **_asked(order)))
        if not two[-1].ok:
            return ""  # some take one picture in a message, and say so
        if named(two[-1]) == _BOTH:
            return _lost_behind_a_turn(api, shown)
    one, none = (control(api, arm, **_asked(order)) for arm, order in (("one picture", shown[:1]), ("no picture", [])))
    if one.size is None or none.size is None or one.size - none.size < LEAST:
        return ""  # pictures are not counted
    grown = max(reply.size or 0 for reply in two) - one.size
    is_seen = [named(api.ask("both colours in one", **_asked([picture("red", "yellow")]))) for _ in range(_TIMES)]
    if grown > _PICTURE * (one.size - none.size) or any(seen != _BOTH for seen in is_seen):
        return ""
    return f"of two pictures in one message one is lost: {one.size} tokens with one, {two[0].size} with two"


def _lost_behind_a_turn(api: Endpoint, shown: Sequence[Json]) -> str:
    """That pictures are lost behind another turn of the user's, and never without it; else empty."""
    for _ in range(_TIMES):
        behind = api.ask("two pictures, behind another turn", **_asked(shown, text("Look at these.")))
        if not behind.ok or named(behind) or named(control(api, "two pictures", **_asked(shown))) != _BOTH:
            return ""
    return f"pictures behind another turn of the user's are never seen, {_TIMES} times, and without it always"


def _asked(pictures: Sequence[Json], *before: Json) -> dict[str, Json]:
    turns = [user(block) for block in before]
    question = text("What are all the colours that you see?")
    return {"messages": [*turns, user(*pictures, question)], "max_tokens": ROOM}
