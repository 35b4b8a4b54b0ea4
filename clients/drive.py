"""Real clients on a scripted task, against the simulator healthy and broken: do they do what the rows say?

    python clients/drive.py DIR [--client NAME] [--service PERSONALITY[+MUTANT]] [--table FILE]

DIR is where ``real_clients.py`` installs them, each in the version its row was captured from: a newer one may send
other requests. What is missing is installed, and what cannot be is skipped with its reason. Each service is asked
twice: by the suite, whose rows ``clients.*`` say what becomes of each client, and by the clients themselves. The exit
code is 1 where a client does something else than its row says.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
from real_clients import CLIENTS, install, run

from conformance import simulator
from conformance.clients.loader import CLIENTS as FILES
from conformance.clients.loader import load

MODEL = "MiniMax-M2.7"
SERVICES = (
    "reference",
    "documented",
    "field",
    "reference+stream.event_names-missing",
    "reference+stream.blocks-never-stopped",
    "reference+stream.message_stop-missing",
    "reference+stream.message_delta-missing",
    "reference+stream.message_start-missing",
    "reference+stream.blocks-wrong-index",
    "reference+stream.shape-untyped-delta",
    "reference+stream-ignored",
    "reference+response.shape-missing-type",
    "reference+accepts.fields-strict",
    "reference+top_k-rejected",
)
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Row:
    """What the suite says of a client: whether it works there, and in which words."""

    works: bool | None
    words: str


@dataclass(frozen=True)
class Run:
    """What a client did: whether the task was done, and in how many requests."""

    works: bool
    requests: int
    last: str


def rows(url: str, names: Sequence[str]) -> dict[str, Row]:
    """What the suite says of clients at a service."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        chosen = [word for name in names for word in ("--feature", f"clients.{name}")]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "matrices/anthropic.yaml",
            "--live",
            "--endpoint",
            url,
            "--model",
            MODEL,
        ]
        command += [*chosen, "--cassettes", str(place / "cassettes"), "--report-dir", str(place / "reports"), "-q"]
        command += ["--key-env", "CONFORMANCE_NO_KEY", "--rpm", "6000", "-p", "no:cacheprovider"]
        environment = {"PATH": "/usr/bin:/bin", "CONFORMANCE_NO_KEY": "sk-no-key-at-all"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  our own
        try:
            report = json.loads((place / "reports" / "anthropic" / "report.json").read_text("utf-8"))
        except OSError:
            raise SystemExit(f"the suite made no report:\n{done.stdout[-2000:]}{done.stderr[-2000:]}") from None
    found = {}
    for result in report["results"]:
        name = result["feature"].removeprefix("clients.")
        if result["feature"].startswith("clients.") and name in names and result["model"] == MODEL:
            bad = [case for case in result["cases"] if case["behaviour"] not in ("honoured", "accepted")]
            # What may break a program need not break this task.
            may = any("may break" in (case["summary"] or "") for case in bad)
            undecided = may or any(case["behaviour"] in (None, "inconclusive") for case in result["cases"])
            words = "; ".join(case["summary"] or "" for case in bad)
            found[name] = Row(None if undecided else not bad, words)
    return found


def asked(url: str) -> int:
    """How many requests the service has had."""
    return int(httpx2.get(f"{url}/_stats", timeout=60).json()["asked"])


def tried(place: Path, name: str, url: str) -> Run:
    """Run a client at a service."""
    before = asked(url)
    done = run(place, name, url, MODEL)
    whole = done.returncode == 0 and "Quillon" in done.stdout
    made = name in _WITHOUT_OBJECTS or "Lisbon" in done.stdout
    lines = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()
    return Run(whole and made, asked(url) - before, lines[-1][:160])


_WITHOUT_OBJECTS = ("claude_code", "opencode", "anthropic_sdk")


def compared(place: Path, names: Sequence[str], services: Sequence[str]) -> Iterator[dict[str, object]]:
    """A line for each service and client."""
    usual: dict[str, int] = {}
    for service in services:
        personality, _, mutant = service.partition("+")
        with simulator.running(personality, mutant=mutant or None, paced=False, models=[MODEL]) as url:
            said = rows(url, names)
            for name in names:
                did = tried(place, name, url)
                usual.setdefault(name, did.requests)
                row = said[name]
                alike = did.works and did.requests == usual[name]  # fewer: a turn was lost on the way
                yield {
                    "service": service,
                    "client": name,
                    "row": {True: "works", False: "does not", None: "undecided"}[row.works],
                    "why": row.words,
                    "client_does": f"{'done' if did.works else 'not done'}, {did.requests} requests",
                    "last": did.last,
                    "agree": row.works is None or row.works == alike,
                }


def main() -> int:
    """Install, drive, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("place", type=Path)
    parser.add_argument("--client", action="append", choices=list(CLIENTS))
    parser.add_argument("--service", action="append", metavar="PERSONALITY[+MUTANT]")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the lines there as JSON as well")
    options = parser.parse_args()
    place: Path = options.place.absolute()
    versions = {file.stem: load(file).version for file in FILES}
    names = []
    for name in options.client or CLIENTS:
        if why := install(place, name, versions[name]):
            print(f"{name}: skipped, {why}", flush=True)
        else:
            names.append(name)
    services = options.service or SERVICES
    if "reference" not in services:
        services = ["reference", *services]
    lines = []
    for line in compared(place, names, services):
        lines.append(line)
        mark = "as the row says" if line["agree"] else "NOT AS THE ROW SAYS"
        print(f"{line['service']}: {line['client']}: row: {line['row']}; {line['client_does']}: {mark}", flush=True)
        if not line["agree"]:
            print(f"    row: {line['why'] or 'works'}\n    client: {line['last']}", flush=True)
    if options.table:
        options.table.write_text(json.dumps(lines, indent=1), "utf-8")
    return 0 if names and all(line["agree"] for line in lines) else 1


if __name__ == "__main__":
    raise SystemExit(main())
