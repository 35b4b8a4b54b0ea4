"""A directory of reports, and the command line in front of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import main

HOSTILE = (
    "\x1b[31mred\x1b[0m <script>alert(1)</script> <img src=x onerror=alert(1)> | `x` [l](http://x.example) @you "
    "\u202eevil\u2066 line\r\nbreak \x07 {{ 7*7 }} --> \ud800"
)
"""What models, services and matrices may say."""

ONE_LINE = HOSTILE.replace("\r\n", " ")
"""What may stand in a node id: no more than one line."""


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def section(self, title: str) -> list[str]:
        """The lines below a heading, without their indentation."""
        found = self.lines
        start = next(number for number, line in enumerate(found) if line.startswith(title))
        assert set(found[start + 1]) == {"-"}
        rest = found[start + 2 :]
        ends = [number - 1 for number, line in enumerate(rest) if line and set(line) == {"-"}]
        return [line.strip() for line in rest[: ends[0] if ends else None] if line.strip()]


@dataclass(frozen=True)
class Workspace:
    """Calls commands in a directory of its own."""

    path: Path
    capsys: pytest.CaptureFixture[str]

    def put(self, name: str, report: dict[str, Any]) -> Path:
        """Lay down a report as a run would, or where a path leads."""
        path = self.path / (name if name.endswith(".json") else f"reports/{name}/report.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report), encoding="utf-8")
        return path

    def call(self, *arguments: object) -> Said:
        """Run a command; what it printed, and its exit code."""
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        said = self.capsys.readouterr()
        return Said(code, said.out, said.err)

    def refused(self, *arguments: object) -> str:
        """What a command that cannot be done says: one line, and nothing else."""
        said = self.call(*arguments)
        assert (said.code, said.out) == (2, "")
        assert said.err.count("\n") == 1, said.err
        return said.err.strip()
