"""Services as they are: busy, sick, cut short. None of it is ever a verdict, and none of it is kept."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest
from front_door import (
    CONTAINER,
    EVERYTHING,
    MODEL,
    STREAM,
    SYSTEM,
    Project,
    Recordings,
    as_documented,
    plainly,
    rows,
    timeless,
    verdicts,
)
from services import (
    Answer,
    Asked,
    Habit,
    always,
    blank,
    blank_at_random,
    busy_at_first,
    cutting_first_streams,
    failing_at_random,
    failing_every,
    service,
)

from conformance.http.evidence import source_of
from conformance.values import Source


def row(report: dict[str, Any], feature: str) -> dict[str, Any]:
    """The row of a feature."""
    (found,) = (row for row in report["results"] if (row["model"], row["feature"]) == (MODEL, feature))
    return found


def asked(report: dict[str, Any]) -> dict[str, str]:
    """The source of every case that asked something itself, by its node id; inspections ask nothing."""
    cases = [case for row in report["results"] for case in row["cases"]]
    return {case["id"]: case["source"] for case in cases if case["requests"]}


# --- transient trouble


@pytest.mark.parametrize("status", [408, 429, 502, 503, 529])
def test_what_was_waited_out_is_not_on_a_cassette(fresh: Project, recordings: Recordings, status: int) -> None:
    with service(busy_at_first(status)) as url:
        as_documented(fresh.live(url, *EVERYTHING))
    assert {status for nodeid in (CONTAINER, SYSTEM, STREAM) for status in fresh.statuses(nodeid)} == {200}
    assert timeless(fresh.verdicts()) == timeless(verdicts(recordings.report))


def test_a_stream_that_is_cut_is_asked_for_again(fresh: Project) -> None:
    with service(cutting_first_streams()) as url:
        result = fresh.live(url, STREAM)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["came and went, was asked again for and is on no recording: * (* time*)"])
    assert "event: message_stop" in fresh.cassette(STREAM).read_text("utf-8")


def test_what_never_ends_is_inconclusive_and_leaves_no_cassette(fresh: Project, recordings: Recordings) -> None:
    with service(always(529, given="container")) as url:
        result = fresh.live(url, "-rs", SYSTEM, CONTAINER)
    result.assert_outcomes(passed=1, skipped=1)
    assert result.ret == pytest.ExitCode.OK
    reason = "service: the service answered 529 (6 tries)"
    result.stdout.fnmatch_lines(
        ["recorded 1 cases, 1 without a recording", f"SKIPPED [[]1] matrix.yaml:*: inconclusive: {reason}"]
    )
    assert not fresh.cassette(CONTAINER).exists()
    report = fresh.report()
    assert (row(report, "container")["verdict"], row(report, "container")["cases"][0]["reason"]) == (
        "inconclusive",
        reason,
    )
    assert fresh.verdicts()[SYSTEM] == verdicts(recordings.report)[SYSTEM]


def test_an_older_recording_is_neither_lost_nor_judged_in_its_place(project: Project) -> None:
    before = project.cassette(CONTAINER).read_bytes()
    with service(always(529, given="container")) as url:
        project.live(url, *rows("container")).assert_outcomes(skipped=1)
    assert project.cassette(CONTAINER).read_bytes() == before
    assert project.verdicts()[CONTAINER] == ("inconclusive", "inconclusive")


def test_a_service_that_is_only_busy_stops_the_run(fresh: Project) -> None:
    with service(always(529, given="messages")) as url:
        result = fresh.live(url, *rows("container"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{url} is not well: the service answered 529 (6 tries)" in plainly(result)


# --- failures


def test_a_500_that_comes_with_the_treatment_every_time_is_a_refusal(fresh: Project) -> None:
    with service(always(500, given="container")) as url:
        result = fresh.live(url, SYSTEM, CONTAINER)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*observed*rejected: container is refused (500: simulated trouble); the status blames *"]
    )
    assert fresh.verdicts()[CONTAINER] == ("rejected", "falls_short")
    assert fresh.statuses(CONTAINER) == {200, 500}


@pytest.mark.parametrize("status", [502, 503])
def test_a_gateways_status_that_waiting_does_not_change_is_a_refusal(fresh: Project, status: int) -> None:
    with service(always(status, given="container")) as url:
        result = fresh.live(url, SYSTEM, CONTAINER)
    result.assert_outcomes(passed=1, failed=1)
    assert fresh.verdicts()[CONTAINER] == ("rejected", "falls_short")
    assert fresh.statuses(CONTAINER) == {200, status}


def test_a_limit_told_as_a_text_is_no_answer_where_a_fault_was_looked_into(fresh: Project) -> None:
    count = 0

    def faulty_then_busy(asked: Asked) -> Answer | None:
        nonlocal count
        if not asked.has("container"):
            return None
        count += 1
        return Answer(200) if count % 2 else Answer(200, said="Rate limit exceeded, please try again later.")

    with service(faulty_then_busy) as url:
        fresh.live(url, "--concurrency", "1", SYSTEM, CONTAINER).assert_outcomes(passed=1, skipped=1)
    assert fresh.verdicts()[CONTAINER] == ("inconclusive", "inconclusive")


def test_a_timeout_is_trouble_however_often_it_comes(fresh: Project) -> None:
    with service(always(504, given="container")) as url:
        fresh.live(url, SYSTEM, CONTAINER).assert_outcomes(passed=1, skipped=1)
    assert fresh.verdicts()[CONTAINER] == ("inconclusive", "inconclusive")


def test_a_gateways_status_that_plain_requests_get_as_well_is_trouble(fresh: Project) -> None:
    count = 0

    def flooded(asked: Asked) -> Answer | None:
        nonlocal count
        count += bool(asked.body.get("container"))
        return Answer(503) if count else None  # from the first treatment on, for everybody

    with service(flooded) as url:
        result = fresh.live(url, "--concurrency", "1", *rows("system", "container"))
    assert {verdict for _, verdict in fresh.verdicts().values()} <= {"conforms", "inconclusive", None}
    assert "falls_short" not in plainly(result)


@pytest.mark.parametrize(
    "habit",
    [
        pytest.param(failing_every(2), id="every second answer"),
        pytest.param(failing_every(3), id="every third"),
        pytest.param(failing_every(5), id="every fifth"),
        pytest.param(failing_at_random(0.5, seed=1), id="half of them"),
        pytest.param(failing_at_random(0.1, seed=2), id="one in ten"),
    ],
)
def test_a_500_that_comes_and_goes_is_never_a_verdict(fresh: Project, habit: Habit) -> None:
    with service(habit) as url:
        result = fresh.live(url, "--concurrency", "1", SYSTEM, CONTAINER)
    assert result.ret == pytest.ExitCode.OK
    assert set(result.parseoutcomes()) <= {"passed", "skipped"}
    seen = fresh.verdicts()
    assert {seen[nodeid] for nodeid in (CONTAINER, SYSTEM) if nodeid in seen} <= {
        ("honoured", "conforms"),
        ("ignored", "conforms"),
        ("inconclusive", "inconclusive"),
    }
    # The inspections of what was recorded are in the report as well; of some of them nothing is documented, and
    # some find nothing there to look at.
    assert set(seen.values()) <= {
        ("honoured", "conforms"),
        ("honoured", None),
        ("accepted", "conforms"),
        ("accepted", None),
        ("ignored", "conforms"),
        ("inconclusive", "inconclusive"),
        ("inconclusive", None),
    }
    for nodeid in (CONTAINER, SYSTEM):
        if fresh.cassette(nodeid).exists():
            assert fresh.statuses(nodeid) == {200}


# --- a success that holds nothing


def test_an_empty_200_that_comes_with_the_treatment_every_time_is_a_refusal(fresh: Project) -> None:
    with service(blank(given="container")) as url:
        result = fresh.live(url, SYSTEM, CONTAINER)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*observed*rejected: container is refused (200: without a word); the error came *"])
    assert fresh.verdicts()[CONTAINER] == ("rejected", "falls_short")


@pytest.mark.parametrize(("share", "seed"), [(0.5, 1), (0.1, 2)])
def test_an_empty_200_that_comes_and_goes_is_never_a_verdict(fresh: Project, share: float, seed: int) -> None:
    with service(blank_at_random(share, seed=seed)) as url:
        result = fresh.live(url, "--concurrency", "1", SYSTEM, CONTAINER)
    assert result.ret == pytest.ExitCode.OK
    assert set(result.parseoutcomes()) <= {"passed", "skipped"}
    assert {seen[1] for seen in fresh.verdicts().values()} <= {"conforms", "inconclusive", None}


def test_an_empty_200_for_everything_stops_the_run(fresh: Project) -> None:
    with service(blank(given="messages")) as url:
        result = fresh.live(url, CONTAINER)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "is not well" in plainly(result)


def test_a_malformed_streamed_request_that_gets_an_empty_200_is_a_finding(fresh: Project) -> None:
    with service(mutant="errors.stream-blank") as url:
        fresh.live(url, *rows("errors.stream")).assert_outcomes(passed=1)
    (case,) = row(fresh.report(), "errors.stream")["cases"]
    assert (case["behaviour"], case["verdict"]) == ("ignored", None)
    assert "it gets 200 with nothing (text/event-stream)" in case["summary"]


# --- where evidence comes from


def test_the_simulator_says_so_wherever_the_report_is_read(fresh: Project, documented: str) -> None:
    result = fresh.live(documented, SYSTEM)
    report = fresh.report()
    assert asked(report) == {SYSTEM: "simulator"}
    seen = len(fresh.verdicts())  # the one that was asked, and the inspections of what it recorded
    assert report["sources"] == {"simulator": seen, "live": 0, "local": 0}
    assert report["notice"].startswith(f"SIMULATED EVIDENCE. {seen} of ")
    directory = fresh.path / "reports" / "minimax"
    assert f"> **{report['notice']}**" in directory.joinpath("report.md").read_text("utf-8")
    assert report["notice"] in directory.joinpath("index.html").read_text("utf-8")
    # The terminal counts what was selected.
    told = " ".join(result.outlines)
    assert re.search(r"SIMULATED EVIDENCE\. 1 of 1 cells? .* simulator .* NOTHING about MiniMax", told)


def test_no_option_makes_the_simulator_anything_else(fresh: Project, documented: str) -> None:
    fresh.live(documented.replace("127.0.0.1", "localhost"), SYSTEM).assert_outcomes(passed=1)
    assert asked(fresh.report()) == {SYSTEM: "simulator"}
    assert fresh.report()["sources"] == {"simulator": len(fresh.verdicts()), "live": 0, "local": 0}


def test_a_service_of_ones_own_is_local(fresh: Project) -> None:
    with service(stamped=False) as url:
        result = fresh.live(url, SYSTEM)
    report = fresh.report()
    assert asked(report) == {SYSTEM: "local"}
    seen = len(fresh.verdicts())
    assert report["sources"] == {"simulator": 0, "live": 0, "local": seen}
    assert "notice" not in report
    # The terminal counts what was selected.
    result.stdout.fnmatch_lines(["Evidence: 1 cell from a service on a local machine, none from the live service."])
    for name in ("report.md", "index.html"):
        text = (fresh.path / "reports" / "minimax" / name).read_text("utf-8")
        # A page's script knows every word the page may say.
        assert "SIMULATED" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_one_simulated_cell_is_enough_for_the_notice(project: Project) -> None:
    with service(stamped=False) as url:
        project.live(url, "--cassettes", "mine", "--report-dir", "mine", SYSTEM).assert_outcomes(passed=1)
    simulated = project.cassette(CONTAINER).read_bytes()
    shutil.rmtree(project.path / "cassettes")  # no run mixes two services; people who copy files can
    shutil.move(project.path / "mine", project.path / "cassettes")
    project.cassette(CONTAINER).parent.mkdir(parents=True)
    project.cassette(CONTAINER).write_bytes(simulated)
    project.replay("--report-dir", "mixed", SYSTEM, CONTAINER).assert_outcomes(passed=2)
    report = project.report("mixed")
    assert asked(report) == {SYSTEM: "local", CONTAINER: "simulator"}
    assert report["notice"].startswith(f"SIMULATED EVIDENCE. {report['sources']['simulator']} of ")


@pytest.mark.parametrize(
    ("endpoint", "source"),
    [
        ("https://api.minimaxi.com/anthropic", Source.LIVE),
        ("http://10.0.0.7:8000", Source.LIVE),
        ("http://127.0.0.1.example.com", Source.LIVE),
        ("http://127.0.0.1:8080", Source.LOCAL),
        ("http://127.8.8.8", Source.LOCAL),
        ("http://[::1]:8080/v9", Source.LOCAL),
        ("http://localhost", Source.LOCAL),
        ("http://models.localhost:1", Source.LOCAL),
    ],
)
def test_a_loopback_address_is_local(endpoint: str, source: Source) -> None:
    assert source_of([], endpoint) is source
