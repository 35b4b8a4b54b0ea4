"""The documentation's commands exist: each program, option, environment, command and file that its shell blocks name.

What they do is shown elsewhere: tests/project/test_adding_a_case.py and tests/project/test_adding_a_provider.py walk through pages.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from configparser import ConfigParser
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from survey import ROOT

from conformance.cases import CASES
from conformance.cli.program import COMMANDS, program
from conformance.simulator import MUTANTS

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
OTHERS = {"claude", "python3", "pip", "source", "export", "git", "ruff", "mypy", "mkdocs", "pre-commit"}
"""Programs whose options are not ours to check."""
MADE = ("new/", "old/", "shard-*/", "reports.*/", "matrices/acme.yaml", "acme.yaml", "http", ".venv/")
"""What a reader makes, and what is no file."""


def commands(page: Path) -> list[list[str]]:
    """The commands of a page's shell blocks, without variables, comments and the sign of the background."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    parts = [part for line in lines for part in _parts(line)]
    return [words[: words.index(">")] if ">" in words else words for words in parts if words]


def _parts(line: str) -> list[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&;|")
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("&;|"):
            found.append([])
        elif found[-1] or not re.match(r"[A-Z_]+=", word):
            found[-1].append(word)
    return found


ALL = [(page, words) for page in PAGES for words in commands(page)]


@pytest.fixture(scope="module")
def options() -> set[str]:
    """The options of pytest with a matrix to collect, as it tells them."""
    command = [sys.executable, "-m", "pytest", "matrix.yaml", "--help", "-p", "no:cacheprovider"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    return set(re.findall(r"(?<![\w-])--?\w[\w-]*", told.stdout))


@pytest.mark.parametrize(("page", "words"), ALL, ids=[f"{page.name}-{number}" for number, (page, _) in enumerate(ALL)])
def test_a_command_of_the_docs_exists(page: Path, words: list[str], options: set[str]) -> None:
    del page
    name, *args = [word.removeprefix(".venv/bin/") for word in words]
    if (name, *args[:2]) == ("python", "-m", "conformance"):
        program(*COMMANDS).parse_args(args[2:])
    elif name == "conformance":
        program(*COMMANDS).parse_args(args)
    elif name == "pytest":
        assert {word.partition("=")[0] for word in args if word.startswith("-")} - options == set()
    elif name == "tox":
        tox = ConfigParser(interpolation=None)
        tox.read(ROOT / "tox.ini")
        assert f"testenv:{args[1]}" in tox
    elif name == ".ci/run" or args[:1] in (
        ["tests/mutants"],
        ["clients/real_clients.py"],
        [".ci/no_credentials.py"],
        ["-m"],
    ):
        pass  # the file is looked for below; `-m pip` is not ours
    else:
        assert name in OTHERS
    for word in [name, *args]:
        if re.fullmatch(r"[\w.-]*(/[\w.-]+)+|[\w-]+\.(py|yaml|toml)", word) and not word.startswith(MADE):
            assert (ROOT / word).exists(), word
    features = [after for before, after in pairwise(args) if before == "--feature"]
    assert [name for name in features if name not in CASES] == []
    mutants = [after for before, after in pairwise(args) if before == "--mutant"]
    assert [name for name in mutants if name not in MUTANTS] == []


def test_every_page_with_commands_is_read() -> None:
    with_commands = {page.name for page, _ in ALL}
    assert with_commands >= {"README.md", "CONTRIBUTING.md", "adding-a-case.md", "first-run.md", "record-again.md"}
    assert len(ALL) > 40


def test_every_page_is_in_the_site() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    listed = {page for entry in config["nav"] for page in _pages(entry)}
    assert listed == {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").glob("*.md")} | {
        "decisions/index.md"
    }


def _pages(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    inside = entry.values() if isinstance(entry, dict) else entry
    return [page for each in inside for page in _pages(each)]


def test_the_options_page_has_every_option_of_the_readme() -> None:
    named = [
        set(re.findall(r"^\| (`.*?) \|", (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for name in ("README.md", "docs/options.md")
    ]
    assert named[0] == named[1]


def test_the_hooks_run_tools_of_the_lock() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    local = [hook["entry"].split()[0] for repo in hooks["repos"] if repo["repo"] == "local" for hook in repo["hooks"]]
    assert local == ["ruff", "ruff", "lint-imports", "mypy", "python"]
    assert all(repo.get("rev", "").startswith("v") for repo in hooks["repos"] if repo["repo"] != "local")
