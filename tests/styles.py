"""Healthy services of unusual manners: what a maker may do without breaking any client, over a real socket.

Each is a layer of its own around the simulator, on the bytes that come and go: it knows nothing of how the
simulator is made, and so no more than a gateway knows of the model behind it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from services import again, parts
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.simulator import STAMP, create_app, serving

Body = dict[str, Any]
Event = tuple[str, Body]
"""The name of an event, and its data."""


@dataclass(frozen=True)
class Failure:
    """An error, before it is sent; a body of text is no JSON."""

    status: int
    body: Body | str


def _same(value: Any, *_: Any) -> Any:
    return value


def _encoded(name: str, data: Body) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _never(_: str, __: Body) -> Failure | None:
    return None


@dataclass(frozen=True)
class Style:
    """What a service does in its own way, and what a matrix is right to say of it."""

    name: str
    request: Callable[[Body], Body] = _same
    """What the model is asked, of what the client asked."""
    refuses: Callable[[str, Body], Failure | None] = _never
    """By path and body: what is refused before the model sees it."""
    message: Callable[[Body, Body], Body] = _same
    """The message, and the request it answers."""
    events: Callable[[list[Event], Body], list[Event]] = _same
    listing: Callable[[Body], Body] = _same
    """The list of models."""
    failure: Callable[[Failure], Failure] = _same
    written: Callable[[Body], str] = json.dumps
    """How JSON is written."""
    encoded: Callable[[str, Body], bytes] = _encoded
    """How an event is written."""
    pieces: int = 0
    """Bytes that are sent at once; 0 is a whole event, or body."""
    pause: float = 0.0
    """Seconds before each event, or body."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    matrices: tuple[str, ...] = ("matrices/anthropic.yaml",)
    """The strictest there is; what changes much is held to the page of a service that thinks by itself as well."""
    deviates: Mapping[str, str] = field(default_factory=dict[str, str])
    """Rows that are rightly blamed, as a matrix documents otherwise: by feature, what is seen."""


@contextmanager
def style(manners: Style, personality: str) -> Iterator[str]:
    """Serve the simulator in these manners."""
    with serving(_Styled(create_app(personality, paced=False), manners)) as url:
        yield url


@dataclass(frozen=True)
class _Styled:
    app: ASGIApp
    style: Style

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = b"".join([part async for part in parts(receive)])
        asked = _object(raw)
        refusal = self.style.refuses(scope["path"], asked)
        if refusal is not None:
            await self._fail(refusal, {STAMP: "style"}, send)
            return
        if asked:
            raw = json.dumps(self.style.request(asked)).encode()
        status, headers, answer = await self._answer(scope, raw, receive)
        if status >= 400:
            await self._fail(Failure(status, _object(answer) or answer.decode()), headers, send)
        elif "event-stream" in headers["content-type"]:
            events = self.style.events(_parsed(answer), asked)
            chunks = [self.style.encoded(name, data) for name, data in events]
            await _send(send, status, headers, chunks, self.style)
        else:
            body = _object(answer)
            if scope["path"].endswith("/messages"):
                body = self.style.message(body, asked)
            elif scope["path"].endswith("/models"):
                body = self.style.listing(body)
            await _send(send, status, headers, [self.style.written(body).encode()], self.style)

    async def _answer(self, scope: Scope, raw: bytes, receive: Receive) -> tuple[int, dict[str, str], bytes]:
        started: list[Message] = []
        body = bytearray()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            else:
                body.extend(message.get("body", b""))

        kept = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        await self.app({**scope, "headers": kept}, again(raw, receive), sent)
        headers = {name.decode().lower(): value.decode() for name, value in started[0]["headers"]}
        return started[0]["status"], headers, bytes(body)

    async def _fail(self, failure: Failure, headers: Mapping[str, str], send: Send) -> None:
        changed = self.style.failure(failure)
        plain = isinstance(changed.body, str)
        text = changed.body if isinstance(changed.body, str) else self.style.written(changed.body)
        kind = "text/plain; charset=utf-8" if plain else "application/json"
        await _send(send, changed.status, {**headers, "content-type": kind}, [text.encode()], self.style)


