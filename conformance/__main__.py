"""The command line: what is not a run of pytest."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

from conformance import __version__
from conformance.cli import Wrong, capture, diff, estimate, history, init, merge, report, run, simulate, site, watch
from conformance.plain_text import plain

__all__ = ["main"]

_COMMANDS = (init, run, report, diff, estimate, history, merge, site, simulate, capture, watch)
"""In the order in which ``--help`` has them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code: 2 where it cannot be done as given, else the command's own."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in _COMMANDS:
        command.add(commands)
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a mark the terminal does not have is no reason to stop
    try:
        code = run(options)
        sys.stdout.flush()
    except Wrong as reason:
        parser.exit(2, f"{parser.prog} {options.command}: error: {plain(reason)}\n")
    except BrokenPipeError:
        # Who read has had enough (``| head``). The interpreter flushes once more at its end: into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    raise SystemExit(main())
