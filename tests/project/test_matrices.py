"""The matrices that are there: each can be collected and asked, and says where and when it was read."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from front_door import Project, plainly
from services import serving_as

from conformance import simulator
from conformance.cases import CASES
from conformance.cases.groups import group_of
from conformance.matrix import Claim, Matrix, Statement, check, load
from conformance.run.plan import plan
from conformance.values import Status

ROOT = Path(__file__).parents[2]
PATHS = [ROOT / "matrix.yaml", *sorted((ROOT / "matrices").glob("*.yaml"))]
MATRICES = {path.name: load(path) for path in PATHS}

TODAY = "2026-11-27"
"""The day the last of the matrices was written: nothing in them was read later."""

M3 = "MiniMax-M3"

each = pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)


# --- what they say


@each
def test_every_claim_names_a_source_and_a_date(matrix: Matrix) -> None:
    for claim in matrix.claims:
        for said in said_in(claim):
            assert said.source.id in matrix.sources
            assert said.source.url.startswith("https://"), claim.feature
            assert re.fullmatch(r"2026(-\d\d){0,2}", said.date), claim.feature
            assert said.date <= TODAY
        assert all(report.date <= TODAY for report in claim.field_reports), claim.feature


@each
def test_no_source_is_named_for_nothing_and_none_is_missing(matrix: Matrix) -> None:
    read = {said.source.id for claim in matrix.claims for said in said_in(claim)}
    read |= {model.price.source for model in matrix.models if model.price}
    # A sentence may rest on a second source, which it names in brackets at its end.
    cited = {name for claim in matrix.claims for name in re.findall(r"\(([a-z][a-z0-9-]*)\)", claim.says)}
    assert read | cited == set(matrix.sources)


@each
def test_what_is_documented_is_asked_of_every_model_it_is_documented_of(matrix: Matrix) -> None:
    planned = {(item.model, item.claim.feature) for item in plan(matrix)}
    for claim in matrix.claims:
        for model in claim.models if claim.status is not Status.UNDOCUMENTED else ():
            asked = [part for part in claim.parts or (claim.feature,) if (model, part) in planned]
            assert asked, f"{claim.feature} of {model}"


@each
def test_no_model_has_two_claims_on_a_feature(matrix: Matrix) -> None:
    counted = Counter((model, claim.feature) for claim in matrix.claims for model in claim.models)
    assert set(counted.values()) == {1}


CLIENTS_LIVE_WITHOUT = {"response.signature", "response.empty_text", "stream.ping"}
"""Rows of the wire of which a provider that speaks Anthropic's format has promised nothing."""


@each
def test_what_the_wire_of_an_anthropic_compatible_service_is_like_is_claimed_of_it(matrix: Matrix) -> None:
    transport = [claim for claim in matrix.claims if claim.group == "stream" or claim.feature.startswith("response.")]
    assert {claim.feature for claim in transport} == {
        feature for feature in CASES if feature.startswith(("stream.", "response."))
    }
    assert {claim.feature for claim in transport if claim.status is Status.UNDOCUMENTED} <= CLIENTS_LIVE_WITHOUT


def test_minimax_since_m3_says_other_things_of_m3() -> None:
    matrix = MATRICES["minimax-m3.yaml"]
    assert [model.context_window for model in matrix.models] == [1_000_000, *[204_800] * 7]
    assert all(model.price for model in matrix.models)
    by_model = {feature for feature, count in Counter(claim.feature for claim in matrix.claims).items() if count > 1}
    found = {feature: (of(matrix, feature, M3), of(matrix, feature, "MiniMax-M2.7")) for feature in by_model}
    assert {feature: (m3.status.value, m2.status.value) for feature, (m3, m2) in found.items()} == {
        "messages": ("partial", "partial"),
        "messages.count_tokens": ("supported", "undocumented"),
        "messages.image": ("supported", "unsupported"),
        "messages.image.in_a_result": ("supported", "unsupported"),
        "messages.image.url": ("undocumented", "unsupported"),
        "thinking": ("supported", "ignored"),
        "thinking.adaptive": ("supported", "supported"),
    }
    assert all(len(m2.models) == 7 for _, m2 in found.values())
    # What the reference takes back of the page.
    assert [claim.feature for claim in matrix.claims if claim.contradictory] == ["tool_choice.any", "tool_choice.tool"]


def test_the_later_page_speaks_of_the_models_of_the_earlier_one() -> None:
    earlier, later = ([model.name for model in MATRICES[name].models] for name in ("matrix.yaml", "minimax-m3.yaml"))
    assert later == [M3, *earlier]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("deepseek.yaml", {"top_k", "service_tier", "mcp_servers", "container", "messages.cache_control"}),
        ("ollama.yaml", {"headers.anthropic-version", "errors.authentication"}),
        ("vllm.yaml", {"thinking", "service_tier", "mcp_servers", "container", "errors.unknown_field"}),
        ("litellm.yaml", {"messages.cache_control", "errors.envelope", "errors.type"}),
    ],
)
def test_what_a_provider_says_it_ignores(name: str, told: set[str]) -> None:
    ignored = {claim.feature for claim in MATRICES[name].claims if claim.status is Status.IGNORED}
    assert told <= ignored


