"""What the model sees in a picture and reads in a document, where a personality takes them at all."""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from conformance.simulator.json_values import Object, blocks_of, object_at
from conformance.simulator.model.tokens import count

_COLOURS: Final = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (220, 20, 20),
    "green": (20, 160, 20),
    "blue": (20, 20, 220),
    "yellow": (250, 230, 20),
    "orange": (255, 150, 20),
    "purple": (128, 20, 160),
    "pink": (255, 150, 190),
    "brown": (120, 70, 20),
    "cyan": (20, 220, 220),
    "magenta": (240, 20, 240),
}
_SIGNATURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_RGB_OF_8_BITS: Final = (2, 8)  # PNG's colour type and bit depth
_ROWS_LOOKED_AT: Final = 64
_LEAST_IMAGE_TOKENS: Final = 40
_PIXELS_A_TOKEN: Final = 750  # Anthropic's vision guide: tokens = width * height / 750
_PDF_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PDF_TEXT: Final = re.compile(rb"\(((?:\\.|[^\\)])*)\)\s*Tj")


class Unreadable(ValueError):
    """A picture or document that cannot be read."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was taken in: words for the model, and what it costs."""

    text: str
    tokens: int


def look(block: Object) -> Seen:
    """Look at an image block: name the colour of a plain PNG, the size of any, and that there is a picture.

    Raises:
        Unreadable: it is none that can be read.
    """
    data = _data(block)
    if not data.startswith(_SIGNATURES):
        raise Unreadable("Could not process image")
    if not data.startswith(_SIGNATURES[0]):
        return Seen("There is a picture.", _LEAST_IMAGE_TOKENS + len(data) // 1000)
    try:
        width, height, colours = _png(data)
    except (struct.error, zlib.error, IndexError, ZeroDivisionError) as fault:
        raise Unreadable("Could not process image") from fault
    tokens = max(_LEAST_IMAGE_TOKENS, width * height // _PIXELS_A_TOKEN)
    seen = "".join(f"The colour of the image is {colour}. " for colour in colours)
    return Seen(f"{seen}The image is {width} by {height} pixels.", tokens)


def study(block: Object) -> Seen:
    """Read a document block: plain text, content blocks, or the text operators of a simple PDF.

    Raises:
        Unreadable: it is none that can be read.
    """
    source = block["source"]
    if source.get("type") == "text":
        text = str(source.get("data", ""))
    elif source.get("type") == "content":
        text = "\n".join(str(part.get("text", "")) for part in blocks_of(source.get("content")))
    else:
        data = _data(block)
        if not data.startswith(b"%PDF"):
            raise Unreadable("The PDF specified was not valid.")
        text = "\n".join(_pdf_lines(data))
    title = f"The document is called {block['title']}." if block.get("title") else ""
    whole = "\n".join(filter(None, (title, str(block.get("context") or ""), text)))
    return Seen(whole, count(whole) + 10)


def _data(block: Object) -> bytes:
    source = object_at(block, "source")
    if "data" not in source:
        raise Unreadable("Unable to download the file. Please verify the URL and try again.")
    try:
        return base64.b64decode(str(source["data"]), validate=True)
    except binascii.Error as fault:
        raise Unreadable("source.base64: invalid base64 data") from fault


def _png(data: bytes) -> tuple[int, int, list[str]]:
    """The width, the height and the colours of the halves of an image of plain rows: RGB of 8 bits, unfiltered."""
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    raw = zlib.decompress(b"".join(body for name, body in _chunks(data) if name == b"IDAT"))
    stride = 1 + 3 * width
    rows = [raw[at : at + stride] for at in range(0, stride * min(height, _ROWS_LOOKED_AT), stride)]
    if (kind, depth) != _RGB_OF_8_BITS or any(row[0] for row in rows):
        return width, height, []
    half = max(1, width // 2)
    halves = [b"".join(row[1 : 1 + 3 * half] for row in rows), b"".join(row[1 + 3 * (width - half) :] for row in rows)]
    means = [[sum(pixels[channel::3]) / (half * len(rows)) for channel in range(3)] for pixels in halves]
    return width, height, list(dict.fromkeys(map(_colour, means)))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        yield name, data[at + 8 : at + 8 + size]
        at += size + 12


def _colour(mean: list[float]) -> str:
    def distance(name: str) -> float:
        return sum((one - other) ** 2 for one, other in zip(_COLOURS[name], mean, strict=True))

    return min(_COLOURS, key=distance)


def _pdf_lines(data: bytes) -> Iterator[str]:
    for found in _PDF_STREAM.finditer(data):
        try:
            page = zlib.decompress(found[1])
        except zlib.error:
            page = found[1]
        for shown in _PDF_TEXT.finditer(page):
            yield shown[1].replace(b"\\", b"").decode("latin-1")
