"""Reports of the tests, which are JSON as a stranger would write it, as what the suite makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.report.analysis.overview import Overview
from conformance.report.load import Loaded
from conformance.report.model import Report
from conformance.report.recordings import Recordings
from conformance.report.render import badge, html, terminal
from conformance.report.render import markdown as md
from conformance.report.render.profile import profile as profile_of

Json = dict[str, Any]


def typed(made: Json) -> Report:
    return Report.model_validate(made)


def overview(made: Json) -> Overview:
    return Overview(typed(made))


def loaded(path: str, made: Json) -> Loaded:
    """A report as if it had been read from a file."""
    return Loaded(Path(path), typed(made))


def page(made: Json, *, cassettes: Path | None = None, lang: str = "en") -> str:
    return html.render(overview(made), recordings=Recordings(cassettes), lang=lang)


def markdown(made: Json) -> str:
    return md.report(overview(made))


def summary(made: Json) -> str:
    return md.summary(overview(made))


def lines(made: Json) -> list[str]:
    return terminal.lines(overview(made))


def endpoint(made: Json) -> Json:
    return badge.endpoint(overview(made))


def image(made: Json) -> str:
    return badge.svg(overview(made))


def profile(made: Json) -> Json:
    read: Json = json.loads(json.dumps(profile_of(overview(made)).data()))
    return read
