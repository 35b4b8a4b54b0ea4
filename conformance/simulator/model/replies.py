"""A finished reply: its blocks, why it stopped and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from conformance.simulator.json_values import Object
from conformance.simulator.model.tokens import count, count_json, cut

_CALL_FRAME = 4


@dataclass(frozen=True, slots=True)
class Text:
    """Words for the user."""

    text: str

    @property
    def tokens(self) -> int:
        """What the block costs."""
        return count(self.text)


@dataclass(frozen=True, slots=True)
class Thinking:
    """What the model thought before it spoke, and a mark that proves it did."""

    thinking: str
    signature: str = ""

    @property
    def tokens(self) -> int:
        """What the block costs."""
        return count(self.thinking)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call of a tool."""

    name: str
    input: Object
    id: str = ""

    @property
    def tokens(self) -> int:
        """What the block costs."""
        return count(self.name) + count_json(self.input) + _CALL_FRAME


Block = Text | Thinking | ToolUse


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens in and out; the prompt's size is the sum of the three inputs."""

    input: int
    output: int = 0
    cache_creation: int = 0
    cache_read: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the model."""

    id: str
    model: str
    blocks: tuple[Block, ...]
    stop_reason: str
    stop_sequence: str | None
    usage: Usage
    service_tier: str | None = None
    applied_edits: tuple[Object, ...] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote, before anyone numbered, signed or billed it."""

    blocks: tuple[Block, ...]
    stop_reason: str
    stop_sequence: str | None = None
    written: int = 0  # tokens, where more was written than is sent: the rest of a call that was cut

    @property
    def tokens(self) -> int:
        """What was written, all blocks together; even an empty answer costs one."""
        return max(1, self.written, sum(block.tokens for block in self.blocks))


def finished(blocks: Sequence[Block], stops: Sequence[str], limit: int | None) -> Draft:
    """Cut what the model wrote where it must end: at a stop sequence of its text, or at max_tokens."""
    called = any(isinstance(block, ToolUse) for block in blocks)
    draft = _stopped(Draft(tuple(blocks), "tool_use" if called else "end_turn"), stops)
    return draft if limit is None else _limited(draft, limit)


def _stopped(draft: Draft, stops: Sequence[str]) -> Draft:
    for at, block in enumerate(draft.blocks):
        if not isinstance(block, Text):
            continue
        hits = [(block.text.find(stop), stop) for stop in stops if stop in block.text]
        if hits:
            where, stop = min(hits)
            kept = (Text(block.text[:where]),) if where else ()
            return Draft((*draft.blocks[:at], *kept), "stop_sequence", stop)
    return draft


def _limited(draft: Draft, most: int) -> Draft:
    kept: list[Block] = []
    limit = most
    for block in draft.blocks:
        if block.tokens <= limit:
            kept.append(block)
            limit -= block.tokens
            continue
        if limit and isinstance(block, Text):
            kept.append(Text(cut(block.text, limit)))
        elif limit and isinstance(block, Thinking):
            kept.append(replace(block, thinking=cut(block.thinking, limit)))
        elif isinstance(block, ToolUse) and (part := _begun(block, limit)):
            kept.append(part)
        return Draft(tuple(kept), "max_tokens", written=most)
    return draft


def _begun(call: ToolUse, limit: int) -> ToolUse | None:
    """The part of a call that was written: whole fields of its input, as servers do that mend the JSON they cut."""
    part: Object = {}
    for name, value in call.input.items():
        more = {**part, name: value}
        if replace(call, input=more).tokens > limit:
            break
        part = more
    return replace(call, input=part) if part else None
