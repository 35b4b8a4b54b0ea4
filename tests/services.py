"""Services that misbehave, each a small habit in front of the simulator, on a real socket."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.simulator import STAMP, create_app, serving


@dataclass(frozen=True)
class Asked:
    """A request as a habit sees it."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]

    def has(self, name: str) -> bool:
        return name in self.body


@dataclass(frozen=True)
class Answer:
    """What a habit says in the simulator's place; it never asks anybody to wait."""

    status: int
    message: str = "simulated trouble"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    said: str = ""
    """A text that is given in the form of a whole reply, in the model's place."""

    @property
    def body(self) -> bytes:
        return json.dumps({"type": "error", "error": {"type": "error", "message": self.message}}).encode()


CUT = Answer(200)
"""A stream that breaks off in the middle of its first event."""

BLANK = Answer(200)
"""A success with an empty body: what is left of an answer that a gateway has lost."""

Habit = Callable[[Asked], Answer | None]
"""None leaves the answer to the simulator."""


@contextmanager
def service(*habits: Habit, stamped: bool = True, **simulator: Any) -> Iterator[str]:
    """Serve the simulator with habits in front of it; unstamped, it passes for somebody else's."""
    with serving(_Habitual(create_app(paced=False, **simulator), habits, stamped)) as url:
        yield url


@contextmanager
def serving_as(models: Mapping[str, str], **simulator: Any) -> Iterator[str]:
    """Serve the simulator's models under names of a test's own: theirs, by ours."""
    with serving(_Renamed(create_app(paced=False, **simulator), models)) as url:
        yield url


def busy_at_first(status: int) -> Habit:
    """Every question has to be asked twice."""
    heard: set[str] = set()

    def habit(asked: Asked) -> Answer | None:
        question = json.dumps(asked.body)
        if question in heard:
            return None
        heard.add(question)
        return Answer(status)

    return habit


def cutting_first_streams() -> Habit:
    """Every streamed question is answered with half a stream once."""
    heard: set[str] = set()

    def habit(asked: Asked) -> Answer | None:
        question = json.dumps(asked.body)
        if not asked.body.get("stream") or question in heard:
            return None
        heard.add(question)
        return CUT

    return habit


def always(status: int, *, given: str) -> Habit:
    """A parameter is answered with a status, every time."""
    return lambda asked: Answer(status) if asked.has(given) else None


def blank(*, given: str) -> Habit:
    """A parameter gets an empty 200, every time."""
    return lambda asked: BLANK if asked.has(given) else None


def blank_at_random(share: float, *, seed: int) -> Habit:
    """So many of all answers are an empty 200, whatever was asked."""
    chance = random.Random(seed)
    return lambda _: BLANK if chance.random() < share else None


def failing_every(nth: int) -> Habit:
    """One of so many backends is sick, and they take turns."""
    count = 0

    def habit(_: Asked) -> Answer | None:
        nonlocal count
        count += 1
        return Answer(500) if count % nth == 0 else None

    return habit


def failing_at_random(share: float, *, seed: int) -> Habit:
    """So many of all answers are a 500, whatever was asked."""
    chance = random.Random(seed)
    return lambda _: Answer(500) if chance.random() < share else None


def refusing_at_random(share: float, *, seed: int, status: int = 400) -> Habit:
    """So many of all answers are a refusal, whatever was asked."""
    chance = random.Random(seed)
    return lambda _: Answer(status, "invalid params") if chance.random() < share else None


def refusing_once(*, given: str, status: int = 400) -> Habit:
    """The first request with a parameter is refused, and no other."""
    heard = 0

    def habit(asked: Asked) -> Answer | None:
        nonlocal heard
        heard += asked.has(given)
        return Answer(status, "invalid params") if asked.has(given) and heard == 1 else None

    return habit


def refusing_by_turns(*, given: str) -> Habit:
    """One of two replicas refuses a parameter, and they take turns at every question."""
    heard: Counter[str] = Counter()

    def habit(asked: Asked) -> Answer | None:
        question = json.dumps(asked.body)
        heard[question] += 1
        return Answer(400, f"{given}: not supported") if asked.has(given) and heard[question] % 2 else None

    return habit


def busy_in_words(words: str, share: float, *, seed: int) -> Habit:
    """So many of all answers are a text of the gateway's in the form of a reply."""
    chance = random.Random(seed)
    return lambda _: Answer(200, said=words) if chance.random() < share else None


@contextmanager
def replicas(*apps: ASGIApp, each: int = 1, changes_after: int | None = None) -> Iterator[str]:
    """Serve two services under one address: every question by turns, or the first for so many requests.

    Args:
        each: how often one of them gets a question before it is the other's turn.
    """
    with serving(_Replicas(apps, each, changes_after)) as url:
        yield url


@contextmanager
def swapping(app: ASGIApp) -> Iterator[str]:
    """Serve a service that exchanges the answers of requests it has at the same time."""
    with serving(_Swapping(app)) as url:
        yield url


