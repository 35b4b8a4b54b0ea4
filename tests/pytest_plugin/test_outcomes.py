"""Verdicts in pytest's words: what fails, what skips, what is expected to fail, and what is an error."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from typing import NoReturn

import pytest
from front_door import CONTAINER, EVERYTHING, MODEL, SYSTEM, Project, as_documented, plainly, rows

from conformance.cases import CASES, Experiment
from conformance.cases.endpoint import Endpoint
from conformance.http.cassette import Cassette
from conformance.run.network_guard import no_network
from conformance.trouble import SuiteFault
from conformance.values import Behaviour, Observation

KNOWN = """
known_deviations:
  - feature: container
    models: [MiniMax-M2.7]
    reason: It was refused on the first of April.
    since: 2026-04-01
"""


def expecting(project: Project) -> None:
    """Write the deviation of container down as known."""
    project.matrix.write_text(project.matrix.read_text("utf-8") + KNOWN, "utf-8")


def seeing(project: Project, feature: str, behaviour: Behaviour, summary: str = "as seen") -> None:
    """Put a case in the place of a feature's own that asks nothing new and sees what it is told to, twice."""
    whole = CASES[feature][0]
    path = project.cassette(f"matrix.yaml::{MODEL}::{feature}::{whole.name}")
    if path.exists() and len((once := Cassette.load(path)).takes) == 1:
        once.with_take(once.exchanges).save()

    def sees(api: Endpoint) -> Observation:
        if isinstance(whole, Experiment):
            whole.run(api)
        return Observation(behaviour, summary)

    project.monkeypatch.setitem(CASES, feature, [Experiment(feature, whole.name, whole.requirement, sees)])


# --- verdicts


def test_what_falls_short_fails_and_says_why(fresh: Project, refusing_container: str) -> None:
    result = fresh.live(refusing_container, SYSTEM, CONTAINER)
    result.assert_outcomes(failed=1, passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    plainly(result)
    result.stdout.fnmatch_lines(
        [
            "container with MiniMax-M2.7 falls short of what is documented",
            "  documented  ignored: The parameter has no effect. (MiniMax: *, 2026-11-23)",
            "  observed    rejected: container is refused (400: container: this parameter is not supported)",
            "  control *200, *",
            "  treatment *400: container: this parameter is not supported",
            "  evidence    simulator, *, minimax/MiniMax-M2.7/container/an_unknown_container_is_missed.yaml",
            "falls short: container, documented ignored, seen rejected, MiniMax-M2.7",
            f"  {CONTAINER}",
            f"FAILED {CONTAINER}*",
        ]
    )
    fresh.replay(SYSTEM, CONTAINER).assert_outcomes(failed=1, passed=1)


def test_what_exceeds_passes(project: Project) -> None:
    seeing(project, "container", Behaviour.HONOURED)
    project.replay("--report-dir", "out", *rows("container")).assert_outcomes(passed=1)
    assert project.verdicts("out")[CONTAINER] == ("honoured", "exceeds")


def test_what_is_inconclusive_skips_with_its_reason_and_its_row(project: Project) -> None:
    seeing(project, "container", Behaviour.INCONCLUSIVE, "the stars were wrong")
    result = project.replay("-rs", "--report-dir", "out", *rows("container"))
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["SKIPPED [[]1] matrix.yaml:*: inconclusive: the stars were wrong"])
    assert project.verdicts("out")[CONTAINER] == ("inconclusive", "inconclusive")


def test_what_was_not_run_skips_with_its_reason(project: Project) -> None:
    result = project.replay("-rs", "--report-dir", "out", *rows("limits.context_window"))
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["SKIPPED [[]1] matrix.yaml:*: not run: expensive: run with --expensive"])
    row = next(row for row in project.report("out")["results"] if row["feature"] == "limits.context_window")
    assert (row["observed"], row["verdict"]) == (None, "not_run")


def test_what_nobody_documents_passes_and_has_no_verdict(fresh: Project, documented: str) -> None:
    fresh.live(documented, *rows("errors.unknown_field")).assert_outcomes(passed=1)
    (seen,) = [cell for nodeid, cell in fresh.verdicts().items() if "::errors.unknown_field::" in nodeid]
    assert seen == ("ignored", None)
    (row,) = [
        one for one in fresh.report()["results"] if (one["model"], one["feature"]) == (MODEL, "errors.unknown_field")
    ]
    assert row["verdict"] is None


# --- known deviations


