"""A run that is told to end, by a supervisor or by a terminal that is closed, ends as with Ctrl-C: with a report."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from front_door import KEY, MODEL, Project, documented, fresh, project, recordings

from conformance import simulator
from conformance.run.signals import as_interrupts

__all__ = ["documented", "fresh", "project", "recordings"]

LONG = 300
"""Seconds until a run is called stuck: on a busy machine the quickest of these took 110."""


def begun(fresh: Project, url: str, **more: object) -> subprocess.Popen[bytes]:
    """A live run that has recorded something, and is far from its end."""
    words = ["--live", "--endpoint", url, "--model", MODEL, "--concurrency", "1", "--report-dir", "reports"]
    # Whoever runs the tests under nohup ignores SIGHUP, and so would the run.
    ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *words],
            cwd=fresh.path,
            env={**os.environ, "ANTHROPIC_API_KEY": KEY},
            **more,  # type: ignore[call-overload]  # what Popen takes
        )
    finally:
        signal.signal(signal.SIGHUP, ours)
    wait_for(lambda: any((fresh.path / "cassettes").rglob("*.yaml")) or process.poll() is not None)
    assert process.poll() is None
    return process


def wait_for(there: Callable[[], bool]) -> None:
    until = time.monotonic() + LONG
    while not there() and time.monotonic() < until:
        time.sleep(0.05)
    assert there()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_a_report(fresh: Project, number: signal.Signals) -> None:
    with simulator.running(paced=False, latency=0.2) as url:
        process = begun(fresh, url, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        process.send_signal(number)
        process.send_signal(signal.SIGTERM)  # supervisors send several
        printed, _ = process.communicate(timeout=LONG)
    fresh.printed.append(printed.decode())
    assert process.returncode == pytest.ExitCode.INTERRUPTED, printed.decode()
    assert "stopped before the end: interrupted" in printed.decode()
    cases = [case for row in fresh.report()["results"] for case in row["cases"]]
    assert any(case["source"] == "simulator" for case in cases)
    assert any(case.get("reason") == "interrupted" for case in cases)
    assert not list(fresh.path.rglob("*.part"))


def test_a_terminal_that_is_closed_leaves_a_report(fresh: Project) -> None:
    with simulator.running(paced=False, latency=0.2) as url:
        ours, theirs = pty.openpty()
        process = begun(fresh, url, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        process.send_signal(signal.SIGHUP)  # the kernel does both at once, where it is a session's own terminal
        os.close(ours)
        assert process.wait(timeout=LONG) == pytest.ExitCode.INTERRUPTED
    cases = [case for row in fresh.report()["results"] for case in row["cases"]]
    assert any(case["source"] == "simulator" for case in cases)


def test_what_is_ignored_or_handled_already_stays(tmp_path: Path) -> None:
    def somebody_s(number: int, frame: object) -> None: ...

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.signal(signal.SIGTERM, somebody_s)
    try:
        restore = as_interrupts()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is somebody_s
        restore()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        restore = as_interrupts()
        assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, somebody_s)
        restore()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGTERM, before[1])
