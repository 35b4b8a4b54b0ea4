"""What a page carries for its script: the evidence behind every cell, the claims, and every sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup

from conformance.report.escape import plain, script_json
from conformance.report.evidence import LEVELS, Level, detail, pack
from conformance.report.language import CATALOGUE
from conformance.report.links import issue, web
from conformance.report.plots import Measured
from conformance.report.recordings import Recordings
from conformance.report.view import View
from conformance.values import Json

__all__ = ["cells", "index"]

_BUDGET = 2_000_000
"""Bytes of evidence in a page that is to be committed and mailed around."""


def cells(view: View, recordings: Recordings, measured: Measured) -> dict[str, Json]:
    """The cases of every model and the pool of strings they share, as the contents of script elements."""
    models = {case["id"]: result["model"] for result in view.results for case in result["cases"]}
    made: dict[str, Json] = {}
    for level in LEVELS:
        gather = measured if level is LEVELS[0] else Measured()
        made = _packed(view, models, recordings, gather, level)
        if not recordings.found or sum(len(text.encode()) for text in [made["pool"], *made["models"]]) <= _BUDGET:
            break
    return made


def _packed(
    view: View, models: Mapping[str, str], recordings: Recordings, measured: Measured, level: Level
) -> dict[str, Json]:
    cases: dict[str, list[Json]] = {model: [] for model in view.models}
    places: dict[str, int] = {}
    for case in view.cases:
        model = models[case["id"]]
        exchanges = recordings.of(case)
        measured.add(model, case, exchanges)
        places[case["id"]] = len(cases[model])
        cases[model].append(detail(case, model, exchanges, level))
    entries: dict[str, dict[str, Json]] = {model: {} for model in view.models}
    for result in view.results:
        cell: dict[str, Json] = {"c": [places[case["id"]] for case in result["cases"]]}
        if "holds" in result:
            cell["h"] = result["holds"]
        if "known_deviation" in result:
            cell["d"] = plain(result["known_deviation"])
        entries[result["model"]][plain(result["feature"])] = cell
    pool, packed = pack([{"cells": entries[model], "cases": cases[model]} for model in view.models])
    return {"pool": script_json(pool), "models": [script_json(one) for one in packed]}


def index(view: View) -> Markup:
    """What the page's script needs to know of the whole: models, claims, and every sentence."""
    endpoint = plain(view.target["endpoint"]).split(", ")[0].rstrip("/")
    return script_json(
        {
            "models": [plain(model) for model in view.models],
            "names": list(view.models),
            "claims": {plain(row.feature): [_claim(claim) for claim in row.claims] for row in view.rows},
            "endpoint": endpoint,
            "strings": CATALOGUE,
        }
    )


def _claim(claim: Mapping[str, Json]) -> dict[str, Json]:
    source = claim["source"]
    return {
        "status": claim["status"],
        "says": plain(claim.get("says") or ""),
        "source": [plain(source["title"]), web(source["url"]), plain(source["date"])],
        "statements": [
            [statement["status"], plain(statement["says"]), plain(statement["where"])]
            for statement in claim.get("statements", ())
        ],
        "reports": [
            [plain(report["says"]), plain(report["date"]), plain(report["where"]), issue(report["where"])]
            for report in claim.get("field_reports", ())
        ],
        "parts": [plain(part) for part in claim.get("parts", ())],
        "models": [plain(model) for model in claim.get("models", ())],
        "cases": {plain(case["name"]): _paragraphs(case["requirement"]) for case in claim.get("cases", ())},
    }


def _paragraphs(text: str) -> list[str]:
    return [plain(paragraph) for paragraph in re.split(r"\n\s*\n", text)]
