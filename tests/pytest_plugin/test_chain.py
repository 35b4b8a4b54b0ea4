"""From nothing to a report, and back: recording, replaying, selecting."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from front_door import (
    CONTAINER,
    EVERYTHING,
    EXPERIMENTS,
    KEY,
    MODEL,
    SYSTEM,
    Project,
    Recordings,
    as_documented,
    edit,
    plainly,
    rows,
    timeless,
    traces_of_key,
    verdicts,
)


def listed(result: pytest.RunResult) -> list[str]:
    """The node ids of ``--collect-only -q``."""
    return [line for line in result.outlines if line.startswith("matrix.yaml::")]


# --- recording and replaying


def test_a_live_run_records_and_judges(recordings: Recordings) -> None:
    seen = verdicts(recordings.report)
    assert seen[CONTAINER] == ("ignored", "conforms")
    assert seen[SYSTEM] == ("honoured", "conforms")
    # Inspections that were not asked for look at what is recorded, too; of some features nothing is documented.
    assert {verdict for _, verdict in seen.values()} <= {"conforms", "inconclusive", None}
    assert f"recorded {EXPERIMENTS} cases" in recordings.printed
    assert not traces_of_key(recordings.printed.encode())


def test_a_replay_gives_the_verdicts_of_the_live_run(project: Project, recordings: Recordings) -> None:
    as_documented(project.replay("--report-dir", "again", *EVERYTHING))
    assert project.report("again") == recordings.report


def test_every_replay_writes_the_same_bytes_with_xdist_too(project: Project) -> None:
    assert project.replay("--report-dir", "first", *EVERYTHING).ret == 0
    assert project.replay("--report-dir", "second", *EVERYTHING).ret == 0
    assert project.replay("--report-dir", "third", "-n", "2", *EVERYTHING).ret == 0
    for name in ("report.json", "report.md", "index.html"):
        first, second, third = (
            (project.path / run / "minimax" / name).read_bytes() for run in ("first", "second", "third")
        )
        assert first == second == third


def test_with_xdist_one_worker_judges_a_model(project: Project) -> None:
    """Inspections read every recording of their model: on two workers everything would be read twice."""
    result = project.replay("-n", "2", "-v", command=True)
    workers: dict[str, set[str]] = {}
    for worker, model in re.findall(r"\[(gw\d+)\].* matrix\.yaml::([^:]+)::", result.stdout.str()):
        workers.setdefault(model, set()).add(worker)
    assert len(workers) > 2
    assert {len(names) for names in workers.values()} == {1}
    assert len(set.union(*workers.values())) == 2


def test_with_xdist_one_process_records_and_another_judges(
    fresh: Project, documented: str, recordings: Recordings
) -> None:
    result = fresh.live(documented, "-n", "1", *EVERYTHING)
    as_documented(result)
    result.stdout.fnmatch_lines([f"recording {EXPERIMENTS} cases of 1 models, 8 at a time, from {documented}"])
    assert timeless(fresh.verdicts()) == timeless(verdicts(recordings.report))


def test_only_what_is_selected_is_asked(fresh: Project, documented: str) -> None:
    fresh.live(documented, CONTAINER).assert_outcomes(passed=1)
    assert [file.name for file in fresh.path.rglob("cassettes/**/*.yaml")] == ["an_unknown_container_is_missed.yaml"]


def test_the_environment_may_name_the_endpoint_and_either_kind_of_key(fresh: Project, documented: str) -> None:
    fresh.monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{documented}/anthropic/")
    fresh.monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", KEY)
    fresh.replay("--live", CONTAINER).assert_outcomes(passed=1)
    assert f"endpoint: {documented}/anthropic\n" in fresh.cassette(CONTAINER).read_text("utf-8")


def test_a_recording_can_move_to_another_endpoint(fresh: Project, documented: str) -> None:
    fresh.live(f"{documented}/anthropic", SYSTEM).assert_outcomes(passed=1)
    edit(fresh.matrix, "https://api.minimaxi.com/anthropic", "https://elsewhere.example/v9/compatible")
    fresh.replay(SYSTEM).assert_outcomes(passed=1)


def test_a_model_that_the_matrix_does_not_list_can_be_asked(fresh: Project) -> None:
    from services import service  # noqa: PLC0415

    with service(mutant="models.unlisted-served") as url:
        fresh.live(url, *rows("container", model="next/model")).assert_outcomes(passed=1)
    assert fresh.path.joinpath("cassettes/minimax/next%2Fmodel/container/an_unknown_container_is_missed.yaml").exists()
    assert {nodeid.split("::")[1] for nodeid in fresh.verdicts()} == {"next/model"}
    fresh.replay(*rows("container", model="next/model")).assert_outcomes(passed=1)


def test_a_stream_that_loses_its_thoughts_keeps_neither_statement(fresh: Project) -> None:
    """One case keeps what the table says, another what the note says: neither holds."""
    from services import service  # noqa: PLC0415

    with service(mutant="thinking-ignored-in-streams") as url:
        live = fresh.live(url, "--model", MODEL, "--feature", "thinking")
    neither = "contradiction: thinking is documented as supported and ignored; * none of the statements holds*"
    live.stdout.fnmatch_lines([f"falls short: thinking, *{MODEL}*", neither])
    (row,) = [one for one in fresh.report()["results"] if (one["feature"], one["model"]) == ("thinking", MODEL)]
    assert (row["verdict"], row["holds"]) == ("falls_short", [])
    assert {case["id"].rpartition("::")[2]: case["verdict"] for case in row["cases"]} == {
        "enabled_thinks_and_disabled_does_not": "conforms",
        "a_stream_thinks_as_well": "falls_short",
        "it_thinks_in_company": "not_applicable",  # it does not over a stream alone: one finding is enough
    }
    again = fresh.replay("--model", MODEL, "--feature", "thinking")
    assert again.parseoutcomes() == live.parseoutcomes()
    page = fresh.path.joinpath("reports", "minimax", "report.md").read_text("utf-8")
    assert "none of the statements holds" in page


def test_the_simulator_of_the_command_line_keeps_what_the_page_says(fresh: Project) -> None:
    with simulated() as url:
        live = fresh.live(url, "--model", MODEL, "--cassettes", "new/cassettes", "--report-dir", "new/reports")
    assert live.ret == pytest.ExitCode.OK
    summary = fresh.report("new/reports")["summary"]
    assert (summary["falls_short"], summary["inconclusive"], summary["exceeds"]) == (0, 0, 0)
    live.stdout.fnmatch_lines([f"contradiction: thinking is documented as supported and ignored; {MODEL}: *"])
    before = fresh.path.joinpath("new", "reports", "minimax", "report.json").read_bytes()
    again = fresh.replay("--model", MODEL, "--cassettes", "new/cassettes", "--report-dir", "new/reports")
    assert again.parseoutcomes() == live.parseoutcomes()
    assert fresh.path.joinpath("new", "reports", "minimax", "report.json").read_bytes() == before


@contextmanager
def simulated() -> Iterator[str]:
    """The service as people start it, and its URL as they read it."""
    command = [sys.executable, "-m", "conformance", "simulate", "--port", "0", "--unpaced"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert "everything this service says is simulated" in said
            yield said.split()[0]
        finally:
            process.terminate()


# --- directories


@pytest.fixture
def elsewhere(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings in a directory outside, with a pytest configuration of its own to fall over."""
    directory = tmp_path_factory.mktemp("elsewhere")
    (project.path / "cassettes").rename(directory / "cassettes")
    (directory / "cassettes" / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", "utf-8")
    (directory / "cassettes" / "conftest.py").write_text("raise RuntimeError('not asked for')\n", "utf-8")
    (directory / "reports").mkdir()
    return directory


@pytest.mark.parametrize("joined", [False, True], ids=["--opt DIR", "--opt=DIR"])
def test_directories_that_exist_are_not_taken_for_tests(project: Project, elsewhere: Path, joined: bool) -> None:
    given = {"--cassettes": elsewhere / "cassettes", "--report-dir": elsewhere / "reports"}
    words = [f"{name}={value}" if joined else str(word) for name, value in given.items() for word in (name, value)]
    words = list(dict.fromkeys(words)) if joined else words
    result = project.replay(*words, *rows("container"))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"rootdir: {project.path}", "configfile: pyproject.toml", "testpaths: matrix.yaml"])
    assert verdicts(json.loads((elsewhere / "reports" / "minimax" / "report.json").read_text("utf-8")))


