"""Services that misbehave, each a small habit in front of the simulator, on a real socket."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
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
            await _give(answer, sent)


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


async def _give(answer: Answer, send: Send) -> None:
    kind = "text/event-stream" if answer is CUT or answer is BLANK else "application/json"
    headers = {"content-type": kind, "retry-after": "0", STAMP: "habit", **answer.headers}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    if answer is CUT:
        await send({"type": "http.response.body", "body": b"event: message_start\ndata: {", "more_body": True})
    else:
        await send({"type": "http.response.body", "body": b"" if answer is BLANK else answer.body})


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
