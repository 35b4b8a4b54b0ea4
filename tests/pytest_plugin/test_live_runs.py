"""Live runs that end early, go on later, and never lose what was recorded."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from front_door import (
    CONTAINER,
    EVERYTHING,
    EXPERIMENTS,
    KEY,
    MODEL,
    ROOT,
    STREAM,
    SYSTEM,
    Project,
    plainly,
    rows,
    traces_of_key,
)
from services import CUT, Answer, Asked, Habit, again, always, parts, repeating_the_key, service
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.http.cassette import Cassette
from conformance.report.load import load
from conformance.report.merge import merge
from conformance.simulator import create_app, serving


class Counting:
    """How many requests came; a habit that leaves every answer to the simulator."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []

    def __call__(self, asked: Asked) -> None:
        self.bodies.append(dict(asked.body))


def last(result: pytest.RunResult) -> str:
    """The very last line."""
    return [line for line in plainly(result).splitlines() if line.strip()][-1]


def case_of(project: Project, nodeid: str) -> dict[str, object]:
    (found,) = (c for row in project.report()["results"] for c in row["cases"] if c["id"] == nodeid)
    return found


def recorded(directory: Path) -> list[Path]:
    """Every file among the recordings, each of which is whole."""
    files = [file for file in directory.rglob("*") if file.is_file()]
    for file in files:
        Cassette.load(file)
    return files


# --- budgets


@pytest.mark.parametrize("most", [7, 15])
def test_a_bound_on_requests_is_kept_and_what_was_recorded_stays(fresh: Project, most: int) -> None:
    counting = Counting()
    with service(counting) as url:
        result = fresh.live(url, "--max-requests", str(most), *EVERYTHING)
        assert len(counting.bodies) <= most
        assert result.ret == pytest.ExitCode.INTERRUPTED
        assert re.match(r"stopped before the end: .*budget.*; \d+ of \d+ cases were not reached", last(result))
        reasons = {case.get("reason") for row in fresh.report()["results"] for case in row["cases"]}
        assert any("budget" in str(reason) for reason in reasons)
        done = len(recorded(fresh.path / "cassettes"))
        assert 0 < done < EXPERIMENTS
        again = fresh.live(url, "--resume", *EVERYTHING)
    assert again.ret == pytest.ExitCode.OK
    again.stdout.fnmatch_lines([f"resuming: {done} of {EXPERIMENTS} cases have a finished recording"])
    assert len(recorded(fresh.path / "cassettes")) == EXPERIMENTS


def test_a_bound_on_cost_is_kept(fresh: Project, documented: str) -> None:
    result = fresh.live(documented, "--max-cost", "0.004", *EVERYTHING)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "budget" in last(result)
    assert 0 < len(recorded(fresh.path / "cassettes")) < EXPERIMENTS


def test_a_bound_that_nothing_fits_in_asks_nothing_but_the_first_request(fresh: Project) -> None:
    counting = Counting()
    with service(counting) as url:
        result = fresh.live(url, "--max-requests", "1", *rows("system"))
    assert len(counting.bodies) == 1
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_with_xdist_there_is_one_rate_and_one_budget(fresh: Project) -> None:
    counting = Counting()
    with service(counting) as url:
        result = fresh.live(url, "-n", "2", "--max-requests", "15", *EVERYTHING)
    assert 0 < len(counting.bodies) <= 15
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert sum(line.startswith("recording ") for line in result.outlines) == 1
    assert "budget" in last(result)


# --- resuming


def test_resuming_asks_only_for_what_is_not_there(fresh: Project) -> None:
    counting = Counting()
    with service(counting) as url:
        fresh.live(url, *EVERYTHING)
        before, first = len(counting.bodies), fresh.report()
        fresh.cassette(SYSTEM).unlink()
        fresh.live(url, "--resume", *EVERYTHING)
        asked = len(counting.bodies) - before
        assert 0 < asked <= 5
        assert fresh.verdicts() == {
            case["id"]: (case["behaviour"], case["verdict"])
            for row in first["results"]
            for case in row["cases"]
            if case["behaviour"]
        }


