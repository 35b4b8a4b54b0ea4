"""What stands behind a cell, as the page's drill-down shows it: small, and safe to show.

A page is to be read by people and committed to a repository, so one exchange stands for every arm, long
strings are shortened and say so, and a page that would still be too large leaves out what agrees. Requests
are kept as they were sent, to the letter: a curl that repeats one must not turn 1.0 into 1.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, zip_longest
from typing import Literal

from conformance.plain_text import plain
from conformance.protocol.exchange import Exchange
from conformance.report.analysis.figures import draws
from conformance.report.model import ReportedArm, ReportedCase
from conformance.values import Json, Verdict

__all__ = ["LEVELS", "Level", "detail", "pack", "visible"]

_LONGEST_REQUEST = 64_000
"""Characters of a request that is kept whole: a curl line longer than that helps nobody."""

_MODEL = "\x01"
"""Stands for the model in a request, so that the same request to many models is kept once."""

_HEADERS = frozenset({"content-type", "retry-after", "request-id", "x-conformance-simulator"})
"""Headers of an answer that are shown; the rest is in the recording."""

_AGREES = frozenset({Verdict.CONFORMS, None})

_MOST_ARMS = (16, 4, 2)
"""Requests of a case that are shown of each arm, from the most to the least; the rest is in the recording."""

_ANSWERS = 6_000
"""Characters of a case's answers beyond which fewer are shown: forty draws are not to crowd out other cases."""

_NAME = 200
"""Characters of an event's name that are shown: it is a service's, and may be anything."""

_EVENTS = 60
"""Steps of a time line."""


@dataclass(frozen=True, slots=True)
class Level:
    """How much of the exchanges a page shows; numbers are characters."""

    string: int
    body: int
    agreeing: Literal["all", "first", "none"] = "all"
    """Of which models also where what was seen agrees with what is documented."""

    def shows(self, case: ReportedCase, *, first: bool) -> bool:
        """Whether a case's exchanges are shown; of a case of the first model, or of another."""
        agreeing = self.agreeing == "all" or (first and self.agreeing == "first")
        return agreeing or case.verdict not in _AGREES


LEVELS = (
    Level(400, 4000),
    Level(120, 1200),
    Level(400, 4000, "first"),
    Level(400, 4000, "none"),
    Level(120, 600, "none"),
)
"""From the most to the least."""


def detail(
    case: ReportedCase, model: str, exchanges: Sequence[Exchange], level: Level, *, first: bool = True
) -> dict[str, Json]:
    """A case with its arms, each with one exchange if its recording is at hand; names are short, being many.

    Args:
        first: whether it is of the first model of the report.
    """
    shown = level.shows(case, first=first)
    made: dict[str, Json] = {
        "id": plain(case.id),
        "n": plain(case.name),
        "b": case.behaviour,
        "v": case.verdict,
        "s": plain(case.summary),
        "r": plain(case.reason or ""),
        "src": case.source,
        "at": case.recorded_at,
        "k": plain(case.cassette or ""),
        "q": case.requests,
        "tk": list(case.takes),
        "sig": [plain(signal) for signal in case.signals],
        "dr": _drawn(case),
        "st": [[plain(name), plain(_figure(value))] for name, value in _others(case)],
        "arms": _arms(case.arms, model, exchanges if shown else (), level),
        "om": bool(exchanges) and not shown,
    }
    return {name: value for name, value in made.items() if value not in (None, "", [], False)}


def _drawn(case: ReportedCase) -> dict[str, Json] | None:
    found = draws(case)
    return None if found is None else {"t": found[0], "c": found[1]}


def _others(case: ReportedCase) -> Iterable[tuple[str, Json]]:
    """The statistics that are not drawn as a picture."""
    drawn = ("treatment", "control") if draws(case) else ()
    return [(name, value) for name, value in case.statistics.items() if name not in drawn]


def _figure(value: Json) -> str:
    """A figure of the statistics as people write it."""
    match value:
        case str():
            return value
        case float():
            return f"{value:.4g}"
        case list() if all(isinstance(item, int | float) for item in value):
            return ", ".join(map(_figure, value))
        case _:
            return _clipped(json.dumps(value, ensure_ascii=False), 400)


# --- arms and exchanges


def _arms(
    arms: Sequence[ReportedArm], model: str, exchanges: Sequence[Exchange], level: Level
) -> list[dict[str, Json]]:
    """Each request once, with all that came of it; one that was refused stands beside one that was not.

    Of an arm that sends many different requests the first few are shown, and what came of the others is told with
    the last of them.
    """
    for most in _MOST_ARMS:
        made = _of_each(arms, model, exchanges, level, most)
        if sum(len(json.dumps([arm["x"].get("rs"), arm["x"].get("ev")])) for arm in made if "x" in arm) <= _ANSWERS:
            break
    return made


