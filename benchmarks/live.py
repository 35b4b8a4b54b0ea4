"""How a live run uses what it is given: places, a rate, memory. Prints tables; takes about three minutes.

    python benchmarks/live.py

The service is the simulator in a process of its own, a second late with every answer; the machine's own time is in
the figures. Ideal is all latency divided by the places. Wall time is that of asking, without collection and judging.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from conformance.http.budget import Budget
from conformance.http.rate_limit import RateLimiter
from conformance.outcomes import Recorded
from conformance.run.live_service import open_service
from conformance.run.matrix_run import MatrixRun, open_matrix, select
from conformance.run.plan import Planned
from conformance.run.recording import side_by_side

ROOT = Path(__file__).parent.parent
KEY = "sk-benchmark-0123456789"

# Enough work at each width for about 15 to 45 s of ideal time.
WIDTHS = {1: ("system", 1), 8: ("messages", 1), 32: ("", 4), 128: ("", 7)}
"""Places to a feature (empty is all) and a number of models."""

RATES = {60: "system", 300: "messages", 1200: ""}
"""Requests a minute to a feature, with one model."""


@dataclass(frozen=True)
class Asked:
    """What one run came to."""

    requests: int
    seconds: float
    failed: int


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=1.0, help="seconds (default: %(default)s)")
    latency: float = parser.parse_args().latency
    print(f"places  cases  requests   ideal s    wall s  wall/ideal  (latency {latency:g} s)")
    with simulated(latency) as url:
        for places, (feature, models) in WIDTHS.items():
            asked, cases = run(url, feature, models, places=places)
            ideal = asked.requests * latency / places
            print(
                f"{places:>6}  {cases:>5}  {asked.requests:>8}  {ideal:>8.1f}  {asked.seconds:>8.1f}"
                f"  {asked.seconds / ideal:>10.2f}" + (f"  {asked.failed} failed" if asked.failed else ""),
                flush=True,
            )
    print("\nasked rpm  requests  seconds  kept rpm   used")
    with simulated(0.2) as url:
        for rpm, feature in RATES.items():
            asked, _ = run(url, feature, 1, places=64, rpm=rpm)
            # The request before the first of these took the slot before theirs.
            kept = 60 * asked.requests / asked.seconds
            print(f"{rpm:>9}  {asked.requests:>8}  {asked.seconds:>7.1f}  {kept:>8.1f}  {kept / rpm:>5.1%}", flush=True)
    print("\nmemory of the process at its peak: ", end="")
    print(f"{getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, at 128 places among others")


def run(url: str, feature: str, models: int, *, places: int, rpm: int | None = None) -> tuple[Asked, int]:
    """Record a selection, and throw it away."""
    with tempfile.TemporaryDirectory() as directory:
        matrix_run, items = planned(Path(directory), feature, models)
        budget = Budget()
        names = list(dict.fromkeys(item.model for item in items))
        service = open_service(
            matrix_run.matrix, url, KEY, names, connections=places, rate_limiter=RateLimiter(rpm), budget=budget
        )
        before, began = budget.spent.requests, time.monotonic()
        with closing(service):
            outcomes = side_by_side(service, matrix_run, items, places, budget=budget)
            seconds = time.monotonic() - began
        return Asked(
            budget.spent.requests - before,
            seconds,
            sum(not isinstance(outcome, Recorded) for outcome in outcomes.values()),
        ), len(items)


def planned(directory: Path, feature: str, models: int) -> tuple[MatrixRun, list[Planned]]:
    """Some of the matrix's cases, with nothing recorded."""
    matrix_run = open_matrix(ROOT / "matrix.yaml", "matrix.yaml", directory, [], live=True)
    names = [model.name for model in matrix_run.matrix.models][:models]
    chosen = select(matrix_run, [feature] if feature else [])
    return matrix_run, [item for item in chosen if item.model in names and item.asks and not item.is_expensive]


@contextmanager
def simulated(latency: float) -> Iterator[str]:
    """The simulator in a process of its own, that many seconds late."""
    command = [sys.executable, "-m", "conformance", "simulate", "--port", "0", "--unpaced", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.split()[0]
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