def test_resuming_does_not_mix_two_services(project: Project) -> None:
    counting = Counting()
    with service(counting, stamped=False) as url:  # the recordings there are came from the simulator
        refused = project.live(url, "--resume", SYSTEM)
        assert refused.ret == pytest.ExitCode.USAGE_ERROR
        assert len(counting.bodies) == 1, "the plain request that tells who answers"
        project.live(url, "--resume", "--replace-evidence", SYSTEM).assert_outcomes(passed=1)
    assert len(counting.bodies) > 2
    sources = project.report()["sources"]
    assert (sources["simulator"], sources["live"]) == (0, 0)
    assert sources["local"] >= 1


# --- interruptions


class Hanging:
    """Answers everything but what has a system prompt, which it leaves hanging for a minute."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.reached = Event()
        self.is_well = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b"".join([part async for part in parts(receive)])
        if b'"system"' in body and not self.is_well:
            self.reached.set()
            await asyncio.sleep(60)
        await self._app(scope, again(body, receive), send)


@contextmanager
def hanging() -> Iterator[tuple[str, Hanging]]:
    app = Hanging(create_app(paced=False))
    with serving(app) as url:
        yield url, app


@contextmanager
def running(project: Project, url: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """The command people type, in a process that can be sent signals."""
    # Where the tests themselves run in a shell's background, SIGINT is ignored, and that is inherited.
    start = (
        "import signal, sys, pytest; signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(pytest.main())"
    )
    command = [sys.executable, "-c", start, "--live", "--endpoint", url, *args]
    environment = {**os.environ, "ANTHROPIC_API_KEY": KEY}
    with subprocess.Popen(
        command, cwd=project.path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def when_all_else_is_recorded(project: Project, app: Hanging) -> None:
    """The stream's case is on a cassette, and the system's first request hangs."""
    assert app.reached.wait(60)
    pause = Event()
    for _ in range(600):
        if project.cassette(STREAM).exists():
            return
        pause.wait(0.1)
    raise AssertionError("nothing was recorded")


@pytest.mark.parametrize("args", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_ctrl_c_waits_for_nobody_and_still_reports(fresh: Project, args: list[str]) -> None:
    with hanging() as (url, app), running(fresh, url, *args, SYSTEM, STREAM) as process:
        when_all_else_is_recorded(fresh, app)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=40)  # what hangs, hangs for a minute
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in printed
    assert printed.strip().splitlines()[-1].startswith("stopped before the end: interrupted; 1 of 2 cases")
    assert case_of(fresh, SYSTEM)["verdict"] == "not_run"
    assert case_of(fresh, SYSTEM)["reason"] == "interrupted"
    assert case_of(fresh, STREAM)["verdict"] == "conforms"
    assert not traces_of_key(printed.encode())


def test_a_second_ctrl_c_breaks_nothing(fresh: Project) -> None:
    with hanging() as (url, app), running(fresh, url, SYSTEM, STREAM) as process:
        when_all_else_is_recorded(fresh, app)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)
    assert process.returncode != 0
    assert recorded(fresh.path / "cassettes") == [fresh.cassette(STREAM)]


def test_a_kill_loses_what_is_in_flight_and_no_more(fresh: Project) -> None:
    with hanging() as (url, app):
        with running(fresh, url, SYSTEM, STREAM) as process:
            when_all_else_is_recorded(fresh, app)
            process.kill()
            process.communicate()
        assert recorded(fresh.path / "cassettes") == [fresh.cassette(STREAM)]
        before = fresh.cassette(STREAM).stat().st_mtime_ns
        app.is_well = True
        fresh.live(url, "--resume", SYSTEM, STREAM).assert_outcomes(passed=2)
        assert fresh.cassette(STREAM).stat().st_mtime_ns == before


# --- services that are gone, or were never there


def gone_after(answers: int) -> Habit:
    count = 0

    def habit(_: Asked) -> Answer | None:
        nonlocal count
        count += 1
        return Answer(503) if count > answers else None

    return habit


def test_a_service_that_is_gone_stops_the_run_and_keeps_what_was_said(fresh: Project) -> None:
    with service(gone_after(12)) as url:
        result = fresh.live(url, "--concurrency", "1", *EVERYTHING, *rows("tools", "messages"))
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert last(result).startswith("stopped before the end: the service is gone, nothing gets an answer any more")
    assert recorded(fresh.path / "cassettes")
    assert {verdict for _, verdict in fresh.verdicts().values()} <= {"conforms", "inconclusive", None}


def test_a_wrong_path_is_one_line(fresh: Project, documented: str) -> None:
    result = fresh.live(f"{documented}/wrong/path", *EVERYTHING)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "takes no plain request (404" in plainly(result)
    assert not list(fresh.path.rglob("cassettes"))


def test_a_run_that_records_nothing_does_not_pass(fresh: Project) -> None:
    with service(always(529, given="container")) as url:
        result = fresh.live(url, *rows("container"))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert last(result) == "nothing was recorded: service: the service answered 529 (6 tries)"


# --- streams


def test_streams_that_all_break_off_are_the_services_own_fault(fresh: Project) -> None:
    with service(lambda asked: CUT if asked.body.get("stream") else None) as url:
        fresh.live(url, *rows("stream", "system"))
    seen = {nodeid.split("::")[2]: cell for nodeid, cell in fresh.verdicts().items() if not nodeid.startswith("x")}
    assert fresh.verdicts()[STREAM] == ("inconclusive", "inconclusive")
    assert seen["stream.event_order"] == ("ignored", "falls_short")
    assert fresh.verdicts()[SYSTEM] == ("honoured", "conforms")


def test_a_stream_that_breaks_off_now_and_then_is_nobodys_fault(fresh: Project) -> None:
    count = 0

    def most_of_them(asked: Asked) -> Answer | None:
        nonlocal count
        count += 1
        return CUT if asked.body.get("stream") and count % 4 else None

    with service(most_of_them) as url:
        fresh.live(url, "--concurrency", "1", *rows("stream"))
    assert {verdict for _, verdict in fresh.verdicts().values()} <= {"conforms", "inconclusive", None}


# --- what did not change


def test_a_recording_that_says_the_same_stays_as_it_is(fresh: Project, documented: str) -> None:
    fresh.live(documented, SYSTEM)
    before = fresh.cassette(SYSTEM).stat().st_ino
    result = fresh.live(documented, SYSTEM)
    assert fresh.cassette(SYSTEM).stat().st_ino == before
    assert "nothing changed since the last report" in plainly(result)
    fresh.live(documented, "--refresh", SYSTEM)
    assert fresh.cassette(SYSTEM).stat().st_ino != before


def test_a_run_says_what_changed_since_the_last(fresh: Project, documented: str) -> None:
    fresh.live(documented, *rows("container"))
    with service(mutant="container-rejected") as url:
        result = fresh.live(url, *rows("container"))
    assert f"  worse: container, {MODEL}: ignored -> rejected" in plainly(result)


def test_old_evidence_is_reported_and_the_report_stays_the_same(project: Project) -> None:
    project.replay("--report-dir", "fresh", *EVERYTHING)
    cassette = project.cassette(SYSTEM)
    text = re.sub(r"recorded_at: .*", "recorded_at: '2020-01-01T00:00:00Z'", cassette.read_text("utf-8"))
    cassette.write_text(text, "utf-8")
    result = project.replay("--report-dir", "old", *EVERYTHING)
    assert re.search(r"stale evidence: \d+ of \d+ rows rest on recordings older than 90 days", plainly(result))
    assert "stale" not in (project.path / "old" / "minimax" / "report.json").read_text("utf-8").lower()
    project.replay("--report-dir", "asked", "--max-age", "30", *EVERYTHING)
    assert "Stale evidence: " in project.report("asked")["notice"]


# --- shards


def listed(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("matrix.yaml::")]


@pytest.mark.parametrize("count", [2, 3, 7, 12])
def test_shards_are_parts_of_the_whole(fresh: Project, count: int) -> None:
    every = listed(fresh.replay("--collect-only", "-q"))
    parts = [listed(fresh.replay("--collect-only", "-q", "--shard", f"{n}/{count}")) for n in range(1, count + 1)]
    together = [node for part in parts for node in part]
    assert len(set(together)) == len(together)
    if count <= 7:
        assert sorted(together) == sorted(every)
        models = [{node.split("::")[1] for node in part} for part in parts]
        assert sum(map(len, models)) == 7
    else:
        left = set(every) - set(together)  # the inspections, which need all recordings of their model
        assert {node.split("::")[2] for node in left} >= {"stream.event_order", "errors.envelope"}
        assert max(map(len, parts)) <= 1.5 * min(map(len, parts))


def test_reports_of_shards_join_to_that_of_one_run(fresh: Project) -> None:
    for model in ("MiniMax-M2.7", "MiniMax-M2"):
        for feature in ("stream", "container"):
            some = Path("cassettes", "minimax", model, feature)
            shutil.copytree(ROOT / some, fresh.path / some)
    where = ["--feature", "stream", "--feature", "container"]
    fresh.replay("--report-dir", "whole", *where)
    for n in (1, 2):
        fresh.replay("--report-dir", f"part{n}", "--shard", f"{n}/2", *where)
    parts = [load(fresh.path / f"part{n}" / "minimax" / "report.json") for n in (1, 2)]
    assert json.loads(json.dumps(merge(parts, newer=False).report.data())) == fresh.report("whole")


def test_a_shard_has_its_part_of_the_budget(fresh: Project) -> None:
    counting = Counting()
    with service(counting) as url:
        fresh.live(url, "--shard", "1/7", "--max-requests", "70", "--feature", "system")
    assert 0 < len(counting.bodies) <= 10


# --- options


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--rpm", "0"], "--rpm must be more than 0"),
        (["--rpm", "fast"], "--rpm fast: not a number"),
        (["--max-requests", "0"], "--max-requests must be at least 1"),
        (["--max-requests", "2.5"], "--max-requests 2.5: not a whole number"),
        (["--max-cost", "nan"], "--max-cost nan: not a number to count with"),
        (["--timeouts", "read=5"], "--timeouts read: no phase of a request; there are connect, first, between, whole"),
        (["--timeouts", "first=0"], "--timeouts first must be more than 0"),
        (["--shard", "3/2"], "--shard '3/2' is no shard; write 2/8 for the second of eight"),
        (["--shard", "1/8", "--max-requests", "3", "--shard", "8/8"], "--max-requests 3 leaves nothing for shard 8/8"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_option_that_makes_no_sense_is_one_line(fresh: Project, args: list[str], said: str) -> None:
    result = fresh.replay(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {said}" in plainly(result).splitlines()


def test_times_are_for_a_phase_each(fresh: Project) -> None:
    with hanging() as (url, app):
        result = fresh.live(url, "--timeouts", "first=0.3,whole=5", "--concurrency", "2", SYSTEM, STREAM)
        assert app.reached.is_set()
    result.assert_outcomes(passed=1, skipped=1)
    assert case_of(fresh, SYSTEM)["reason"] == "network: nothing of an answer for 0.3 s (6 tries)"


def test_a_quiet_run_shows_no_progress(fresh: Project, documented: str) -> None:
    assert "in flight" in plainly(fresh.live(documented, SYSTEM))
    assert "in flight" not in plainly(fresh.live(documented, "-q", SYSTEM))


# --- the key


@pytest.mark.parametrize("level", [[], ["-p", "no:logging"], ["--log-level=DEBUG", "--log-cli-level=DEBUG"]], ids=str)
def test_no_log_at_any_level_has_the_key(fresh: Project, level: list[str]) -> None:
    fresh.monkeypatch.setenv("ANTHROPIC_LOG", "debug")
    with service(repeating_the_key(given="container")) as url:
        result = fresh.live(url, *level, "-rA", SYSTEM, CONTAINER, command=True)
    result.assert_outcomes(passed=1, failed=1)


def test_a_redirect_is_not_followed(fresh: Project) -> None:
    elsewhere = Counting()
    with service(elsewhere) as other:
        away = Answer(307, headers={"location": f"{other.replace('127.0.0.1', 'localhost')}/v1/messages"})
        with service(lambda asked: away if asked.has("container") else None) as url:
            fresh.live(url, SYSTEM, CONTAINER).assert_outcomes(passed=1, skipped=1)
    assert elsewhere.bodies == []
