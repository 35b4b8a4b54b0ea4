"""What a service said, put together from an exchange: the same for a body and for a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from conformance.protocol.exchange import Exchange
from conformance.protocol.parsing import token_count
from conformance.values import Json

__all__ = ["Reply", "without_local_paths"]

_SIZE = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


@dataclass(frozen=True)
class Reply:
    """An answer as a client would use it, read tolerantly."""

    exchange: Exchange

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.exchange.status

    @property
    def ok(self) -> bool:
        """Whether the service took the request: a 2xx that is not an error in disguise."""
        return self.exchange.ok

    @cached_property
    def message(self) -> Mapping[str, Json]:
        """The message object; empty where there is none."""
        found = self.exchange.message
        return found if isinstance(found, dict) and self.exchange.ok else {}

    @cached_property
    def content(self) -> tuple[Mapping[str, Json], ...]:
        """The blocks of the reply, whole, in order."""
        content = self.message.get("content")
        return tuple(block for block in content if isinstance(block, dict)) if isinstance(content, list) else ()

    @property
    def is_legible(self) -> bool:
        """Whether the content is a list of blocks that say what they are (or there is no message at all).

        Null is read as no blocks: some services say so where max_tokens cut the reply inside a thought. (The
        inspection of shapes blames it.)
        """
        content = self.message.get("content")
        return content is None or (
            isinstance(content, list)
            and all(isinstance(block, dict) and isinstance(block.get("type"), str) for block in content)
        )

    def blocks(self, kind: str) -> tuple[Mapping[str, Json], ...]:
        """The blocks of one type."""
        return tuple(block for block in self.content if block.get("type") == kind)

    @cached_property
    def text(self) -> str:
        """All text blocks, joined."""
        return "".join(str(block.get("text") or "") for block in self.blocks("text"))

    @cached_property
    def thinking(self) -> str:
        """All thinking blocks, joined."""
        return "".join(str(block.get("thinking") or "") for block in self.blocks("thinking"))

    @property
    def tool_calls(self) -> tuple[Mapping[str, Json], ...]:
        """The tool_use blocks."""
        return self.blocks("tool_use")

    @property
    def stop_reason(self) -> str | None:
        """Why the model stopped, as the service says."""
        reason = self.message.get("stop_reason")
        return reason if isinstance(reason, str) else None

    @property
    def stops_mid_sentence(self) -> bool:
        """Whether what was said last ends no sentence: with a letter, a digit or a comma, or with nothing at all."""
        last = (self.text or self.thinking).rstrip()[-1:]
        return last.isalnum() or last in ",;-"

    @cached_property
    def usage(self) -> Mapping[str, Json]:
        """The usage object; empty where there is none."""
        usage = self.message.get("usage")
        return usage if isinstance(usage, dict) else {}

    @cached_property
    def size(self) -> int | None:
        """The prompt's size in the service's own tokens, cached or not; None where it counts nothing.

        ``input_tokens`` alone is what was not cached: the same prompt can show 14, then 1.
        """
        given = [count for name in _SIZE if (count := self.usage.get(name)) is not None]
        counts = [count for count in map(token_count, given) if count is not None]
        return sum(counts) or None if len(counts) == len(given) else None

    @cached_property
    def cache_read(self) -> int:
        """The tokens that came from a cache, as the service says; 0 where it says nothing of them."""
        return token_count(self.usage.get("cache_read_input_tokens")) or 0

    @cached_property
    def size_if_inside(self) -> int | None:
        """The prompt's size, if ``input_tokens`` still hold what was read from the cache; None as for ``size``.

        Anthropic counts the two beside one another, and ``size`` is their sum. Some services leave what the cache
        repeats in ``input_tokens``: their sum is too large. Where fewer tokens are counted as input than as read
        from the cache, it cannot be inside, and the size is the sum all the same.
        """
        fresh = token_count(self.usage.get("input_tokens")) or 0
        return self.size if self.size is None or fresh < self.cache_read else self.size - self.cache_read

    @property
    def output_tokens(self) -> int | None:
        """The service's own count of what it wrote; None where it counts nothing."""
        return token_count(self.usage.get("output_tokens")) or None

    @cached_property
    def error_type(self) -> str:
        """The error's type; empty where it has none."""
        error = self.exchange.error
        return str(error.get("type") or "") if isinstance(error, dict) else ""

    @cached_property
    def error_message(self) -> str:
        """The error in the service's words, from whatever shape it came in."""
        error = self.exchange.error
        if isinstance(error, dict):
            return str(error.get("message") or json.dumps(error, ensure_ascii=False))
        if error:
            return str(error)
        if isinstance(self.exchange.json, dict):
            body = self.exchange.json
            found = body.get("message") or body.get("detail") or body.get("msg")
            return found if isinstance(found, str) else json.dumps(body, ensure_ascii=False)
        return self.exchange.body.decode("utf-8", errors="replace").strip()

    @property
    def refusal(self) -> str:
        """One line for people: the status and the service's words, shortened."""
        words = without_local_paths(" ".join(self.error_message.split())) or "without a word"
        return f"{self.status}: {words[:157] + '…' if len(words) > 158 else words}"


_LOCAL_PATH = re.compile(
    r"(?<![\w:/.\\])(?:"
    r"/(?:home|root|Users|usr|opt|tmp|var|srv|mnt|app|workspace|workspaces|data|private|nix|etc|build|code)"
    r"(?:/[\w.@+~-]+)*/|[A-Za-z]:\\(?:[^\\\s\"']+\\)+)(?P<name>[\w.@+~-]+)"
)
"""A file of the machine a server runs on; what is left of it is the file's own name."""


def without_local_paths(text: str) -> str:
    """A server's words without the directories of its machine: they say nothing of the API, and much of its owner."""
    return _LOCAL_PATH.sub(r"…/\g<name>", text)
