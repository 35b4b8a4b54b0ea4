"""A recording as a person reviews it: each request once, what came back in a line, and no ids, signatures or times.

What is shortened says how long it is and has a fingerprint of the whole: a change in what is not shown still shows.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import TypeAlias

from conformance.http.cassette import Cassette
from conformance.plain_text import plain
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.values import Json

__all__ = ["RequestAnswered", "Returned", "changes", "transcript", "transcript_of"]

_LONGEST = 100
"""Characters of a value or a text that are shown."""

_ID = re.compile(r"\b(?:msg|toolu|srvtoolu|req|call|chatcmpl|cmpl|resp|container)[_-][\w-]{8,}")
_USUAL = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
_SECRET = ("authorization", "x-api-key")


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back, in the two parts that a reviewer reads differently."""

    kind: str
    """What a client goes by: status, why it stopped, kinds of blocks and events, the error."""
    words: tuple[str, ...]
    """What was said, and the counts: it is said otherwise in every recording."""


_Answers: TypeAlias = tuple[tuple[int, Returned], ...]
"""Takes, counted from 1, and what was answered in them."""


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """One request, and all that was answered to it, by takes."""

    request: tuple[str, ...]
    """Its lines."""
    answers: _Answers


def transcript_of(cassette: Cassette) -> tuple[RequestAnswered, ...]:
    """The requests of a recording, each once, in the order in which they were first sent."""
    ids = _Ids()
    found: dict[tuple[str, ...], list[tuple[int, Returned]]] = {}
    exchanges = iter(cassette.exchanges)
    for take, size in enumerate(cassette.takes, 1):
        for _, exchange in zip(range(size), exchanges, strict=False):
            found.setdefault(tuple(_request(exchange, ids)), []).append((take, _answer(exchange, ids)))
    return tuple(RequestAnswered(request, tuple(answers)) for request, answers in found.items())


def transcript(cassette: Cassette) -> Iterator[str]:
    """The lines of a recording."""
    made = transcript_of(cassette)
    takes = f", {len(cassette.takes)} takes" if len(cassette.takes) > 1 else ""
    yield f"{len(cassette.exchanges)} exchanges{takes}"
    for number, asked in enumerate(made, 1):
        yield ""
        times = f", {len(asked.answers)} times" if len(asked.answers) > 1 else ""
        yield from _asked(number, times, asked.request, made[0].request)
        for take, answers in groupby(asked.answers, key=lambda one: one[0]):
            if len(cassette.takes) > 1:
                yield f"  take {take}"
            for same, all_ in groupby(answer for _, answer in answers):
                count = len(list(all_))
                yield f"  -> {same.kind}{f' (x {count})' if count > 1 else ''}"
                yield from (f"     {words}" for words in same.words)
    yield ""
    yield from _provenance(cassette)


def changes(old: Cassette, new: Cassette) -> Iterator[str]:
    """What differs between two recordings of a case: requests, and answers of another kind; other words are counted."""
    before, now = ({asked.request: asked.answers for asked in transcript_of(one)} for one in (old, new))
    first = next(iter(now), ())
    for sign, mine, others in (("-", before, now), ("+", now, before)):
        for number, request in enumerate(mine, 1):
            if request not in others:
                yield from (f"{sign} {line}" for line in _asked(number, "", request, first))
    alike: dict[tuple[str, ...], list[int]] = {}
    for number, request in enumerate(now, 1):
        if request in before and (turned := tuple(_turned(before[request], now[request]))):
            alike.setdefault(turned, []).append(number)
    requests = list(now)
    for turned, numbers in alike.items():
        if len(numbers) == 1:
            yield from (f"  {line}" for line in _asked(numbers[0], "", requests[numbers[0] - 1], first))
        else:
            yield f"  requests {', '.join(map(str, numbers))}"
        yield from turned


def _turned(before: _Answers, now: _Answers) -> Iterator[str]:
    """The kinds of answers that came less often, and those that came more often."""
    old, new = (Counter(answer.kind for _, answer in one) for one in (before, now))
    for sign, mine, others in (("-", old, new), ("+", new, old)):
        for kind, count in (mine - others).items():
            yield f"{sign}   -> {kind}{f' (x {count})' if count > 1 else ''}"


# --- requests


def _asked(number: int, times: str, request: Sequence[str], first: Sequence[str]) -> Iterator[str]:
    """A request; of one that is much like the first only what differs."""
    gone = [line for line in first if line not in request]
    come = [line for line in request if line not in first]
    if request != first and len(gone) + len(come) < len(request):
        yield f"request {number}{times}: as request 1, but"
        was, is_ = _named_once(gone), _named_once(come)
        turned = {was[name]: is_[name] for name in was if name in is_}
        yield from (f"  {old} -> {new.partition(': ')[2]}" for old, new in turned.items())
        yield from (f"  without {line}" for line in gone if line not in turned)
        yield from (f"  with {line}" for line in come if line not in turned.values())
    else:
        yield f"request {number}{times}: {request[0] if request else ''}"
        yield from (f"  {line}" for line in request[1:])


def _named_once(lines: Sequence[str]) -> dict[str, str]:
    """Lines by the name in front, where it stands only once."""
    names = Counter(line.partition(": ")[0] for line in lines)
    return {name: line for line in lines if names[name := line.partition(": ")[0]] == 1}


