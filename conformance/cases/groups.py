"""The group of a feature: where a matrix that says nothing of it would have it."""

from __future__ import annotations

from conformance.cases.fragments import FRAGMENTS, PLAIN, Fragment
from conformance.values import GROUPS

__all__ = ["group_of"]

_ELSEWHERE = {"response": "messages", "tool_choice": "tools"}
"""The first words of features that are parts of a group of another name."""


def group_of(feature: str) -> str:
    """The group of ``GROUPS`` that a feature belongs to; of a fragment's row, the one of what the fragment changes."""
    first, _, rest = feature.partition(".")
    if first == "accepts":
        return next((_changed(fragment) for fragment in FRAGMENTS if fragment.name == rest), "parameters")
    if rest and first in _ELSEWHERE:
        return _ELSEWHERE[first]
    return first if rest and first in GROUPS else "parameters"


def _changed(fragment: Fragment) -> str:
    laid = fragment.over(PLAIN)
    changed = {name for name in {*PLAIN.body, *laid.body} if PLAIN.body.get(name) != laid.body.get(name)}
    if "messages" in changed:
        return "messages"
    if changed & {"tools", "tool_choice"}:
        return "tools"
    return "parameters" if changed else "headers"
