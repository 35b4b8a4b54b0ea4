"""Joins reports of one target, of a run's shards or of separate runs, into the one that a single run would write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.plain_text import plain
from conformance.report.assemble import NOT_RECORDED, NOT_SELECTED, assemble, one_of_each, row_of
from conformance.report.load import Loaded, ReportError
from conformance.report.model import Report, ReportedCase, ReportedClaim, Row, Suite
from conformance.values import Behaviour, Verdict

__all__ = ["Conflict", "Merged", "merge"]

_Version = tuple[Loaded, ReportedCase]
"""A case as one report has it."""

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A case that was run more than once, with different results, and which of them was taken."""

    case: str
    words: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A joined report, and what had to be chosen for it."""

    report: Report
    conflicts: tuple[Conflict, ...]
    """The later result was taken."""
    repeated: int
    """Cases that were run more than once, with the same result; the later recording was taken."""


def merge(reports: Sequence[Loaded], *, newer: bool = False) -> Merged:
    """Join reports.

    Args:
        newer: take the later recording where two runs of a case had different results.

    Raises:
        ReportError: they are not of one target, matrix and suite, or two runs of a case contradict each other.
    """
    first = reports[0]
    for other in reports[1:]:
        _same_run(first, other)
    claims = _claims(reports)
    every = [(loaded, row) for loaded in reports for row in loaded.report.results]
    versions: dict[str, list[_Version]] = {}
    for loaded, row in every:
        for case in row.cases:
            versions.setdefault(case.id, []).append((loaded, case))
    chosen = {id_: _later(found) for id_, found in versions.items()}
    conflicts = [id_ for id_, found in versions.items() if _contradict(found)]
    if conflicts:
        _decidable(versions, chosen, conflicts, newer=newer)
    return Merged(
        report=assemble(
            suite=_suite(reports),
            target=first.report.target.model_copy(update={"endpoint": _endpoint(reports)}),
            models=_models(reports),
            claims=claims,
            rows=_rows(reports, claims, chosen),
        ),
        conflicts=tuple(Conflict(id_, f"taken: {_told(chosen[id_])}") for id_ in conflicts),
        repeated=sum(
            1
            for id_, found in versions.items()
            if id_ not in conflicts and len({_text(case) for _, case in found if _was_run(case)}) > 1
        ),
    )


# --- what must be the same


def _same_run(one: Loaded, other: Loaded) -> None:
    again = " (replay all recordings with one)"
    target, suite = one.report.target, one.report.suite
    their_target, their_suite = other.report.target, other.report.suite
    for mine, theirs, what in (
        (target.name, their_target.name, "are of two targets"),
        (target.title, their_target.title, "are of two targets"),
        (target.matrix, their_target.matrix, "are of two matrices"),
        (suite.name, their_suite.name, f"are by two suites{again}"),
        (suite.version, their_suite.version, f"are by two versions of the suite{again}"),
    ):
        if mine != theirs:
            raise ReportError(f"these reports {what}: {one.path} has {mine}, {other.path} has {theirs}")


def _claims(reports: Sequence[Loaded]) -> list[ReportedClaim]:
    """The claims of all, which must be the same, with the cases that any report has of them."""
    first, *others = reports
    claims = list(first.report.claims)
    for other in others:
        theirs = other.report.claims
        for number, (mine, claim) in enumerate(zip(claims, theirs, strict=False)):
            _same_claim(first, other, mine, claim)
            known = {case.name: case for case in mine.cases}
            for case in claim.cases:
                if known.setdefault(case.name, case) != case:
                    raise _differ(first, other, f"what {claim.feature} requires is not the same")
            claims[number] = mine.model_copy(update={"cases": tuple(known.values())})
        if len(claims) != len(theirs):
            raise _differ(first, other, f"one makes {len(claims)} claims, the other {len(theirs)}")
    return claims


def _same_claim(one: Loaded, other: Loaded, mine: ReportedClaim, theirs: ReportedClaim) -> None:
    if mine.feature != theirs.feature:
        raise _differ(one, other, f"{mine.feature} stands in one where {theirs.feature} stands in the other")
    if mine.status != theirs.status:
        words = f"{mine.feature} is documented {mine.status} in one and {theirs.status} in the other"
        raise _differ(one, other, words)
    if mine.model_copy(update={"cases": theirs.cases}) != theirs:
        raise _differ(one, other, f"what is documented of {mine.feature} is not the same")


def _differ(one: Loaded, other: Loaded, what: str) -> ReportError:
    return ReportError(f"{one.path} and {other.path} are of two matrices: {what}")


# --- which result of a case


def _was_run(case: ReportedCase) -> bool:
    return case.behaviour is not None or case.verdict not in (None, Verdict.NOT_RUN)


def _outcome(case: ReportedCase) -> tuple[Behaviour | None, Verdict | None] | None:
    """What came of a case; None where it was not run."""
    return (case.behaviour, case.verdict) if _was_run(case) else None


def _contradict(versions: Iterable[_Version]) -> bool:
    return len({_outcome(case) for _, case in versions} - {None}) > 1


def _later(versions: Sequence[_Version]) -> _Version:
    """The one that was run, else why it was not; of several the later, and always the same of several alike."""

    def rank(version: _Version) -> tuple[bool, int, datetime, str]:
        case = version[1]
        # What one part of a run did not reach, it says more of than one that was never to ask it.
        telling = {NOT_SELECTED: 0, NOT_RECORDED: 1}.get(case.reason or "", 2)
        return _was_run(case), telling, _recorded(case), _text(case)

    return max(versions, key=rank)


def _decidable(
    versions: Mapping[str, Sequence[_Version]],
    chosen: Mapping[str, _Version],
    conflicts: Sequence[str],
    *,
    newer: bool,
) -> None:
    """Carry on if every conflict can be decided as asked.

    Raises:
        ReportError: it cannot.
    """
    for id_ in conflicts:
        taken = chosen[id_]
        others = [version for version in versions[id_] if _contradict([version, taken])]
        alike = [version for version in others if _recorded(version[1]) == _recorded(taken[1])]
        if newer and not alike:
            continue
        against = (alike or others)[0]
        way = "neither is the newer one" if alike else "--newer takes the later one"
        more = f"; {len(conflicts)} cases contradict each other" if len(conflicts) > 1 else ""
        raise ReportError(f"{id_} was run twice, with different results: {_told(against)}; {_told(taken)}: {way}{more}")


def _told(version: _Version) -> str:
    loaded, case = version
    seen = case.behaviour or str(case.verdict).replace("_", " ")
    when = f"recorded {case.recorded_at}" if case.recorded_at else "without a recording"
    return plain(f"{seen}, {when}, in {loaded.path}")


def _recorded(case: ReportedCase) -> datetime:
    return datetime.fromisoformat(case.recorded_at) if case.recorded_at else _NEVER


def _text(case: ReportedCase) -> str:
    return json.dumps(case.data(), sort_keys=True)


# --- the whole


def _models(reports: Sequence[Loaded]) -> list[str]:
    """The models of all, in the order of a report that has all of them, else as they come."""
    each = [loaded.report.all_models for loaded in reports]
    every = dict.fromkeys(model for models in each for model in models)
    return list(next((models for models in each if len(models) == len(every)), every))


def _suite(reports: Sequence[Loaded]) -> Suite:
    """The suite of all, with every SDK that recorded for any of them; a report from elsewhere may tell of none."""
    suites = [loaded.report.suite for loaded in reports]
    if not any("sdk" in suite.model_fields_set for suite in suites):
        return suites[0]
    sdks = {sdk for suite in suites for sdk in (suite.sdk or "").split(", ") if sdk}
    return suites[0].model_copy(update={"sdk": ", ".join(sorted(sdks)) or None})


def _endpoint(reports: Sequence[Loaded]) -> str:
    """Where the evidence was recorded; a report without any names the endpoint of its matrix."""
    evident = [loaded for loaded in reports if any(case.source for case in loaded.report.cases)]
    given = [
        (endpoint, max((case.recorded_at or "" for case in loaded.report.cases), default=""))
        for loaded in evident or reports
        for endpoint in loaded.report.target.endpoint.split(", ")
    ]
    return ", ".join(one_of_each(given))


def _rows(reports: Sequence[Loaded], claims: Sequence[ReportedClaim], chosen: Mapping[str, _Version]) -> list[Row]:
    found: dict[tuple[str, str], list[tuple[Loaded, Row]]] = {}
    for loaded in reports:
        for row in loaded.report.results:
            found.setdefault((row.model, row.feature), []).append((loaded, row))
    features = dict.fromkeys([*(claim.feature for claim in claims), *(feature for _, feature in found)])
    return [
        _row(_claim_of(claims, feature, model), versions, chosen)
        for model in _models(reports)
        for feature in features
        if (versions := found.get((model, feature)))
    ]


def _claim_of(claims: Sequence[ReportedClaim], feature: str, model: str) -> ReportedClaim | None:
    return next((claim for claim in claims if claim.feature == feature and claim.holds_for(model)), None)


def _row(claim: ReportedClaim | None, versions: Sequence[tuple[Loaded, Row]], chosen: Mapping[str, _Version]) -> Row:
    (first, row), *others = versions
    for other, theirs in others:
        for same, what in (
            (row.group == theirs.group, "group"),
            (row.documented == theirs.documented, "documented"),
            (row.known_deviation == theirs.known_deviation, "known deviation"),
        ):
            if not same:
                raise _differ(first, other, f"{row.feature} with {row.model} has another {what}")
    ids = dict.fromkeys(case.id for _, one in versions for case in one.cases)
    if not ids:
        raise ReportError(f"{first.path}: {row.feature} with {row.model} has no cases to judge it by")
    return row_of(
        claim,
        [chosen[id_][1] for id_ in ids],
        model=row.model,
        group=claim.group if claim else row.group,
        feature=row.feature,
        documented=claim.status if claim else row.documented,
        known=row.known_deviation,
    )
