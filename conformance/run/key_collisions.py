"""A key that is also a word of the suite's own, or of what a run asks, cannot be kept out of what is written."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from conformance.http.disguises import views
from conformance.http.redact import Redactor
from conformance.matrix import Matrix
from conformance.trouble import Aborted

__all__ = ["refuse_common_words"]

_OWN_WORDS = (".py", ".yaml", ".j2", ".html", ".css", ".js", ".json")
_PACKAGE = Path(__file__).parent.parent


def refuse_common_words(redactor: Redactor, matrix: Matrix, path: Path, endpoint: str) -> None:
    """See that no secret stands where it could not be told from the suite's own words.

    Raises:
        Aborted: one does. In questions and reports it would have to be taken out, and could not be.
    """
    if redactor.finds(path.read_bytes()):
        raise Aborted(
            f"{path.name} holds the key (or another credential of this shell): take it out of the file, or, "
            "where the key is a plain word, use another"
        )
    if redactor.finds(endpoint):
        raise Aborted(
            f"the endpoint of {matrix.target.name} holds the key: an address is shown, and is no place for it"
        )
    if redactor.finds_plain(_own_words()):
        raise Aborted(
            "the key (or another credential of this shell) is a word that this suite uses itself, so it could not "
            "be kept out of reports: use another, or fewer than 8 characters for a server that takes any"
        )


@cache
def _own_words() -> bytes:
    """All that the package says, in every view: put together once, however many runs a process has."""
    files = (file for file in sorted(_PACKAGE.rglob("*")) if file.suffix in _OWN_WORDS)
    return b"\0".join({view.data.lower(): None for file in files for view in views(file.read_bytes())})
