"""The command line: what is not a run of pytest."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

from conformance.cli import Wrong
from conformance.cli.program import COMMANDS, program
from conformance.plain_text import plain

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code: 2 where it cannot be done as given, else the command's own."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    called = next((word for word in words if not word.startswith("-")), "")
    parser = program(*({called} & COMMANDS.keys()))
    if not words:
        parser.print_help(sys.stderr)
        return 2
    if called and called not in COMMANDS:
        from conformance.matrix.problems import did_you_mean  # noqa: PLC0415  of a mistake, and of nothing else

        nearest = did_you_mean(called, COMMANDS) or f"; there are {', '.join(COMMANDS)}"
        parser.error(f"no command is called {plain(called)!r}{nearest}")
    options = parser.parse_args(words)
    run: Callable[[argparse.Namespace], int] = options.run
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a mark the terminal does not have is no reason to stop
    try:
        code = run(options)
        sys.stdout.flush()
    except Wrong as reason:
        parser.exit(2, f"{parser.prog} {called}: error: {plain(reason)}\n")
    except BrokenPipeError:
        # Who read has had enough (``| head``). The interpreter flushes once more at its end: into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    raise SystemExit(main())
