"""The author: thinks, decides whether to call a tool, and otherwise answers in words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Final

from conformance.simulator.json_values import Object
from conformance.simulator.model.comprehension import Fact, recall
from conformance.simulator.model.instructions import Order, orders, verbatim, words_wanted
from conformance.simulator.model.language import (
    LanguageModel,
    Sampling,
    Voice,
    english,
    inner_voice,
    paragraphs,
    weighted,
)
from conformance.simulator.model.prompt import Prompt
from conformance.simulator.model.replies import Block, Draft, Text, Thinking, ToolUse, finished
from conformance.simulator.model.tokens import count
from conformance.simulator.model.tool_calls import Choice, calls, fill, named

_THOUGHT_TOKENS: Final = (20, 55)
_LEAD: Final = 1.1
_PLAIN: Final = Sampling()
_AUTO: Final = Choice()
_OPENING_WORDS: Final = 14
_MOST_WORDS: Final = 8000
_SHORT_ANSWER: Final = weighted({2: 5.0, 1: 2.0, 3: 3.0})
_STATING: Final = weighted(
    {
        "The {key} is {value}.": 5.0,
        "It is {value}.": 2.0,
        "{value}.": 2.0,
        "You said that the {key} is {value}.": 1.0,
    }
)
_REPORTING: Final = weighted(
    {
        "The tool says: {result}": 4.0,
        "Here is what came back: {result}": 3.0,
        "According to the tool, {result}": 2.0,
    }
)
_ANNOUNCING: Final = weighted(
    {"": 5.0, "Let me look that up.": 3.0, "I will ask the tool.": 2.0, "One moment, I will check.": 1.0}
)
_TELLS_AND_CALLS: Final = re.compile(r"\b(?:say|tell)\b.*\band call\b", re.IGNORECASE)
_LONGEST_REPORT: Final = 600  # characters


@dataclass(frozen=True, slots=True)
class Wish:
    """How an answer is to be made, after a service has decided what it honours."""

    sampling: Sampling = _PLAIN
    limit: int | None = None
    stops: tuple[str, ...] = ()
    thinks: bool = False
    choice: Choice = _AUTO
    openings: float | None = None
    schema: Object | None = None  # what the text must fit, as JSON


def compose(prompt: Prompt, wish: Wish, rng: Random) -> Draft:
    """Write an answer: thinking first, then text, then calls."""
    blocks: list[Block] = []
    if wish.thinks:
        blocks.append(Thinking(_thoughts(prompt, wish.sampling, rng)))
    called = calls(prompt, wish.choice, rng)
    if not called and wish.schema is not None:
        names = named(prompt.request)
        blocks.append(Text(json.dumps(fill(wish.schema, prompt.request, names), ensure_ascii=False)))
    elif not called:
        blocks.append(Text(_Speaker(prompt, wish, rng).text()))
    elif wish.choice.kind == "auto" and (announcement := _announced(prompt, wish.sampling, rng)):
        blocks.append(Text(announcement))
    blocks += [ToolUse(call.name, call.input) for call in called]
    return finished(blocks, wish.stops, wish.limit)


def _announced(prompt: Prompt, sampling: Sampling, rng: Random) -> str:
    """What is said before a call, if anything; something, where the user wants both."""
    said = _ANNOUNCING.draw(sampling, rng)
    return said or ("I will look it up." if _TELLS_AND_CALLS.search(prompt.request) else "")


def _thoughts(prompt: Prompt, sampling: Sampling, rng: Random) -> str:
    model = inner_voice()
    voice = model.voice(prompt.request)
    least, most = _THOUGHT_TOKENS
    text = ""
    while count(text) < least:
        longer = f"{text} {model.sentence(voice, sampling, rng)}".strip()
        if text and count(longer) > most:
            break
        text = longer
    return text


@dataclass(frozen=True)
class _Speaker:
    prompt: Prompt
    wish: Wish
    rng: Random

    def text(self) -> str:
        """Say what was asked for: obey, recall, report, or write prose."""
        request, context = self.prompt.request, self.prompt.context
        if (wanted := verbatim(request)) is not None:
            return wanted
        if self.prompt.results and _ASKS_FOR_SUCCESS.search(request):
            return "No." if any(_FAILED.match(result) for result in self.prompt.results) else "Yes."
        bound = orders(self.prompt.instructions, context)
        if any(order.alone for order in bound):
            return " ".join(order.text for order in bound if order.alone)
        # What the caller has written of the reply is no statement to answer from.
        facts = recall((text for text in context if text != self.prompt.begun), request)
        if (rest := _rest_of_a_word(self.prompt.begun, facts)) is not None:
            return rest
        elsewhere = self.prompt.goes_on and _WRITES.match(request)
        if self.prompt.results and not elsewhere:  # passed on whole; what else was asked for is added
            report = self._reported()
            facts = tuple(fact for fact in facts if fact.value not in report)
            return _with_orders(" ".join(filter(None, (report, self._stated(facts)))), bound)
        return _with_orders(self._stated(facts) or self._prose(), bound)

    def _stated(self, facts: tuple[Fact, ...]) -> str:
        form = _STATING.draw(self.wish.sampling, self.rng)
        return " ".join(form.format(key=fact.key, value=fact.value) for fact in facts)

    def _reported(self) -> str:
        form = _REPORTING.draw(self.wish.sampling, self.rng)
        return form.format(result="; ".join(self.prompt.results)[:_LONGEST_REPORT].replace("\n", ", "))

    def _prose(self) -> str:
        model = english()
        voice = model.voice("\n".join(self.prompt.instructions))
        wanted = words_wanted(self.prompt.request)
        length = 0 if wanted else _SHORT_ANSWER.draw(self.wish.sampling, self.rng)
        sentences = [*self._opening(model, voice)] if self.wish.openings else []
        written = sum(len(sentence.split()) for sentence in sentences)
        while written < min(wanted or 0, _MOST_WORDS) or len(sentences) < length:
            sentence = model.sentence(voice, self.wish.sampling, self.rng)
            sentences.append(sentence)
            written += len(sentence.split())
        return paragraphs(sentences)

    def _opening(self, model: LanguageModel, voice: Voice) -> list[str]:
        """Draw one of the few openings a model of little diversity has; a fraction is a rarer last one."""
        openings = self.wish.openings or 1.0
        weights = {index: min(1.0, openings - index) for index in range(ceil(openings))}
        weights[0] = _LEAD  # likeliest by a little, so that a greedy draw always takes it
        index = weighted(weights).draw(self.wish.sampling, self.rng)
        fixed = Random(f"{voice} {index}")  # noqa: S311 - a model's chance, not a secret
        sentences = [f"{_ORDINALS[index % len(_ORDINALS)]}, {model.sentence(voice, _PLAIN, fixed)}"]
        while sum(len(sentence.split()) for sentence in sentences) < _OPENING_WORDS:
            sentences.append(model.sentence(voice, _PLAIN, fixed))
        return sentences


# No two openings begin alike, so that a diversity of three is three whatever the corpus says.
_ORDINALS: Final = ("Well", "So", "Now", "Indeed", "Perhaps", "Then", "Today", "Once", "Here", "Again")


_ASKS_FOR_SUCCESS: Final = re.compile(r"\bdid\b.*\bsucceed\b", re.IGNORECASE)
_WRITES: Final = re.compile(r"write\b", re.IGNORECASE)
_FAILED: Final = re.compile(r"\s*error\b", re.IGNORECASE)


def _rest_of_a_word(begun: str, facts: Sequence[Fact]) -> str | None:
    """Go on from a reply that was begun in the middle of a word the model knows; None where it was not."""
    half = begun.rpartition(" ")[2]
    for fact in facts:
        if half and fact.value.startswith(half) and fact.value != half:
            return f"{fact.value.removeprefix(half)}."
    return None


def _with_orders(text: str, bound: tuple[Order, ...]) -> str:
    first = [order.text for order in bound if order.place == "first" and order.text not in text]
    last = [order.text for order in bound if order.place == "last" and order.text not in text]
    return " ".join([*(f"{word}." for word in first), text, *(f"{word}." for word in last)])
