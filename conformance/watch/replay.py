"""Answers a client from the recordings of an earlier watch, offline: nothing is sent anywhere.

A request is answered by the recording that asked the same: method, path and body. Equal requests are answered in the
order in which they were recorded. What no recording has is refused once and for all, with what differs from the
nearest one.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from conformance.http.cassette import Cassette
from conformance.http.redact import Redactor
from conformance.plain_text import clip, plain
from conformance.protocol.exchange import Exchange
from conformance.values import Json
from conformance.watch.wire import PassedOn, keys_of, refused, whole

__all__ = ["Discrepancy", "Recording", "Replay", "differences", "recordings_in"]

_SHOWN: Final = 3
"""Differences from the nearest recording that are told; the others are counted."""

_LONG: Final = 60
"""Characters of a value that are told."""

_WHOLE: Final = "the body"

_OF_ITSELF: Final = "metadata"
"""What a client says of itself and its session: another every time, and it decides nothing of an answer."""

_Question: TypeAlias = tuple[str, str, str]
"""Method, path and body."""

_NOT_SENT: Final = ("location",)
"""A redirect would lead whoever follows it to the service."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded exchange, and what it is found by."""

    name: str
    """Its file."""
    path: str
    """As a client asks for it, below the address that it was given."""
    exchange: Exchange


def recordings_in(directory: Path) -> list[Recording]:
    """The recordings of a watch, in their order.

    Raises:
        CassetteDamaged: one of them is no whole recording.
        OSError: the directory cannot be read.
    """
    paths = [path for path in directory.iterdir() if path.suffix == ".yaml"]
    found: list[Recording] = []
    for path in sorted(paths, key=lambda one: (len(one.name), one.name)):
        cassette = Cassette.load(path)
        base = urlsplit(cassette.provenance.endpoint).path.rstrip("/")
        found += [Recording(path.name, one.path.removeprefix(base), one) for one in cassette.exchanges]
    return found


