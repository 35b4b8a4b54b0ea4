"""Of two pictures one is lost: told of services that count pictures, and of no other."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.pictures import picture, second_is_lost
from unit.cases.scripted import message, scripted

RED, YELLOW = picture("red"), picture("yellow")


def _first_only(body: dict[str, Any], tokens: int) -> Any:
    """What a service says that shows its model the first picture of a message, and counts it as so many tokens."""
    content = body["messages"][-1]["content"]
    first = next((block for block in content if block["type"] == "image"), None)
    colours = {"red" if first == RED else "yellow"} if first in (RED, YELLOW) else {"red", "yellow"} if first else set()
    return message(" and ".join(sorted(colours)), tokens=20 + (tokens if first else 0))


@pytest.mark.parametrize(("tokens", "lost"), [(90, True), (0, False)])
def test_a_service_that_counts_no_pictures_is_not_accused(tokens: int, lost: bool) -> None:
    found = second_is_lost(scripted(lambda body: _first_only(body, tokens)))
    assert bool(found) is lost
