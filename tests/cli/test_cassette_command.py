"""The command that shows recordings, and what git makes of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from survey import ROOT
from unit.report.workspace import Workspace

RECORDED = ROOT / "cassettes/minimax/MiniMax-M2.7/tool_choice.any/any_forces_a_call.yaml"


@pytest.fixture
def pair(workspace: Workspace) -> tuple[Path, Path]:
    """A recording, and the same with another answer to its last request."""
    old, new = workspace.path / "old.yaml", workspace.path / "new.yaml"
    shutil.copy(RECORDED, old)
    before, found, after = old.read_text("utf-8").rpartition('"stop_reason":"tool_use"')
    assert found
    new.write_text(f'{before}"stop_reason":"max_tokens"{after}', "utf-8")
    return old, new


def test_what_changed_is_a_few_lines(workspace: Workspace, pair: tuple[Path, Path]) -> None:
    old, new = pair
    said = workspace.call("cassette", "diff", old, new)
    assert said.code == 1
    assert said.lines[0] == "2 requests, as before; 4 answers, 4 before"
    assert [line[:24] for line in said.lines if line[0] in "+-"] == [
        "-   -> 200, tool_use: th",
        "+   -> 200, max_tokens: ",
    ]
    same = workspace.call("cassette", "diff", old, old)
    assert (same.code, same.lines[1:]) == (
        0,
        ["nothing differs but ids, signatures, times, and how streams are cut"],
    )
    words = workspace.call("cassette", "diff", old, new, "--words")
    assert words.code == 1
    assert sum(line.startswith(("+ ", "- ")) for line in words.lines) == 2


def test_no_id_signature_or_key_is_shown(workspace: Workspace) -> None:
    said = workspace.call("cassette", "show", RECORDED)
    assert said.code == 0
    assert "authorization: a key" in said.out
    assert not [word for word in ("msg_01", "toolu_", "signature", "Bearer") if word in said.out]


def test_what_is_no_recording_is_said_in_a_line(workspace: Workspace, pair: tuple[Path, Path]) -> None:
    (workspace.path / "torn.yaml").write_text("version: 1\ninteractions: [", "utf-8")
    assert "torn.yaml is damaged" in workspace.refused("cassette", "show", "torn.yaml")
    assert "no cassette at none.yaml" in workspace.refused("cassette", "show", "none.yaml")
    assert "diff takes two cassettes" in workspace.refused("cassette", "diff", pair[0])


def test_git_shows_it_once_it_is_told(workspace: Workspace, pair: tuple[Path, Path]) -> None:
    old, new = pair
    directory = workspace.path / "cassettes" / "acme"
    directory.mkdir(parents=True)
    shutil.copy(ROOT / ".gitattributes", workspace.path)
    shutil.copy(old, directory / "case.yaml")

    def git(*words: str) -> str:
        command = ["git", "-c", f"diff.cassette.textconv={sys.executable} -m conformance cassette show", *words]
        return subprocess.run(command, cwd=workspace.path, capture_output=True, text=True, check=True).stdout

    git("init", "-q")
    git("add", "cassettes", ".gitattributes")
    shutil.copy(new, directory / "case.yaml")
    changed = [line for line in git("diff").splitlines() if line.startswith(("+ ", "- "))]
    assert [line.partition(":")[0] for line in changed] == ["-  -> 200, tool_use", "+  -> 200, max_tokens"]
