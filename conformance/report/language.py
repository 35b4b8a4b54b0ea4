"""What the report says in its own voice; its sentences live in ``strings.yaml`` and nowhere else.

Everything is said in every language. ``say`` speaks the one it is told to, else that of ``speaking``, else English.
What a model, a service or a matrix said is quoted, and never translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, reduce
from importlib.resources import files
from typing import Final, TypeAlias

from conformance.values import GROUPS, Behaviour, Json, Source, Status, Verdict
from conformance.yaml_text import load_yaml

__all__ = [
    "CODES",
    "GROUP_ORDER",
    "LANGUAGES",
    "MARKS",
    "NAMES",
    "SOURCE_ORDER",
    "Phrase",
    "Word",
    "catalogue",
    "page_catalogue",
    "quoted",
    "read_language",
    "say",
    "sentences",
    "speaking",
    "word",
    "words",
]

LANGUAGES: Final = ("en", "zh")
"""The languages of the page, the first its default."""

CODES: Mapping[str, str] = {"en": "en", "zh": "zh-Hans"}
"""The languages as HTML names them."""

NAMES: Mapping[str, str] = {"en": "English", "zh": "中文"}
"""The languages as they call themselves."""

Phrase: TypeAlias = str | Mapping[str, str]
"""A sentence with ``{places}``, or one each for a ``count`` of one and of any other number."""

_PLACE = re.compile(r"\{([\w.]+)\}")


@cache
def catalogue() -> Mapping[str, Mapping[str, Phrase]]:
    """Every sentence by its key, in each language it is said in."""
    text = files("conformance.report").joinpath("strings.yaml").read_text("utf-8")
    found: Mapping[str, Mapping[str, Phrase]] = load_yaml(text)
    return found


_ELSEWHERE = ("text", "run", "merge", "site", "badge", "comparison", "difference", "history", "watch", "models.both")
"""What no script of the page says."""


@cache
def page_catalogue() -> Mapping[str, Mapping[str, Phrase]]:
    """The sentences that the page's script may have to say."""
    return {
        key: said
        for key, said in catalogue().items()
        if key.partition(".")[0] not in _ELSEWHERE and key not in _ELSEWHERE
    }


_SPOKEN: ContextVar[str] = ContextVar("spoken", default=LANGUAGES[0])


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in a language, inside the block."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def say(key: str, language: str = "", /, **values: Json) -> str:
    """A sentence of the report.

    Args:
        language: one of ``LANGUAGES``; without it, that of ``speaking``.
        values: what stands in its places; a mapping ``{"t": key}`` stands for another sentence, as does a place
            that is the key of one.

    Raises:
        KeyError: there is no such sentence, or it has a place that is not filled.
    """
    language = language or _SPOKEN.get()
    phrase = catalogue()[key][language]
    if not isinstance(phrase, str):
        phrase = phrase["one" if values.get("count") == 1 else "other"]

    def fill(place: re.Match[str]) -> str:
        if "." in place[1]:
            return say(place[1], language, **values)
        value = values[place[1]]
        return say(value["t"], language) if isinstance(value, Mapping) else str(value)

    return _PLACE.sub(fill, phrase)


def sentences(*said: str) -> str:
    """Sentences of the report one after the other, as the language has it."""
    return reduce(lambda one, other: say("text.sentences", one=one, other=other), filter(None, said), "").strip()


_LATIN, _CHINESE = re.compile("[A-Za-z]"), re.compile("[\u3400-\u9fff]")


def quoted(text: str) -> str:
    """What a case, a service or a matrix said, marked as English where another language is spoken and it is English.

    A matrix may as well be written in the language that is spoken; then there is nothing to mark.
    """
    is_english = len(_LATIN.findall(text)) > len(_CHINESE.findall(text))
    return say("text.quoted", words=text) if is_english else text


def read_language(text: str) -> str:
    """The language that is meant: ``zh``, and ``zh-CN`` or ``zh_Hans`` as well.

    Raises:
        ValueError: nobody speaks it here; in words.
    """
    name = text.strip().lower().replace("_", "-").partition("-")[0]
    if name not in LANGUAGES:
        raise ValueError(f"{text}: reports speak {' and '.join(LANGUAGES)}")
    return name


# --- one word, one mark and one sentence for each thing, in every output


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the report: how it is written, how it is marked, what it means."""

    name: str
    word: str
    means: str
    mark: str = ""


MARKS: Mapping[str, str] = {
    Verdict.CONFORMS: "✓",
    Verdict.EXCEEDS: "+",
    Verdict.FALLS_SHORT: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_RUN: "○",
    Verdict.NOT_APPLICABLE: "-",
    Status.UNDOCUMENTED: "·",
}
"""The marks of the verdicts, and of a row without one."""

SOURCE_ORDER = (Source.LIVE, Source.LOCAL, Source.SIMULATOR)

GROUP_ORDER = ("parameters", "messages", "tools", *(g for g in GROUPS if g not in {"parameters", "messages", "tools"}))
"""The provider's own two tables first, then the rest in the order of a matrix."""

_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "status": tuple(Status),
    "behaviour": tuple(Behaviour),
    "verdict": (*Verdict, Status.UNDOCUMENTED),
    "source": SOURCE_ORDER,
}


def word(family: str, name: str) -> Word:
    """A word with its meaning.

    Args:
        family: status, behaviour, verdict (with *undocumented* for a row without one) or source.

    Raises:
        KeyError: there is no such word.
    """
    mark = MARKS[name] if family == "verdict" else ""
    return Word(str(name), say(f"{family}.{name}"), say(f"{family}.{name}.means"), mark)


def words(family: str) -> tuple[Word, ...]:
    """All words of a family, in the order of a legend."""
    return tuple(word(family, name) for name in _FAMILIES[family])
