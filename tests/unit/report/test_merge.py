"""The command that joins reports."""

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from contract import validate
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.report.build import NOT_SELECTED, build
from conformance.report.escape import json_text
from conformance.report.load import load
from conformance.report.merge import merge
from conformance.report.model import Report
from conformance.run.matrix_run import MatrixRun, open_matrix
from conformance.run.plan import Planned
from conformance.values import Arm, Behaviour, CaseResult, Source, Verdict

from .rendered import loaded
from .reports import case, claim, everything, report, row
from .workspace import Workspace

ROOT = Path(__file__).parents[3]
Slug = tuple[str, str, str]

EARLIER, LATER = "2026-11-23T11:00:00Z", "2026-11-23T11:00:00.5Z"


@cache
def matrix_run() -> MatrixRun:
    """The matrix of this repository, and what was seen of it, with trouble of every kind thrown in."""
    found = open_matrix(ROOT / "matrix.yaml", "matrix.yaml", ROOT / "cassettes", (), live=False)
    committed = json.loads((ROOT / "reports/minimax/report.json").read_text("utf-8"))
    cases = {one["id"]: one for result in committed["results"] for one in result["cases"]}
    for item in found.planned:
        if (one := cases.get("::".join(("matrix.yaml", *item.slug)))) is not None:
            found.results[item.slug] = _result(one)
    return found


def _result(one: dict[str, Any]) -> CaseResult:
    return CaseResult(
        behaviour=Behaviour(one["behaviour"]) if one["behaviour"] else None,
        verdict=Verdict(one["verdict"]) if one["verdict"] else None,
        summary=one["summary"],
        source=Source(one["source"]) if one["source"] else None,
        recorded_at=one["recorded_at"],
        endpoint="http://127.0.0.1:8080" if one["source"] else None,
        sdks=(f"anthropic 2.{12 + len(one['summary']) % 3}.0",) if one["source"] else (),
        cassette=one["cassette"],
        requests=one["requests"],
        reason=one.get("reason"),
        arms=tuple(Arm(**arm) for arm in one["arms"]),
        signals=tuple(one["signals"]),
        statistics=one.get("statistics", {}),
    )


def made(results: dict[Slug, CaseResult], planned: list[Planned] | None = None) -> dict[str, Any]:
    """The report a run with these results writes."""
    of = matrix_run()
    return as_json(build(of.matrix, of.name, of.planned if planned is None else planned, results))


def as_json(found: Report) -> dict[str, Any]:
    """A report as a program reads it."""
    read: dict[str, Any] = json.loads(json_text(found.data()))
    return read


def split(results: dict[Slug, CaseResult], shards: int, seed: int = 0) -> list[dict[Slug, CaseResult]]:
    parts: list[dict[Slug, CaseResult]] = [{} for _ in range(shards)]
    chance = random.Random(seed)
    for slug, result in results.items():
        parts[chance.randrange(shards)][slug] = result
    return parts


def joined(*reports: dict[str, Any], newer: bool = False) -> dict[str, Any]:
    return as_json(merge([loaded(f"{n}.json", one) for n, one in enumerate(reports)], newer=newer).report)


# --- shards


@pytest.mark.parametrize("shards", [1, 2, 8])
def test_the_shards_of_a_run_make_its_report_byte_for_byte(workspace: Workspace, shards: int) -> None:
    whole = workspace.put("whole.json", made(matrix_run().results))
    whole.write_text(json_text(load(whole).report.data()), "utf-8")
    parts = [
        workspace.put(f"shard-{number}/minimax/report.json", made(part))
        for number, part in enumerate(split(matrix_run().results, shards))
    ]
    if shards > 1:
        assert NOT_SELECTED in parts[0].read_text("utf-8")
    said = workspace.call("merge", *(path.parent.parent for path in parts), "--output", "out")
    assert said.code == 0
    assert (workspace.path / "out/report.json").read_bytes() == whole.read_bytes()
    assert said.lines[0].startswith(f"{shards} report")
    assert said.lines[-1] == "report: out/index.html"
    assert {path.name for path in (workspace.path / "out").iterdir()} >= {"index.html", "report.json", "report.md"}


