"""A service that speaks the Anthropic Messages API with a small language model of its own.

Importing the package imports nothing heavy: what needs a web server is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from conformance.simulator.app import create_app
    from conformance.simulator.faults import FAULTS, Faults, rates
    from conformance.simulator.middleware import STAMP
    from conformance.simulator.mutants import MUTANTS, Mutant
    from conformance.simulator.personalities import PERSONALITIES
    from conformance.simulator.server import running, serve, serving

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
    "serving",
]

_MODULES: Final = {
    "FAULTS": "faults",
    "Faults": "faults",
    "MUTANTS": "mutants",
    "Mutant": "mutants",
    "PERSONALITIES": "personalities",
    "STAMP": "middleware",
    "create_app": "app",
    "rates": "faults",
    "running": "server",
    "serve": "server",
    "serving": "server",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module at its first use.

    Raises:
        AttributeError: there is no such name.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
