"""`capture` runs a real client against the simulator, and the file it writes is the one the package has."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.clients import CLIENTS, load

ROOT = Path(__file__).parents[2]
FILES = {path.stem: path for path in CLIENTS}


def capture(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", "capture", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=ROOT)


@pytest.mark.parametrize(
    ("name", "module"),
    [("anthropic_sdk", "anthropic"), ("langchain", "langchain_anthropic"), ("pydantic_ai", "pydantic_ai")],
)
def test_a_client_still_sends_what_its_file_says(tmp_path: Path, name: str, module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: tox -e clients has it")
    output = tmp_path / f"{name}.yaml"
    script = str(ROOT / "clients" / f"{name.removesuffix('_sdk')}_task.py")
    source = "https://example.com/"
    done = capture("--name", name, "--output", str(output), "--source", source, "--", sys.executable, script, "{model}")
    assert done.returncode == 0, done.stderr
    captured: dict[str, Any] = yaml.safe_load(output.read_text("utf-8"))
    committed: dict[str, Any] = yaml.safe_load(FILES[name].read_text("utf-8"))
    assert captured["requests"] == committed["requests"]
    assert load(output).requests == load(FILES[name]).requests


def test_what_is_known_of_a_client_is_kept(tmp_path: Path) -> None:
    output = tmp_path / "acme.yaml"
    known = yaml.safe_load(FILES["anthropic_sdk"].read_text("utf-8"))
    faults = [{"refused": "system", "does": "fails"}]
    output.write_text(yaml.safe_dump({**known, "client": "Acme", "faults": faults}), "utf-8")
    script = str(ROOT / "clients" / "anthropic_task.py")
    arguments = ("--name", "acme", "--output", str(output), "--date", "2026-01-02", "--")
    done = capture(*arguments, sys.executable, script, "{model}")
    assert done.returncode == 0, done.stderr
    client = load(output)
    assert (client.client, client.captured, client.faults[0].does) == ("Acme", "2026-01-02", "fails")
    assert "sk-" not in output.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", "acme", "--", "true"], "is new; say with --source where the client is from"),
        (["--source", "https://example.com", "--name", "acme", "--", "true"], "0 requests came, and the command ended"),
        (
            ["--source", "https://example.com", "--name", "acme", "--", "no-such-program"],
            "no-such-program cannot be run",
        ),
        (
            ["--source", "https://example.com", "--name", "acme", "--timeout", "0.2", "--", "sleep", "5"],
            "sleep did not end within 0.2 seconds; --timeout gives it more",
        ),
    ],
)
def test_what_cannot_be_captured_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    output = tmp_path / "acme.yaml"
    done = capture("--output", str(output), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not output.exists()
