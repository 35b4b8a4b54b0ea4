"""Services that get a parameter wrong: ignored, refused, honoured against the page, or half of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.simulator import requests as check
from conformance.simulator.models import MINIMAX
from conformance.simulator.personality import Personality
from conformance.simulator.reference import EXTRA_CHECKS
from conformance.simulator.refusals import Refusal
from conformance.simulator.replies import Reply, Thinking, ToolUse
from conformance.simulator.requests import Request, optional, required
from conformance.simulator.shapes import Object, is_object

from .mutant import (
    Change,
    Mutant,
    both,
    checking,
    deaf_to,
    hearing_too,
    mishearing,
    rejecting,
    replying,
    unchecked,
)


def mutants() -> Iterator[Mutant]:
    """All services that get a parameter wrong."""
    yield from _models()
    yield from _plain()
    yield from _sampling()
    yield from _thinking()
    yield from _tools()
    yield from _streamed()
    yield from _extras()


def _models() -> Iterator[Mutant]:
    yield Mutant("model-swapped", "The reply names another model than the one asked for.", replying(_swapped))
    yield Mutant("model-rejected", "A listed model is refused.", checking("model", _no_model))
    yield Mutant("models.list-empty", "The list of models is empty.", lambda service: replace(service, lists=False))
    yield Mutant("models.unlisted-served", "A model that is not listed is served by another.", _serving_any)


def _swapped(reply: Reply) -> Reply:
    names = [model.name for model in MINIMAX]
    at = names.index(reply.model) + 1 if reply.model in names else 0
    return replace(reply, model=names[at % len(names)])


def _no_model(request: Request) -> None:
    raise Refusal(f"model: {request.body.get('model')}", "not_found_error")


def _serving_any(service: Personality) -> Personality:
    checks = {**service.checks, "model": required("model", check.named)}
    return replace(service, checks=checks, stand_in=service.models[0])


def _plain() -> Iterator[Mutant]:
    for name in ("system", "max_tokens", "stream", "tools", "metadata"):
        yield Mutant(f"{name}-rejected", f"{name} is refused.", rejecting(name))
    for name in ("system", "max_tokens", "stream", "tools"):
        yield Mutant(f"{name}-ignored", f"{name} is taken and has no effect.", deaf_to(name))
    yield Mutant("system.list-ignored", "A system prompt given as a list of blocks is dropped.", mishearing(_no_list))
    yield Mutant(
        "system.vendor-default",
        "Where no system prompt is given, the vendor's own is put: a difference, and no fault.",
        mishearing(lambda body: body if body.get("system") else {**body, "system": _VENDORS}),
    )
    yield Mutant("system-cut", "Only the first 400 characters of a system prompt are read.", mishearing(_short_system))
    yield Mutant("system.list-rejected", "A system prompt given as a list of blocks is refused.", _strings_only)
    yield Mutant(
        "max_tokens.stop_reason-wrong",
        "An answer cut at max_tokens says end_turn.",
        replying(lambda reply: _ended(reply) if reply.stop_reason == "max_tokens" else reply),
    )
    yield Mutant(
        "max_tokens.count-estimated",
        "Output is counted as a token for every three characters: a difference, and no fault of max_tokens.",
        replying(_estimated),
    )
    yield Mutant("metadata-ignored", "metadata of a wrong type is taken.", unchecked("metadata"))


def _short_system(body: Object) -> Object:
    system = body.get("system")
    return {**body, "system": system[:400]} if isinstance(system, str) else body


_VENDORS = "You are a careful assistant of this company. Say only what you know, and say it politely. " * 20


def _estimated(reply: Reply) -> Reply:
    characters = sum(len(str(getattr(block, "text", "") or getattr(block, "thinking", ""))) for block in reply.blocks)
    return replace(reply, usage=replace(reply.usage, output=max(1, characters // 3)))


def _no_list(body: Object) -> Object:
    return {name: value for name, value in body.items() if name != "system" or isinstance(value, str)}


def _strings_only(service: Personality) -> Personality:
    def judge(value: Any) -> None:
        if not isinstance(value, str):
            raise Refusal("system: Input should be a valid string")

    return checking("system", optional("system", judge))(service)


def _ended(reply: Reply) -> Reply:
    return replace(reply, stop_reason="end_turn", stop_sequence=None)


def _sampling() -> Iterator[Mutant]:
    for name in ("temperature", "top_p"):
        yield Mutant(f"{name}-ignored", f"{name} is checked and has no effect.", deaf_to(name))
        yield Mutant(f"{name}-rejected", f"{name} is refused.", rejecting(name))
    yield Mutant(
        "temperature.preamble",
        "Whatever it thinks begins with the same words: a difference, and no fault.",
        replying(_with_preamble),
    )
    yield Mutant(
        "temperature-ignored-after-preamble",
        "temperature has no effect, and whatever it thinks begins with the same words.",
        both(deaf_to("temperature"), replying(_with_preamble)),
    )
    yield Mutant(
        "temperature.range-not-enforced",
        "Any number is taken for temperature.",
        _temperature(check.a_number("temperature")),
    )
    yield Mutant(
        "top_p.range-not-enforced",
        "Any number is taken for top_p.",
        checking("top_p", optional("top_p", check.a_number("top_p"))),
    )
    yield Mutant(
        "max_tokens.range-not-enforced",
        "max_tokens may be left out.",
        checking("max_tokens", optional("max_tokens", check.positive("max_tokens"))),
    )
    yield Mutant(
        "temperature.range-zero-accepted",
        "A temperature of 0 is taken.",
        _temperature(check.between("temperature", 0.0, 1.0)),
    )
    yield Mutant(
        "temperature.range-upper-not-enforced",
        "A temperature above 1 is taken.",
        _temperature(check.between("temperature", 0.0, float("inf"), open_below=True)),
    )


_PREAMBLE = "The user wants me to do something, and so I should think about how to do it well. "


def _with_preamble(reply: Reply) -> Reply:
    blocks = tuple(
        replace(block, thinking=_PREAMBLE + block.thinking) if isinstance(block, Thinking) else block
        for block in reply.blocks
    )
    return replace(reply, blocks=blocks)


def _temperature(judge: check.Judge) -> Change:
    return checking("temperature", optional("temperature", judge))


def _thinking() -> Iterator[Mutant]:
    yield Mutant(
        "thinking.unknown_type-accepted",
        "Any type of thinking is taken.",
        checking("thinking", optional("thinking", check.thinking_object)),
    )
    yield Mutant("thinking-ignored", "It never thinks, whatever was asked.", _thinks(lambda _: False))
    yield Mutant("thinking-always", "It thinks, whatever was asked.", _thinks(lambda _: True))
    yield Mutant("thinking-rejected", "thinking is refused.", rejecting("thinking"))
    for kind in ("enabled", "adaptive"):
        yield Mutant(
            f"thinking.{kind}-ignored",
            f"Asked to think with {kind!r}, it does not.",
            _thinks(lambda asked, kind=kind: asked not in (kind, "disabled")),  # type: ignore[misc]
        )
        yield Mutant(f"thinking.{kind}-rejected", f"Thinking of type {kind!r} is refused.", _no_type("thinking", kind))
    yield Mutant(
        "thinking.disabled-rejected",
        "Thinking of type 'disabled' is refused.",
        _no_type("thinking", "disabled"),
    )


def _thinks(decide: Callable[[str | None], bool]) -> Change:
    def thinks(kind: str | None, _model: str, _turns: int) -> bool:
        return decide(kind)

    return lambda service: replace(service, thinks=thinks)


def _no_type(name: str, kind: str) -> Change:
    def judge(value: Any) -> None:
        if is_object(value) and value.get("type") == kind:
            raise Refusal(f"{name}.type: {kind!r} is not supported")

    return checking(f"{name}.{kind}.rejected", optional(name, judge))


def _tools() -> Iterator[Mutant]:
    for kind in ("auto", "any", "tool", "none"):
        yield Mutant(
            f"tool_choice.{kind}-rejected",
            f"A tool choice of {kind!r} is refused.",
            _no_type("tool_choice", kind),
        )
    for kind in ("any", "tool", "none"):
        yield Mutant(
            f"tool_choice.{kind}-ignored",
            f"A tool choice of {kind!r} is taken as auto.",
            _choosing(kind, lambda _choice, _body: {"type": "auto"}),
        )
    yield Mutant(
        "tool_choice.auto-forces",
        "A tool choice of 'auto' forces a call.",
        _choosing("auto", lambda choice, _body: {**choice, "type": "any"}),
    )
    yield Mutant(
        "tool_choice.tool-wrong-tool",
        "Where one tool is named, another is called.",
        _choosing("tool", lambda choice, body: {**choice, "name": _another(choice, body)}),
    )
    yield Mutant(
        "tool_choice.parallel-not-disabled",
        "disable_parallel_tool_use has no effect.",
        mishearing(_parallel),
    )
    yield Mutant("tools-descriptions-lost", "What describes a tool is dropped.", mishearing(_undescribed))
    yield Mutant("tools.input-invalid", "A call's input does not fit the tool's schema.", replying(_misfit))
    yield Mutant(
        "tools.stop_reason-wrong",
        "A reply that calls a tool says end_turn.",
        replying(lambda reply: _ended(reply) if reply.stop_reason == "tool_use" else reply),
    )


def _choosing(kind: str, choose: Callable[[Object, Object], Object]) -> Change:
    def hear(body: Object) -> Object:
        choice = body.get("tool_choice")
        if choice is None or choice.get("type") != kind:
            return body
        return {**body, "tool_choice": choose(choice, body)}

    return mishearing(hear)


def _another(choice: Object, body: Object) -> str:
    named = str(choice["name"])
    return next((str(tool["name"]) for tool in body["tools"] if tool["name"] != named), named)


def _parallel(body: Object) -> Object:
    choice = body.get("tool_choice")
    return {**body, "tool_choice": {**choice, "disable_parallel_tool_use": False}} if choice else body


def _undescribed(body: Object) -> Object:
    tools = [{key: value for key, value in tool.items() if key != "description"} for tool in body.get("tools", [])]
    return {**body, "tools": tools} if tools else body


def _misfit(reply: Reply) -> Reply:
    blocks = tuple(
        replace(block, input={"unexpected": [None]}) if isinstance(block, ToolUse) else block for block in reply.blocks
    )
    return replace(reply, blocks=blocks)


def _streamed() -> Iterator[Mutant]:
    """Services that hear a parameter, and forget it where the answer is streamed."""
    for name in ("system", "max_tokens", "tool_choice", "temperature", "top_p"):
        yield Mutant(f"{name}-ignored-in-streams", f"{name} has no effect on a stream.", mishearing(_forgetting(name)))
    yield Mutant(
        "top_k-ignored-in-streams", "top_k has no effect on a stream.", mishearing(_forgetting("top_k")), "reference"
    )
    for kind in ("tool", "none"):
        yield Mutant(
            f"tool_choice.{kind}-ignored-in-streams",
            f"A tool choice of {kind!r} has no effect on a stream.",
            _choosing(kind, lambda choice, body: {"type": "auto"} if body.get("stream") is True else choice),
        )
    yield Mutant(
        "thinking-ignored-in-streams",
        "What it thinks does not come over a stream.",
        mishearing(lambda body: {**body, "thinking": {"type": "disabled"}} if body.get("stream") is True else body),
    )
    yield Mutant(
        "temperature.range-not-enforced-in-streams",
        "Any number is taken for the temperature of a stream.",
        _unchecked_in_streams("temperature"),
    )


def _unchecked_in_streams(name: str) -> Change:
    def change(service: Personality) -> Personality:
        check = service.checks[name]

        def only_whole(request: Request) -> None:
            if request.body.get("stream") is not True:
                check(request)

        return checking(name, only_whole)(service)

    return change


def _forgetting(name: str) -> Callable[[Object], Object]:
    def hear(body: Object) -> Object:
        return {key: value for key, value in body.items() if key != name} if body.get("stream") is True else body

    return hear


def _extras() -> Iterator[Mutant]:
    """What MiniMax's page says it ignores, honoured or refused; and ignored where it should be honoured."""
    for name, judge in EXTRA_CHECKS.items():
        yield Mutant(f"{name}-honoured", f"{name} has its effect.", hearing_too(name, judge))
        yield Mutant(f"{name}-rejected", f"{name} is refused.", rejecting(name))
        yield Mutant(
            f"{name}-ignored",
            f"{name} is taken and has no effect.",
            both(deaf_to(name), unchecked(name)),
            "reference",
        )
    yield Mutant(
        "stop_sequences.stop_reason-wrong",
        "The text is cut at a stop sequence, and the reply says end_turn.",
        replying(lambda reply: _ended(reply) if reply.stop_reason == "stop_sequence" else reply),
        personality="reference",
    )
    yield Mutant("unknown-accepted", "A field nobody knows is taken.", unchecked("unknown"), personality="reference")
