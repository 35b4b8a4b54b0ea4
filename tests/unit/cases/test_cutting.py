"""Limits of a reply's length: a count that is wrong is no other limit."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.cutting import each_limit_cuts_where_it_says
from unit.cases.scripted import message, scripted

_PROSE = "The train left the station in the early light, and nobody on it knew where it would end. " * 40
_WIDTH = 4.5
"""Characters of a token."""


@pytest.mark.parametrize(
    ("cuts", "counts", "behaviour"),
    [
        (1.0, 1.0, "honoured"),
        (0.5, 0.5, "ignored"),  # half of the limit, and it says so
        (1.0, 0.5, "honoured"),  # the whole limit, and half of it counted
        (3.0, 1.0, "ignored"),  # three times the limit, whatever it says
    ],
    ids=["as it says", "half of it", "counted by half", "cut late"],
)
def test_where_a_limit_cuts(cuts: float, counts: float, behaviour: str) -> None:
    def answer(body: dict[str, Any]) -> Any:
        most = body["max_tokens"]
        said = _PROSE[: int(cuts * most * _WIDTH)]
        return message(said, out=int(counts * most), stop_reason="max_tokens")

    assert each_limit_cuts_where_it_says(scripted(answer)).behaviour.value == behaviour
