"""Services that are healthy, or sick in a way that is no parameter's fault: none of it is held against a parameter.

Each is asked over a real socket, and every case of the features below is recorded and judged.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from services import (
    Habit,
    busy_in_words,
    refusing_at_random,
    refusing_by_turns,
    refusing_once,
    replicas,
    service,
    swapping,
)
from starlette.types import ASGIApp
from survey import Cell, survey, survey_at

from conformance.simulator import create_app

FEATURES = (
    "system",
    "stop_sequences",
    "max_tokens",
    "tool_choice",
    "temperature.range",
    "top_p.range",
    "container",
    "messages.text",
    "messages.tool_result",
    "headers",
    "errors",
)
REFUSALS = (
    "max_tokens.range",
    "temperature.range",
    "top_p.range",
    "thinking.unknown_type",
    "errors",
    "models.unlisted",
)
CLAUDE = {"matrix": "matrices/anthropic.yaml", "model": "claude-sonnet-4-6"}


def falling_short(cells: dict[str, Cell]) -> dict[str, Cell]:
    return {name: cell for name, cell in cells.items() if cell[1] in ("falls_short", "exceeds")}


def reference(**simulator: str) -> ASGIApp:
    return create_app(paced=False, personality="reference", **simulator)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_passing_refusal_decides_no_row(tmp_path: Path, status: int) -> None:
    with service(refusing_at_random(0.1, seed=status, status=status)) as url:
        cells = survey_at(url, tmp_path, features=FEATURES)
    assert falling_short(cells) == {}
    assert "rejected" not in {seen for name, (seen, _) in cells.items() if not name.startswith("headers.")}
    assert sum(seen == "inconclusive" for seen, _ in cells.values()) <= len(cells) / 2


def test_a_passing_refusal_is_not_taken_for_validation(tmp_path: Path) -> None:
    """What is ignored, and refused now and then, is not validated."""
    healthy = survey(tmp_path / "healthy", features=["temperature.range", "top_p.range"])
    with service(refusing_at_random(0.1, seed=7)) as url:
        cells = survey_at(url, tmp_path / "sick", features=["temperature.range", "top_p.range"])
    changed = {name: cell for name, cell in cells.items() if cell[0] not in (healthy[name][0], "inconclusive")}
    assert changed == {}


@pytest.mark.parametrize("given", ["system", "container", "stop_sequences"])
def test_a_treatment_that_is_refused_once_is_not_rejected(tmp_path: Path, given: str) -> None:
    with service(refusing_once(given=given)) as url:
        cells = survey_at(url, tmp_path, features=[given])
    assert falling_short(cells) == {}
    assert {verdict for _, verdict in cells.values()} == {"conforms"}


def test_what_one_of_two_replicas_refuses_is_inconclusive(tmp_path: Path) -> None:
    with service(refusing_by_turns(given="system")) as url:
        cells = survey_at(url, tmp_path, features=["system"])
    assert cells["system::a_codeword_comes_back"][0] == "inconclusive"
    assert falling_short(cells) == {}


@pytest.mark.parametrize(
    "habit",
    [
        pytest.param(busy_in_words("Rate limit exceeded, please try again.", 0.3, seed=1), id="English"),
        pytest.param(busy_in_words("请求过于频繁，请稍后再试。", 0.3, seed=2), id="Chinese"),
    ],
)
def test_a_rate_limit_that_is_told_as_a_text_is_waited_out(tmp_path: Path, habit: Habit) -> None:
    with service(habit) as url:
        cells = survey_at(url, tmp_path, features=FEATURES)
    assert falling_short(cells) == {}


@pytest.mark.parametrize("words", ["The model could not be reached.", "Sorry, that did not work."])
def test_a_text_of_the_gateways_own_is_no_deviation(tmp_path: Path, words: str) -> None:
    with service(busy_in_words(words, 0.05, seed=5), personality="reference") as url:
        cells = survey_at(url, tmp_path, features=FEATURES, **CLAUDE)
    assert falling_short(cells) == {}


@pytest.mark.parametrize("seed", [1, 6, 11])
def test_a_text_in_the_place_of_a_refusal_is_asked_again(tmp_path: Path, seed: int) -> None:
    """One at a time, so that the seed decides: without asking again, each of these has a row that is called ignored."""
    with service(busy_in_words("Sorry, that did not work.", 0.15, seed=seed), personality="reference") as url:
        cells = survey_at(url, tmp_path, features=REFUSALS, workers=1, **CLAUDE)
    assert {cell for cell in cells.items() if cell[1][0] == "ignored"} == set()
    assert "honoured" in {seen for seen, _ in cells.values()}


def test_swapped_replies_are_no_deviation(tmp_path: Path) -> None:
    with swapping(reference()) as url:
        cells = survey_at(url, tmp_path, features=FEATURES, **CLAUDE)
    assert falling_short(cells) == {}


@pytest.mark.parametrize("after", [10, 40, 80])
def test_of_a_service_that_changes_half_way_only_what_it_is_now_is_told(tmp_path: Path, after: int) -> None:
    now = falling_short(survey(tmp_path / "now", features=FEATURES, personality="documented", **CLAUDE))
    with replicas(reference(), create_app(paced=False), changes_after=after) as url:
        cells = survey_at(url, tmp_path / "changing", features=FEATURES, **CLAUDE)
    assert {name: cell for name, cell in falling_short(cells).items() if now.get(name) != cell} == {}


@pytest.mark.parametrize("mutant", ["system-ignored", "stop_sequences-ignored"])
def test_what_one_of_two_replicas_ignores_does_not_conform(tmp_path: Path, mutant: str) -> None:
    """What was not read at first is asked again, and read then: that it is counted only now tells the replicas apart."""
    with replicas(reference(mutant=mutant), reference()) as url:
        cells = survey_at(url, tmp_path, features=[mutant.partition("-")[0]], **CLAUDE)
    assert {verdict for _, verdict in cells.values()} & {"falls_short", "inconclusive"}


@pytest.mark.parametrize("mutant", ["system-ignored", "stop_sequences-ignored"])
def test_what_is_always_ignored_still_falls_short(tmp_path: Path, mutant: str) -> None:
    feature = mutant.partition("-")[0]
    cells = survey(tmp_path, features=[feature], personality="reference", mutant=mutant, **CLAUDE)
    assert ("ignored", "falls_short") in cells.values()
