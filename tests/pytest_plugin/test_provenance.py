"""Evidence cannot be dressed up: what a cassette or a report claims is never more than the rest of it shows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from front_door import MODEL, ROOT, STREAM, SYSTEM, Project, documented, edit, fresh, plainly, project, recordings

from conformance.http.cassette import Cassette
from conformance.http.evidence import is_loopback, too_late
from conformance.report.load import ReportError, load
from conformance.trouble import CassetteDamaged

__all__ = ["documented", "fresh", "project", "recordings"]

COMMITTED = sorted((ROOT / "cassettes").rglob("*.yaml"))
ELSEWHERE = "https://api.minimax.io/anthropic"


def line_of(path: Path, beginning: str) -> int:
    """The number of the last line that begins so."""
    lines = path.read_text("utf-8").splitlines()
    return max(number for number, line in enumerate(lines, 1) if line.startswith(beginning))


def dressed(path: Path, directory: Path) -> Path:
    """A copy that says its evidence is live, and from the provider."""
    text = path.read_text("utf-8").replace("\n  source: simulator\n", "\n  source: live\n")
    copy = directory / path.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(re.sub(r"\n  endpoint: \S+\n", f"\n  endpoint: {ELSEWHERE}\n", text), "utf-8")
    return copy


def test_every_committed_recording_is_what_it_says() -> None:
    assert len(COMMITTED) > 700
    for path in COMMITTED:
        Cassette.load(path)


def test_no_simulated_recording_can_be_called_live(tmp_path: Path) -> None:
    for path in COMMITTED:
        if "\n  source: simulator\n" not in path.read_text("utf-8"):
            continue
        copy = dressed(path, tmp_path)
        with pytest.raises(CassetteDamaged, match=r"the source cannot be live") as caught:
            Cassette.load(copy)
        assert f"{copy}:{line_of(copy, '  source:')}: metadata.source" in str(caught.value)


def test_a_run_over_dressed_recordings_is_a_run_of_errors(project: Project) -> None:
    for path in (project.path / "cassettes").rglob("*.yaml"):
        edit(path, "source: simulator", "source: live")
        path.write_text(re.sub(r"endpoint: \S+", f"endpoint: {ELSEWHERE}", path.read_text("utf-8")), "utf-8")
    result = project.replay("--model", MODEL, "--feature", "stream", "--feature", "system", "--report-dir", "out")
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) == 0
    assert outcomes["errors"] > 5
    line = line_of(project.cassette(STREAM), "  source:")
    result.stdout.fnmatch_lines(
        [f"*{project.cassette(STREAM).name}:{line}: metadata.source: the source cannot be live*"]
    )
    cases = [case for row in project.report("out")["results"] for case in row["cases"]]
    assert {case["source"] for case in cases} == {None}


def test_a_recording_of_this_machine_is_never_live(project: Project) -> None:
    path = project.cassette(STREAM)
    edit(path, "      x-conformance-simulator:\n      - documented\n", "")
    edit(path, "source: simulator", "source: local")
    assert Cassette.load(path).provenance.source == "local"
    edit(path, "source: local", "source: live")
    with pytest.raises(CassetteDamaged, match="is this machine"):
        Cassette.load(path)


def test_one_answer_of_the_simulator_makes_all_of_it_simulated(project: Project) -> None:
    path = project.cassette(SYSTEM)
    text = path.read_text("utf-8")
    header = "      x-conformance-simulator:\n      - documented\n"
    assert text.count(header) > 1
    path.write_text(
        text.replace(header, "", text.count(header) - 1).replace("source: simulator", "source: local"), "utf-8"
    )
    with pytest.raises(CassetteDamaged, match="carry the simulator's header"):
        Cassette.load(path)


def test_less_may_be_claimed_than_there_is(project: Project) -> None:
    path = project.cassette(STREAM)
    edit(path, "      x-conformance-simulator:\n      - documented\n", "")
    assert Cassette.load(path).provenance.source == "simulator"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("'2999-01-01T00:00:00Z'", "in the future by this machine's clock"),
        ("'2026-11-23T12:11:08'", "is no time"),
        ("'2026-11-23'", "is no time"),
        ("'2026-13-23T12:11:08Z'", "month must be in"),
        ("2026-11-23T12:11:08Z", "recorded_at"),
        ("''", "is no time"),
    ],
)
def test_a_time_that_cannot_be_is_an_error_with_its_line(project: Project, when: str, words: str) -> None:
    path = project.cassette(STREAM)
    path.write_text(re.sub(r"recorded_at: \S+", f"recorded_at: {when}", path.read_text("utf-8")), "utf-8")
    with pytest.raises(CassetteDamaged, match=words) as caught:
        Cassette.load(path)
    assert f"{path}:{line_of(path, '  recorded_at:')}: metadata.recorded_at" in str(caught.value)


def test_clocks_may_differ_by_a_little() -> None:
    assert too_late("2026-11-23T12:11:08Z") == ""
    assert too_late("2026-11-23T12:11:08.5Z") == ""


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.9.9.9", "127.1", "2130706433"),
        *("0x7f.1", "0x7f000001", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "::1%lo", "127.0.0.1."),
    ],
)
def test_this_machine_has_many_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["api.minimax.io", "localhost.example", "128.0.0.1", "10.0.0.1", "::2", "", "1e9"])
def test_other_machines_have_others(host: str) -> None:
    assert not is_loopback(host)


def test_what_was_recorded_says_of_what(project: Project) -> None:
    recorded = Cassette.load(project.cassette(STREAM)).provenance
    assert (recorded.target, recorded.model) == ("minimax", MODEL)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("target: minimax", "target: deepseek", "recorded of deepseek, and not of minimax"),
        ("  model: MiniMax-M2.7\n", "  model: MiniMax-M2\n", "recorded of MiniMax-M2, and not of MiniMax-M2.7"),
        ('"model":"MiniMax-M2.7"', '"model":"MiniMax-M2"', "recorded of MiniMax-M2, and not of MiniMax-M2.7"),
    ],
)
def test_a_recording_of_another_target_or_model_is_an_error(
    project: Project, before: str, after: str, words: str
) -> None:
    path = project.cassette(STREAM)
    edit(path, before, after)
    result = project.replay(STREAM)
    result.assert_outcomes(errors=1)
    assert words in plainly(result)
    assert re.search(rf"{path.name}:\d+: ", plainly(result))


def test_what_does_not_say_of_which_target_is_told_by_its_endpoint(project: Project) -> None:
    path = project.cassette(STREAM)
    edit(path, "      x-conformance-simulator:\n      - documented\n", "")
    edit(path, "  target: minimax\n", "")
    edit(path, "source: simulator", "source: live")
    path.write_text(
        re.sub(r"endpoint: \S+", "endpoint: https://api.deepseek.com/anthropic", path.read_text("utf-8")), "utf-8"
    )
    result = project.replay(STREAM)
    result.assert_outcomes(errors=1)
    assert "recorded from https://api.deepseek.com/anthropic, which is not where minimax is" in plainly(result)


def test_the_recordings_of_another_provider_are_not_this_one_s(fresh: Project) -> None:
    theirs = ROOT / "cassettes" / "llama-cpp" / "smollm2-135m-instruct"
    shutil.copytree(theirs, fresh.path / "cassettes" / "minimax" / MODEL)
    result = fresh.replay("--model", MODEL, "--feature", "stream", "--report-dir", "out")
    assert result.parseoutcomes().get("passed", 0) == 0
    assert "recorded of smollm2-135m-instruct, and not of MiniMax-M2.7" in plainly(result)


def a_simulated_case(report: dict[str, Any]) -> dict[str, Any]:
    """A case that is in one row only."""
    cases = [case for row in report["results"] for case in row["cases"]]
    return next(
        case for case in cases if case["source"] == "simulator" and sum(c["id"] == case["id"] for c in cases) == 1
    )


def _one_live(report: dict[str, Any]) -> None:
    a_simulated_case(report)["source"] = "live"


def _all_live(report: dict[str, Any]) -> None:
    for row in report["results"]:
        for case in row["cases"]:
            case["source"] = case["source"] and "live"
    report["sources"] = {"simulator": 0, "live": report["sources"]["simulator"], "local": 0}
    del report["notice"]


def _tomorrow(report: dict[str, Any]) -> None:
    a_simulated_case(report)["recorded_at"] = "2999-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("dress", "words"),
    [
        (_one_live, "sources says"),
        (_all_live, "which is this machine"),
        (_tomorrow, "in the future"),
    ],
)
def test_a_report_that_claims_more_than_it_shows_is_damaged(
    tmp_path: Path, dress: Callable[[dict[str, Any]], None], words: str
) -> None:
    report = json.loads((ROOT / "reports" / "minimax" / "report.json").read_text("utf-8"))
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report), "utf-8")
    load(path)
    dress(report)
    path.write_text(json.dumps(report), "utf-8")
    with pytest.raises(ReportError, match=words):
        load(path)


def test_a_report_whose_banner_was_cut_off_has_it_again(tmp_path: Path) -> None:
    report = json.loads((ROOT / "reports" / "minimax" / "report.json").read_text("utf-8"))
    notice = report.pop("notice")
    del report["sources"]
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report), "utf-8")
    assert load(path).report.notice == notice
