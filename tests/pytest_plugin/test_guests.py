"""The plugin in other people's runs: it is installed, and nobody notices."""

from __future__ import annotations

import pytest
from front_door import ROOT, Project, plainly, rows

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--live", action="store_true")
    for name in ("--model", "--feature", "--endpoint", "--cassettes", "--report-dir", "--concurrency"):
        parser.addoption(name, default="theirs")
"""

THEIRS = """
import pytest


def test_their_options_are_theirs(pytestconfig):
    assert pytestconfig.getoption("--live") is True
    assert pytestconfig.getoption("--model") == "things"
    assert pytestconfig.getoption("--cassettes") == "theirs"
"""

NOTHING_OF_OURS = """
import sys

HEAVY = ("anthropic", "httpx2", "jinja2", "pydantic", "starlette", "uvicorn", "vcr", "yaml")


def test_nothing_is_imported_for_us(pytestconfig):
    assert pytestconfig.pluginmanager.hasplugin("conformance")
    assert [name for name in HEAVY if name in sys.modules] == []
    ours = {name for name in sys.modules if name.partition(".")[0] == "conformance"}
    plugin = {"conformance.pytest_plugin", "conformance.pytest_plugin.options", "conformance.pytest_plugin.plugin"}
    assert ours == {"conformance", "conformance.matrix", "conformance.matrix.sniff", *plugin}
"""


@pytest.fixture
def guest(pytester: pytest.Pytester) -> pytest.Pytester:
    """Somebody's project: tests, options, a directory of models, and YAML that is no matrix."""
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider\nfilterwarnings = error\n")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_theirs=THEIRS)
    pytester.path.joinpath("things").mkdir()
    pytester.path.joinpath("things", "pytest.ini").write_text("[pytest]\n", "utf-8")
    pytester.path.joinpath("settings.yaml").write_text("# conformance: 1\nname: conformance\n", "utf-8")
    return pytester


def head(result: pytest.RunResult) -> list[str]:
    """What is printed before the first test, without the list of what is installed."""
    lines = result.outlines[: next(n for n, line in enumerate(result.outlines) if line.startswith("collected"))]
    return [line for line in lines if not line.startswith("plugins:")]


def test_their_options_may_be_called_like_ours(guest: pytest.Pytester) -> None:
    guest.runpytest_inprocess("--live", "--model=things").assert_outcomes(passed=1)


def test_their_directories_are_taken_as_pytest_takes_them(guest: pytest.Pytester) -> None:
    seen = guest.runpytest_inprocess("--live", "--model", "things", "test_theirs.py")
    blocked = guest.runpytest_inprocess("-p", "no:conformance", "--live", "--model", "things", "test_theirs.py")
    assert seen.ret == blocked.ret
    assert head(seen) == head(blocked)


def test_their_header_is_as_it_was(guest: pytest.Pytester) -> None:
    seen = guest.runpytest_inprocess("--live", "--model=things")
    blocked = guest.runpytest_inprocess("-p", "no:conformance", "--live", "--model=things")
    blocked.assert_outcomes(passed=1)
    assert head(seen) == head(blocked)
    assert not any("conformance" in line for line in head(seen))


def test_they_get_none_of_our_options(pytester: pytest.Pytester) -> None:
    help_text = pytester.runpytest_inprocess("--help").stdout.str()
    assert "--live" not in help_text
    assert "--cassettes" not in help_text


def test_nothing_is_imported_on_our_account(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NOTHING_OF_OURS)
    # hypothesis and anyio are guests of their own, and bring what they like.
    others = [
        word for name in ("hypothesispytest", "anyio", "xdist", "xdist.looponfail") for word in ("-p", f"no:{name}")
    ]
    pytester.runpytest_subprocess(*others).assert_outcomes(passed=1)


def test_a_matrix_beside_their_tests_is_left_alone(guest: pytest.Pytester) -> None:
    guest.path.joinpath("claims").mkdir()
    guest.path.joinpath("claims", "matrix.yaml").write_bytes((ROOT / "matrix.yaml").read_bytes())
    result = guest.runpytest_inprocess("--live", "--model=things", "test_theirs.py")
    result.assert_outcomes(passed=1)
    assert not any("conformance" in line for line in head(result))


@pytest.mark.parametrize("option", ["--live", "--model", "--shard"])
def test_an_option_that_was_here_first_is_told_in_a_line(project: Project, option: str) -> None:
    project.pytester.makeconftest(f"def pytest_addoption(parser):\n    parser.addoption({option!r})\n")
    result = project.replay()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = plainly(result)
    assert f"ERROR: {option}: a conftest.py or another plugin has an option of this name" in text
    project.replay("--noconftest", *rows("container")).assert_outcomes(passed=1)


def test_a_conftest_beside_a_matrix_is_loaded_once(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project.path / "cassettes").rename(elsewhere / "cassettes")
    project.pytester.makeconftest(
        "def pytest_addoption(parser):\n    print('their conftest')\n    parser.addoption('--theirs')\n"
    )
    result = project.replay("--theirs", "x", "--cassettes", elsewhere / "cassettes", *rows("container"))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"rootdir: {project.path}", "configfile: pyproject.toml"])
    assert result.outlines.count("their conftest") <= 1
