"""How fast is the page when it is large: 100 models, 150 features, in Chromium, from a file.

    python benchmarks/report.py [--models 100] [--features 150] [--runs 5]

Opening is from the start of the navigation to the first frame after the load event; a filter, from the input to the
frame that shows its result. Each figure is the median and the slowest of the runs, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

from playwright.sync_api import Page, sync_playwright

from conformance.report.analysis.overview import Overview
from conformance.report.model import Report
from conformance.report.render import html
from conformance.values import GROUPS, Behaviour, Verdict

FRAME = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"

FILTERS = {
    "everything": "document.querySelector('#views [value=all]').click()",
    "what differs": "document.querySelector('#views [value=differs]').click()",
    "text: one letter": "type('a')",
    "text: a feature": "type('feature.77')",
    "text: cleared": "type('')",
    "verdict: inconclusive": "tick('verdict', 'inconclusive')",
    "verdict: cleared": "tick('verdict', 'inconclusive')",
    "seen: ignored": "tick('seen', 'behaviour.ignored')",
    "seen: cleared": "tick('seen', 'behaviour.ignored')",
    "group: tools": "tick('group', 'tools')",
    "group: cleared": "tick('group', 'tools')",
    "one model": "tick('model', '50')",
    "every model again": "tick('model', '50')",
    "a cell's evidence": "document.querySelector('.grid td[id] a').click()",
    "evidence closed": "document.querySelector('#drawer').close()",
    "Chinese": "document.querySelector('#languages [value=zh]').click()",
    "English": "document.querySelector('#languages [value=en]').click()",
}

HELPERS = """() => {
  window.type = (text) => {
    const find = document.querySelector("#find");
    find.value = text;
    find.dispatchEvent(new Event("input"));
  };
  window.tick = (name, value) => document.querySelector(`.menu[data-filter=${name}] input[value="${value}"]`).click();
}"""


def report(models: int, features: int) -> dict[str, Any]:
    """A report of that size, of every verdict and behaviour, the same every time."""
    chance = random.Random(7)
    verdicts = [v.value for v in Verdict]
    names = [f"vendor/model-{number}" for number in range(models)]
    rows, claims = [], []
    for number in range(features):
        feature, group = f"feature.{number}", GROUPS[number * len(GROUPS) // features]
        requirement = f"Feature {number} does what it is for.\n\nHonoured: an effect. Ignored: none."
        claims.append(
            {
                "feature": feature,
                "group": group,
                "status": "supported",
                "says": f"Feature {number} is fully supported.",
                "source": {"title": "Documentation", "url": "https://example.com/docs", "date": "2026-11-01"},
                "contradictory": False,
                "cases": [{"name": "works", "requirement": requirement}],
            }
        )
        for name in names:
            verdict = chance.choices(verdicts, [85, 2, 5, 4, 2, 2])[0]
            behaviour = {"not_run": None, "not_applicable": None, "falls_short": "ignored"}.get(verdict, "honoured")
            behaviour = Behaviour.INCONCLUSIVE.value if verdict == "inconclusive" else behaviour
            case = {
                "id": f"matrix.yaml::{name}::{feature}::works",
                "behaviour": behaviour,
                "verdict": verdict,
                "summary": f"the prompt went from {chance.randrange(99)} to {chance.randrange(999)} tokens",
                "source": "live" if behaviour else None,
                "recorded_at": "2026-11-23T12:00:00Z" if behaviour else None,
                "cassette": f"vendor/{name}/{feature}/works.yaml" if behaviour else None,
                "requests": 4,
                "signals": ["text", "size"],
                "arms": [
                    {"name": arm, "outcome": f"200, text, end_turn, {chance.randrange(99)} in, 7 out"}
                    for arm in ("control", "treatment")
                ],
            }
            rows.append(
                {
                    "model": name,
                    "group": group,
                    "feature": feature,
                    "documented": "supported",
                    "observed": behaviour,
                    "verdict": verdict,
                    "cases": [case],
                }
            )
    counts = Counter(row["verdict"] for row in rows)
    return {
        "version": 1,
        "suite": {"name": "conformance", "version": "0", "sdk": "anthropic"},
        "target": {"name": "large", "endpoint": "https://api.example.com", "matrix": "matrix.yaml"},
        "sources": {"live": sum(1 for row in rows if row["observed"])},
        "summary": {verdict: counts[verdict] for verdict in verdicts},
        "models": names,
        "claims": claims,
        "results": rows,
    }


def timed(page: Page, action: str) -> float:
    """Milliseconds from an action to the frame that shows what came of it."""
    spent = page.evaluate(
        f"async () => {{ const start = performance.now(); {action}; await {FRAME}; return performance.now() - start; }}"
    )
    return float(spent)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--features", type=int, default=150)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    made = report(options.models, options.features)
    start = perf_counter()
    text = html.render(Overview(Report.model_validate(made)))
    rendered = 1000 * (perf_counter() - start)
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        path = Path(directory) / "index.html"
        path.write_text(text, "utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(options.runs):
            page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
            page.goto(path.as_uri())
            opened = page.evaluate(f"async () => {{ await {FRAME}; return performance.now(); }}")
            found.setdefault("open", []).append(float(opened))
            page.evaluate(HELPERS)
            for name, action in FILTERS.items():
                found.setdefault(name, []).append(timed(page, action))
            page.context.close()
        version = browser.version
        browser.close()
    print(f"{options.models} models x {options.features} features: {len(made['results'])} cells, Chromium {version}")
    print(
        f"index.html {len(text) / 1e6:.1f} MB (report.json {len(json.dumps(made)) / 1e6:.1f} MB), "
        f"made in {rendered:.0f} ms\n"
    )
    print(f"| {'':24} | median, ms | slowest, ms |\n| {'-' * 24} | ---------: | ----------: |")
    for name, times in found.items():
        print(f"| {name:24} | {statistics.median(times):10.0f} | {max(times):11.0f} |")


if __name__ == "__main__":
    main()