def test_directories_are_relative_to_where_the_command_is_given(project: Project) -> None:
    below = project.path / "below"
    below.mkdir()
    project.monkeypatch.chdir(below)
    project.replay(
        "../matrix.yaml", "--cassettes", "../cassettes", "--report-dir", "out", *rows("container")
    ).assert_outcomes(passed=1)
    assert (below / "out" / "minimax" / "report.json").exists()


@pytest.mark.parametrize("option", ["--junit-xml", "-k", "-c"])
def test_the_value_of_any_option_may_be_something_that_exists(project: Project, option: str) -> None:
    project.path.joinpath("container").write_bytes(project.path.joinpath("pyproject.toml").read_bytes())
    value = {"-c": "pyproject.toml"}.get(option, "container")
    project.replay(option, value, "--cassettes", "cassettes", *rows("container")).assert_outcomes(passed=1)


def test_a_matrix_may_be_named_from_anywhere(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    project.monkeypatch.chdir(tmp_path_factory.mktemp("away"))
    result = project.replay(project.matrix, "--cassettes", project.path / "cassettes", *rows("container"))
    result.assert_outcomes(passed=1)


# --- selecting


@pytest.mark.parametrize(
    ("selection", "nodeids"),
    [
        ([CONTAINER], [CONTAINER]),
        ([f"matrix.yaml::{MODEL}::container"], [CONTAINER]),
        ([f"matrix.yaml::{MODEL}", "-k", "codeword"], [SYSTEM]),
        (["--model", MODEL, "-k", "container or codeword_comes"], [SYSTEM, CONTAINER]),
        (
            ["--model", "MiniMax-M2", "--model", MODEL, "--feature", "container"],
            [CONTAINER.replace(MODEL, "MiniMax-M2"), CONTAINER],
        ),
        (
            rows("container", "service_tier"),
            [f"matrix.yaml::{MODEL}::service_tier::a_tier_leaves_a_trace", CONTAINER],
        ),
    ],
    ids=[
        "node id",
        "part of one",
        "model and keyword",
        "keyword",
        "models in the order given",
        "features in the matrix's",
    ],
)
def test_cases_are_selected(fresh: Project, selection: list[str], nodeids: list[str]) -> None:
    assert listed(fresh.replay("--collect-only", "-q", *selection)) == nodeids


def test_a_node_id_is_printed_as_it_is_typed(project: Project) -> None:
    project.replay("-v", CONTAINER).stdout.fnmatch_lines([f"{CONTAINER} PASSED*"])


def test_a_feature_is_selected_with_all_that_refines_it(fresh: Project) -> None:
    nodes = listed(fresh.replay("--collect-only", "-q", *rows("temperature", "messages")))
    features = dict.fromkeys(node.split("::")[2] for node in nodes)
    pictures = ["image", "image.url", "image.in_a_result", "document", "document.pdf"]
    results = ["tool_result", "tool_result.order", "tool_result.is_error"]
    others = ["conversation", "prefill", "cache_control", "count_tokens"]
    parts = ["text", "tool_use", *results, "thinking", *pictures, *others]
    assert list(features) == ["temperature", "temperature.range", *(f"messages.{part}" for part in parts)]


def test_all_of_the_matrix_is_there_without_a_selection(fresh: Project) -> None:
    nodes = listed(fresh.replay("--collect-only", "-q"))
    assert len(nodes) == len(set(nodes))
    assert len({node.split("::")[1] for node in nodes}) == 7


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("contaner", "--feature contaner: matrix.yaml has no such feature; did you mean 'container'?"),
        ("messages.", "--feature messages.: matrix.yaml has no such feature; did you mean 'messages'?"),
        ("%", "--feature %: matrix.yaml has no such feature; --list-features shows them all"),
    ],
)
def test_a_feature_that_is_not_there_is_one_line(fresh: Project, feature: str, message: str) -> None:
    result = fresh.replay(*rows(feature))
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert plainly(result).splitlines().count(message) == 1


# --- reports


def test_a_replay_of_a_selection_leaves_the_report_alone(project: Project) -> None:
    report = project.path / "reports" / "minimax" / "index.html"
    report.parent.mkdir(parents=True)
    report.write_text("the whole of it", "utf-8")
    result = project.replay(*rows("container"))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["a selection was run: reports/ is left as it was (--report-dir DIR writes one)"])
    assert [file.name for file in report.parent.iterdir()] == ["index.html"]
    assert report.read_text("utf-8") == "the whole of it"


def test_a_replay_of_a_selection_is_written_where_it_is_asked_for(project: Project) -> None:
    project.replay("--report-dir", "mine", *rows("container")).stdout.fnmatch_lines(
        ["report: */mine/minimax/index.html"]
    )
    project.replay("--report-dir", "whole", *EVERYTHING)
    assert project.report("mine") == project.report("whole"), "whatever is selected, a report is of all recordings"
    assert project.report("mine")["summary"]["not_run"] > 40


def test_only_collecting_writes_nothing(project: Project) -> None:
    before = sorted(project.path.rglob("*"))
    project.replay("--collect-only", "-q", "--report-dir", "mine")
    assert sorted(project.path.rglob("*")) == before
