"""Making text that others wrote harmless: one place for every output there is.

Summaries quote models and services, and so may hold anything: escape sequences, HTML, table pipes,
characters that turn the writing direction around. ``plain`` comes first wherever text is shown.
"""

from __future__ import annotations

import json
import re
import shlex
import unicodedata

from markupsafe import Markup

from conformance.values import Json

__all__ = [
    "clip",
    "command",
    "issue",
    "json_text",
    "line",
    "lines",
    "markdown",
    "markdown_code",
    "plain",
    "quoted",
    "script_json",
    "web",
]

_ANSI = re.compile(
    # Strings that are closed. No beginning of another stands in one, so each character is looked at once, however
    # many are begun and never closed.
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\r\n\x9d\x90\x98\x9e\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and movements
    r"|\x1b[ -/]*[0-~]"  # the rest
)
_SPACES = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_INVISIBLE = frozenset({"Cc", "Cf"})

_MARKDOWN = re.compile(
    r"[\\`*\[\]<>|~&$]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # top_k stays readable: an underscore inside a word means nothing
    r"|:(?=/)|(?<=\bwww)\.",  # addresses are not to become links
    re.IGNORECASE,
)
_LEADING = re.compile(r"^\d+(?=[.)](?:\s|$))|^(?=[-+#=])")
_MENTION = re.compile(r"@(?=\w)")

_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def plain(text: object) -> str:
    """One line of visible characters: no escape sequences, controls, line breaks or bidi marks."""
    bare = str(text)
    if bare.isprintable() and "  " not in bare and bare == bare.strip():
        return bare  # as nearly all of it is; a large report is made of a million such texts
    return " ".join(line(bare).split())


def line(text: object) -> str:
    """One line of visible characters that keeps its spaces: for what is set in columns."""
    bare = str(text)
    return bare if bare.isprintable() else "".join(map(_visible, _ANSI.sub("", bare)))


def lines(text: object) -> str:
    """Several lines of visible characters."""
    return "\n".join(map(line, str(text).split("\n")))


def command(*words: object) -> str:
    """A command that can be pasted into a shell as it stands: every word is one word of it, and does nothing more.

    What is invisible is taken out before the quoting: taken out afterwards, it could take a quote with it.
    """
    return shlex.join(map(line, words))


def quoted(word: object) -> str:
    """A word for a shell, in quotes even where it needs none: so it stays one whatever is put in its place."""
    bare = shlex.quote(line(word))
    return bare if bare.startswith("'") else f"'{bare}'"


def _visible(character: str) -> str:
    if character in _SPACES:
        return " "
    category = unicodedata.category(character)
    if category in _INVISIBLE:
        return ""
    return "\N{REPLACEMENT CHARACTER}" if category == "Cs" else character


def clip(text: str, width: int) -> str:
    """At most so many characters, an ellipsis for what is left out."""
    return text if len(text) <= width else text[: max(width - 3, 0)].rstrip() + "..."


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
