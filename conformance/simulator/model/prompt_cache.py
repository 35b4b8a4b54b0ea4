"""The prompt cache: which prefixes of a prompt have been seen, and how that splits its size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from conformance.simulator.model.prompt import Prompt
from conformance.simulator.model.replies import Usage

# Anthropic caches from 1,024 tokens on where asked to; MiniMax from 512 on, unasked (vendor's page, 2026).
_LEAST_MARKED: Final = 1024
_LEAST_UNASKED: Final = 512


@dataclass
class PrefixCache:
    """Prefixes seen, by model; the one thing an answer owes to what was asked before it."""

    _seen: set[bytes] = field(default_factory=set[bytes])

    def marked(self, prompt: Prompt, model: str) -> Usage:
        """Split a prompt's size where the caller set breakpoints: written up to the last, read if seen."""
        prefixes = _prefixes(prompt, model)
        marks = [at for at, part in enumerate(prompt.parts) if part.breakpoint]
        if not marks or prefixes[marks[-1]][1] < _LEAST_MARKED:
            return Usage(prompt.size)
        read = max((size for key, size in prefixes[: marks[-1] + 1] if key in self._seen), default=0)
        written = prefixes[marks[-1]][1] - read
        self._seen.update(prefixes[at][0] for at in marks if prefixes[at][1] >= _LEAST_MARKED)
        return Usage(prompt.size - read - written, cache_creation=written, cache_read=read)

    def unasked(self, prompt: Prompt, model: str) -> Usage:
        """Split a prompt's size by the longest prefix seen before."""
        prefixes = [(key, size) for key, size in _prefixes(prompt, model) if size >= _LEAST_UNASKED]
        read = max((size for key, size in prefixes if key in self._seen), default=0)
        self._seen.update(key for key, _ in prefixes)
        return Usage(prompt.size - read, cache_read=read)


def _prefixes(prompt: Prompt, model: str) -> list[tuple[bytes, int]]:
    digest, size = hashlib.sha256(model.encode()), 0
    found: list[tuple[bytes, int]] = []
    for part in prompt.parts:
        digest.update(f"\0{part.role}\0{part.kind}\0{part.tokens}\0{part.text}".encode())
        size += part.tokens
        found.append((digest.digest(), size))
    return found
