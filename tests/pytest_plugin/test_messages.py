"""What people meet first is a mistake: each is one clear message, and never a traceback or a verdict."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Iterator

import pytest
from front_door import CONTAINER, KEY, MODEL, SYSTEM, Project, edit, plainly, rows
from services import forgetting_the_key, service

from conformance import simulator

CODEWORD = "What is the name of the office cat?"


def message(result: pytest.RunResult, *beginnings: str) -> str:
    """The only line that begins like this."""
    lines = [line for line in plainly(result).splitlines() if line.startswith(beginnings)]
    assert len(lines) == 1, plainly(result)
    return lines[0]


def stopped(result: pytest.RunResult) -> str:
    """The one line of a run that stopped before anything was judged."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.parseoutcomes() == {}
    found = re.findall(r"^!+ _pytest\.outcomes\.Exit: (.*?) !+$", plainly(result), re.MULTILINE)
    assert len(found) == 1, plainly(result)
    return str(found[0])


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


# --- recordings


def test_what_is_not_recorded_yet_is_not_run(fresh: Project) -> None:
    result = fresh.replay("-rs", "--report-dir", "out", *rows("container"))
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "not recorded yet: 1 of 1 cases",
            "nothing was decided: 1 not-run",
            "SKIPPED [[]1] matrix.yaml:*: not run: not recorded yet",
        ]
    )
    row = next(row for row in fresh.report("out")["results"] if row["feature"] == "container")
    assert (row["observed"], row["verdict"], row["cases"][0]["reason"]) == (None, "not_run", "not recorded yet")


def test_an_inspection_of_nothing_is_not_recorded_either(fresh: Project) -> None:
    fresh.replay("--report-dir", "out", *rows("stream.usage")).assert_outcomes(skipped=1)
    row = next(row for row in fresh.report("out")["results"] if row["feature"] == "stream.usage")
    assert (row["observed"], row["verdict"], row["cases"][0]["reason"]) == (None, "not_run", "not recorded yet")


