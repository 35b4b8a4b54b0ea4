"""A client profile: what a gateway or a user of the SDK should leave out of a request, from evidence.

Only what was seen counts here, never what is documented; what was not seen is listed as unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from conformance.report.cells import Result, slug
from conformance.report.escape import plain
from conformance.report.view import View
from conformance.values import Behaviour, Json, Source

__all__ = ["SCHEMA", "profile"]

SCHEMA: Mapping[str, Json] = json.loads(
    files("conformance.report").joinpath("client-profile.schema.json").read_text("utf-8")
)
"""The schema of client-profile.json, version 1."""

_REQUIRED = frozenset({"model", "messages", "max_tokens"})
"""Nobody can leave these out of a request, whatever comes of them."""

_ADVICE = {
    Behaviour.HONOURED: "safe",
    Behaviour.ACCEPTED: "safe",
    Behaviour.IGNORED: "drop",
    Behaviour.REJECTED: "drop",
}

_WEAKEST_FIRST = (Source.SIMULATOR, Source.LOCAL, Source.LIVE)


def profile(report: Mapping[str, Json]) -> dict[str, Json]:
    """For each model: the parameters that are safe, those to drop, those that work in part, and the unknown ones.

    A parameter that is judged by its parts is listed with them: the blocks of a message, the kinds of tool_choice.
    """
    view = View(report)
    parts = {claim["feature"]: claim["parts"] for claim in report.get("claims", ()) if claim.get("parts")}
    head: dict[str, Json] = {"version": 1}
    if view.notice:
        head["notice"] = view.notice
    return head | {
        "target": dict(view.target),
        "suite": dict(view.suite),
        "models": {model: _model(view, model, parts) for model in view.models},
    }


def _model(view: View, model: str, parts: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    rows = {result["feature"]: result for result in view.results if result["model"] == model}
    values = [name for names in parts.values() for name in names if name in rows]
    parameters = [
        name for name, row in rows.items() if row["group"] == "parameters" and "." not in name and name not in values
    ]
    made: dict[str, dict[str, list[Json]]] = {
        "parameters": {"safe": [], "drop": [], "partial": [], "unknown": []},
        "values": {"safe": [], "drop": [], "unknown": []},
    }
    for name in parameters:
        advice = _of_parts([_advice(rows[part]) for part in parts.get(name, ()) if part in rows]) or _advice(rows[name])
        if advice == "drop" and name in _REQUIRED:
            advice = "unknown"
        made["parameters"][advice].append(_entry(rows[name]))
    for name in values:
        made["values"][_advice(rows[name])].append(_entry(rows[name]))
    return made


def _advice(row: Result) -> str:
    return _ADVICE.get(row["observed"], "unknown")


def _of_parts(advice: Sequence[str]) -> str | None:
    """What the parts of a parameter say of it; None where it has none."""
    match sorted(set(advice)):
        case []:
            return None
        case [one]:
            return one
        case _:
            return "partial"


def _entry(row: Result) -> dict[str, Json]:
    sources = {case["source"] for case in row["cases"]}
    decisive = next((case for case in row["cases"] if case["behaviour"] == row["observed"]), None)
    return {
        "name": row["feature"],
        "documented": row["documented"],
        "seen": row["observed"],
        "why": plain(decisive["summary"]) if decisive else None,
        "source": next((source.value for source in _WEAKEST_FIRST if source in sources), None),
        "evidence": slug(row["model"], row["feature"]),
    }
