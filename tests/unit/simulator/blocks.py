"""Blocks, messages and tools that several tests send."""

import base64
import struct
import zlib
from typing import Any

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "Get the weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK: dict[str, Any] = {
    "name": "clock",
    "description": "Tell the hour.",
    "input_schema": {"type": "object", "properties": {}},
}


def user(*content: Any) -> dict[str, Any]:
    blocks = [{"type": "text", "text": each} if isinstance(each, str) else each for each in content]
    return {"role": "user", "content": blocks}


def png(red: int, green: int, blue: int) -> dict[str, Any]:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = (b"\0" + bytes((red, green, blue)) * 64) * 64
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0))
    data += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(data).decode()}
    return {"type": "image", "source": source}


def document(text: str) -> dict[str, Any]:
    return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}}


def tool_history(rounds: int) -> list[dict[str, Any]]:
    messages = [user("What is the weather in Paris?")]
    for at in range(rounds):
        call = {"type": "tool_use", "id": f"t{at}", "name": "get_weather", "input": {"city": f"Town-{at}"}}
        result = {"type": "tool_result", "tool_use_id": f"t{at}", "content": f"The codeword is WORD-{at}. " * 20}
        messages += [{"role": "assistant", "content": [call]}, user(result)]
    return messages
