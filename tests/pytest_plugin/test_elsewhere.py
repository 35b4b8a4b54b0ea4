"""Matrices that come with the suite, run from a directory that has none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from front_door import KEY, MODEL, ROOT, Project, plainly, rows

from conformance.matrix.packaged import packaged


@pytest.fixture
def empty(fresh: Project) -> Project:
    """A directory with nothing in it."""
    for path in fresh.path.iterdir():
        path.unlink() if path.is_file() else shutil.rmtree(path)
    return fresh


def written(project: Project) -> set[str]:
    """What a run left behind, by the two uppermost directories."""
    return {"/".join(path.relative_to(project.path).parts[:3]) for path in project.path.rglob("*") if path.is_file()}


def test_a_matrix_is_asked_by_its_name_and_written_only_here(empty: Project, documented: str) -> None:
    # Of what is beside it in a checkout: other tests write into directories at the same time.
    def beside() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in packaged()["minimax"].parent.glob("*") if path.is_file()}

    before = beside()
    result = empty.live(documented, "--matrix", "minimax", *rows("container"), command=True)
    result.assert_outcomes(passed=1)
    assert "container: documented ignored, seen ignored, conforms" in plainly(result)
    report = json.loads((empty.path / "reports/minimax/report.json").read_text("utf-8"))
    assert str(empty.path) not in json.dumps(report)
    assert str(ROOT) not in json.dumps(report), "a report has no path of the machine it was made on"
    assert {name.split("/")[0] for name in written(empty)} - {"stdout", "stderr"} == {
        "cassettes",
        "reports",
    }  # pytester keeps two
    assert beside() == before
    again = empty.replay("--matrix=minimax", *rows("container"), command=True)
    again.assert_outcomes(passed=1)


def test_a_model_that_is_not_in_the_matrix_replays_as_it_was_recorded(empty: Project, documented: str) -> None:
    made = [
        sys.executable,
        "-m",
        "conformance",
        "init",
        "--endpoint",
        documented,
        "--model",
        "acme-1",
        "--name",
        "acme",
    ]
    subprocess.run([*made, "--no-key"], cwd=empty.path, check=True, capture_output=True)
    live = empty.live(documented, "--matrix", "acme.yaml", *rows("container"), "--rpm", "6000", command=True)
    live.assert_outcomes(passed=1)
    first = (empty.path / "reports/acme/report.json").read_bytes()
    again = empty.replay("--matrix", "acme.yaml", *rows("container"), "--report-dir", "again", command=True)
    again.assert_outcomes(passed=1)
    assert (empty.path / "again/acme/report.json").read_bytes() == first


def test_the_command_is_the_same_run(empty: Project, documented: str) -> None:
    with empty.monkeypatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", KEY)
        command = [sys.executable, "-m", "conformance", "run", "--endpoint", documented, "--output", "out"]
        asked = [*command, "--matrix", "minimax", "--model", MODEL, "--features", "container", "--", "-q"]
        done = subprocess.run(asked, cwd=empty.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "container: documented ignored, seen ignored, conforms" in done.stdout
    assert "Warning" not in done.stdout
    assert [path.name for path in empty.path.iterdir()] == ["out"]


def test_a_matrix_that_nobody_knows_is_told(empty: Project) -> None:
    result = empty.replay("--matrix", "minmax", command=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--matrix minmax: no such matrix; did you mean 'minimax'?" in plainly(result)


def test_every_matrix_of_the_checkout_comes_along() -> None:
    beside = {path.stem for path in (ROOT / "matrices").glob("*.yaml")}
    assert packaged().keys() == beside | {"minimax"}
    assert all(Path(path).is_file() for path in packaged().values())
