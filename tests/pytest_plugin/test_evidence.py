"""Nothing recorded or reported is lost: selections, other services' evidence, keys, and runs that decide nothing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from front_door import CONTAINER, EVERYTHING, KEY, MODEL, SYSTEM, Project, as_documented, edit, plainly, rows
from services import service

from conformance.report.load import load
from conformance.run.evidence import Evidence, of_cassettes, of_report
from conformance.values import Source

OTHER = CONTAINER.replace(MODEL, "MiniMax-M2")


def files(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def refused(result: pytest.RunResult) -> str:
    """The one line of a run that asked nothing."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in plainly(result).splitlines() if line.startswith("ERROR: ")]
    return line.removeprefix("ERROR: ")


def as_of(project: Project, endpoint: str, *, source: str = "live") -> None:
    """Let the recordings that are there be another service's."""
    for path in (project.path / "cassettes").rglob("*.yaml"):
        text = path.read_text("utf-8").replace("x-conformance-simulator", "x-other")
        head, _, tail = text.rpartition("\nmetadata:\n")
        lines = tail.splitlines()
        lines[:2] = [f"  source: {source}", f"  endpoint: {endpoint}"]
        path.write_text("\n".join([head, "metadata:", *lines, ""]), "utf-8")


# --- a selection


def test_a_live_run_of_a_selection_keeps_every_other_row(project: Project, documented: str) -> None:
    project.replay("--report-dir", "reports", *EVERYTHING)
    before = project.verdicts()
    with service(mutant="container-rejected") as url:
        result = project.live(url, *rows("container"))
    after = project.verdicts()
    assert after[CONTAINER] == ("rejected", "falls_short")
    assert after.keys() == before.keys()
    # The refusal is an error body, which the inspections of such bodies look at from now on.
    moved = {nodeid for nodeid in before if before[nodeid] != after[nodeid]} - {CONTAINER}
    assert all(nodeid.split("::")[2].startswith("errors.") for nodeid in moved)
    said = plainly(result)
    assert f"  worse: container, {MODEL}: ignored -> rejected" in said
    assert "lost" not in said
    result.stdout.fnmatch_lines(["* other cases of the report rest on recordings of 20??-??-??*, up to * days old"])


def test_asking_for_one_feature_after_another_loses_neither(fresh: Project, documented: str) -> None:
    fresh.live(documented, *rows("container"))
    said = plainly(fresh.live(documented, *rows("service_tier")))
    assert "lost" not in said
    assert {"container", "service_tier"} <= {nodeid.split("::")[2] for nodeid in fresh.verdicts()}


@pytest.mark.parametrize(
    "selection",
    [["--model", MODEL], [CONTAINER], ["-k", "codeword"], ["--feature", "container"], ["--shard", "1/7"]],
    ids=lambda words: words[0].strip("-"),
)
def test_a_report_is_of_all_recordings_whatever_is_selected(
    project: Project, documented: str, selection: list[str]
) -> None:
    project.live(documented, OTHER)
    project.replay("--report-dir", "whole")
    project.replay("--report-dir", "part", *selection)
    assert files(project.path / "part").keys() != set()
    whole, part = (project.path / name / "minimax" for name in ("whole", "part"))
    assert {path.name: path.read_bytes() for path in whole.iterdir()} == {
        path.name: path.read_bytes() for path in part.iterdir()
    }


def test_a_replay_of_one_model_leaves_the_report_of_all(project: Project) -> None:
    project.replay()
    before = files(project.path / "reports")
    result = project.replay("--model", MODEL)
    assert files(project.path / "reports") == before
    result.stdout.fnmatch_lines(["a selection was run: reports/ is left as it was (--report-dir DIR writes one)"])


def test_what_a_bound_kept_a_run_from_asking_keeps_what_was_recorded_before(project: Project) -> None:
    project.replay("--report-dir", "reports", *EVERYTHING)
    before = project.verdicts()
    with service() as url:
        result = project.live(url, "--refresh", "--max-requests", "7", *EVERYTHING)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert project.verdicts().keys() == before.keys()


def test_an_inspection_looks_at_everything_that_is_recorded(project: Project, documented: str) -> None:
    project.replay("--report-dir", "reports", *EVERYTHING)
    usage = next(nodeid for nodeid in project.verdicts() if "::stream.usage::" in nodeid)
    result = project.live(documented, usage, CONTAINER)
    result.assert_outcomes(passed=2)
    assert project.verdicts()[usage] == ("honoured", "conforms"), "the streams are on the cassettes of other cases"


def test_a_damaged_recording_that_was_not_selected_is_named(project: Project) -> None:
    project.cassette(CONTAINER).write_text("interactions: [", "utf-8")
    result = project.replay("--report-dir", "out", SYSTEM)
    result.assert_outcomes(passed=1)
    assert "could not be judged: error: damaged recording: " in plainly(result)


# --- another service's evidence


