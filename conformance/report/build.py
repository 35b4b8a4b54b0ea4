"""Puts judged cases together into a report: plain data, version 1, the same on every replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from conformance import __version__
from conformance.judge import holding, worst
from conformance.matrix import Claim, Matrix
from conformance.plan import Planned, holds
from conformance.values import Behaviour, CaseResult, Json, Source, Status, Verdict

__all__ = ["NOT_SELECTED", "build"]

NOT_SELECTED = "not selected in this run"

_NOTICE = (
    "SIMULATED EVIDENCE. {count} of {total} cells below were recorded from the simulator that comes with this "
    "suite. They show that the suite works. They say NOTHING about {title} or its service."
)

Slug = tuple[str, str, str]


def build(
    matrix: Matrix,
    name: str,
    planned: Sequence[Planned],
    results: Mapping[Slug, CaseResult],
    *,
    sdk: str,
) -> dict[str, Json]:
    """A report of everything planned; what has no result was not run.

    Args:
        name: the matrix file as it stands in node ids.
    """
    models = list(dict.fromkeys(item.model for item in planned))
    rows = [
        _row(name, claim, model, planned, results)
        for model in models
        for claim in matrix.claims
        if holds(matrix, claim, model) and _cases(claim, model, planned)
    ]
    cells = [case for row in rows for case in row["cases"] if not _by_parts(matrix, row["feature"])]
    sources = Counter(case["source"] for case in cells if case["source"])
    verdicts = Counter(row["verdict"] for row in rows)
    recorded = sorted({result.endpoint for result in results.values() if result.endpoint})
    report: dict[str, Json] = {"version": 1}
    if sources[Source.SIMULATOR]:
        report["notice"] = _NOTICE.format(count=sources[Source.SIMULATOR], total=len(cells), title=matrix.target.title)
    return report | {
        "suite": {"name": "conformance", "version": __version__, "sdk": sdk},
        "target": {
            "name": matrix.target.name,
            "title": matrix.target.title,
            # Where the evidence was recorded, whatever a matrix or an option would have it.
            "endpoint": ", ".join(recorded) or matrix.target.endpoint,
            "matrix": name,
        },
        "sources": {source.value: sources[source] for source in (Source.SIMULATOR, Source.LIVE, Source.LOCAL)},
        "summary": {verdict.value: verdicts[verdict] for verdict in Verdict},
        "undocumented": verdicts[None],
        "models": models,
        "claims": [_claim(matrix, claim, planned) for claim in matrix.claims],
        "results": rows,
    }


def _by_parts(matrix: Matrix, feature: str) -> bool:
    return any(claim.parts for claim in matrix.claims if claim.feature == feature)


def _cases(claim: Claim, model: str, planned: Sequence[Planned]) -> list[Planned]:
    """The cases a row stands on: its own, or those of its parts."""
    features = claim.parts or (claim.feature,)
    return [item for item in planned if item.model == model and item.claim.feature in features]


def _row(
    name: str,
    claim: Claim,
    model: str,
    planned: Sequence[Planned],
    results: Mapping[Slug, CaseResult],
) -> dict[str, Json]:
    items = _cases(claim, model, planned)
    judged = [results.get(item.slug) or _not_run(item.claim) for item in items]
    verdicts = [result.verdict for result in judged if result.verdict is not None]
    documented = Status.UNDOCUMENTED is not claim.status
    verdict = worst(verdicts) if verdicts and documented else None
    decisive = next((result for result in judged if result.verdict == verdict), judged[0])
    row: dict[str, Json] = {
        "model": model,
        "group": claim.group,
        "feature": claim.feature,
        "documented": claim.status.value,
        "observed": _observed(judged) if verdict is None else _value(decisive.behaviour),
        "verdict": _value(verdict),
    }
    if claim.contradictory and decisive.behaviour is not None:
        row["holds"] = list(holding(claim.statuses, decisive.behaviour))
    if (known := next((item.known_deviation for item in items if item.known_deviation), None)) is not None:
        row["known_deviation"] = known
    row["cases"] = [_case(name, item, result) for item, result in zip(items, judged, strict=True)]
    return row


_LEAST_FIRST = (Behaviour.INCONCLUSIVE, Behaviour.REJECTED, Behaviour.IGNORED, Behaviour.ACCEPTED, Behaviour.HONOURED)


def _observed(judged: Sequence[CaseResult]) -> str | None:
    """The least a feature does in any of its cases, where no verdict says which case decides."""
    seen = {result.behaviour for result in judged}
    return next((behaviour.value for behaviour in _LEAST_FIRST if behaviour in seen), None)


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
