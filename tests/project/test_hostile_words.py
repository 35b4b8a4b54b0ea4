"""What models, matrices and services say does nothing to a shell, to a terminal, or to the clock."""

from __future__ import annotations

import importlib
import io
import json
import pkgutil
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from front_door import MODEL, ROOT, STREAM, Project, documented, edit, fresh, plainly, project, recordings
from hypothesis import given
from hypothesis import strategies as st

import conformance
from conformance.__main__ import main
from conformance.http.contents import WrongContent
from conformance.plain_text import command, line, lines, plain
from conformance.protocol.sse import looks_like_stream, parse_events
from conformance.pytest_plugin import hooks as session
from conformance.report.analysis.overview import Overview
from conformance.report.escape import markdown
from conformance.report.model import Report
from conformance.report.render import terminal
from conformance.run.progress import Display
from conformance.trouble import CassetteDamaged
from conformance.values import Behaviour, CaseResult, Verdict

__all__ = ["documented", "fresh", "project", "recordings"]

NASTY = "m'; touch pwned; '"
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""All that no terminal is to be sent, but line ends."""
EVIL = "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x1b[31mred\u202e\x9b2J\x90x\x9c\x07[link=http://evil]"


def pasted(text: str, where: Path) -> None:
    """Do what people do: paste it into a shell, in which the program does nothing."""
    where.mkdir(exist_ok=True)
    subprocess.run(["sh", "-c", f"pytest() {{ :; }}; {text}"], cwd=where, check=False, capture_output=True, timeout=60)
    assert list(where.iterdir()) == []


@pytest.mark.parametrize("directory", ["$(touch pwned)", "`touch pwned`", "a; touch pwned", "a'$(touch pwned)'b"])
def test_the_command_that_records_anew_can_be_pasted(fresh: Project, directory: str) -> None:
    named = re.sub(
        r"(?<=(?:me: |  - ))MiniMax-M2\.7$", f'"{NASTY}"', fresh.matrix.read_text("utf-8"), flags=re.MULTILINE
    )
    fresh.matrix.write_text(named, "utf-8")
    (fresh.path / directory).mkdir()
    result = fresh.replay("--strict-recordings", "--cassettes", directory, "--model", NASTY, "--feature", "system")
    told = [text for text in plainly(result).splitlines() if "record it with: " in text]
    assert told
    for text in told:
        pasted(text.partition("record it with: ")[2], fresh.path / "elsewhere")


@given(st.lists(st.text(alphabet="a '\"$`;()\\\x1b\x9b\x9d\n[\u202e-"), min_size=1, max_size=3))
def test_every_word_of_a_command_is_one_word(words: list[str]) -> None:
    assert shlex.split(command(*words)) == [line(word) for word in words]
    assert line(command(*words)) == command(*words)


def test_a_node_id_at_the_end_of_a_run_can_be_pasted(project: Project) -> None:
    report = project_report(project)
    for row in report["results"]:
        for case in row["cases"]:
            case["id"] = case["id"].replace(MODEL, NASTY)
    row = next(row for row in report["results"] if row["cases"] and row["verdict"] == "conforms")
    row["verdict"] = row["cases"][0]["verdict"] = "falls_short"
    told = [
        text.strip() for text in terminal.lines(Overview(Report.model_validate(report))) if NASTY.split("'")[1] in text
    ]
    assert told
    for text in told:
        pasted(f"pytest {text}", project.path / "elsewhere")


def project_report(project: Project) -> dict[str, Any]:
    project.replay("--model", MODEL, "--feature", "system", "--report-dir", "reports")
    return project.report()


# --- the terminal


def test_what_a_service_says_is_filtered_in_failures_skips_and_errors(project: Project) -> None:
    outcomes = [
        CaseResult(Behaviour.IGNORED, Verdict.FALLS_SHORT, f"bad: {EVIL}"),
        CaseResult(Behaviour.INCONCLUSIVE, Verdict.INCONCLUSIVE, f"open: {EVIL}", reason=f"why {EVIL}"),
        CaseResult(None, Verdict.NOT_RUN, f"not: {EVIL}"),
        CaseResult(None, Verdict.NOT_APPLICABLE, "never", reason=EVIL),
    ]
    given_out = iter(outcomes * 50)

    def judged(*_: object) -> CaseResult:
        result = next(given_out)
        if result.summary == "never":
            raise CassetteDamaged(f"damaged {EVIL}")
        return result

    project.monkeypatch.setattr(session.Plugin, "_judge", judged)
    result = project.replay("--model", MODEL, "--feature", "system", "--feature", "stream", "-rA", "--report-dir", "o")
    text = plainly(result)
    assert {"failed", "skipped", "errors"} <= set(result.parseoutcomes())
    assert "link red" in text
    assert FORBIDDEN.findall(text) == []


def test_the_live_display_shows_names_as_they_are_and_nothing_else() -> None:
    stream = io.StringIO()
    display = Display(stream)
    display.cases.update({f"m{EVIL}": 1})
    display._console.print(display._table())
    shown = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert FORBIDDEN.findall(shown) == []
    assert "[link=http://evil]" in shown


def test_a_model_s_name_without_a_character_to_see_is_refused(project: Project) -> None:
    result = project.replay("--model", "m\x1b[31m")
    assert "cannot name a model" in plainly(result)
    assert FORBIDDEN.findall(plainly(result)) == []
    edit(project.matrix, f"name: {MODEL}\n", 'name: "m\\e[31m"\n')
    assert re.search(r"matrix.yaml:\d+: models\[\d\].name: .* cannot name a model", plainly(project.replay()))


@given(st.text())
def test_columns_and_lines_are_kept_and_nothing_that_is_hidden(text: str) -> None:
    assert FORBIDDEN.findall(line(text)) == FORBIDDEN.findall(lines(text)) == []
    assert line("a   b") == "a   b"
    assert lines("a\n  b") == "a\n  b"
    assert " ".join(line(text).split()) == plain(text)


# --- the clock

SIZES = 4_000, 16_000, 250_000, 1_000_000
SLOWEST = 1
"""So many of the pieces are measured at a megabyte: those that were the slowest before."""


def patterns() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    """Every regular expression that a module of the suite keeps, but the simulator's, which sees our own requests."""
    found: dict[str, re.Pattern[str] | re.Pattern[bytes]] = {}
    for module in pkgutil.walk_packages(conformance.__path__, "conformance."):
        if module.name.startswith(("conformance.simulator", "conformance.__main__")):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                found[f"{module.name}.{name}"] = value
    return found


