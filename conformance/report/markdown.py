"""The report as Markdown: deviations first, then tables in the shape of the provider's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.report.cells import mark, seen_word
from conformance.report.escape import clip, command, markdown, markdown_code
from conformance.report.findings import Contradiction, Deviation
from conformance.report.rows import Row, Table
from conformance.report.view import View
from conformance.report.words import BEHAVIOURS, SOURCES, STATUSES, UNDOCUMENTED, VERDICTS, Word
from conformance.values import Json, Verdict

__all__ = ["render"]

_LONG = 600
"""Characters of a summary that are shown; the whole of it is in report.json."""


def render(report: Mapping[str, Json]) -> str:
    """The report as one Markdown document."""
    view = View(report)
    parts = [_head(view), _deviations(view), _contradictions(view), _open(view)]
    parts += [_table(view, table) for table in view.tables]
    parts += [_notes(view), _legend()]
    return "\n".join(line for part in parts for line in part)


def _head(view: View) -> Iterator[str]:
    yield f"# {markdown(view.title)}: conformance report"
    yield ""
    if view.notice:
        yield f"> **{markdown(view.notice)}**"
        yield ""
    yield f"- **Evidence:** {markdown(view.sources)} ({view.requests} requests)"
    yield f"- **Endpoint:** {markdown_code(view.target['endpoint'])}"
    yield f"- **Recorded:** {markdown(view.recorded)}"
    sdk = f" with SDK {markdown(view.suite['sdk'])}" if view.suite.get("sdk") else ""
    yield f"- **Tested by:** {markdown(view.suite['name'])} {markdown(view.suite['version'])}{sdk}"
    yield f"- **Claims:** {markdown_code(view.target['matrix'])}, {len(view.rows)} features, {len(view.models)} models"
    yield ""
    yield from _grid(["rows", *view.counts], [[str(len(view.results)), *map(str, view.counts.values())]])


def _deviations(view: View) -> Iterator[str]:
    yield "## Deviations"
    yield ""
    if not view.deviations:
        open_rows = view.counts["inconclusive"] + view.counts["not run"]
        rest = f" Not decided: {open_rows}." if open_rows else ""
        yield f"None: no row with a verdict falls short of what is documented.{rest}"
        yield ""
    for deviation in view.deviations:
        yield from _deviation(view, deviation)


def _deviation(view: View, deviation: Deviation) -> Iterator[str]:
    yield f"### {markdown_code(deviation.feature)}: documented {deviation.documented}, seen {deviation.seen}"
    yield ""
    if deviation.known:
        yield f"Known: {_sentence(deviation.known)}"
        yield ""
    yield f"On {markdown(view.those(deviation.models))}."
    if len(deviation.summaries) == 1:
        yield f"Seen: {_sentence(deviation.summaries[0])}"
    if deviation.also:
        yield f"With it falls short: {', '.join(map(markdown_code, deviation.also))}."
    yield ""
    for one in deviation.evidence:
        summary = "" if len(deviation.summaries) == 1 else f": {markdown(clip(one.summary, _LONG))}"
        yield f"- {markdown_code(command(one.id) if one.id else one.model)}{summary}"
    yield ""


def _contradictions(view: View) -> Iterator[str]:
    if not view.contradictions:
        return
    yield "## Where the documentation contradicts itself"
    yield ""
    for contradiction in view.contradictions:
        yield f"### {markdown_code(contradiction.feature)}"
        yield ""
        for number, statement in enumerate(contradiction.statements, start=1):
            says = f"{markdown(statement['says'])} ({markdown(statement['where'])})"
            yield f"{number}. *{STATUSES[statement['status']].word}*: {says}"
        yield ""
        yield from _outcomes(view, contradiction)
        yield ""


def _outcomes(view: View, contradiction: Contradiction) -> Iterator[str]:
    for outcome in contradiction.outcomes:
        yield f"- {markdown(view.those(outcome.models))}: {outcome.seen}; {outcome.words}."


def _open(view: View) -> Iterator[str]:
    if not view.undecided:
        return
    yield "## Not decided"
    yield ""
    for one in view.undecided:
        verdict, models = VERDICTS[one.verdict].word, markdown(view.those(one.models))
        yield f"- {markdown_code(one.feature)} ({models}), {verdict}: {markdown(clip(one.reason, _LONG))}"
    yield ""


def _table(view: View, table: Table) -> Iterator[str]:
    yield f"## {markdown(table.title)}"
    yield ""
    yield from _grid(
        ["feature", "documented", *map(markdown, view.models)],
        [[_feature(row), markdown(row.documented), *_cells(view, row)] for row in table.rows],
    )


def _feature(row: Row) -> str:
    notes = "".join(f" \\[{note.number}\\]" for note in row.notes)
    return f"{markdown_code(row.feature)}{notes}"


def _cells(view: View, row: Row) -> Iterator[str]:
    for model in view.models:
        result = row.results.get(model)
        if result is not None:
            yield _cell(result)
        else:
            yield "" if row.results else "not tested"


def _cell(result: Mapping[str, Json]) -> str:
    if result["verdict"] in (None, Verdict.CONFORMS, Verdict.NOT_APPLICABLE):
        return seen_word(result)
    known = " known" if "known_deviation" in result and result["verdict"] == Verdict.FALLS_SHORT else ""
    return f"{seen_word(result)} {mark(result)}{known}"


def _notes(view: View) -> Iterator[str]:
    if not view.notes:
        return
    yield "## Field reports"
    yield ""
    yield "What others saw, once, on a date. Shown beside a claim, never evidence here and never counted."
    yield ""
    for note in view.notes:
        where = f"{markdown(note.date)}, {markdown(note.where)}"
        yield f"{note.number}. {markdown_code(note.feature)}: {markdown(note.says)} ({where})"
    yield ""


def _legend() -> Iterator[str]:
    yield "## Legend"
    yield ""
    yield "A cell says what was seen; an empty cell, that nothing is claimed of that model."
    yield ""
    yield from _words("Documented", STATUSES.values())
    yield from _words("Seen", BEHAVIOURS.values())
    yield from _words("Verdict, with the mark of a cell that has one", [*VERDICTS.values(), UNDOCUMENTED])
    yield "- *known*: listed in the matrix as a deviation that is expected until the service changes"
    yield "- *not tested*: this suite has no case for it, for a reason the matrix gives"
    yield "- *see parts*: judged by the rows that it is made of"
    yield ""
    yield from _words("Evidence", SOURCES.values())


def _words(title: str, words: Iterable[Word]) -> Iterator[str]:
    yield f"**{title}**"
    yield ""
    for word in words:
        shown = f" {word.mark}" if word.mark in _MARKS else ""
        yield f"- *{word.word}*{shown}: {word.means}"
    yield ""


_MARKS = {word.mark for verdict, word in VERDICTS.items() if verdict not in (Verdict.CONFORMS, Verdict.NOT_APPLICABLE)}
"""The marks a cell can carry; most need none."""


def _sentence(text: str) -> str:
    words = markdown(clip(text, _LONG))
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _grid(head: Sequence[str], body: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in body:
        yield f"| {' | '.join(row)} |"
    yield ""
