"""A matrix against the cases there are: no claim without a case, no case without a claim."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from conformance.matrix.claims import Matrix
from conformance.matrix.problems import Problems, did_you_mean

__all__ = ["check"]


def check(matrix: Matrix, features: Mapping[str, Collection[str]]) -> None:
    """See that claims and cases belong together.

    Args:
        matrix: as loaded.
        features: every feature that has cases, and their names.

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
    for feature in sorted(set(features) - claimed - set(matrix.not_tested)):
        words = f"nothing is claimed of {feature}, which has cases; add a claim, or a reason under not_tested"
        problems.add(("claims",), words)
    problems.settle()
