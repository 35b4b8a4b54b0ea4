"""``init``: a matrix for one's own provider, which the suite reads as it stands."""

from pathlib import Path

import pytest
from unit.report.workspace import Workspace

from conformance.cases import CASES
from conformance.cases.groups import group_of
from conformance.matrix import check, load
from conformance.values import Status

FLAGS = ("--endpoint", "https://api.acme.example/anthropic/", "--model", "acme-1", "--model", "acme/2")


def test_flags_make_a_matrix_that_can_be_run(workspace: Workspace) -> None:
    said = workspace.call("init", *FLAGS, "--title", 'The "Acme" \\ Company', "--docs", "https://acme.example/docs")
    assert said.code == 0, said.err
    assert said.lines[0] == "matrix: acme.yaml"
    assert said.lines[-1] == "  ACME_API_KEY=… conformance run --matrix acme.yaml"
    matrix = load(Path("acme.yaml"))
    assert matrix.target.title == 'The "Acme" \\ Company'
    assert (matrix.target.endpoint, matrix.target.key_env) == ("https://api.acme.example/anthropic", ("ACME_API_KEY",))
    assert [model.name for model in matrix.models] == ["acme-1", "acme/2"]
    whole = check(matrix, {feature: [case.name for case in cases] for feature, cases in CASES.items()}, group_of)
    statuses = {claim.feature: claim.status for claim in whole.claims}
    assert statuses["max_tokens"] is Status.SUPPORTED
    assert statuses["top_k"] is Status.UNDOCUMENTED, "what is not claimed is observed and never judged"


def test_a_server_without_keys_is_written_as_one(workspace: Workspace) -> None:
    workspace.call(
        "init", "--endpoint", "http://127.0.0.1:8000", "--model", "m", "--no-key", "--output", "here/own.yaml"
    )
    target = load(Path("here/own.yaml")).target
    assert (target.name, target.auth, target.key_env) == ("my-provider", "none", None)


def test_what_is_missing_is_asked_for(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["https://llm.acme.io/v2", "a, b"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert workspace.call("init").lines[0] == "matrix: llm.yaml"
    assert [model.name for model in load(Path("llm.yaml")).models] == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--endpoint is missing, and nobody is there to be asked"),
        (
            ("--endpoint", "https://a.example/v1", "--model", "m"),
            "ends in /v1, which the SDK adds itself; leave it out",
        ),
        (("--endpoint", "a.example", "--model", "m"), "is not an http or https address"),
        (("--endpoint", "https://a.example", "--model", "m", "--name", "A B"), "cannot name a directory"),
    ],
)
def test_what_makes_no_matrix_is_one_line_and_no_file(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert words in workspace.refused("init", *arguments)
    assert not list(workspace.path.iterdir())


def test_a_file_that_is_there_stays(workspace: Workspace) -> None:
    Path("acme.yaml").write_text("mine", "utf-8")
    assert "acme.yaml is there already" in workspace.refused("init", *FLAGS)
    assert Path("acme.yaml").read_text("utf-8") == "mine"
    assert workspace.call("init", *FLAGS, "--force").code == 0
