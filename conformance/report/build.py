"""Puts judged cases together into a report: plain data, version 1, the same on every replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from conformance import __version__
from conformance.judge import holding, worst
from conformance.matrix import Claim, Matrix
from conformance.plan import Planned, holds
from conformance.values import Behaviour, CaseResult, Json, Source, Status, Verdict

__all__ = ["NOT_SELECTED", "assemble", "build", "claim_of", "row_of"]

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
    return assemble(
        suite={"name": "conformance", "version": __version__, "sdk": sdk},
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


def assemble(
    *,
    suite: Mapping[str, Json],
    target: Mapping[str, Json],
    models: Sequence[str],
    claims: Sequence[Mapping[str, Json]],
    rows: Sequence[Mapping[str, Json]],
) -> dict[str, Json]:
    """A report of these rows: what is counted in it is counted here, and so is what is simulated."""
    # A row that is judged by its parts repeats their cases.
    own = [row for row in rows if not claim_of(claims, row["feature"], row["model"]).get("parts")]
    cells = [case for row in own for case in row["cases"]]
    sources = Counter(case["source"] for case in cells if case["source"])
    verdicts = Counter(row["verdict"] for row in rows)
    report: dict[str, Json] = {"version": 1}
    if sources[Source.SIMULATOR]:
        title = target.get("title", target["name"])
        report["notice"] = _NOTICE.format(count=sources[Source.SIMULATOR], total=len(cells), title=title)
    return report | {
        "suite": dict(suite),
        "target": dict(target),
        "sources": {source.value: sources[source] for source in (Source.SIMULATOR, Source.LIVE, Source.LOCAL)},
        "summary": {verdict.value: verdicts[verdict] for verdict in Verdict},
        "undocumented": verdicts[None],
        "models": list(models),
        "claims": list(claims),
        "results": list(rows),
    }


def row_of(
    claim: Mapping[str, Json], model: str, cases: Sequence[Mapping[str, Json]], known: str | None = None
) -> dict[str, Json]:
    """A feature with a model, judged by its cases: the worst of their verdicts.

    Args:
        known: why the row is expected to fall short, if it is.
    """
    verdicts = [Verdict(case["verdict"]) for case in cases if case["verdict"] is not None]
    verdict = worst(verdicts) if verdicts and claim["status"] != Status.UNDOCUMENTED else None
    decisive = next((case for case in cases if case["verdict"] == verdict), cases[0])
    row: dict[str, Json] = {
        "model": model,
        "group": claim["group"],
        "feature": claim["feature"],
        "documented": claim["status"],
        "observed": _observed(cases) if verdict is None else decisive["behaviour"],
        "verdict": _value(verdict),
    }
    if claim.get("contradictory") and decisive["behaviour"] is not None:
        statuses = [Status(statement["status"]) for statement in claim["statements"]]
        row["holds"] = list(holding(statuses, Behaviour(decisive["behaviour"])))
    if known is not None:
        row["known_deviation"] = known
    return row | {"cases": list(cases)}


def claim_of(claims: Sequence[Mapping[str, Json]], feature: str, model: str) -> Mapping[str, Json]:
    """The claim that is made of a feature with a model; nothing where there is none."""
    mine = (claim for claim in claims if claim["feature"] == feature and model in claim.get("models", (model,)))
    return next(mine, {})


def _cases(claim: Claim, planned: Sequence[Planned]) -> list[Planned]:
    """The cases a row stands on, of those of its model: its own, or those of its parts."""
    features = claim.parts or (claim.feature,)
    return [item for item in planned if item.claim.feature in features]


_LEAST_FIRST = (Behaviour.INCONCLUSIVE, Behaviour.REJECTED, Behaviour.IGNORED, Behaviour.ACCEPTED, Behaviour.HONOURED)


def _observed(cases: Sequence[Mapping[str, Json]]) -> str | None:
    """The least a feature does in any of its cases, where no verdict says which case decides."""
    seen = {case["behaviour"] for case in cases}
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
