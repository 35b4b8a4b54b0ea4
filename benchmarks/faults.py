"""The whole matrix on bad days: ``python benchmarks/faults.py``.

Every fault the simulator knows is injected, each at its rates, and then all of them together, while ``pytest --live``
asks it for everything; then the same run is resumed with the service well again. A cell is right where it says what
it says on a good day, wrong where it says anything else for sure; in between it is inconclusive, or was not reached.
Nothing may be wrong, no run may end in an error of the suite, the key must be nowhere, no redirect may be followed,
and what is resumed must end like the good day.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from conformance.simulator import FAULTS, running

ROOT = Path(__file__).parent.parent
KEY = "sk-canary-0123456789-faults"
_DAYS = 5
_REFUSED = 4  # pytest's exit code for what it could not begin
_FAULTY = re.compile(r"; fault=([\w, -]+)")
_UNSURE = ("inconclusive", None)
_LEAKS = [KEY[3:].encode(), *(base64.b64encode(bytes(before) + KEY[3:].encode())[4:-4] for before in range(3))]
"""The key without its ends, and the three ways for it to stand in base64."""


@dataclass(frozen=True)
class Run:
    """One run of pytest, and what came of it."""

    cells: Mapping[str, str | None]
    """The behaviour of every case; None where it was not reached."""
    reasons: Mapping[str, str]
    errors: tuple[str, ...]
    seconds: float
    megabytes: float
    leaks: int
    kept: int
    """Answers on the recordings that had met a fault: whole and right in spite of it, or they should not be there."""
    asked: int
    happened: Mapping[str, int]
    refusal: str
    """Why the run did not begin: at its start trouble is not waited out for long, as most of it is a wrong address."""


@dataclass(frozen=True)
class Setting:
    """What all runs share."""

    matrix: str
    models: tuple[str, ...]
    concurrency: int
    timeouts: str
    seed: int

    def begun(self, faults: Mapping[str, float], where: Path) -> tuple[Run, list[str]]:
        """A run on the first bad day of several on which it begins at all; and why it did not on those before."""
        refusals: list[str] = []
        for day in range(_DAYS):
            run = self.run(faults, where, day=day)
            if not run.refusal:
                break
            refusals.append(run.refusal)
        return run, refusals

    def run(self, faults: Mapping[str, float], where: Path, *, resume: bool = False, day: int = 0) -> Run:
        """Record, judge and report all of the matrix, in a process of its own."""
        authority = where / "authority.pem"
        trusted = authority if faults.get("tls") else None
        with running(paced=False, seed=self.seed + day, faults=faults or None, authority=trusted) as url:
            command = [sys.executable, "-m", "pytest", self.matrix, "--live", "--endpoint", url, "-q", "-rs"]
            command += ["-p", "no:cacheprovider", "--concurrency", str(self.concurrency)]
            command += ["--cassettes", str(where / "cassettes"), "--report-dir", str(where / "reports")]
            command += [word for model in self.models for word in ("--model", model)]
            command += ["--timeouts", self.timeouts] if self.timeouts else []
            command += ["--resume"] if resume else []
            environment = {**os.environ, "ANTHROPIC_API_KEY": KEY}
            if authority.exists():
                environment["SSL_CERT_FILE"] = str(authority)
            began = time.perf_counter()
            log = where / ("resumed.txt" if resume else "run.txt")
            with log.open("wb") as output:
                process = subprocess.Popen(  # noqa: S603  ourselves
                    command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
                )
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - began
            asked, happened = _told(url, authority if authority.exists() else None)
        cells, reasons = _read(where)
        errors = [f"{cell}: {reason}" for cell, reason in reasons.items() if reason.startswith("error: ")]
        said = (log.read_text("utf-8", "replace").strip().splitlines() or [""])[-1]
        if process.returncode not in (0, 1, _REFUSED):
            errors.append(f"exit code {process.returncode}: {said}")
        return Run(
            cells,
            reasons,
            tuple(errors),
            seconds,
            usage.ru_maxrss / 1024,  # Linux counts kilobytes, and from what this process had when it began the other
            _leaks(where),
            sum(len(_FAULTY.findall(path.read_text("utf-8"))) for path in where.glob("cassettes/**/*.yaml")),
            asked,
            happened,
            said if process.returncode == _REFUSED else "",
        )


def _told(url: str, authority: Path | None) -> tuple[int, Mapping[str, int]]:
    """What the simulator has counted; it may have to be asked more than once, as it is not well."""
    trusting = ssl.create_default_context(cafile=authority)
    for _ in range(100):
        try:
            found = httpx2.get(f"{url}/_stats", verify=trusting).json()
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            return found["asked"], found["faults"]
    return 0, {}


def _read(where: Path) -> tuple[dict[str, str | None], dict[str, str]]:
    cells: dict[str, str | None] = {}
    reasons: dict[str, str] = {}
    for path in where.glob("reports/*/report.json"):
        for row in json.loads(path.read_text("utf-8"))["results"]:
            for case in row["cases"]:
                cells[case["id"]] = _settled(case["id"], case["behaviour"])
                reasons[case["id"]] = str(case.get("reason") or case["summary"])
    return cells, reasons


def _settled(cell: str, behaviour: str | None) -> str | None:
    """Without what depends on how busy this machine is: how much of a quick stream's speed was seen."""
    return "honoured" if "::stream.incremental" in cell and behaviour == "accepted" else behaviour


