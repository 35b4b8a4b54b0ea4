"""What the page carries: nothing changed by being kept small, nothing hidden, nothing that means something else."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.report.render.evidence import pack, visible

TEXT = st.text() | st.text("~0123456789").map(lambda text: text * 3) | st.sampled_from(["~", "~~1", "x" * 40])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=30,
)


def unpacked(value: Any, pool: list[str]) -> Any:
    """As the page's script does it."""
    match value:
        case str() if value.startswith("~~"):
            return value[1:]
        case str() if value.startswith("~"):
            return pool[int(value[1:])]
        case list():
            return [unpacked(item, pool) for item in value]
        case dict():
            return {name: unpacked(item, pool) for name, item in value.items()}
        case _:
            return value


@given(st.lists(VALUES, max_size=6))
def test_what_is_packed_is_unpacked_as_it_was(values: list[Any]) -> None:
    pool, packed = pack(values)
    assert unpacked(packed, pool) == values


def test_what_is_said_again_and_again_is_kept_once() -> None:
    pool, packed = pack([["the same long sentence"] * 100])
    assert pool == ["the same long sentence"]
    assert packed == [["~0"] * 100]


@given(VALUES)
def test_a_request_means_the_same_with_all_of_it_visible(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    shown = visible(text)
    assert json.loads(shown) == value
    assert not [sign for sign in shown if unicodedata.category(sign) in ("Cc", "Cf", "Cs") and sign not in "\n\t"]


@given(st.text())
def test_nothing_stays_hidden(text: str) -> None:
    assert not set(visible(text)) & set("\x1b\x00\u202e\u2066\u200b\ufeff\u2028\ud800\U000e0041")