def said_in(claim: Claim) -> tuple[Claim | Statement, ...]:
    return claim, *claim.statements


def filled(matrix: Matrix) -> Matrix:
    """A matrix as it is run: with a claim of what it says nothing of."""
    return check(matrix, {feature: [case.name for case in cases] for feature, cases in CASES.items()}, group_of)


def of(matrix: Matrix, feature: str, model: str) -> Claim:
    [claim] = [claim for claim in matrix.claims if claim.feature == feature and model in claim.models]
    return claim


# --- how they run


def test_all_of_them_can_be_collected(fresh: Project) -> None:
    copied(fresh)
    result = fresh.replay("--collect-only", "-q", "matrices")
    plainly(result)
    assert result.ret == pytest.ExitCode.OK
    collected = Counter(line.partition("::")[0] for line in result.outlines if "::" in line)
    assert collected == {
        f"matrices/{name}": len(list(plan(filled(matrix))))
        for name, matrix in MATRICES.items()
        if name != "matrix.yaml"
    }


ASKED = ("model", "thinking", "tool_choice", "messages.image", "headers.anthropic-version", "errors", "stream")


@pytest.mark.parametrize("name", [path.name for path in PATHS if path.parent != ROOT])
def test_each_can_be_asked_live_given_a_key(fresh: Project, name: str) -> None:
    copied(fresh)
    matrix = filled(MATRICES[name])
    names = list(dict.fromkeys((matrix.models[0].name, matrix.models[-1].name)))
    # No name may be renamed twice: those of the simulator itself stay as they are.
    theirs = [model for model in ("claude-opus-4-6", "claude-haiku-4-5") if model not in names]
    models = {ours: model for ours, model in zip(names, theirs, strict=False) if not ours.startswith("claude-")}
    chosen = [word for model in names for word in ("--model", model)]
    chosen += [word for feature in ASKED for word in ("--feature", feature)]
    with serving_as(models, personality="reference") as url:
        result = fresh.live(url, f"matrices/{name}", *chosen)
    plainly(result)
    assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    outcomes = result.parseoutcomes()
    assert not outcomes.keys() & {"errors", "error"}
    assert outcomes["passed"] > 20
    report = json.loads((fresh.path / "reports" / matrix.target.name / "report.json").read_text("utf-8"))
    rows = report["results"]
    judged = [row for row in rows if {case["recorded_at"] for case in row["cases"]} - {None}]
    assert {row["model"] for row in judged} == set(names)
    assert {row["documented"] for row in judged} == {of(matrix, row["feature"], row["model"]).status for row in judged}
    assert not [row["feature"] for row in judged if row["verdict"] == "inconclusive"]


GATEWAY = MATRICES["claude-code-gateway.yaml"]
ASKED_OF_A_GATEWAY = [claim.feature for claim in GATEWAY.claims if claim.status is Status.SUPPORTED]


@pytest.mark.parametrize(
    ("personality", "features", "broken"),
    [
        ("reference", ASKED_OF_A_GATEWAY, set()),
        (
            "documented",
            ["thinking", "context_management", "messages.cache_control", "accepts.system_turn", "clients"],
            {"context_management", "messages.cache_control", "accepts.system_turn", "clients.claude_code"},
        ),
    ],
)
def test_what_breaks_behind_claude_code_is_named(
    fresh: Project, personality: str, features: list[str], broken: set[str]
) -> None:
    copied(fresh)
    chosen = [word for feature in features for word in ("--feature", feature)]
    with simulator.running(personality, paced=False, models=["claude-sonnet-5"]) as url:
        result = fresh.live(url, "matrices/claude-code-gateway.yaml", *chosen)
    plainly(result)
    report = json.loads((fresh.path / "reports" / GATEWAY.target.name / "report.json").read_text("utf-8"))
    rows = {row["feature"]: row["verdict"] for row in report["results"] if row["verdict"] not in (None, "not_run")}
    assert {feature for feature, verdict in rows.items() if verdict != "conforms"} == broken
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if broken else pytest.ExitCode.OK)
    if not broken:
        assert set(rows) == set(ASKED_OF_A_GATEWAY)


def copied(project: Project) -> None:
    """The matrices, in a project of its own."""
    directory = project.path / "matrices"
    directory.mkdir()
    for path in PATHS:
        if path.parent != ROOT:
            directory.joinpath(path.name).write_bytes(path.read_bytes())
