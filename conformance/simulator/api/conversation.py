"""Checks of the messages themselves: their blocks, and results that belong to a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import OBJECT, STRING, Check, Request, Schema
from conformance.simulator.json_values import Object, blocks_of, is_list, messages_of, words

# Content blocks Anthropic's SDK 2.12 can send.
KNOWN_KINDS: Final = words(
    """text image document search_result thinking redacted_thinking tool_use tool_result server_tool_use
    web_search_tool_result web_fetch_tool_result code_execution_tool_result bash_code_execution_tool_result
    text_editor_code_execution_tool_result tool_search_tool_result container_upload tool_reference"""
)
_MESSAGES: Final = Schema(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["content"],
            "properties": {
                "content": {
                    "type": ["string", "array"],
                    "items": {"type": "object", "required": ["type"], "properties": {"type": STRING}},
                    "errorMessage": "Input should be a valid string or a list of content blocks",
                }
            },
        },
    }
)
_BLOCKS: Final = {
    kind: Schema({"type": "object", "required": list(fields), "properties": fields})
    for kind, fields in {
        "text": {"text": STRING},
        "thinking": {"thinking": STRING},
        "tool_use": {"id": STRING, "name": STRING, "input": OBJECT},
        "tool_result": {"tool_use_id": STRING},
        "tool_reference": {"tool_name": STRING},
        "image": {"source": OBJECT},
        "document": {"source": OBJECT},
    }.items()
}
_CONTENT: Final = Schema({"items": {"type": "object", "required": ["type"], "properties": {"type": STRING}}})


@dataclass(frozen=True, slots=True)
class Wording:
    """What a service says of messages it refuses."""

    empty: str = "messages: at least one message is required"
    role: str = "messages: Unexpected role {role!r}. Allowed roles are 'user' or 'assistant'"
    system: str = "messages: a turn of the role 'system' must come right after one of the role 'user'"
    orphan: str = (
        "messages: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block"
        " must have a corresponding `tool_use` block in the previous message."
    )


@dataclass(frozen=True, slots=True)
class Conversation:
    """The check of `messages`: which blocks and roles are taken, and in whose words the rest is refused."""

    kinds: frozenset[str]
    wording: Wording = Wording()
    roles: tuple[str, ...] = ("user", "assistant")

    def __call__(self, request: Request) -> None:
        """Refuse messages that are not a conversation.

        Raises:
            Refusal: it does not fit, in the words of the API.
        """
        if "messages" not in request.body:
            raise Refusal("messages: Field required")
        messages = request.body["messages"]
        _MESSAGES.check(messages, "messages")
        if not messages:
            raise Refusal(self.wording.empty)
        called: set[str] = set()
        for at, message in enumerate(messages):
            if message.get("role") not in self.roles:
                raise Refusal(self.wording.role.format(role=message.get("role")))
            if message["role"] == "system" and (not at or messages[at - 1]["role"] != "user"):
                raise Refusal(self.wording.system)
            self._blocks(message["content"], f"messages.{at}.content")
            for block in blocks_of(message["content"]):
                if block["type"] == "tool_use":
                    called.add(block["id"])
                elif block["type"] == "tool_result" and block["tool_use_id"] not in called:
                    raise Refusal(self.wording.orphan.format(id=block["tool_use_id"]))

    def _blocks(self, content: object, where: str) -> None:
        for at, block in enumerate(blocks_of(content)):
            kind, place = block["type"], f"{where}.{at}"
            if kind not in self.kinds:
                raise unsupported(kind, place)
            if kind in _BLOCKS:
                _BLOCKS[kind].check(block, f"{place}.{kind}")
            if kind == "tool_result" and is_list(block.get("content")):
                _CONTENT.check(block["content"], f"{place}.content")
                self._blocks(block["content"], f"{place}.content")


def turns(messages: Iterable[Object]) -> list[Object]:
    """Join messages of one role that follow each other: they count as one turn, in blocks."""
    joined: list[Object] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            content = [*blocks_of(joined[-1]["content"]), *blocks_of(message["content"])]
            joined[-1] = {**message, "content": content}
        else:
            joined.append(message)
    return joined


def every_block(request: Request) -> Iterator[tuple[str, str, Object]]:
    """Walk the blocks of all messages: where each is, whose it is, and the block."""
    for at, message in enumerate(messages_of(request.body)):
        for index, block in enumerate(blocks_of(message.get("content"))):
            yield f"messages.{at}.content.{index}", str(message.get("role")), block


def with_inner_blocks(block: Object) -> Iterator[tuple[Object, bool]]:
    """A block, and those inside it where it is a tool's result; each with whether it is one of these."""
    yield block, False
    if block.get("type") == "tool_result":
        yield from ((inner, True) for inner in blocks_of(block.get("content")))


def no_blocks(kind: str) -> Check:
    """Refuse one kind of block, wherever it stands by itself."""

    def check(request: Request) -> None:
        for where, _, block in every_block(request):
            if block.get("type") == kind:
                raise unsupported(kind, where)

    return check


def unsupported(kind: str, where: str) -> Refusal:
    """The refusal of a kind of block that is not taken."""
    return Refusal(f"{where}.type: content block type {kind!r} is not supported")
