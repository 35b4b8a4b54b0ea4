"""Text that others wrote, as it may be shown on a terminal or pasted into a shell: visible characters only.

Summaries quote models and services, and so may hold anything: escape sequences, line breaks, characters that turn
the writing direction around.
"""

from __future__ import annotations

import re
import shlex
import unicodedata

__all__ = ["clip", "command", "line", "lines", "plain", "quoted"]

_ANSI = re.compile(
    # Strings that are closed. No beginning of another stands in one, so each character is looked at once, however
    # many are begun and never closed.
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\r\n\x9d\x90\x98\x9e\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and movements
    r"|\x1b[ -/]*[0-~]"  # the rest
)
_SPACES = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_INVISIBLE = frozenset({"Cc", "Cf"})


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
