"""A matrix against the cases there are: no claim without a case, no case without a claim."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from conformance.matrix.claims import SILENCE, Claim, Matrix
from conformance.matrix.problems import Problems, did_you_mean, line_of
from conformance.values import GROUPS, Status

__all__ = ["check"]


def check(matrix: Matrix, features: Mapping[str, Collection[str]], group_of: Callable[[str], str]) -> Matrix:
    """See that claims and cases belong together, and fill in what is not claimed.

    Args:
        matrix: as loaded.
        features: every feature that has cases, and their names.
        group_of: the group of a feature of which nothing is claimed.

    Returns:
        The matrix, with an undocumented claim for each feature that has cases and is neither claimed nor left out.

    Raises:
        MatrixError: they do not; with every problem there is, one a line.
    """
    problems = Problems(matrix.path, matrix.lines)
    claimed = {claim.feature for claim in matrix.claims}
    for claim in matrix.claims:
        if claim.parts and claim.feature in features:
            problems.add((*claim.place, "parts"), "the feature has cases of its own; leave the parts out")
        elif not claim.parts and claim.feature not in features:
            hint = did_you_mean(claim.feature, features) or "; write one, or leave the claim out"
            problems.add(claim.place, f"no case tests this feature{hint}")
    for feature in matrix.not_tested:
        if feature not in features:
            hint = did_you_mean(feature, features) or "; leave it out"
            problems.add(("not_tested", feature), f"no case tests this feature anyway{hint}")
    for index, deviation in enumerate(matrix.known_deviations):
        cases = features.get(deviation.feature, ())
        if deviation.case is not None and deviation.case not in cases:
            words = f"{deviation.case!r} is no case of {deviation.feature}{did_you_mean(deviation.case, cases)}"
            problems.add(("known_deviations", index, "case"), words)
    unclaimed = [feature for feature in features if feature not in claimed and feature not in matrix.not_tested]
    if matrix.unclaimed == "error":
        for feature in sorted(unclaimed):
            words = f"nothing is claimed of {feature}, which has cases; add a claim, or a reason under not_tested"
            problems.add(("claims",), words)
    problems.settle()
    return _filled(matrix, [_silent(matrix, feature, group_of(feature)) for feature in unclaimed])


def _silent(matrix: Matrix, feature: str, group: str) -> Claim:
    source = next(iter(matrix.sources.values()))
    return Claim(
        feature=feature,
        group=group,
        status=Status.UNDOCUMENTED,
        says=SILENCE,
        source=source,
        date=source.date,
        models=tuple(model.name for model in matrix.models),
        place=("claims", group, feature),
        line=line_of(matrix.lines, ("claims", group)),
    )


def _filled(matrix: Matrix, silent: list[Claim]) -> Matrix:
    """Each group's silent claims behind those it has, and a group that has none at its place."""
    ordered = [claim for group in GROUPS for claim in (*matrix.claims, *silent) if claim.group == group]
    return replace(matrix, claims=tuple(ordered)) if silent else matrix
