"""A report that somebody sent in: whether its verdicts are those of its evidence."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.assemble import row_of
from conformance.report.model import Report
from conformance.verdicts import verdict

__all__ = ["disagreements"]


def disagreements(report: Report) -> Iterator[str]:
    """Where a report's verdicts are not what its own evidence comes to: what somebody sends in is judged anew.

    Every row is judged again from its cases by the verdict table; and a row is not run, or has no source, where none
    of its cases has any.
    """
    for row in report.results:
        claim = report.claim_of(row.feature, row.model)
        again = row_of(
            claim, row.cases, model=row.model, group=row.group, feature=row.feature, documented=row.documented
        )
        if (again.verdict, again.observed) != (row.verdict, row.observed):
            yield (
                f"{row.feature} with {row.model} says {row.verdict} ({row.observed}), and its cases come to "
                f"{again.verdict} ({again.observed})"
            )
        statuses = claim.statuses if claim else (row.documented,)
        for case in row.cases:
            if row.feature == case.feature and not (claim and claim.contradictory):
                expected = None if case.behaviour is None else verdict(statuses, case.behaviour, case.seen_as)
                if case.behaviour is not None and expected is not case.verdict:
                    yield (
                        f"{case.id} says {case.verdict or 'nothing'} of {case.behaviour}, where "
                        f"{' and '.join(statuses)} is documented"
                    )
            if case.behaviour is not None and case.source is None and case.cassette is not None:
                yield f"{case.id} has a result and does not say where its evidence comes from"
