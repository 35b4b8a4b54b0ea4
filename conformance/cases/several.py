"""Several places of one request at once: each holds a name of its own, and the reply is to give all of them.

A reply that gives every name has read every place, for the price of one request. Only where a name is missing is
each place looked at by itself: nothing is held against a service that ``is_read`` has not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    BALLAST,
    POSITIVE_CONTROL,
    QUESTION,
    ROOM,
    compared,
    control,
    fact,
    is_read,
    refused_already,
    rejected,
    says,
    user,
)
from conformance.cases.counts import Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

__all__ = ["ALL_NAMES", "Places", "all_are_read", "elsewhere", "one_of_the_cats", "plainly"]

ALL_NAMES = "What are the names of all the office cats? Answer with all of their names, and nothing else."
"""The question for what ``one_of_the_cats`` has told."""


def one_of_the_cats(codeword: str) -> str:
    """A name no model can know, one of several, and ballast behind it."""
    return f"One of the office cats is named {codeword}. {BALLAST}"


def plainly(words: str, question: str) -> dict[str, Json]:
    """Words in plain sight: in the user's only turn, before the question."""
    return {"messages": [user(f"{words}\n\n{question}".strip())], "max_tokens": ROOM}


Asked = Callable[[Mapping[str, str], str], dict[str, Json]]
"""A request with these words in these places, something short in all others, and this question."""


@dataclass(frozen=True)
class Places:
    """Where a request holds content, and how it is asked for.

    Attributes:
        codewords: the name that stands in each place, by the words for the place.
        asked: the request with these words in these places, something short in all others, and this question.
        without: the request without such places; a refusal of it is no refusal of them.
        shown: a request with words in plain sight, and a question.
        counted: by place and codeword, a request whose growth shows that the service counts such places (see
            ``is_read``).
        bare: what is still taken where the control is refused for the feature itself.
        plainer: the same without what may be refused and is a row of its own (a mark, two turns of one role).
    """

    codewords: Mapping[str, str]
    asked: Asked
    without: Mapping[str, Json]
    shown: Callable[[str, str], dict[str, Json]] = plainly
    counted: Callable[[str, str], dict[str, Json]] | None = None
    bare: Mapping[str, Json] | None = None
    plainer: Places | None = None


def elsewhere(places: Iterable[str], asked: Asked) -> Callable[[str, str], dict[str, Json]]:
    """The same content in another place of the same kind: the one after it, and for the last the first."""
    order = list(places)
    after = dict(zip(order, [*order[1:], order[0]], strict=True))
    return lambda place, codeword: asked({after[place]: fact(codeword)}, QUESTION)


def all_are_read(api: Endpoint, places: Places) -> Observation:
    """Is what stands in each of these places part of the prompt?

    Honoured: every name comes back; or the prompt grows by all of them, to a model that does not give them all from
    plain sight either; or each place is read by itself. Else it is what ``is_read`` finds of the first that is not.
    """
    told = {place: one_of_the_cats(codeword) for place, codeword in places.codewords.items()}
    after = api.ask("treatment", **places.asked(told, ALL_NAMES))
    if not after.ok and places.plainer is not None:
        return all_are_read(api, places.plainer)
    if not after.ok:
        before = api.ask("control", **places.without)
        return rejected(_ALL, after) if before.ok else refused_already(api, _ALL, before, places.bare)
    count = len(told)
    missing = [place for place, codeword in places.codewords.items() if not says(after, codeword)]
    if not missing:
        words = f"{count} of {count} codewords came back, from {', '.join(told)}"
        return Observation(Behaviour.HONOURED, words, signals=("text",))
    before = control(api, **places.asked({}, ALL_NAMES))
    together = "\n\n".join(told.values())
    plain = control(api, POSITIVE_CONTROL, **places.shown(together, ALL_NAMES))
    silent = not any(says(plain, places.codewords[place]) for place in missing)
    bare = control(api, f"{POSITIVE_CONTROL}, without", **places.shown("", ALL_NAMES))
    growth = Growth((before,), (after,), (bare,), (plain,), enough=(count - 0.5) / count)
    if silent and zone_of(api, growth) is Zone.EXPECTED:
        words = f"{count} places are read: {compared(growth)}"
        return Observation(Behaviour.HONOURED, words, signals=("size",))
    return _one_by_one(api, places, missing)


_ALL = "a request with such places"


def _one_by_one(api: Endpoint, places: Places, missing: list[str]) -> Observation:
    """What is found of the places whose names did not come back, each by itself.

    Raises:
        Inconclusive: one of them cannot be told, and none is lost.
    """
    undecided: list[str] = []
    for place in missing:
        codeword = places.codewords[place]
        try:
            found = is_read(
                api,
                place,
                codeword,
                without=places.asked({}, QUESTION),
                carrying=places.asked({place: fact(codeword)}, QUESTION),
                plainly=places.shown(fact(codeword), QUESTION),
                counted=None if places.counted is None else places.counted(place, codeword),
            )
        except Inconclusive as reason:
            undecided.append(f"{place}: {reason}")
            continue
        if found.behaviour is not Behaviour.HONOURED:
            return found
    if undecided:
        raise Inconclusive("; ".join(undecided))
    words = f"each by itself is read: {', '.join(missing)}; of all at once the model does not tell"
    return Observation(Behaviour.HONOURED, words, signals=("text",))
