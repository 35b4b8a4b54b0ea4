"""temperature, top_p and top_k: does a near-greedy setting collapse what the model says first?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.cases.common import needs_streams, rejected, user
from conformance.cases.registry import case
from conformance.endpoint import Endpoint
from conformance.stats import ERROR, Collapse, Outcome, collapse
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation
from conformance.wire.reply import Reply

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


@case("temperature")
def near_zero_collapses_diversity(api: Endpoint) -> Observation:
    """temperature controls randomness.

    Honoured: draws at 0.01 share one opening where draws at 1.0 do not. Ignored: they differ as much.
    """
    return _collapses(api, "temperature", {"temperature": 0.01}, bases=[HOT, {}])


@case("top_p")
def tiny_nucleus_collapses_diversity(api: Endpoint) -> Observation:
    """top_p samples from the nucleus only.

    Honoured: draws at 0.001 share one opening where draws without it do not. (0.1 still leaves
    several openings on real services.) Ignored: they differ as much.
    """
    return _collapses(api, "top_p", {"top_p": 0.001}, bases=[HOT, {}])


@case("top_k")
def one_collapses_diversity(api: Endpoint) -> Observation:
    """top_k samples from the k likeliest tokens only.

    Honoured: draws at 1 share one opening where draws without it do not. Ignored: they differ as much.
    """
    return _collapses(api, "top_k", {"top_k": 1}, bases=[HOT, {}])


@case("temperature")
def near_zero_collapses_streams(api: Endpoint) -> Observation:
    """temperature controls the randomness of streamed replies as well.

    Honoured: streams at 0.01 share one opening where streams at 1.0 do not. Ignored: they differ as much.
    """
    needs_streams(api)
    return _collapses(api, "temperature", {"temperature": 0.01}, bases=[HOT, {}], prompt=_STREAMED)


@case("top_p")
def tiny_nucleus_collapses_streams(api: Endpoint) -> Observation:
    """top_p bounds the nucleus of streamed replies as well.

    Honoured: streams at 0.001 share one opening where streams without it do not. Ignored: they differ as much.
    """
    needs_streams(api)
    return _collapses(api, "top_p", {"top_p": 0.001}, bases=[HOT, {}], prompt=_STREAMED)


@case("top_k")
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

    def expect(self, draws: int) -> None:
        """So many draws follow one another, and none depends on another."""
        self.api.repeat(draws - len(self._waiting))

    def draw(self) -> str:
        """The opening of one more reply."""
        for _ in range(_LEGIBLE):
            reply = self._waiting.pop() if self._waiting else self.api.ask(self.name, **self.params)
            if not reply.ok:
                raise Inconclusive(f"a draw of the {self.name} was refused after one was not ({reply.refusal})")
            if words := opening(reply):
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
            return _observed(name, setting, _drawn(control, treatment))
        refused = treated
    if refused is None:
        raise Inconclusive(f"the control was refused ({without.refusal})")
    return rejected(f"{name}={setting[name]}", refused)


def _drawn(control: _Arm, treatment: _Arm) -> Collapse:
    return collapse(control.draw, treatment.draw, expect_control=control.expect, expect_treatment=treatment.expect)


def opening(reply: Reply) -> str:
    """The first words of the first block that has any; thinking counts, it is sampled first."""
    for block in reply.content:
        words = str(block.get("thinking") or block.get("text") or "").split()
        if words:
            return " ".join(words[:WORDS])
    return ""


def _observed(name: str, setting: Mapping[str, Json], found: Collapse) -> Observation:
    treatment, control = Counter(found.treatment), Counter(found.control)
    spread = f"{len(treatment)} different openings in {len(found.treatment)} draws at {name}={setting[name]}"
    against = f"{len(control)} in {len(found.control)} without" if found.control else "no control needed"
    statistics = {
        "test": "exact permutation test against control; likelihood ratio against collapse; both sequential",
        "error": float(ERROR),
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
