"""Healthy services of unusual manners raise no alarm, and every row of theirs is decided."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from styles import STYLES, Style, style
from survey import survey_at

PERSONALITIES = {"matrix.yaml": "documented", "matrices/anthropic.yaml": "reference"}

LEFT_OPEN = {
    # Streams of a few tokens, all of which are thought in hiding.
    # Whatever it is to repeat, or to go on with, it says in its own words.
    "answers in Chinese": (
        "stream.text::what_a_body_says_a_stream_says",
        "stream.text::a_long_text_streams_whole",
        "messages.prefill::half_a_word_is_finished",
    ),
    "one refusal for all": ("container::*", "mcp_servers::*", "messages.image.url::*"),
    "thinks in hiding": ("temperature::*_streams", "top_p::*_streams", "top_k::*_streams"),
}
"""Cases that may be undecided, by style."""


@pytest.mark.parametrize(
    ("manners", "matrix"),
    [pytest.param(one, matrix, id=f"{one.name}, {matrix}") for one in STYLES for matrix in one.matrices],
)
def test_a_healthy_style_raises_no_alarm(manners: Style, matrix: str, tmp_path: Path) -> None:
    with style(manners, PERSONALITIES[matrix]) as url:
        cells = survey_at(url, tmp_path, matrix=matrix)
    seen = {
        name: cell[0]
        for name, cell in cells.items()
        if (cell[1] in ("falls_short", "inconclusive") or cell[0] == "inconclusive")
        and not any(fnmatchcase(name, pattern) for pattern in LEFT_OPEN.get(manners.name, ()))
    }
    expected = {name: behaviour for name, behaviour in manners.deviates.items() if matrix.endswith("anthropic.yaml")}
    assert {name.partition("::")[0]: behaviour for name, behaviour in seen.items()} == expected, seen
