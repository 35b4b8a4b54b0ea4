"""What changed between two reports of a target: what got worse first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from conformance.report.load import Loaded
from conformance.report.terms import documented_words, seen_words
from conformance.values import Behaviour, Json, Verdict

__all__ = ["CaseChange", "Change", "Difference", "Kind", "State", "as_json", "diff"]


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


@dataclass(frozen=True, slots=True)
class State:
    """What one report says of a row, or of a case."""

    observed: str | None
    verdict: str | None
    documented: str = ""
    """In words; empty for a case."""

    @property
    def seen(self) -> str:
        """What was seen, in a word."""
        return seen_words(self.observed, self.verdict)


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One case of a row that changed."""

    id: str
    old: State | None
    new: State | None
    summary: str
    """What was seen in the new report; in the old one where the case is gone."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row that changed in one way; a row whose cases changed in several ways has several of these."""

    kind: Kind
    group: str
    feature: str
    model: str
    old: State | None
    new: State | None
    cases: tuple[CaseChange, ...]
    """Those that changed in this way."""
    also: tuple[str, ...] = ()
    """Features judged by their parts that changed with it, it being one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that changed from one report to another."""

    old: Loaded
    new: Loaded
    changes: tuple[Change, ...]
    """By kind, then in the order of the new report."""
    rows: int
    """Rows that both have."""

    @property
    def worse(self) -> bool:
        """Whether anything got worse: a row falls short that did not, or what was known is not known now."""
        return any(change.kind in _BAD for change in self.changes)


_Cell = tuple[str, str]
_Row = Mapping[str, Json]


def diff(old: Loaded, new: Loaded) -> Difference:
    """Set the rows of two reports against each other."""
    before, after = _rows(old), _rows(new)
    changes = [
        change
        for cell in dict.fromkeys([*after, *before])
        for change in _changes(before.get(cell), after.get(cell), old, new)
    ]
    ordered = sorted(_without_repeats(changes), key=lambda change: list(Kind).index(change.kind))
    return Difference(old, new, tuple(ordered), len(before.keys() & after.keys()))


def as_json(difference: Difference) -> dict[str, Json]:
    """The difference for programs."""
    return {
        "version": 1,
        "old": _head(difference.old),
        "new": _head(difference.new),
        "worse": difference.worse,
        "changes": [
            {
                "kind": change.kind.value,
                "group": change.group,
                "feature": change.feature,
                "model": change.model,
                "old": _state_json(change.old),
                "new": _state_json(change.new),
                "cases": [
                    {"id": case.id, "old": _state_json(case.old), "new": _state_json(case.new), "summary": case.summary}
                    for case in change.cases
                ],
                "also": list(change.also),
            }
            for change in difference.changes
        ],
    }


def _head(loaded: Loaded) -> dict[str, Json]:
    report = loaded.report
    return {"path": str(loaded.path), "target": dict(report["target"]), "suite": dict(report["suite"])}


def _state_json(state: State | None) -> Json:
    if state is None:
        return None
    documented = {"documented": state.documented} if state.documented else {}
    return {**documented, "observed": state.observed, "verdict": state.verdict}


def _rows(loaded: Loaded) -> dict[_Cell, _Row]:
    return {(row["feature"], row["model"]): row for row in loaded.report["results"]}


# --- one row


def _changes(before: _Row | None, after: _Row | None, old: Loaded, new: Loaded) -> Iterator[Change]:
    row = after or before
    if row is None:
        return
    was, now = _state(before, old), _state(after, new)
    cases = _case_changes(before, after)
    whole = _kind(was, now)
    for kind in Kind:
        if kind is whole or kind in cases:
            yield Change(kind, row["group"], row["feature"], row["model"], was, now, tuple(cases.get(kind, ())))
    if was and now and was.documented != now.documented:
        yield Change(Kind.DOCUMENTED, row["group"], row["feature"], row["model"], was, now, ())


def _state(row: _Row | None, loaded: Loaded) -> State | None:
    if row is None:
        return None
    return State(row["observed"], row["verdict"], documented_words(loaded.report.get("claims", ()), row))


def _case_changes(before: _Row | None, after: _Row | None) -> dict[Kind, list[CaseChange]]:
    """The cases of a row that changed; told by their names, for a matrix may have been moved."""
    was, now = ({_name(case["id"]): case for case in row["cases"]} if row else {} for row in (before, after))
    found: dict[Kind, list[CaseChange]] = {}
    for name in dict.fromkeys([*now, *was]):
        case = now.get(name) or was[name]
        change = CaseChange(case["id"], _case_state(was.get(name)), _case_state(now.get(name)), case["summary"])
        if (kind := _kind(change.old, change.new)) is not None:
            found.setdefault(kind, []).append(change)
    return found


def _case_state(case: Mapping[str, Json] | None) -> State | None:
    return None if case is None else State(case["behaviour"], case["verdict"])


def _name(id_: str) -> tuple[str, ...]:
    """The feature and the name of a case, of its node id."""
    return tuple(id_.rsplit("::", 2)[-2:])


def _kind(was: State | None, now: State | None) -> Kind | None:
    """In which way something changed; None where it did not."""
    if was is None or now is None:
        return Kind.NEW if was is None else Kind.GONE
    between = _standing(was), _standing(now)
    if between in _KINDS:
        return _KINDS[between]
    return Kind.CHANGED if was.observed != now.observed else None


def _standing(state: State) -> Literal["bad", "open", "fine"]:
    if state.verdict == Verdict.FALLS_SHORT:
        return "bad"
    open_ = state.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_RUN)
    if open_ or (state.verdict is None and state.observed in (None, Behaviour.INCONCLUSIVE)):
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
        yield replace(change, also=tuple(dict.fromkeys(names)))


def _is_own(change: Change, case: CaseChange) -> bool:
    return _name(case.id)[0] == change.feature
