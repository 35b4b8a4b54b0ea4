"""Reading reports back: by name or path, held to the contract, each fault in one line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from conformance.matrix.problems import did_you_mean
from conformance.record.evidence import host_of, is_loopback, too_late
from conformance.report.assemble import claim_of, own_rows, with_notice
from conformance.report.escape import clip, command, plain
from conformance.report.schema import validate
from conformance.values import Json, Source

__all__ = ["REPORT", "VERSION", "Loaded", "ReportError", "find", "load", "names"]

VERSION = 1
"""The version of reports that is read and written here."""

REPORT = "report.json"
"""The file of a report's directory that says everything; the others are made of it."""

_LONG = 200
"""Characters of a fault that are shown: it may quote the report, which others wrote."""


class ReportError(ValueError):
    """A report that cannot be used: what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A report, and where it was read."""

    path: Path
    report: Mapping[str, Json]

    @property
    def directory(self) -> Path:
        """Where its files are."""
        return self.path.parent

    @property
    def name(self) -> str:
        """The target's name."""
        return str(self.report["target"]["name"])


def names(reports: Path) -> list[str]:
    """The targets a directory of reports has one of, in alphabetical order."""
    return sorted(path.parent.name for path in reports.glob(f"*/{REPORT}"))


def find(name: str, reports: Path) -> Path:
    """The file of a report.

    Args:
        name: a target's name in the directory of reports, a report.json, its directory, or a directory of
            reports that has only one.

    Raises:
        ReportError: there is none, or there are several.
    """
    if "/" not in name and (named := reports / name / REPORT).is_file():
        return named
    path = Path(name)
    if path.is_file():
        return path
    if (path / REPORT).is_file():
        return path / REPORT
    below = names(path)
    if len(below) == 1:
        return path / below[0] / REPORT
    if below:
        raise ReportError(f"{path} has reports of {', '.join(below)}: name one, as {command(path / below[0])}")
    if path.is_dir():
        raise ReportError(f"{path} has no {REPORT}")
    known = names(reports)
    there = f"{reports} has {', '.join(known)}{did_you_mean(name, known)}" if known else f"{reports} has no report"
    raise ReportError(f"no report is called {name!r}: {there}")


def load(path: Path) -> Loaded:
    """Read a report and hold it to the contract.

    Raises:
        ReportError: it cannot be read, is damaged, or is of another version.
    """
    try:
        report = json.loads(path.read_text("utf-8"), parse_constant=_no_number, parse_float=_number)
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror or error}") from None
    except RecursionError:
        raise ReportError(f"{path} is no report: it is nested too deeply") from None
    except ValueError as error:
        raise ReportError(f"{path} is damaged, or no report: {_short(error)}") from None
    if not isinstance(report, dict) or "version" not in report:
        raise ReportError(f"{path} is no report: it has no version")
    if report["version"] != VERSION:
        version = _short(json.dumps(report["version"]))
        raise ReportError(f"{path} is a report of version {version}, and this suite reads version {VERSION}")
    if wrong := _wrong(report):
        raise ReportError(f"{path} is damaged: {wrong}")
    return Loaded(path, with_notice(report))


def _wrong(report: Mapping[str, Json]) -> str | None:
    """What breaks the contract, if anything does; the schema first, then what no schema can say."""
    from jsonschema import ValidationError  # noqa: PLC0415  it takes a while, and --help needs none of it

    try:
        validate(report)
    except ValidationError as error:
        return _short(f"{error.json_path}: {error.message}")
    except RecursionError:
        return "it is nested too deeply"
    wrong = next(_contradictions(report), None)
    return wrong if wrong is None else _short(wrong)


def _contradictions(report: Mapping[str, Json]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    cases: dict[str, Json] = {}
    for row in report["results"]:
        cell = row["feature"], row["model"]
        if cell in seen:
            yield f"{cell[0]} with {cell[1]} stands twice"
        seen.add(cell)
        statements = claim_of(report.get("claims", ()), *cell).get("statements", ())
        if any(index >= len(statements) for index in row.get("holds", ())):
            yield f"{cell[0]} with {cell[1]} holds a statement that is not there"
        for case in row["cases"]:
            if cases.setdefault(case["id"], case) != case:
                yield f"{case['id']} stands twice, with different results"
            if case["recorded_at"] and (words := too_late(case["recorded_at"])):
                yield f"{case['id']} was recorded at {words}"
    yield from _dressed_up(report)


def _dressed_up(report: Mapping[str, Json]) -> Iterator[str]:
    """Evidence that is said to be more than the report itself allows."""
    own = own_rows(report.get("claims", ()), report["results"])
    found = Counter(case["source"] for row in own for case in row["cases"] if case["source"])
    everywhere = {case["source"] for row in report["results"] for case in row["cases"]}
    for source, count in report.get("sources", {}).items():
        if found[source] != count:
            yield f"sources says {count} cells are {source}, and {found[source]} are"
    hosts = [host_of(endpoint) for endpoint in report["target"]["endpoint"].split(", ")]
    if Source.LIVE in everywhere and all(map(is_loopback, hosts)):
        yield f"it has live evidence, of {report['target']['endpoint']}, which is this machine"


def _number(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        _no_number(digits)
    return number


def _no_number(digits: str) -> NoReturn:
    raise ValueError(f"{digits} is no number of JSON")


def _short(words: object) -> str:
    return clip(plain(words), _LONG)
