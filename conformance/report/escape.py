"""Making text that others wrote harmless in Markdown, in JSON and on a page; ``plain_text`` comes first."""

from __future__ import annotations

import json
import re

from markupsafe import Markup

from conformance.plain_text import plain
from conformance.values import Json

__all__ = ["issue", "json_text", "markdown", "markdown_code", "script_json", "web"]

_MARKDOWN = re.compile(
    r"[\\`*\[\]<>|~&$]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # top_k stays readable: an underscore inside a word means nothing
    r"|:(?=/)|(?<=\bwww)\.",  # addresses are not to become links
    re.IGNORECASE,
)
_LEADING = re.compile(r"^\d+(?=[.)](?:\s|$))|^(?=[-+#=])")
_MENTION = re.compile(r"@(?=\w)")

_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def markdown(text: object) -> str:
    """Text that reads in rendered Markdown as it was, inside a table as well as outside."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", plain(text))
    escaped = _MENTION.sub("@\N{WORD JOINER}", escaped)  # nobody is to be called into a pull request
    return _LEADING.sub(r"\g<0>\\", escaped)


def markdown_code(text: object) -> str:
    """A code span; text that no code span can hold in a table is escaped instead."""
    bare = plain(text)
    if not bare or any(character in bare for character in "|\\`"):
        return markdown(bare)
    return f"`{bare}`"


def json_text(value: Json) -> str:
    """Readable JSON with a line for every value; what could disturb a terminal is written as an escape."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def script_json(value: Json) -> Markup:
    """JSON for a script element: no character in it can end the element, or is hidden."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(_UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", safe))  # noqa: S704  made safe above


# --- addresses that a page may link to: of the web, and of nothing else


def web(address: str) -> str:
    """The address where it may be linked to, else nothing."""
    bare = plain(address)
    return bare if re.match(r"https?://[^\s/]", bare, re.IGNORECASE) else ""


def issue(where: str) -> str:
    """The address of a field report: the one it is, or that of the first GitHub issue it names."""
    if address := web(where):
        return address
    named = re.search(r"(?<![\w./-])([\w-]+/[\w-]+(?:\.[\w-]+)*)#(\d+)", plain(where), re.ASCII)
    return f"https://github.com/{named[1]}/issues/{named[2]}" if named else ""
