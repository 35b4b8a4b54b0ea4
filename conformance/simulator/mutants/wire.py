"""Services that break the wire: the shape of replies, the grammar of streams, errors, keys and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from conformance.simulator.doors import Door, door, open_door
from conformance.simulator.events import Event
from conformance.simulator.personality import Failure
from conformance.simulator.refusals import STATUSES, Refusal
from conformance.simulator.requests import Request
from conformance.simulator.shapes import Object

from .mutant import Change, Mutant, checking, failing, replying, streaming, unchecked, writing

Events = tuple[Event, ...]
_COUNTS: Final = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def mutants() -> Iterator[Mutant]:
    """All services that break the wire."""
    yield from _responses()
    yield from _streams()
    yield from _errors()
    yield from _headers()
    yield from _limits()


def _responses() -> Iterator[Mutant]:
    for name in ("id", "type", "role", "model"):
        yield Mutant(f"response.shape-missing-{name}", f"A reply has no {name}.", writing(_without(name)))
    yield Mutant(
        "response.shape-content-string",
        "A reply's content is a string.",
        writing(lambda it: {**it, "content": _all(it)}),
    )
    yield Mutant(
        "response.shape-block-without-type",
        "A reply's content blocks do not say their type.",
        writing(lambda it: {**it, "content": [_without("type")(block) for block in it["content"]]}),
    )
    yield Mutant("response.usage-missing", "A reply has no usage.", writing(_without("usage")))
    yield Mutant(
        "response.usage-zero",
        "A reply's usage is all zeros.",
        writing(lambda it: {**it, "usage": _zeros(it["usage"])}),
    )
    yield Mutant(
        "response.stop_reason-null",
        "A reply's stop_reason is null.",
        writing(lambda it: {**it, "stop_reason": None}),
    )
    yield Mutant(
        "response.stop_reason-unknown",
        "A reply's stop_reason is OpenAI's `stop`.",
        writing(lambda it: {**it, "stop_reason": "stop"}),
    )
    yield Mutant(
        "response.stop_reason-always-end_turn",
        "Every reply says end_turn, streamed or not.",
        replying(lambda reply: replace(reply, stop_reason="end_turn", stop_sequence=None)),
    )
    yield Mutant(
        "response.content_type-wrong",
        "JSON is sent as text/plain.",
        lambda service: replace(service, message_type="text/plain"),
    )


def _without(name: str) -> Callable[[Object], Object]:
    return lambda value: {key: inner for key, inner in value.items() if key != name}


def _all(message: Object) -> str:
    return "".join(str(block.get("text", "")) for block in message["content"])


def _zeros(usage: Object) -> Object:
    return {name: 0 if name in _COUNTS else value for name, value in usage.items()}


def _streams() -> Iterator[Mutant]:
    for kind in ("message_start", "message_delta", "message_stop"):
        yield Mutant(f"stream.{kind}-missing", f"A stream has no {kind}.", streaming(_dropping(kind)))
    yield Mutant(
        "stream.event_names-missing",
        "A stream's events have no `event:` lines.",
        streaming(_every(lambda event: replace(event, name=None))),
    )
    yield Mutant(
        "stream.event_names-wrong",
        "All of a stream's events are called `message`.",
        streaming(_every(lambda event: replace(event, name="message"))),
    )
    yield Mutant("stream.shape-untyped-delta", "The deltas of a stream have no type.", streaming(_every(_untyped)))
    yield Mutant("stream.blocks-wrong-index", "A block's deltas have the next block's index.", streaming(_misindexed))
    yield Mutant("stream.blocks-delta-before-start", "A delta comes before its block's start.", streaming(_too_early))
    yield Mutant("stream.blocks-never-stopped", "No block is ever stopped.", streaming(_dropping("content_block_stop")))
    yield Mutant("stream.thinking-unsigned", "No signature_delta ends a thinking block.", streaming(_unsigned))
    yield Mutant("stream.tool_input-unparsable", "The JSON of a tool's input breaks off.", streaming(_broken_off))
    yield Mutant(
        "stream.incremental-held-back",
        "A stream is held back until the answer is whole, and sent at once.",
        lambda service: replace(service, holds_back=True),
    )
    yield Mutant("stream.usage-missing", "A stream has no usage.", streaming(_every(_usage(None))))
    yield Mutant("stream.usage-zero", "A stream's usage is all zeros.", streaming(_every(_usage(_zeros))))
    yield Mutant("stream.stop_reason-null", "A stream's stop_reason stays null.", streaming(_every(_unreasoned)))
    yield Mutant(
        "stream.content_type-wrong",
        "A stream is sent as application/json.",
        lambda service: replace(service, stream_type="application/json"),
    )


def _dropping(kind: str) -> Callable[[Events], Events]:
    return lambda events: tuple(event for event in events if event.data["type"] != kind)


def _every(change: Callable[[Event], Event]) -> Callable[[Events], Events]:
    return lambda events: tuple(change(event) for event in events)


def _misindexed(events: Events) -> Events:
    def shifted(event: Event) -> Event:
        if event.data["type"] != "content_block_delta":
            return event
        return replace(event, data={**event.data, "index": event.data["index"] + 1})

    return _every(shifted)(events)


def _untyped(event: Event) -> Event:
    if event.data["type"] != "content_block_delta":
        return event
    delta = {key: value for key, value in event.data["delta"].items() if key != "type"}
    return replace(event, data={**event.data, "delta": delta})


def _too_early(events: Events) -> Events:
    """Each block's first delta changes places with its start; a ping may lie between."""
    moved = list(events)
    starts = [at for at, event in enumerate(events) if event.data["type"] == "content_block_start"]
    for start in starts:
        delta = next(at for at in range(start, len(moved)) if moved[at].data["type"] == "content_block_delta")
        moved[start], moved[delta] = moved[delta], moved[start]
    return tuple(moved)


