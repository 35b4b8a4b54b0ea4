"""temperature, top_p and top_k: does a near-greedy setting collapse what the model says?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.cases.common import HELLO, needs_streams, plain_hello, rejected, text, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.fragments import Request, company, composed
from conformance.cases.registry import experiment
from conformance.protocol.reply import Reply
from conformance.statistics import (
    ANOTHER_VALUE,
    END,
    ERROR,
    PLAIN,
    STREAMED,
    Outcome,
    Plan,
    SampledComparison,
    agree,
    compare,
)
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

HOT: Mapping[str, Json] = {"temperature": 1.0}
"""The base of every arm, where it is taken: a service whose default is cooler would hide the effect."""

_LEGIBLE = 3
"""Draws in a row that may come back without a word before the case gives up."""

_PROMPT: Mapping[str, Json] = {
    "messages": [user("Write the opening of a short story about a place you have invented. Begin at once.")]
}

_STREAMED: Mapping[str, Json] = {**_PROMPT, "stream": True}


def _in_company(*names: str) -> Mapping[str, Json]:
    """The prompt beside what clients send with it, and the base."""
    system = [text("You are a storyteller."), text("Write in English.")]
    return {**composed(Request(_PROMPT), company(*names)).having(system=system).body, **HOT}


_STREAMED_BASES: Sequence[Mapping[str, Json]] = (
    _in_company("tools", "history", "result", "metadata"),
    _in_company("tools", "history", "metadata"),
    HOT,
    {},
)
"""What the streams are drawn beside, the first that is taken: a parameter that is lost beside tools, a system prompt,
earlier turns or a tool's result is lost for all who use them, and to draw once more for each would cost hundreds of
requests."""

_ROOMS, _STREAMED_ROOMS = (48, 320), (24, 320)
"""max_tokens of the first draw, and what it is where the first two controls are alike up to there: a thought may
begin with the same sentences every time."""


@experiment("temperature")
def near_zero_collapses_diversity(api: Endpoint) -> Observation:
    """temperature controls randomness.

    Honoured: draws at 0.01 begin alike where draws at 1.0 do not. Ignored: they differ as much.
    """
    return _collapses(api, "temperature", {"temperature": 0.01}, bases=[HOT, {}])


@experiment("top_p")
def tiny_nucleus_collapses_diversity(api: Endpoint) -> Observation:
    """top_p samples from the nucleus only.

    Honoured: draws at 0.001 begin alike where draws without it do not. (0.1 still leaves
    several openings on real services.) Ignored: they differ as much.
    """
    return _collapses(api, "top_p", {"top_p": 0.001}, bases=[HOT, {}])


@experiment("top_k")
def one_collapses_diversity(api: Endpoint) -> Observation:
    """top_k samples from the k likeliest tokens only.

    Honoured: draws at 1 begin alike where draws without it do not. Ignored: they differ as much.
    """
    return _collapses(api, "top_k", {"top_k": 1}, bases=[HOT, {}])


@experiment("temperature")
def near_zero_collapses_streams(api: Endpoint) -> Observation:
    """temperature controls the randomness of streamed replies as well, beside tools, a system prompt and other turns.

    Honoured: streams at 0.01 begin alike where streams at 1.0 do not. Ignored: they differ as much.
    """
    needs_streams(api)
    return _collapses(api, "temperature", {"temperature": 0.01}, bases=_STREAMED_BASES, streamed=True)


@experiment("top_p")
def tiny_nucleus_collapses_streams(api: Endpoint) -> Observation:
    """top_p bounds the nucleus of streamed replies as well, beside tools, a system prompt and other turns.

    Honoured: streams at 0.001 begin alike where streams without it do not. Ignored: they differ as much.
    """
    needs_streams(api)
    return _collapses(api, "top_p", {"top_p": 0.001}, bases=_STREAMED_BASES, streamed=True)


@experiment("top_k")
def one_collapses_streams(api: Endpoint) -> Observation:
    """top_k bounds the candidates of streamed replies as well, beside tools, a system prompt and other turns.

    Honoured: streams at 1 begin alike where streams without it do not. Ignored: they differ as much.
    """
    needs_streams(api)
    return _collapses(api, "top_k", {"top_k": 1}, bases=_STREAMED_BASES, streamed=True)


@experiment("temperature.range")
def zero_collapses_diversity(api: Endpoint) -> Observation:
    """0 is a temperature where the range begins with it; programs that take it for *not given* leave it out.

    Honoured: draws at 0 begin alike where draws at 1.0 do not. Ignored: they differ as much. Rejected: 0 is refused,
    where 1.0 is taken.
    """
    plain_hello(api)
    if api.details.get("from") != 0:
        raise NotApplicable("0 is outside the documented range")
    return _collapses(api, "temperature", {"temperature": 0}, bases=[HOT], plan=ANOTHER_VALUE)


@experiment("top_k")
def a_large_one_is_taken(api: Endpoint) -> Observation:
    """top_k may be any positive number; 250 is the default of Claude on Amazon Bedrock.

    Accepted: it is taken. Rejected: it is refused, where the same request without it is taken.
    """
    large = api.ask("treatment", **HELLO, top_k=_LARGE)
    if large.ok:
        return Observation(Behaviour.ACCEPTED, f"top_k={_LARGE} is taken", signals=("status",))
    plain_hello(api)
    return rejected(f"top_k={_LARGE}", large)


_LARGE = 250


@dataclass
class _Arm:
    """One setting to draw from.

    No two requests are the same: each allows one token more than the one before. The model does not see that, and
    a cache of whole replies has none to give.
    """

    api: Endpoint
    name: str
    params: Mapping[str, Json]
    """The whole request but for max_tokens."""
    room: int
    """max_tokens of the first request."""
    first: Reply | None = None
    """The reply that showed that the setting is taken: it is the first draw."""
    shared: bool = False
    """Whether other cases draw from it as well: the three parameters have the same control."""

    def __post_init__(self) -> None:
        self._asked = 0
        self._drawn: list[str] = []

    def draws(self, wanted: int) -> Sequence[str]:
        """The first so many draws, as texts; those that are missing are asked for at once."""
        if not self.shared:
            self.api.repeat(wanted - len(self._drawn) - (self.first is not None), counting="max_tokens")
        while len(self._drawn) < wanted:
            self._drawn.append(self._legible())
        return tuple(self._drawn[:wanted])

    def _legible(self) -> str:
        for _ in range(_LEGIBLE):
            if (text := said(self._next())) is not None:
                return text
        raise Inconclusive(f"{_LEGIBLE} replies in a row had no words to compare")

    def _next(self) -> Reply:
        reply, self.first = self.first, None
        ask = self.api.once if self.shared else self.api.ask
        reply = reply or ask(self.name, **self.params, max_tokens=self.room + self._asked)
        self._asked += 1
        if not reply.ok:
            raise Inconclusive(f"a draw of the {self.name} was refused after one was not ({reply.refusal})")
        return reply


def _collapses(
    api: Endpoint,
    name: str,
    setting: Mapping[str, Json],
    bases: Sequence[Mapping[str, Json]],
    *,
    streamed: bool = False,
    plan: Plan | None = None,
) -> Observation:
    """Compare draws with and without a setting, on the first base that the service takes with it."""
    plan = plan or (STREAMED if streamed else PLAIN)
    rooms = _STREAMED_ROOMS if streamed else _ROOMS
    refused: Reply | None = None
    for base in bases:
        plain = {**(_STREAMED if streamed else _PROMPT), **base}
        without = api.once("control", **plain, max_tokens=rooms[0])
        if not without.ok:
            continue
        params = {**plain, **setting}
        treated = api.ask("treatment", **params, max_tokens=rooms[0])
        if treated.ok:
            control = _Arm(api, "control", plain, rooms[0], without, shared=True)
            treatment = _Arm(api, "treatment", params, rooms[0], treated)
            found = _observed(name, setting, _compared(control, treatment, rooms, plan))
            return replace(found, summary=f"{found.summary}, in company") if "tools" in plain else found
        refused = treated
    if refused is None:
        raise Inconclusive(f"the control was refused ({without.refusal})")
    return rejected(f"{name}={setting[name]}", refused)


def _compared(control: _Arm, treatment: _Arm, rooms: Sequence[int], plan: Plan) -> SampledComparison:
    """The test, with room for what is said alike every time ("The user wants me to ...") and for more behind it."""
    for room in rooms[1:]:
        one, other = control.draws(2)
        if not agree(one, other) or (one.endswith(END) and other.endswith(END)):
            break
        control, treatment = replace(control, room=room, first=None), replace(treatment, room=room, first=None)
    return compare(control.draws, treatment.draws, plan)


def said(reply: Reply) -> str | None:
    """Everything a reply says, in order; thinking counts, it is sampled first. None where there is no word.

    END stands behind what came to its end by itself.
    """
    words = "\n".join(str(block.get("thinking") or block.get("text") or "") for block in reply.content).strip()
    if not words:
        return None
    return words if reply.stop_reason != "end_turn" else words + END


def _observed(name: str, setting: Mapping[str, Json], found: SampledComparison) -> Observation:
    treatment, control = found.beginnings(found.treatment), found.beginnings(found.control)
    drawn = len(found.treatment)
    spread = f"{len(treatment)} different beginnings in {drawn} draws at {name}={setting[name]}"
    if not drawn:
        spread = "nothing was compared"
    spread += f", {len(control)} in {len(found.control)} without"
    statistics = {
        "test": "exact permutation test against control; likelihood ratio against collapse; both sequential",
        "error": float(ERROR),
        "treatment": treatment,
        "control": control,
        "p_collapsed": None if found.p_collapsed is None else float(found.p_collapsed),
        "likelihood_ratio_diverse": float(found.diversity),
        "misses": found.misses,
        "characters_compared": list(found.places),
    }
    behaviour, seen_as = Behaviour.INCONCLUSIVE, tuple[Behaviour, ...]()
    match found.outcome:
        case Outcome.COLLAPSED:
            behaviour, words = Behaviour.HONOURED, spread
        case Outcome.DIVERSE:
            behaviour, words = Behaviour.IGNORED, spread
        case Outcome.MIXED:
            behaviour, seen_as = Behaviour.INCONSISTENT, (Behaviour.HONOURED, Behaviour.IGNORED)
            words = f"honoured in {drawn - found.misses} of {drawn} draws at {name}={setting[name]}; the others are as"
            words += f" diverse as those without ({len(control)} different beginnings in {len(found.control)})"
        case Outcome.ALIKE:
            words = f"{spread}: even without it the replies are too alike to tell (or come from a cache)"
        case Outcome.CACHED:
            words = f"{spread}: a long reply came twice, word for word, so the replies seem to come from a cache"
        case Outcome.UNDECIDED:
            words = f"{spread}, {found.misses} of them as diverse as those without: too few, or too many, to tell"
    return Observation(behaviour, words, signals=("openings",), statistics=statistics, seen_as=seen_as)
