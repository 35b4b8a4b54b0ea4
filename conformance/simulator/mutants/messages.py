"""Services that lose or refuse what the messages hold, or take what they should not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.simulator import reference
from conformance.simulator.refusals import Refusal
from conformance.simulator.requests import Request
from conformance.simulator.shapes import Object, blocks_of, messages_of, object_at
from conformance.simulator.turns import every_block, no_blocks

from .mutant import Change, Mutant, both, checking, mishearing, taking


def mutants() -> Iterator[Mutant]:
    """All services that get a message's content wrong."""
    yield from _text()
    yield from _blocks()
    yield from _results()
    yield from _conversations()
    yield from _unusual_media()
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

    yield Mutant(
        "messages.text-ascii-only",
        "What is not ASCII is dropped from messages.",
        mishearing(_each(lambda _, blocks: [_ascii(block) for block in blocks])),
    )
    yield Mutant(
        "messages.text-cut",
        "Of a long message only the first 2000 characters are read.",
        mishearing(_each(lambda _, blocks: [_short(block) for block in blocks])),
    )


def _ascii(block: Object) -> Object:
    return {**block, "text": block["text"].encode("ascii", "ignore").decode()} if block["type"] == "text" else block


def _short(block: Object) -> Object:
    return {**block, "text": block["text"][:2000]} if block["type"] == "text" else block


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


def _in_turns(change: Callable[[list[Object]], list[Object]]) -> Change:
    """Change the blocks of the turns that bring results."""

    def of_one(_: str, blocks: list[Object]) -> list[Object]:
        return change(blocks) if any(block["type"] == "tool_result" for block in blocks) else blocks

    return mishearing(_each(of_one))


def _one_result(blocks: list[Object], at: int) -> list[Object]:
    results = [block for block in blocks if block["type"] == "tool_result"]
    return [block for block in blocks if block["type"] != "tool_result" or block is results[at]]


def _results() -> Iterator[Mutant]:
    yield Mutant(
        "messages.tool_result-text-beside-lost",
        "What a turn says beside a tool result is dropped.",
        _in_turns(_no_text),
    )
    for at, which in ((0, "first"), (-1, "last")):
        yield Mutant(
            f"messages.tool_result-{which}-only",
            f"Of a turn's tool results only the {which} is read.",
            _in_turns(lambda blocks, at=at: _one_result(blocks, at)),  # type: ignore[misc]
        )
    yield Mutant(
        "messages.tool_result-list-rejected",
        "A tool result whose content is a list is refused.",
        checking("messages.tool_result.list", _no_listed_result),
    )


def _no_listed_result(request: Request) -> None:
    for where, _, block in every_block(request):
        if block.get("type") == "tool_result" and not isinstance(block.get("content"), str):
            raise Refusal(f"{where}.content: Input should be a valid string")


def _conversations() -> Iterator[Mutant]:
    """Services that lose in a conversation what they read by itself."""
    for name, description, hear in (
        ("trimmed", "Only the last twelve turns are read.", _last_twelve),
        ("system-lost", "Where tools have been called, the system prompt is dropped.", _no_system_in_a_loop),
        ("fourth-block-lost", "Of a turn's text blocks only three are read.", _each(_three_texts)),
        ("results-lost", "While it thinks, it does not read the results of tools.", _no_results_while_thinking),
        ("streamed-calls-lost", "Over a stream the calls of a history are dropped.", _no_calls_in_streams),
    ):
        yield Mutant(f"messages.conversation-{name}", description, mishearing(hear))


def _last_twelve(body: Object) -> Object:
    return {**body, "messages": messages_of(body)[-12:]}


def _no_system_in_a_loop(body: Object) -> Object:
    called = any(
        block["type"] == "tool_use" for message in messages_of(body) for block in blocks_of(message["content"])
    )
    return {name: value for name, value in body.items() if name != "system"} if called else body


def _three_texts(_role: str, blocks: list[Object]) -> list[Object]:
    texts = [block for block in blocks if block["type"] == "text"]
    return [block for block in blocks if block["type"] != "text" or any(block is text for text in texts[:3])]


def _no_results_while_thinking(body: Object) -> Object:
    if object_at(body, "thinking").get("type") != "enabled":
        return body
    return _each(lambda _, blocks: [block for block in blocks if block["type"] != "tool_result"])(body)


def _no_calls_in_streams(body: Object) -> Object:
    if body.get("stream") is not True:
        return body
    return _each(lambda _, blocks: [block for block in blocks if block["type"] != "tool_use"])(body)


def _unusual_media() -> Iterator[Mutant]:
    """Pictures and documents that are taken only where they come in another way than the usual one, and dropped."""
    for name, kind, unusual in (
        ("image.url", "image", _by_address),
        ("image.in_a_result", "image", _nested),
        ("document.pdf", "document", _not_text),
    ):
        yield Mutant(
            f"messages.{name}-ignored",
            f"{kind} blocks are refused, but not where they are {name.partition('.')[2]}.",
            both(taking(kind, read=False), checking(f"messages.{name}", _only(kind, unusual))),
        )


def _only(kind: str, unusual: Callable[[Object, bool], bool]) -> Callable[[Request], None]:
    def check(request: Request) -> None:
        for where, _, block in every_block(request):
            inner = blocks_of(block.get("content")) if block.get("type") == "tool_result" else []
            for each, inside in ((block, False), *((each, True) for each in inner)):
                if each.get("type") == kind and not unusual(each, inside):
                    raise Refusal(f"{where}.type: content block type {kind!r} is not supported")

    return check


def _by_address(block: Object, _inside: bool) -> bool:  # noqa: FBT001  where it stands is one of two places
    return bool(block["source"].get("type") == "url")


def _nested(_block: Object, inside: bool) -> bool:  # noqa: FBT001  as above
    return inside


def _not_text(block: Object, _inside: bool) -> bool:  # noqa: FBT001  as above
    return bool(block["source"].get("type") != "text")


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
