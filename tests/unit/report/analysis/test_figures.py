"""The figures: what is measured, on one scale for all models."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.analysis.figures import Measured, Segment
from conformance.report.model import ReportedCase
from unit.report.recordings import exchange
from unit.report.reports import case


def measured(*told: tuple[str, dict[str, Any], list[Any]]) -> Measured:
    made = Measured()
    for model, statistics, exchanges in told:
        made.add(model, ReportedCase(**case(model, "top_k", "honoured", "conforms", statistics=statistics)), exchanges)
    return made


def answer(ms: float, status: int = 200) -> Any:
    return exchange("{}", '{"content":[]}', status=status, ms=ms)


def stream(*arrivals: tuple[float, int]) -> Any:
    return exchange("{}", "event: ping\ndata: {}\n\n", arrivals=arrivals)


def test_draws_are_blocks_as_wide_as_their_share() -> None:
    drawn = measured(("M-1", {"treatment": [3, 1], "control": [1, 1]}, [])).draws["top_k"]["M-1"]
    assert drawn.bars == ((Segment(0, 75), Segment(75, 25)), (Segment(0, 50), Segment(50, 50)))


@pytest.mark.parametrize(
    "statistics",
    [
        {},
        {"treatment": [1, 2]},
        {"treatment": [], "control": []},
        {"treatment": [True], "control": []},
        {"treatment": [-1], "control": [1]},
        {"treatment": ["3"], "control": [1]},
        {"treatment": "3", "control": "1"},
        {"treatment": [10**9], "control": [1]},
        {"tokens_per_second": []},
        {"tokens_per_second": ["fast"]},
        {"tokens_per_second": [-3.0]},
        {"tokens_per_second": 60},
    ],
)
def test_what_is_no_count_and_no_speed_is_not_drawn(statistics: dict[str, Any]) -> None:
    made = measured(("M-1", statistics, []))
    assert not made.draws
    assert not made.speeds


def test_speeds_share_a_scale_with_what_is_documented() -> None:
    made = measured(
        ("M-1", {"tokens_per_second": [40.0, 60.0], "documented": 100.0}, []), ("M-2", {"tokens_per_second": [25]}, [])
    ).speeds
    assert (made["M-1"].measured, made["M-1"].wide, made["M-1"].line) == (50, 50, 100)
    assert (made["M-2"].wide, made["M-2"].line) == (25, None)


def test_the_longest_stream_of_a_model_is_its_curve() -> None:
    short = stream(*((at, at * 10) for at in range(1, 7)))
    long = stream((0, 0), (500, 100), (1000, 200), (1500, 300), (2000, 400))
    made = measured(("M-1", {}, [short, long]), ("M-2", {}, [short])).arrivals
    assert made["M-1"].points == "0,100 0,100 25,75 50,50 75,25 100,0"
    assert (made["M-1"].first, made["M-1"].last) == (0, 2)
    assert made["M-2"].points.endswith("0.3,0"), "on the scale of the longest"


def test_a_stream_of_few_arrivals_is_no_curve() -> None:
    assert not measured(("M-1", {}, [stream((1, 5), (2, 9))])).arrivals


def test_latency_is_of_whole_answers_and_not_of_refusals() -> None:
    answers = [answer(ms) for ms in range(1, 101)]
    made = measured(("M-1", {}, [*answers, answer(9999, status=400)]), ("M-2", {}, [answer(192)])).latencies
    assert (made["M-1"].count, made["M-1"].median, made["M-1"].slowest) == (100, 51, 91)
    assert made["M-2"].at == 100
    assert made["M-1"].thick.at == pytest.approx(100 * 26 / 192, abs=0.01)
