"""A feature with several claims: each for models of its own, from the file to the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from contract import validate
from front_door import Project, edit, plainly

from conformance import simulator
from conformance.matrix import Matrix, MatrixError, load
from conformance.report.analysis.overview import Overview
from conformance.report.build import build
from conformance.report.model import Report
from conformance.report.render.markdown import report as markdown
from conformance.run.plan import plan
from conformance.values import Behaviour, CaseResult, Source, Status, Verdict

TEXT = """\
conformance: 1
target: {name: acme, title: Acme, endpoint: https://api.acme.example, api_version: "2023-06-01"}
sources:
  page: {title: A page, url: https://acme.example/docs, date: 2026-11-23}
models: [{name: old}, {name: new}, {name: newest}, {name: other}]
claims:
  parameters:
    messages:
      - {models: [old], status: supported, source: page, says: Text., parts: [messages.text]}
      - {models: [newest, new], status: partial, source: page, says: Both., parts: [messages.text, messages.image]}
    top_k: {status: ignored, source: page, says: No effect.}
    thinking:
      - models: [old]
        status: ignored
        source: page
        says: It cannot be turned off.
      - models: [new]
        source: page
        statements:
          - {status: supported, says: It can., where: the table}
          - {status: ignored, says: It cannot., where: a note}
      - {models: [newest], status: supported, source: page, says: It can.}
  messages:
    messages.text: {status: supported, source: page, says: Text.}
    messages.image:
      - models: [old]
        status: unsupported
        source: page
        says: No images.
      - models: [new, newest]
        status: supported
        source: page
        says: Images.
known_deviations:
  - {feature: messages.image, models: [new], reason: Sizes are lost., since: 2026-11}
"""
"""Nothing is said of what the model called other does with messages, images and thinking."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "matrix.yaml"
    file.write_text(TEXT, "utf-8")
    return file


def edited(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    return path


def line_of(path: Path, words: str, nth: int = 1) -> int:
    """The line on which some words stand for the nth time."""
    lines = path.read_text("utf-8").split("\n")
    return [number for number, line in enumerate(lines, start=1) if words in line][nth - 1]


def complaint(path: Path) -> str:
    with pytest.raises(MatrixError) as raised:
        load(path)
    return str(raised.value).removeprefix(f"{path}:")


# --- the file


def test_each_model_has_its_own_claim(path: Path) -> None:
    found = {model: claims_of(load(path), model) for model in ("old", "new", "newest", "other")}
    assert found["old"] == {
        "messages": "supported", "top_k": "ignored", "thinking": "ignored",
        "messages.text": "supported", "messages.image": "unsupported",
    }  # fmt: skip
    assert found["new"] == {
        **found["old"],
        "messages": "partial",
        "thinking": "supported",
        "messages.image": "supported",
    }
    assert found["newest"] == found["new"]
    assert found["other"] == {"top_k": "ignored", "messages.text": "supported"}


def test_a_claim_stands_on_its_own_line(path: Path) -> None:
    images = [claim for claim in load(path).claims if claim.feature == "messages.image"]
    assert [claim.line for claim in images] == [line_of(path, "models: [old]", 3), line_of(path, "[new, newest]")]
    assert [claim.place for claim in images] == [("claims", "messages", "messages.image", number) for number in (0, 1)]


def test_the_models_of_a_claim_are_in_the_order_of_the_matrix(path: Path) -> None:
    assert [claim.models for claim in load(path).claims if claim.feature == "messages"] == [("old",), ("new", "newest")]


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        (
            "      - {models: [newest], status: supported,",
            "      - {status: supported,",
            "- {status: supported, source: page, says: It can.}",
            "claims.parameters.thinking[2]: names no models; in a list every claim says which it holds for",
        ),
        (
            "      - {models: [newest], status",
            "      - {models: [newest, old], status",
            "[newest, old]",
            "claims.parameters.thinking[2].models[1]: 'old' has a claim on thinking already; keep one",
        ),
        (
            "[newest, new]",
            "[newest, new, newest]",
            "[newest, new, newest]",
            "claims.parameters.messages[1].models[2]: 'newest' is listed twice; keep one",
        ),
        (
            "[newest, new]",
            "[newest, nwe]",
            "[newest, nwe]",
            "claims.parameters.messages[1].models[1]: 'nwe' is not a model of this matrix; did you mean 'newest'?",
        ),
        (
            "        status: unsupported\n",
            "        status: unsuported\n",
            "unsuported",
            (
                "claims.messages.messages.image[0].status: 'unsuported' is not a status "
                "(supported, partial, ignored, unsupported, undocumented); did you mean 'unsupported'?"
            ),
        ),
        (
            "        says: No images.\n",
            "        say: No images.\n",
            "say: No images.",
            (
                "claims.messages.messages.image[0].say: unknown key; known here: status, statements, source, date, "
                "says, models, details, parts, field_reports; did you mean 'says'?"
            ),
        ),
        (
            "top_k: {status: ignored, source: page, says: No effect.}",
            "top_k: []",
            "top_k",
            "claims.parameters.top_k: empty; list at least one, or delete the key",
        ),
        (
            "top_k: {status: ignored, source: page, says: No effect.}",
            "top_k: [ignored]",
            "top_k",
            "claims.parameters.top_k[0]: a mapping is wanted here, not text ('ignored')",
        ),
        (
            "top_k: {status: ignored, source: page, says: No effect.}",
            "top_k: ignored",
            "top_k",
            "claims.parameters.top_k: a mapping is wanted here, not text ('ignored')",
        ),
        (
            "models: [new], reason",
            "models: [other], reason",
            "[other]",
            "known_deviations[0].models: 'other' has no claim on messages.image",
        ),
        (
            "parts: [messages.text, messages.image]}",
            "parts: [messages.text, messages]}",
            "parts: [messages.text, messages]}",
            "claims.parameters.messages[1].parts[1]: 'messages' has parts itself; list those instead",
        ),
    ],
    ids=[
        "no models", "a model twice", "listed twice", "no such model", "status", "key", "empty", "no mapping",
        "no mapping and no list", "deviation", "part",
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(path: Path, old: str, new: str, at: str, said: str) -> None:
    problem = complaint(edited(path, old, new))
    assert problem == f"{line_of(path, at)}: {said}"


def test_a_deviation_that_names_no_models_is_of_all_that_have_a_claim(path: Path) -> None:
    [deviation] = load(edited(path, "models: [new], reason", "reason")).known_deviations
    assert deviation.models == ("old", "new", "newest")


# --- the plan


def claims_of(matrix: Matrix, model: str) -> dict[str, str]:
    """What is documented of one model, by feature."""
    made = {claim.feature: claim for claim in matrix.claims if model in claim.models}
    assert len(made) == sum(model in claim.models for claim in matrix.claims)
    return {feature: claim.status.value for feature, claim in made.items()}


def test_a_model_is_asked_what_is_claimed_of_it(path: Path) -> None:
    matrix = load(path)
    for model in ("old", "new", "newest", "other"):
        planned = {item.claim.feature: item.claim.status.value for item in plan(matrix, [model])}
        documented = claims_of(matrix, model)
        documented.pop("messages", None)  # judged by its parts
        assert planned == documented
    known = {(item.model, item.known_deviation) for item in plan(matrix) if item.claim.feature == "messages.image"}
    assert known == {("old", None), ("new", "Sizes are lost."), ("newest", None)}


def test_a_model_nobody_lists_is_asked_what_holds_for_all(path: Path) -> None:
    assert {item.claim.feature for item in plan(load(path), ["unlisted"])} == {"top_k", "messages.text"}


# --- the report


@pytest.fixture
def report(path: Path) -> Report:
    """Every feature does as the table of supported ones says, with every model."""
    matrix = load(path)
    planned = list(plan(matrix))
    verdicts = {Status.SUPPORTED: Verdict.CONFORMS, Status.UNSUPPORTED: Verdict.FALLS_SHORT}
    results = {
        item.slug: CaseResult(
            Behaviour.ACCEPTED,
            verdicts.get(item.claim.status, Verdict.CONFORMS),
            "taken",
            source=Source.LIVE,
            recorded_at="2026-11-23T11:00:00Z",
            cassette="there.yaml",
            requests=2,
        )
        for item in planned
    }
    made = build(matrix, "matrix.yaml", planned, results)
    validate(json.loads(json.dumps(made.data())))
    return made


def test_each_row_says_what_is_documented_of_its_model(report: Report) -> None:
    rows = {(row.model, row.feature): row for row in report.results}
    images = {model: row.documented for (model, feature), row in rows.items() if feature == "messages.image"}
    assert images == {"old": "unsupported", "new": "supported", "newest": "supported"}
    assert rows["old", "messages"].documented == "supported"
    assert [case.feature for case in rows["old", "messages"].cases].count("messages.image") == 0
    assert ("other", "messages") not in rows
    assert rows["new", "thinking"].holds is not None
    assert rows["newest", "thinking"].holds is None


def test_a_claim_names_its_models_where_there_are_others(report: Report) -> None:
    named = [(claim["feature"], list(claim["models"])) for claim in report.data()["claims"] if "models" in claim]
    assert named == [
        ("messages", ["old"]), ("messages", ["new", "newest"]),
        ("thinking", ["old"]), ("thinking", ["new"]), ("thinking", ["newest"]),
        ("messages.image", ["old"]), ("messages.image", ["new", "newest"]),
    ]  # fmt: skip


def test_a_reader_sees_what_is_documented_of_which_model(report: Report) -> None:
    overview = Overview(report)
    documented = {feature.name: feature.documented for feature in overview.features}
    assert documented["messages.image"] == "unsupported for old, supported for 2 models"
    assert documented["messages"] == "supported for old, partial for 2 models"
    assert documented["thinking"] == "ignored for old, supported and ignored for new, supported for newest"
    assert documented["top_k"] == "ignored"
    assert "| unsupported for old, supported for 2 models |" in markdown(overview)


def test_a_deviation_is_from_what_is_documented_of_its_model(report: Report) -> None:
    [deviation] = [found for found in Overview(report).deviations if found.feature == "messages.image"]
    assert (deviation.documented, deviation.models) == ("unsupported", ("old",))


def test_a_contradiction_is_that_of_the_models_it_is_about(report: Report) -> None:
    [contradiction] = Overview(report).contradictions
    assert [outcome.models for outcome in contradiction.outcomes] == [("new",)]


def test_a_report_of_one_model_speaks_of_that_model(path: Path) -> None:
    matrix = load(path)
    made = build(matrix, "matrix.yaml", list(plan(matrix, ["newest"])), {})
    documented = {feature.name: feature.documented for feature in Overview(made).features}
    assert documented["messages.image"] == documented["thinking"] == "supported"
    assert not Overview(made).contradictions


# --- the front door


def test_a_matrix_with_claims_by_model_is_asked_live(fresh: Project) -> None:
    edit(
        fresh.matrix,
        "    top_k:\n      status: ignored\n      source: page\n      says: The parameter has no effect.\n",
        "    top_k:\n"
        "    - {models: [MiniMax-M2.7], status: unsupported, source: page, says: It is refused.}\n"
        "    - models: [MiniMax-M2]\n      status: ignored\n      source: page\n      says: It has no effect.\n",
    )
    models = [word for name in ("MiniMax-M2.7", "MiniMax-M2", "MiniMax-M2.5") for word in ("--model", name)]
    with simulator.running(paced=False) as url:
        result = fresh.live(url, "--feature", "top_k", *models)
    plainly(result)
    found = {
        row["model"]: (row["documented"], row["verdict"])
        for row in fresh.report()["results"]
        if row["feature"] == "top_k"
    }
    assert found == {"MiniMax-M2.7": ("unsupported", "falls_short"), "MiniMax-M2": ("ignored", "conforms")}