def forgetting_the_key(*, after: int) -> Habit:
    """The key is taken so many times, and refused from then on."""
    count = 0

    def habit(_: Asked) -> Answer | None:
        nonlocal count
        count += 1
        return Answer(401, "invalid x-api-key") if count > after else None

    return habit


def repeating_the_key(*, given: str) -> Habit:
    """A parameter is refused, and the credentials are all over the refusal: as they are, and in base64."""

    def habit(asked: Asked) -> Answer | None:
        if not asked.has(given):
            return None
        shown = [asked.headers[name] for name in ("authorization", "x-api-key") if name in asked.headers]
        shown += [value.removeprefix("Bearer ") for value in shown]
        shown += [base64.b64encode(value.encode()).decode() for value in shown]
        message = f"{given}: not for {' or '.join(shown)}"
        return Answer(400, message, {"location": f"/keys/{shown[0]}", "x-account": shown[0]})

    return habit


@dataclass(frozen=True)
class _Habitual:
    app: ASGIApp
    habits: tuple[Habit, ...]
    stamped: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b"".join([part async for part in parts(receive)])
        asked = Asked(_object(body), {name.decode(): value.decode() for name, value in scope["headers"]})
        answer = next(filter(None, (habit(asked) for habit in self.habits)), None)
        sent = send if self.stamped else _unstamped(send)
        if answer is None:
            await self.app(scope, again(body, receive), sent)
        else:
            await _give(answer, asked, sent)


@dataclass
class _Replicas:
    apps: Sequence[ASGIApp]
    each: int
    changes_after: int | None
    heard: Counter[bytes] = field(default_factory=Counter[bytes])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b"".join([part async for part in parts(receive)])
        self.heard[body] += 1
        if self.changes_after is None:
            app = self.apps[(self.heard[body] - 1) // self.each % len(self.apps)]
        else:
            app = self.apps[self.heard.total() > self.changes_after]
        await app(scope, again(body, receive), send)


@dataclass
class _Swapping:
    """Answers wait a moment for company; where there is some, each goes to the other's request."""

    app: ASGIApp
    waiting: tuple[list[Message], asyncio.Future[list[Message]]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own: list[Message] = []

        async def kept(message: Message) -> None:
            own.append(message)

        await self.app(scope, receive, kept)
        if self.waiting is not None:
            (given, other), self.waiting = self.waiting, None
            other.set_result(own)
        else:
            other = asyncio.get_running_loop().create_future()
            self.waiting = (own, other)
            try:
                given = await asyncio.wait_for(asyncio.shield(other), 0.05)
            except TimeoutError:
                given, self.waiting = own, None
        for message in given:
            await send(message)


@dataclass(frozen=True)
class _Renamed:
    app: ASGIApp
    models: Mapping[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b"".join([part async for part in parts(receive)])
        for ours, theirs in self.models.items():
            body = body.replace(f'"{ours}"'.encode(), f'"{theirs}"'.encode())

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _without(message["headers"], b"content-length")}
            else:
                text = message.get("body", b"")
                for ours, theirs in self.models.items():
                    text = text.replace(f'"{theirs}"'.encode(), f'"{ours}"'.encode())
                message = {**message, "body": text}
            await send(message)

        headers = _without(scope["headers"], b"content-length")
        await self.app({**scope, "headers": headers}, again(body, receive), sent)


def _without(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    return [(known, value) for known, value in headers if known != name]


async def parts(receive: Receive) -> AsyncIterator[bytes]:
    """The body of a request, as it comes."""
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        yield message.get("body", b"")


def again(body: bytes, receive: Receive) -> Receive:
    """The same request once more, for who comes next."""
    messages: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def received() -> Message:
        return next(messages, None) or await receive()

    return received


def _unstamped(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if name.decode() != STAMP]
            message = {**message, "headers": kept}
        await send(message)

    return sent


async def _give(answer: Answer, asked: Asked, send: Send) -> None:
    streamed = bool(answer.said) and asked.body.get("stream") is True
    kind = "text/event-stream" if answer is CUT or answer is BLANK or streamed else "application/json"
    headers = {"content-type": kind, "retry-after": "0", STAMP: "habit", **answer.headers}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    if answer is CUT:
        await send({"type": "http.response.body", "body": b"event: message_start\ndata: {", "more_body": True})
    else:
        await send({"type": "http.response.body", "body": _body(answer, asked, streamed)})


def _body(answer: Answer, asked: Asked, streamed: bool) -> bytes:
    if answer is BLANK:
        return b""
    return _saying(answer.said, asked, streamed) if answer.said else answer.body


def _saying(words: str, asked: Asked, streamed: bool) -> bytes:
    """A whole reply of a few words."""
    usage = {"input_tokens": 0, "output_tokens": 0}
    head = {"id": "msg_0", "type": "message", "role": "assistant", "model": asked.body.get("model"), "usage": usage}
    if not streamed:
        end = {"stop_reason": "end_turn", "stop_sequence": None}
        return json.dumps({**head, "content": [{"type": "text", "text": words}], **end}).encode()
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**head, "content": [], "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