class Replay:
    """An ASGI application that answers from recordings; it has no way to the network at all.

    Args:
        recordings: in the order in which they were made.
        seen: is told of every exchange, once it is over.
    """

    def __init__(self, recordings: Sequence[Recording], seen: Callable[[PassedOn], None]) -> None:
        self._recordings = recordings
        self._seen = seen
        self._answers: dict[_Question, list[Recording]] = {}
        for one in recordings:
            self._answers.setdefault(_question(one.path, one.exchange), []).append(one)
        self._asked: Counter[_Question] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        began = time.perf_counter()
        asked, redactor = _asked(scope, await whole(receive))
        found = self._next(asked)
        if isinstance(found, str):
            exchange, first_ms = await _refused(send, asked, found), None
        else:
            exchange, first_ms = await _answered(send, asked, found.exchange), _ms(began)
        self._seen(PassedOn(exchange, redactor, first_ms, "" if isinstance(found, Recording) else found))

    def _next(self, asked: Exchange) -> Recording | str:
        """The recording whose turn it is, or why there is none."""
        question = _question(asked.path, asked)
        equal = self._answers.get(question, [])
        number = self._asked[question]
        self._asked[question] += 1
        if number < len(equal):
            return equal[number]
        if equal:
            times = "once" if len(equal) == 1 else f"{len(equal)} times"
            return f"this was asked {times} in the recordings ({_named(equal)}), and now once more"
        return self._unknown(asked)

    def _unknown(self, asked: Exchange) -> str:
        alike = [one for one in self._recordings if (one.exchange.method, one.path) == (asked.method, asked.path)]
        if not alike:
            places = dict.fromkeys(f"{one.exchange.method} {one.path}" for one in self._recordings)
            there = ", ".join(islice(places, _SHOWN)) or "none at all"
            return f"no recording is of {asked.method} {asked.path}; they are of {there}"
        told = {one.name: list(_told(asked, one.exchange)) for one in alike}
        nearest = min(told, key=lambda name: sum(one.size for one in told[name]))
        more = len(told[nearest]) - _SHOWN
        words = "; ".join(one.words for one in told[nearest][:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        return f"no recording has this request; the nearest, {nearest}, differs: {words}"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A place where a request differs from a recorded one."""

    words: str
    size: int
    """Characters of JSON that would have to be changed, about: the nearest recording has the fewest."""


def differences(asked: Json, recorded: Json, place: str = "") -> Iterator[Discrepancy]:
    """Where a request differs from a recorded one, the places in the order of the recording."""
    match asked, recorded:
        case dict(), dict():
            for key in {**recorded, **asked}:
                inner = f"{place}.{key}" if place else str(key)
                if key not in asked:
                    yield Discrepancy(f"{inner} is missing", _size(recorded[key]))
                elif key not in recorded:
                    yield Discrepancy(f"{inner} is only here", _size(asked[key]))
                else:
                    yield from differences(asked[key], recorded[key], inner)
        case list(), list():
            for index, (mine, theirs) in enumerate(zip(asked, recorded, strict=False)):
                yield from differences(mine, theirs, f"{place}[{index}]")
            if len(asked) != len(recorded):
                rest = max(asked, recorded, key=len)[min(len(asked), len(recorded)) :]
                yield Discrepancy(f"{place or _WHOLE} has {len(asked)} items, {len(recorded)} recorded", _size(rest))
        case str(), str() if asked != recorded:
            yield _apart(asked, recorded, place)
        case _ if json.dumps(asked) != json.dumps(recorded):
            words = f"{place or _WHOLE} is {_shown(asked)}, {_shown(recorded)} recorded"
            yield Discrepancy(words, _size(asked) + _size(recorded))


def _told(asked: Exchange, recorded: Exchange) -> Iterator[Discrepancy]:
    if asked.request is None or recorded.request is None:
        mine, theirs = len(asked.request_body), len(recorded.request_body)
        yield Discrepancy(f"a body of {mine:,} bytes, {theirs:,} recorded", mine + theirs)
        return
    yield from differences(_without_itself(asked.request), _without_itself(recorded.request))


def _apart(asked: str, recorded: str, place: str) -> Discrepancy:
    """Two texts from a little before where they part."""
    shorter = min(len(asked), len(recorded))
    at = next((n for n, (a, b) in enumerate(zip(asked, recorded, strict=False)) if a != b), shorter)
    begin = max(0, at - _LONG // 3)
    dots = "…" if begin else ""
    mine, theirs = (_shown(f"{dots}{text[begin:]}") for text in (asked, recorded))
    return Discrepancy(f"{place or _WHOLE} is {mine}, {theirs} recorded", max(len(asked), len(recorded)) - at)


def _size(value: Json) -> int:
    return len(json.dumps(value))


def _shown(value: Json) -> str:
    return clip(plain(json.dumps(value, ensure_ascii=False)), _LONG)


def _question(path: str, exchange: Exchange) -> _Question:
    """What has to be the same: JSON as a value, and any other body byte for byte."""
    if exchange.request is None:
        return exchange.method, path, repr(exchange.request_body)
    return exchange.method, path, json.dumps(_without_itself(exchange.request), sort_keys=True)


def _without_itself(body: Json) -> Json:
    return {key: value for key, value in body.items() if key != _OF_ITSELF} if isinstance(body, dict) else body


def _named(recordings: Iterable[Recording]) -> str:
    return ", ".join(one.name for one in recordings)


def _asked(scope: Scope, body: bytes) -> tuple[Exchange, Redactor]:
    """A request as it would be recorded, without its key; the answer is yet to come."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    redactor = Redactor(keys_of(headers))
    query = scope["query_string"].decode("latin-1")
    path = redactor.text(scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""))
    kept = redactor.request_headers(headers)
    return Exchange(scope["method"], path, kept, redactor.data(body), 0, {}, b""), redactor


async def _refused(send: Send, asked: Exchange, words: str) -> Exchange:
    """Refuse what no recording has: as a client's mistake, which no client tries again."""
    body = await refused(send, 400, "invalid_request_error", words)
    return replace(asked, status=400, headers={"content-type": "application/json"}, body=body)


async def _answered(send: Send, asked: Exchange, recorded: Exchange) -> Exchange:
    """Send what was recorded, and say what was exchanged."""
    kept = {name: value for name, value in recorded.headers.items() if name not in _NOT_SENT}
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.items()]
    if asked.method != "HEAD":
        headers.append((b"content-length", str(len(recorded.body)).encode()))
    await send({"type": "http.response.start", "status": recorded.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if asked.method == "HEAD" else recorded.body})
    return replace(
        recorded,
        method=asked.method,
        path=asked.path,
        request_headers=asked.request_headers,
        request_body=asked.request_body,
    )


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000
