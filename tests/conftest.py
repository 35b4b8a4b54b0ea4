"""What all tests of the suite itself share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "front_door"]


def pytest_configure(config: pytest.Config) -> None:
    """A warning is an error here, and only here: a user's replay must not break on a library's new deprecation."""
    config.addinivalue_line("filterwarnings", "error")


# Seeded, and never judged by the clock: a busy machine is no reason for a failure.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
