"""What stands in a project's configuration instead of on every command line, and SARIF beside JUnit."""

from __future__ import annotations

import json

import pytest
from front_door import CONTAINER, MODEL, Project, plainly, rows


def configure(project: Project, *lines: str) -> None:
    path = project.path / "pyproject.toml"
    path.write_text(path.read_text("utf-8") + "\n".join(lines) + "\n", "utf-8")


def test_options_can_stand_in_the_configuration(project: Project) -> None:
    configure(project, f'conformance_model = "{MODEL}"', 'conformance_feature = "container, system"')
    configure(project, 'conformance_report_dir = "out"')
    text = plainly(project.replay())
    assert "container: documented ignored, seen ignored, conforms" in text
    assert (project.path / "out/minimax/report.json").exists()


def test_the_command_line_goes_before_the_configuration(project: Project) -> None:
    configure(project, f'conformance_model = "{MODEL}"', 'conformance_feature = "system"')
    text = plainly(project.replay("--feature", "container"))
    assert "container: documented" in text
    assert "system: documented" not in text


def test_a_value_that_cannot_be_read_is_one_line(project: Project) -> None:
    configure(project, 'conformance_expensive = "perhaps"')
    result = project.replay()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "conformance_expensive = perhaps: true or false is wanted" in plainly(result)


def test_what_falls_short_is_written_for_code_scanning(fresh: Project, refusing_container: str) -> None:
    fresh.live(refusing_container, "--sarif", "out/report.sarif", *rows("container")).assert_outcomes(failed=1)
    (run,) = json.loads((fresh.path / "out/report.sarif").read_text("utf-8"))["runs"]
    (found,) = run["results"]
    assert (found["ruleId"], found["level"]) == ("container", "note"), "simulated evidence raises no alert"
    assert found["message"]["text"].startswith("SIMULATED EVIDENCE: container, MiniMax-M2.7: documented ignored")
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "matrix.yaml"
    claim = fresh.matrix.read_text("utf-8").splitlines()[place["region"]["startLine"] - 1]
    assert claim.strip().startswith("container:")
    assert found["partialFingerprints"]["caseId/v1"] == CONTAINER
