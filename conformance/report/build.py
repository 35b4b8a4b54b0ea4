"""Puts judged cases together into a report: plain data, version 1, the same on every replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance import __version__
from conformance.matrix import Claim, Matrix
from conformance.plan import Planned, holds
from conformance.report.assemble import NOT_SELECTED, assemble, row_of
from conformance.values import Behaviour, CaseResult, Json, Source, Status, Verdict

__all__ = ["NOT_SELECTED", "build"]

Slug = tuple[str, str, str]


def build(
    matrix: Matrix,
    name: str,
    planned: Sequence[Planned],
    results: Mapping[Slug, CaseResult],
) -> dict[str, Json]:
    """A report of everything planned; what has no result was not run.

    Nothing of the environment that makes it gets into it: which SDK, which endpoint and when is told by the
    recordings, and the suite's version is a constant of the source that judges.

    Args:
        name: the matrix file as it stands in node ids.
    """
    by_model: dict[str, list[Planned]] = {}
    for item in planned:
        by_model.setdefault(item.model, []).append(item)
    claims = [_claim(matrix, claim, planned) for claim in matrix.claims]
    rows: list[dict[str, Json]] = []
    for model, items in by_model.items():
        for claim, documented in zip(matrix.claims, claims, strict=True):
            if holds(matrix, claim, model) and (mine := _cases(claim, items)):
                cases = [_case(name, item, results.get(item.slug) or _not_run(item.claim)) for item in mine]
                known = next((item.known_deviation for item in mine if item.known_deviation), None)
                rows.append(row_of(documented, model, cases, known))
    recorded = sorted({result.endpoint for result in results.values() if result.endpoint})
    sdks = sorted({sdk for result in results.values() for sdk in result.sdks})
    return assemble(
        suite={"name": "conformance", "version": __version__, "sdk": ", ".join(sdks) or None},
        target={
            "name": matrix.target.name,
            "title": matrix.target.title,
            # Where the evidence was recorded, whatever a matrix or an option would have it.
            "endpoint": ", ".join(recorded) or matrix.target.endpoint,
            "matrix": name,
        },
        models=list(by_model),
        claims=claims,
        rows=rows,
    )


def _cases(claim: Claim, planned: Sequence[Planned]) -> list[Planned]:
    """The cases a row stands on, of those of its model: its own, or those of its parts."""
    features = claim.parts or (claim.feature,)
    return [item for item in planned if item.claim.feature in features]


def _not_run(claim: Claim) -> CaseResult:
    verdict = None if claim.status is Status.UNDOCUMENTED else Verdict.NOT_RUN
    return CaseResult(None, verdict, NOT_SELECTED, reason=NOT_SELECTED)


def _case(name: str, item: Planned, result: CaseResult) -> dict[str, Json]:
    case: dict[str, Json] = {
        "id": "::".join((name, *item.slug)),
        "behaviour": _value(result.behaviour),
        "verdict": _value(result.verdict),
        "summary": result.summary,
        "source": _value(result.source),
        "recorded_at": result.recorded_at,
        "cassette": result.cassette,
        "requests": result.requests,
        "signals": list(result.signals),
        "arms": [{"name": arm.name, "outcome": arm.outcome} for arm in result.arms],
    }
    if result.reason is not None:
        case["reason"] = result.reason
    if result.statistics:
        case["statistics"] = dict(result.statistics)
    return case


def _claim(matrix: Matrix, claim: Claim, planned: Sequence[Planned]) -> dict[str, Json]:
    cases = {item.case.name: item.case.requirement for item in planned if item.claim is claim}
    several = any(other.feature == claim.feature and other is not claim for other in matrix.claims)
    return {
        "feature": claim.feature,
        "group": claim.group,
        "status": claim.status.value,
        **({"models": list(claim.models)} if several else {}),
        "says": claim.says,
        "source": {"title": claim.source.title, "url": claim.source.url, "date": str(claim.date)},
        "contradictory": claim.contradictory,
        "statements": [
            {"status": statement.status.value, "says": statement.says, "where": statement.where}
            for statement in claim.statements
        ],
        "field_reports": [
            {"says": report.says, "date": str(report.date), "where": report.where} for report in claim.field_reports
        ],
        "parts": list(claim.parts),
        "cases": [{"name": name, "requirement": requirement} for name, requirement in cases.items()],
    }


def _value(word: Behaviour | Verdict | Source | None) -> str | None:
    return None if word is None else word.value
