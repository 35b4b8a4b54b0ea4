"""temperature, top_p and top_k: does a near-greedy setting collapse what the model says first?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from conformance.cases.common import needs_streams, rejected, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.protocol.reply import Reply
from conformance.statistics import ERROR, FIDELITY, LOOKS, Collapse, Outcome, collapse
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

WORDS = 12
"""Words of a reply that make its opening. Real services drift apart later even when greedy."""

HOT: Mapping[str, Json] = {"temperature": 1.0}
"""The base of every arm, where it is taken: a service whose default is cooler would hide the effect."""

_LEGIBLE = 3
"""Draws in a row that may come back without a word before the case gives up."""

_PROMPT: Mapping[str, Json] = {
    "messages": [user("Write the opening of a short story about a place you have invented. Begin at once.")],
    "max_tokens": 48,
}

_STREAMED: Mapping[str, Json] = {**_PROMPT, "max_tokens": 24, "stream": True}


@experiment("temperature")
def near_zero_collapses_diversity(api: Endpoint) -> Observation:
    """temperature controls randomness.

    Honoured: draws at 0.01 share one opening where draws at 1.0 do not. Ignored: they differ as much.
    """
    return _collapses(api, "temperature", {"temperature": 0.01}, bases=[HOT, {}])


@experiment("top_p")
def tiny_nucleus_collapses_diversity(api: Endpoint) -> Observation:
    """top_p samples from the nucleus only.

    Honoured: draws at 0.001 share one opening where draws without it do not. (0.1 still leaves
    several openings on real services.) Ignored: they differ as much.
    """
    return _collapses(api, "top_p", {"top_p": 0.001}, bases=[HOT, {}])


@experiment("top_k")
def one_collapses_diversity(api: Endpoint) -> Observation:
    """top_k samples from the k likeliest tokens only.

    Honoured: draws at 1 share one opening where draws without it do not. Ignored: they differ as much.
    """
    return _collapses(api, "top_k", {"top_k": 1}, bases=[HOT, {}])


@experiment("temperature")
def near_zero_collapses_streams(api: Endpoint) -> Observation:
    """temperature controls the randomness of streamed replies as well.

    Honoured: streams at 0.01 share one opening where streams at 1.0 do not. Ignored: they differ as much.
    """
    needs_streams(api)
    return _collapses(api, "temperature", {"temperature": 0.01}, bases=[HOT, {}], prompt=_STREAMED)


@experiment("top_p")
def tiny_nucleus_collapses_streams(api: Endpoint) -> Observation:
    """top_p bounds the nucleus of streamed replies as well.

    Honoured: streams at 0.001 share one opening where streams without it do not. Ignored: they differ as much.
    """
    needs_streams(api)
    return _collapses(api, "top_p", {"top_p": 0.001}, bases=[HOT, {}], prompt=_STREAMED)


@experiment("top_k")
def one_collapses_streams(api: Endpoint) -> Observation:
    """top_k bounds the candidates of streamed replies as well.

    Honoured: streams at 1 share one opening where streams without it do not. Ignored: they differ as much.
    """
    needs_streams(api)
    return _collapses(api, "top_k", {"top_k": 1}, bases=[HOT, {}], prompt=_STREAMED)


@dataclass
class _Arm:
    """One setting to draw from; the reply that showed it is taken is its first draw."""

    api: Endpoint
    name: str
    params: Mapping[str, Json]
    """The whole request."""
    first: Reply

    def __post_init__(self) -> None:
        self._waiting = [self.first]
        self._drawn: list[list[str]] = []
        self.look_at(0)

    def look_at(self, word: int) -> None:
        """Begin again with the first draw, and compare what begins at this word."""
        self._from = word
        self._next = 0

    def expect(self, draws: int) -> None:
        """So many draws follow one another, and none depends on another."""
        self.api.repeat(draws - len(self._waiting) - (len(self._drawn) - self._next))

    def draw(self) -> str:
        """Some words of one more reply."""
        if self._next == len(self._drawn):
            self._drawn.append(self._asked())
        words = self._drawn[self._next]
        self._next += 1
        return " ".join(words[self._from : self._from + WORDS])

    def _asked(self) -> list[str]:
        for _ in range(_LEGIBLE):
            reply = self._waiting.pop() if self._waiting else self.api.ask(self.name, **self.params)
            if not reply.ok:
                raise Inconclusive(f"a draw of the {self.name} was refused after one was not ({reply.refusal})")
            if words := said(reply):
                return words
        raise Inconclusive(f"{_LEGIBLE} replies in a row had no words to compare")


def _collapses(
    api: Endpoint,
    name: str,
    setting: Mapping[str, Json],
    bases: Sequence[Mapping[str, Json]],
    *,
    prompt: Mapping[str, Json] = _PROMPT,
) -> Observation:
    """Compare draws with and without a setting, on the first base that the service takes with it."""
    refused: Reply | None = None
    for base in bases:
        plain = {**prompt, **base}
        without = api.ask("control", **plain)
        if not without.ok:
            continue
        params = {**plain, **setting}
        treated = api.ask("treatment", **params)
        if treated.ok:
            control, treatment = _Arm(api, "control", plain, without), _Arm(api, "treatment", params, treated)
            return _observed(name, setting, *_compared(control, treatment))
        refused = treated
    if refused is None:
        raise Inconclusive(f"the control was refused ({without.refusal})")
    return rejected(f"{name}={setting[name]}", refused)


def _compared(control: _Arm, treatment: _Arm) -> tuple[Collapse, int]:
    """The test on the openings; where the control's are all alike, on what comes after them. And which word that is.

    What a model thinks first may be the same words every time ("The user wants me to ..."), whatever the setting.
    """
    found = Collapse(Outcome.UNDECIDED, (), (), None, Fraction(0))
    for word in (0, WORDS, 2 * WORDS):
        control.look_at(word)
        treatment.look_at(word)
        found = collapse(
            control.draw,
            treatment.draw,
            expect_control=control.expect,
            expect_treatment=treatment.expect,
            looks=_LATER if word else LOOKS,
            error=_LATER_ERROR if word else ERROR,
        )
        commonest = max(Counter(found.control).values(), default=0)
        if found.outcome is not Outcome.UNDECIDED or commonest < FIDELITY * len(found.control) or not found.control:
            break
    return found, word


_LATER_ERROR = ERROR / 3
"""What a later look at the same draws may err, each way."""

_LATER = {size: spent / 3 for size, spent in LOOKS.items()}


def said(reply: Reply) -> list[str]:
    """The words of the first block that has any; thinking counts, it is sampled first."""
    for block in reply.content:
        if words := str(block.get("thinking") or block.get("text") or "").split():
            return words
    return []


def _observed(name: str, setting: Mapping[str, Json], found: Collapse, word: int) -> Observation:
    treatment, control = Counter(found.treatment), Counter(found.control)
    spread = f"{len(treatment)} different openings in {len(found.treatment)} draws at {name}={setting[name]}"
    against = f"{len(control)} in {len(found.control)} without" if found.control else "no control needed"
    if word:
        against += f" (from word {word + 1} on: before it even the control is alike)"
    statistics = {
        "test": "exact permutation test against control; likelihood ratio against collapse; both sequential",
        "error": float(_LATER_ERROR if word else ERROR),
        "treatment": sorted(treatment.values(), reverse=True),
        "control": sorted(control.values(), reverse=True),
        "p_collapsed": None if found.p_collapsed is None else float(found.p_collapsed),
        "likelihood_ratio_diverse": float(found.diversity),
    }
    match found.outcome:
        case Outcome.COLLAPSED:
            behaviour, words = Behaviour.HONOURED, f"{spread}, {against}"
        case Outcome.DIVERSE:
            behaviour, words = Behaviour.IGNORED, f"{spread}, {against}"
        case Outcome.UNDECIDED:
            behaviour, words = Behaviour.INCONCLUSIVE, f"{spread}, {against}: too alike to tell"
    return Observation(behaviour, words, signals=("openings",), statistics=statistics)
