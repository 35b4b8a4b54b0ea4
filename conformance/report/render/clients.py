"""Clients at targets, as sections of a document: a table, and why a client does not work, or not with everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.report.analysis.clients import ClientAt, ClientState
from conformance.report.analysis.comparison import Comparison
from conformance.report.language import quoted, say
from conformance.report.render.document import Cell, Column, Entry, Line, Listing, Section, Table, Tone
from conformance.values import Source

__all__ = ["clients", "state_words", "tone_of"]

_TONES: Mapping[ClientState, Tone] = {
    ClientState.DOES_NOT_WORK: "bad",
    ClientState.UNKNOWN: "open",
    ClientState.TAKEN: "open",
    ClientState.WORKS_WITHOUT: "more",
    ClientState.WORKS: "",
}
"""The states that are coloured, the one that matters most first."""


def clients(made: Comparison) -> Iterator[Section]:
    """The sections there are to say of clients; none where no report has a row of one."""
    if not made.clients:
        return
    names = [side.name for side in made.targets]
    lines = tuple(Line(one.client, tuple(_cell(one.targets.get(name)) for name in names)) for one in made.clients)
    caption = say("comparison.clients.caption", count=len(made.clients))
    table = Table(caption, say("comparison.client"), tuple(map(Column, names)), (("", lines),))
    entries = [
        (tone_of(at), _entry(one.client, name, at))
        for one in made.clients
        for name, at in one.targets.items()
        if at.cases
    ]
    tones = [tone for tone in _TONES.values() if any(tone == mine for mine, _ in entries)]
    yield Section(
        title=say("comparison.clients"),
        words=say("comparison.clients.says"),
        listings=tuple(Listing("", tuple(entry for mine, entry in entries if mine == tone), tone) for tone in tones),
        tables=(table,),
    )


def _cell(at: ClientAt | None) -> Cell:
    if at is None or not at.sources:
        return Cell(say(f"comparison.client.{ClientState.NOT_TRIED}"), tone="none")
    total = sum(at.states.values())
    sources = [
        say(f"comparison.source.{source}")
        if count == total
        else _share(say(f"comparison.source.{source}"), count, total)
        for source, count in at.sources.items()
        if source is not Source.SIMULATOR
    ]
    simulated = say("comparison.simulated")
    partly = say("comparison.simulated.part", count=at.simulated, total=total)
    return Cell(
        state_words(at),
        note=say("page.comma").join(sources),
        tone=tone_of(at),
        warning="" if not at.simulated else simulated if at.simulated == sum(at.sources.values()) else partly,
    )


def state_words(at: ClientAt) -> str:
    """The state in words; of several models that differ, how many are in which."""
    (word, count), *others = [(_state(state, at), count) for state, count in at.states.items()]
    if not others:
        return word
    most = say("comparison.most", count=count, total=sum(at.states.values()), word=word)
    return say("page.comma").join([most, *(say("comparison.more", count=n, word=other) for other, n in others)])


def _state(state: ClientState, at: ClientAt) -> str:
    words = say(f"comparison.client.{state}", what=say("text.list").join(at.without))
    set_ = state is ClientState.WORKS_WITHOUT and at.settings
    return say("comparison.client.set", words=words) if set_ else words


def tone_of(at: ClientAt) -> Tone:
    """How the state is coloured: by what matters most of it."""
    return next((tone for state, tone in _TONES.items() if state in at.states), "none")


def _share(words: str, count: int, total: int) -> str:
    return say("comparison.share", count=count, total=total, words=words)


def _entry(client: str, name: str, at: ClientAt) -> Entry:
    """Why a client does not simply work at a target: what its cases saw, and which they are."""
    where = say("comparison.flagged", name=name) if at.simulated else name
    models: dict[str, list[str]] = {}
    for id_ in at.cases:
        models.setdefault(id_.rpartition("::")[2], []).append(id_)
    cases = tuple(
        first if not others else say("difference.others", id=first, count=len(others))
        for first, *others in models.values()
    )
    words = say("comparison.client.entry", where=where, state=state_words(at))
    return Entry(client, words, (*map(quoted, at.summaries), *cases))