@pytest.mark.parametrize("args", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_no_recording_names_the_command_that_makes_one(fresh: Project, args: list[str]) -> None:
    result = fresh.replay("--strict-recordings", *args, *rows("container"))
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert message(result, "no recording") == (
        f"no recording: no cassette at {fresh.cassette(CONTAINER)}; record it with: pytest --live '{CONTAINER}'"
    )


def test_the_command_names_the_directory_that_was_asked_for(fresh: Project) -> None:
    result = fresh.replay("--strict-recordings", "--cassettes", "mine", *rows("container"))
    assert message(result, "no recording").endswith(f"record it with: pytest --live '{CONTAINER}' --cassettes mine")


def test_half_a_recording_is_damaged(project: Project) -> None:
    cassette = project.cassette(CONTAINER)
    cassette.write_text(cassette.read_text("utf-8")[: cassette.stat().st_size // 2], "utf-8")
    result = project.replay(*rows("container"))
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    said = message(result, "damaged recording")
    assert said.startswith(f"damaged recording: {cassette} is damaged (")
    assert said.endswith(f"record it with: pytest --live '{CONTAINER}'")


def test_a_changed_request_makes_its_recording_stale(project: Project) -> None:
    edit(project.cassette(SYSTEM), CODEWORD, "What was the name of the office cat?")
    result = project.replay("--report-dir", "out", SYSTEM)
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "stale recordings, which hold other requests than their cases ask now: 1",
            f"  {SYSTEM}",
            f"record them with: pytest --live '{SYSTEM}'",
        ]
    )
    row = next(row for row in project.report("out")["results"] if row["feature"] == "system")
    one = next(case for case in row["cases"] if case["id"] == SYSTEM)
    assert (row["verdict"], one["verdict"], one["reason"]) == ("not_run", "not_run", "stale")


def test_a_stale_recording_is_an_error_where_all_are_said_to_be_there(project: Project) -> None:
    edit(project.cassette(SYSTEM), CODEWORD, "What was the name of the office cat?")
    result = project.replay("--strict-recordings", "--report-dir", "strict", SYSTEM)
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    said = message(result, "stale recording:")
    assert said.startswith(f"stale recording: {project.cassette(SYSTEM)} holds no answer to POST /v1/messages {{")
    assert CODEWORD in said
    assert said.endswith(f"record it with: pytest --live '{SYSTEM}'")
    project.replay("--report-dir", "out", SYSTEM)
    assert project.report("strict") == project.report("out"), "how strict a run is changes no report"


def test_the_command_that_is_named_mends_it(project: Project, documented: str) -> None:
    edit(project.cassette(SYSTEM), CODEWORD, "What was the name of the office cat?")
    said = message(project.replay(SYSTEM), "record them with: ")
    named = said.partition("record them with: pytest --live ")[2].strip("'")
    project.live(documented, named).assert_outcomes(passed=1)
    project.replay(SYSTEM).assert_outcomes(passed=1)


def test_an_inspection_blames_the_recording_that_is_damaged(project: Project) -> None:
    project.cassette(CONTAINER).write_text("interactions: [", "utf-8")
    result = project.replay(*rows("stream.usage"))
    result.assert_outcomes(errors=1)
    said = message(result, "damaged recording")
    assert said.startswith(f"damaged recording: {project.cassette(CONTAINER)} is damaged (")
    assert said.endswith(f"record it with: pytest --live '{CONTAINER}'")


def test_one_bad_recording_spoils_no_other_row(project: Project) -> None:
    project.cassette(CONTAINER).write_text("interactions: [", "utf-8")
    project.replay("--report-dir", "out", SYSTEM, CONTAINER).assert_outcomes(errors=1, passed=1)
    assert project.verdicts("out")[SYSTEM] == ("honoured", "conforms")
    spoilt = next(row for row in project.report("out")["results"] if row["feature"] == "container")
    assert (spoilt["observed"], spoilt["verdict"]) == (None, "not_run")
    assert spoilt["cases"][0]["summary"].startswith("error: damaged recording: ")


# --- the matrix


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "top_k:\n      status: ignored",
            "top_k:\n      status: ignord",
            (
                "claims.parameters.top_k.status: 'ignord' is not a status "
                "(supported, partial, ignored, unsupported, undocumented); did you mean 'ignored'?"
            ),
        ),
        ("    top_k:\n", "    topk:\n", "claims.parameters.topk: no case tests this feature; did you mean 'top_k'?"),
    ],
    ids=["status", "feature"],
)
def test_a_typo_in_the_matrix_has_a_file_and_a_line(project: Project, before: str, after: str, said: str) -> None:
    edit(project.matrix, before, after)
    typed = after.splitlines()[-1].strip()
    line = next(n for n, text in enumerate(project.matrix.read_text("utf-8").splitlines(), 1) if text.strip() == typed)
    result = project.replay()
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert f"{project.matrix}:{line}: {said}" in plainly(result).splitlines()


def test_a_matrix_that_is_no_yaml_has_a_line_too(project: Project) -> None:
    edit(project.matrix, "sources:\n", "sources: [\n", count=1)
    result = project.replay()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert f"{project.matrix}:" in plainly(result)


# --- the command line


def test_a_model_that_the_target_does_not_have_is_one_line(project: Project) -> None:
    result = project.replay("--model", "MiniMax-M2.8")
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    said = message(result, "--model")
    assert said.startswith("--model MiniMax-M2.8: minimax has MiniMax-M2.7, ")
    assert "did you mean 'MiniMax-M2.7'?" in said
    assert said.endswith("a model that matrix.yaml does not list can only be asked with --live")


def test_a_model_that_the_service_does_not_have_stops_a_live_run(fresh: Project, documented: str) -> None:
    said = stopped(fresh.live(documented, *rows("container", model="MiniMax-M2.8")))
    assert said == "--model MiniMax-M2.8: the service does not have it (404: model: MiniMax-M2.8)"
    assert not list(fresh.path.rglob("cassettes"))


