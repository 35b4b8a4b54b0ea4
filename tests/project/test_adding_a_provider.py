"""docs/adding-a-provider.md stays true: its matrix is whole, runs as it says, and no key is missing from its tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from front_door import Project, edit, plainly
from pydantic import BaseModel
from services import serving_as

from conformance.cases import CASES
from conformance.matrix.schema import (
    RANGE,
    ClaimEntry,
    DeviationEntry,
    FieldReportEntry,
    File,
    Model,
    Price,
    SourceEntry,
    StatementEntry,
    TargetEntry,
)
from conformance.values import GROUPS, Status

PAGE = Path(__file__).parents[2].joinpath("docs", "adding-a-provider.md").read_text("utf-8")
[MATRIX] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PROBLEMS = [line for block in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture
def acme(fresh: Project) -> Project:
    """A project that has saved the page's matrix, and nothing else."""
    fresh.matrix.unlink()
    fresh.path.joinpath("acme.yaml").write_text(MATRIX, "utf-8")
    return fresh


def test_the_matrix_of_the_page_is_collected(acme: Project) -> None:
    result = acme.replay("--collect-only", "-q", "acme.yaml")
    plainly(result)
    assert result.ret == pytest.ExitCode.OK
    ids = {line for line in result.outlines if line.startswith("acme.yaml::")}
    assert {id_.split("::")[1] for id_ in ids} == {"acme-large", "acme-small"}
    assert {id_.split("::")[2] for id_ in ids} >= CASES.keys() - {"limits.output_speed"}
    # A case that compares with a figure has none of the small model.
    assert [id_.split("::")[1] for id_ in ids if "limits." in id_] == ["acme-large"]


def test_it_is_asked_live_and_replayed_as_the_page_says(acme: Project) -> None:
    models = {"acme-large": "claude-opus-4-6", "acme-small": "claude-haiku-4-5"}
    chosen = ["acme.yaml", "--feature", "temperature", "--feature", "messages.image", "--feature", "stop_sequences"]
    with serving_as(models, personality="reference") as url:
        live = acme.live(url, *chosen)
    told = plainly(live)
    # The reference sees images and names its stops with every model: so does not Acme, by its page.
    assert "acme.yaml::acme-small::stop_sequences::the_stop_is_named" in told
    assert live.ret == pytest.ExitCode.TESTS_FAILED
    replay = acme.replay(*chosen, "--report-dir", "again")
    assert replay.parseoutcomes() == live.parseoutcomes()
    first, second = (acme.path / directory / "acme" / "report.json" for directory in ("reports", "again"))
    assert first.read_bytes() == second.read_bytes()
    assert (acme.path / "cassettes" / "acme" / "acme-large" / "temperature.range").is_dir()


@pytest.mark.parametrize(
    ("said", "old", "new"),
    [
        ("'ignord'", "top_k: {status: ignored", "top_k: {status: ignord"),
        ("no case tests this feature", "    top_k: {status: ignored", "    top_kk: {status: ignored"),
        ("names no models", "- {models: [acme-small], status: unsupported", "- {status: unsupported"),
        ("'price' is not", "source: prices}", "source: price}"),
    ],
)
def test_the_problems_of_the_page_are_those_one_sees(acme: Project, said: str, old: str, new: str) -> None:
    [line] = [line for line in PROBLEMS if said in line]
    edit(acme.path / "acme.yaml", old, new)
    assert line in told(acme, "--collect-only", "acme.yaml")


def test_a_run_that_cannot_work_says_what_the_page_says(acme: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert PROBLEMS[4] in told(acme, "--live", "acme.yaml")
    assert PROBLEMS[5].removeprefix("ERROR: ") in told(acme, "acme.yaml", "--feature", "top_kk")
    assert len(PROBLEMS) == 6


@pytest.mark.parametrize(
    "shape",
    [File, TargetEntry, SourceEntry, Model, Price, ClaimEntry, StatementEntry, FieldReportEntry, DeviationEntry],
    ids=lambda shape: shape.__name__,
)
def test_no_key_is_missing_from_the_tables(shape: type[BaseModel]) -> None:
    explained = set(re.findall(r"`([^`\s]+)`", PAGE[PAGE.index("## Every key") :]))
    assert set(shape.model_fields) <= explained


def test_no_word_is_missing_from_the_page() -> None:
    explained = set(re.findall(r"`([^`\s]+)`", PAGE))
    assert {*GROUPS, *RANGE, *(status.value for status in Status)} <= explained


def told(project: Project, *args: str) -> str:
    result = project.replay(*args)
    assert result.ret != pytest.ExitCode.OK
    return plainly(result)
