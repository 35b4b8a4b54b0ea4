"""A service that speaks the Anthropic Messages API with a small language model of its own.

Importing the package imports nothing heavy: what needs a web server is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .app import create_app
    from .faults import FAULTS, Faults, rates
    from .mutants import MUTANTS, Mutant
    from .personalities import PERSONALITIES
    from .server import running, serve
    from .stamp import STAMP

__all__ = [
    "FAULTS",
    "MUTANTS",
    "PERSONALITIES",
    "STAMP",
    "Faults",
    "Mutant",
    "create_app",
    "rates",
    "running",
    "serve",
]

_HOMES: Final = {
    "FAULTS": "faults",
    "Faults": "faults",
    "MUTANTS": "mutants",
    "Mutant": "mutants",
    "PERSONALITIES": "personalities",
    "STAMP": "stamp",
    "create_app": "app",
    "rates": "faults",
    "running": "server",
    "serve": "server",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
