"""The pytest plugin's front door: it does nothing at all unless a matrix is going to be collected.

It is loaded in every pytest run of every environment this package is installed in. So it adds no
option, imports nothing, and looks only at what the command line (or ``testpaths``) names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from pathlib import Path

import pytest
from _pytest.config.findpaths import determine_setup

from conformance.matrix.sniff import looks_like_matrix

__all__ = ["pytest_load_initial_conftests"]

_WITH_VALUES = (
    "--cassettes",
    "--concurrency",
    "--endpoint",
    "--fail-on",
    "--feature",
    "--key-env",
    "--lang",
    "--max-age",
    "--max-cost",
    "--max-requests",
    "--model",
    "--report-dir",
    "--rpm",
    "--shard",
    "--timeouts",
)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Load the real plugin where a matrix is among what is asked for."""
    free = _free(early_config, parser, args)
    _reconsider_rootdir(early_config, args, free)
    if not _asks_for_a_matrix(early_config.rootpath, early_config, free):
        return
    # Or pytest would load a conftest.py that stands in the DIR of one of our options.
    early_config.known_args_namespace.file_or_dir = free
    from conformance.pytest_plugin import hooks as session  # noqa: PLC0415  everything heavy is behind this line
    from conformance.pytest_plugin import options  # noqa: PLC0415  everything heavy is behind this line

    options.add_options(parser)
    early_config.pluginmanager.register(session.Plugin(), "conformance-session")


def _asks_for_a_matrix(rootpath: Path, config: pytest.Config, args: Iterable[str]) -> bool:
    base = config.invocation_params.dir
    named = [path for path in (base / arg.partition("::")[0] for arg in args) if path.exists()]
    if not named:
        named = [rootpath / path for path in config.getini("testpaths")] or [base]
    return any(_holds_a_matrix(path) for path in named)


def _holds_a_matrix(path: Path) -> bool:
    if path.is_dir():
        return any(looks_like_matrix(file) for file in path.iterdir() if file.suffix in (".yaml", ".yml"))
    return looks_like_matrix(path)


def _free(config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> list[str]:
    """The arguments that are no option, nor the value of one: pytest knows those of all options but ours."""
    others = [
        arg
        for before, arg in zip(("", *args), args, strict=False)
        if before not in _WITH_VALUES and arg not in _WITH_VALUES
    ]
    if len(others) == len(args):
        return list(config.known_args_namespace.file_or_dir)
    return list(parser.parse_known_args(others, namespace=copy(config.option)).file_or_dir)


def _reconsider_rootdir(config: pytest.Config, args: list[str], free: list[str]) -> None:
    """Take the values of our options out of what pytest found its configuration by.

    pytest looks for its configuration before any plugin is loaded. It cannot know then that DIR in
    ``--cassettes DIR`` belongs to an option: a directory that exists counts as one to be tested, and
    the project's own configuration is not found. pytest has no public way to say so afterwards.
    Other people's runs are untouched: this only happens where our options lead to a matrix.
    """
    if config.known_args_namespace.inifilename or not any(arg in _WITH_VALUES for arg in args):
        return
    known = config.known_args_namespace
    rootpath, inipath, inicfg, ignored = determine_setup(
        inifile=None,
        override_ini=known.override_ini,
        args=free,
        rootdir_cmd_arg=known.rootdir or None,
        invocation_dir=config.invocation_params.dir,
    )
    if inipath == config.inipath or not inipath:
        return
    before = config._inicfg, dict(config._inicache)  # noqa: SLF001  see above
    strange = config.getini("addopts")
    config._inicfg = inicfg  # noqa: SLF001
    config._inicache.clear()  # noqa: SLF001
    if not _asks_for_a_matrix(rootpath, config, free):
        config._inicfg, config._inicache = before  # noqa: SLF001
        return
    config._rootpath, config._inipath = rootpath, inipath  # noqa: SLF001
    config._ignored_config_files = ignored  # noqa: SLF001
    known.confcutdir = str(inipath.parent)
    ours = config.getini("addopts")
    args[:] = [*ours, *(args[len(strange) :] if args[: len(strange)] == strange else args)]
    config.pluginmanager.consider_preparse(ours)
