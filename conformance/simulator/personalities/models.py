"""The models each personality serves, with the figures their makers publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its name, its context window and longest answer in tokens, its speed in tokens a second."""

    name: str
    window: int = 204_800
    speed: float = 60.0
    most_output: int = 196_608


# MiniMax's compatibility page; the speed of M2 is not stated there, so it has that of its siblings.
MINIMAX: Final = (
    Model("MiniMax-M2.7"),
    Model("MiniMax-M2.7-highspeed", speed=100.0),
    Model("MiniMax-M2.5"),
    Model("MiniMax-M2.5-highspeed", speed=100.0),
    Model("MiniMax-M2.1"),
    Model("MiniMax-M2.1-highspeed", speed=100.0),
    Model("MiniMax-M2"),
)
# A later page of MiniMax's (2026): what answers for an unknown model since September 2026.
MINIMAX_M3: Final = Model("MiniMax-M3", window=1_000_000, speed=80.0, most_output=524_288)
# The names in Anthropic's SDK 2.12 that its clients ask for; a date behind a name is the same model.
CLAUDE: Final = tuple(
    Model(name, window=200_000, speed=80.0, most_output=64_000)
    for name in (
        "claude-opus-4-6",
        "claude-sonnet-4-6",
        "claude-haiku-4-5",
        "claude-haiku-4-5-20251001",
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929",
        "claude-opus-4-5",
        "claude-opus-4-5-20251101",
        "claude-opus-4-7",
        "claude-opus-4-8",
        "claude-opus-5",
        "claude-sonnet-5",
        "claude-opus-5-5",
        "claude-sonnet-5-5",
        "claude-haiku-5-5",
    )
)
