"""What a run writes for people and for machines, through the front door."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from front_door import CONTAINER, EVERYTHING, EXPERIMENTS, MODEL, Project, as_documented, plainly, rows

from conformance.http.cassette import Cassette


def test_one_run_writes_every_file_with_the_evidence_in_it(project: Project) -> None:
    project.replay(*EVERYTHING, "--report-dir", "reports")
    names = {path.name for path in (project.path / "reports" / "minimax").iterdir()}
    assert names == {
        "badge.json",
        "badge.svg",
        "client-profile.json",
        "index.html",
        "report.json",
        "report.md",
        "summary.md",
    }
    page = (project.path / "reports" / "minimax" / "index.html").read_text("utf-8")
    assert '<html lang="en">' in page
    assert '\\"container\\":' in page, "the request of a recording is on the page"


def test_a_recording_that_was_judged_is_not_read_again_for_the_page(project: Project) -> None:
    read: list[Path] = []
    load = Cassette.load

    def counted(path: Path) -> Cassette:
        found = load(path)
        read.append(path)
        return found

    project.monkeypatch.setattr(Cassette, "load", staticmethod(counted))
    as_documented(project.replay(*EVERYTHING, "--report-dir", "reports"))
    assert len(read) == len(set(read)) == EXPERIMENTS
    page = (project.path / "reports" / "minimax" / "index.html").read_text("utf-8")
    assert '\\"container\\":' in page


def test_the_page_opens_in_the_language_that_is_asked_for(project: Project) -> None:
    project.replay(*rows("container"), "--report-dir", "reports", "--lang", "zh").assert_outcomes(passed=1)
    page = (project.path / "reports" / "minimax" / "index.html").read_text("utf-8")
    assert '<html lang="zh-Hans">' in page


@pytest.mark.parametrize("option", ["--language", "--report-language"])
def test_everything_that_is_written_for_people_is_in_the_language_that_is_asked_for(
    project: Project, option: str
) -> None:
    result = project.replay(*rows("container"), "--report-dir", "reports", option, "zh")
    said = plainly(result)
    said = said[said.index("MiniMax 的一致性") :]
    assert "container：文档称忽略，实测被忽略，相符" in said
    assert "报告：" in said
    assert not re.findall(r"[a-z]{2,} [a-z]{2,}", re.sub(r"={3,} .* ={3,}|【英文】.*", "", said))
    written = project.path / "reports" / "minimax"
    assert "## 参数" in (written / "report.md").read_text("utf-8")
    assert (written / "summary.md").read_text("utf-8").startswith("## MiniMax：一致性\n\n> **模拟证据")
    assert json.loads((written / "report.json").read_text("utf-8"))["notice"].startswith("SIMULATED EVIDENCE")


def test_a_language_nobody_speaks_here_is_said_in_one_line(project: Project) -> None:
    result = project.replay("--lang", "tlh")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--lang tlh: reports speak en and zh" in plainly(result)


def test_junit_says_of_every_case_what_was_seen_and_where_from(project: Project) -> None:
    project.replay(*rows("container"), "--junit-xml", "junit.xml", "--report-dir", "reports")
    (case,) = ET.parse(project.path / "junit.xml").getroot().iter("testcase")
    assert {each.get("name"): each.get("value") for each in case.iter("property")} == {
        "model": MODEL,
        "feature": "container",
        "documented": "ignored",
        "behaviour": "ignored",
        "verdict": "conforms",
        "source": "simulator",
    }


def test_a_workflow_gets_its_summary_and_nobody_else_does(project: Project) -> None:
    step = project.path / "step.md"
    project.monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    project.replay(CONTAINER, "--report-dir", "reports").assert_outcomes(passed=1)
    assert step.read_text("utf-8") == (project.path / "reports" / "minimax" / "summary.md").read_text("utf-8")