def test_live_without_a_key_says_which_variable_to_set(fresh: Project, documented: str) -> None:
    result = fresh.replay("--live", "--endpoint", documented, *rows("container"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = message(result, "ERROR: ")
    assert said == (
        "ERROR: --live needs a key: set MINIMAX_API_KEY, ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN in the environment"
    )


@pytest.mark.parametrize("number", ["0", "-1"])
def test_nobody_cannot_record(fresh: Project, number: str) -> None:
    result = fresh.replay("--concurrency", number)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message(result, "ERROR: ") == "ERROR: --concurrency must be at least 1"


@pytest.mark.parametrize("option", ["--cassettes", "--report-dir"])
def test_a_file_is_no_directory(project: Project, option: str) -> None:
    result = project.replay(option, "matrix.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message(result, "ERROR: ") == f"ERROR: {option}: {project.matrix} is not a directory"


def test_a_report_that_cannot_be_written_still_shows_what_was_found(project: Project) -> None:
    project.path.joinpath("out").mkdir()
    project.path.joinpath("out", "minimax").write_text("in the way", "utf-8")
    result = project.replay("--report-dir", "out", *rows("container"))
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "no report could be written" in message(result, "no report")


# --- the service


def test_an_endpoint_that_refuses_connections_stops_the_run(fresh: Project, nobody: str) -> None:
    said = stopped(fresh.live(nobody, *rows("container")))
    assert re.fullmatch(rf"{re.escape(nobody)} does not answer: .*{errno.ECONNREFUSED}.* \(3 tries\)", said)
    assert not list(fresh.path.rglob("cassettes"))


def test_an_endpoint_that_is_no_address_stops_the_run(fresh: Project) -> None:
    said = stopped(fresh.live("me:secret@api.example.com", *rows("container")))
    assert said == "api.example.com is no endpoint: an address begins with http:// or https://"


def test_a_key_that_is_refused_stops_the_run_at_once(fresh: Project) -> None:
    with simulator.running(paced=False, key="right-key") as url:
        said = stopped(fresh.live(url, "-vv", "--showlocals", *rows("container")))
        assert said == (f"{url} refuses the key (401 with authorization, 401 with x-api-key): check ANTHROPIC_API_KEY")
        assert not list(fresh.path.rglob("cassettes"))
        fresh.live(url, *rows("container"), key="right-key").assert_outcomes(passed=1)


def test_a_key_that_is_withdrawn_stops_the_run_where_it_stands(fresh: Project) -> None:
    with service(forgetting_the_key(after=3)) as url:
        said = stopped(fresh.live(url, "--concurrency", "1", SYSTEM, CONTAINER))
    assert said == "the service refuses the key: 401 at 127.0.0.1"
    # Of two cases that are documented the cheaper one is asked first.
    assert [file.parent.name for file in fresh.path.rglob("cassettes/**/*.yaml")] == ["container"]


def test_recordings_that_cannot_be_written_stop_the_run(fresh: Project, documented: str) -> None:
    fresh.path.joinpath("cassettes").mkdir()
    fresh.path.joinpath("cassettes", "minimax").write_text("in the way", "utf-8")
    said = stopped(fresh.live(documented, *rows("container")))
    assert said.startswith(f"cannot write the recording {fresh.cassette(CONTAINER)}: ")


def test_the_same_lines_come_out_of_xdist(fresh: Project, nobody: str) -> None:
    said = stopped(fresh.live(nobody, "-n", "1", *rows("container")))
    assert re.fullmatch(rf"{re.escape(nobody)} does not answer: .*{errno.ECONNREFUSED}.* \(3 tries\)", said)


def test_an_unknown_word_in_a_node_id_is_one_line(project: Project) -> None:
    result = project.replay(f"matrix.yaml::{MODEL}::contaner")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message(result, "ERROR: ") == f"ERROR: not found: {project.matrix}::{MODEL}::contaner"
    assert KEY not in plainly(result)
