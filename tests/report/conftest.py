"""What the tests of the commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .desk import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """An empty directory to call commands in."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)
