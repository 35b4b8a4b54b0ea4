"""stream: does a streamed reply come as a stream, and while it is being written?"""

from __future__ import annotations

from conformance.cases.common import HELLO, control, plain_hello, rejected, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.tools import WEATHER
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_LONG: dict[str, Json] = {
    "messages": [user("Write a long and detailed text, at least 300 words, about a river and the towns along it.")]
}

_AT_ONCE = 0.05
"""A body that comes in this share of the whole time came at once."""

_SPREAD = 0.2
"""A body that is this share of the whole time on its way came as it was written."""

_LONGER, _LONGEST = 256, 1024
"""max_tokens of a long answer, and of one in which big pieces, or those after hidden reasoning, are several."""

_FEW, _TWO = 8, 2
"""Pieces of content below which a longer answer is asked for; two that come apart are enough to see that they do."""

_CLEAR_MS = 80.0
"""Milliseconds that a stream must be on its way to be seen to be: a busy machine is off by tens."""

_HELD_BACK_MS = 400.0
"""Milliseconds that a longer answer must keep its reader waiting more before it is called held back: a service that is
quick takes less, and so does a machine that is busy. Where it is less, an answer four times as long tells."""


@experiment("stream")
def a_streamed_reply_is_events(api: Endpoint) -> Observation:
    """stream=true answers with server-sent events that add up to the same kind of message.

    Honoured: events with content in their deltas. Ignored: one JSON body. Rejected: refused.
    """
    whole = plain_hello(api)
    streamed = api.ask("treatment", **HELLO, stream=True)
    if not streamed.ok:
        return rejected("stream", streamed)
    events = streamed.exchange.events
    if not events:
        return Observation(Behaviour.IGNORED, "the answer is one body, not a stream", signals=("content-type",))
    if not (streamed.text or streamed.thinking) and (whole.text or whole.thinking):
        return Observation(Behaviour.IGNORED, f"{len(events)} events add up to no content", signals=("blocks",))
    return Observation(Behaviour.HONOURED, f"{len(events)} events", signals=("content-type", "blocks"))


@experiment("stream.incremental")
def bytes_come_as_they_are_written(api: Endpoint) -> Observation:
    """A stream is there to be read while the model writes.

    Honoured: the content of a long answer is on its way for a good part of the whole time. Ignored:
    nothing comes until all is written: the wait grows with the answer, and all of it comes at once; or it does so
    beside tools, which agents always send. Accepted: the service is too quick for either to be seen.
    """
    short = _streamed(api, "short", 16)
    wait = _window(short)[0]
    for most in (_LONGER, _LONGEST):
        # Hidden reasoning may have used the tokens up, or the pieces may be big: the longer answer has more of them.
        long = _streamed(api, "long", most)
        first, last = _window(long)
        spread = (last - first) / last if last else 0.0
        spread_out = spread >= _SPREAD and last - first >= _CLEAR_MS
        clear = spread_out or _held_back(short, long) or not _grows(short, long)
        if clear and _pieces(long) >= (_TWO if spread_out else _FEW):
            break
    else:
        if not _pieces(long):
            raise Inconclusive("the long answer has no content: nothing can be seen to come")
    seen = f"content from {first:.0f} to {last:.0f} ms in {_pieces(long)} pieces; a short one from {wait:.0f} ms"
    figures = {"first_ms": first, "last_ms": last, "short_first_ms": wait}
    if spread_out:
        # Once is a busy machine: what is held back beside tools is held back every time.
        if all(_held_back_beside_tools(api, long, most) for _ in range(_TIMES)):
            words = f"held back beside a tool, {_TIMES} times of {_TIMES}; without: {seen}"
            return Observation(Behaviour.IGNORED, words, signals=("timing",), statistics=figures)
        return Observation(Behaviour.HONOURED, seen, signals=("timing",), statistics=figures)
    if _held_back(short, long):
        # Twice more: a busy machine can hold a stream back once, a service that buffers always does.
        if all(_held_back(_streamed(api, "short", 16), _streamed(api, "long", most)) for _ in range(2)):
            return Observation(Behaviour.IGNORED, f"held back: {seen}", signals=("timing",), statistics=figures)
        return Observation(
            Behaviour.ACCEPTED, f"held back once, and not again: {seen}", signals=("timing",), statistics=figures
        )
    return Observation(Behaviour.ACCEPTED, f"too quick to see: {seen}", signals=("timing",), statistics=figures)


def _streamed(api: Endpoint, arm: str, most: int) -> Exchange:
    reply: Reply = control(api, arm, **_LONG, max_tokens=most, stream=True)
    if not reply.exchange.events:
        raise Inconclusive("the answer is not a stream")
    return reply.exchange


_TIMES = 3


def _held_back_beside_tools(api: Endpoint, without: Exchange, most: int) -> bool:
    """Whether the text of a long answer comes at once, and late, beside a tool that it does not call; and not without.

    Some gateways hold back the text alone, to look for calls in it, and let the thoughts through.
    """
    reply = api.ask("long, beside a tool", **_LONG, max_tokens=most, tools=[WEATHER], stream=True)
    if not reply.ok or reply.tool_calls or not reply.text:
        return False
    soonest = _window(without)[0]
    return _is_late(reply.exchange, soonest) and not _is_late(without, soonest)


def _is_late(exchange: Exchange, soonest: float) -> bool:
    """Whether all content, or all text, comes at once, and kept its reader waiting since what came before it.

    Args:
        soonest: when content may come at the earliest, in ms after the request.
    """
    deltas = [event for event in exchange.events if event.type == "content_block_delta"]
    came = [exchange.arrived(event.end) for event in deltas]
    is_text = [isinstance(event.json, dict) and "text" in (event.json.get("delta") or {}) for event in deltas]
    starts = {0, is_text.index(True)} if any(is_text) else {0}
    waited = [(came[start], max([soonest, *came[:start]])) for start in starts]
    return any(came[-1] - first <= _AT_ONCE * came[-1] and first - before > _HELD_BACK_MS for first, before in waited)


def _window(exchange: Exchange) -> tuple[float, float]:
    """When the first and the last of the content had arrived, in ms after the request."""
    deltas = [event.end for event in exchange.events if event.type == "content_block_delta"]
    if not deltas or not exchange.arrivals:
        return exchange.elapsed_ms, exchange.elapsed_ms
    return exchange.arrived(deltas[0]), exchange.arrived(deltas[-1])


def _pieces(exchange: Exchange) -> int:
    return sum(event.type == "content_block_delta" for event in exchange.events)


def _held_back(short: Exchange, long: Exchange) -> bool:
    return _grows(short, long) and _window(long)[0] - _window(short)[0] > _HELD_BACK_MS


def _grows(short: Exchange, long: Exchange) -> bool:
    """Whether the longer answer comes at once, and kept its reader waiting for several times as long."""
    first, last = _window(long)
    return last > 0 and (last - first) / last < _AT_ONCE and first > 3 * _window(short)[0]