def _leaks(where: Path) -> int:
    """In how many files the key can be found, whatever was printed among them."""
    files = [path.read_bytes() for path in where.rglob("*") if path.is_file()]
    return sum(any(leak in text for leak in _LEAKS) for text in files)


@dataclass
class Row:
    """One fault at one rate, beside the good day."""

    fault: str
    rate: float
    good: Run
    bad: Run
    resumed: Run | None
    refusals: list[str]

    def count(self) -> Counter[str]:
        """How many cells are right, inconclusive, not reached, wrong."""
        return Counter(self.judged(cell) for cell in self.good.cells)

    def judged(self, cell: str) -> str:
        """One cell."""
        expected, seen = self.good.cells[cell], self.bad.cells.get(cell)
        if seen == expected:
            return "right"
        if seen not in _UNSURE:
            return "wrong"
        return "not reached" if seen is None else "inconclusive"

    @property
    def left(self) -> list[str]:
        """The cells that are not as on the good day even after the run was resumed."""
        run = self.resumed
        return [] if run is None else [cell for cell, seen in self.good.cells.items() if run.cells.get(cell) != seen]

    @property
    def followed(self) -> int:
        """Redirects that were followed: none should be."""
        return self.bad.happened.get("redirect, followed", 0)

    @property
    def is_sound(self) -> bool:
        """Whether nothing happened that must not."""
        wrong = self.count()["wrong"] + len(self.bad.errors) + self.bad.leaks + self.followed + len(self.left)
        return not wrong and (self.resumed is None or not (self.resumed.errors or self.resumed.leaks))

    def __str__(self) -> str:
        counts, run = self.count(), self.bad
        cells = "".join(f"{counts[kind]:>8}" for kind in ("right", "inconclusive", "not reached", "wrong"))
        names = FAULTS if self.fault == "all" else [self.fault]
        happened = sum(run.happened.get(name, 0) for name in names)
        figures = f"{run.asked:>8}{happened:>9}{run.kept:>6}{run.seconds:>8.1f}{run.megabytes:>6.0f}"
        after = "" if self.resumed is None else f"{len(self.good.cells) - len(self.left):>6}/{len(self.good.cells)}"
        return f"{self.fault:<17}{self.rate:>5.0%} {cells}{len(run.errors):>8}{run.leaks:>5}{figures}{after}"


_HEAD = (
    f"{'fault':<17}{'rate':>5} {'right':>8}{'unsure':>8}{'missed':>8}{'wrong':>8}{'errors':>8}{'key':>5}"
    f"{'asked':>8}{'happened':>9}{'kept':>6}{'s':>8}{'MB':>6}{'resumed':>9}"
)


