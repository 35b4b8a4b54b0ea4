"""What changed between two reports, as a document: regressions first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.plain_text import command
from conformance.report.analysis.comparison import Side, side_of
from conformance.report.analysis.difference import Change, Difference, Kind, State
from conformance.report.analysis.vocabulary import documented_phrase, recorded, those, verdict_word
from conformance.report.language import quoted, say
from conformance.report.load import Loaded
from conformance.report.render.comparison import warning_of
from conformance.report.render.document import Entry, Layout, Listing, Section, Tone

__all__ = ["difference", "unchanged"]

_TONES: Mapping[Kind, Tone] = {
    Kind.WORSE: "bad",
    Kind.LOST: "open",
    Kind.BETTER: "more",
    Kind.GAINED: "more",
}


def unchanged(made: Difference) -> str:
    """One line for reports between which nothing changed."""
    old, new = made.before, made.after
    if old.report == new.report:
        return say("difference.same", old=old.path, new=new.path)
    return say("difference.unchanged", rows=say("difference.rows", count=made.rows), old=old.path, new=new.path)


def difference(made: Difference) -> Layout:
    """The difference in words."""
    old, new = side_of(made.before, say("difference.old.name")), side_of(made.after, say("difference.new.name"))
    sections = [
        _section(kind, mine, new.models)
        for kind in Kind
        if (mine := [change for change in made.changes if change.kind is kind])
    ]
    same = () if sections else (Section(say("difference.none"), unchanged(made)),)
    return Layout(
        title=" → ".join(dict.fromkeys([made.before.name, made.after.name])),
        kind=say("difference.kind"),
        warnings=tuple(warning for side in (old, new) if (warning := warning_of(side))),
        facts=(
            (say("difference.old"), _fact(made.before, old)),
            (say("difference.new"), _fact(made.after, new)),
            (say("difference.changes"), _counts(made)),
        ),
        sections=(*sections, *same),
    )


def _fact(loaded: Loaded, side: Side) -> str:
    suite = loaded.report.suite
    return say(
        "difference.fact",
        path=loaded.path,
        recorded=recorded(side.recorded),
        endpoint=side.endpoint,
        suite=say("text.list").join(filter(None, [f"{suite.name} {suite.version}", side.sdk])),
    )


def _counts(made: Difference) -> str:
    counts = [(kind, sum(1 for change in made.changes if change.kind is kind)) for kind in Kind]
    words = say("text.list").join(f"{_title(kind).lower()} {count}" for kind, count in counts if count)
    rows = say("difference.rows", count=made.rows)
    return say("difference.counts", words=words or say("difference.counts.none"), rows=rows)


def _title(kind: Kind) -> str:
    return say(f"difference.{kind}.title")


def _section(kind: Kind, changes: Sequence[Change], models: Sequence[str]) -> Section:
    alike: dict[object, list[Change]] = {}
    for change in changes:
        alike.setdefault(_way(change), []).append(change)
    entries = tuple(_entry(kind, same, models) for same in alike.values())
    listing = Listing("", entries, _TONES.get(kind, ""))
    title = f"{_title(kind)}{say('text.brackets', words=len(changes))}"
    return Section(title, say(f"difference.{kind}.says"), (listing,))


def _way(change: Change) -> object:
    """What makes the changes of two models one."""
    cases = tuple((case.name, case.old, case.new) for case in change.cases)
    return change.feature, change.old, change.new, change.also, cases


def _entry(kind: Kind, changes: Sequence[Change], models: Sequence[str]) -> Entry:
    change = changes[0]
    words = say("page.comma").join([_words(kind, change), those([one.model for one in changes], models)])
    if change.also:
        words = say("difference.also", words=words, features=say("text.list").join(change.also))
    return Entry(change.feature, words, tuple(_details(kind, changes)))


def _words(kind: Kind, change: Change) -> str:
    old, new = change.old, change.new
    if old is None or new is None:
        return _state(new or old)
    if kind is Kind.DOCUMENTED:
        return _step(old.documented or "", new.documented or "")
    if kind in (Kind.NEW, Kind.GONE):
        return say(f"difference.{kind}.cases", cases=say("text.list").join(case.name for case in change.cases))
    if (old.observed, old.verdict) == (new.observed, new.verdict):
        return say("difference.some_cases", state=_state(new))
    return _step(_brief(old), _state(new))


def _step(before: str, after: str) -> str:
    return say("difference.step", before=before, after=after)


def _state(state: State | None) -> str:
    if state is None:
        return ""
    return say("difference.state", seen=_brief(state), documented=documented_phrase(state.documented or ""))


def _brief(state: State) -> str:
    """What was seen, and the verdict where there is one that says more."""
    verdict = verdict_word(state.verdict) if state.verdict else state.seen
    return state.seen if verdict == state.seen else f"{state.seen}{say('text.brackets', words=verdict)}"


def _details(kind: Kind, changes: Sequence[Change]) -> Iterator[str]:
    """Each case once, by the node id it has with the first of the models."""
    if kind in (Kind.NEW, Kind.GONE):
        return
    for case in changes[0].cases:
        others = len(changes) - 1
        id_ = say("difference.others", id=command(case.id), count=others) if others else command(case.id)
        key = "difference.case.changed" if case.old and case.new else "difference.case"
        before, after = (state.seen if state else "" for state in (case.old, case.new))
        yield say(key, id=id_, before=before, after=after, summary=quoted(case.summary))
