"""What the page says in figures: how fast a model writes, and how much it can read."""

from __future__ import annotations

from conformance.cases.common import BALLAST, control, rejected, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.protocol.reply import Reply
from conformance.protocol.sse import Event
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Observation

_DRAWS = 3
_CLOSE = 0.67
_FAR = 0.18
"""Shares of the documented speed: above the one it is kept, below the other it is not."""


@experiment("limits.output_speed", needs="output_speed")
def a_long_answer_is_timed(api: Endpoint) -> Observation:
    """The page gives an approximate speed in tokens per second.

    Honoured: the best of three long streamed answers reaches two thirds of it. Ignored: not even a
    fifth. Between the two a few requests cannot tell a slow service from a slow hour.
    """
    documented = float(api.details["output_speed"])
    speeds: list[float] = []
    for _ in range(_DRAWS):
        speeds.append(_speed(api))
        if speeds[-1] >= _CLOSE * documented:
            break
    best = max(speeds)
    seen = f"{best:.0f} tokens/s, about {documented:.0f} documented"
    figures = {"documented": documented, "tokens_per_second": [round(speed, 1) for speed in speeds]}
    if best >= _CLOSE * documented:
        return Observation(Behaviour.HONOURED, seen, signals=("timing",), statistics=figures)
    if best < _FAR * documented:
        return Observation(Behaviour.IGNORED, seen, signals=("timing",), statistics=figures)
    return Observation(Behaviour.INCONCLUSIVE, seen, signals=("timing",), statistics=figures)


def _speed(api: Endpoint) -> float:
    reply = control(
        api,
        "a long answer",
        messages=[user("Write a long and detailed text, at least 300 words, about the weather by the sea.")],
        max_tokens=256,
        stream=True,
    )
    deltas = [event for event in reply.exchange.events if event.type == "content_block_delta"]
    came = [(reply.exchange.arrived(event.end), len(_words(event))) for event in deltas]
    if not came or not reply.exchange.arrivals:
        raise Inconclusive("the answer came in one piece, so nothing can be timed")
    # Time runs from the first piece that shows: hidden thinking is over by then, and neither it nor what came with
    # that piece is in the measured words.
    first, last = came[0][0], came[-1][0]
    after, whole = (sum(length for when, length in came if when > start) for start in (first, -1.0))
    each, documented = _tokens_per_character(reply), float(api.details["output_speed"])
    written = after * each / _seconds(last - first)
    # All of it since the request is a speed that the service has at least, however its pieces came.
    at_least = whole * each / _seconds(last)
    if after >= whole / 2 and written <= _BURST * documented:
        return max(written, at_least)
    if at_least < _CLOSE * documented:
        raise Inconclusive("the answer came in one piece, so nothing can be timed")
    return at_least


def _seconds(milliseconds: float) -> float:
    """Never nothing: a clock's step is 0.1 ms here."""
    return max(milliseconds, 0.1) / 1000


def _words(event: Event) -> str:
    """What a delta adds to a text or a thought."""
    delta = event.json.get("delta") if isinstance(event.json, dict) else None
    return str(delta.get("text") or delta.get("thinking") or "") if isinstance(delta, dict) else ""


def _tokens_per_character(reply: Reply) -> float:
    """By the service's own count, where that is of all that shows and of nothing else; else as English prose has it."""
    shown = len(reply.text + reply.thinking)
    share = (reply.output_tokens or 0) / shown if shown else 0.0
    return share if _FEWEST <= share <= _MOST else _PROSE


_BURST = 20
"""So many times the documented speed no model writes: what came so was written before, and held back."""
_PROSE = 0.25
_FEWEST, _MOST = 0.125, 0.5
"""Tokens to a character of English prose: usually, and at the least and the most."""


@experiment("limits.context_window", expensive=True, needs="context_window")
def a_prompt_of_nearly_all_of_it_is_taken(api: Endpoint) -> Observation:
    """The page gives the most tokens a prompt and its reply may have.

    Honoured: a prompt of about 95 % of it is taken and counted. Rejected: it is refused. Ignored: it
    is taken and cut.
    """
    window = int(api.details["context_window"])
    sample = control(api, "a sample", messages=[user(BALLAST)], max_tokens=16)
    if sample.size is None:
        raise Inconclusive("the service does not count what it has read")
    base = control(api, "two samples", messages=[user(f"{BALLAST} {BALLAST}")], max_tokens=16)
    each = (base.size or 0) - sample.size
    if each <= 0:
        raise Inconclusive("the service's count does not grow with the prompt")
    wanted = int(0.95 * window)
    reply = api.ask("treatment", messages=[user(" ".join([BALLAST] * (wanted // each)))], max_tokens=16)
    if not reply.ok:
        return rejected(f"a prompt of about {wanted} tokens", reply)
    seen = f"{reply.size} tokens read of about {wanted} sent"
    behaviour = Behaviour.HONOURED if reply.size and reply.size >= 0.9 * wanted else Behaviour.IGNORED
    return Observation(behaviour, seen, signals=("size",))
