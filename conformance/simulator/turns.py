"""Checks of the messages themselves: their order, their blocks, and results that belong to a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from .refusals import Refusal
from .requests import Request
from .shapes import Object, blocks_of, is_list, is_object, messages_of, words

# Content blocks Anthropic's SDK 2.12 can send.
KNOWN_KINDS: Final = words(
    """text image document search_result thinking redacted_thinking tool_use tool_result server_tool_use
    web_search_tool_result web_fetch_tool_result code_execution_tool_result bash_code_execution_tool_result
    text_editor_code_execution_tool_result tool_search_tool_result container_upload"""
)
_FIELDS: Final[dict[str, dict[str, type | tuple[type, ...]]]] = {
    "text": {"text": str},
    "thinking": {"thinking": str},
    "tool_use": {"id": str, "name": str, "input": dict},
    "tool_result": {"tool_use_id": str},
    "image": {"source": dict},
    "document": {"source": dict},
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What a service says of messages it refuses."""

    empty: str = "messages: at least one message is required"
    role: str = "messages: Unexpected role {role!r}. Allowed roles are 'user' or 'assistant'"
    orphan: str = (
        "messages: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block"
        " must have a corresponding `tool_use` block in the previous message."
    )


@dataclass(frozen=True, slots=True)
class Turns:
    """The check of `messages`: which kinds of block are taken, and in whose words the rest is refused."""

    kinds: frozenset[str]
    wording: Wording = Wording()

    def __call__(self, request: Request) -> None:
        """Refuse messages that are not a conversation."""
        if "messages" not in request.body:
            raise Refusal("messages: Field required")
        messages = request.body["messages"]
        if not is_list(messages):
            raise Refusal("messages: Input should be a valid list")
        if not messages:
            raise Refusal(self.wording.empty)
        for at, message in enumerate(messages):
            self._message(f"messages.{at}", message)
        self._results(messages)

    def _message(self, where: str, message: Any) -> None:
        if not is_object(message):
            raise Refusal(f"{where}: Input should be an object")
        if message.get("role") not in ("user", "assistant"):
            raise Refusal(self.wording.role.format(role=message.get("role")))
        content = message.get("content")
        if not isinstance(content, str) and not is_list(content):
            raise Refusal(f"{where}.content: Input should be a valid string or a list of content blocks")
        if not isinstance(content, str):
            self._content(f"{where}.content", content)

    def _content(self, where: str, content: list[Any]) -> None:
        for at, block in enumerate(content):
            place = f"{where}.{at}"
            if not is_object(block):
                raise Refusal(f"{place}: Input should be an object")
            kind = block.get("type")
            if not isinstance(kind, str) or kind not in self.kinds:
                raise Refusal(f"{place}.type: content block type {kind!r} is not supported")
            for name, shape in _FIELDS.get(kind, {}).items():
                if not isinstance(block.get(name), shape):
                    raise Refusal(f"{place}.{kind}.{name}: Field required, and of the right type")
            if kind == "tool_result" and is_list(block.get("content")):
                self._content(f"{place}.content", block["content"])

    def _results(self, messages: list[Object]) -> None:
        called: set[str] = set()
        for message in messages:
            for block in blocks_of(message["content"]):
                if block["type"] == "tool_use":
                    called.add(block["id"])
                elif block["type"] == "tool_result" and block["tool_use_id"] not in called:
                    raise Refusal(self.wording.orphan.format(id=block["tool_use_id"]))


def every_block(request: Request) -> Iterator[tuple[str, str, Object]]:
    """Walk the blocks of all messages: where each is, whose it is, and the block."""
    for at, message in enumerate(messages_of(request.body)):
        for index, block in enumerate(blocks_of(message.get("content"))):
            yield f"messages.{at}.content.{index}", str(message.get("role")), block


def no_blocks(kind: str) -> Callable[[Request], None]:
    """Refuse one kind of block."""

    def check(request: Request) -> None:
        for where, _, block in every_block(request):
            if block.get("type") == kind:
                raise Refusal(f"{where}.type: content block type {kind!r} is not supported")

    return check
