"""What one run knows of one matrix: its plan, what was selected, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote

from conformance.cases import CASES
from conformance.cases.groups import group_of
from conformance.matrix import Matrix, check, load
from conformance.matrix.problems import did_you_mean
from conformance.outcomes import Outcome
from conformance.run.judge import Judge
from conformance.run.plan import Planned, Slug, plan, selected
from conformance.values import CaseResult

__all__ = ["MatrixRun", "WrongSelection", "open_matrix", "select"]


class WrongSelection(ValueError):
    """The command line asks for what the matrix does not have."""


@dataclass
class MatrixRun:
    """A matrix in a run."""

    name: str
    """The file as node ids have it."""
    path: Path
    """The file itself."""
    matrix: Matrix
    planned: list[Planned]
    """Every case of the chosen models, selected or not."""
    judge: Judge
    cassettes: Path
    """The directory of recordings, of all targets."""
    results: dict[Slug, CaseResult] = field(default_factory=dict[Slug, CaseResult])
    """Of the cases that were selected and judged."""
    outcomes: dict[Slug, Outcome] | None = None
    """In a live run: the cases that were asked, and what became of each."""
    stopped: str = ""
    """Why a live run ended before all was asked, if it did."""

    @property
    def recordings(self) -> Path:
        """The directory of this target's recordings."""
        return self.cassettes / self.matrix.target.name

    def find(self, slug: Sequence[str]) -> Planned | None:
        """A planned case by its slug."""
        return next((item for item in self.planned if item.slug == tuple(slug)), None)

    def holds_nothing_of(self, item: Planned) -> bool:
        """Whether it is clear at a glance that no recording answers a case: nothing of its model is recorded.

        On a server without keys some cases do not apply, and say so without a recording.
        """
        of_model = self.judge.path(item).parents[1]
        return not of_model.exists() and (not item.asks or self.matrix.target.auth == "required")

    def everything(self) -> list[Planned]:
        """Every case that a report is about, whatever was chosen: of the matrix's models and all that are recorded."""
        chosen = dict.fromkeys(item.model for item in self.planned)
        own = _models(self.matrix, self.cassettes)
        return list(plan(self.matrix, [*own, *sorted(set(chosen) - set(own))]))


def open_matrix(path: Path, name: str, cassettes: Path, models: Sequence[str], *, live: bool) -> MatrixRun:
    """Load a matrix and plan it: the models that are named, else the matrix's, and in a replay all that are recorded.

    Raises:
        MatrixError: the matrix is wrong.
        WrongSelection: it does not have a model that was asked for.
    """
    matrix = check(load(path), {feature: [case.name for case in cases] for feature, cases in CASES.items()}, group_of)
    listed = [model.name for model in matrix.models]
    recorded = _models(matrix, cassettes)
    for model in models:
        if not model.strip() or not model.isprintable():
            raise WrongSelection(f"--model {model!r} cannot name a model; write it without control characters")
        if model not in recorded and not live:
            raise WrongSelection(
                f"--model {model}: {matrix.target.name} has {', '.join(recorded)}{did_you_mean(model, recorded)}; "
                f"a model that {name} does not list can only be asked with --live"
            )
    planned = list(plan(matrix, models or (listed if live else recorded)))
    every = list(plan(matrix, [*recorded, *(model for model in dict.fromkeys(models) if model not in recorded)]))
    return MatrixRun(name, path, matrix, planned, Judge(matrix, cassettes, every), cassettes)


def _models(matrix: Matrix, cassettes: Path) -> list[str]:
    """The matrix's models in its order, and then those of which there are recordings though it does not list them."""
    listed = [model.name for model in matrix.models]
    found = {unquote(path.parent.parent.name) for path in (cassettes / matrix.target.name).glob("*/*/*.yaml")}
    return [*listed, *sorted(found - set(listed))]


def select(matrix_run: MatrixRun, features: Sequence[str]) -> list[Planned]:
    """The planned cases that ``--feature`` selects.

    Raises:
        WrongSelection: a feature that the matrix does not have.
    """
    names = list(dict.fromkeys(claim.feature for claim in matrix_run.matrix.claims))
    words = [word.strip() for given in features for word in given.split(",") if word.strip()]
    if features and not words:
        raise WrongSelection("--feature: name a feature; --list-features shows them")
    meant = [_meant(word, names, matrix_run.name) for word in words]
    wanted = {*meant, *(p for c in matrix_run.matrix.claims if c.feature in meant for p in c.parts)}
    return [item for item in matrix_run.planned if selected(item.claim.feature, sorted(wanted))]


def _meant(word: str, names: Sequence[str], matrix: str) -> str:
    """The feature a word means: its name, what it refines, or the last part of its name where only one has it.

    Raises:
        WrongSelection: there is none, or more than one.
    """
    if any(selected(name, [word]) for name in names):
        return word
    found = [name for name in names if word.lower() in (name.lower(), name.rpartition(".")[2].lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongSelection(f"--feature {word}: {matrix} has {' and '.join(found)}; name one of them")
    last = {name.rpartition(".")[2]: name for name in names}
    close = did_you_mean(word, names)
    if not close and (alike := get_close_matches(word, last, n=1)):
        close = did_you_mean(last[alike[0]], names)
    hint = close or "; --list-features shows them all"
    raise WrongSelection(f"--feature {word}: {matrix} has no such feature{hint}")