def test_a_run_of_every_kind_of_outcome_is_joined_as_it_was() -> None:
    """Also what is not applicable, in trouble, simulated in part, recorded in two places, or not run at all."""
    chance = random.Random(4)
    results = dict(matrix_run().results)
    for item in matrix_run().planned:
        verdict = None if item.claim.status == "undocumented" else chance.choice(list(Verdict))
        behaviour = None if verdict in ("not_run", "not_applicable") else chance.choice(list(Behaviour))
        where = chance.choice(["https://a.example", "https://b.example", None])
        results[item.slug] = CaseResult(
            behaviour=behaviour,
            verdict=verdict,
            summary="seen",
            source=chance.choice(list(Source)) if where and behaviour else None,
            recorded_at=EARLIER if where and behaviour else None,
            endpoint=where if behaviour else None,
            seen_as=(Behaviour.HONOURED, Behaviour.IGNORED) if behaviour is Behaviour.INCONSISTENT else (),
        )
        if chance.random() < 0.1:
            del results[item.slug]
    whole = made(results)
    assert whole["target"]["endpoint"] == "https://a.example, https://b.example"
    shards = [made(part) for part in split(results, 3)]
    for shard in shards:
        # Which of two places a case was recorded in stands in no report: every shard was at both.
        shard["target"]["endpoint"] = whole["target"]["endpoint"]
    assert json_text(joined(*shards)) == json_text(whole)


@settings(max_examples=10)  # each writes nine reports
@given(st.integers(0, 10_000), st.permutations(range(4)))
def test_shards_are_joined_in_any_order_and_in_any_steps(seed: int, order: list[int]) -> None:
    few = {slug: result for slug, result in matrix_run().results.items() if slug[0] == "MiniMax-M2.7"}
    planned = [item for item in matrix_run().planned if item.model == "MiniMax-M2.7"]
    parts = [made(part, planned) for part in split(few, 4, seed)]
    whole = json_text(made(few, planned))
    a, b, c, d = (parts[index] for index in order)
    assert json_text(joined(a, b, c, d)) == whole
    assert json_text(joined(joined(a, b), joined(c, d))) == whole
    assert json_text(joined(a, joined(b, joined(c, d)))) == whole


def test_runs_of_one_model_each_make_the_report_of_all(workspace: Workspace) -> None:
    models = list(dict.fromkeys(item.model for item in matrix_run().planned))
    paths = []
    for model in models:
        mine = {slug: result for slug, result in matrix_run().results.items() if slug[0] == model}
        paths.append(
            workspace.put(f"{model}.json", made(mine, [item for item in matrix_run().planned if item.model == model]))
        )
    assert workspace.call("merge", *paths, "--output", "out").code == 0
    assert (workspace.path / "out/report.json").read_text("utf-8") == json_text(made(matrix_run().results))


def test_what_another_run_gave_a_reason_for_keeps_it() -> None:
    expensive = row("top_k", seen=None, verdict="not_run", reason="expensive", summary="expensive")
    left_out = row("top_k", seen=None, verdict="not_run", reason=NOT_SELECTED, summary=NOT_SELECTED)
    for order in ([expensive, left_out], [left_out, expensive]):
        assert joined(*map(report, order))["results"][0]["cases"][0]["reason"] == "expensive"


def test_what_cannot_apply_is_an_outcome_like_any_other(workspace: Workspace) -> None:
    without = row("top_k", seen=None, verdict="not_applicable", reason="no keys here")
    left_out = row("top_k", seen=None, verdict="not_run", reason=NOT_SELECTED, summary=NOT_SELECTED)
    for order in ([without, left_out], [left_out, without]):
        assert joined(*map(report, order))["summary"]["not_applicable"] == 1
    paths = put(workspace, [report(without), *runs(OLD)])
    assert "with different results: not applicable, without a recording" in workspace.refused(
        "merge", *paths, "--output", "o"
    )


def test_a_shard_that_recorded_nothing_names_no_endpoint() -> None:
    recorded, nothing = report(row("top_k")), report(row("top_k", seen=None, verdict="not_run", reason=NOT_SELECTED))
    recorded["target"]["endpoint"] = "http://127.0.0.1:8080"
    for order in ([recorded, nothing], [nothing, recorded]):
        assert joined(*order)["target"]["endpoint"] == "http://127.0.0.1:8080"
    assert joined(nothing, nothing)["target"]["endpoint"] == "https://api.minimaxi.com/anthropic"


