"""Look for what reads like a credential in files that are going to be public: recordings and reports.

    no_credentials.py PATH…

Files that are named, and all files below directories that are, are looked through. Every finding is a line with file,
line and kind, and never the credential itself. Exit code 1 where there is one, 2 where a path cannot be read.
"""

from __future__ import annotations

import base64
import binascii
import html
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

KINDS: dict[str, re.Pattern[str]] = {
    "a provider's key": re.compile(
        r"\b(?:sk-canary|sk-(?:ant-|proj-|or-|cp-|local-)?[A-Za-z0-9_-]{20,}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}"
        r"|hf_[A-Za-z0-9]{20,}|AIza[A-Za-z0-9_-]{30,}|nvapi-[A-Za-z0-9_-]{20,}|pplx-[A-Za-z0-9]{20,})"
    ),
    "a token of a forge or a cloud": re.compile(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[A-Za-z0-9_-]{20,}|pypi-[A-Za-z0-9_-]{20,}"
        r"|(?:AKIA|ASIA)[A-Z0-9]{16}\b|xox[abprs]-[A-Za-z0-9-]{10,}|ya29\.[A-Za-z0-9_-]{20,})"
    ),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "a bearer token": re.compile(
        r"\bBearer\s{1,5}(?!\[redacted\])(?=[A-Za-z0-9._~+/-]{0,80}[0-9])[A-Za-z0-9._~+/-]{16,}", re.IGNORECASE
    ),
    "a password in an address": re.compile(r"\bhttps?://[^\s/@:\"'<>]{1,100}:[^\s/@\"'<>]{1,200}@"),
}
_HEADER = re.compile(
    r"(?:^|[\s\"'{,])(?:x-)?(?:api-key|auth-token|authorization|proxy-authorization|(?:set-)?cookie|goog-api-key)"
    r"[\"']?\s{0,3}:(?P<value>[^\r\n,}]{0,400}(?:\r?\n\s{0,40}-[^\r\n]{0,400})?)",
    re.IGNORECASE,
)
"""A credential header, as HTTP, JSON, a curl line and YAML (with its value on the next line, as an item) write it."""
_VALUE = re.compile(r"[A-Za-z0-9._~+/=-]{12,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,400}")


def findings(text: str) -> Iterator[tuple[int, str]]:
    """The line and kind of everything that reads like a credential, in a text or in what its escapes stand for."""
    seen: set[tuple[int, str]] = set()
    for number, kind in _findings(text):
        if (number, kind) not in seen:
            seen.add((number, kind))
            yield number, kind


def _findings(text: str) -> Iterator[tuple[int, str]]:
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: _char(match[1]), text)
    plain = re.sub(r"%([2-7][0-9a-fA-F])", lambda match: _char(match[1]), html.unescape(plain).replace("\\/", "/"))
    for shown in (text, plain) if plain != text else (text,):
        for kind, pattern in KINDS.items():
            for match in pattern.finditer(shown):
                yield _line(shown, match.start()), kind
        for match in _HEADER.finditer(shown):
            if any(_is_random(word) for word in _VALUE.findall(match["value"].replace("[redacted]", ""))):
                yield _line(shown, match.start("value")), "the value of a credential header"
    for match in _BASE64.finditer(text):
        for kind in _in_base64(match.group()):
            yield _line(text, match.start()), f"{kind}, in base64"


def _in_base64(word: str) -> Iterator[str]:
    for skipped in range(4):
        part = word[skipped:].translate(str.maketrans("-_", "+/"))
        part = part[: len(part) - (len(part) % 4 == 1)]
        try:
            said = base64.b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")
        except binascii.Error:
            continue
        for kind, pattern in KINDS.items():
            if pattern.search(said):
                yield kind


def _is_random(word: str) -> bool:
    """Whether a word has the entropy of a token: more than three bits a character, and digits or both cases."""
    counts = Counter(word)
    bits = -sum(count / len(word) * math.log2(count / len(word)) for count in counts.values())
    mixed = any(map(str.isdigit, word)) or (word.lower() != word and word.upper() != word)
    return bits > 3 and mixed


def _char(code: str) -> str:
    char = chr(int(code, 16))
    # A line break would change the lines that are told.
    return char if char.isascii() and char.isprintable() else " "


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def main(paths: list[str]) -> int:
    """Look through the paths and say what was found."""
    found = looked = 0
    for path in map(Path, paths):
        if not path.exists():
            print(f"{path}: no such file or directory", file=sys.stderr)
            return 2
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if not file.is_file():
                continue
            looked += 1
            for number, kind in findings(file.read_bytes().decode("utf-8", "replace")):
                found += 1
                print(f"{file}:{number}: {kind}", file=sys.stderr)
    print(f"{looked} files looked through, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
