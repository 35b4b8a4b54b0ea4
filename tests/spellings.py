"""Keys as services may repeat them: any spelling a program has at hand, in one piece or in several."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, slashes escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON, all escaped": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "JSON, all escaped in capitals": lambda text: "".join(f"\\u{ord(char):04X}" for char in text),
    "\\x": lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    "octal": lambda text: "".join(f"\\{ord(char):03o}" for char in text),
    "percent": lambda text: quote(text, safe=""),
    "percent in lower case": lambda text: quote(text, safe="").lower(),
    "percent, all": lambda text: "".join(f"%{ord(char):02x}" for char in text),
    "entities": html.escape,
    "decimal entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "named entities": lambda text: (
        html.escape(text).replace("/", "&sol;").replace("+", "&plus;").replace("_", "&lowbar;")
    ),
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: text.encode().hex().upper(),
    "hex with colons": lambda text: text.encode().hex(":"),
    "hex as in C": lambda text: ", ".join(f"0x{ord(char):02x}" for char in text),
    "numbers": lambda text: ", ".join(str(ord(char)) for char in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, of a URL": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64, in lines": lambda text: base64.encodebytes((text + " and more" * 9).encode()).decode(),
    "base64, after one": lambda text: base64.b64encode(f"x{text}".encode()).decode(),
    "base64, after two": lambda text: base64.b64encode(f"xy{text}".encode()).decode(),
    "base64, as a header": lambda text: base64.b64encode(f"Bearer {text}\r\n".encode()).decode(),
}

PLACES = ("error", "text", "blocks", "input", "deltas", "blocks of a stream", "thinking", "json deltas", "interleaved")
"""Where a key is repeated; from ``deltas`` on in a stream, and but for ``error`` and ``text`` in two pieces."""

_LETTERS = "".join(map(chr, range(0x21, 0x7F)))


def _words(letters: str, least: int, most: int) -> st.SearchStrategy[str]:
    # Not st.text: that draws, on purpose, what stands in the suite's own source, and such keys are refused.
    return st.lists(st.sampled_from(letters), min_size=least, max_size=most).map("".join)


keys = st.one_of(
    _words(_LETTERS, 12, 60),
    _words("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-_+/=.", 8, 60),
    _words("abcdefghijklmnopqrstuvwxyz", 8, 24),
).filter(lambda key: len(set(key.lower())) >= 6 and not key.isdigit() and key.strip('"\\') == key)
"""Keys that a header can carry. Poor ones, like eight zeros, stand in the suite's own words."""


def message(place: str, shown: str, at: int) -> dict[str, Any]:
    """A whole reply that repeats what is shown."""
    if place == "blocks":
        content = [{"type": "text", "text": f"It is {shown[:at]}"}, {"type": "text", "text": f"{shown[at:]}!"}]
    elif place == "input":
        content = [{"type": "tool_use", "id": "toolu_1", "name": "get", "input": {shown: [shown[:at], shown[at:]]}}]
    else:
        content = [{"type": "text", "text": f"It is {shown}!"}]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 9},
    }


def stream(place: str, shown: str, at: int) -> str:
    """A stream that repeats what is shown, in two pieces."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in _events(place, shown, at))


def _events(place: str, shown: str, at: int) -> Iterator[dict[str, Any]]:
    head = message("text", "", 0) | {"content": [], "stop_reason": None}
    yield {"type": "message_start", "message": head}
    kind, field, block = {
        "thinking": ("thinking_delta", "thinking", {"type": "thinking", "thinking": "", "signature": ""}),
        "json deltas": (
            "input_json_delta",
            "partial_json",
            {"type": "tool_use", "id": "toolu_1", "name": "get", "input": {}},
        ),
    }.get(place, ("text_delta", "text", {"type": "text", "text": ""}))
    if place == "json deltas":
        whole = json.dumps({"key": shown})
        at += whole.index(json.dumps(shown)) + 1
    else:
        whole = shown
    blocks = 2 if place in ("blocks of a stream", "interleaved") else 1

    def delta(index: int, text: str) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: text}}

    def start(index: int) -> dict[str, Any]:
        return {"type": "content_block_start", "index": index, "content_block": block}

    yield start(0)
    yield delta(0, whole[:at])
    if place == "interleaved":
        yield start(1)
        yield delta(1, "Between the lines, ")
        yield delta(0, whole[at:])
        yield delta(1, "there is more.")
    elif blocks == 2:
        yield {"type": "content_block_stop", "index": 0}
        yield start(1)
        yield delta(1, whole[at:])
    else:
        yield {"type": "ping"}
        yield delta(0, whole[at:])
    if place == "interleaved":
        yield {"type": "content_block_stop", "index": 0}
    yield {"type": "content_block_stop", "index": blocks - 1}
    yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}
    yield {"type": "message_stop"}