async def _send(send: Send, status: int, headers: Mapping[str, str], chunks: list[bytes], manners: Style) -> None:
    kept = {name: value for name, value in headers.items() if name != "content-length"} | manners.headers
    if manners.pieces:
        whole = b"".join(chunks)
        chunks = [whole[at : at + manners.pieces] for at in range(0, len(whole), manners.pieces)]
    encoded = [(name.encode(), value.encode()) for name, value in kept.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    for chunk in chunks:
        await asyncio.sleep(manners.pause)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _object(raw: bytes) -> Body:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _parsed(stream: bytes) -> list[Event]:
    events: list[Event] = []
    for block in stream.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in lines:
            events.append((lines.get("event", ""), json.loads(lines["data"])))
    return events


# --- manners


def _error(message: str, status: int = 400, kind: str = "invalid_request_error") -> Failure:
    return Failure(status, {"type": "error", "error": {"type": kind, "message": message}})


def _blocks_of(turn: Body) -> list[Body]:
    content = turn.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _turns_of(body: Body) -> list[Body]:
    turns = body.get("messages")
    return [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []


def _is_off(body: Body) -> bool:
    thinking = body.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") == "disabled"


_SAMPLING = ("temperature", "top_p", "top_k", "tool_choice", "thinking")


def _thinking_by_default(body: Body) -> Body:
    """Asks the model to think unless the client says otherwise (or asks for what rules thinking out)."""
    return body if any(name in body for name in _SAMPLING) else {**body, "thinking": {"type": "adaptive"}}


def _wanting_its_thoughts(_: str, body: Body) -> Failure | None:
    """As DeepSeek's thinking mode: a call in the history without the thought before it is refused."""
    if _is_off(body):
        return None
    for turn in _turns_of(body):
        kinds = [block.get("type") for block in _blocks_of(turn)]
        if turn.get("role") == "assistant" and "tool_use" in kinds and "thinking" not in kinds:
            return _error("The `content[].thinking` in the thinking mode must be passed back to the API.")
    return None


_REDACTED: Body = {"type": "redacted_thinking", "data": "RW5jcnlwdGVkIHRob3VnaHRz"}


def _without_redacted(body: Body) -> Body:
    turns = [
        {**turn, "content": [block for block in _blocks_of(turn) if block.get("type") != "redacted_thinking"]}
        if isinstance(turn.get("content"), list)
        else turn
        for turn in _turns_of(body)
    ]
    return {**body, "messages": turns} if turns else body


def _redacted_first(message: Body, asked: Body) -> Body:
    return message if _is_off(asked) else {**message, "content": [_REDACTED, *message["content"]]}


def _before(first: list[Event], events: list[Event]) -> list[Event]:
    """The events of another block before all others."""
    shifted = [
        (name, {**data, "index": data["index"] + 1} if isinstance(data.get("index"), int) else data)
        for name, data in events
    ]
    return [shifted[0], *first, *shifted[1:]]


def _redacted_in_streams(events: list[Event], asked: Body) -> list[Event]:
    if _is_off(asked):
        return events
    start = {"type": "content_block_start", "index": 0, "content_block": _REDACTED}
    stop = {"type": "content_block_stop", "index": 0}
    return _before([("content_block_start", start), ("content_block_stop", stop)], events)


def _named(change: Callable[[str], str]) -> dict[str, Any]:
    def started(events: list[Event], _: Body) -> list[Event]:
        return [
            (name, {**data, "message": {**data["message"], "model": change(data["message"]["model"])}})
            if name == "message_start"
            else (name, data)
            for name, data in events
        ]

    def listed(body: Body) -> Body:
        return {**body, "data": [{**model, "id": change(model["id"])} for model in body["data"]]}

    def named(body: Body, _: Body) -> Body:
        return {**body, "model": change(body["model"])}

    return {"message": named, "events": started, "listing": listed}


def _everywhere(value: Any, change: Callable[[Body], Body]) -> Any:
    if isinstance(value, dict):
        return change({name: _everywhere(inner, change) for name, inner in value.items()})
    return [_everywhere(inner, change) for inner in value] if isinstance(value, list) else value


def _throughout(change: Callable[[Body], Body]) -> dict[str, Any]:
    return {
        "message": lambda body, _: _everywhere(body, change),
        "events": lambda events, _: [(name, _everywhere(data, change)) for name, data in events],
    }


def _other_ids(body: Body) -> Body:
    """Ids of another shape, of the same length of life: what is the same stays the same."""
    if not isinstance(body.get("id"), str):
        return body
    digest = hashlib.sha256(body["id"].encode()).hexdigest()
    shape = f"call_{digest[:24]}" if body.get("type") == "tool_use" else f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}"
    return {**body, "id": shape}


def _numbered_ids(body: Body) -> Body:
    if not isinstance(body.get("id"), str):
        return body
    return {**body, "id": str(int(hashlib.sha256(body["id"].encode()).hexdigest()[:12], 16))}


def _more_fields(body: Body) -> Body:
    more: Body = {"x_vendor": {"trace": "0af7651916cd43dd", "cached": False}, "created": 1764200000}
    return {**body, **more} if body.get("type") in ("message", "text", "tool_use", "ping", "message_delta") else body


def _pinging(events: list[Event], _: Body) -> list[Event]:
    found: list[Event] = []
    for event in events:
        found += [event, ("ping", {"type": "ping"})] if event[0] == "content_block_delta" else [event]
    return found


def _with_events_of_its_own(events: list[Event], _: Body) -> list[Event]:
    own: Event = ("vendor.queue", {"type": "vendor.queue", "position": 0})
    end: Event = ("vendor.billing", {"type": "vendor.billing", "credits": 0.002})
    return [events[0], own, *events[1:-1], end, events[-1]]


def _deltas(events: list[Event], cut: Callable[[str], list[str]]) -> list[Event]:
    """The stream with the words of every block cut anew."""
    keys = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
    found: list[Event] = []
    gathered, kind, at = "", "", 0
    for name, data in events:
        delta = data.get("delta", {})
        if name == "content_block_delta" and delta.get("type") in keys:
            kind, at = delta["type"], data["index"]
            gathered += delta[keys[kind]]
            continue
        if name == "ping" and gathered:
            continue
        if gathered:
            anew = ({"type": kind, keys[kind]: piece} for piece in cut(gathered))
            found += [
                ("content_block_delta", {"type": "content_block_delta", "index": at, "delta": delta}) for delta in anew
            ]
            gathered = ""
        found.append((name, data))
    return found


def pieced(events: list[Event], many: int) -> list[Event]:
    """The stream with the words of every block in so many pieces."""

    def cut(words: str) -> list[str]:
        size = max(1, -(-len(words) // many))
        return [words[at : at + size] for at in range(0, len(words), size)]

    return _deltas(events, cut)


def _with_empty_deltas(events: list[Event], _: Body) -> list[Event]:
    found: list[Event] = []
    for name, data in events:
        found.append((name, data))
        if name == "content_block_start" and data["content_block"].get("type") == "text":
            empty = {"type": "content_block_delta", "index": data["index"], "delta": {"type": "text_delta", "text": ""}}
            found.append(("content_block_delta", empty))
    return found


def _counted_at_the_end(events: list[Event], _: Body) -> list[Event]:
    """message_start counts nothing yet, and message_delta everything."""
    usage = next(data["message"]["usage"] for name, data in events if name == "message_start")
    found: list[Event] = []
    for name, data in events:
        if name == "message_start":
            zeros = {"input_tokens": 0, "output_tokens": 0}
            data = {**data, "message": {**data["message"], "usage": zeros}}  # noqa: PLW2901
        elif name == "message_delta":
            data = {**data, "usage": {**usage, **data["usage"]}}  # noqa: PLW2901
        found.append((name, data))
    return found


def _two_last_words(events: list[Event], _: Body) -> list[Event]:
    """One message_delta says why it stopped, and another what it took."""
    found: list[Event] = []
    for name, data in events:
        if name == "message_delta":
            found.append((name, {**data, "usage": {"output_tokens": 1}}))
            found.append((name, {**data, "delta": {}}))
        else:
            found.append((name, data))
    return found


_CALLING = "I will look that up."


def _text_before_calls(message: Body, _: Body) -> Body:
    content: list[Body] = []
    for block in message["content"]:
        if block["type"] == "tool_use" and (not content or content[-1]["type"] == "thinking"):
            content.append({"type": "text", "text": _CALLING})
        content.append(block)
    return {**message, "content": content}


def _text_before_streamed_calls(events: list[Event], _: Body) -> list[Event]:
    kinds = [data["content_block"]["type"] for name, data in events if name == "content_block_start"]
    if not kinds or kinds[0] != "tool_use":
        return events
    text = {"type": "text_delta", "text": _CALLING}
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": text}
    stop = {"type": "content_block_stop", "index": 0}
    return _before(
        [("content_block_start", start), ("content_block_delta", delta), ("content_block_stop", stop)], events
    )


def _texts(change: Callable[[str], str]) -> dict[str, Any]:
    """Every text block's words are changed; a stream's come in one piece."""

    def body(message: Body, _: Body) -> Body:
        content = [
            {**block, "text": change(block["text"])} if block["type"] == "text" else block
            for block in message["content"]
        ]
        return {**message, "content": content}

    def stream(events: list[Event], _: Body) -> list[Event]:
        whole = _deltas(events, lambda words: [words])
        return [
            (name, {**data, "delta": {**data["delta"], "text": change(data["delta"]["text"])}})
            if data.get("delta", {}).get("type") == "text_delta"
            else (name, data)
            for name, data in whole
        ]

    return {"message": body, "events": stream}


_HAN = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也"
_CHINESE = dict(zip(string.ascii_lowercase, _HAN, strict=False)) | {
    ".": "。",
    ",": "\uff0c",
    "!": "\uff01",
    "?": "\uff1f",
}
_ENGLISH = {han: letter for letter, han in _CHINESE.items()}


def chinese(words: str) -> str:
    """A text that is Chinese to look at: only names stay as they are, and what is the same stays the same."""
    return re.sub(r"(?<![A-Z\w])[a-z]+|[.,!?] ?|(?<=[a-z,.]) (?=[a-z])", lambda it: _each(it[0]), words)


def _each(words: str) -> str:
    return "".join(_CHINESE.get(character, "") for character in words)


def _stopped_in_chinese(body: Body) -> Body:
    stops = body.get("stop_sequences")
    if not isinstance(stops, list):
        return body
    return {**body, "stop_sequences": [_ENGLISH.get(stop, stop) for stop in stops]}


def _in_the_same_words(failure: Failure) -> Failure:
    """A refusal that says nothing of its reason."""
    if not isinstance(failure.body, dict) or not isinstance(failure.body.get("error"), dict):
        return failure
    error = {**failure.body["error"], "message": "参数错误：请检查请求参数 (1210)"}
    return replace(failure, body={**failure.body, "error": error})


def _verbosely(failure: Failure) -> Failure:
    """A refusal that tells of everything there is."""
    if not isinstance(failure.body, dict) or not isinstance(failure.body.get("error"), dict):
        return failure
    told = (
        "Your request could not be processed as it stands. Reason: {}. Please check the reference. Parameters: model, "
        "messages, max_tokens, system, stream, temperature, top_p, tools, tool_choice, thinking, metadata. Content: "
        "text, tool_use, tool_result, thinking. If the problem persists, support cannot be reached at weekends."
    )
    error = failure.body["error"]
    return replace(failure, body={**failure.body, "error": {**error, "message": told.format(error.get("message"))}})


def _with_more_in_errors(failure: Failure) -> Failure:
    if not isinstance(failure.body, dict) or not isinstance(failure.body.get("error"), dict):
        return failure
    error = {**failure.body["error"], "code": "E1004", "param": None, "details": [{"field": "?"}]}
    return replace(failure, body={**failure.body, "error": error, "status": failure.status, "request_id": None})


def _absent(*ends: str, body: Body | str = "404 page not found") -> Callable[[str, Body], Failure | None]:
    return lambda path, _: Failure(404, body) if path.endswith(ends) else None


def _unprocessable(failure: Failure) -> Failure:
    """As frameworks do it: what does not fit the schema is a 422."""
    return replace(failure, status=422) if failure.status == 400 else failure


def _one_more_call(message: Body, asked: Body) -> Body:
    """Calls a second tool beside the one that is named: nobody has forbidden it."""
    choice, calls = asked.get("tool_choice") or {}, [b for b in message["content"] if b["type"] == "tool_use"]
    others = [t for t in asked.get("tools") or [] if calls and t["name"] != calls[0]["name"]]
    if choice.get("type") not in ("any", "tool") or choice.get("disable_parallel_tool_use") or not others:
        return message
    more = {**calls[0], "id": f"{calls[0]['id']}b", "name": others[0]["name"]}
    return {**message, "content": [*message["content"], more]}


def _in_two_blocks(message: Body, _: Body) -> Body:
    content: list[Body] = []
    for block in message["content"]:
        half = len(block.get("text", "")) // 2
        content += [{**block, "text": t} for t in (block["text"][:half], block["text"][half:])] if half else [block]
    return {**message, "content": content}


def _crlf(name: str, data: Body) -> bytes:
    return _encoded(name, data).replace(b"\n", b"\r\n")


def _commented(name: str, data: Body) -> bytes:
    return b": keep-alive\n\n" + b"id: 7\nretry: 3000\n" + _encoded(name, data)


def _data_first(name: str, data: Body) -> bytes:
    return f"data:{json.dumps(data)}\nevent:{name}\n\n".encode()


def _over_lines(name: str, data: Body) -> bytes:
    lines = "\n".join(f"data: {line}" for line in json.dumps(data, indent=1, ensure_ascii=False).splitlines())
    return f"event: {name}\n{lines}\n\n".encode()


def _without_nulls(body: Body) -> Body:
    return {name: value for name, value in body.items() if value is not None or name == "stop_reason"}


def _naming_the_stop_in_chinese() -> dict[str, Any]:
    words = _texts(chinese)

    def message(body: Body, asked: Body) -> Body:
        stop = body.get("stop_sequence")
        return {**words["message"](body, asked), "stop_sequence": _CHINESE.get(stop, stop)}

    def events(told: list[Event], asked: Body) -> list[Event]:
        return [(name, _named_again(data)) for name, data in words["events"](told, asked)]

    return {**words, "message": message, "events": events}


def _named_again(data: Body) -> Body:
    delta = data.get("delta") or {}
    stop = delta.get("stop_sequence")
    return {**data, "delta": {**delta, "stop_sequence": _CHINESE.get(stop, stop)}} if stop else data


_HIDDEN = 24


def _leaving_room(body: Body) -> Body:
    """The model has so many tokens less to say: the rest it thinks, and nobody sees it."""
    most = body.get("max_tokens")
    return {**body, "max_tokens": max(1, most - _HIDDEN)} if isinstance(most, int) and most > 0 else body


def _with_hidden(usage: Body, asked: Body) -> Body:
    return {**usage, "output_tokens": min(asked["max_tokens"], usage["output_tokens"] + _HIDDEN)}


def _hiding(message: Body, asked: Body) -> Body:
    found = {**message, "usage": _with_hidden(message["usage"], asked)}
    return {**found, "content": [], "stop_reason": "max_tokens"} if asked["max_tokens"] <= _HIDDEN else found


def _hiding_in_streams(events: list[Event], asked: Body) -> list[Event]:
    cut = asked["max_tokens"] <= _HIDDEN
    found: list[Event] = []
    for name, data in events:
        if name == "message_delta":
            reason = {"delta": {**data["delta"], "stop_reason": "max_tokens"}} if cut else {}
            found.append((name, {**data, "usage": _with_hidden(data["usage"], asked), **reason}))
        elif not (cut and name.startswith("content_block")):
            found.append((name, data))
    return found


def _blank_before_calls(message: Body, _: Body) -> Body:
    content: list[Body] = []
    for block in message["content"]:
        content += [{"type": "text", "text": "\n"}, block] if block["type"] == "tool_use" else [block]
    return {**message, "content": content}


def _forbidden(failure: Failure) -> Failure:
    """A 403 for a key that is missing or wrong."""
    if failure.status != 401 or not isinstance(failure.body, dict):
        return failure
    return _error("Forbidden", 403, "permission_error")


def _no_forced_choice_while_thinking(_: str, body: Body) -> Failure | None:
    """A service that thinks by itself cannot be forced to call: Anthropic refuses the two together as well."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("any", "tool") and not _is_off(body):
        return _error("tool_choice: thinking may not be enabled when tool_choice forces tool use")
    return None


BOTH = ("matrix.yaml", "matrices/anthropic.yaml")
PAGE = ("matrix.yaml",)

STYLES: tuple[Style, ...] = (
    Style("thinks by default", request=_thinking_by_default, refuses=_wanting_its_thoughts, matrices=BOTH),
    Style("no forced choice while it thinks", refuses=_no_forced_choice_while_thinking, matrices=BOTH),
    Style(
        "thinks in hiding",
        request=_leaving_room,
        message=_hiding,
        events=_hiding_in_streams,
        matrices=BOTH,
    ),
    Style(
        "redacted thinking first",
        request=_without_redacted,
        message=_redacted_first,
        events=_redacted_in_streams,
        matrices=BOTH,
    ),
    Style("names in lower case with dashes", matrices=PAGE, **_named(lambda name: name.lower().replace(".", "-"))),
    Style("names with a date", **_named(lambda name: f"{name}-20260115")),
    Style("names with a provider", **_named(lambda name: f"vendor/{name.lower()}")),
    Style("ids of its own", **_throughout(_other_ids)),
    Style("ids of digits", **_throughout(_numbered_ids)),
    Style("more fields", **_throughout(_more_fields)),
    Style("no nulls", **_throughout(_without_nulls)),
    Style("a ping after every piece", events=_pinging),
    Style("events of its own", events=_with_events_of_its_own),
    Style("comments, ids and retries", encoded=_commented),
    Style("CRLF", encoded=_crlf),
    Style("data before event, no spaces", encoded=_data_first),
    Style("JSON over several lines", encoded=_over_lines, written=lambda body: json.dumps(body, indent=2)),
    Style("letter by letter", events=lambda events, _: _deltas(events, list)),
    Style("one piece a block", events=lambda events, _: _deltas(events, lambda words: [words])),
    Style("empty pieces", events=_with_empty_deltas),
    Style("packets that end anywhere", pieces=37),
    Style("connections that close", headers={"connection": "close"}),
    Style("streams counted at their end", events=_counted_at_the_end),
    Style("two last words", events=_two_last_words),
    Style("text before calls", message=_text_before_calls, events=_text_before_streamed_calls),
    Style("a blank text before calls", message=_blank_before_calls),
    Style("another call beside", message=_one_more_call),
    Style("text in two blocks", message=_in_two_blocks),
    Style("a blank line first", **_texts(lambda words: f"\n\n{words}")),
    Style("a space first", **_texts(lambda words: f" {words}")),
    Style("answers in Chinese", request=_stopped_in_chinese, matrices=BOTH, **_naming_the_stop_in_chinese()),
    Style("verbose refusals", failure=_verbosely),
    Style("more in errors", failure=_with_more_in_errors),
    Style("one refusal for all", failure=_in_the_same_words),
    Style("422 for what does not fit", failure=_unprocessable),
    Style("403 without a key", failure=_forbidden),
    Style(
        "nothing beside messages",
        refuses=_absent("/count_tokens", "/models"),
        deviates={"messages.count_tokens": "rejected", "models.list": "rejected"},
    ),
    Style(
        "nothing beside messages, in JSON",
        refuses=_absent("/count_tokens", "/models", "/no_such_endpoint", body={"detail": "Not Found"}),
        deviates={"messages.count_tokens": "rejected", "models.list": "rejected"},
    ),
)
