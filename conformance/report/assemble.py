"""A report's rows and counts, from the plain data of its cases: the same for one run and for parts that are joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from conformance.judge import holding, worst
from conformance.values import Behaviour, Json, Source, Status, Verdict

__all__ = ["NOT_SELECTED", "assemble", "claim_of", "own_rows", "row_of", "with_notice"]

NOT_SELECTED = "not selected in this run"
"""Why a case has no result that was left out of a run."""

_NOTICE = (
    "SIMULATED EVIDENCE. {count} of {total} cells below were recorded from the simulator that comes with this "
    "suite. They show that the suite works. They say NOTHING about {title} or its service."
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
    cells = [case for row in own_rows(claims, rows) for case in row["cases"]]
    sources = Counter(case["source"] for case in cells if case["source"])
    verdicts = Counter(row["verdict"] for row in rows)
    return (
        {"version": 1}
        | _notice(cells, target)
        | {
            "suite": dict(suite),
            "target": dict(target),
            "sources": {source.value: sources[source] for source in (Source.SIMULATOR, Source.LIVE, Source.LOCAL)},
            "summary": {verdict.value: verdicts[verdict] for verdict in Verdict},
            "undocumented": verdicts[None],
            "models": list(models),
            "claims": list(claims),
            "results": list(rows),
        }
    )


def with_notice(report: Mapping[str, Json]) -> Mapping[str, Json]:
    """A report that says at its head that its evidence is simulated, where it is: not every writer says so."""
    if "notice" in report:
        return report
    own = own_rows(report.get("claims", ()), report["results"])
    return {**report, **_notice([case for row in own for case in row["cases"]], report["target"])}


def own_rows(claims: Sequence[Mapping[str, Json]], rows: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """Rows without those that are judged by their parts, and repeat their cases."""
    return [row for row in rows if not claim_of(claims, row["feature"], row["model"]).get("parts")]


def _notice(cells: Sequence[Mapping[str, Json]], target: Mapping[str, Json]) -> dict[str, Json]:
    simulated = sum(case["source"] == Source.SIMULATOR for case in cells)
    title = target.get("title", target["name"])
    return {"notice": _NOTICE.format(count=simulated, total=len(cells), title=title)} if simulated else {}


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


_LEAST_FIRST = (Behaviour.INCONCLUSIVE, Behaviour.REJECTED, Behaviour.IGNORED, Behaviour.ACCEPTED, Behaviour.HONOURED)


def _observed(cases: Sequence[Mapping[str, Json]]) -> str | None:
    """The least a feature does in any of its cases, where no verdict says which case decides."""
    seen = {case["behaviour"] for case in cases}
    return next((behaviour.value for behaviour in _LEAST_FIRST if behaviour in seen), None)


def _value(word: Verdict | None) -> str | None:
    return None if word is None else word.value
