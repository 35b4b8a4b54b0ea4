"""No secret on the terminal or in a test report, whoever writes there: pytest, a plugin, or a traceback."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from conformance.http.keys import credentials_of
from conformance.http.redact import Redactor

__all__ = ["crash", "hush", "hushed", "redactor_of", "without_leak"]


class _Hushed:
    """A stream that shows no secret of what is written to it; else it is the one it stands in front of."""

    def __init__(self, stream: IO[str], redactor: Callable[[], Redactor]) -> None:
        self._stream = stream
        self._redactor = redactor

    def write(self, text: str) -> int:
        self._stream.write(self._redactor().text(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def redactor_of(environment: Mapping[str, str], variables: Collection[str] = ()) -> Redactor:
    """What takes all credentials of a run out of anything.

    Args:
        variables: those that hold a key by what the command line or a matrix says.
    """
    return Redactor(credentials_of(environment, variables))


def hush(config: pytest.Config, redactor: Callable[[], Redactor]) -> None:
    """Let pytest's terminal show no secret from here on.

    Args:
        redactor: knows the secrets as of now: which there are shows as matrices are read.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        writer = reporter._tw  # noqa: SLF001  pytest has no public way to its terminal's stream
        writer._file = _Hushed(writer._file, redactor)  # noqa: SLF001  as above


def hushed(report: pytest.TestReport, redactor: Redactor) -> None:
    """Take secrets out of a test's report: whatever is written of it, by junit or others, is written from there."""
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):
        path, line, words = longrepr
        report.longrepr = path, line, redactor.text(words)
    elif longrepr is not None and redactor.finds(words := str(longrepr)):
        report.longrepr = redactor.text(words)
    report.sections = [(title, redactor.text(words)) for title, words in report.sections]


def crash(error: Exception, redactor: Redactor) -> RuntimeError:
    """A failure inside the suite as it may be shown: where it happened, and no values of variables."""
    lines = "".join(traceback.format_exception(error)).rstrip()
    return RuntimeError(f"recording failed, a fault of this suite:\n{redactor.text(lines)}")


def without_leak(path: Path, redactor: Redactor) -> str:
    """Take away a file that another plugin wrote, if a secret stands in it; a line that says so, or nothing."""
    if not path.is_file() or not redactor.finds(path.read_bytes()):
        return ""
    path.unlink()
    return f"{path} is not kept: the key stood in it"
