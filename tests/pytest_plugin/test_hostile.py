"""A live run against a service that answers with values nobody expects: it ends, with a report, and blames nobody else."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from front_door import MODEL, Project, documented, fresh, plainly, project, recordings

__all__ = ["documented", "fresh", "project", "recordings"]

WELL = (
    '{"id":"m","type":"message","role":"assistant","model":"MODEL","content":[{"type":"text","text":"Yes."}],'
    '"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":3}}'
)


def instead(before: str, after: str) -> str:
    assert before in WELL
    return WELL.replace(before, after)


DEEP = "[" * 100_000

BODIES = {
    "thousands of digits": instead('"output_tokens":3', f'"output_tokens":{"9" * 4000}'),
    "more digits than can be read": instead('"output_tokens":3', f'"output_tokens":{"9" * 5000}'),
    "negative": instead('"input_tokens":9', '"input_tokens":-9'),
    "a truth for a count": instead('"input_tokens":9,"output_tokens":3', '"input_tokens":true,"output_tokens":1.5'),
    "a list for usage": instead('{"input_tokens":9,"output_tokens":3}', "[1, 2]"),
    "deep": instead('[{"type":"text","text":"Yes."}]', DEEP),
    "NaN": instead('"input_tokens":9', '"input_tokens":NaN'),
    "a huge exponent": instead('"input_tokens":9', '"input_tokens":1e999'),
    "half a pair": instead("Yes.", "\\ud800"),
    "no content": instead('[{"type":"text","text":"Yes."}]', "null").replace("end_turn", "max_tokens"),
    "a string for content": instead('[{"type":"text","text":"Yes."}]', '"Yes."'),
    "a number for content": instead('[{"type":"text","text":"Yes."}]', "7"),
    "lists for words": instead('"end_turn"', '["end_turn"]').replace('"type":"message"', '"type":[]'),
    "an error of lists": '{"type":"error","error":{"type":[],"message":{"a":[]}}}',
    "keys twice": instead('"id":"m"', '"id":"m","id":7,"model":[]'),
    "controls": instead("Yes.", "\\u001b]8;;http://evil\\u0007\\u202e\\u0000"),
}
EVENTS = {
    "an event that is a list": "event: message_start\ndata: [1]\n\nevent: message_stop\ndata: 7\n\n",
    "a deep event": f"event: message_start\ndata: {DEEP}\n\nevent: message_stop\ndata: {{}}\n\n",
    "no number for an index": 'event: content_block_start\ndata: {"type":"content_block_start","index":"x",'
    '"content_block":[]}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
    "a name without end": f"event: {chr(0x9D) * 20_000}\ndata: {{}}\n\nevent: message_stop\ndata: {{}}\n\n",
}


@contextmanager
def answering(body: str, events: str, headers: dict[str, str] | None = None, status: int = 200) -> Iterator[str]:
    """Serve one body, and one stream, to whatever is asked; every plain question at the start is answered well."""
    asked = itertools.count()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            request: dict[str, Any] = json.loads(self.rfile.read(length))
            first = next(asked) < 1
            streamed = request.get("stream") is True
            said = WELL if first else events if streamed else body
            sent = said.replace("MODEL", MODEL).encode("utf-8")
            self.send_response(200 if first else status)
            self.send_header("content-type", "text/event-stream" if streamed and not first else "application/json")
            self.send_header("content-length", str(len(sent)))
            for name, value in ({} if first else headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A run that stops hangs up in the middle of an answer: that is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ends_with_a_report(fresh: Project, url: str) -> None:
    options = [
        "--model",
        MODEL,
        "--report-dir",
        "out",
        "--max-requests",
        "400",
        "--max-cost",
        "1",
        "--concurrency",
        "4",
    ]
    for feature in ("stream", "system", "max_tokens", "examples.quick_start", "response", "tools.input", "errors"):
        options += ["--feature", feature]
    result = fresh.live(url, *options)
    text = plainly(result)
    assert "fault of the suite" not in text
    assert "damaged recording" not in text
    assert result.parseoutcomes().get("errors", 0) == 0
    cases = [case for row in fresh.report("out")["results"] for case in row["cases"]]
    assert all(case["summary"] for case in cases)
    # The same again from the recordings: what got through one door goes through the other.
    result = fresh.replay(*options[:4], *options[10:])
    assert "damaged recording" not in plainly(result)
    assert "fault of the suite" not in plainly(result)


@pytest.mark.parametrize("name", BODIES)
def test_no_body_stops_a_run(fresh: Project, name: str) -> None:
    with answering(BODIES[name], next(iter(EVENTS.values()))) as url:
        ends_with_a_report(fresh, url)


@pytest.mark.parametrize("name", EVENTS)
def test_no_stream_stops_a_run(fresh: Project, name: str) -> None:
    with answering(WELL, EVENTS[name]) as url:
        ends_with_a_report(fresh, url)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"retry-after": "Mon, 01 Jan 99999999999"}),
        (200, {"retry-after": "\xe9\xff", "location": "\x9b2J"}),
        (999, {"retry-after": "nan"}),
    ],
)
def test_no_header_stops_a_run(fresh: Project, status: int, headers: dict[str, str]) -> None:
    with answering(WELL, next(iter(EVENTS.values())), headers, status) as url:
        ends_with_a_report(fresh, url)
