"""``--matrix NAME``: a run of a matrix that lies elsewhere, as those that come with the suite do.

pytest names its tests after where they lie below its root directory, and looks for its configuration before any
plugin is loaded. So a run of a matrix from elsewhere begins again, with the matrix's directory as its root: node ids
and reports read ``minimax.yaml::…`` on every machine. Recordings and reports stay where the run was started, and
nothing is written beside the matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.matrix.packaged import NoSuchMatrix, matrix_at

__all__ = ["OPTION", "NoSuchMatrix", "rerun_arguments"]

OPTION = "--matrix"

_QUIET = "ignore::pytest.PytestAssertRewriteWarning"

_DIRECTORIES = (("--cassettes", "cassettes"), ("--report-dir", "reports"))


def rerun_arguments(args: Sequence[str], here: Path, inipath: Path | None) -> list[str]:
    """The arguments of pytest that run the named matrices; empty where none is named.

    Args:
        args: the command line.
        here: the directory it was given in.
        inipath: the configuration that pytest found there, if it found one.

    Raises:
        NoSuchMatrix: a name leads nowhere.
    """
    names: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        option, given, value = word.partition("=")
        if option == OPTION:
            names.append(value if given else next(words, ""))
        else:
            rest.append(word)
    if not names:
        return []
    paths = [matrix_at(name, here).resolve() for name in names]
    roots = {path.parent for path in paths}
    root = roots.pop() if len(roots) == 1 else here
    # Nothing of this package is rewritten for its assertions, and pytest need not say so.
    made = ["--rootdir", str(root), "-p", "no:cacheprovider", "-W", _QUIET]
    if inipath is not None:
        made += ["--config-file", str(inipath)]
    for option, default in _DIRECTORIES:
        if not any(word == option or word.startswith(f"{option}=") for word in rest):
            made.append(f"{option}={here / default}")
    return [*made, *rest, *map(str, paths)]
