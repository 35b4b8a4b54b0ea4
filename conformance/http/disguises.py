r"""What a text says once it is unwrapped: escapes, base64, hex, numbers, and strings that come in pieces.

A service may repeat a key in any spelling a program has at hand. So a text is looked at in several *views*: as
it is; without its escapes (``\u0073``, ``%73``, ``&#115;``); with what reads as base64, hex or numbers decoded;
and with the strings of a JSON body or a stream joined, as a client joins the pieces of a reply. Views are nested:
base64 of a percent-encoded text is a view of a view. Every view knows which bytes of the original its own came from.

Everything here takes time in proportion to the length of the text: no pattern looks at a byte more than a few times.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from html import unescape as entity

__all__ = ["View", "plainly", "views"]

_LAYERS = 6
"""Escapes of escapes that are undone: JSON in JSON in a page is three."""

_DEPTH = 3
"""Encodings inside encodings that are undone."""

_ESCAPE = re.compile(
    rb"\\++(?:(?-i:U)([0-9a-f]{8})|u([0-9a-f]{4})|u\{0*([0-9a-f]{2,6})\}|x([0-9a-f]{2})|([0-7]{3})|([\"'/bfnrt]))"
    rb"|(\\{2,}+)|%(?:25)*([0-9a-f]{2})|&(?:amp;)*(?:\#x0*([0-9a-f]{2,6})|\#0*([0-9]{2,7})|([a-z]{2,31}));?",
    re.IGNORECASE,
)
_LETTERS = dict(zip(b"bfnrt", b"\b\f\n\r\t", strict=True))

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}+(?:\r?\n[ \t]*+[A-Za-z0-9+/_-]++)*+")
"""Eight bytes are eleven characters. It may be wrapped into lines."""
_BASE64_URL = bytes.maketrans(b"-_", b"+/")

_HEX = re.compile(rb"[0-9A-Fa-f]{2}[-:, \t\r\n]{0,2}+(?:(?:0[xX])?[0-9A-Fa-f]{2}[-:, \t\r\n]{0,2}+){7,}+[0-9A-Fa-f]?")
_NUMBERS = re.compile(rb"[0-9]{2,3}(?:[,; \t\r\n]{1,20}+[0-9]{2,3}){7,}+")

_DATA = re.compile(rb"^[ \t]*+data:[ ]?([^\r\n]*+)", re.MULTILINE)
_STRING = re.compile(
    rb'(?P<line>[\r\n])|"index"\s*:\s*(?P<index>[0-9]{1,9})'
    rb'|"(?P<string>(?:[^"\\\r\n]|\\.)*+)"?+(?P<name>\s*+:)?',
)
_CONTENT = frozenset(
    (
        b"arguments cited_text content data delta message partial_json"
        b" reasoning reasoning_content signature text thinking"
    ).split()
)
"""Fields a reply's own words come in; some clients show them one after another, whatever the field."""

_LEGIBLE = re.compile(rb"[\t-\r -~]{8,}+")

_GAP = b"\0"
"""Between things that do not belong together."""

Span = tuple[int, int]
Legible = tuple[bytes, int, int]
"""Text, and where it stands in what was decoded."""


