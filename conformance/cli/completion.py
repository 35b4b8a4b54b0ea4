"""``completion``: what makes a shell complete commands, options and names; shtab writes it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping

from conformance.cli.program import COMMANDS, Parser, program

__all__ = ["describe", "run"]

_SHELLS = ("bash", "zsh", "tcsh")


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach(
        "bash > ~/.local/share/bash-completion/completions/conformance",
        "zsh > ~/.zfunc/_conformance",
        more="Files, languages, mutants and faults are completed as well. It is a script of its own, so that "
        "completing starts no Python.",
    )
    parser.add_argument("shell", choices=_SHELLS, help="the shell it is for")


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    import shtab  # noqa: PLC0415  as all heavy imports of commands

    whole = program(*COMMANDS)
    whole.prog = "conformance"
    for command in _commands(whole):
        for action in command._actions:  # noqa: SLF001  as shtab itself reads them
            if (names := _NAMES.get((action.option_strings or [""])[0])) is not None:
                action.choices = sorted(names())
            elif action.metavar in ("FILE", "DIR"):
                action.complete = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY}[action.metavar]  # type: ignore[attr-defined]  # where shtab looks for it
    print(shtab.complete(whole, shell=options.shell))
    return 0


def _commands(parser: Parser) -> Iterable[argparse.ArgumentParser]:
    (commands,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001  as above
    commands.help = None  # what --help does not list shtab leaves out
    return commands.choices.values()


def _simulated(name: str) -> Callable[[], Iterable[str]]:
    def names() -> Iterable[str]:
        from conformance import simulator  # noqa: PLC0415  as above

        return tuple(getattr(simulator, name))

    return names


def _languages() -> Iterable[str]:
    from conformance.report.language import LANGUAGES  # noqa: PLC0415  as above

    return LANGUAGES


_NAMES: Mapping[str, Callable[[], Iterable[str]]] = {
    "--personality": _simulated("PERSONALITIES"),
    "--mutant": _simulated("MUTANTS"),
    "--fault": _simulated("FAULTS"),
    "--lang": _languages,
}
"""Options whose values are names of ours."""
