"""What changed between two reports of a target: what got worse first."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal

from pydantic import Field

from conformance.report.analysis.vocabulary import OPEN, documented, seen
from conformance.report.fields import Maybe, Part
from conformance.report.load import Loaded
from conformance.report.model import Report, ReportedCase, Row, Suite, Target
from conformance.values import Behaviour, Verdict

__all__ = ["CaseChange", "Change", "Difference", "Kind", "ReportOrigin", "State", "diff", "state_of"]


class Kind(StrEnum):
    """In which way a row changed; in the order of their weight."""

    WORSE = "worse"
    """It falls short, and did not before."""
    LOST = "lost"
    """It was known, and no longer is: inconclusive, or not run."""
    BETTER = "better"
    """It fell short, and is known to do so no longer."""
    GAINED = "gained"
    """It was not known, and is known not to fall short."""
    CHANGED = "changed"
    """Something else was seen, which is no better and no worse."""
    DOCUMENTED = "documented"
    """The documentation says something else."""
    NEW = "new"
    GONE = "gone"


_BAD = (Kind.WORSE, Kind.LOST)

_KINDS = {
    ("open", "bad"): Kind.WORSE,
    ("fine", "bad"): Kind.WORSE,
    ("bad", "open"): Kind.LOST,
    ("fine", "open"): Kind.LOST,
    ("bad", "fine"): Kind.BETTER,
    ("open", "fine"): Kind.GAINED,
}
"""What it is to come from one standing to another."""


class State(Part):
    """What one report says of a row, or of a case."""

    documented: Maybe[str] = None
    """In words; None for a case."""
    observed: Behaviour | None
    verdict: Verdict | None

    @property
    def seen(self) -> str:
        """What was seen, in a word."""
        return seen(self.observed, self.verdict)


class CaseChange(Part):
    """One case of a row that changed."""

    id: str
    old: State | None
    new: State | None
    summary: str
    """What was seen in the new report; in the old one where the case is gone."""

    @property
    def name(self) -> str:
        """The last part of its node id."""
        return self.id.rpartition("::")[2]


class Change(Part):
    """One row that changed in one way; a row whose cases changed in several ways has several of these."""

    kind: Kind
    group: str
    feature: str
    model: str
    old: State | None
    new: State | None
    cases: tuple[CaseChange, ...]
    """Those that changed in this way."""
    also: tuple[str, ...]
    """Features judged by their parts that changed with it, it being one."""


class ReportOrigin(Part):
    """Which report this was."""

    path: str
    target: Target
    suite: Suite


class Difference(Part):
    """Everything that changed from one report to another, as ``diff --json`` has it."""

    version: int
    old: ReportOrigin
    new: ReportOrigin
    worse: bool
    """Whether anything got worse: a row falls short that did not, or what was known is not known now."""
    changes: tuple[Change, ...]
    """By kind, then in the order of the new report."""
    rows: int = Field(exclude=True)
    """Rows that both have."""
    before: Loaded = Field(exclude=True)
    after: Loaded = Field(exclude=True)


_Cell = tuple[str, str]


def diff(old: Loaded, new: Loaded) -> Difference:
    """Set the rows of two reports against each other."""
    before, after = _rows(old.report), _rows(new.report)
    changes = [
        change
        for cell in dict.fromkeys([*after, *before])
        for change in _changes(before.get(cell), after.get(cell), old.report, new.report)
    ]
    ordered = sorted(_without_repeats(changes), key=lambda change: list(Kind).index(change.kind))
    return Difference(
        version=1,
        old=_origin(old),
        new=_origin(new),
        worse=any(change.kind in _BAD for change in ordered),
        changes=tuple(ordered),
        rows=len(before.keys() & after.keys()),
        before=old,
        after=new,
    )


def _origin(loaded: Loaded) -> ReportOrigin:
    return ReportOrigin(path=str(loaded.path), target=loaded.report.target, suite=loaded.report.suite)


def _rows(report: Report) -> dict[_Cell, Row]:
    return {(row.feature, row.model): row for row in report.results}


# --- one row


def _changes(before: Row | None, after: Row | None, old: Report, new: Report) -> Iterator[Change]:
    row = after or before
    if row is None:
        return
    was, now = state_of(before, old), state_of(after, new)
    cases = _case_changes(before, after)
    whole = _kind(was, now)

    def change(kind: Kind, which: tuple[CaseChange, ...]) -> Change:
        group, feature, model = row.group, row.feature, row.model
        return Change(kind=kind, group=group, feature=feature, model=model, old=was, new=now, cases=which, also=())

    for kind in Kind:
        if kind is whole or kind in cases:
            yield change(kind, tuple(cases.get(kind, ())))
    if was and now and was.documented != now.documented:
        yield change(Kind.DOCUMENTED, ())


def state_of(row: Row | None, report: Report) -> State | None:
    """What a report says of a row; None where it does not have it."""
    if row is None:
        return None
    return State(documented=documented(report, row), observed=row.observed, verdict=row.verdict)


def _case_changes(before: Row | None, after: Row | None) -> dict[Kind, list[CaseChange]]:
    """The cases of a row that changed; told by their names, for a matrix may have been moved."""
    was, now = ({(case.feature, case.name): case for case in row.cases} if row else {} for row in (before, after))
    found: dict[Kind, list[CaseChange]] = {}
    for name in dict.fromkeys([*now, *was]):
        case = now.get(name) or was[name]
        old, new = _case_state(was.get(name)), _case_state(now.get(name))
        if (kind := _kind(old, new)) is not None:
            found.setdefault(kind, []).append(CaseChange(id=case.id, old=old, new=new, summary=case.summary))
    return found


def _case_state(case: ReportedCase | None) -> State | None:
    return None if case is None else State(observed=case.behaviour, verdict=case.verdict)


def _kind(was: State | None, now: State | None) -> Kind | None:
    """In which way something changed; None where it did not."""
    if was is None or now is None:
        return Kind.NEW if was is None else Kind.GONE
    between = _standing(was), _standing(now)
    if between in _KINDS:
        return _KINDS[between]
    return Kind.CHANGED if was.observed != now.observed else None


def _standing(state: State) -> Literal["bad", "open", "fine"]:
    if state.verdict is Verdict.FALLS_SHORT:
        return "bad"
    if state.verdict in OPEN or (state.verdict is None and state.observed in (None, Behaviour.INCONCLUSIVE)):
        return "open"
    return "fine"


# --- all of them


def _without_repeats(changes: list[Change]) -> Iterator[Change]:
    """A row that is judged by its parts repeats their cases: it is named with them, where nothing else is new."""
    home = {(change.kind, case.id): change for change in changes for case in change.cases if _is_own(change, case)}
    also: dict[tuple[Kind, str, str], list[str]] = {}
    kept: list[Change] = []
    for change in changes:
        homes = [home.get((change.kind, case.id)) for case in change.cases]
        if homes and all(one is not None and one is not change for one in homes):
            for one in filter(None, homes):
                also.setdefault((one.kind, one.feature, one.model), []).append(change.feature)
        else:
            kept.append(change)
    for change in kept:
        names = also.get((change.kind, change.feature, change.model), ())
        yield change.model_copy(update={"also": tuple(dict.fromkeys(names))})


def _is_own(change: Change, case: CaseChange) -> bool:
    return case.id.split("::")[-2] == change.feature
