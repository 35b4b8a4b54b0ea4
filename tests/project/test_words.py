"""One word for one thing (docs/glossary.md): the words that were given up come back nowhere, prose and names alike."""

from __future__ import annotations

import re

import pytest
from survey import ROOT

RETIRED = {
    "witness": "positive control, or signal",
    "canary": "probe",
    "pace": "rate, RateLimiter",
    "patience": "RetryPolicy",
    "crew": "WorkerPool",
    "book": "document",
    "sheet": "document",
    "chronicle": "history",
    "doubt": "fault confirmation",
}
"""The words, and what is said instead."""

PLACES = ("conformance", "docs", "tests", "benchmarks", "servers", "matrices", ".ci", ".github")
TEXTS = {".py", ".md", ".yaml", ".yml", ".toml", ".ini", ".j2", ".js", ".css", ".html", ""}

ALLOWED = {
    # What was decided keeps the words of its day.
    "docs/decisions/": {"witness", "pace", "doubt"},
    # What was is told as it was.
    "CHANGELOG.md": {"pace"},
    # The arm's name is part of the committed recordings and reports, and the glossary says so.
    "conformance/cases/common.py": {"book"},
    "docs/glossary.md": {"witness"},
    # Prose the simulator speaks, and prose a case sends: not words of the suite.
    "conformance/simulator/model/corpus.yaml": {"book"},
    # A class of the committed page.
    "conformance/report/render/templates/": {"sheet"},
    # Made-up keys.
    "tests/": {"canary"},
    "benchmarks/faults.py": {"canary"},
    ".ci/no_credentials.py": {"canary"},
    # This list.
    "tests/project/test_words.py": set(RETIRED),
}
"""Where one may stand, and why: a file, or a folder with all that is in it."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def retired_in(text: str) -> dict[int, set[str]]:
    """The retired words of a text, by line: whole words, parts of names, one or many of it."""
    found = {number: _retired(line) for number, line in enumerate(text.splitlines(), 1)}
    return {number: words for number, words in found.items() if words}


def _retired(line: str) -> set[str]:
    words = {word.lower() for word in _WORD.findall(line)}
    return {name for name in RETIRED if words & {name, f"{name}s", f"{name}es", f"{name[:-1]}ies", f"{name}ful"}}


def test_a_retired_word_is_nowhere() -> None:
    files = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    wrong: list[str] = []
    for path in files:
        name = path.relative_to(ROOT).as_posix()
        if path.suffix not in TEXTS or "__pycache__" in name or name.startswith((".ci/out/", ".coverage")):
            continue
        allowed = {word for start, words in ALLOWED.items() if name.startswith(start) for word in words}
        wrong += [
            f"{name}:{number}: {word}; say {RETIRED[word]}"
            for number, words in retired_in(path.read_text("utf-8")).items()
            for word in sorted(words - allowed)
        ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("two witnesses", {"witness"}),
        ("class OpenBook:", {"book"}),
        ("return open_book(x)", {"book"}),
        ("_PACE = 1", {"pace"}),
        ("CanaryFailed, canaries", {"canary"}),
        ("a doubtful answer", {"doubt"}),
        ("a stylesheet in a namespace, paced, whitespace", set()),
    ],
)
def test_a_retired_word_is_found_in_prose_and_in_names(line: str, found: set[str]) -> None:
    assert retired_in(line).get(1, set()) == found


def test_the_allow_list_names_what_is_there() -> None:
    assert [start for start in ALLOWED if not (ROOT / start).exists()] == []


def test_the_glossary_has_the_words_that_are_said_instead() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text("utf-8")
    terms = set(re.findall(r"^\| ([^|]+) \|", glossary, re.MULTILINE))
    assert terms >= {"positive control", "baseline", "probe", "RetryPolicy", "RateLimiter", "WorkerPool"}
    assert terms >= {"fault confirmation", "document", "history", "fixture", "signal"}