def _unsigned(events: Events) -> Events:
    return tuple(event for event in events if event.data.get("delta", {}).get("type") != "signature_delta")


def _broken_off(events: Events) -> Events:
    kept = list(events)
    inputs = [at for at, event in enumerate(events) if event.data.get("delta", {}).get("partial_json")]
    if inputs:
        event = events[inputs[-1]]
        piece = event.data["delta"]["partial_json"][:-1]
        kept[inputs[-1]] = replace(event, data={**event.data, "delta": {**event.data["delta"], "partial_json": piece}})
    return tuple(kept)


def _usage(change: Callable[[Object], Object] | None) -> Callable[[Event], Event]:
    """Change the usage of message_start and message_delta, or leave it out."""

    def changed(holder: Object) -> Object:
        if "usage" not in holder:
            return holder
        if change is None:
            return _without("usage")(holder)
        return {**holder, "usage": change(holder["usage"])}

    def event(event: Event) -> Event:
        data = changed(event.data)
        if "message" in data:
            data = {**data, "message": changed(data["message"])}
        return replace(event, data=data)

    return event


def _unreasoned(event: Event) -> Event:
    if event.data["type"] != "message_delta":
        return event
    return replace(event, data={**event.data, "delta": {**event.data["delta"], "stop_reason": None}})


def _errors() -> Iterator[Mutant]:
    yield Mutant("errors.status-200", "Errors are sent with status 200.", failing(_status(lambda _: 200)))
    yield Mutant("errors.status-500", "Every error is sent with status 500.", failing(_status(lambda _: 500)))
    yield Mutant(
        "errors.authentication-wrong-status",
        "A bad key is answered with 400, not 401.",
        failing(_status(lambda status: 400 if status == STATUSES["authentication_error"] else status)),
    )
    yield Mutant(
        "errors.envelope-missing",
        "Errors come without the envelope, a bare message.",
        failing(lambda failure: Failure(failure.status, {"message": failure.body["error"]["message"]})),
    )
    yield Mutant("errors.type-wrong", "The error's type is api_error for every fault.", failing(_mistyped))
    yield Mutant("errors.authentication-open", "Everybody is let in, with or without a key.", _guarded(open_door))


def _status(change: Callable[[int], int]) -> Callable[[Failure], Failure]:
    return lambda failure: replace(failure, status=change(failure.status))


def _mistyped(failure: Failure) -> Failure:
    return replace(failure, body={**failure.body, "error": {**failure.body["error"], "type": "api_error"}})


def _guarded(admits: Door) -> Change:
    return lambda service: replace(service, admits=admits)


def _headers() -> Iterator[Mutant]:
    yield Mutant(
        "headers.authorization-refused",
        "A key in Authorization: Bearer is not taken.",
        _guarded(door(bearer=False)),
    )
    yield Mutant("headers.x-api-key-refused", "A key in x-api-key is not taken.", _guarded(door(x_api_key=False)))
    yield Mutant(
        "headers.anthropic-version-refused",
        "Every anthropic-version but 2023-06-01 is refused.",
        checking("headers.anthropic-version", _header("anthropic-version", "2023-06-01"), first=True),
    )
    yield Mutant(
        "headers.anthropic-version.2026-10-21-lenient",
        "Version 2026-10-21 takes what it no longer should.",
        unchecked("version.2026"),
        "reference",
    )
    yield Mutant(
        "headers.anthropic-beta-refused",
        "A request with an anthropic-beta header is refused.",
        checking("headers.anthropic-beta", _header("anthropic-beta", None), first=True),
    )


def _header(name: str, only: str | None) -> Callable[[Request], None]:
    def check(request: Request) -> None:
        given: Any = request.headers.get(name, only)
        if given != only:
            raise Refusal(f"{name}: {given!r} is not supported")

    return check


def _limits() -> Iterator[Mutant]:
    yield Mutant(
        "limits.output_speed-slow",
        "Streams run at a sixth of the documented speed.",
        lambda service: replace(service, pace=service.pace / 6),
    )
    yield Mutant(
        "limits.context_window-small",
        "Prompts above 100,000 tokens are refused.",
        lambda service: replace(service, window=100_000),
    )
