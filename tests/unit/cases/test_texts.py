"""Texts that come escaped, or decoded as something else, are told from what a model writes."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cases import CASES, Inspection
from conformance.protocol.exchange import Exchange
from conformance.values import Behaviour

LINES = (
    'if (a < b && c > d) { "no more" }',
    'Zoë said: "it is the café in the north"',
    "half of it's <b>bold</b>, or so",
)


def seen(answer: Callable[[str], str], *lines: str, times: int = 2) -> Behaviour | None:
    (case,) = (
        case for case in CASES["response.shape"] if isinstance(case, Inspection) and case.name == "no_text_is_escaped"
    )
    asked = "Repeat exactly:\n" + "\n".join(lines)
    said = [{"type": "text", "text": answer("\n".join(lines))}]
    exchange = Exchange(
        "POST",
        "/v1/messages",
        {},
        json.dumps({"messages": [{"role": "user", "content": asked}]}).encode(),
        200,
        {},
        json.dumps({"type": "message", "content": said}).encode(),
    )
    return case.look([exchange] * times).behaviour


@pytest.mark.parametrize(
    "damage",
    [
        html.escape,
        lambda text: json.dumps(text)[1:-1].replace("\\n", "\n"),
        lambda text: text.encode().decode("cp1252", "replace"),
        lambda text: text.encode().decode("latin-1"),
    ],
)
def test_what_comes_back_escaped_is_found(damage: Callable[[str], str]) -> None:
    assert seen(damage, *LINES, times=3) is Behaviour.IGNORED


def test_one_line_may_be_the_models_own_way() -> None:
    assert seen(html.escape, LINES[0]) is Behaviour.HONOURED


def test_a_service_that_escapes_now_and_then_is_not_blamed_for_the_models_whims() -> None:
    assert seen(lambda text: f"{html.escape(text)}\n{text}", *LINES) is Behaviour.HONOURED


@given(st.lists(st.text(min_size=20, max_size=60), min_size=1, max_size=5))
def test_whatever_comes_back_as_it_was_is_healthy(lines: list[str]) -> None:
    assert seen(str, *lines) is Behaviour.HONOURED


@given(st.lists(st.text(min_size=20, max_size=60), min_size=1, max_size=5), st.text(max_size=80))
def test_whatever_a_model_makes_up_is_healthy(lines: list[str], answer: str) -> None:
    assert seen(lambda _: answer, *lines) is Behaviour.HONOURED