def test_a_whole_is_judged_by_its_parts_again() -> None:
    def part(text: str | None, image: str | None) -> dict[str, Any]:
        def one(feature: str, seen: str | None, verdict: str) -> dict[str, Any]:
            more = {} if seen else {"reason": NOT_SELECTED, "summary": NOT_SELECTED}
            return case("M-1", feature, seen, verdict if seen else "not_run", **more)

        cases = [one("messages.text", text, "conforms"), one("messages.image", image, "falls_short")]
        whole = row("messages", documented="partial", seen=None, verdict="not_run", cases=cases)
        halves = [
            row(c["id"].split("::")[2], group="messages", seen=c["behaviour"], verdict=c["verdict"], cases=[c])
            for c in cases
        ]
        claims = [
            claim("messages", status="partial", parts=["messages.text", "messages.image"]),
            claim("messages.text", group="messages"),
            claim("messages.image", group="messages"),
        ]
        return report(whole, *halves, claims=claims)

    both = joined(part("honoured", None), part(None, "ignored"))
    validate(both)
    assert [(r["observed"], r["verdict"]) for r in both["results"]] == [
        ("ignored", "falls_short"),
        ("honoured", "conforms"),
        ("ignored", "falls_short"),
    ]
    assert both["summary"]["falls_short"] == 2
    assert both["sources"]["simulator"] == 2
    assert "2 of 2 cells" in both["notice"]


# --- evidence that contradicts itself


def runs(*outcomes: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    """Reports of top_k: behaviour, verdict and when it was recorded."""
    return [report(row("top_k", seen=b, verdict=v, recorded_at=at, summary=f"{b} at {at}")) for b, v, at in outcomes]


def put(workspace: Workspace, reports: list[dict[str, Any]]) -> list[Path]:
    return [workspace.put(f"run-{number}.json", one) for number, one in enumerate(reports)]


OLD = ("honoured", "conforms", EARLIER)
NEW = ("ignored", "falls_short", LATER)


@pytest.mark.parametrize("turned", [False, True])
def test_a_contradiction_is_refused_and_the_case_named(workspace: Workspace, turned: bool) -> None:
    paths = put(workspace, runs(*([NEW, OLD] if turned else [OLD, NEW])))
    words = workspace.refused("merge", *paths, "--output", "out")
    assert "matrix.yaml::M-1::top_k::works was run twice, with different results" in words
    assert f"honoured, recorded {EARLIER}" in words
    assert f"ignored, recorded {LATER}" in words
    assert words.endswith("--newer takes the later one")
    assert not (workspace.path / "out").exists()


@pytest.mark.parametrize("turned", [False, True])
def test_the_newer_is_taken_where_that_is_asked_for(workspace: Workspace, turned: bool) -> None:
    paths = put(workspace, runs(*([NEW, OLD] if turned else [OLD, NEW])))
    said = workspace.call("merge", *paths, "--output", "out", "--newer")
    assert said.code == 0
    assert "more than once, with different results: 1 case, the later one stands" in said.out
    assert f"  matrix.yaml::M-1::top_k::works: taken: ignored, recorded {LATER}, in " in said.out
    result = as_json(load(workspace.path / "out/report.json").report)["results"][0]
    assert (result["observed"], result["verdict"]) == ("ignored", "falls_short")


def test_of_two_of_the_same_moment_neither_is_newer(workspace: Workspace) -> None:
    paths = put(workspace, runs(OLD, ("ignored", "falls_short", EARLIER)))
    assert "neither is the newer one" in workspace.refused("merge", *paths, "--output", "out", "--newer")


def test_trouble_without_a_recording_is_older_than_any(workspace: Workspace) -> None:
    trouble = report(row("top_k", seen="inconclusive", verdict="inconclusive", source=None, recorded_at=None))
    paths = put(workspace, [trouble, *runs(OLD)])
    assert "without a recording" in workspace.refused("merge", *paths, "--output", "out")
    assert workspace.call("merge", *paths, "--output", "out", "--newer").code == 0
    assert as_json(load(workspace.path / "out/report.json").report)["summary"]["conforms"] == 1


def test_every_sdk_that_recorded_is_named(workspace: Workspace) -> None:
    first, second, nothing = runs(OLD, OLD, OLD)
    first["suite"]["sdk"], second["suite"]["sdk"] = "anthropic 2.13.0", "anthropic 2.12.0, anthropic 2.13.0"
    nothing["suite"]["sdk"] = None
    assert workspace.call("merge", *put(workspace, [first, nothing, second]), "--output", "out").code == 0
    assert (
        as_json(load(workspace.path / "out/report.json").report)["suite"]["sdk"] == "anthropic 2.12.0, anthropic 2.13.0"
    )


def test_runs_that_agree_are_joined_with_the_later_recording(workspace: Workspace) -> None:
    paths = put(workspace, runs(OLD, ("honoured", "conforms", LATER)))
    said = workspace.call("merge", *paths, "--output", "out")
    assert said.code == 0
    assert "more than once, with the same result: 1 case, the later recording stands" in said.out
    assert as_json(load(workspace.path / "out/report.json").report)["results"][0]["cases"][0]["recorded_at"] == LATER


def test_the_same_report_twice_is_itself(workspace: Workspace) -> None:
    path = workspace.put("one.json", everything())
    said = workspace.call("merge", path, path, "--output", "out")
    assert said.code == 0
    assert "more than once" not in said.out
    again, once = (as_json(load(one).report) for one in (workspace.path / "out/report.json", path))
    assert sorted(again["results"], key=str) == sorted(once["results"], key=str)  # by model, as a run has them
    assert again["summary"] == once["summary"]


# --- what cannot be joined


def another_target(made: dict[str, Any]) -> None:
    made["target"]["name"] = "litellm"


def another_matrix_file(made: dict[str, Any]) -> None:
    made["target"]["matrix"] = "other.yaml"


def another_suite(made: dict[str, Any]) -> None:
    made["suite"]["version"] = "0.2.0"


def another_status(made: dict[str, Any]) -> None:
    made["claims"][0]["status"] = "ignored"


def another_wording(made: dict[str, Any]) -> None:
    made["claims"][0]["says"] = "top_k is supported by now"


def one_claim_more(made: dict[str, Any]) -> None:
    made["claims"].append(claim("top_p"))


def another_claim(made: dict[str, Any]) -> None:
    made["claims"].insert(0, claim("top_p"))


def another_requirement(made: dict[str, Any]) -> None:
    made["claims"][0]["cases"][0]["requirement"] = "It works well."


def another_known_deviation(made: dict[str, Any]) -> None:
    made["results"][0]["known_deviation"] = "reported"


def another_version(made: dict[str, Any]) -> None:
    made["version"] = 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (another_target, "are of two targets: a.json has minimax, b.json has litellm"),
        (another_matrix_file, "are of two matrices: a.json has matrix.yaml, b.json has other.yaml"),
        (another_suite, "by two versions of the suite (replay all recordings with one): a.json has 0.1.0, b.json"),
        (another_status, "top_k is documented supported in one and ignored in the other"),
        (another_wording, "what is documented of top_k is not the same"),
        (one_claim_more, "one makes 1 claims, the other 2"),
        (another_claim, "top_k stands in one where top_p stands in the other"),
        (another_requirement, "what top_k requires is not the same"),
        (another_known_deviation, "top_k with M-1 has another known deviation"),
        (another_version, "b.json is a report of version 2, and this suite reads version 1"),
    ],
)
def test_what_does_not_belong_together_is_refused(workspace: Workspace, change: Any, words: str) -> None:
    one, other = report(row("top_k")), report(row("top_k"))
    change(other)
    workspace.put("a.json", one)
    workspace.put("b.json", other)
    assert words in workspace.refused("merge", "a.json", "b.json", "--output", "out")
    assert not (workspace.path / "out").exists()


