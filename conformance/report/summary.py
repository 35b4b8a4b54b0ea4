"""The report in a screenful of Markdown: for a pull request's comment, or the summary of a workflow's step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from conformance.report.escape import clip, markdown, markdown_code
from conformance.report.findings import Deviation
from conformance.report.view import View
from conformance.values import Json

__all__ = ["render"]

_LONGEST = 6000
"""Characters of the findings: a comment may have 65,536, and nobody reads so many."""

_LINE = 200
"""Characters of a sentence that a service or a model had a part in."""


def render(report: Mapping[str, Json]) -> str:
    """Counts, deviations, contradictions and what is open; what there is no room for is counted."""
    view = View(report)
    return "\n".join([*_head(view), *_within(_LONGEST, _findings(view)), "", *_foot(view), ""])


def _head(view: View) -> Iterator[str]:
    yield f"## {markdown(view.title)}: conformance"
    yield ""
    if view.notice:
        yield f"> **{markdown(view.notice)}**"
        yield ""
    yield f"| rows | {' | '.join(view.counts)} |"
    yield f"|{' --- |' * (len(view.counts) + 1)}"
    yield f"| {len(view.results)} | {' | '.join(map(str, view.counts.values()))} |"
    yield ""


def _findings(view: View) -> Iterator[str]:
    if not view.deviations:
        yield "**No deviations**: no row with a verdict falls short of what is documented."
    for deviation in view.deviations:
        yield f"- {_deviation(view, deviation)}"
    for contradiction in view.contradictions:
        sides = " and ".join(contradiction.statuses)
        outcomes = "; ".join(f"{view.those(one.models)}: {one.words}" for one in contradiction.outcomes)
        yield f"- {markdown_code(contradiction.feature)} is documented as {sides}; {markdown(clip(outcomes, _LINE))}"
    for one in view.undecided:
        where = markdown(clip(view.those(one.models), _LINE))
        yield f"- {markdown_code(one.feature)} is not decided ({where}): {markdown(clip(one.reason, _LINE))}"


def _deviation(view: View, deviation: Deviation) -> str:
    known = " (known)" if deviation.known else ""
    against = f"documented {markdown(deviation.documented)}, seen **{deviation.seen}**"
    where = markdown(clip(view.those(deviation.models), _LINE))
    seen = markdown(clip(deviation.summaries[0], _LINE))
    return f"{markdown_code(deviation.feature)}{known}: {against}, {where}. {seen}"


def _within(limit: int, lines: Iterable[str]) -> Iterator[str]:
    """As many of the lines as there is room for, and how many there was none for."""
    spent, left = 0, 0
    for line in lines:
        spent += len(line) + 1
        if spent > limit:
            left += 1
        else:
            yield line
    if left:
        yield f"- … and {left} more"


def _foot(view: View) -> Iterator[str]:
    sdk = f", SDK {markdown(view.suite['sdk'])}" if view.suite.get("sdk") else ""
    yield (
        f"{markdown(view.sources)}; {view.requests} requests, recorded {markdown(view.recorded)}{sdk}. "
        "The whole of it: report.md, index.html and report.json."
    )
