"""The front door: a small project of its own for every test, run the way people run theirs.

Whatever a test does, two things hold at its end: every report that was written keeps the contract, and the key
has left no trace, neither in a file nor in anything that was printed.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpcore2  # noqa: F401  these are imported here once: pytester forgets what a run inside this process imports
import pytest
from contract import validate

from conformance import simulator
from conformance.cases import CASES, Experiment
from conformance.http.live import LiveTransport
from conformance.pytest_plugin import hooks as session  # noqa: F401
from conformance.report.render import badge, html, markdown, profile, terminal  # noqa: F401  as above
from conformance.run.plan import selected

ROOT = Path(__file__).parents[1]
MODEL = "MiniMax-M2.7"
KEY = "sk-canary-0123456789"
RECORDED = ("stream", "system", "container")
"""The features whose cases every project has recordings of."""

CONTAINER = f"matrix.yaml::{MODEL}::container::an_unknown_container_is_missed"
SYSTEM = f"matrix.yaml::{MODEL}::system::a_codeword_comes_back"
STREAM = f"matrix.yaml::{MODEL}::stream::a_streamed_reply_is_events"

_CONFIGURATION = """\
[tool.pytest.ini_options]
testpaths = ["matrix.yaml"]
addopts = ["--strict-markers", "--strict-config", "-p", "no:cacheprovider"]
filterwarnings = ["error"]
"""

_TELLING_PYTEST = (
    "PYTEST_ADDOPTS",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    "PYTEST_PLUGINS",
    "FORCE_COLOR",
    "PY_COLORS",
    "GITHUB_STEP_SUMMARY",
)
"""Variables that change what a run does, prints or writes."""

Verdicts = dict[str, tuple[str | None, str | None]]
"""Behaviour and verdict of every case that was run, by node id."""


def rows(*features: str, model: str = MODEL) -> list[str]:
    """The options that select these features of one model."""
    return ["--model", model, *(word for feature in features for word in ("--feature", feature))]


EVERYTHING = rows(*RECORDED)
"""The options that select all that is recorded."""

_RECORDED = [case for feature, cases in CASES.items() if selected(feature, RECORDED) for case in cases]
EXPERIMENTS = sum(isinstance(case, Experiment) for case in _RECORDED)


def as_documented(result: pytest.RunResult) -> None:
    """Everything that is recorded passes."""
    result.assert_outcomes(passed=len(_RECORDED))


@dataclass
class Project:
    """A matrix, its recordings, and a configuration; nothing else."""

    pytester: pytest.Pytester
    monkeypatch: pytest.MonkeyPatch
    printed: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.pytester.path

    @property
    def matrix(self) -> Path:
        return self.path / "matrix.yaml"

    def replay(self, *args: str | Path, command: bool = False) -> pytest.RunResult:
        """Run pytest: inside this process, which is quick, or as the command people type."""
        run = self.pytester.runpytest_subprocess if command else self.pytester.runpytest_inprocess
        return self._printed(run(*args))

    def live(self, url: str, *args: str | Path, key: str = KEY, command: bool = False) -> pytest.RunResult:
        """Ask a service with the key in the environment."""
        with self.monkeypatch.context() as patch:
            patch.setenv("ANTHROPIC_API_KEY", key)
            return self.replay("--live", "--endpoint", url, *args, command=command)

    def cassette(self, nodeid: str, directory: str = "cassettes") -> Path:
        _, model, feature, case = nodeid.split("::")
        return self.path / directory / "minimax" / model / feature / f"{case}.yaml"

    def report(self, directory: str = "reports") -> dict[str, Any]:
        return json.loads((self.path / directory / "minimax" / "report.json").read_text("utf-8"))

    def verdicts(self, directory: str = "reports") -> Verdicts:
        return verdicts(self.report(directory))

    def statuses(self, nodeid: str, directory: str = "cassettes") -> set[int]:
        """The HTTP statuses on a cassette."""
        text = self.cassette(nodeid, directory).read_text("utf-8")
        return {int(code) for code in re.findall(r"^ +code: (\d+)$", text, re.MULTILINE)}

    def _printed(self, result: pytest.RunResult) -> pytest.RunResult:
        self.printed += [result.stdout.str(), result.stderr.str()]
        return result


def verdicts(report: Mapping[str, Any]) -> Verdicts:
    """What came of every case that was run."""
    cases = [case for row in report["results"] for case in row["cases"]]
    return {case["id"]: (case["behaviour"], case["verdict"]) for case in cases if case["behaviour"]}


def timeless(seen: Verdicts) -> Verdicts:
    """What was seen but for how streams arrive: whether a quick service is seen to write, or a silence gets long enough
    for a ping, depends on the machine.

    Two live runs of one service are compared by this; a run and its replay are equal in all of it.
    """
    timed = ("::stream.incremental::", "::stream.ping::")
    return {nodeid: found for nodeid, found in seen.items() if not any(row in nodeid for row in timed)}


def edit(path: Path, before: str, after: str, *, count: int = -1) -> None:
    """Change a file by hand."""
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, count), "utf-8")


def plainly(result: pytest.RunResult) -> str:
    """All that was printed, once it is clear that none of it is a traceback."""
    text = f"{result.stdout.str()}\n{result.stderr.str()}"
    for inside in (
        "Traceback",
        "INTERNALERROR",
        "_pytest/",
        "pluggy/",
        "conformance/pytest_plugin",
        "conformance/run",
        "During handling",
    ):
        assert inside not in text, text
    return text


def traces_of_key(data: bytes) -> list[bytes]:
    """Where the middle of the key shows: as it is, or in base64 that anybody can read."""
    plain = data.translate(bytes.maketrans(b"-_", b"+/"))
    return [form for form in _MIDDLE if form in data or form in plain]


_MIDDLE = [
    KEY[3:13].encode(),
    # Three bytes are four characters, so there are three ways for it to stand; the ends hold bits of neighbours.
    *(base64.b64encode(bytes(before) + KEY[3:13].encode())[4:-4] for before in range(3)),
]


@dataclass(frozen=True)
class Recordings:
    """What a live run left behind, once for all tests."""

    cassettes: Path
    report: Mapping[str, Any]
    printed: str


@pytest.fixture(scope="session")
def documented() -> Iterator[str]:
    """A service that does what the page says."""
    with simulator.running(paced=False) as url:
        yield url


@pytest.fixture(scope="session")
def refusing_container() -> Iterator[str]:
    """A service with one deviation."""
    with simulator.running(paced=False, mutant="container-rejected") as url:
        yield url


@pytest.fixture(scope="session")
def recordings(documented: str, tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    """The command people type, against a simulator."""
    directory = tmp_path_factory.mktemp("live")
    where = ["--cassettes", str(directory / "cassettes"), "--report-dir", str(directory / "reports")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--live", "--endpoint", documented, *where, *EVERYTHING],
        cwd=ROOT,
        env={**_clean_environment(), "ANTHROPIC_API_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((directory / "reports" / "minimax" / "report.json").read_text("utf-8"))
    validate(report)
    return Recordings(directory / "cassettes", report, done.stdout + done.stderr)


@pytest.fixture
def fresh(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project that has recorded nothing yet."""
    for name in set(os.environ) - set(_clean_environment()):
        monkeypatch.delenv(name)
    wait = LiveTransport._pause
    monkeypatch.setattr(
        LiveTransport, "_pause", lambda transport, _: wait(transport, 0)
    )  # nothing here is about how long
    pytester.path.joinpath("pyproject.toml").write_text(_CONFIGURATION, "utf-8")
    pytester.path.joinpath("matrix.yaml").write_bytes((ROOT / "matrix.yaml").read_bytes())
    project = Project(pytester, monkeypatch)
    yield project
    for report in project.path.rglob("report.json"):
        validate(json.loads(report.read_text("utf-8")))
    for file in filter(Path.is_file, project.path.rglob("*")):
        assert not traces_of_key(file.read_bytes()), file
    assert not traces_of_key("\n".join(project.printed).encode())


@pytest.fixture
def project(fresh: Project, recordings: Recordings) -> Project:
    """A project with recordings."""
    for cassette in recordings.cassettes.rglob("*.yaml"):
        copy = fresh.path / "cassettes" / cassette.relative_to(recordings.cassettes)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(cassette.read_bytes())
    return fresh


def _clean_environment() -> dict[str, str]:
    """The environment without what would change a run."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ANTHROPIC_") and name not in _TELLING_PYTEST
    }