def test_recordings_of_another_service_are_never_overwritten(project: Project) -> None:
    as_of(project, "https://api.minimaxi.com/anthropic")
    before = files(project.path)
    with service() as url:
        said = refused(project.live(url, *rows("container")))
    assert said.startswith(f"{project.path / 'cassettes' / 'minimax'} holds ")
    assert " recordings of a service at https://api.minimaxi.com/anthropic, and this run asks http://127.0.0.1:" in said
    assert "keep both with --cassettes DIR --report-dir DIR" in said
    assert "--replace-evidence" in said
    assert files(project.path) == before


def test_simulated_recordings_make_no_way_for_a_real_service_unasked(project: Project) -> None:
    before = files(project.path)
    project.monkeypatch.setenv("MINIMAX_API_KEY", KEY)
    said = refused(project.replay("--live", *rows("container")))  # the matrix's own endpoint: nothing is sent there
    assert " recordings of the simulator at http://127.0.0.1:" in said
    assert "and this run asks https://api.minimaxi.com/anthropic: " in said
    assert files(project.path) == before


def test_what_only_the_first_answer_tells_apart_is_refused_after_it(project: Project) -> None:
    before = files(project.path / "cassettes")
    with service(stamped=False) as url:  # a server on this machine, where the simulator was
        result = project.live(url, *rows("container"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "recordings of the simulator at" in plainly(result)
    assert files(project.path / "cassettes") == before


@pytest.mark.parametrize("args", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_evidence_is_replaced_where_that_is_asked_for_and_nothing_is_lost(project: Project, args: list[str]) -> None:
    project.replay("--report-dir", "reports", *EVERYTHING)
    before = files(project.path / "cassettes")
    with service(stamped=False) as url:
        result = project.live(url, "--replace-evidence", *args, SYSTEM, CONTAINER)
        result.assert_outcomes(passed=2)
        assert f"{len(before)} recordings of another service are now in " in plainly(result)
        again = project.live(url, *rows("service_tier"))  # from now on it is the same service
    assert again.ret == pytest.ExitCode.OK
    (aside,) = (project.path / "cassettes.replaced").iterdir()
    assert {path.relative_to(project.path / "cassettes"): text for path, text in before.items()} == {
        path.relative_to(aside): text for path, text in files(aside).items()
    }
    assert project.report()["sources"].keys() == {"simulator", "live", "local"}
    assert project.report()["sources"]["simulator"] == 0


def test_another_simulator_is_the_same_service(project: Project) -> None:
    with service(mutant="container-rejected") as url:
        project.live(url, CONTAINER).assert_outcomes(failed=1)


def test_a_report_on_another_service_is_not_overwritten_either(project: Project, documented: str) -> None:
    project.replay("--report-dir", "reports", *EVERYTHING)
    report = project.path / "reports" / "minimax" / "report.json"
    text = json.loads(report.read_text("utf-8"))
    text["target"]["endpoint"] = "https://api.minimaxi.com/anthropic"
    text["sources"] = {"simulator": 0, "live": text["sources"]["simulator"], "local": 0}
    report.write_text(json.dumps(text), "utf-8")
    before = report.read_bytes()
    said = refused(project.live(documented, "--cassettes", "new", *rows("container")))
    assert said.startswith(f"{report} rests on recordings of a service at https://api.minimaxi.com/anthropic, and ")
    replayed = project.replay("--report-dir", "reports", *rows("container"))
    assert replayed.ret == pytest.ExitCode.USAGE_ERROR
    assert "no report was written: " in plainly(replayed)
    assert report.read_bytes() == before


def test_recordings_elsewhere_do_not_empty_the_report_here(project: Project, documented: str) -> None:
    project.replay("--report-dir", "reports", *EVERYTHING)
    before = files(project.path / "reports")
    said = refused(project.live(documented, "--cassettes", "new", *rows("container")))
    assert "results whose recordings are not in " in said
    assert said.endswith("write another report with --report-dir DIR, or this one anew with --replace-evidence")
    project.live(documented, "--cassettes", "new", "--report-dir", "new", *rows("container")).assert_outcomes(passed=1)
    assert project.replay("--cassettes", "new").ret == pytest.ExitCode.USAGE_ERROR
    assert files(project.path / "reports") == before


def test_a_mixture_is_said_to_be_one(project: Project, documented: str) -> None:
    as_of(project, "https://api.minimaxi.com/anthropic")
    shutil.rmtree(project.cassette(CONTAINER).parent)
    project.live(documented, "--cassettes", "new", "--report-dir", "new", CONTAINER)
    shutil.copytree(project.cassette(CONTAINER, "new").parent, project.cassette(CONTAINER).parent)
    said = plainly(project.replay("--report-dir", "out", *EVERYTHING))
    (line,) = [line for line in said.splitlines() if line.startswith("evidence of several services: ")]
    assert "a service at https://api.minimaxi.com/anthropic" in line
    assert "the simulator at http://127.0.0.1:" in line


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (Evidence(Source.SIMULATOR, "http://127.0.0.1:1"), Evidence(Source.SIMULATOR, "http://localhost:2/v1"), True),
        (Evidence(Source.SIMULATOR, "http://127.0.0.1:1"), Evidence(Source.LOCAL, "http://127.0.0.1:1"), False),
        (Evidence(Source.SIMULATOR, "http://127.0.0.1:1"), Evidence(None, "http://[::1]:2"), True),
        (Evidence(Source.LIVE, "https://a.example/v1"), Evidence(None, "https://A.example:443/v1/"), True),
        (Evidence(Source.LIVE, "https://a.example/v1"), Evidence(None, "https://a.example/v2"), False),
        (Evidence(Source.LIVE, "https://a.example/v1"), Evidence(None, "http://127.0.0.1:1"), False),
        (Evidence(Source.LIVE, "https://a.example"), Evidence(Source.LIVE, "https://a.example:99999"), False),
    ],
)
def test_what_one_service_is(one: Evidence, other: Evidence, alike: bool) -> None:
    assert one.is_like(other) is alike
    assert other.is_like(one) is alike


def test_whose_evidence_there_is(project: Project) -> None:
    project.replay("--report-dir", "reports", *EVERYTHING)
    found = of_cassettes(project.path / "cassettes" / "minimax")
    assert {one.source for one in found} == {Source.SIMULATOR}
    assert found.total() == len(list((project.path / "cassettes").rglob("*.yaml")))
    report = project.path / "reports" / "minimax" / "report.json"
    assert of_report(report).total() == load(report).report.sources[Source.SIMULATOR]
    assert not of_report(project.matrix)


# --- keys


def test_a_shell_of_claude_code_sends_its_key_to_nobody_else(fresh: Project) -> None:
    fresh.matrix.write_bytes(Path(__file__).parents[2].joinpath("matrices", "deepseek.yaml").read_bytes())
    fresh.monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    said = refused(fresh.replay("--live"))
    assert "set DEEPSEEK_API_KEY in the environment" in said
    with service() as url:
        fresh.monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        assert "DEEPSEEK_API_KEY" in refused(fresh.replay("--live"))


def test_whom_a_run_asks_and_with_whose_key_is_said_first(fresh: Project, documented: str) -> None:
    said = plainly(fresh.live(documented, "-q", CONTAINER)).splitlines()
    (at,) = [number for number, line in enumerate(said) if line.startswith("asking ")]
    assert said[at] == f"asking {documented} (named by --endpoint) with the key of ANTHROPIC_API_KEY"
    fresh.monkeypatch.setenv("MINE", KEY)
    fresh.monkeypatch.setenv("ANTHROPIC_BASE_URL", documented)
    result = fresh.replay("--live", "--key-env", "MINE", CONTAINER)
    words = f"asking {documented} (named by ANTHROPIC_BASE_URL) with the key of MINE"
    assert plainly(result).index(words) < plainly(result).index("recording 1 cases")


def test_a_key_in_the_place_of_its_variable_is_not_shown(fresh: Project) -> None:
    edit(fresh.matrix, "key_env: [MINIMAX_API_KEY,", f"key_env: [{KEY},")
    said = plainly(fresh.replay("--collect-only"))
    edit(fresh.matrix, KEY, "MINIMAX_API_KEY")
    assert "target.key_env[0]: not the name of an environment variable; write a name like ACME_API_KEY" in said


# --- nothing decided


def test_a_run_that_decides_nothing_says_so_and_may_fail(fresh: Project) -> None:
    result = fresh.replay(*rows("container", "system"))
    assert result.ret == pytest.ExitCode.OK
    assert re.search(r"^nothing was decided: \d+ not-run$", plainly(result), re.MULTILINE)
    for words in (["--fail-on", "not-run"], ["--fail-on", "inconclusive,not_run"], ["--fail-on=not-run", "-n", "1"]):
        failed = fresh.replay(*words, *rows("container"))
        assert failed.ret == pytest.ExitCode.TESTS_FAILED
        failed.stdout.fnmatch_lines(["--fail-on not-run: 1 of 1 cases", f"  {CONTAINER}"])
    assert fresh.replay("--fail-on", "inconclusive", *rows("container")).ret == pytest.ExitCode.OK


def test_what_is_decided_fails_on_nothing(project: Project) -> None:
    result = project.replay("--fail-on", "inconclusive", "--fail-on", "not-run", SYSTEM, CONTAINER)
    assert result.ret == pytest.ExitCode.OK
    assert "nothing was decided" not in plainly(result)


def test_a_kind_that_does_not_exist_is_one_line(fresh: Project) -> None:
    assert refused(fresh.replay("--fail-on", "inconclusiv")) == (
        "--fail-on inconclusiv: it knows inconclusive and not-run; did you mean 'inconclusive'?"
    )


def test_a_selection_brings_a_fuller_report_up_to_date(project: Project, documented: str) -> None:
    """Also where the recordings of the others are not at hand: what they said stays, and is said to be older."""
    as_documented(project.replay(*EVERYTHING, "--report-dir", "reports"))
    before = project.verdicts()
    shutil.rmtree(project.path / "cassettes")
    result = project.live(documented, *rows("container"))
    result.assert_outcomes(passed=1)
    assert project.verdicts().keys() >= before.keys()
    assert "cases are kept from the last report, recorded " in plainly(result)
