"""``simulate``: serve the simulator, a service of the suite's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance import simulator
from conformance.cli import Wrong
from conformance.cli.program import Parser

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach("--port 8080 --mutant top_k-rejected", "--personality reference --fault 529=0.05")
    described = "; ".join(f"{name}: {words}" for name, words in simulator.PERSONALITIES.items())
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (default: %(default)s)")
    parser.add_argument("--personality", default="documented", metavar="NAME", help=described.replace("%", "%%"))
    parser.add_argument("--mutant", metavar="NAME", help="one deviation, or NAME@MODEL for one model only")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="a name it answers to as well")
    parser.add_argument("--seed", type=int, default=0, help="seed of all randomness (default: %(default)s)")
    parser.add_argument("--noise", type=float, default=0.0, help="share of draws that ignore near-greedy settings")
    parser.add_argument("--diversity", type=int, metavar="N", help="how many openings the model has")
    parser.add_argument(
        "--unpaced",
        dest="paced",
        action="store_false",
        help="stream as fast as possible, not at the documented speed",
    )
    parser.add_argument("--rpm-limit", type=int, metavar="N", help="answer 429 to more than N requests a minute")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="begin every answer so late")
    troubles = "; ".join(f"{name}: {fault.description}" for name, fault in simulator.FAULTS.items())
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME=RATE",
        help="trouble on purpose, for a share of what is asked; repeatable, NAME alone is every time, all=RATE spreads "
        f"over all but tls. {troubles}",
    )
    parser.add_argument("--authority", type=Path, metavar="FILE", help="write the certificate to trust there, for tls")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted.

    Raises:
        Wrong: the port is taken, or what was asked for does not exist.
    """
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
            rpm_limit=options.rpm_limit,
            latency=options.latency,
            faults=simulator.rates(options.fault),
            authority=options.authority,
            models=options.model,
        )
    except (OverflowError, ValueError) as error:
        raise Wrong(str(error)) from None
    except OSError as error:
        raise Wrong(f"{options.host}:{options.port} cannot be listened on: {error.strerror or error}") from None
    return 0
