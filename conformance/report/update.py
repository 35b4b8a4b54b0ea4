"""A report of part of a run beside the fuller one that lies there: it is brought up to date, and never made less."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from conformance.report.assemble import assemble, one_of_each, row_of
from conformance.report.model import Report, ReportedCase, Row

__all__ = ["Updated", "updated"]


@dataclass(frozen=True, slots=True)
class Updated:
    """A report, and what in it is from the one before."""

    report: Report
    kept: tuple[ReportedCase, ...]
    """The cases that only the earlier report has a result of."""


def updated(new: Report, old: Report, missing: Collection[str]) -> Updated:
    """Keep of an earlier report what a partial run has no result of.

    A row that is documented otherwise now is not kept: its verdict would be of another claim.

    Args:
        missing: the reasons for which a case has no result because the run or its recordings do not reach it.
    """
    if (new.target.name, new.target.matrix) != (old.target.name, old.target.matrix):
        return Updated(new, ())
    before = {(row.model, row.feature): row for row in old.results}
    kept: dict[str, ReportedCase] = {}
    rows = [_row(new, row, before.get((row.model, row.feature)), missing, kept) for row in new.results]
    rows += _gone(new, old, kept)
    if not kept:
        return Updated(new, ())
    newest = max((case.recorded_at or "" for case in new.cases), default="")
    endpoints = [(old.target.endpoint, ""), (new.target.endpoint, newest)]
    addresses = [(address, when) for given, when in endpoints for address in given.split(", ")]
    sdks = {sdk for report in (old, new) for sdk in (report.suite.sdk or "").split(", ") if sdk}
    report = assemble(
        suite=new.suite.model_copy(update={"sdk": ", ".join(sorted(sdks)) or None}),
        target=new.target.model_copy(update={"endpoint": ", ".join(one_of_each(addresses))}),
        models=list(dict.fromkeys(row.model for row in rows)),
        claims=new.claims,
        rows=rows,
    )
    return Updated(report, tuple(kept.values()))


def _row(report: Report, row: Row, before: Row | None, missing: Collection[str], kept: dict[str, ReportedCase]) -> Row:
    if before is None or before.documented is not row.documented:
        return row
    older = {case.id: case for case in before.cases if case.behaviour is not None}
    found = {
        case.id: older[case.id]
        for case in row.cases
        if case.behaviour is None and case.reason in missing and case.id in older
    }
    if not found:
        return row
    kept.update(found)
    return row_of(
        report.claim_of(row.feature, row.model),
        [found.get(case.id, case) for case in row.cases],
        model=row.model,
        group=row.group,
        feature=row.feature,
        documented=row.documented,
        known=row.known_deviation,
    )


def _gone(new: Report, old: Report, kept: dict[str, ReportedCase]) -> Iterator[Row]:
    """The rows of models that only the earlier report has."""
    features = {claim.feature for claim in new.claims}
    for row in old.results:
        evident = {case.id: case for case in row.cases if case.behaviour is not None}
        if row.model not in new.all_models and row.feature in features and evident:
            kept.update(evident)
            yield row
