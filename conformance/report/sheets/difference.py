"""What changed between two reports, as a sheet: regressions first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.report.compare import Side, side_of
from conformance.report.diff import CaseChange, Change, Difference, Kind, State
from conformance.report.escape import command
from conformance.report.load import Loaded
from conformance.report.sheets import Block, Entry, Section, Sheet
from conformance.report.sheets import Kind as Colour
from conformance.report.sheets.comparison import warning_of
from conformance.report.terms import documented_phrase, many, those
from conformance.report.words import VERDICTS

__all__ = ["sheet", "unchanged"]

_TITLES: dict[Kind, tuple[str, str, Colour]] = {
    Kind.WORSE: ("Worse", "These fall short, and did not before.", "bad"),
    Kind.LOST: ("Evidence lost", "These were known, and are not now.", "open"),
    Kind.BETTER: ("Better", "These fell short, and do so no longer.", "more"),
    Kind.GAINED: ("Evidence gained", "These were not known, and do not fall short.", "more"),
    Kind.CHANGED: ("Seen to behave differently", "These are neither better nor worse than they were.", ""),
    Kind.DOCUMENTED: ("Documented differently", "The documentation says something else of these.", ""),
    Kind.NEW: ("New", "These are not in the old report.", ""),
    Kind.GONE: ("Gone", "These are not in the new report.", ""),
}


def unchanged(difference: Difference) -> str:
    """One line for reports between which nothing changed."""
    old, new = difference.old, difference.new
    if old.report == new.report:
        return f"No difference: {old.path} and {new.path} are the same."
    rows = many(difference.rows, "row")
    return f"Nothing changed: {rows}, each as documented and as seen in {old.path} as in {new.path}."


def sheet(difference: Difference) -> Sheet:
    """The difference in words."""
    old, new = (
        side_of(loaded, name)
        for loaded, name in ((difference.old, "the old report"), (difference.new, "the new report"))
    )
    sections = [
        _section(kind, mine, new.models)
        for kind in Kind
        if (mine := [change for change in difference.changes if change.kind is kind])
    ]
    same = () if sections else (Section("No change", unchanged(difference)),)
    names = dict.fromkeys([difference.old.name, difference.new.name])
    return Sheet(
        title=" → ".join(names),
        kind="what changed",
        warnings=tuple(warning for side in (old, new) if (warning := warning_of(side))),
        facts=(
            ("Old", _fact(difference.old, old)),
            ("New", _fact(difference.new, new)),
            ("Changes", _counts(difference)),
        ),
        sections=(*sections, *same),
    )


def _fact(loaded: Loaded, side: Side) -> str:
    suite = loaded.report["suite"]
    recorded = " to ".join(side.recorded) or "never"
    sdk = f", {side.sdk}" if side.sdk else ""
    return f"{loaded.path}, recorded {recorded} at {side.endpoint}, by {suite['name']} {suite['version']}{sdk}"


def _counts(difference: Difference) -> str:
    counts = [(kind, sum(1 for change in difference.changes if change.kind is kind)) for kind in Kind]
    words = ", ".join(f"{_TITLES[kind][0].lower()} {count}" for kind, count in counts if count)
    return f"{words or 'none'}; {many(difference.rows, 'row')} in both"


def _section(kind: Kind, changes: Sequence[Change], models: Sequence[str]) -> Section:
    title, words, colour = _TITLES[kind]
    alike: dict[object, list[Change]] = {}
    for change in changes:
        alike.setdefault(_way(change), []).append(change)
    entries = tuple(_entry(kind, same, models) for same in alike.values())
    return Section(f"{title} ({len(changes)})", words, (Block("", entries, colour),))


def _way(change: Change) -> object:
    """What makes the changes of two models one."""
    cases = tuple((_case_name(case), case.old, case.new) for case in change.cases)
    return change.feature, change.old, change.new, change.also, cases


def _entry(kind: Kind, changes: Sequence[Change], models: Sequence[str]) -> Entry:
    change = changes[0]
    whose = those([one.model for one in changes], models)
    also = f"; with it {', '.join(change.also)}" if change.also else ""
    return Entry(change.feature, f"{_words(kind, change)}, {whose}{also}", tuple(_details(kind, changes)))


def _words(kind: Kind, change: Change) -> str:
    old, new = change.old, change.new
    if old is None or new is None:
        return _state(new or old)
    if kind is Kind.DOCUMENTED:
        return f"{old.documented} → {new.documented}"
    if kind in (Kind.NEW, Kind.GONE):
        return f"{'new' if kind is Kind.NEW else 'gone'} in it: {', '.join(_case_name(case) for case in change.cases)}"
    if (old.observed, old.verdict) == (new.observed, new.verdict):
        return f"{_state(new)}, as before, but not in every case"
    return f"{_brief(old)} → {_state(new)}"


def _state(state: State | None) -> str:
    return f"{_brief(state)}, {documented_phrase(state.documented)}" if state else ""


def _brief(state: State) -> str:
    """What was seen, and the verdict where there is one that says more."""
    verdict = VERDICTS[state.verdict].word if state.verdict else state.seen
    return state.seen if verdict == state.seen else f"{state.seen} ({verdict})"


def _details(kind: Kind, changes: Sequence[Change]) -> Iterator[str]:
    """Each case once, by the node id it has with the first of the models."""
    if kind in (Kind.NEW, Kind.GONE):
        return
    for case in changes[0].cases:
        others = len(changes) - 1
        more = f" and with {others} more model{'' if others == 1 else 's'}" if others else ""
        seen = f"{case.old.seen} → {case.new.seen}: " if case.old and case.new else ""
        yield f"{command(case.id)}{more}: {seen}{case.summary}"


def _case_name(case: CaseChange) -> str:
    return case.id.rpartition("::")[2]