class View:
    """A text made out of another, and where each part of it stood there.

    Args:
        parent: the view it was made from; None for the original.
    """

    def __init__(self, parent: View | None = None, data: bytes = b"") -> None:
        self.data = data
        self._parent = parent
        self._pieces: list[bytes] = []
        self._length = 0
        self._starts: list[int] = []
        self._origins: list[tuple[int, int, int, int]] = []

    def add(self, piece: bytes, start: int, end: int, scale: tuple[int, int] = (0, 1)) -> None:
        """Append a piece that came from ``parent[start:end]``.

        Args:
            scale: bytes of the parent to bytes of the piece, (1, 1) for a copy; (0, 1) where only the whole is known.
        """
        self._starts.append(self._length)
        self._origins.append((start, end, *scale))
        self._pieces.append(piece)
        self._length += len(piece)

    def sealed(self) -> View:
        """This view, with all its pieces in place."""
        self.data = b"".join(self._pieces)
        self._pieces.clear()
        return self

    def spans(self, start: int, end: int) -> list[Span]:
        """The bytes of the original that ``data[start:end]`` came from."""
        if self._parent is None:
            return [(start, end)]
        found: list[Span] = []
        at = bisect_right(self._starts, start) - 1
        while at < len(self._starts) and self._starts[at] < end:
            first, last, many, few = self._origins[at]
            size = (self._starts[at + 1] if at + 1 < len(self._starts) else self._length) - self._starts[at]
            if size:
                if many:
                    before, until = max(0, start - self._starts[at]), min(size, end - self._starts[at])
                    # A piece of base64 may begin inside a group of four: one more on either side is no loss.
                    slack = int(few > 1)
                    first, last = (
                        max(first, first + before * many // few - slack),
                        min(last, first - (-until * many // few) + slack),
                    )
                found += self._parent.spans(first, last)
            at += 1
        return found


def views(data: bytes) -> Iterator[View]:
    """Everything a text may say: itself first, then unwrapped in every way."""
    whole = View(data=data)
    yield from _unwrapped(whole, _DEPTH)
    if (joined := _joined(whole)).data:
        yield from _unwrapped(joined, _DEPTH)
    if _GAP in data:
        # UTF-16 and its kind.
        yield from _unwrapped(_without_gaps(whole), _DEPTH)


def plainly(data: bytes) -> Iterator[bytes]:
    """A text itself, and without its escapes, layer by layer."""
    for view in _layers(View(data=data)):
        yield view.data


def _layers(view: View) -> Iterator[View]:
    yield view
    for _ in range(_LAYERS):
        if not any(sign in view.data for sign in (b"\\", b"%", b"&")):
            return
        plainer = _unescaped(view)
        if plainer.data == view.data:
            return
        yield (view := plainer)


def _unwrapped(view: View, depth: int) -> Iterator[View]:
    for layer in _layers(view):
        yield layer
        if depth:
            # An escape may stand inside a word of base64 or hex, or what looks like one right before it: every layer
            # is read.
            for decoded in (*_base64(layer), *_hex(layer), _numbers(layer)):
                if decoded.data:
                    yield from _unwrapped(decoded, depth - 1)


def _unescaped(view: View) -> View:
    plain, position, data = View(view), 0, view.data
    for match in _ESCAPE.finditer(data):
        if (char := _character(match)) is None:
            continue
        if match.start() > position:
            plain.add(data[position : match.start()], position, match.start(), (1, 1))
        plain.add(char, match.start(), match.end())
        position = match.end()
    if position < len(data):
        plain.add(data[position:], position, len(data), (1, 1))
    return plain.sealed()


def _character(match: re.Match[bytes]) -> bytes | None:
    """What an escape stands for; None for an entity that nobody knows."""
    *codes, octal, letter, slashes, percent, hexadecimal, decimal, name = match.groups()
    if letter:
        return bytes([_LETTERS.get(letter.lower()[0], letter[0])])
    if slashes:
        return b"\\"
    if name:
        char = entity(f"&{name.decode()};")
        if len(char) != 1:
            char = entity(f"&{name.decode().lower()};")
        return char.encode() if len(char) == 1 else None
    if octal or decimal:
        code = int(octal, 8) if octal else int(decimal)
    else:
        code = int(next(filter(None, (*codes, percent, hexadecimal))), 16)
    return bytes([code]) if code < 256 else b"?"


def _base64(view: View) -> list[View]:
    runs = [(match.start(), match.end(), match.group()) for match in _BASE64.finditer(view.data)]
    known: dict[bytes, list[list[Legible]]] = {}
    found = [View(view) for _ in range(4)]
    for start, end, run in runs:
        if (readings := known.get(run)) is None:
            known[run] = readings = [
                list(_legible(_from_base64(b"".join(run.split()), skipped))) for skipped in range(4)
            ]
        for skipped, (decoded, pieces) in enumerate(zip(found, readings, strict=True)):
            for piece, first, last in pieces:
                if b"\n" in run:
                    decoded.add(piece, start, end)
                else:
                    at = start + skipped
                    decoded.add(piece, at + first * 4 // 3, min(end, at - (-last * 4 // 3)), (4, 3))
                decoded.add(_GAP, end, end)
    return [decoded.sealed() for decoded in found]


def _from_base64(word: bytes, skipped: int) -> bytes:
    """What a word says, read from one of its first four characters on: it may stand in a longer one."""
    word = word[skipped : len(word) - ((len(word) - skipped) % 4 == 1)]
    return binascii.a2b_base64(word.translate(_BASE64_URL) + b"=" * (-len(word) % 4))


def _hex(view: View) -> list[View]:
    found = [View(view), View(view)]
    for match in _HEX.finditer(view.data):
        run = match.group()
        contiguous = run.isalnum() and b"x" not in run.lower()
        digits = run if contiguous else re.sub(rb"0[xX]|[-:, \t\r\n]", b"", run)
        for skipped, decoded in enumerate(found):
            pairs = digits[skipped : skipped + (len(digits) - skipped) // 2 * 2]
            for piece, first, last in _legible(binascii.unhexlify(pairs)):
                if contiguous:
                    at = match.start() + skipped
                    decoded.add(piece, at + 2 * first, at + 2 * last, (2, 1))
                else:
                    decoded.add(piece, match.start(), match.end())
                decoded.add(_GAP, match.end(), match.end())
    return [decoded.sealed() for decoded in found]


def _legible(decoded: bytes) -> Iterator[Legible]:
    """What of decoded bytes can be read; most words were never encoded, and decode to noise."""
    for match in _LEGIBLE.finditer(decoded):
        yield match.group(), match.start(), match.end()


def _numbers(view: View) -> View:
    decoded = View(view)
    for match in _NUMBERS.finditer(view.data):
        for number in re.finditer(rb"[0-9]+", match.group()):
            code = int(number.group())
            start = match.start() + number.start()
            decoded.add(bytes([code]) if code < 256 else _GAP, start, start + len(number.group()))
        decoded.add(_GAP, match.end(), match.end())
    return decoded.sealed()


def _joined(view: View) -> View:
    """The strings of a JSON text or a stream as clients join them, one group after another.

    Joined are: the words of a reply in the order in which they came, whatever block they belong to; all strings of
    one field, of each block (``index``) apart; and the data of a stream's events.
    """
    groups: dict[tuple[bytes, bytes], list[Span]] = {}
    name = index = b""
    pending: list[tuple[bytes, Span]] = []

    def settle() -> None:
        for field, span in pending:
            groups.setdefault((field, index), []).append(span)
        pending.clear()

    for match in _STRING.finditer(view.data):
        if match["line"] is not None:
            settle()
            index = b""
        elif match["index"] is not None:
            # It may stand before or behind what it belongs to.
            index = match["index"]
        elif match["name"] is not None:
            name = match["string"]
        elif span := match.span("string"):
            pending.append((name, span))
            if name in _CONTENT:
                groups.setdefault((b"", b"in order"), []).append(span)
    settle()
    groups[b"", b"data"] = [match.span(1) for match in _DATA.finditer(view.data)]
    return _of_groups(view, groups.values())


def _without_gaps(view: View) -> View:
    packed = View(view)
    for match in re.finditer(rb"[^\0]+", view.data):
        packed.add(match.group(), match.start(), match.end(), (1, 1))
    return packed.sealed()


def _of_groups(view: View, groups: Iterable[list[Span]]) -> View:
    joined = View(view)
    for spans in groups:
        if len(spans) > 1:
            for start, end in spans:
                joined.add(view.data[start:end], start, end, (1, 1))
            joined.add(_GAP, 0, 0)
    return joined.sealed()
