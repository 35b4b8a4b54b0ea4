"""Reading reports back: by name or path, held to the contract, each fault in one line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from conformance.http.evidence import host_of, is_loopback, too_late
from conformance.matrix.problems import did_you_mean
from conformance.plain_text import clip, command, plain
from conformance.report.assemble import own_rows, with_notice
from conformance.report.model import VERSION, Report, ReportedCase
from conformance.values import Source

__all__ = ["REPORT", "Loaded", "ReportError", "find", "load", "names"]

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
    report: Report

    @property
    def directory(self) -> Path:
        """Where its files are."""
        return self.path.parent

    @property
    def name(self) -> str:
        """The target's name."""
        return self.report.target.name


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
        found = json.loads(path.read_text("utf-8"), parse_constant=_no_number, parse_float=_number)
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror or error}") from None
    except RecursionError:
        raise ReportError(f"{path} is no report: it is nested too deeply") from None
    except ValueError as error:
        raise ReportError(f"{path} is damaged, or no report: {_short(error)}") from None
    if not isinstance(found, dict) or "version" not in found:
        raise ReportError(f"{path} is no report: it has no version")
    if found["version"] != VERSION:
        version = _short(json.dumps(found["version"]))
        raise ReportError(f"{path} is a report of version {version}, and this suite reads version {VERSION}")
    try:
        report = Report.model_validate(found)
    except ValidationError as error:
        raise ReportError(f"{path} is damaged: {_short(_first(error))}") from None
    if wrong := next(_contradictions(report), None):
        raise ReportError(f"{path} is damaged: {_short(wrong)}")
    return Loaded(path, with_notice(report))


_WANTED = {
    "bool_type": "true or false is wanted here",
    "dict_type": "an object is wanted here",
    "greater_than_equal": "a number of 0 or more is wanted here",
    "int_type": "a whole number is wanted here",
    "model_type": "an object is wanted here",
    "string_type": "text is wanted here",
    "string_unicode": "it has a name with half a character in it",
    "too_short": "at least one is wanted here",
    "tuple_type": "a list is wanted here",
}
"""What to do about a fault, by pydantic's name of it."""


def _first(error: ValidationError) -> str:
    """Where the contract is broken first, and how; in our own words, which no release of pydantic changes."""
    fault = error.errors(include_url=False, include_input=False)[0]
    steps = [step for step in fault["loc"] if step != "[key]"]
    context = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return f"{_place(steps[:-1])}: {steps[-1]!r} is a required property"
        case "extra_forbidden":
            return f"{_place(steps[:-1])}: {steps[-1]!r} is no property of it"
        case "enum":
            return f"{_place(steps)}: one of these is wanted here: {context['expected'].replace(' or ', ', ')}"
        case "value_error":
            return f"{_place(steps)}: {context['error']}"
        case other:
            return f"{_place(steps)}: {_WANTED.get(other, other.replace('_', ' '))}"


def _place(steps: Iterable[str | int]) -> str:
    """A place in the file, as JSONPath has it."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _contradictions(report: Report) -> Iterator[str]:
    """What no schema can say."""
    seen: set[tuple[str, str]] = set()
    cases: dict[str, ReportedCase] = {}
    for row in report.results:
        if (row.feature, row.model) in seen:
            yield f"{row.feature} with {row.model} stands twice"
        seen.add((row.feature, row.model))
        claim = report.claim_of(row.feature, row.model)
        if any(index >= len(claim.statements if claim else ()) for index in row.holds or ()):
            yield f"{row.feature} with {row.model} holds a statement that is not there"
        for case in row.cases:
            if cases.setdefault(case.id, case) != case:
                yield f"{case.id} stands twice, with different results"
            if case.recorded_at and (words := too_late(case.recorded_at)):
                yield f"{case.id} was recorded at {words}"
    yield from _dressed_up(report)


def _dressed_up(report: Report) -> Iterator[str]:
    """Evidence that is said to be more than the report itself allows."""
    own = own_rows(report.claims or (), report.results)
    found = Counter(case.source for row in own for case in row.cases if case.source)
    everywhere = {case.source for row in report.results for case in row.cases}
    for source, count in (report.sources or {}).items():
        if found[source] != count:
            yield f"sources says {count} cells are {source}, and {found[source]} are"
    hosts = [host_of(endpoint) for endpoint in report.target.endpoint.split(", ")]
    if Source.LIVE in everywhere and all(map(is_loopback, hosts)):
        yield f"it has live evidence, of {report.target.endpoint}, which is this machine"


def _number(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        _no_number(digits)
    return number


def _no_number(digits: str) -> NoReturn:
    raise ValueError(f"{digits} is no number of JSON")


def _short(words: object) -> str:
    return clip(plain(words), _LONG)
