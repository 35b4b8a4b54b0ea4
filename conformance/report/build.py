"""Puts judged cases together into a report, version 1, the same on every replay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from conformance import __version__
from conformance.matrix import Claim, Matrix
from conformance.report.assemble import NOT_SELECTED, assemble, one_of_each, row_of
from conformance.report.fields import given
from conformance.report.model import (
    Citation,
    FieldReport,
    Report,
    ReportedArm,
    ReportedCase,
    ReportedClaim,
    ReportedObstacle,
    ReportedStatement,
    Requirement,
    Row,
    Suite,
    Target,
)
from conformance.run.plan import Planned, Slug, holds
from conformance.values import CaseResult, Obstacle, Status, Verdict

__all__ = ["NOT_SELECTED", "build", "build_selection"]


def build(
    matrix: Matrix,
    name: str,
    planned: Sequence[Planned],
    results: Mapping[Slug, CaseResult],
) -> Report:
    """A report of everything planned; what has no result was not run.

    Nothing of the environment that makes it gets into it: which SDK, which endpoint and when is told by the
    recordings, and the suite's version is a constant of the source that judges.

    Args:
        name: the matrix file as it stands in node ids.
    """
    by_model: dict[str, list[Planned]] = {}
    for item in planned:
        by_model.setdefault(item.model, []).append(item)
    claims = [_claim(matrix, documented, planned) for documented in matrix.claims]
    rows = [
        _row(name, claim, model, mine, results)
        for model, items in by_model.items()
        for documented, claim in zip(matrix.claims, claims, strict=True)
        if holds(matrix, documented, model) and (mine := _cases(documented, items))
    ]
    recorded = one_of_each((one.endpoint, one.recorded_at or "") for one in results.values() if one.endpoint)
    sdks = sorted({sdk for result in results.values() for sdk in result.sdks})
    return assemble(
        suite=Suite(name="conformance", version=__version__, sdk=", ".join(sdks) or None),
        target=Target(
            name=matrix.target.name,
            title=matrix.target.title,
            # Where the evidence was recorded, whatever a matrix or an option would have it.
            endpoint=", ".join(recorded) or matrix.target.endpoint,
            matrix=name,
        ),
        models=list(by_model),
        claims=claims,
        rows=rows,
    )


def build_selection(
    matrix: Matrix,
    name: str,
    planned: Sequence[Planned],
    results: Mapping[Slug, CaseResult],
    selected: Collection[Slug],
) -> Report:
    """A report of what a run selected and of nothing else: for the terminal, which answers what was asked.

    A feature that is judged by its parts is in it where all of them were selected.
    """
    chosen = [item for item in planned if item.slug in selected]
    whole = build(matrix, name, chosen, results)
    left_out = {(item.model, item.claim.feature) for item in planned if item.slug not in selected}
    wholes = {claim.feature: claim.parts for claim in whole.claims if claim.parts}
    rows = [
        row for row in whole.results if not any((row.model, part) in left_out for part in wholes.get(row.feature, ()))
    ]
    features = {row.feature for row in rows}
    return assemble(
        suite=whole.suite,
        target=whole.target,
        models=whole.models,
        claims=[claim for claim in whole.claims if claim.feature in features],
        rows=rows,
    )


def _row(
    name: str, claim: ReportedClaim, model: str, planned: Sequence[Planned], results: Mapping[Slug, CaseResult]
) -> Row:
    cases = [_case(name, item, results.get(item.slug) or _not_run(item.claim)) for item in planned]
    return row_of(
        claim,
        cases,
        model=model,
        group=claim.group,
        feature=claim.feature,
        documented=claim.status,
        known=next((item.known_deviation for item in planned if item.known_deviation), None),
    )


def _cases(claim: Claim, planned: Sequence[Planned]) -> list[Planned]:
    """The cases a row stands on, of those of its model: its own, or those of its parts."""
    features = claim.parts or (claim.feature,)
    return [item for item in planned if item.claim.feature in features]


def _not_run(claim: Claim) -> CaseResult:
    verdict = None if claim.status is Status.UNDOCUMENTED else Verdict.NOT_RUN
    return CaseResult(None, verdict, NOT_SELECTED, reason=NOT_SELECTED)


def _case(name: str, item: Planned, result: CaseResult) -> ReportedCase:
    return ReportedCase(
        id="::".join((name, *item.slug)),
        behaviour=result.behaviour,
        verdict=result.verdict,
        summary=result.summary,
        source=result.source,
        recorded_at=result.recorded_at,
        cassette=result.cassette,
        requests=result.requests,
        signals=result.signals,
        arms=tuple(ReportedArm(name=arm.name, outcome=arm.outcome) for arm in result.arms),
        **given(
            reason=result.reason,
            statistics=dict(result.statistics) or None,
            seen_as=result.seen_as or None,
            takes=result.takes or None,
            obstacles=tuple(map(_obstacle, result.obstacles)) or None,
            then=result.then,
        ),
    )


def _obstacle(it: Obstacle) -> ReportedObstacle:
    return ReportedObstacle(
        of=it.of, what=it.what, works=it.works, **given(does=it.does or None, avoid=it.avoid or None)
    )


def _claim(matrix: Matrix, claim: Claim, planned: Sequence[Planned]) -> ReportedClaim:
    requirements = {item.case.name: item.case.requirement for item in planned if item.claim is claim}
    several = any(other.feature == claim.feature and other is not claim for other in matrix.claims)
    return ReportedClaim(
        feature=claim.feature,
        group=claim.group,
        status=claim.status,
        **given(models=tuple(claim.models) if several else None),
        says=claim.says,
        source=Citation(title=claim.source.title, url=claim.source.url, date=str(claim.date)),
        contradictory=claim.contradictory,
        statements=tuple(
            ReportedStatement(status=statement.status, says=statement.says, where=statement.where)
            for statement in claim.statements
        ),
        field_reports=tuple(
            FieldReport(says=report.says, date=str(report.date), where=report.where) for report in claim.field_reports
        ),
        parts=tuple(claim.parts),
        cases=tuple(Requirement(name=name, requirement=words) for name, words in requirements.items()),
    )
