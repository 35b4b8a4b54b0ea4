"""What the tests of the commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Workspace:
    """An empty directory to call commands in."""
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path, capsys)
