"""The command line: what is not a run of pytest."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from conformance import __version__, simulator

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    _simulate(commands.add_parser("simulate", help="serve the simulator: a service of the suite's own"))
    options = parser.parse_args(arguments)
    try:
        simulator.serve(
            options.host,
            options.port,
            personality=options.personality,
            mutant=options.mutant,
            seed=options.seed,
            noise=options.noise,
            diversity=options.diversity,
            key=None,
            paced=options.paced,
        )
    except ValueError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _simulate(parser: argparse.ArgumentParser) -> None:
    described = "; ".join(f"{name}: {words}" for name, words in simulator.PERSONALITIES.items())
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (default: %(default)s)")
    parser.add_argument("--personality", default="documented", metavar="NAME", help=described.replace("%", "%%"))
    parser.add_argument("--mutant", metavar="NAME", help="one deviation, or NAME@MODEL for one model only")
    parser.add_argument("--seed", type=int, default=0, help="seed of all randomness (default: %(default)s)")
    parser.add_argument("--noise", type=float, default=0.0, help="share of draws that ignore near-greedy settings")
    parser.add_argument("--diversity", type=int, metavar="N", help="how many openings the model has")
    parser.add_argument(
        "--unpaced",
        dest="paced",
        action="store_false",
        help="stream as fast as possible, not at the documented speed",
    )


if __name__ == "__main__":
    raise SystemExit(main())
