"""The service as an ASGI application: routes, keys, envelopes and the stream's speed."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.events import Event, events
from conformance.simulator.faults import Faults, Faulty
from conformance.simulator.json_values import Object, is_object
from conformance.simulator.middleware import Delayed, RateLimited, RequestLog, Stamped, TokenBucket
from conformance.simulator.mutants import mutated
from conformance.simulator.personalities.personality import Failure, Personality
from conformance.simulator.service import Answer, Service, Traits

_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_RELEASED: Final = "2026-01-01T00:00:00Z"


def create_app(
    personality: str = "documented",
    *,
    mutant: str | None = None,
    seed: int = 0,
    noise: float = 0.0,
    diversity: float | None = None,
    key: str | None = None,
    paced: bool = True,
    rpm_limit: int | None = None,
    latency: float = 0.0,
    faults: Faults | None = None,
    models: Sequence[str] = (),
) -> ASGIApp:
    """Make a service of a personality, with one thing broken if a mutant is named.

    Args:
        noise: the share of draws that ignore near-greedy settings.
        diversity: how many openings the model has.
        key: the only right one; None takes any.
        paced: whether streams come at the speed of the model.
        rpm_limit: requests a minute; what is more is answered with a 429 at once.
        latency: seconds before every answer begins, but for those of the rate limit.
        faults: what goes wrong on purpose, of what befalls requests; connections are the server's.
        models: names it answers to beside those of the personality.

    Raises:
        ValueError: nobody has that name, or a number makes no sense.
    """
    if not 0 <= noise <= 1:
        raise ValueError(f"noise is a probability, not {noise}")
    if diversity is not None and diversity <= 0:
        raise ValueError(f"diversity is a number of openings, not {diversity}")
    if rpm_limit is not None and rpm_limit < 1:
        raise ValueError(f"rpm_limit is a number of requests a minute, not {rpm_limit}")
    if not (0 <= latency < math.inf):
        raise ValueError(f"latency is a number of seconds, not {latency}")
    habits = mutated(personality, mutant, models)
    endpoints = _Endpoints(Service(habits, Traits(seed, noise, diversity)), key, paced)
    routes = [
        Route("/v1/messages", endpoints.messages, methods=["POST"]),
        Route("/v1/messages/count_tokens", endpoints.count_tokens, methods=["POST"]),
        Route("/v1/models", endpoints.models, methods=["GET"]),
        Route("/v1/models/{name}", endpoints.model, methods=["GET"]),
    ]
    # MiniMax's base URL ends in /anthropic; the SDK adds the rest.
    nowhere = Route("/{path:path}", endpoints.nowhere, methods=_METHODS)
    app: ASGIApp = Starlette(routes=[*routes, Mount("/anthropic", routes=[*routes, nowhere]), nowhere])
    if faults is not None:
        app = Faulty(app, faults, endpoints.refuse)
    if latency:
        app = Delayed(app, latency)
    if rpm_limit is not None:
        app = RateLimited(app, TokenBucket(rpm_limit), endpoints.refuse)
    return Stamped(RequestLog(app, faults.happened if faults else Counter()), habits.stamp)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request on its way to an answer: who answers it, its body and headers, and its id."""

    personality: Personality
    raw: bytes
    headers: Mapping[str, str]
    request_id: str

    @property
    def body(self) -> Object:
        body = _parsed(self.raw)
        if isinstance(body, ValueError):
            raise Refusal(f"The request body is not valid JSON: {body}")
        if not is_object(body):
            raise Refusal("The request body is not a JSON object")
        return body

    @property
    def ids(self) -> dict[str, str]:
        """The request's id in the headers of its answer."""
        return dict.fromkeys(self.personality.dialect.request_id_headers, self.request_id)

    def json(self, status: int, body: Object) -> Response:
        """An answer that is not streamed."""
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        if self.personality.dialect.escapes_html:  # as Go's encoder does: > is sent as \u003e
            for character in "<>&":
                text = text.replace(character, f"\\u{ord(character):04x}")
        return Response(text, status, headers=self.ids, media_type=self.personality.message_type)

    def failure(self, refusal: Refusal) -> Response:
        failure = Failure(refusal.status, self.personality.dialect.error(refusal, self.request_id))
        for change in self.personality.on_failure:
            failure = change(failure)
        body = _parsed(self.raw)
        if self.personality.blanks_streamed_errors and is_object(body) and body.get("stream") is True:
            return Response(b"", 200, media_type=self.personality.stream_type)
        answer = self.json(failure.status, failure.body)
        answer.headers.update(failure.headers)
        return answer


