"""The program itself: what it teaches, what it says of mistakes, and what a shell completes."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from unit.report.workspace import Workspace

from conformance.cli.program import COMMANDS, program

PYTHON = "python -m conformance"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rport"], f"{PYTHON}: error: no command is called 'rport'; did you mean 'report'?"),
        (["report", "--lnag", "zh"], f"{PYTHON} report: error: no option is called --lnag; did you mean '--lang'?"),
        (["--verison"], f"{PYTHON}: error: no option is called --verison; did you mean '--version'?"),
        (
            ["merge", "x", "--ouput=y"],
            f"{PYTHON} merge: error: no option is called --ouput; did you mean '--output'?",
        ),
        (
            ["simulate", "--xyz"],
            f"{PYTHON} simulate: error: no option is called --xyz; {PYTHON} simulate --help lists them",
        ),
        (["run", "-x"], f"{PYTHON} run: error: no option is called -x; those of pytest stand behind --"),
        (["diff", "one"], f"{PYTHON} diff: error: the following arguments are required: NEW"),
        (["simulate", "--port", "x"], f"{PYTHON} simulate: error: argument --port: invalid int value: 'x'"),
        (["simulate", "--mutant", "top_k-x"], "did you mean 'top_k-"),
        (["simulate", "--personality", "refrence"], "did you mean 'reference'?"),
        (["report", "--lang", "tlh"], "--lang tlh: reports speak en and zh"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_answered_in_one_line(workspace: Workspace, words: list[str], said: str) -> None:
    assert said in workspace.refused(*words)


def test_what_only_looks_like_an_option_is_none(workspace: Workspace) -> None:
    for words in (
        ["init", "--title=-x", "--name", "n"],
        ["capture", "--name", "n", "--source", "s", "--date", "--no such--"],
        ["simulate", "--seed", "-1"],
        ["diff", "a", "b", "--json", "-"],
        ["run", "--", "--max-cost", "1"],
        ["diff", "a", "b", "--mark", "x.md"],
    ):
        options = program(words[0]).parse_args(words if words[0] != "capture" else [*words, "--", "python", "--any"])
        assert options.called == words[0]


def test_without_a_word_it_says_what_there_is(workspace: Workspace) -> None:
    said = workspace.call()
    assert (said.code, said.out) == (2, "")
    assert [name for name in COMMANDS if f"\n    {name} " not in said.err] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches_by_examples_that_can_be_typed(workspace: Workspace, name: str) -> None:
    said = workspace.call(name, "--help")
    assert said.code == 0
    examples = re.findall(rf"^  {PYTHON} ({name}.*)$", said.out, re.MULTILINE)
    assert examples
    for words in map(shlex.split, examples):
        typed = words[: words.index(">")] if ">" in words else words
        assert program(name).parse_args(typed).called == name


def test_a_command_loads_no_other_and_help_loads_none() -> None:
    script = (
        "import sys\nfrom conformance.__main__ import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(*sorted(name for name in sys.modules if name.startswith('conformance.')))"
    )

    def loaded(*words: str) -> set[str]:
        said = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
        return set(said.stdout.splitlines()[-1].split())

    ours = {"conformance.__main__", "conformance.cli", "conformance.cli.program", "conformance.plain_text"}
    assert loaded("--help") == ours
    assert loaded("history", "--help") == ours | {
        f"conformance.cli.{name}" for name in ("history", "documents", "reading")
    }


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("conformance re", {"report"}),
        ("conformance simulate --personality doc", {"documented"}),
        ("conformance simulate --mutant top_k-rej", {"top_k-rejected"}),
        ("conformance report --la", {"--lang"}),
        ("conformance report --lang ", {"en", "zh"}),
        ("conformance diff --markdown old", {"old.md"}),
    ],
)
def test_a_shell_completes_words_names_and_files(workspace: Workspace, line: str, found: set[str]) -> None:
    if (bash := shutil.which("bash")) is None:
        pytest.skip("no bash here")
    (workspace.path / "old.md").touch()
    script = workspace.path / "completion"
    script.write_text(workspace.call("completion", "bash").out, "utf-8")
    words = line.split(" ")
    asked = (
        f"source {script}; COMP_WORDS=({' '.join(shlex.quote(word) for word in words)}); COMP_CWORD={len(words) - 1}; "
        '"$(complete -p conformance | grep -o "[-]F [^ ]*" | cut -c4-)"; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    said = subprocess.run([bash, "-c", asked], capture_output=True, text=True, check=True, cwd=workspace.path)
    assert set(said.stdout.split()) >= found, said.stderr
    assert len(said.stdout.split()) <= len(found) + 3


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_have_their_scripts(workspace: Workspace, shell: str) -> None:
    assert "simulate" in workspace.call("completion", shell).out


def test_the_program_is_called_as_it_was_started() -> None:
    installed = Path(sys.executable).with_name("conformance")
    if not installed.exists():
        pytest.skip("it is not installed here")
    said = subprocess.run([installed, "rport"], capture_output=True, text=True, check=False)
    assert said.stderr == "conformance: error: no command is called 'rport'; did you mean 'report'?\n"
