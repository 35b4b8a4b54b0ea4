"""Small reports for the tests: said in a line, complete by the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

MATRIX = "matrix.yaml"
NOTICE = "SIMULATED EVIDENCE. All cells were recorded from the simulator. They say NOTHING about the service."
PAGE = {"title": "Compatibility page", "url": "https://provider.example/docs", "date": "2026-11-01"}
VERDICTS = ("conforms", "exceeds", "falls_short", "inconclusive", "not_run", "not_applicable")


def case(model: str, feature: str, behaviour: str | None, verdict: str | None, **more: Any) -> dict[str, Any]:
    """A case called ``works``, with the evidence its verdict implies."""
    name = more.pop("name", "works")
    ran = behaviour is not None
    made = {
        "id": f"{MATRIX}::{model}::{feature}::{name}",
        "behaviour": behaviour,
        "verdict": verdict,
        "summary": "seen as it should be",
        "source": "simulator" if ran else None,
        "recorded_at": "2026-11-23T11:00:00Z" if ran else None,
        "cassette": f"minimax/{model}/{feature}/{name}.yaml" if ran else None,
        "requests": 2 if ran else 0,
        "signals": ["text"],
        "arms": [{"name": "control", "outcome": "200"}, {"name": "treatment", "outcome": "200"}] if ran else [],
    }
    if verdict in ("inconclusive", "not_run"):
        made["reason"] = "no evidence"
    return made | more


def row(
    feature: str,
    model: str = "M-1",
    *,
    group: str = "parameters",
    documented: str = "supported",
    seen: str | None = "honoured",
    verdict: str | None = "conforms",
    cases: list[dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A result with one case; what it does not know goes to the case, but for what only a row has."""
    of_row: dict[str, Any] = {key: more.pop(key) for key in ("holds", "known_deviation") if key in more}
    cases = [case(model, feature, seen, verdict, **more)] if cases is None else cases
    head: dict[str, Any] = {"model": model, "group": group, "feature": feature, "documented": documented}
    return head | {"observed": seen, "verdict": verdict} | of_row | {"cases": cases}


def claim(feature: str, **more: Any) -> dict[str, Any]:
    """A claim that says the feature is supported."""
    return {
        "feature": feature,
        "group": "parameters",
        "status": "supported",
        "says": f"{feature} is supported",
        "source": PAGE,
        "contradictory": False,
        "statements": [],
        "field_reports": [],
        "parts": [],
        "cases": [{"name": "works", "requirement": "It works.\n\nHonoured: it does ``what`` it is for."}],
    } | more


def report(*rows: dict[str, Any], claims: Iterable[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A report of these rows; claims are made up to fit where none are given."""
    if claims is None:
        claims = {r["feature"]: claim(r["feature"], group=r["group"], status=r["documented"]) for r in rows}.values()
    cases = {c["id"]: c for r in rows for c in r["cases"]}.values()
    sources = Counter(c["source"] for c in cases)
    verdicts = Counter(r["verdict"] for r in rows)
    head = {"version": 1, **({"notice": NOTICE} if sources["simulator"] else {})}
    return {
        **head,
        "suite": {"name": "conformance", "version": "0.1.0", "sdk": "anthropic 2.12.0"},
        "target": {
            "name": "minimax",
            "title": "MiniMax",
            "endpoint": "https://api.minimaxi.com/anthropic",
            "matrix": MATRIX,
        },
        "sources": {source: sources[source] for source in ("simulator", "live", "local")},
        "summary": {verdict: verdicts[verdict] for verdict in VERDICTS},
        "undocumented": verdicts[None],
        "models": list(dict.fromkeys(r["model"] for r in rows)),
        "claims": list(claims),
        "results": list(rows),
    } | more


def contradictory(**more: Any) -> dict[str, Any]:
    """The claim about thinking, which the page makes twice."""
    statements = [
        {"status": "supported", "says": "reasoning content is supported", "where": "the table"},
        {"status": "ignored", "says": "some parameters, thinking among them, are ignored", "where": "note 3"},
    ]
    return claim("thinking", contradictory=True, statements=statements, says=None) | more


def everything() -> dict[str, Any]:
    """A report with one of each: deviations new and known, a contradiction, parts, open rows, notes."""
    models = ("M-1", "M-2")
    hot = {"says": "2.5 gave 200", "date": "2026-09-28", "where": "a public study"}
    draws = {
        "test": "exact permutation test",
        "error": 0.001,
        "treatment": [8],
        "control": [2, 1, 1, 1, 1, 1, 1],
        "p_collapsed": 0.0000777,
        "p_diverse": 1.0,
    }
    rows = []
    for model in models:
        image = {"documented": "unsupported", "seen": "ignored", "verdict": "falls_short"}
        image_case = case(model, "messages.image", "ignored", "falls_short", summary="the image is dropped silently")
        text_case = case(model, "messages.text", "honoured", "conforms")
        thinks = model == "M-1"
        rows += [
            row(
                "messages",
                model,
                documented="partial",
                seen="ignored",
                verdict="falls_short",
                cases=[text_case, image_case],
            ),
            row("temperature", model, summary="1 opening in 8 draws", statistics=draws),
            row("top_k", model, documented="ignored", seen="honoured", verdict="exceeds", summary="it collapses"),
            row("thinking", model, seen="honoured" if thinks else "ignored", holds=[0] if thinks else [1]),
            row(
                "metadata",
                model,
                seen="rejected",
                verdict="falls_short",
                summary=f"{model} says 400: no",
                known_deviation="reported to the provider",
            ),
            row("stop_sequences", model, documented="ignored", seen="inconclusive", verdict="inconclusive"),
            row("messages.text", model, group="messages", cases=[text_case]),
            row("messages.image", model, group="messages", cases=[image_case], **image),
            row("tools.parallel", model, group="tools", documented="undocumented", seen="honoured", verdict=None),
            row(
                "headers.x-api-key", model, group="headers", seen=None, verdict="not_applicable", summary="no keys here"
            ),
            row(
                "limits.context_window",
                model,
                group="limits",
                seen=None,
                verdict="not_run",
                summary="not asked for",
                reason="expensive: ask for it with --expensive",
            ),
        ]
    rows.append(row("limits.output_speed", "M-1", group="limits"))
    special = {
        "messages": claim("messages", status="partial", parts=["messages.text", "messages.image"]),
        "temperature": claim("temperature", field_reports=[hot]),
        "thinking": contradictory(),
    }
    claims = {
        r["feature"]: special.get(r["feature"], claim(r["feature"], group=r["group"], status=r["documented"]))
        for r in rows
    }
    return report(*rows, claims=claims.values())