@dataclass(frozen=True)
class _Endpoints:
    """Takes requests in and hands answers out."""

    service: Service
    key: str | None
    paced: bool

    async def messages(self, http: HttpRequest) -> Response:
        return await self._answered(http, self._message)

    async def count_tokens(self, http: HttpRequest) -> Response:
        return await self._answered(http, self._count)

    async def models(self, http: HttpRequest) -> Response:
        return await self._answered(http, _models)

    async def model(self, http: HttpRequest) -> Response:
        return await self._answered(http, lambda call: _model(call, str(http.path_params["name"])))

    async def nowhere(self, _: HttpRequest) -> Response:
        dialect = self.service.personality(None).dialect
        if dialect.no_such_path is not None:
            return Response(dialect.no_such_path, 404, media_type="text/plain")
        return self.refuse(Refusal("Not found", "not_found_error"))

    def refuse(self, refusal: Refusal) -> Response:
        """Refuse what was not looked into."""
        return self._call(b"", {}).failure(refusal)

    def _call(self, raw: bytes, headers: Mapping[str, str]) -> _Call:
        personality = self.service.personality(_parsed(raw))
        return _Call(personality, raw, headers, personality.dialect.request_id(self.service.draw("request", raw)))

    async def _answered(self, http: HttpRequest, answer: Callable[[_Call], Response]) -> Response:
        call = self._call(await http.body(), http.headers)
        try:
            call.personality.authenticates(http.headers, self.key)
            return answer(call)
        except Refusal as refusal:
            return call.failure(refusal)

    def _message(self, call: _Call) -> Response:
        answer = self.service.answer(call.body, call.headers)
        if answer.streamed:
            return self._stream(call, answer)
        message = call.personality.dialect.message(answer.reply)
        for change in call.personality.on_message:
            message = change(message)
        return call.json(200, message)

    def _stream(self, call: _Call, answer: Answer) -> Response:
        personality = call.personality
        stream = events(answer.reply, personality.dialect.stream)
        for change in personality.on_events:
            stream = change(stream)
        speed = answer.model.speed * personality.speed if self.paced else None
        sent = (
            _held_back(stream, speed)
            if personality.holds_back(call.body)
            else _sent(stream, speed, personality.silence)
        )
        headers = call.ids | {"cache-control": "no-cache", "content-type": personality.stream_type}
        return StreamingResponse(sent, headers=headers)

    def _count(self, call: _Call) -> Response:
        return call.json(200, {"input_tokens": self.service.count(call.body, call.headers)})


def _models(call: _Call) -> Response:
    described = [_described(model.name) for model in call.personality.models if call.personality.lists]
    names = [model["id"] for model in described]
    ends = {"first_id": names[0], "last_id": names[-1]} if names else {"first_id": None, "last_id": None}
    return call.json(200, {"data": described, "has_more": False, **ends})


def _model(call: _Call, name: str) -> Response:
    if not call.personality.lists or name not in [model.name for model in call.personality.models]:
        raise Refusal(f"model: {name}", "not_found_error")
    return call.json(200, _described(name))


def _described(name: str) -> Object:
    return {"type": "model", "id": name, "display_name": name, "created_at": _RELEASED, "lifecycle": "active"}


async def _sent(stream: tuple[Event, ...], speed: float | None, silence: float = 0.0) -> AsyncIterator[bytes]:
    """Send event by event, each when a model of this speed would have written it; the last after a silence."""
    start, written = time.monotonic(), 0
    for event in stream:
        if silence and event is stream[-1]:
            await asyncio.sleep(silence)
        written += event.tokens
        # Against the clock and not against the last event, so that a late one is caught up with.
        await asyncio.sleep(max(0.0, start + written / speed - time.monotonic()) if speed else 0)
        yield event.encoded


async def _held_back(stream: tuple[Event, ...], speed: float | None) -> AsyncIterator[bytes]:
    await asyncio.sleep(sum(event.tokens for event in stream) / speed if speed else 0)
    yield b"".join(event.encoded for event in stream)


def _parsed(raw: bytes) -> Any:
    """The JSON of a body, or the error that it is none."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON value")

    try:
        return json.loads(raw, parse_constant=refuse)
    except ValueError as fault:
        return fault
