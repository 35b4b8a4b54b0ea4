"""The pytest plugin's front door: it does nothing at all unless a matrix is going to be collected.

It is loaded in every pytest run of every environment this package is installed in. So it adds no
option, imports nothing, and looks only at what the command line (or ``testpaths``) names.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from conformance.matrix.sniff import looks_like_matrix

__all__ = ["pytest_load_initial_conftests"]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Load the real plugin where a matrix is among what is asked for."""
    if not _asks_for_a_matrix(early_config, args):
        return
    from conformance.testing import session  # noqa: PLC0415  everything heavy is behind this line

    session.add_options(parser)
    early_config.pluginmanager.register(session.Plugin(), "conformance-session")


def _asks_for_a_matrix(config: pytest.Config, args: Iterable[str]) -> bool:
    base = config.invocation_params.dir
    named = [base / arg.partition("::")[0] for arg in args if not arg.startswith("-")]
    named = [path for path in named if path.exists()]
    if not named:
        named = [config.rootpath / path for path in config.getini("testpaths")] or [base]
    return any(_holds_a_matrix(path) for path in named)


def _holds_a_matrix(path: Path) -> bool:
    if path.is_dir():
        return any(looks_like_matrix(file) for file in path.iterdir() if file.suffix in (".yaml", ".yml"))
    return looks_like_matrix(path)
