"""What is committed says nothing of the machine that replays: not its SDK, not its libraries, not its paths."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from front_door import CONTAINER, EVERYTHING, ROOT, STREAM, SYSTEM, Project, as_documented, edit, rows

from conformance.run.live_service import SDK

_PRETENDS = """\
import importlib.metadata

import anthropic
import anthropic._version

known = importlib.metadata.version
importlib.metadata.version = lambda name: "2.99.7" if name == "anthropic" else known(name)
anthropic.__version__ = anthropic._version.__version__ = "2.99.7"
"""
"""A plugin of pytest's, loaded before the suite is: another release of the SDK seems to be installed."""


def files(directory: Path) -> dict[str, bytes]:
    """All files of a report, by name."""
    return {file.name: file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def test_another_sdk_that_replays_leaves_every_byte_as_it_is(project: Project) -> None:
    project.replay("--report-dir", "plain", *EVERYTHING)
    project.path.joinpath("pretends.py").write_text(_PRETENDS, "utf-8")
    project.monkeypatch.setenv("PYTHONPATH", str(project.path))
    said = project.replay("-p", "pretends", "--report-dir", "pretended", *EVERYTHING, command=True)
    said.stdout.fnmatch_lines(["conformance: replay of * with anthropic 2.99.7, no network"])
    plain = files(project.path / "plain")
    assert "report.json" in plain
    assert files(project.path / "pretended") == plain
    assert not [name for name, data in plain.items() if b"2.99.7" in data]


def test_a_report_names_the_sdks_that_recorded(project: Project) -> None:
    edit(project.cassette(SYSTEM), f"sdk: {SDK}", "sdk: anthropic 2.11.9")
    edit(project.cassette(STREAM), f"sdk: {SDK}", "sdk: anthropic 2.8.1")
    project.replay("--report-dir", "reports", *EVERYTHING)
    assert project.report()["suite"]["sdk"] == ", ".join(sorted(["anthropic 2.11.9", "anthropic 2.8.1", SDK]))
    project.replay("--report-dir", "one", *rows("system"), "-k", "a_codeword_comes_back")
    # A report is of all recordings there are, whatever was selected.
    assert project.report("one")["suite"]["sdk"] == project.report()["suite"]["sdk"]


def test_an_inspection_rests_on_what_every_cassette_was_recorded_with(project: Project) -> None:
    edit(project.cassette(SYSTEM), f"sdk: {SDK}", "sdk: anthropic 2.11.9")
    project.replay("--report-dir", "reports", *rows("stream.event_order"))
    assert project.report()["suite"]["sdk"] == ", ".join(sorted(["anthropic 2.11.9", SDK]))


def test_where_nothing_was_recorded_no_sdk_is_named(fresh: Project) -> None:
    fresh.replay("--report-dir", "reports", *EVERYTHING)
    assert fresh.report()["suite"]["sdk"] is None


@pytest.mark.parametrize("damage", ["missing", "stale", "damaged"])
def test_what_cannot_be_judged_is_reported_without_paths_or_a_librarys_words(project: Project, damage: str) -> None:
    cassette = project.cassette(CONTAINER)
    match damage:
        case "missing":
            cassette.unlink()
        case "stale":
            edit(cassette, "container_011ConformanceNoSuchOne", "another")
        case _:
            cassette.write_text("interactions: [", "utf-8")
    project.replay("--report-dir", "here", *EVERYTHING)
    moved = project.path / "elsewhere"
    project.path.joinpath("cassettes").rename(moved)
    project.replay("--report-dir", "there", "--cassettes", moved, *EVERYTHING)
    here = files(project.path / "here")
    assert files(project.path / "there") == here
    assert not [name for name, data in here.items() if str(project.path).encode() in data]
    cases = [case for row in project.report("here")["results"] for case in row["cases"]]
    said = next(case["summary"] for case in cases if case["id"] == CONTAINER)
    assert said in (
        "not recorded yet",
        "stale: its recording holds other requests than the case asks now",
        "error: damaged recording: {0} is damaged",
    )[["missing", "stale", "damaged"].index(damage)].format(cassette.relative_to(moved.parent / "cassettes"))


_WARNS = """\
import warnings

import pytest

warnings.warn("a library is older than it was", DeprecationWarning)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    warnings.warn("so is its plugin", DeprecationWarning)
    return (yield)


def pytest_runtest_setup(item):
    warnings.warn("and so is what it calls", DeprecationWarning)
"""


def test_a_librarys_warning_breaks_no_users_replay(project: Project) -> None:
    """With the configuration that comes with this repository."""
    project.path.joinpath("pyproject.toml").write_bytes(ROOT.joinpath("pyproject.toml").read_bytes())
    project.path.joinpath("warns.py").write_text(_WARNS, "utf-8")
    project.monkeypatch.setenv("PYTHONPATH", str(project.path))
    as_documented(project.replay("-p", "warns", *EVERYTHING, command=True))


def test_the_warning_breaks_our_own_tests(project: Project) -> None:
    tests = project.path / "tests"
    tests.mkdir()
    tests.joinpath("conftest.py").write_bytes(ROOT.joinpath("tests/conftest.py").read_bytes())
    tests.joinpath("front_door.py").write_text("", "utf-8")
    tests.joinpath("test_it.py").write_text(
        "import warnings\ndef test_it(): warnings.warn('old', DeprecationWarning)\n"
    )
    project.path.joinpath("pyproject.toml").write_bytes(ROOT.joinpath("pyproject.toml").read_bytes())
    project.monkeypatch.setenv("PYTHONPATH", str(tests))
    project.replay("tests", command=True).assert_outcomes(failed=1)


def test_what_is_said_to_be_tested_is_tested() -> None:
    """The versions of Python: declared, in tox, and in CI."""
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))["project"]
    said = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert project["requires-python"] == f">={said[0]}"
    tox = re.search(r"py\{([\d,]+)\}", ROOT.joinpath("tox.ini").read_text("utf-8"))
    assert tox is not None
    assert tox[1] == ",".join(version.replace(".", "") for version in said)
    jobs = yaml.safe_load(ROOT.joinpath(".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
    first = [
        step["with"]["python-version"] for step in jobs["check"]["steps"] if "setup-python" in step.get("uses", "")
    ]
    assert [*first, *jobs["tests"]["strategy"]["matrix"]["python-version"]] == said


def test_the_lock_names_releases_and_nothing_else() -> None:
    """No index, no address, no path; a release of everything that is declared."""
    lines = ROOT.joinpath("requirements/lock.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.lstrip().startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9._-]+==[\w.]+( ; [\w .'<>=!()]+)?", line) for line in pins), pins
    assert not [line for line in lines if "://" in line or line.startswith(("-", "/"))]
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    names = {re.split(r"[^a-z0-9-]", one)[0] for one in declared} - {project["name"]}
    assert names <= {line.partition("==")[0] for line in pins}


def test_without_libyaml_a_replay_says_the_same(tmp_path: Path) -> None:
    """PyYAML is built without it on some machines: slower, and no name ``CSafeLoader``."""
    some = Path("minimax", "MiniMax-M2.7", "system")
    shutil.copytree(ROOT / "cassettes" / some, tmp_path / "cassettes" / some)
    program = (
        "import sys, yaml; del yaml.CSafeLoader; import pytest; "
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--report-dir', {str(tmp_path)!r}, "
        f"'--cassettes', {str(tmp_path / 'cassettes')!r}, '--model', 'MiniMax-M2.7', '--feature', 'system']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "minimax" / "report.json").is_file()
