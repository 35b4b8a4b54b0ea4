"""Answers of status 200 that do not hold what they should, or not as they say."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import chain
from typing import Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.faults.call import Call, Fault, Meeting, Spared, Whole
from conformance.simulator.json_values import Object
from conformance.simulator.middleware import heading

HUGE: Final = 50_000_000
"""Bytes of text in the huge answer."""

_CHUNK: Final = 65_536
_FAILURES: Final = (("Internal server error", "api_error"), ("Overloaded", "overloaded_error"))


def faults() -> Iterator[Fault]:
    """All of this module."""
    yield Fault("200-error", "an error in the envelope, with status 200", _error)
    yield Fault("200-error-event", "a stream that ends in an error event", _error_event, streams_only=True)
    yield Fault("invalid-json", "the JSON breaks off: of the whole answer, or of one event of a stream", _invalid_json)
    yield Fault("text-html", "a good answer that is said to be text/html", _said_to_be("text/html"))
    yield Fault("text-plain", "a good answer that is said to be text/plain", _said_to_be("text/plain"))
    yield Fault("json-stream", "a good stream that is said to be application/json", _json_stream, streams_only=True)
    yield Fault("gzip", "a gzipped answer with damaged bytes, or without its end", _gzip)
    yield Fault("huge", f"an answer of {HUGE // 1_000_000} MB", _huge)


async def _error(call: Call) -> None:
    response = call.refuse(Refusal(*call.chance.choice(_FAILURES)))
    response.status_code = 200
    await response(call.scope, call.receive, call.send)


async def _error_event(call: Call) -> None:
    answer = await _stream(call)
    failure = json.loads(bytes(call.refuse(Refusal(*call.chance.choice(_FAILURES))).body))
    kept = answer.parts[: call.chance.randrange(len(answer.parts))]
    await call.give(Whole(answer.status, answer.headers, (*kept, _event("error", failure))))


async def _json_stream(call: Call) -> None:
    await call.give((await _stream(call)).saying(content_type="application/json"))


async def _stream(call: Call) -> Whole:
    answer = await call.answered()
    if not answer.is_stream:  # it was asked for, and refused
        raise Spared(answer)
    return answer


async def _invalid_json(call: Call) -> None:
    answer = await call.answered()
    if answer.is_stream:
        parts = list(answer.parts)
        at = call.chance.randrange(len(parts))
        parts[at] = parts[at].rstrip()[: -call.chance.randrange(1, 8)] + b"\n\n"
        await call.give(Whole(answer.status, answer.headers, tuple(parts)))
    else:
        body = answer.body[: call.chance.randrange(1, max(2, len(answer.body)))]
        await call.give(Whole(answer.status, answer.headers, (body,)).saying(content_length=str(len(body))))


def _said_to_be(media_type: str) -> Meeting:
    async def meet(call: Call) -> None:
        await call.pass_on(heading(call.send, lambda headers: headers.update({"content-type": media_type})))

    return meet


async def _gzip(call: Call) -> None:
    answer = await call.answered()
    packed = bytearray(gzip.compress(answer.body, mtime=0))
    if call.chance.random() < 0.5:
        del packed[len(packed) // 2 :]
    else:
        # Behind the head, which has nothing to lose, and before the checksum, which does not lie.
        for at in call.chance.sample(range(10, max(11, len(packed) - 8)), k=1):
            packed[at] ^= 0xFF
    whole = Whole(answer.status, answer.headers, (bytes(packed),))
    await call.give(whole.saying(content_encoding="gzip", content_length=str(len(packed))))


async def _huge(call: Call) -> None:
    """Write it as it goes: nobody keeps 50 MB, and who has left is written no more."""
    message: Object = {
        "id": "msg_huge",
        "type": "message",
        "role": "assistant",
        "model": "huge",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    if call.streamed:
        await call.start(200, (("content-type", "text/event-stream; charset=utf-8"),))
        parts = _huge_stream(message)
    else:
        head, tail = (
            json.dumps(message | {"stop_reason": "end_turn", "content": [{"type": "text", "text": "|"}]})
            .encode()
            .split(b"|")
        )
        length = str(len(head) + HUGE + len(tail))
        await call.start(200, (("content-type", "application/json"), ("content-length", length)))
        parts = chain([head], (b"x" * min(_CHUNK, HUGE - sent) for sent in range(0, HUGE, _CHUNK)), [tail])
    for part in parts:
        if call.is_gone:
            await call.gone()
            return
        await call.write(part)
    await call.end()


def _huge_stream(message: Object) -> Iterator[bytes]:
    delta = {"index": 0, "delta": {"type": "text_delta", "text": "x" * _CHUNK}}
    yield _event("message_start", {"message": message})
    yield _event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
    for _ in range(0, HUGE, _CHUNK):
        yield _event("content_block_delta", delta)
    yield _event("content_block_stop", {"index": 0})
    stop = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": message["usage"]}
    yield _event("message_delta", stop)
    yield _event("message_stop", {})


def _event(name: str, data: Object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n".encode()
