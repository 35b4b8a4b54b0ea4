"""What all tests of the suite itself share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "front_door"]

HOME = Path(__file__).parent
SLOW = ("browser", "mutants", "pytest_plugin", "unit/simulator", "project/test_adding_")
"""What takes more than a minute together: whole runs, browsers, broken services. Left out by -m "not slow"."""

LONGEST = (
    "output_speed-slow",
    "no_spelling_of_a_key",
    "errors.status-500",
    "incremental-held-back",
    "join_to_that_of_one",
)
"""Half a minute and more each: begun first, or the other workers would wait for them at the end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is left to the run of every week: ``tox -e mutants``."""
    parser.addoption("--every-row", action="store_true", help="ask every mutant for every row there is")


def pytest_configure(config: pytest.Config) -> None:
    """A warning is an error here, and only here: a user's replay must not break on a library's new deprecation."""
    config.addinivalue_line("filterwarnings", "error")
    config.addinivalue_line("markers", "slow: a whole run, a browser or a broken service; all of them take minutes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HOME) and item.path.relative_to(HOME).as_posix().startswith(SLOW):
            item.add_marker("slow")
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONGEST))


# Seeded, and never judged by the clock: a busy machine is no reason for a failure.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
