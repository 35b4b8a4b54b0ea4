"""What a replay costs beside what it cannot do without: the SDK decoding the same exchanges, under pytest.

    python benchmarks/replay.py [--runs 3]

Every command is run once to warm up, then in turn, and again in the next round, so that a busy moment meets all of
them. Figures are seconds
of CPU (this process's children, user and system) and of the wall clock; the median of the rounds, and its ratio to the
floor. The floor has the exchanges at hand, unpickled from one file, and as many tests as a replay has recordings.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from conformance.http.cassette import Cassette

ROOT = Path(__file__).parent.parent
COMPILED = Path(tempfile.gettempdir()) / "conformance-benchmark-compiled"

FLOOR = """
import json, pickle
from pathlib import Path
import httpx2, pytest
from anthropic import Anthropic, APIStatusError

RECORDINGS = pickle.loads(Path(__file__).with_name("exchanges.pickle").read_bytes())

class Transport(httpx2.BaseTransport):
    def handle_request(self, request):
        request.read()
        return httpx2.Response(self.status, headers=self.headers, content=self.body)

@pytest.mark.parametrize("number", range(len(RECORDINGS)))
def test_decode(number):
    transport = Transport()
    client = Anthropic(api_key="x", max_retries=0, timeout=900.0, http_client=httpx2.Client(transport=transport))
    for path, sent, status, headers, body in RECORDINGS[number]:
        transport.status, transport.headers, transport.body = status, headers, body
        try:
            if sent is None:
                client.get(path, cast_to=httpx2.Response)
            elif path.startswith("/v1/messages") and isinstance(sent, dict) and "model" in sent:
                asked = {name: sent[name] for name in ("model", "messages", "max_tokens") if name in sent}
                rest = {name: value for name, value in sent.items() if name not in asked}
                client.messages.with_raw_response.create(
                    **{"max_tokens": 1, "messages": [], **asked}, extra_body=rest or None
                )
            else:
                client.post(path, body=sent, cast_to=httpx2.Response)
        except APIStatusError:
            pass
"""


@dataclass(frozen=True)
class Cost:
    """What a command cost, in seconds."""

    cpu: float
    wall: float


def cost(command: list[str], directory: Path) -> Cost:
    """Run a command, and say what it cost."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    # Compiled modules are kept in a place of their own: what is measured is the second run, not the first.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(COMPILED)
    done = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, perf_counter() - started)


def keep_exchanges(path: Path) -> tuple[int, int]:
    """Write the exchanges of all of the default target's recordings; how many recordings and exchanges there are."""
    recordings = [Cassette.load(file).exchanges for file in sorted((ROOT / "cassettes/minimax").rglob("*.yaml"))]
    kept = [[(x.path, x.request, x.status, dict(x.headers), x.body) for x in exchanges] for exchanges in recordings]
    path.write_bytes(pickle.dumps(kept))
    return len(kept), sum(map(len, kept))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        recordings, exchanges = keep_exchanges(directory / "exchanges.pickle")
        (directory / "test_floor.py").write_text(FLOOR, "utf-8")
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        commands = {
            "import the SDK and pytest": ([sys.executable, "-c", "import anthropic, pytest"], directory),
            "collect only": ([*pytest, "--collect-only"], ROOT),
            "the floor: the SDK decodes": ([*pytest, "test_floor.py"], directory),
            "replay": ([*pytest, f"--report-dir={directory}/one"], ROOT),
            "replay, -n 2": ([*pytest, "-n", "2", f"--report-dir={directory}/two"], ROOT),
        }
        costs: dict[str, list[Cost]] = {title: [] for title in commands}
        for command, where in commands.values():
            cost(command, where)
        for _ in range(runs):
            for title, (command, where) in commands.items():
                costs[title].append(cost(command, where))
    middle = {
        title: Cost(statistics.median(c.cpu for c in all_), statistics.median(c.wall for c in all_))
        for title, all_ in costs.items()
    }
    floor = middle["the floor: the SDK decodes"]
    load = os.getloadavg()[0]
    print(f"{recordings} recordings, {exchanges} exchanges; {runs} rounds, load {load:.1f} on {os.cpu_count()} cores\n")
    print(f"{'':30}{'CPU s':>8}{'of floor':>10}{'wall s':>9}{'of floor':>10}")
    for title, one in middle.items():
        print(f"{title:30}{one.cpu:8.1f}{one.cpu / floor.cpu:10.2f}{one.wall:9.1f}{one.wall / floor.wall:10.2f}")


if __name__ == "__main__":
    main()