def _request(exchange: Exchange, ids: _Ids) -> Iterator[str]:
    yield f"{exchange.method} {exchange.path}"
    for name, value in exchange.request_headers.items():
        if _USUAL.get(name) != value:
            yield f"{name}: {'a key' if name in _SECRET else _short(value)}"
    body = exchange.request
    if not isinstance(body, dict):
        if exchange.request_body:
            yield f"body: {_short(exchange.request_body.decode('utf-8', 'replace'))}"
        return
    for name, value in body.items():
        match name, value:
            case "messages", list():
                for turn in value:
                    yield from _turn(turn, ids)
            case "system", list():
                yield from (f"system: {_block(block, ids)}" for block in value)
            case "tools", list():
                yield f"tools: {', '.join(_tool(tool) for tool in value)}{_print_of(value)}"
            case _:
                yield f"{plain(name)}: {_short(ids.named(_json(value)))}"


def _turn(turn: Json, ids: _Ids) -> Iterator[str]:
    if not isinstance(turn, dict):
        yield f"turn: {_short(_json(turn))}"
        return
    role, content = plain(turn.get("role")), turn.get("content")
    for block in content if isinstance(content, list) else [content]:
        yield f"{role}: {_block(block, ids)}"


def _tool(tool: Json) -> str:
    named = isinstance(tool, dict) and (tool.get("name") or tool.get("type"))
    return plain(named or _short(_json(tool)))


def _block(block: Json, ids: _Ids) -> str:
    """A block of content, of a request or of an answer."""
    if not isinstance(block, dict):
        return _short(block if isinstance(block, str) else _json(block))
    kind = block.get("type")
    rest = {name: value for name, value in block.items() if name not in ("type", "signature")}
    match kind:
        case "text" | "thinking" if isinstance(block.get(kind), str):
            rest.pop(kind)
            words = f"{'signed ' if block.get('signature') else ''}{_short(block[kind])}"
        case "tool_use":
            words = f"{plain(rest.pop('name', ''))} {_short(_json(rest.pop('input', None)))}"
        case _:
            words = ""
    more = {name: value for name, value in rest.items() if value not in (None, [], "")}
    named = _short(ids.named(_json(more))) if more else ""
    return " ".join(filter(None, [f"[{plain(kind)}]", words, named]))


# --- answers


def _answer(exchange: Exchange, ids: _Ids) -> Returned:
    reply = Reply(exchange)
    parts = [str(exchange.status), *_media(exchange)]
    if exchange.is_stream:
        parts.append("a stream that breaks off" if exchange.breaks_off else "a stream")
    if not reply.message:
        if exchange.error is not None:
            error = f"{reply.error_type or 'an error'}: {_short(ids.named(reply.error_message))}"
            return Returned(f"{' '.join(parts)}, {error}", ())
        return Returned(" ".join(parts), (_short(ids.named(_body(exchange))),) if exchange.body else ())
    if "content" not in reply.message:
        return Returned(", ".join([" ".join(parts), *sorted(map(plain, reply.message))]), (_short(_body(exchange)),))
    kinds = [
        f"{block.get('type')} {block['name']}" if "name" in block else block.get("type") for block in reply.content
    ]
    said = ", ".join(map(plain, kinds)) or "no content"
    events = [event.type for event in exchange.events if event.type not in ("content_block_delta", "ping")]
    odd = f"; events {_runs(events)}" if exchange.is_stream and not _is_usual(events) else ""
    usage = ", ".join(f"{name} {value}" for name, value in sorted(reply.usage.items()) if value)
    return Returned(
        f"{' '.join(parts)}, {plain(reply.stop_reason or 'no stop reason')}: {said}{plain(odd)}",
        (*(_block(block, ids) for block in reply.content), f"usage: {_short(usage)}"),
    )


def _media(exchange: Exchange) -> Iterator[str]:
    expected = "text/event-stream" if exchange.is_stream else "application/json"
    if exchange.body and exchange.content_type != expected:
        yield f"({plain(exchange.content_type or 'no content type')})"


def _body(exchange: Exchange) -> str:
    return exchange.body.decode("utf-8", "replace")


def _is_usual(events: Sequence[str | None]) -> bool:
    blocks = (len(events) - 3) // 2
    usual = ["message_start", *["content_block_start", "content_block_stop"] * blocks, "message_delta", "message_stop"]
    return list(events) == usual


def _runs(names: Iterable[str | None]) -> str:
    runs = [(name, len(list(same))) for name, same in groupby(names)]
    return ", ".join(f"{name} x {count}" if count > 1 else str(name) for name, count in runs)


# --- the end


def _provenance(cassette: Cassette) -> Iterator[str]:
    of = cassette.provenance
    yield f"source {of.source}, {plain(of.endpoint)}, {plain(of.target)} {plain(of.model)}".rstrip()
    yield f"recorded {plain(of.recorded_at)} with {plain(of.sdk)}, suite {plain(of.suite)}"
    times = sorted(exchange.elapsed_ms for exchange in cassette.exchanges)
    shared = sum(exchange.shared for exchange in cassette.exchanges)
    if times:
        yield f"answers within {times[0]:.0f} to {times[-1]:.0f} ms" + (f", {shared} shared" if shared else "")


# --- short texts, and names instead of ids


class _Ids:
    """Names for ids, in the order in which they come: the same story has the same names."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def named(self, text: str) -> str:
        """The text with a name for every id."""
        return _ID.sub(lambda found: self._names.setdefault(found[0], f"id{len(self._names) + 1}"), text)


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _short(text: str) -> str:
    line = plain(text)
    if len(line) <= _LONGEST:
        return line
    return f"{line[:_LONGEST].rstrip()}… ({len(text)} characters{_print_of(text)})"


def _print_of(value: Json) -> str:
    """A fingerprint of what is not shown whole."""
    return f" #{sha256(_json(value).encode('utf-8', 'replace')).hexdigest()[:6]}"
