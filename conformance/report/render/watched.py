"""What a watch has seen, as a document: what is wrong, with one exchange each, and every exchange in a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from conformance.report.language import quoted, say
from conformance.report.render.document import Cell, Column, Entry, Layout, Line, Listing, Section, Table
from conformance.watch.session import Example, Noted, Session

__all__ = ["watched"]


def watched(session: Session) -> Layout:
    """A watch that is over, in words and tables."""
    began, ended = session.began, datetime.now(UTC)
    time = say("head.until", first=f"{began:%Y-%m-%d %H:%M:%S}", last=f"{ended:%H:%M:%S} UTC")
    simulated = say("watch.simulated", count=session.simulated, total=session.exchanges)
    entries = tuple(_entry(example, count) for example, count in session.examples)
    listings = (Listing("", entries, "bad"),) if entries else ()
    return Layout(
        title=session.behind,
        kind=say("watch.kind"),
        warnings=(simulated,) if session.simulated else (),
        facts=(
            (say("watch.time"), time),
            (say("watch.exchanges"), str(session.exchanges)),
            (say("watch.findings"), str(session.findings.total())),
            (say("watch.left_out"), str(session.left_out)),
        ),
        sections=(
            Section(say("watch.findings"), "" if entries else say("watch.nothing"), listings),
            Section(say("watch.exchanges"), tables=tuple(_table(session))),
        ),
    )


def _entry(example: Example, count: int) -> Entry:
    words = say("watch.found", count=count, number=example.number, words=quoted(example.finding.words))
    details = (say("watch.asked"), *example.asked.splitlines(), say("watch.answered"), *example.answered.splitlines())
    return Entry(example.finding.feature, words, tuple(line for line in details if line.strip()))


def _table(session: Session) -> Iterator[Table]:
    if session.last:
        columns = (Column(say("watch.time")), Column(say("watch.line")), Column(say("watch.findings")))
        lines = tuple(map(_line, session.last))
        caption = say("watch.last", count=len(lines), total=session.exchanges)
        yield Table(caption, say("watch.number"), columns, (("", lines),))


def _line(noted: Noted) -> Line:
    found = say("page.comma").join(dict.fromkeys(finding.feature for finding in noted.findings))
    wrong = Cell(found, tone="bad") if found else Cell(noted.left_out, tone="open" if noted.left_out else "")
    return Line(f"#{noted.number}", (Cell(noted.at), Cell(noted.told), wrong))