def test_a_row_without_cases_cannot_be_judged(workspace: Workspace) -> None:
    workspace.put("a.json", report(row("top_k", cases=[])))
    assert "a.json: top_k with M-1 has no cases to judge it by" in workspace.refused(
        "merge", "a.json", "--output", "out"
    )


def test_a_directory_that_cannot_be_written_is_said(workspace: Workspace) -> None:
    workspace.put("a.json", report(row("top_k")))
    (workspace.path / "out").write_text("a file", "utf-8")
    assert "out" in workspace.refused("merge", "a.json", "--output", "out")


def test_hostile_models_are_joined_and_printed_harmlessly(workspace: Workspace) -> None:
    model = "\x1b[31m<b>|`\u202e"
    reports = [report(row("top_k", model, seen=b, verdict=v, recorded_at=at)) for b, v, at in (OLD, NEW)]
    paths = put(workspace, reports)
    said = workspace.call("merge", *paths, "--output", "out", "--newer")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
    assert as_json(load(workspace.path / "out/report.json").report)["models"] == [model]


def test_the_splitting_of_this_file_leaves_nothing_out() -> None:
    parts = split(matrix_run().results, 8)
    assert sum(map(len, parts)) == len(matrix_run().results) > 400
    assert all(parts)
    assert replace(next(iter(matrix_run().results.values())), summary="") not in matrix_run().results.values()
