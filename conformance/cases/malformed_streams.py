"""A malformed request that asks for a stream: is it refused like any other?"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.cases.common import HELLO, crashed, is_crash, needs_streams
from conformance.cases.endpoint import Endpoint
from conformance.cases.models import NOBODY
from conformance.cases.registry import experiment
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_MALFORMED: Mapping[str, Mapping[str, Json]] = {
    "without messages": {"messages": []},
    "for a model that nobody has": {"model": f"nobody{NOBODY}"},
}
"""Requests that are refused for reasons of two types: that each has its type is looked at in passing."""


@experiment("errors.stream")
def a_malformed_streamed_request_is_refused(api: Endpoint) -> Observation:
    """What is refused as a body is refused as a stream. MUST: on a blank 200 clients wait, or show an empty answer.

    Honoured: a 4xx, as without ``stream``. Accepted: a 200 whose stream holds the error as an event, which the SDK
    raises; or a 500. Ignored: a 200 without an error: blank, or a message.
    """
    needs_streams(api)
    statuses: list[str] = []
    in_streams = 0
    for what, fields in _MALFORMED.items():
        request: dict[str, Json] = {"model": api.model, **HELLO, **fields}
        if api.send(f"control, {what}", request, expects_refusal=True).ok:
            continue
        reply = api.send(f"treatment, {what}", {**request, "stream": True}, expects_refusal=True)
        if reply.ok or reply.exchange.is_blank:
            seen = f"nothing ({reply.exchange.content_type or 'no content-type'})" if not reply.ok else "a message"
            words = f"a request {what} is refused, and with stream it gets {reply.status} with {seen}"
            return Observation(Behaviour.IGNORED, words, signals=("status",))
        if is_crash(reply):
            return crashed(f"a streamed request {what}", reply)
        in_streams += reply.status < 300
        statuses.append(str(reply.status))
    if not statuses:
        raise Inconclusive("none of the malformed requests is refused as a body, so none can be missed in a stream")
    words = f"a malformed streamed request gets {' and '.join(statuses)}"
    if in_streams:
        return Observation(Behaviour.ACCEPTED, f"{words}, with the error inside the stream", signals=("status",))
    return Observation(Behaviour.HONOURED, words, signals=("status",))
