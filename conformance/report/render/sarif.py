"""What falls short as SARIF 2.1.0, for code scanning: each deviation at the line of its claim in the matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.plain_text import plain
from conformance.report.analysis.findings import Deviation
from conformance.report.analysis.overview import Overview
from conformance.report.language import quoted, say
from conformance.values import Json

__all__ = ["sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(overview: Overview, line_of: Callable[[str], int]) -> dict[str, Json]:
    """The deviations of a report.

    Args:
        line_of: the line of a feature's claim in the matrix, counted from 1.
    """
    report = overview.report
    rules = sorted({deviation.feature for deviation in overview.deviations})
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": report.suite.name,
                        "version": report.suite.version,
                        "rules": [{"id": rule, "shortDescription": {"text": rule}} for rule in rules],
                    }
                },
                "properties": {"target": report.target.name, "notice": overview.notice},
                "results": [one for deviation in overview.deviations for one in _results(overview, deviation, line_of)],
            }
        ],
    }


def _results(overview: Overview, deviation: Deviation, line_of: Callable[[str], int]) -> Iterator[dict[str, Json]]:
    report = overview.report
    against = say("text.against", documented=deviation.documented, seen=deviation.seen)
    flag = say("page.simulated")
    for one in deviation.evidence:
        words = say(
            "text.sarif",
            feature=plain(deviation.feature),
            model=plain(one.model),
            against=against,
            summary=quoted(plain(one.summary)),
        )
        result: dict[str, Json] = {
            "ruleId": deviation.feature,
            # Simulated evidence says nothing of a service: it raises no alert.
            "level": "note" if deviation.known or overview.simulated else "error",
            "message": {"text": say("text.named", name=flag, words=words) if overview.simulated else words},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": report.target.matrix},
                        "region": {"startLine": line_of(deviation.feature)},
                    }
                }
            ],
            "partialFingerprints": {"caseId/v1": one.id or f"{one.model}::{deviation.feature}"},
        }
        if deviation.known:
            result["suppressions"] = [{"kind": "external", "justification": plain(deviation.known)}]
        yield result
