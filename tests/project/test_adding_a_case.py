"""docs/adding-a-case.md stays true: its case and mutant, added to a copy of the suite, are green by its commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest
from survey import ROOT

from conformance import simulator
from conformance.cases import CASES, Experiment

PAGE = (ROOT / "docs" / "adding-a-case.md").read_text("utf-8")
CASE, MUTANT = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
NEIGHBOUR = '    Mutant(\n        "stop_sequences.stop_reason-wrong"'
MODEL = "MiniMax-M2.7"


class Copy:
    """The suite as a newcomer has it: with the page's case, and in a directory of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("conformance", "matrices"):
            shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in (f"minimax/{MODEL}", "llama-cpp", "litellm"):  # one of seven models is quicker
            shutil.copytree(ROOT / "cassettes" / name, path / "cassettes" / name)
        (path / "tests/mutants").mkdir(parents=True)
        for name in (
            "matrix.yaml",
            "pyproject.toml",
            "tests/survey.py",
            "tests/mutants/__init__.py",
            "tests/mutants/__main__.py",
            "tests/mutants/test_mutants.py",
        ):
            shutil.copy(ROOT / name, path / name)
        family = path / "conformance/cases/parameters.py"
        family.write_text(f"{family.read_text('utf-8')}\n\n{CASE}", "utf-8")

    def add_the_mutant(self) -> None:
        family = self.path / "conformance/simulator/mutants/parameters.py"
        before = family.read_text("utf-8")
        assert before.count(NEIGHBOUR) == 1
        family.write_text(before.replace(NEIGHBOUR, f"{indent(MUTANT.rstrip(), '    ')},\n{NEIGHBOUR}"), "utf-8")

    def run(self, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
        keys = ("ANTHROPIC_", "MINIMAX_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(keys)}
        env |= {"PYTHONPATH": str(self.path), **variables}
        command = [sys.executable, *args]
        return subprocess.run(command, cwd=self.path, env=env, capture_output=True, text=True, check=False, timeout=300)

    def pytest(self, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *args, **variables)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("newcomer"))


def test_the_case_is_not_recorded_yet_then_recorded_and_green(copy: Copy) -> None:
    chosen = ("--model", MODEL, "--feature", "stop_sequences", "--report-dir", "chosen")
    first = copy.pytest(*chosen)
    assert first.returncode == 0, first.stdout
    assert "not recorded yet: 1 of 5 cases" in first.stdout

    with simulator.running(paced=False) as url:
        live = copy.pytest("--live", "--endpoint", url, "--resume", *chosen, MINIMAX_API_KEY="any")
    assert live.returncode == 0, live.stdout + live.stderr
    assert copy.path.joinpath("cassettes/minimax", MODEL, "stop_sequences/a_streamed_answer_stops.yaml").is_file()
    strictly = copy.pytest(*chosen, "--strict-recordings")
    assert "5 passed" in strictly.stdout, strictly.stdout


@pytest.mark.parametrize("target", ["llama-cpp", "litellm"])
def test_a_target_that_needs_a_real_server_skips_the_new_case(copy: Copy, target: str) -> None:
    result = copy.pytest(f"matrices/{target}.yaml", "--feature", "stop_sequences", "--report-dir", "others")
    assert result.returncode == 0, result.stdout
    assert re.search(r"not recorded yet: [123] of 5 cases", result.stdout), result.stdout


def test_the_mutant_turns_what_the_page_declares(copy: Copy) -> None:
    copy.add_the_mutant()
    result = copy.run("tests/mutants", "stop_sequences-ignored-in-streams")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[1:] == [
        '    "stop_sequences::a_streamed_answer_stops": "ignored falls_short",',
        '    "stop_sequences::several_words_stop_in_company": "ignored falls_short",',
        "# as declared",
    ]


def test_ci_is_strict_only_where_anybody_can_record() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text("utf-8").splitlines() if "pytest" in line]
    assert all("--strict-recordings" not in line for line in lines if "matrices/" in line)
    assert sum("--strict-recordings" in line for line in lines) == 2


def test_the_page_names_every_family() -> None:
    experiments = [case for cases in CASES.values() for case in cases if isinstance(case, Experiment)]
    families = {case.run.__module__.rpartition(".")[2] for case in experiments}
    assert families <= set(re.findall(r"`(\w+)`", PAGE))
