"""What the model understands: statements of the kind "the X is Y", and questions that ask for X."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from conformance.simulator.json_values import words

_STOPWORDS: Final = words(
    """
    a about alone an and answer any are as at be but by can could did do does exact exactly for from
    give had has have he her here his how i if in is it its just know let me must my no nothing now of
    on one only or our out please reply respond say she should so some tell than that the their them
    then there these they this those to two up us use user was we were what when where which who whose
    why will with word words would write you your
    """
)
# "word" is a stopword, so what is written in two words must be one before it is looked at.
_COMPOUNDS: Final = re.compile(r"\b(code|pass|key|safe|watch)[ -](word|phrase)(s?)\b", re.IGNORECASE)
_SYNONYMS: Final = {
    "color": "colour",
    "picture": "image",
    "photo": "image",
    "square": "image",
    "file": "document",
}
_SENTENCE: Final = re.compile(r"(?<=[.!?])[\s\"')\]]+|\n+")
_WORD: Final = re.compile(r"[^\W_]+")
_STATED: Final = re.compile(
    r"(?P<key>[^\s,;:=][^,;:=\n]{0,70}?)\s+"
    r"(?:is|was|are|were|equals|reads|means|will\s+be)\s+(?:called\s+|named\s+|now\s+|set\s+to\s+|this:\s*)?"
    r"(?P<value>[^\s,;].*)",
    re.IGNORECASE,
)
_LABELLED: Final = re.compile(r"(?P<key>[^\W\d][\w '\-]{0,60}?)\"?\s*[:=]\s*\"?(?P<value>[^\s\"].*)")
_CALLED: Final = re.compile(r"\b(?P<key>(?i:(?:code|pass)?(?:word|phrase)))\s+(?P<value>[\"'`]?[A-Z0-9][\w-]+)")
_INTERROGATIVES: Final = words("what which who whose where when how why")
_DETERMINER: Final = re.compile(r"^.*?\b(?:the|a|an|my|our|your|this|its|that)\s+", re.IGNORECASE)
_VALUE_END: Final = re.compile(r"[,;\n]|[.!?](?=\s|$)|[\"'`](?=[\s.,;!?)]|$)")
_ASKS: Final = re.compile(
    r"\?|\b(?:say|tell|repeat|reply|answer|respond|give|state|recall|quote|print|output|report|mention"
    r"|write down|spell|name|what|which|who)\b",
    re.IGNORECASE,
)
_COMPOSES: Final = re.compile(r"\b(?:story|stories|poem|essay|describe|explain|tale|opening|about)\b", re.IGNORECASE)
_SEVERAL: Final = re.compile(r"\b(?:all|both|every|each|codewords|passwords|names|values|words)\b", re.IGNORECASE)
# The share of a statement's words, or of a question's, that must be the other's for the two to meet.
_OF_THE_KEY: Final = 0.5
_OF_THE_QUESTION: Final = 0.6
_SHORTEST_PLURAL: Final = 4
_MOST_VALUES: Final = 8


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement the context makes."""

    key: str
    value: str


@lru_cache(maxsize=4096)  # long contexts repeat themselves
def content_words(text: str) -> frozenset[str]:
    """Give the words that carry meaning, roughly stemmed."""
    stems = (_stem(word) for word in _WORD.findall(_COMPOUNDS.sub(r"\1\2\3", text).lower()))
    return frozenset(stem for stem in stems if stem not in _STOPWORDS)


def _stem(word: str) -> str:
    if len(word) >= _SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return _SYNONYMS.get(word, word)


def recall(context: Iterable[str], request: str) -> tuple[Fact, ...]:
    """Find what a request asks for in the statements of the context: the best match, then the latest."""
    questions = [meant for text in _questions(request) if (meant := content_words(text))]
    if not questions:
        return ()
    asked = frozenset[str]().union(*questions)
    scored: list[tuple[float, int, Fact]] = []
    for fact in _facts(context, asked):
        key = content_words(fact.key)
        score = max(_overlap(key, question) for question in questions)
        if score:
            scored.append((score, len(scored), fact))
    if not scored:
        return ()
    best = max(score for score, _, _ in scored)
    matching = [fact for score, _, fact in scored if score == best]
    if _SEVERAL.search(request):
        return tuple({fact.value: fact for fact in matching}.values())[-_MOST_VALUES:]
    return (matching[-1],)


def _questions(request: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(request):
        if _ASKS.search(sentence) and not _COMPOSES.search(sentence):
            yield sentence


def _overlap(key: frozenset[str], question: frozenset[str]) -> float:
    shared = len(key & question)
    if not shared or (shared / len(key) < _OF_THE_KEY and shared / len(question) < _OF_THE_QUESTION):
        return 0.0
    return shared + shared / len(key) / 10


def _facts(context: Iterable[str], asked: frozenset[str]) -> Iterator[Fact]:
    for text in context:
        for sentence in _SENTENCE.split(text):
            # A long context is mostly beside the point; only a sentence with a word of the question is read.
            if "?" not in sentence and not asked.isdisjoint(content_words(sentence)):
                yield from _statements(sentence)


@lru_cache(maxsize=4096)
def _statements(sentence: str) -> tuple[Fact, ...]:
    return tuple(_facts_in(sentence))


def _facts_in(sentence: str) -> Iterator[Fact]:
    sentence = _COMPOUNDS.sub(r"\1\2\3", sentence)
    for pattern in (_STATED, _LABELLED, _CALLED):
        for found in pattern.finditer(sentence):
            key = _DETERMINER.sub("", found["key"], count=1).strip(" \"'`*#-")
            value = _value(found["value"])
            if key and value and key.split()[0].lower() not in _INTERROGATIVES:
                yield Fact(key, value)
            if pattern is _LABELLED:
                yield from _facts_in(found["value"])


def _value(text: str) -> str:
    text = text.lstrip("\"'`*( ")
    found = _VALUE_END.search(text)
    return (text[: found.start()] if found else text).strip(" \"'`*.!)}]")