def main() -> int:
    """Print the table; 1 if anything in it should not be."""
    options = _options()
    everything = [*FAULTS, "all"]
    unknown = set(options.fault) - set(everything)
    if unknown:
        print(f"no fault is called {', '.join(sorted(unknown))}; there are {', '.join(everything)}", file=sys.stderr)
        return 2
    setting = Setting(
        options.matrix,
        tuple(options.model or ["MiniMax-M2.7"]),
        options.concurrency,
        options.timeouts,
        options.seed,
    )
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="faults-") as temporary:
        where = Path(options.keep or temporary).resolve()
        good = setting.run({}, _new(where, "good-day"))
        if not good.cells or good.errors:
            print("the good day is none:", *filter(None, [good.refusal, *good.errors]), sep="\n  ", file=sys.stderr)
            return 2
        unsure = sum(behaviour in _UNSURE for behaviour in good.cells.values())
        print(f"good day: {len(good.cells)} cells, {unsure} of them without a behaviour; {good.asked} requests, "
              f"{good.seconds:.1f} s, {good.megabytes:.0f} MB\n\n{_HEAD}")  # fmt: skip
        for fault in options.fault or everything:
            for rate in options.rate or (0.05, 0.5):
                directory = _new(where, f"{fault}-{rate:g}")
                bad, refusals = setting.begun({fault: rate}, directory)
                resumed = setting.run({}, directory, resume=True) if options.resume else None
                rows.append(Row(fault, rate, good, bad, resumed, refusals))
                print(rows[-1], flush=True)
                for line in _explained(rows[-1], directory):
                    print(f"    {line}", flush=True)
    total = sum((row.count() for row in rows), Counter[str]())
    print(f"\n{len(rows)} runs: " + ", ".join(f"{count} {kind}" for kind, count in sorted(total.items())))
    return int(not all(row.is_sound for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    parser.add_argument("--rate", action="append", type=float, metavar="RATE", help="else 0.05 and 0.5; repeatable")
    parser.add_argument("--matrix", default="matrix.yaml")
    parser.add_argument("--model", action="append", metavar="NAME", help="else MiniMax-M2.7; repeatable")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--timeouts", default="connect=2,first=2,between=2,whole=5", help="as of pytest --live")
    parser.add_argument("--no-resume", dest="resume", action="store_false", help="do not resume the runs afterwards")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", metavar="DIR", help="keep recordings, reports and output there")
    return parser.parse_args()


def _new(where: Path, name: str) -> Path:
    directory = where / name
    directory.mkdir(parents=True)
    return directory


def _explained(row: Row, directory: Path) -> Iterator[str]:
    """Everything that should not be, with what can be said of it."""
    for cell in row.good.cells:
        if row.judged(cell) == "wrong":
            seen = f"{row.good.cells[cell]} on a good day, now {row.bad.cells[cell]}: {row.bad.reasons[cell]}"
            yield f"WRONG {cell}: {seen} ({_stamps(directory, cell)})"
    for refusal in row.refusals:
        yield f"NOT BEGUN {refusal}"
    for error in row.bad.errors:
        yield f"ERROR {error}"
    if row.followed:
        yield f"FOLLOWED {row.followed} redirects"
    if row.resumed is not None:
        for cell in row.left:
            seen = f"{row.resumed.cells.get(cell)}: {row.resumed.reasons.get(cell)}"
            yield f"LEFT {cell}: {row.good.cells[cell]} on a good day, resumed {seen}"
        for error in row.resumed.errors:
            yield f"ERROR (resumed) {error}"


def _stamps(directory: Path, cell: str) -> str:
    """Which faults stand on the recordings a cell rests on; an inspection rests on all of its model's."""
    _, model, feature, case = cell.split("::")
    paths = list(directory.glob(f"cassettes/*/{model}/{feature}/{case}.yaml"))
    paths = paths or list(directory.glob(f"cassettes/*/{model}/*/*.yaml"))
    found = Counter(
        f"{name} in {path.parent.name}/{path.stem}"
        for path in paths
        for name in _FAULTY.findall(path.read_text("utf-8"))
    )
    return ", ".join(f"{count} {what}" for what, count in found.most_common(5)) or "no fault on the recording"


if __name__ == "__main__":
    raise SystemExit(main())
