"""The command that writes a report's files anew, and what all commands do with reports that cannot be read."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.report.reports import contradictory, everything, report, row
from unit.report.workspace import HOSTILE, Workspace

from conformance.report import load as loading
from conformance.report.escape import json_text
from conformance.report.files import replace
from conformance.report.load import ReportError, load


def test_every_report_is_written_anew(workspace: Workspace) -> None:
    for name in ("minimax", "litellm"):
        path = workspace.put(name, everything())
        path.write_text(json_text(everything()), "utf-8")
        (path.parent / "index.html").write_text("of an older version", "utf-8")
    before = (workspace.path / "reports/minimax/report.json").read_bytes()
    said = workspace.call("report")
    assert said.code == 0
    assert said.lines == ["report: reports/litellm/index.html", "report: reports/minimax/index.html"]
    for name in ("minimax", "litellm"):
        directory = workspace.path / "reports" / name
        assert "temperature" in (directory / "index.html").read_text("utf-8")
        assert "## Deviations" in (directory / "report.md").read_text("utf-8")
    assert (workspace.path / "reports/minimax/report.json").read_bytes() == before


@pytest.mark.parametrize("name", ["minimax", "reports/minimax", "reports/minimax/report.json", "reports"])
def test_a_report_is_found_by_name_and_by_path(workspace: Workspace, name: str) -> None:
    workspace.put("minimax", everything())
    assert workspace.call("report", name).lines == ["report: reports/minimax/index.html"]


def test_another_directory_of_reports(workspace: Workspace) -> None:
    workspace.put("elsewhere/minimax/report.json", everything())
    assert workspace.call("report", "minimax", "--report-dir", "elsewhere").code == 0
    assert (workspace.path / "elsewhere/minimax/index.html").exists()


def test_the_page_opens_in_another_language(workspace: Workspace) -> None:
    path = workspace.put("minimax", everything())
    assert workspace.call("report", "--lang", "zh").code == 0
    assert '<html lang="zh' in (path.parent / "index.html").read_text("utf-8")
    assert "## 偏差" in (path.parent / "report.md").read_text("utf-8")
    assert "--lang tlh: reports speak en and zh" in workspace.refused("report", "--lang", "tlh")


@pytest.mark.parametrize("option", ["--lang=zh", "--language=zh-CN"])
def test_every_command_on_reports_speaks_chinese(workspace: Workspace, option: str) -> None:
    for name in ("old", "new"):
        workspace.put(name, everything() | {"target": {**everything()["target"], "name": name}})
    workspace.put("later.json", report(row("temperature", seen="ignored", verdict="falls_short")))
    said = workspace.call("report", "--compare", "old", "new", option)
    assert said.lines[0] == "old与new：并列对照"
    assert said.lines[-1] == "对照：reports/comparison/index.html"
    assert "## 不同之处" in (workspace.path / "reports/comparison/report.md").read_text("utf-8")
    assert workspace.call("diff", "old", "later.json", option).section("变差（1）")
    assert workspace.call("history", "reports/old", option).section("变化")
    assert workspace.call("merge", "old", "--output", "joined", option).lines[-1] == "报告：joined/index.html"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "minmax"], "no report is called 'minmax': reports has litellm, minimax; did you mean 'minimax'?"),
        (["report", "--report-dir", "nowhere"], "nowhere has no report: run pytest first, or say where"),
        (["report", "x", "--report-dir", "nowhere"], "no report is called 'x': nowhere has no report"),
        (["report", "reports"], "reports has reports of litellm, minimax: name one, as reports/litellm"),
        (["report", "empty"], "empty has no report.json"),
        (["report", "old.json"], "old.json is not called report.json"),
        (["report", "minimax", "--compare", "minimax", "litellm"], "behind --compare or before it, not both"),
        (["report", "--compare", "minimax"], "name at least two targets"),
        (["report", "--compare", "minimax", "reports/minimax"], "reports/minimax/report.json is named twice"),
        (["diff", "minimax", "missing.json"], "no report is called 'missing.json'"),
    ],
)
def test_what_cannot_be_found_is_one_line(workspace: Workspace, arguments: list[str], words: str) -> None:
    workspace.put("minimax", everything())
    workspace.put("litellm", everything())
    workspace.put("old.json", everything())
    (workspace.path / "empty").mkdir()
    said = workspace.refused(*arguments)
    assert said.startswith(f"python -m conformance {arguments[0]}: error: ")
    assert words in said


def without_summary(made: dict[str, Any]) -> None:
    del made["summary"]


def a_verdict_nobody_knows(made: dict[str, Any]) -> None:
    made["results"][0]["verdict"] = HOSTILE


def a_row_twice(made: dict[str, Any]) -> None:
    made["results"].append(made["results"][0])


def a_case_of_two_minds(made: dict[str, Any]) -> None:
    made["results"].append(row("top_p", cases=[{**made["results"][0]["cases"][0], "summary": "other"}]))


def a_statement_that_is_not_there(made: dict[str, Any]) -> None:
    made["claims"] = [contradictory()]
    made["results"][0] |= {"feature": "thinking", "holds": [2]}


def a_thirteenth_month(made: dict[str, Any]) -> None:
    made["results"][0]["cases"][0]["recorded_at"] = "2026-13-01T00:00:00Z"


def null_for_what_is_left_out(made: dict[str, Any]) -> None:
    made["results"][0]["cases"][0]["reason"] = None


def no_title(made: dict[str, Any]) -> None:
    made["target"]["title"] = ""


def half_a_count(made: dict[str, Any]) -> None:
    made["summary"]["conforms"] = 0.5


def no_list(made: dict[str, Any]) -> None:
    made["results"] = {}


def a_key_of_its_own(made: dict[str, Any]) -> None:
    made["results"][0][HOSTILE] = 1


def a_key_nobody_can_read(made: dict[str, Any]) -> None:
    made["summary"]["\ud800"] = 1


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (null_for_what_is_left_out, "$.results[0].cases[0].reason: leave it out, or say something"),
        (no_title, "$.target.title: it is empty"),
        (half_a_count, "$.summary.conforms: a whole number is wanted here"),
        (no_list, "$.results: a list is wanted here"),
        (a_key_of_its_own, "$.results[0]: "),
        (a_key_nobody_can_read, "$.summary"),
        (without_summary, "$: 'summary' is a required property"),
        (a_verdict_nobody_knows, "$.results[0]"),
        (a_row_twice, "top_k with M-1 stands twice"),
        (a_case_of_two_minds, "matrix.yaml::M-1::top_k::works stands twice, with different results"),
        (a_statement_that_is_not_there, "thinking with M-1 holds a statement that is not there"),
        (a_thirteenth_month, "was recorded at 2026-13-01T00:00:00Z, which is no time"),
    ],
)
def test_a_report_that_breaks_the_contract_is_one_line(workspace: Workspace, damage: Any, words: str) -> None:
    made = report(row("top_k"))
    damage(made)
    workspace.put("minimax", made)
    said = workspace.refused("report")
    assert "reports/minimax/report.json is damaged: " in said
    assert words in said
    assert "\x1b" not in said
    assert len(said) < 400


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is damaged, or no report"),
        ("{", "is damaged, or no report"),
        ('{"version": 1', "is damaged, or no report"),
        ('{"version": 1, "x": NaN}', "NaN is no number of JSON"),
        ('{"version": 1, "x": 1e999}', "1e999 is no number of JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"version": 1, "suite": ' + '{"a": ' * 900 + "1" + "}" * 901, "is damaged"),
        ("[1]", "is no report: it has no version"),
        ("{}", "is no report: it has no version"),
        ('{"version": 2}', "is a report of version 2, and this suite reads version 1"),
        ('{"version": "\\u001b[31m"}', "is a report of version"),
        ('{"version": true}', "is damaged"),
        ('"\\ud800"', "it has no version"),
    ],
)
def test_a_file_that_is_no_report_is_one_line(workspace: Workspace, text: str, words: str) -> None:
    path = workspace.put("minimax", {})
    path.write_text(text, "utf-8")
    for arguments in (
        ["report"],
        ["diff", "minimax", "minimax"],
        ["history", "minimax"],
        ["merge", "minimax", "--output", "o"],
    ):
        assert words in workspace.refused(*arguments)


def test_bytes_of_no_text_are_one_line(workspace: Workspace) -> None:
    workspace.put("minimax", {}).write_bytes(b"\xff\xfe{}")
    assert "is damaged, or no report" in workspace.refused("report")


def test_a_fault_that_quotes_a_report_is_harmless(workspace: Workspace) -> None:
    evil = everything()
    evil["target"]["name"] = HOSTILE
    workspace.put("a.json", everything())
    workspace.put("b.json", evil)
    said = workspace.refused("merge", "a.json", "b.json", "--output", "out")
    assert said.isprintable()
    assert "b.json has red <script>" in said


def test_who_reads_a_file_while_it_is_replaced_reads_all_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    replace(path, "old")
    with path.open(encoding="utf-8") as reader:
        replace(path, "the new one")
        assert reader.read() == "old"
    assert [one.read_text("utf-8") for one in tmp_path.iterdir()] == ["the new one"]


def test_one_damaged_report_leaves_the_others_as_they_were(workspace: Workspace) -> None:
    workspace.put("a", everything())
    workspace.put("b", {})
    workspace.refused("report")
    assert not (workspace.path / "reports/a/index.html").exists()


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps({"version": 1, "suite": text}).encode())
)
def test_whatever_a_file_holds_is_a_report_or_a_fault_of_it(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)
    with pytest.raises(ReportError) as caught:
        load(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_report_of_only_what_the_contract_requires_is_enough(workspace: Workspace) -> None:
    full = everything()
    bare = {key: full[key] for key in ("version", "suite", "target", "summary", "results")}
    del bare["target"]["title"]
    del bare["suite"]["sdk"]
    for one in bare["results"]:
        one.pop("holds", None)  # statements stand in the claims
    workspace.put("a", bare)
    workspace.put("b", everything())
    for arguments in (["report"], ["report", "--compare", "a", "b"], ["history", "a", "b"]):
        assert workspace.call(*arguments).code == 0
    assert workspace.call("merge", "a", "--output", "out").code == 0
    assert loading.load(workspace.path / "out/report.json").report.models == ("M-1", "M-2")


# --- as a program of its own


def conformance(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **more)


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    said = conformance("--help")
    assert said.returncode == 0
    for command in ("report", "diff", "history", "merge", "simulate"):
        assert f"    {command} " in said.stdout
    script = (
        "import sys\nfrom conformance.__main__ import main\ntry:\n    main(['report', '--help'])\nexcept SystemExit:\n"
        "    print(*{'anthropic', 'jsonschema', 'jinja2', 'uvicorn', 'pytest'} & sys.modules.keys(), 'nothing')"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.splitlines()[-1] == "nothing"


def test_a_reader_that_stops_reading_is_no_fault(workspace: Workspace) -> None:
    path = workspace.put("minimax", everything())
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "conformance", "diff", str(path), str(path), "--json", "-"]
    said = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (said.returncode, said.stderr) == (141, "")


def test_a_terminal_without_the_marks_gets_others(workspace: Workspace) -> None:
    workspace.put("a", everything())
    workspace.put("b", everything())
    environment = {"PYTHONIOENCODING": "ascii", "PATH": "", "PYTHONPATH": str(Path(loading.__file__).parents[2])}
    said = conformance("report", "--compare", "a", "b", env=environment, cwd=workspace.path)
    assert said.returncode == 0, said.stderr
    assert "ignored ? (unsupported)" in said.stdout
