"""What a watch has seen is kept in bounded memory, and shown as a page that nothing in it can break."""

from __future__ import annotations

from conformance.http.redact import Redactor
from conformance.protocol.exchange import Exchange
from conformance.report.render import html
from conformance.report.render.watched import watched
from conformance.watch import PassedOn, Session

HOSTILE = "</script><img src=x onerror=alert(1)> \x1b[31m"


def exchange(answer: bytes, **headers: str) -> PassedOn:
    asked = b'{"model":"m","max_tokens":5,"messages":[]}'
    made = Exchange("POST", "/v1/messages", {}, asked, 200, {"content-type": "application/json", **headers}, answer)
    return PassedOn(made, Redactor(), None)


def test_the_last_exchanges_and_one_example_a_row_are_kept() -> None:
    session = Session("http://127.0.0.1:1")
    for _ in range(1500):
        session.add(exchange(b'{"type":"message"}' + b" " * 9000))
    assert (session.exchanges, len(session.last), session.last[-1].number) == (1500, 1000, 1500)
    for example, count in session.examples:
        assert (example.number, count) == (1, 1500)
        assert len(example.answered) < 5000
    assert session.examples
    assert len(html.document(watched(session))) < 1_000_000


def test_nothing_in_it_breaks_the_page() -> None:
    session = Session(HOSTILE)
    session.add(exchange(f'{{"type":"message","id":"{HOSTILE}"}}'.encode()))
    page = html.document(watched(session))
    assert "<img" not in page
    assert "\x1b" not in page
    assert "SIMULATED" not in page


def test_a_watch_that_saw_nothing() -> None:
    page = html.document(watched(Session("http://127.0.0.1:1")))
    assert "Nothing departs from what is documented" in page
