"""Services that lose or refuse what the messages hold, or take what they should not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.simulator import reference
from conformance.simulator.refusals import Refusal
from conformance.simulator.requests import Request
from conformance.simulator.shapes import Object, blocks_of, messages_of
from conformance.simulator.turns import every_block, no_blocks

from .mutant import Change, Mutant, both, checking, mishearing, taking


def mutants() -> Iterator[Mutant]:
    """All services that get a message's content wrong."""
    yield from _text()
    yield from _blocks()
    yield from _media()


def _text() -> Iterator[Mutant]:
    yield Mutant(
        "messages.text-first-block-only",
        "Of a message's text blocks only the first is read.",
        mishearing(_each(_first_text)),
    )
    yield Mutant(
        "messages.text-last-turn-only",
        "Text of the turns before the last request is lost.",
        mishearing(_last_turn),
    )
    yield Mutant(
        "messages.text-assistant-lost",
        "What the assistant said before is lost.",
        mishearing(_each(lambda role, blocks: _no_text(blocks) if role == "assistant" else blocks)),
    )


def _each(change: Callable[[str, list[Object]], list[Object]]) -> Callable[[Object], Object]:
    """Change the blocks of every message."""

    def hear(body: Object) -> Object:
        messages = [
            {**message, "content": change(message["role"], blocks_of(message["content"]))}
            for message in messages_of(body)
        ]
        return {**body, "messages": messages}

    return hear


def _first_text(_role: str, blocks: list[Object]) -> list[Object]:
    first = next((block for block in blocks if block["type"] == "text"), None)
    return [block for block in blocks if block["type"] != "text" or block is first]


def _no_text(blocks: list[Object]) -> list[Object]:
    return [block for block in blocks if block["type"] != "text"]


def _last_turn(body: Object) -> Object:
    messages = messages_of(body)
    speaking = [
        at
        for at, message in enumerate(messages)
        if message["role"] == "user" and any(block["type"] == "text" for block in blocks_of(message["content"]))
    ]
    last = speaking[-1] if speaking else 0
    return {
        **body,
        "messages": [
            {**message, "content": _no_text(blocks_of(message["content"]))} if at < last else message
            for at, message in enumerate(messages)
        ],
    }


def _blocks() -> Iterator[Mutant]:
    for kind in ("tool_use", "tool_result", "thinking"):
        yield Mutant(f"messages.{kind}-lost", f"{kind} blocks in the history are dropped.", _not_reading(kind))
        yield Mutant(f"messages.{kind}-rejected", f"{kind} blocks in the history are refused.", _refusing(kind))


def _not_reading(kind: str) -> Change:
    return lambda service: replace(service, reads=service.reads - {kind})


def _refusing(kind: str) -> Change:
    return checking(f"messages.{kind}.rejected", no_blocks(kind))


def _media() -> Iterator[Mutant]:
    yield Mutant(
        "messages.cache_control-ignored",
        "Nothing is cached, marked or not.",
        lambda service: replace(service, caches="never"),
        "reference",
    )
    for kind in ("image", "document"):
        yield Mutant(f"messages.{kind}-ignored", f"{kind} blocks are taken and dropped.", taking(kind, read=False))
        yield Mutant(
            f"messages.{kind}-honoured",
            f"{kind} blocks are taken and read.",
            both(taking(kind, read=True), checking("messages.media", reference.media)),
        )
        yield Mutant(
            f"messages.{kind}-server-error",
            f"{kind} blocks are answered with a 500.",
            checking(f"messages.{kind}.fault", _fault(kind), first=True),
        )
        yield Mutant(
            f"messages.{kind}-rejected",
            f"{kind} blocks are refused.",
            _refusing(kind),
            personality="reference",
        )


def _fault(kind: str) -> Callable[[Request], None]:
    def check(request: Request) -> None:
        if any(block.get("type") == kind for _, _, block in every_block(request)):
            raise Refusal("Internal server error", "api_error")

    return check
