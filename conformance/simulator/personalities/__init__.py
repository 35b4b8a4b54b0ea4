"""The services the simulator can be."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conformance.simulator.personalities.documented import DOCUMENTED
from conformance.simulator.personalities.field import FIELD
from conformance.simulator.personalities.personality import Personality
from conformance.simulator.personalities.reference import REFERENCE

BY_NAME: Final[Mapping[str, Personality]] = MappingProxyType(
    {each.name: each for each in (DOCUMENTED, FIELD, REFERENCE)}
)
PERSONALITIES: Final[Mapping[str, str]] = MappingProxyType(
    {name: personality.description for name, personality in BY_NAME.items()}
)
"""What each of them is, by name."""
