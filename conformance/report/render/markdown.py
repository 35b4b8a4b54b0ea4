"""The report as Markdown, whole and in a screenful, and a document of several reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from conformance.plain_text import clip
from conformance.report.analysis.findings import Deviation
from conformance.report.analysis.grid import Feature
from conformance.report.analysis.overview import Overview
from conformance.report.analysis.vocabulary import mark, reason_words, seen
from conformance.report.escape import markdown, markdown_code
from conformance.report.language import quoted, say, words
from conformance.report.render import templates
from conformance.report.render.document import Layout
from conformance.values import Json, Status, Verdict

__all__ = ["document", "report", "summary"]

_UNMARKED = (Verdict.CONFORMS, Verdict.NOT_APPLICABLE, Status.UNDOCUMENTED)
"""What a cell needs no mark for."""

_LONGEST = 6000
"""Characters of a summary's findings: a comment may have 65,536, and nobody reads so many."""

_LINE = 200
"""Characters of a summary's sentence that a service or a model had a part in."""


def report(overview: Overview) -> str:
    """The report: deviations first, then tables in the shape of the provider's own."""
    ours = {"cell": _cell, "words": words, "reason_words": reason_words, "unmarked": _UNMARKED}
    return _filled("report.md.j2", view=overview, **ours)


def summary(overview: Overview) -> str:
    """Counts, deviations, contradictions and what is open; what there is no room for is counted.

    For a pull request's comment, or the summary of a workflow's step.
    """
    found = list(_findings(overview))
    shown = list(_within(_LONGEST, found))
    suite = overview.report.suite
    sdk = say("text.summary.sdk", sdk=markdown(suite.sdk)) if suite.sdk else ""
    left = len(found) - len(shown)
    lines = [Markup(line) for line in shown]  # noqa: S704  escaped for Markdown
    return _filled("summary.md.j2", view=overview, findings=lines, left=left, sdk=Markup(sdk))  # noqa: S704  as above


def document(made: Layout) -> str:
    """What is said of several reports at once, for a pull request or a step's summary."""
    return _filled("document.md.j2", document=made)


def _filled(template: str, **values: Json) -> str:
    return templates.md().get_template(template).render(values).rstrip("\n") + "\n"


def _cell(feature: Feature, model: str) -> Markup:
    row = feature.rows.get(model)
    if row is None:
        return Markup("" if feature.rows else say("grid.not_tested"))  # noqa: S704  ours
    found = [seen(row.observed, row.verdict)]
    if row.verdict is not None and row.verdict not in _UNMARKED:
        found.append(mark(row.verdict))
        if row.known_deviation is not None and row.verdict is Verdict.FALLS_SHORT:
            found.append(say("deviations.known.tag"))
    return Markup(" ".join(found))  # noqa: S704  ours


# --- the summary


def _findings(overview: Overview) -> Iterator[str]:
    if not overview.deviations:
        yield say("text.summary.none")
    for deviation in overview.deviations:
        yield f"- {_deviation(overview, deviation)}"
    for contradiction in overview.contradictions:
        outcomes = say("page.semicolon").join(
            say("text.named", name=overview.those(one.models), words=one.words) for one in contradiction.outcomes
        )
        about = say("text.contradiction", feature=markdown_code(contradiction.feature), sides=contradiction.sides)
        yield f"- {about}{say('page.semicolon')}{markdown(clip(outcomes, _LINE))}"
    for one in overview.undecided:
        where = markdown(clip(overview.those(one.models), _LINE))
        open_ = say("text.summary.open", feature=_named(one.features), models=where)
        yield f"- {say('text.named', name=open_, words=markdown(clip(reason_words(one.reason), _LINE)))}"


def _named(features: Sequence[str], shown: int = 4) -> str:
    """Features as code; of many the first ones, and how many more there are."""
    named = say("text.list").join(map(markdown_code, features[:shown]))
    more = len(features) - shown
    return say("text.open.more", features=named, count=more) if more > 0 else named


def _deviation(overview: Overview, deviation: Deviation) -> str:
    known = say("text.brackets", words=say("deviations.known.tag")) if deviation.known else ""
    against = say("text.against", documented=markdown(deviation.documented), seen=f"**{deviation.seen}**")
    where = markdown(clip(overview.those(deviation.models), _LINE))
    return say(
        "text.summary.deviation",
        name=f"{markdown_code(deviation.feature)}{known}",
        against=against,
        models=where,
        summary=markdown(clip(quoted(deviation.summaries[0]), _LINE)),
    )


def _within(limit: int, lines: Iterable[str]) -> Iterator[str]:
    """As many of the lines as there is room for."""
    spent = 0
    for line in lines:
        spent += len(line) + 1
        if spent <= limit:
            yield line
