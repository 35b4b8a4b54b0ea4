"""What a page carries for its script: the evidence behind every cell, the claims, and every sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from conformance.plain_text import plain
from conformance.report.analysis.figures import Measured
from conformance.report.analysis.overview import Overview
from conformance.report.escape import issue, script_json, web
from conformance.report.language import page_catalogue
from conformance.report.model import ReportedClaim
from conformance.report.recordings import Recordings
from conformance.report.render.evidence import LEVELS, Level, detail, pack
from conformance.values import Json

__all__ = ["Cells", "cells", "index"]

_BUDGET = 2_000_000
"""Bytes of evidence in a page that is to be committed and mailed around."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The contents of script elements."""

    pool: Markup
    """Strings that occur again and again, each once."""
    models: tuple[Markup, ...]
    """The cells and cases of each model."""

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(text.encode()) for text in (self.pool, *self.models))


def cells(overview: Overview, recordings: Recordings, measured: Measured) -> Cells:
    """The cases of every model and the strings they share, as much of them as there is room for."""
    for level in LEVELS:
        made = _packed(overview, recordings, measured if level is LEVELS[0] else Measured(), level)
        if not recordings.found or made.size <= _BUDGET:
            break
    return made


def _packed(overview: Overview, recordings: Recordings, measured: Measured, level: Level) -> Cells:
    report = overview.report
    models = {case.id: row.model for row in report.results for case in row.cases}
    cases: dict[str, list[Json]] = {model: [] for model in overview.models}
    places: dict[str, int] = {}
    for case in report.cases:
        model = models[case.id]
        exchanges = recordings.of(case)
        measured.add(model, case, exchanges)
        places[case.id] = len(cases[model])
        cases[model].append(detail(case, model, exchanges, level, first=model == overview.models[0]))
    entries: dict[str, dict[str, Json]] = {model: {} for model in overview.models}
    for row in report.results:
        cell: dict[str, Json] = {"c": [places[case.id] for case in row.cases]}
        if row.holds is not None:
            cell["h"] = row.holds
        if row.known_deviation is not None:
            cell["d"] = plain(row.known_deviation)
        entries[row.model][plain(row.feature)] = cell
    pool, packed = pack([{"cells": entries[model], "cases": cases[model]} for model in overview.models])
    return Cells(script_json(pool), tuple(map(script_json, packed)))


def index(overview: Overview) -> Markup:
    """What the page's script needs to know of the whole: models, claims, and every sentence."""
    endpoint = plain(overview.report.target.endpoint).split(", ")[0].rstrip("/")
    return script_json(
        {
            "models": [plain(model) for model in overview.models],
            "names": overview.models,
            "claims": {
                plain(feature.name): [_claim(claim) for claim in feature.claims] for feature in overview.features
            },
            "endpoint": endpoint,
            "strings": page_catalogue(),
        }
    )


def _claim(claim: ReportedClaim) -> dict[str, Json]:
    source = claim.source
    return {
        "status": claim.status,
        "says": plain(claim.says or ""),
        "source": [plain(source.title), web(source.url), plain(source.date)],
        "statements": [[one.status, plain(one.says), plain(one.where)] for one in claim.statements],
        "reports": [
            [plain(report.says), plain(report.date), plain(report.where), issue(report.where)]
            for report in claim.field_reports
        ],
        "parts": [plain(part) for part in claim.parts],
        "models": [plain(model) for model in claim.models or ()],
        "cases": {plain(case.name): _paragraphs(case.requirement) for case in claim.cases},
    }


def _paragraphs(text: str) -> list[str]:
    return [plain(paragraph) for paragraph in re.split(r"\n\s*\n", text)]
