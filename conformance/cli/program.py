"""The program ``conformance``: its commands in groups, each described when it is called, and what is wrong in a line.

argparse reads the words (see docs/decisions/0026-the-command-line.md). What it would answer with a page of usage is
answered here with one line and the nearest right word.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from textwrap import fill
from types import ModuleType
from typing import Any

from conformance import __version__

__all__ = ["COMMANDS", "Parser", "module_of", "program"]

_GROUPS: Mapping[str, Mapping[str, str]] = {
    "ask a service": {
        "init": "write a matrix for your own provider: from options, or by asking for what is missing",
        "estimate": "what a live run would ask and cost, before a token is spent",
        "run": "ask a service, record it, and judge the recordings",
        "watch": "a proxy in front of any service: what does a client send, and what is wrong with the answers?",
    },
    "read reports": {
        "report": "write the files of reports anew from their report.json, or set targets side by side",
        "diff": "say what changed between two reports, what got worse first",
        "history": "show what changed over successive reports of a target",
        "merge": "join reports of one target, of a run's shards or of separate runs, into one",
        "site": "make a static site of reports: who documents what, and who was seen doing it",
    },
    "try the suite, and extend it": {
        "cassette": "show a recording, or what differs between two, as a person reviews it",
        "simulate": "serve the simulator: a service of the suite's own",
        "capture": "run a real client against the simulator, and write its file again",
        "completion": "print what makes a shell complete commands, options and names",
    },
}

COMMANDS: Mapping[str, str] = {name: words for group in _GROUPS.values() for name, words in group.items()}
"""Every command, and what it is for."""

_WIDTH = 100


class Parser(argparse.ArgumentParser):
    """A parser that teaches in ``--help``, and says in one line what it cannot take."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self.elsewhere = f"{self.prog} --help lists them"
        """Where options are that it does not have."""

    def teach(self, *examples: str, more: str = "", ending: str = "") -> None:
        """Say how the command is called, and what else there is to know of it.

        Args:
            examples: words that can stand behind the command.
            more: a few sentences, behind the one that says what it is for.
            ending: a few sentences, of exit codes for instance.
        """
        shown = "\n".join(["examples:", *(f"  {self.prog} {example}".rstrip() for example in examples)])
        self.description = fill(f"{self.description or ''} {more}".strip(), _WIDTH)
        self.epilog = "\n\n".join(filter(None, [shown, fill(ending, _WIDTH)])) or None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As ever, once it is clear that every option there is one: what else is missing does not matter before."""
        words = sys.argv[1:] if args is None else list(args)
        if (word := self._unknown(words)) is not None:
            self.error(f"no option is called {word}{self._nearest(word)}")
        return super().parse_known_args(words, namespace)

    def error(self, message: str) -> Any:
        """One line, and the exit code 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")

    def _unknown(self, words: Sequence[str]) -> str | None:
        """The first word that would be an option, and is none of these."""
        for word in words:
            name = word.partition("=")[0]
            if word == "--" or (self._subparsers is not None and not word.startswith("-")):
                return None  # what comes now is not for this parser
            if not re.match(r"-[^\d.\s]", name) or " " in name or name in self._option_string_actions:
                continue
            if not (self.allow_abbrev and any(known.startswith(name) for known in self._option_string_actions)):
                return name
        return None

    def _nearest(self, word: str) -> str:
        from conformance.matrix.problems import did_you_mean  # noqa: PLC0415  of a mistake, and of nothing else

        known = self._option_string_actions
        return did_you_mean(word, known) or f"; {self.elsewhere}"


def program(*names: str) -> Parser:
    """The program with some of its commands: the one that is called, or all of them for who wants to read them."""
    parser = Parser(prog=_called(), usage="%(prog)s COMMAND ...")
    parser.teach(
        "run --matrix minimax --endpoint https://api.example.com/anthropic --output results",
        "report --compare minimax llama-cpp",
        "COMMAND --help",
        more="Does a service do what it documents of the Anthropic Messages API? pytest asks, records and judges; "
        "these commands do the rest.",
        ending="Exit code: 2 where a command cannot be done as it was given; else the command's own.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    for title, group in _GROUPS.items():
        parser.add_argument_group(title, "\n".join(f"  {name:<12}{words}" for name, words in group.items()))
    commands = parser.add_subparsers(dest="called", required=True, metavar="COMMAND", help=argparse.SUPPRESS)
    for name in names:
        purpose = COMMANDS[name]
        sentence = f"{purpose[0].upper()}{purpose[1:]}{'' if purpose.endswith('?') else '.'}"
        one = commands.add_parser(name, prog=f"{parser.prog} {name}", help=purpose, description=sentence)
        module_of(name).describe(one)
        one.set_defaults(run=module_of(name).run)
    return parser


def module_of(name: str) -> ModuleType:
    """The module of a command: ``describe`` gives a parser its options, ``run`` does the work."""
    return import_module(f"conformance.cli.{name}")


def _called() -> str:
    """How the program was called, so that what it says can be typed again."""
    name = Path(sys.argv[0]).name if sys.argv else ""
    return "conformance" if name.removesuffix(".exe") == "conformance" else "python -m conformance"