def test_a_known_deviation_is_expected_to_fail(fresh: Project, refusing_container: str) -> None:
    expecting(fresh)
    result = fresh.live(refusing_container, "-rx", *rows("container"))
    result.assert_outcomes(xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "falls short (known): container, documented ignored, seen rejected, MiniMax-M2.7",
            f"XFAIL {CONTAINER} - known deviation: It was refused on the first of April.",
        ]
    )
    row = next(row for row in fresh.report()["results"] if row["feature"] == "container")
    assert (row["verdict"], row["known_deviation"]) == ("falls_short", "It was refused on the first of April.")


def test_a_known_deviation_that_is_gone_fails_and_says_what_to_do(project: Project) -> None:
    expecting(project)
    result = project.replay(*rows("container"))
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    said = [line for line in plainly(result).splitlines() if line.startswith("this known deviation")]
    assert len(said) == 1
    assert said[0].startswith("this known deviation now conforms: ")
    assert said[0].endswith("Take it out of known_deviations in matrix.yaml.")


def test_a_known_deviation_that_cannot_be_seen_skips(project: Project) -> None:
    expecting(project)
    seeing(project, "container", Behaviour.INCONCLUSIVE)
    project.replay(*rows("container")).assert_outcomes(skipped=1)


def test_a_deviation_is_known_of_the_models_it_is_known_of(fresh: Project, refusing_container: str) -> None:
    expecting(fresh)
    fresh.live(refusing_container, *rows("container"), "--model", "MiniMax-M2").assert_outcomes(failed=1, xfailed=1)


# --- faults of the suite


def test_a_case_that_breaks_is_an_error_and_no_verdict(project: Project) -> None:
    def breaks(_: Endpoint) -> NoReturn:
        raise ZeroDivisionError("of our own")

    project.monkeypatch.setitem(CASES, "container", [replace(CASES["container"][0], run=breaks)])
    result = project.replay("--report-dir", "out", SYSTEM, CONTAINER)
    result.assert_outcomes(errors=1, passed=1)
    assert "ZeroDivisionError: of our own" in result.stdout.str()
    assert CONTAINER not in project.verdicts("out")


def test_a_case_that_phones_home_in_a_replay_is_an_error(project: Project) -> None:
    def phones_home(_: Endpoint) -> NoReturn:
        with socket.create_connection(("127.0.0.1", 9)):
            raise AssertionError("somebody answered")

    project.monkeypatch.setitem(CASES, "container", [replace(CASES["container"][0], run=phones_home)])
    result = project.replay(*rows("container"))
    result.assert_outcomes(errors=1)
    assert "fault of the suite: a replay tried to reach the network" in plainly(result).splitlines()


# --- no network


def test_no_network_lets_nothing_out_and_goes_away_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        attempts = (
            lambda: socket.create_connection(address).close(),
            lambda: socket.getaddrinfo("localhost", 80),
            lambda: socket.gethostbyname("localhost"),
            lambda: socket.gethostbyname_ex("localhost"),
            lambda: socket.gethostbyaddr("127.0.0.1"),
            lambda: _with_socket(lambda one: one.connect(address)),
            lambda: _with_socket(lambda one: one.connect_ex(address)),
            lambda: _with_socket(lambda one: one.sendto(b"hello", address)),
        )
        for attempt in attempts:
            with no_network(), pytest.raises(SuiteFault, match="tried to reach the network"):
                attempt()
        socket.create_connection(address).close()


def _with_socket(use: object) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        use(one)  # type: ignore[operator]


OFFLINE = """
import socket
from contextlib import suppress

with suppress(ImportError):  # vcrpy imports it where it is installed, and it looks for IPv6 by a bind as it is imported
    import urllib3.util.connection

def refuse(*_, **__):
    raise SystemExit("the network was touched")


for name in ("connect", "connect_ex", "bind", "sendto", "sendmsg"):
    setattr(socket.socket, name, refuse)
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "create_connection"):
    setattr(socket, name, refuse)
"""


def own_network() -> list[str]:
    """A command that runs another one where there is no network at all; nothing, where this machine has none."""
    for command in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        if (
            shutil.which("unshare")
            and not subprocess.run([*command, "true"], capture_output=True, check=False).returncode
        ):
            return command
    return []


def test_a_replay_never_touches_the_network_and_is_the_same_without(project: Project) -> None:
    as_documented(project.replay("--report-dir", "with", *EVERYTHING))
    project.path.joinpath("offline.py").write_text(OFFLINE, "utf-8")
    project.monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(project.path), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "pytest", "-p", "offline", "--report-dir", "without", *EVERYTHING]
    done = subprocess.run([*own_network(), *command], cwd=project.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.report("with") == project.report("without")