def _of_each(
    arms: Sequence[ReportedArm], model: str, exchanges: Sequence[Exchange], level: Level, most: int
) -> list[dict[str, Json]]:
    at_hand = len(arms) == len(exchanges)
    found: dict[tuple[str, str], dict[bytes, list[int]]] = {}
    for index, arm in enumerate(arms):
        body = exchanges[index].request_body if at_hand else b""
        of_arm = found.setdefault((arm.name, arm.outcome[:3]), {})
        last = body if body in of_arm or len(of_arm) < most else next(reversed(of_arm))
        of_arm.setdefault(last, []).append(index)
    by_name: dict[str, list[list[int]]] = {}
    for (name, _), of_arm in found.items():
        by_name.setdefault(name, []).extend(of_arm.values())
    made: list[dict[str, Json]] = []
    # The first of every arm, and then the second: a control stands beside a treatment.
    rounds = zip_longest(*([(name, one) for one in groups] for name, groups in by_name.items()))
    for name, indices in filter(None, chain.from_iterable(rounds)):
        outcomes = Counter(plain(arms[index].outcome) for index in indices)
        seen = {"n": plain(name), "o": [[words, times] for words, times in outcomes.items()]}
        made.append(seen | ({"x": _exchange(exchanges[indices[0]], model, level)} if at_hand else {}))
    if not at_hand:
        # Which of them belongs to which arm cannot be told.
        made += [{"n": "", "o": [], "x": _exchange(exchange, model, level)} for exchange in exchanges[:4]]
    return made


def _exchange(exchange: Exchange, model: str, level: Level) -> dict[str, Json]:
    request = exchange.request_body.decode("utf-8", "replace")
    made: dict[str, Json] = {
        "m": plain(exchange.method),
        "p": plain(exchange.path),
        "h": [[plain(name), plain(value)] for name, value in exchange.request_headers.items()],
        "rq": _templated(visible(_clipped(request, _LONGEST_REQUEST)), model),
        "s": exchange.status,
        "rh": [[plain(n), _clipped(plain(v), 200)] for n, v in exchange.headers.items() if n in _HEADERS],
        "ms": round(exchange.elapsed_ms),
    }
    if len(request) > _LONGEST_REQUEST:
        made["rqn"] = len(request)
    if exchange.is_stream:
        made["ev"] = _time_line(exchange, level)
    else:
        text = exchange.body.decode("utf-8", "replace")
        body = exchange.json
        short = text if body is None else json.dumps(_shortened(body, level.string), ensure_ascii=False)
        made["rs"] = visible(_clipped(short, level.body))
        if len(text) > len(short) or len(short) > level.body:
            made["rsn"] = len(text)
    return made


def _templated(text: str, model: str) -> str:
    """A request in which a sign stands for the model, where nothing else can be meant by it."""
    return text.replace(f'"model":{json.dumps(model)}', f'"model":"{_MODEL}"') if _MODEL not in text else text


def _time_line(exchange: Exchange, level: Level) -> list[list[Json]]:
    """The events, a run of equal ones as one step: first and last millisecond, type, how many, the first's data."""
    timed = [(_when(exchange, event.end), event.type or "?", event.data) for event in exchange.events]
    steps = [list(run) for _, run in groupby(timed, key=lambda one: one[1])]
    made: list[list[Json]] = [
        [run[0][0], run[-1][0], plain(_clipped(run[0][1], _NAME)), len(run), visible(_clipped(run[0][2], level.string))]
        for run in steps[:_EVENTS]
    ]
    if len(steps) > _EVENTS:
        made.append([None, None, "…", sum(map(len, steps[_EVENTS:])), ""])
    return made


def _when(exchange: Exchange, size: int) -> int | None:
    """The milliseconds by which so many bytes had come, as far as the recorded curve can tell."""
    return next((round(arrival.ms) for arrival in exchange.arrivals if arrival.size >= size), None)


def _shortened(value: Json, limit: int) -> Json:
    match value:
        case str():
            return _clipped(value, limit)
        case list():
            return [_shortened(item, limit) for item in value]
        case dict():
            return {_clipped(str(name), limit): _shortened(item, limit) for name, item in value.items()}
        case _:
            return value


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… [+{len(text) - limit}]"


def visible(text: str) -> str:
    """Text of several lines in which nothing is hidden: controls and marks of direction are written as escapes.

    In a JSON text the escape means the same as the character it stands for.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}:
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


# --- keeping it small

_POOLED = 12
"""Shorter strings are not worth a place in the pool."""


def pack(values: Sequence[Json]) -> tuple[list[str], list[Json]]:
    """Keep every string that occurs again and again once: a pool, and the values with ``~3`` for its fourth.

    A string that begins with the sign itself has it doubled.
    """
    counted: Counter[str] = Counter()
    for value in values:
        _count(value, counted)
    pool = [text for text, times in counted.items() if times > 1]
    places = {text: f"~{place}" for place, text in enumerate(pool)}
    return pool, [_packed(value, places) for value in values]


def _count(value: Json, counted: Counter[str]) -> None:
    match value:
        case str() if len(value) >= _POOLED:
            counted[value] += 1
        case list():
            for item in value:
                _count(item, counted)
        case dict():
            for item in value.values():
                _count(item, counted)
        case _:
            pass


def _packed(value: Json, places: Mapping[str, str]) -> Json:
    match value:
        case str():
            return places.get(value) or (f"~{value}" if value.startswith("~") else value)
        case list():
            return [_packed(item, places) for item in value]
        case dict():
            return {name: _packed(item, places) for name, item in value.items()}
        case _:
            return value
