"""From a file to a client: read, shaped, and its placeholders looked up."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from conformance.clients.placeholders import FROM_AN_ANSWER, PLACEHOLDERS, placeholders
from conformance.clients.schema import Client
from conformance.matrix.document import Document, read
from conformance.matrix.problems import MatrixError, Problems, did_you_mean, shown
from conformance.matrix.wording import explained

__all__ = ["CLIENTS", "ClientError", "load"]

ClientError = MatrixError
"""A client's file that cannot be used; it says everything that is wrong with it at once, with file and line."""

CLIENTS: Final[tuple[Path, ...]] = tuple(sorted(Path(__file__).parent.glob("*.yaml")))
"""The files there are; the name of each is that of its row."""


@cache
def load(path: Path) -> Client:
    """Read a client's file.

    Raises:
        ClientError: with every problem there is, one a line.
    """
    document = read(path)
    problems = Problems(path, document.lines)
    for problem in document.problems:
        problems.add(problem.place, problem.words)
    problems.settle()
    try:
        client = Client.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            problems.add(*explained(detail, Client))
        raise problems.error() from None
    _check_placeholders(document, problems)
    problems.settle()
    return client


def _check_placeholders(document: Document, problems: Problems) -> None:
    for place, name, given in placeholders(document.data["requests"], ("requests",)):
        wanted = PLACEHOLDERS.get(name)
        if wanted is None:
            problems.add((*place, name), f"no placeholder there is{did_you_mean(name, PLACEHOLDERS)}")
        elif not isinstance(wanted, tuple):
            if type(given) is not int or given < 1:
                problems.add((*place, name), f"a number of characters is wanted here, not {shown(given)}")
        elif given not in wanted:
            problems.add((*place, name), f"{shown(given)} is none of {', '.join(map(str, wanted))}")
        elif name in FROM_AN_ANSWER and "second" not in place:
            problems.add((*place, name), "only a second request goes on from an answer")
