"""The report as the few plain lines that end a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from conformance.report.escape import clip, command, plain
from conformance.report.findings import Contradiction, Deviation
from conformance.report.view import View
from conformance.values import Json

__all__ = ["lines"]

_WIDTH = 100


def lines(report: Mapping[str, Json]) -> list[str]:
    """Where the evidence comes from, counts for each model, deviations, contradictions."""
    view = View(report)
    found = [*_wrapped(view.notice or f"Evidence: {view.sources}.")]
    found += ["", *_counts(view)]
    for deviation in view.deviations:
        found += ["", *_deviation(view, deviation)]
    if view.contradictions:
        found.append("")
    found += [clip(_contradiction(view, contradiction), _WIDTH * 2) for contradiction in view.contradictions]
    return found


def _wrapped(text: str) -> list[str]:
    return wrap(plain(text), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _counts(view: View) -> Iterator[str]:
    head = list(view.counts)
    names = [plain(model) for model in view.models]
    wide = max(map(len, ["model", *names]))
    widths = [max(len(word), 4) for word in head]
    yield "  ".join(["model".ljust(wide), *(word.rjust(width) for word, width in zip(head, widths, strict=True))])
    for model, name in zip(view.models, names, strict=True):
        counts = view.counts_of(model).values()
        yield "  ".join([name.ljust(wide), *(str(n).rjust(width) for n, width in zip(counts, widths, strict=True))])


def _deviation(view: View, deviation: Deviation) -> Iterator[str]:
    known = " (known)" if deviation.known else ""
    many = 1 < len(deviation.models) < len(view.models)
    models = f"{len(deviation.models)} of {len(view.models)} models" if many else view.those(deviation.models)
    against = f"documented {deviation.documented}, seen {deviation.seen}"
    yield clip(f"falls short{known}: {plain(deviation.feature)}, {against}, {models}", _WIDTH)
    same = len(deviation.summaries) == 1
    for one in deviation.evidence:
        yield f"  {command(one.id) if one.id else plain(one.model)}"
        if not same:
            yield clip(f"    {plain(one.summary)}", _WIDTH)
    if same:
        yield clip(f"    {plain(deviation.summaries[0])}", _WIDTH)
    if deviation.also:
        yield clip(f"    with it: {', '.join(map(plain, deviation.also))}", _WIDTH)
    if deviation.known:
        yield clip(f"    known: {plain(deviation.known)}", _WIDTH)


def _contradiction(view: View, contradiction: Contradiction) -> str:
    sides = " and ".join(contradiction.statuses)
    outcomes = "; ".join(f"{view.those(outcome.models)}: {outcome.words}" for outcome in contradiction.outcomes)
    return f"contradiction: {plain(contradiction.feature)} is documented as {sides}; {outcomes}"
