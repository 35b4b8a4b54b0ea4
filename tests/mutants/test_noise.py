"""Real services are not deterministic even when greedy: a treatment with a little noise is still recognised."""

from __future__ import annotations

from pathlib import Path

import pytest
from survey import survey

SAMPLED = ("temperature", "top_p", "top_k")
CASES = {
    "temperature::near_zero_collapses_diversity",
    "temperature.range::zero_collapses_diversity",
    "top_p::tiny_nucleus_collapses_diversity",
    "top_k::one_collapses_diversity",
}


@pytest.mark.parametrize("noise", [0.02, 0.05, 0.1])
def test_noise_on_a_service_that_honours(tmp_path: Path, noise: float) -> None:
    """It is never blamed. Where one draw in ten is as if the setting were not there, that may be too many to tell."""
    cells = survey(tmp_path, matrix="matrices/anthropic.yaml", personality="reference", noise=noise, features=SAMPLED)
    sampled = {name: cell[0] for name, cell in cells.items() if "collapses_diversity" in name}
    assert set(sampled.values()) <= ({"honoured"} if noise < 0.05 else {"honoured", "inconclusive"})
    assert sampled.keys() == CASES


@pytest.mark.parametrize("seed", range(3))
def test_a_service_with_one_opening_is_not_blamed(tmp_path: Path, seed: int) -> None:
    """What comes after the opening may tell, or not; the parameters have their effect all the same."""
    of_one_mind = {"personality": "reference", "diversity": 1, "seed": seed}
    cells = survey(tmp_path, matrix="matrices/anthropic.yaml", features=SAMPLED, **of_one_mind)
    assert {cell[0] for name, cell in cells.items() if "collapses_diversity" in name} <= {"inconclusive", "honoured"}


@pytest.mark.parametrize("seed", range(3))
def test_one_opening_does_not_make_a_parameter_honoured(tmp_path: Path, seed: int) -> None:
    broken = {"mutant": "temperature-ignored", "diversity": 1, "seed": seed}
    cells = survey(tmp_path, features=["temperature"], **broken)
    assert "honoured" not in {cell[0] for name, cell in cells.items() if "collapses" in name}
