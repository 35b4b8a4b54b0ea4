"""A small language model: word trigrams with back-off, really sampled under temperature, top_p and top_k."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, Final, Generic, TypeVar

import yaml

from conformance.simulator.json_values import words

T = TypeVar("T", bound=Hashable)
_WORD: Final = re.compile(r"\w+(?:'\w+)?|[,.;:!?]")
_START, _END = "<s>", "</s>"
# How far the two-word context is trusted over the one-word context.
_TRUST: Final = 0.85
# How much a voice's own taste moves a word's logit: enough to break the ties of a small corpus.
_TASTE: Final = 1.0
# The least by which the likeliest word leads: with less, temperature 0.01 would still be a coin toss,
# which no trained model shows (on a real one 8 draws at 0.01 gave 1 or 2 openings).
_LEAD: Final = 0.08
_DANGLING: Final = words(", ; : the a an of and in to with on is that are or")
_TELLING: Final = 4
_REMEMBERED: Final = 200_000
_LONGEST_SENTENCE: Final = 40
_SENTENCES_A_PARAGRAPH: Final = 6


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is drawn: softmax temperature, nucleus mass and the number of candidates."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int | None = None


class Distribution(Generic[T]):
    """Candidates with their logits, likeliest first."""

    __slots__ = ("_logits", "_shares", "_values")

    def __init__(self, logits: Mapping[T, float]) -> None:
        ranked = sorted(logits.items(), key=lambda item: -item[1])
        self._values = [value for value, _ in ranked]
        self._logits = [logit for _, logit in ranked]
        self._shares: dict[Sampling, list[float]] = {}

    def draw(self, sampling: Sampling, rng: Random) -> T:
        """Draw one candidate: top_k, then temperature, then the nucleus of what is left."""
        if sampling.temperature <= 0:
            return self._values[0]
        if sampling not in self._shares:
            self._shares[sampling] = list(accumulate(self._weights(sampling)))
        shares = self._shares[sampling]
        return rng.choices(self._values[: len(shares)], cum_weights=shares)[0]

    def _weights(self, sampling: Sampling) -> Sequence[float]:
        logits = self._logits[: sampling.top_k or None]
        weights = [math.exp((logit - logits[0]) / sampling.temperature) for logit in logits]
        return _nucleus(weights, sampling.top_p) if sampling.top_p < 1 else weights


def weighted(weights: Mapping[T, float]) -> Distribution[T]:
    """Make a distribution of weights, which need not sum to one."""
    return Distribution({value: math.log(weight) for value, weight in weights.items() if weight > 0})


def _nucleus(weights: Sequence[float], mass: float) -> list[float]:
    wanted = mass * sum(weights)
    kept: list[float] = []
    for weight in weights:
        kept.append(weight)
        wanted -= weight
        if wanted <= 0:
            break
    return kept


@dataclass(frozen=True, slots=True)
class Voice:
    """What a prompt does to the model: how much it leans to each topic, and a taste of its own."""

    leanings: tuple[int, ...]
    taste: int


class LanguageModel:
    """Trigram and bigram counts by topic, mixed anew for every voice."""

    def __init__(self, topics: Mapping[str, Iterable[str]]) -> None:
        self._names = tuple(topics)
        self._counts: defaultdict[tuple[str, ...], defaultdict[str, Counter[int]]]
        self._counts = defaultdict(lambda: defaultdict(Counter))
        self._vocabulary: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._next: dict[tuple[Voice, str, str], Distribution[str]] = {}
        for topic, sentences in enumerate(topics.values()):
            for sentence in sentences:
                self._read(topic, _WORD.findall(sentence))

    def _read(self, topic: int, sentence: list[str]) -> None:
        padded = [_START, _START, *sentence, _END]
        for first, second, third in zip(padded, padded[1:], padded[2:], strict=False):
            self._counts[first, second][third][topic] += 1
            self._counts[(second,)][third][topic] += 1
        for word in sentence:
            self._vocabulary[word.lower()][topic] += 1

    def voice(self, prompt: str) -> Voice:
        """Listen to a prompt: its words choose the topics, and chance, fixed by the prompt, does the rest."""
        digest = zlib.crc32(prompt.encode())
        scores: defaultdict[int, float] = defaultdict(float, {digest % len(self._names): 0.1})
        for word in dict.fromkeys(_WORD.findall(prompt.lower())):  # in their order, which a set has not
            seen = self._vocabulary.get(word)
            if seen and len(seen) <= _TELLING:  # a word of every topic speaks for none
                for topic, times in seen.items():
                    scores[topic] += times / seen.total()
        leanings = [1] * len(self._names)
        favourites = sorted(scores, key=lambda topic: -scores[topic])
        for topic, weight in zip(favourites, (12, 4), strict=False):
            leanings[topic] = weight
        return Voice(tuple(leanings), digest % 4)

    def sentence(self, voice: Voice, sampling: Sampling, rng: Random) -> str:
        """Write one sentence."""
        written: list[str] = []
        used: set[tuple[str, str]] = set()
        before, last = _START, _START
        # A pair of words seen twice is a loop, which a greedy model this small falls into easily.
        while (before, last) not in used and len(written) < _LONGEST_SENTENCE:
            used.add((before, last))
            before, last = last, self._after(voice, before, last).draw(sampling, rng)
            if last == _END:
                return _written(written)
            written.append(last)
        while len(written) > 1 and written[-1] in _DANGLING:
            written.pop()
        return _written([*written, "."])

    def _after(self, voice: Voice, before: str, last: str) -> Distribution[str]:
        key = (voice, before, last)
        found = self._next.get(key)
        if found is None:
            if len(self._next) > _REMEMBERED:  # bounded memory on a long run; it fills again in moments
                self._next.clear()
            found = self._next[key] = self._mixed(voice, before, last)
        return found

    def _mixed(self, voice: Voice, before: str, last: str) -> Distribution[str]:
        mass: defaultdict[str, float] = defaultdict(float)
        for context, trust in (((before, last), _TRUST), ((last,), 1 - _TRUST)):
            weights = {
                word: sum(times * voice.leanings[topic] for topic, times in topics.items())
                for word, topics in self._counts[context].items()
            }
            total = sum(weights.values())
            for word, weight in weights.items():
                mass[word] += trust * weight / total
        logits = {
            word: math.log(share) + _TASTE * _taste(f"{voice.taste} {before} {last} {word}")
            for word, share in mass.items()
        }
        logits[max(logits, key=lambda word: logits[word])] += _LEAD
        return Distribution(logits)


def _taste(key: str) -> float:
    return zlib.crc32(key.encode()) / 2**31 - 1


def _written(tokens: Sequence[str]) -> str:
    text = "".join(word if word in ",.;:!?" else f" {word}" for word in tokens)
    return text.strip()


@cache
def _corpus() -> Mapping[str, Any]:
    corpus: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("corpus.yaml").read_text("utf-8"))
    return corpus


@cache
def english() -> LanguageModel:
    """The model that answers."""
    return LanguageModel({topic: text.splitlines() for topic, text in _corpus()["topics"].items()})


@cache
def inner_voice() -> LanguageModel:
    """The model that thinks."""
    return LanguageModel({"thoughts": _corpus()["thoughts"].splitlines()})


def paragraphs(sentences: Sequence[str]) -> str:
    """Set sentences as paragraphs."""
    step = _SENTENCES_A_PARAGRAPH
    return "\n\n".join(" ".join(sentences[at : at + step]) for at in range(0, len(sentences), step))
