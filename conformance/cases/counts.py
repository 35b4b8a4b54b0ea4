"""What a prompt's size says: the one place that knows how services count.

A size is a service's own figure, in a unit of its own (tokens, words, characters, characters / 4), with or without
what a cache holds, with a vendor's prompt of a changing length before it, or an estimate, or nothing. So a size is
only ever compared with another size of the same service, counted of the same words in plain sight, and there are
three zones: near nothing, near what was expected, and between, which says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.protocol.reply import Reply

__all__ = ["LEAST", "LOST", "PART", "WHOLE", "Cached", "Growth", "Zone", "is_cached", "size_of"]


class Cached(StrEnum):
    """Where a service counts what it has read from its cache."""

    BESIDE = "beside"
    """Beside input_tokens, which fall as cache_read_input_tokens rise: what Anthropic documents."""
    INSIDE = "inside"
    """In input_tokens as well: the sum of both counts it twice."""


class Zone(StrEnum):
    """How much a prompt has grown, by what the same words add in plain sight."""

    NOTHING = "nothing"
    BETWEEN = "between"
    EXPECTED = "expected"
    UNKNOWN = "unknown"
    """The count is no signal: there is none, or it does not follow the prompt in plain sight either."""


LEAST = 20
"""What the words must add in plain sight, in whatever the service counts, for their loss to be seen."""

PART = 0.75
"""The share of what is expected from which some paragraph counts as read: templates differ from place to place."""

WHOLE = 0.95
"""The share of a long text that must be counted for all of it to have been read."""

LOST = 0.9
"""The share of a long text below which a part of it is lost; up to ``WHOLE`` nothing is sure."""

_NOTHING = 0.1
"""The share of what is expected up to which a prompt counts as the same: templates add a few tokens."""

_TOO_MUCH = 2.2
"""The multiple of what is expected above which the growth is of something else."""


def size_of(reply: Reply, cached: Cached) -> int | None:
    """A prompt's size as the service counts it, cached or not; None where it counts nothing.

    Args:
        cached: where it counts what the cache holds.
    """
    return reply.size if cached is Cached.BESIDE else reply.size_if_inside


def is_cached(reply: Reply) -> bool:
    """Whether a part of the prompt came from a cache, as far as the service says."""
    return bool(reply.cache_read)


@dataclass(frozen=True)
class Growth:
    """Four arms: a prompt without some words and with them, where they are looked for and in plain sight.

    Every arm may have been asked several times: a vendor's prompt of a changing length only ever adds to a size, so
    the smallest counts.
    """

    before: Sequence[Reply]
    after: Sequence[Reply]
    plain_before: Sequence[Reply]
    plain_after: Sequence[Reply]
    enough: float = PART
    least: int = LEAST

    @property
    def arms(self) -> tuple[tuple[Reply, ...], ...]:
        """The replies of the four arms."""
        return tuple(map(tuple, (self.before, self.after, self.plain_before, self.plain_after)))

    def with_more(self, more: Growth) -> Growth:
        """The same arms with the replies of another round."""
        before, after, plain_before, plain_after = (mine + new for mine, new in zip(self.arms, more.arms, strict=True))
        return Growth(before, after, plain_before, plain_after, self.enough, self.least)

    def grown(self, cached: Cached = Cached.BESIDE) -> int | None:
        """By how much the prompt grew where the words are looked for."""
        return _difference(self.before, self.after, cached)

    def expected(self, cached: Cached = Cached.BESIDE) -> int | None:
        """By how much it grows where they are in plain sight."""
        return _difference(self.plain_before, self.plain_after, cached)

    def noise(self, cached: Cached = Cached.BESIDE) -> int:
        """By how much the size of one and the same request differed."""
        return max(max(sizes) - min(sizes) for arm in self.arms if (sizes := _sizes(arm, cached) or [0]))

    def zone(self, cached: Cached) -> Zone:
        """Where the growth lies, by the sizes as such a service counts them."""
        grown, expected = self.grown(cached), self.expected(cached)
        if grown is None or expected is None or expected < self.least:
            return Zone.UNKNOWN
        if self._is_at_its_end(cached):
            return Zone.UNKNOWN
        if abs(grown) <= _NOTHING * expected:
            return Zone.NOTHING
        # What one request's size differs by may be in either of two sizes; where that is much, nothing is clear.
        slack = 2 * self.noise(cached)
        slack = slack if slack <= _NOTHING * expected else 0
        return Zone.EXPECTED if self.enough * expected - slack <= grown <= _TOO_MUCH * expected else Zone.BETWEEN

    def _is_at_its_end(self, cached: Cached) -> bool:
        """Whether all that holds the words counts the same, in plain sight too: then the count goes no further.

        One reply that stands in two arms is no second count.
        """
        counts = {size for arm in (self.before, self.after, self.plain_after) for size in _sizes(arm, cached)}
        return len(counts) == 1 and self.plain_after[0] is not self.before[0]

    def __str__(self) -> str:
        sizes = [_sizes(arm, Cached.BESIDE) for arm in (self.before, self.after)]
        if not all(sizes):
            return "the service does not count the prompt"
        return f"the prompt went from {min(sizes[0])} to {min(sizes[1])} tokens"


def _sizes(replies: Sequence[Reply], cached: Cached) -> list[int]:
    """The sizes of one arm; none where one of its replies has none."""
    sizes = [size for reply in replies if (size := size_of(reply, cached)) is not None]
    return sizes if len(sizes) == len(replies) else []


def _difference(before: Sequence[Reply], after: Sequence[Reply], cached: Cached) -> int | None:
    less, more = _sizes(before, cached), _sizes(after, cached)
    return min(more) - min(less) if less and more else None
