"""Characters in halves: found where a service makes them, and never where a model may write U+FFFD itself."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from conformance.protocol.damage import broken_characters
from conformance.protocol.sse import Event, parse_events


def streamed(*pieces: str, kind: str = "text", index: int = 0) -> tuple[Event, ...]:
    body = "".join(
        f"event: content_block_delta\ndata: {json.dumps(data)}\n\n"
        for piece in pieces
        for data in [{"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", kind: piece}}]
    )
    return parse_events(body.encode("utf-8", "surrogatepass"))


def in_bytes(text: str, size: int) -> list[str]:
    whole = text.encode()
    return [whole[at : at + size].decode("utf-8", "replace") for at in range(0, len(whole), size)]


@given(st.text(st.characters(min_codepoint=0x80, exclude_categories=["Cs"]), min_size=4), st.integers(1, 3))
def test_pieces_that_are_decoded_by_themselves_are_found(text: str, size: int) -> None:
    pieces = in_bytes(text, size)
    whole = "�" not in text and all("�" not in piece for piece in pieces)
    assert whole or "�" in text or any(broken_characters(streamed(*pieces)))


@given(st.lists(st.text(st.characters(exclude_characters="�", exclude_categories=["Cs"]), min_size=1), max_size=8))
def test_pieces_of_whole_characters_are_never_blamed(pieces: list[str]) -> None:
    assert not any(broken_characters(streamed(*pieces)))


def test_half_a_surrogate_pair_is_half_a_character() -> None:
    (found,) = broken_characters(streamed("Look: \ud83d", "\ude42!"))
    assert "halves" in str(found)


def test_one_replacement_character_is_the_models_own() -> None:
    assert not any(broken_characters(streamed("a � b", " c", "�")))
    assert not any(broken_characters(streamed("ends in �")))


def test_halves_in_two_blocks_are_not_of_one_character() -> None:
    assert not any(broken_characters((*streamed("a�", index=0), *streamed("�b", index=1))))


def test_inputs_and_thoughts_are_looked_at_as_well() -> None:
    for kind in ("thinking", "partial_json"):
        assert any(broken_characters(streamed("a�", "�b", kind=kind)))
