"""From a file to a matrix: read, shaped, and its names looked up."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from conformance.matrix.claims import SILENCE, Claim, ClaimSource, KnownDeviation, Matrix, Statement
from conformance.matrix.document import Document, read
from conformance.matrix.problems import MatrixError, Place, Problem, Problems, line_of
from conformance.matrix.references import check_references
from conformance.matrix.schema import VERSION, ClaimEntry, DeviationEntry, File, StatementEntry
from conformance.matrix.wording import explained
from conformance.values import Status

__all__ = ["load"]


def load(path: Path) -> Matrix:
    """Read a matrix and look its names up.

    Raises:
        MatrixError: with every problem there is, one a line.
    """
    document = read(path)
    _check_version(path, document)
    file = _shaped(path, document)
    problems = Problems(path, document.lines)
    check_references(file, problems)
    problems.settle()
    return _Resolver(path, file, document).matrix()


def _check_version(path: Path, document: Document) -> None:
    """Before all else: a file of another version would be wrong everywhere.

    Raises:
        MatrixError: it is no mapping, or of another version.
    """
    data, problem = document.data, None
    if not isinstance(data, dict):
        problem = Problem(1, (), "not a mapping; a matrix begins with 'conformance: 1'")
    elif "conformance" not in data:
        problem = Problem(1, ("conformance",), f"missing; a matrix begins with 'conformance: {VERSION}'")
    elif type(data["conformance"]) is not int or data["conformance"] != VERSION:
        words = f"{data['conformance']!r} is not a version this suite reads; it reads {VERSION}"
        problem = Problem(line_of(document.lines, ("conformance",)), ("conformance",), words)
    if problem:
        raise MatrixError(path, [problem])


def _shaped(path: Path, document: Document) -> File:
    problems = list(document.problems)
    try:
        file = File.model_validate(document.data)
    except ValidationError as error:
        known = [problem.place for problem in problems]
        for detail in error.errors(include_url=False):
            if detail["type"] == "too_short" and detail["input"]:
                continue  # its items are wrong, each of which is a problem of its own
            place, words = explained(detail, File)
            if not any(_related(place, other) for other in known):
                problems.append(Problem(line_of(document.lines, place), place, words))
        raise MatrixError(path, problems) from None
    if problems:
        raise MatrixError(path, problems)
    return file


def _related(one: Place, other: Place) -> bool:
    """Whether one encloses the other: what is said of either need not be said again."""
    return all(mine == theirs for mine, theirs in zip(one, other, strict=False))


class _Resolver:
    """Puts sources and models in the place of their names."""

    def __init__(self, path: Path, file: File, document: Document) -> None:
        self._path = path
        self._file = file
        self._lines = document.lines
        self._models = tuple(model.name for model in file.models)
        self._sources = {
            name: ClaimSource(name, entry.title, entry.url, entry.date, entry.language)
            for name, entry in file.sources.items()
        }

    def matrix(self) -> Matrix:
        file = self._file
        return Matrix(
            path=self._path,
            target=file.target,
            sources=MappingProxyType(self._sources),
            models=file.models,
            claims=tuple(self._claim(place, entry) for place, entry in file.entries()),
            not_tested=MappingProxyType(file.not_tested),
            unclaimed=file.unclaimed,
            known_deviations=tuple(map(self._deviation, range(len(file.known_deviations)), file.known_deviations)),
            lines=MappingProxyType(dict(self._lines)),
        )

    def _claim(self, place: Place, entry: ClaimEntry) -> Claim:
        statements = tuple(self._statement(entry, statement) for statement in entry.statements or ())
        says = entry.says or " ".join(f"In {said.where}: {said.says}" for said in statements) or SILENCE
        source = self._sources[entry.source] if entry.source else statements[0].source
        return Claim(
            feature=str(place[2]),
            group=str(place[1]),
            status=entry.status or (statements[0].status if statements else Status.UNDOCUMENTED),
            says=says,
            source=source,
            date=entry.date or source.date,
            models=self._in_order(entry.models),
            statements=statements,
            details=MappingProxyType(entry.details),
            parts=entry.parts,
            field_reports=entry.field_reports,
            place=place,
            line=self._lines[place],
        )

    def _statement(self, claim: ClaimEntry, entry: StatementEntry) -> Statement:
        source = self._sources[entry.source or claim.source or ""]
        return Statement(entry.status, entry.says, entry.where, source, claim.date or source.date)

    def _deviation(self, index: int, entry: DeviationEntry) -> KnownDeviation:
        claimed = [claim.models or self._models for place, claim in self._file.entries() if place[2] == entry.feature]
        models = self._in_order(entry.models or chain.from_iterable(claimed))
        line = self._lines[("known_deviations", index)]
        return KnownDeviation(entry.feature, models, entry.reason, entry.since, line, entry.case)

    def _in_order(self, names: Iterable[str] | None) -> tuple[str, ...]:
        """The models a claim names, in the matrix's order; all of them where it names none."""
        if names is None:
            return self._models
        wanted = set(names)
        return tuple(name for name in self._models if name in wanted)
