"""Services that count otherwise: each is the simulator on a real socket, with its figures or its words changed.

Nothing of this is wrong by itself: services count in words, in characters, with a prompt of the vendor's own, with a
cache inside input_tokens or beside them, or only in some places.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from services import again, parts
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.simulator import create_app, serving

Body = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What was asked, and what was answered: the blocks whole, and the usage as the simulator counts it."""

    request: Body
    content: list[Body]
    usage: Body


Recount = Callable[[Said], Body | None]
"""From what was said to its usage; None where there is to be none."""


@dataclass(frozen=True)
class Changes:
    """What a service does otherwise than the simulator it stands before."""

    usage: Recount = lambda said: said.usage
    hears: Callable[[Body], Body] = lambda body: body
    """What reaches the simulator of a request."""
    says: Callable[[str], str] = lambda text: text
    """What becomes of a text."""
    answers: Callable[[str, Body], tuple[int, Body] | None] = lambda _path, _body: None
    """A status and a body in the simulator's place."""
    thoughts: bool = True
    """Whether thinking blocks are shown."""


@contextmanager
def recounting(changes: Changes, **simulator: Any) -> Iterator[str]:
    """Serve the simulator so changed."""
    with serving(_Recounting(create_app(paced=False, **simulator), changes)) as url:
        yield url


def words_of(value: Any, *, but: tuple[str, ...] = ()) -> str:
    """All text of a request's system prompt, tools and messages, without some of those three."""
    kept = {name: value.get(name) for name in ("system", "tools", "messages") if name not in but}
    return "\n".join(_strings(kept))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for name, item in value.items():
                if name not in ("type", "role", "id", "tool_use_id", "signature", "data"):
                    yield from _strings(item)
        case _:
            pass


def without_thoughts(request: Body) -> Body:
    """A request without the thinking blocks of its history."""
    messages = [
        {**message, "content": [block for block in message["content"] if block.get("type") != "thinking"]}
        if isinstance(message["content"], list)
        else message
        for message in request["messages"]
    ]
    return {**request, "messages": messages}


def at_random(said: Said, most: int, asked: list[int]) -> int:
    """A number that differs from request to request, the same in every run of a test."""
    asked.append(0)
    return most * (hashlib.sha256(f"{len(asked)}".encode()).digest()[0] % 2)


@dataclass
class Unreported:
    """A prefix cache whose hits are left out of input_tokens, and told nowhere."""

    seen: set[str] = field(default_factory=set[str])

    def __call__(self, said: Said) -> Body:
        text = words_of(said.request)
        cut = [text[:end] for end in range(len(text), 0, -64)]
        found = next((len(prefix) for prefix in cut if prefix in self.seen), 0)
        self.seen.update(text[:end] for end in range(64, len(text), 64))
        self.seen.update(cut)
        return {"input_tokens": max(1, (len(text) - found) // 4), "output_tokens": said.usage["output_tokens"]}


@dataclass
class Cached:
    """Whole prompts are cached from the second time on, and counted inside input_tokens, or beside them."""

    inside: bool
    seen: set[str] = field(default_factory=set[str])

    def __call__(self, said: Said) -> Body:
        size = said.usage["input_tokens"] + (said.usage.get("cache_read_input_tokens") or 0)
        question = json.dumps([said.request.get(name) for name in ("system", "tools", "messages")])
        read = size - 1 if question in self.seen else 0
        self.seen.add(question)
        return {
            "input_tokens": size if self.inside else size - read,
            "cache_read_input_tokens": read,
            "output_tokens": said.usage["output_tokens"],
        }


@dataclass(frozen=True)
class _Recounting:
    app: ASGIApp
    changes: Changes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b"".join([part async for part in parts(receive)])
        try:
            asked = json.loads(body)
        except ValueError:
            await self.app(scope, again(body, receive), send)
            return
        if (own := self.changes.answers(scope["path"], asked)) is not None:
            await _give(*own, send)
            return
        heard = json.dumps(self.changes.hears(asked)).encode()
        got: list[Message] = []

        async def kept(message: Message) -> None:
            got.append(message)

        headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        await self.app({**scope, "headers": headers}, again(heard, receive), kept)
        start, sent = got[0], b"".join(message.get("body", b"") for message in got[1:])
        if start["status"] == 200 and scope["path"].endswith("/v1/messages"):
            sent = self._changed(asked, sent)
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": sent})

    def _changed(self, asked: Body, sent: bytes) -> bytes:
        if not sent.lstrip().startswith((b"event:", b"data:")):
            message = json.loads(sent)
            usage = self.changes.usage(Said(asked, message["content"], message["usage"]))
            content = [self._said(block) for block in message["content"]]
            message["content"] = [block for block in content if self._shows(block)]
            message["usage"] = usage
            return json.dumps({name: value for name, value in message.items() if value is not None}).encode()
        return self._changed_stream(asked, sent)

    def _changed_stream(self, asked: Body, sent: bytes) -> bytes:
        events = [json.loads(line[5:]) for line in sent.decode().splitlines() if line.startswith("data:")]
        content: list[Body] = []
        usage: Body = {}
        for event in events:
            if event["type"] == "content_block_start":
                content.append(dict(event["content_block"]))
            elif event["type"] == "content_block_delta":
                for name in ("text", "thinking"):
                    content[-1][name] = content[-1].get(name, "") + event["delta"].get(name, "")
            usage |= event.get("usage") or event.get("message", {}).get("usage") or {}
        new = self.changes.usage(Said(asked, content, usage))
        hidden = {at for at, block in enumerate(content) if not self._shows(block)}
        lines: list[str] = []
        for event in events:
            if event.get("index") in hidden:
                continue
            if "index" in event:
                event["index"] -= sum(at < event["index"] for at in hidden)
            if event.get("delta", {}).get("text"):
                event["delta"]["text"] = self.changes.says(event["delta"]["text"])
            holder = event.get("message", event)
            if "usage" in holder:
                holder.pop("usage")
                holder |= {} if new is None else {"usage": new}
            lines.append(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n")
        return "".join(lines).encode()

    def _said(self, block: Mapping[str, Any]) -> Body:
        return {
            name: self.changes.says(value) if name in ("text", "thinking") else value for name, value in block.items()
        }

    def _shows(self, block: Mapping[str, Any]) -> bool:
        return self.changes.thoughts or block.get("type") != "thinking"


async def _give(status: int, body: Body, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"x-conformance-simulator", b"changed")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
