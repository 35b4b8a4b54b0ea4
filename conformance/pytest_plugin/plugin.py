"""The pytest plugin's front door: it does nothing at all unless a matrix is going to be collected.

It is loaded in every pytest run of every environment this package is installed in. So it adds no
option (and of the keys of a configuration only those that one has), imports nothing heavy, and looks only at what the
command line (or ``testpaths``) names.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.config.findpaths import determine_setup

from conformance.matrix.sniff import is_meant_as_matrix, looks_like_matrix
from conformance.pytest_plugin import options

__all__ = ["pytest_load_initial_conftests"]


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Load the real plugin where a matrix is among what is asked for.

    Options are added last: a plugin or a conftest.py that has one of the same name was here first, and is told so
    in one line where it stands beside a matrix.

    Raises:
        pytest.UsageError: ``--matrix`` names none.
    """
    for key in _configured(early_config):
        parser.addini(key, f"of conformance: {options.INI[key]}", default="")
    known = early_config.known_args_namespace
    if _names_a_matrix(early_config, parser, args):
        from conformance.run import elsewhere  # noqa: PLC0415  everything heavy is behind this line

        try:
            again = elsewhere.rerun_arguments(args, early_config.invocation_params.dir, early_config.inipath)
        except elsewhere.NoSuchMatrix as error:
            raise pytest.UsageError(str(error)) from None
        early_config.pluginmanager.register(_Again(again), "conformance-again")
        known.file_or_dir, known.noconftest = [], True
        args.clear()
        return (yield)
    free = _free(early_config, parser, args)
    if inipath := _configuration_missed(early_config, args, free):
        early_config.pluginmanager.register(
            _Again(["--config-file", str(inipath), *early_config.invocation_params.args]), "conformance-again"
        )
        known.file_or_dir, known.noconftest = [], True
        args.clear()
        return (yield)
    if not _asks_for_a_matrix(early_config, early_config.rootpath, early_config.getini("testpaths"), free):
        return (yield)
    # Or pytest would load a conftest.py that stands in the DIR of one of our options.
    known.file_or_dir = free
    from conformance.pytest_plugin import hooks as session  # noqa: PLC0415  everything heavy is behind this line

    early_config.pluginmanager.register(session.Plugin(), "conformance-session")
    result = yield
    early_config.pluginmanager.register(options, "conformance-options")
    return result


def _configured(config: pytest.Config) -> list[str]:
    """The keys of ours that a configuration has: pytest tells the value of a key, and not which keys there are."""
    given = "\n".join(config.known_args_namespace.override_ini or ())
    if config.inipath is not None:
        with suppress(OSError):
            given += "\n" + config.inipath.read_text("utf-8", "replace")
    found = re.findall(r"^\s*(conformance_\w+)\s*=", given, re.MULTILINE)
    return [key for key in dict.fromkeys(found) if key in options.INI]


@dataclass(frozen=True)
class _Again:
    """Runs pytest once more, with other arguments."""

    args: Sequence[str]

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int:
        return pytest.main(list(self.args), plugins=list(config.invocation_params.plugins or ()))


def _names_a_matrix(config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> bool:
    """Whether ``--matrix`` is given, and is no option of another plugin's."""
    if not any(arg == "--matrix" or arg.startswith("--matrix=") for arg in args):
        return False
    return not hasattr(parser.parse_known_args([], namespace=copy(config.option)), "matrix")


def _asks_for_a_matrix(config: pytest.Config, rootpath: Path, testpaths: Iterable[str], free: Iterable[str]) -> bool:
    base = config.invocation_params.dir
    named = [path for path in (base / arg.partition("::")[0] for arg in free) if path.exists()]
    if any(map(is_meant_as_matrix, named)):
        return True
    if not named:
        named = [rootpath / path for path in testpaths] or [base]
    return any(_holds_a_matrix(path) for path in named)


def _holds_a_matrix(path: Path) -> bool:
    if path.is_dir():
        return any(looks_like_matrix(file) for file in path.iterdir() if file.suffix in (".yaml", ".yml"))
    return looks_like_matrix(path)


def _free(config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> list[str]:
    """The arguments that are no option, nor the value of one: pytest knows those of all options but ours."""
    names = options.WITH_VALUES
    others = [arg for before, arg in zip(("", *args), args, strict=False) if before not in names and arg not in names]
    if len(others) == len(args):
        return list(config.known_args_namespace.file_or_dir)
    return list(parser.parse_known_args(others, namespace=copy(config.option)).file_or_dir)


def _configuration_missed(config: pytest.Config, args: Sequence[str], free: Sequence[str]) -> Path | None:
    """The project's configuration, where pytest took the value of one of our options for a directory of tests.

    pytest looks for its configuration before any plugin is loaded. It cannot know then that DIR in
    ``--cassettes DIR`` belongs to an option: a directory that exists counts as one to be tested, and where it
    stands outside the project, the project's own configuration is not found. Nothing that a plugin may do comes
    before that, so such a run begins again. pytest's own function is asked, as there is no public one: it only
    reads. Other people's runs are untouched: this only happens where our options lead to a matrix.
    """
    known = config.known_args_namespace
    if known.inifilename or options.WITH_VALUES.isdisjoint(args):
        return None
    rootpath, inipath, found, _ = determine_setup(
        inifile=None,
        override_ini=known.override_ini,
        args=free,
        rootdir_cmd_arg=known.rootdir or None,
        invocation_dir=config.invocation_params.dir,
    )
    if inipath is None or inipath == config.inipath:
        return None
    testpaths = found["testpaths"].value if "testpaths" in found else []
    words = testpaths if isinstance(testpaths, list) else str(testpaths).split()
    return inipath if _asks_for_a_matrix(config, rootpath, words, free) else None
