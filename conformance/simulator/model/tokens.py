"""A plausible tokenizer: lossless pieces of text, one token each, so that counting and cutting agree."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_CJK: Final = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_PIECE: Final = re.compile(
    rf"\s*(?:[{_CJK}]|(?:(?![{_CJK}])[^\W\d_]){{1,7}}|\d{{1,3}}|\S)|\s+",
)


def pieces(text: str) -> list[str]:
    """Split text into tokens; joined they are the text again, and a long word costs more than a short one."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """Say how many tokens a text is."""
    return sum(1 for _ in _PIECE.finditer(text))


def count_json(value: Any) -> int:
    """Say how many tokens a JSON value is, written the compact way the model sees it."""
    return count(json.dumps(value, ensure_ascii=False, sort_keys=True))


def cut(text: str, most: int) -> str:
    """Keep the first so many tokens of a text."""
    return "".join(pieces(text)[: max(most, 0)])
