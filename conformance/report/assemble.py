"""A report's rows and counts, from its cases: the same for one run and for parts that are joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from conformance.http.evidence import host_of, is_loopback
from conformance.report.fields import given
from conformance.report.language import LANGUAGES, say
from conformance.report.model import VERSION, Report, ReportedCase, ReportedClaim, Row, Suite, Target
from conformance.values import Behaviour, Source, Status, Verdict
from conformance.verdicts import holding_for_all, together, worst

__all__ = ["NOT_RECORDED", "NOT_SELECTED", "assemble", "one_of_each", "own_rows", "row_of", "with_notice"]

NOT_SELECTED = "not selected in this run"
"""Why a case has no result that was left out of a run."""

NOT_RECORDED = "not recorded yet"
"""Why a case has no result that no cassette holds."""


def assemble(
    *, suite: Suite, target: Target, models: Sequence[str], claims: Sequence[ReportedClaim], rows: Sequence[Row]
) -> Report:
    """A report of these rows: what is counted in it is counted here, and so is what is simulated."""
    cases = [case for row in own_rows(claims, rows) for case in row.cases]
    sources = Counter(case.source for case in cases if case.source)
    verdicts = Counter(row.verdict for row in rows)
    return Report(
        version=VERSION,
        **given(notice=_notice(cases, target)),
        suite=suite,
        target=target,
        sources={source: sources[source] for source in (Source.SIMULATOR, Source.LIVE, Source.LOCAL)},
        summary={verdict: verdicts[verdict] for verdict in Verdict},
        undocumented=verdicts[None],
        models=tuple(models),
        claims=tuple(claims),
        results=tuple(rows),
    )


def with_notice(report: Report) -> Report:
    """A report that says at its head that its evidence is simulated, where it is: not every writer says so."""
    if report.notice is not None:
        return report
    cases = [case for row in own_rows(report.claims or (), report.results) for case in row.cases]
    return report.model_copy(update=given(notice=_notice(cases, report.target)))


def own_rows(claims: Sequence[ReportedClaim], rows: Sequence[Row]) -> list[Row]:
    """Rows without those that are judged by their parts, and repeat their cases."""
    wholes = [claim for claim in claims if claim.parts]
    return [
        row for row in rows if not any(claim.feature == row.feature and claim.holds_for(row.model) for claim in wholes)
    ]


def _notice(cases: Sequence[ReportedCase], target: Target) -> str | None:
    """What must be said of simulated evidence; nothing where there is none."""
    simulated = sum(case.source is Source.SIMULATOR for case in cases)
    if not simulated:
        return None
    return say("notice.report", LANGUAGES[0], count=simulated, total=len(cases), title=target.title or target.name)


def one_of_each(endpoints: Iterable[tuple[str, str]]) -> list[str]:
    """Where evidence was recorded, each service once, sorted.

    A server that is started for a run gets another port every time. On one's own machine what differs by the port
    alone is one service, and is called by the port it had last.

    Args:
        endpoints: an address, and when it answered; both as recordings have them.
    """
    latest: dict[str, tuple[str, str]] = {}
    for endpoint, when in endpoints:
        service = _without_port(endpoint)
        latest[service] = max(latest.get(service, ("", "")), (when, endpoint))
    return sorted(endpoint for _, endpoint in latest.values())


def _without_port(endpoint: str) -> str:
    """What tells a service from another: its address, on one's own machine without the port."""
    host = host_of(endpoint)
    if not is_loopback(host):
        return endpoint
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{host}{parts.path}"


def row_of(
    claim: ReportedClaim | None,
    cases: Sequence[ReportedCase],
    *,
    model: str,
    group: str,
    feature: str,
    documented: Status,
    known: str | None = None,
) -> Row:
    """A feature with a model, judged by its cases: the worst of their verdicts.

    The cases of a claim that contradicts itself are judged as one here as well: they may come from several reports.

    Args:
        claim: the claim that is made of it, if the report has any.
        known: why the row is expected to fall short, if it is.
    """
    cases = _as_one(claim, cases)
    verdicts = [case.verdict for case in cases if case.verdict is not None]
    verdict = worst(verdicts) if verdicts and documented is not Status.UNDOCUMENTED else None
    decisive = next((case for case in cases if case.verdict == verdict), cases[0])
    return Row(
        model=model,
        group=group,
        feature=feature,
        documented=documented,
        # A row of which a case is missing is not run, and still shows what was seen in the others.
        observed=_observed(cases) if verdict in (None, Verdict.NOT_RUN) else decisive.behaviour,
        verdict=verdict,
        **given(holds=_holding(claim, cases), known_deviation=known),
        cases=tuple(cases),
    )


def _as_one(claim: ReportedClaim | None, cases: Sequence[ReportedCase]) -> Sequence[ReportedCase]:
    if claim is None or not claim.contradictory:
        return cases
    verdicts = together([statement.status for statement in claim.statements], cases)
    return [
        case if found is None else case.model_copy(update={"verdict": found})
        for case, found in zip(cases, verdicts, strict=True)
    ]


def _holding(claim: ReportedClaim | None, cases: Sequence[ReportedCase]) -> tuple[int, ...] | None:
    """The statements of a contradictory claim that all cases agree with; None where that is no question."""
    if claim is None or not claim.contradictory or not any(case.behaviour for case in cases):
        return None
    return holding_for_all([statement.status for statement in claim.statements], cases)


_LEAST_FIRST = (
    Behaviour.INCONCLUSIVE,
    Behaviour.REJECTED,
    Behaviour.IGNORED,
    Behaviour.INCONSISTENT,
    Behaviour.ACCEPTED,
    Behaviour.HONOURED,
)


def _observed(cases: Iterable[ReportedCase]) -> Behaviour | None:
    """The least a feature does in any of its cases, where no verdict says which case decides."""
    seen = {case.behaviour for case in cases}
    return next((behaviour for behaviour in _LEAST_FIRST if behaviour in seen), None)