PIECES = [
    *"a0 _.-/#{[]}(*`\\:@=+,;'\"\t\n\r",
    "\x1b",
    "\x1b[",
    "\x1b]",
    "\x9d",
    "\x9b",
    "\x90",
    "\x9b0",
    "\x1b[0 ",
    "]a",
]
PIECES += [
    "www.",
    "a/",
    "a.",
    "1.",
    "\\u",
    "not ",
    "timed",
    "unknown ",
    "\n\n",
    "\n ",
    "event",
    "data:",
    "{a",
    "\ud800",
]
MATCHING: list[tuple[str, Callable[[str], object]]] = [
    ("plain", plain),
    ("markdown", markdown),
    ("parse_events", lambda text: parse_events(text.encode("utf-8", "replace"))),
    ("looks_like_stream", lambda text: looks_like_stream(text.encode("utf-8", "replace"))),
]


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def grows_in_a_line(name: str, work: Callable[[str], object]) -> None:
    """Four times the text takes four times as long; eight times, and a tenth of a second, are room for noise."""
    took: dict[str, float] = {}

    def measured(piece: str, size: int) -> float:
        return seconds(lambda: work(piece * (size // len(piece))))

    def check(piece: str, smaller: int, larger: int) -> None:
        allowed = 8 * measured(piece, smaller) + 0.1
        for _ in range(3):
            took[piece] = measured(piece, larger)
            if took[piece] <= allowed:
                return
        pytest.fail(f"{name} takes {took[piece]:.2f} s for {larger} characters made of {piece!r}")

    for piece in PIECES:
        check(piece, *SIZES[:2])
    for piece in sorted(took, key=lambda piece: -took[piece])[:SLOWEST]:
        check(piece, *SIZES[2:])


@pytest.mark.parametrize("name", sorted(patterns()))
def test_no_pattern_is_slow_on_a_megabyte(name: str) -> None:
    pattern = patterns()[name]

    def work(text: str) -> None:
        for _ in pattern.finditer(text if isinstance(pattern.pattern, str) else text.encode("utf-8", "replace")):  # type: ignore[arg-type]  # as its text is
            pass

    grows_in_a_line(name, work)


@pytest.mark.parametrize(("name", "work"), MATCHING, ids=[name for name, _ in MATCHING])
def test_nothing_that_reads_a_service_is_slow_on_a_megabyte(name: str, work: Callable[[str], object]) -> None:
    grows_in_a_line(name, work)


def test_an_event_s_name_may_be_as_long_as_it_likes() -> None:
    assert seconds(lambda: plain("\x9d" * 20_000)) < 1.0
    assert plain("\x9d" * 20_000) == ""


# --- recordings


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        (r"elapsed_ms: \S+", "elapsed_ms: .inf", "elapsed_ms"),
        (r"elapsed_ms: \S+", "elapsed_ms: .nan", "elapsed_ms"),
        (r"elapsed_ms: \S+", "elapsed_ms: -1", "elapsed_ms"),
        (r"elapsed_ms: \S+", "elapsed_ms: soon", "elapsed_ms"),
        (r"elapsed_ms: \S+", "elapsed_ms: [1]", "elapsed_ms"),
        (r"elapsed_ms: \S+", "elapsed_ms: 1\n    arrivals: nan:1", "arrivals"),
        (r"elapsed_ms: \S+", "elapsed_ms: 1\n    arrivals: 1:0", "arrivals"),
        (r"elapsed_ms: \S+", "elapsed_ms: 1\n    arrivals: 1:2 0:3", "arrivals"),
        (r"elapsed_ms: \S+", "elapsed_ms: 1\n    arrivals: x", "arrivals"),
        (r"elapsed_ms: \S+", "elapsed_ms: 1\n    arrivals: 7", "arrivals"),
        (r"code: 200", "code: '200'", "code"),
        (r"code: 200", "code: 2e9", "code"),
        (r"- application/json\n      x-", "- 120\n      x-", "content-type"),
        (r"- application/json\n      x-", "- [a, b]\n      x-", "content-type"),
        (r"- application/json\n      x-", "- null\n      x-", "content-type"),
        (r"content-type:\n      - application/json\n      x-", "content-type: 7\n      x-", "content-type"),
        (r"method: POST", "method: 7", "method"),
        (r"uri: \S+", "uri: 'http://[bad'", "uri"),
        (r"source: simulator", "source: real", "source"),
        (r"endpoint: \S+", "endpoint: 'http://[bad'", "endpoint"),
        (r"endpoint: \S+", "endpoint: file:///etc", "endpoint"),
        (r"sdk: .*", "sdk: 2.0", "sdk"),
    ],
)
def test_a_value_that_cannot_be_is_a_damaged_recording_with_its_line(
    project: Project, before: str, after: str, place: str
) -> None:
    path = project.cassette(STREAM)
    changed = re.sub(before, after, path.read_text("utf-8"), count=1)
    assert changed != path.read_text("utf-8")
    path.write_text(changed, "utf-8")
    result = project.replay(STREAM)
    result.assert_outcomes(errors=1)
    found = re.search(rf"damaged recording: \S*{path.name}:(\d+): \S*{place}", plainly(result))
    assert found
    assert place in "\n".join(changed.splitlines()[int(found[1]) - 2 : int(found[1])])


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_recording_that_is_all_depth_is_damaged(project: Project, opening: str) -> None:
    path = project.cassette(STREAM)
    path.write_text("version: 1\ninteractions:\n  " + opening * 100_000 + "\n", "utf-8")
    result = project.replay(STREAM)
    result.assert_outcomes(errors=1)
    assert "damaged recording" in plainly(result)


def test_a_fault_of_a_recording_names_its_place() -> None:
    assert WrongContent(("a", 1), "b").place == ("a", 1)


# --- the command line


def poisoned(value: Any) -> Any:
    """A report in which every text of people's, models' and services' has something hidden in it."""
    match value:
        case dict():
            kept = (
                "version",
                "status",
                "group",
                "verdict",
                "behaviour",
                "documented",
                "observed",
                "takes",
                "source",
                "date",
                "url",
            )
            kept += ("recorded_at", "endpoint", "notice", "id", "feature", "parts")
            return {
                name: item if name in kept and not isinstance(item, dict) else poisoned(item)
                for name, item in value.items()
            }
        case list():
            return [poisoned(item) for item in value]
        case str():
            return f"{value}{EVIL}"
        case _:
            return value


def test_no_command_prints_what_is_hidden(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads((ROOT / "reports" / "llama-cpp" / "report.json").read_text("utf-8"))
    bad = poisoned(report)
    for name, changed in (("a", None), ("b", "honoured")):
        copy = json.loads(json.dumps(bad))
        for row in copy["results"]:
            for case in row["cases"]:
                case["id"] = case["id"].replace("::", f"{EVIL}::", 1)
                if changed and case["behaviour"] == "ignored":
                    case["behaviour"] = changed
                    case["recorded_at"] = "2026-11-24T00:00:00Z"
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(json.dumps(copy), "utf-8")
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    out = str(tmp_path / f"out{EVIL.replace('/', '')}")
    for words in (
        ["diff", a, b],
        ["diff", a, a],
        ["history", a, b],
        ["merge", a, b, "--output", out],
        ["merge", a, b, "--newer", "--output", out],
        ["report", a],
        ["report", "--compare", a, b, "--report-dir", out],
        ["report", f"{a}{EVIL}"],
        ["estimate", f"{a}{EVIL}"],
        ["estimate", str(ROOT / "matrix.yaml"), "--model", f"m{EVIL}"],
    ):
        with suppress(SystemExit):
            main(words)
        printed = "".join(capsys.readouterr())
        assert "damaged" not in printed
        assert FORBIDDEN.findall(printed) == [], words
