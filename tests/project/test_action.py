"""What the action and the reusable workflow run, run here: the scripts are the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from survey import ROOT

from conformance import simulator


def run(script: str, *words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", str(ROOT / ".ci" / script), *words],
        cwd=cwd,
        env={**os.environ, "PATH": path, "MINIMAX_API_KEY": "sk-test-action", **env},
        capture_output=True,
        text=True,
        check=False,
    )


ASKED = {"MATRIX": "minimax", "MODELS": "MiniMax-M2", "FEATURES": "models,top_k,container"}


@pytest.mark.parametrize(("language", "words"), [("", "conforms"), ("zh", "一致")])
def test_the_action_asks_and_says_where_its_report_is(tmp_path: Path, language: str, words: str) -> None:
    outputs = tmp_path / "outputs"
    with simulator.running(paced=False) as url:
        done = run(
            "action-run",
            cwd=tmp_path,
            ENDPOINT=url,
            GITHUB_OUTPUT=str(outputs),
            REPORT_LANGUAGE=language,
            **ASKED,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(line.split("=", 1) for line in outputs.read_text("utf-8").splitlines())
    assert said["exit-code"] == "0"
    report = tmp_path / said["report-dir"]
    assert words in (report / "summary.md").read_text("utf-8")
    assert (tmp_path / said["badge"]).is_file()
    assert {path.name for path in (tmp_path / "conformance").iterdir()} >= {"junit.xml", "report.sarif"}


def test_shards_of_the_workflow_are_joined_and_judged_as_one(tmp_path: Path) -> None:
    with simulator.running(paced=False) as url:
        for number in (1, 2):
            done = run(
                "action-run",
                cwd=tmp_path,
                ENDPOINT=url,
                SHARD=f"{number}/2",
                OUTPUT=f"shards/minimax-{number}",
                FAIL_ON="nothing",
                **ASKED,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    joined = run("join-shards", "shards", "joined", "minimax", cwd=tmp_path)
    assert joined.returncode == 0, joined.stdout + joined.stderr
    (path,) = (tmp_path / "joined").rglob("report.json")
    seen = {row["feature"] for row in json.loads(path.read_text("utf-8"))["results"] if row.get("observed")}
    assert {"top_k", "container", "models.unlisted"} <= seen
