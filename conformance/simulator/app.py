"""The service as an ASGI application: routes, keys, envelopes and the stream's pace."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from .events import Event, events
from .faults import Faults, Faulty
from .ledger import Ledger
from .mutants import mutated
from .pace import Bucket, Late, Limited
from .personality import Failure, Personality
from .refusals import Refusal
from .service import Answer, Service, Traits
from .shapes import Object, is_object
from .stamp import Stamped

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
    habits = mutated(personality, mutant)
    desk = _Desk(Service(habits, Traits(seed, noise, diversity)), key, paced)
    routes = [
        Route("/v1/messages", desk.messages, methods=["POST"]),
        Route("/v1/messages/count_tokens", desk.count_tokens, methods=["POST"]),
        Route("/v1/models", desk.models, methods=["GET"]),
        Route("/v1/models/{name}", desk.model, methods=["GET"]),
    ]
    # MiniMax's base URL ends in /anthropic; the SDK adds the rest.
    nowhere = Route("/{path:path}", desk.nowhere, methods=_METHODS)
    app: ASGIApp = Starlette(routes=[*routes, Mount("/anthropic", routes=[*routes, nowhere]), nowhere])
    if faults is not None:
        app = Faulty(app, faults, desk.refuse)
    if latency:
        app = Late(app, latency)
    if rpm_limit is not None:
        app = Limited(app, Bucket(rpm_limit), desk.refuse)
    return Stamped(Ledger(app, faults.happened if faults else Counter()), habits.stamp)


@dataclass(frozen=True)
class _Desk:
    """Takes requests in and hands answers out."""

    service: Service
    key: str | None
    paced: bool

    async def messages(self, http: HttpRequest) -> Response:
        return await self._served(http, self._message)

    async def count_tokens(self, http: HttpRequest) -> Response:
        return await self._served(http, self._count)

    async def models(self, http: HttpRequest) -> Response:
        return await self._served(http, self._models)

    async def model(self, http: HttpRequest) -> Response:
        return await self._served(http, partial(self._model, http.path_params["name"]))

    async def nowhere(self, _: HttpRequest) -> Response:
        personality = self.service.personality(None)
        if personality.wire.no_such_path is not None:
            return Response(personality.wire.no_such_path, 404, media_type="text/plain")
        return self.refuse(Refusal("Not found", "not_found_error"))

    def refuse(self, refusal: Refusal) -> Response:
        """Refuse what was not looked into."""
        personality = self.service.personality(None)
        request_id = personality.wire.request_id(self.service.draw("request", b""))
        return _failure(personality, refusal, request_id)

    async def _served(
        self, http: HttpRequest, serve: Callable[[Personality, bytes, Mapping[str, str], str], Response]
    ) -> Response:
        raw = await http.body()
        personality = self.service.personality(_parsed(raw))
        request_id = personality.wire.request_id(self.service.draw("request", raw))
        try:
            personality.admits(http.headers, self.key)
            return serve(personality, raw, http.headers, request_id)
        except Refusal as refusal:
            return _failure(personality, refusal, request_id)

    def _message(self, personality: Personality, raw: bytes, headers: Mapping[str, str], request_id: str) -> Response:
        answer = self.service.answer(_body(raw), headers)
        if answer.streamed:
            return self._stream(personality, answer, request_id)
        message = personality.wire.message(answer.reply)
        for change in personality.on_message:
            message = change(message)
        return _json(personality, 200, message, request_id)

    def _stream(self, personality: Personality, answer: Answer, request_id: str) -> Response:
        stream = events(answer.reply, personality.wire.stream)
        for change in personality.on_events:
            stream = change(stream)
        speed = answer.model.speed * personality.pace if self.paced else None
        sent = _held_back(stream, speed) if personality.holds_back else _sent(stream, speed)
        headers = _ids(personality, request_id) | {
            "cache-control": "no-cache",
            "content-type": personality.stream_type,
        }
        return StreamingResponse(sent, headers=headers)

    def _count(self, personality: Personality, raw: bytes, headers: Mapping[str, str], request_id: str) -> Response:
        return _json(personality, 200, {"input_tokens": self.service.count(_body(raw), headers)}, request_id)

    def _models(self, personality: Personality, _raw: bytes, _headers: Mapping[str, str], request_id: str) -> Response:
        names = [model.name for model in personality.models if personality.lists]
        page = {
            "data": [_description(name) for name in names],
            "has_more": False,
            "first_id": names[0] if names else None,
            "last_id": names[-1] if names else None,
        }
        return _json(personality, 200, page, request_id)

    def _model(
        self, name: str, personality: Personality, _raw: bytes, _headers: Mapping[str, str], request_id: str
    ) -> Response:
        if name not in [model.name for model in personality.models]:
            raise Refusal(f"model: {name}", "not_found_error")
        return _json(personality, 200, _description(name), request_id)


def _description(name: str) -> Object:
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": _RELEASED,
        "lifecycle": "active",
    }


async def _sent(stream: tuple[Event, ...], speed: float | None) -> AsyncIterator[bytes]:
    """Send event by event, each when a model of this speed would have written it."""
    start, written = time.monotonic(), 0
    for event in stream:
        written += event.tokens
        # Against the clock and not against the last event, so that a late one is caught up with.
        await asyncio.sleep(max(0.0, start + written / speed - time.monotonic()) if speed else 0)
        yield event.encoded


async def _held_back(stream: tuple[Event, ...], speed: float | None) -> AsyncIterator[bytes]:
    await asyncio.sleep(sum(event.tokens for event in stream) / speed if speed else 0)
    yield b"".join(event.encoded for event in stream)


def _body(raw: bytes) -> Object:
    body = _parsed(raw)
    if isinstance(body, ValueError):
        raise Refusal(f"The request body is not valid JSON: {body}")
    if not is_object(body):
        raise Refusal("The request body is not a JSON object")
    return body


def _parsed(raw: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON value")

    try:
        return json.loads(raw, parse_constant=refuse)
    except ValueError as fault:
        return fault


def _json(personality: Personality, status: int, body: Object, request_id: str) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if personality.wire.escapes_html:  # as Go's encoder does: > is sent as \u003e
        for character in "<>&":
            text = text.replace(character, f"\\u{ord(character):04x}")
    return Response(text, status, headers=_ids(personality, request_id), media_type=personality.message_type)


def _failure(personality: Personality, refusal: Refusal, request_id: str) -> Response:
    failure = Failure(refusal.status, personality.wire.error(refusal, request_id))
    for change in personality.on_failure:
        failure = change(failure)
    return _json(personality, failure.status, failure.body, request_id)


def _ids(personality: Personality, request_id: str) -> dict[str, str]:
    return dict.fromkeys(personality.wire.request_id_headers, request_id)
