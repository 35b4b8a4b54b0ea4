"""Parts of a run for several machines: always the same ones, whole models first.

An inspection looks at what all experiments of its model exchanged, so whoever judges it needs all of them.
As long as there are no more shards than models, a shard is made of whole models, balanced by their number of
cases: every row of a shard's report is what one run would have written, and ``merge`` only puts them together.
With more shards than models they are divided feature by feature; the inspections then belong to no shard, and
are judged when the shards' recordings lie in one directory:
``pytest --cassettes DIR``, the merge of the evidence itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from conformance.run.plan import Planned

__all__ = ["Shard"]

Name = TypeVar("Name", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class Shard:
    """Number ``index`` of ``count`` parts, counted from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @classmethod
    def read(cls, text: str) -> Shard:
        """Read ``I/N``.

        Raises:
            ValueError: it is something else.
        """
        index, slash, count = text.partition("/")
        if not (slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
            raise ValueError(f"{text!r} is no shard; write 2/8 for the second of eight")
        return cls(int(index), int(count))

    def part_of(self, whole: int) -> int:
        """This shard's part of a number; the parts add up to the whole."""
        return (whole + self.count - self.index) // self.count

    def of(self, planned: Sequence[Planned]) -> list[Planned]:
        """This shard's part of a plan."""
        cases = Counter(item.model for item in planned)
        if len(cases) >= self.count:
            homes = _balanced(cases, self.count)
            return [item for item in planned if homes[item.model] == self.index - 1]
        parts = Counter((item.model, item.claim.feature) for item in planned if item.asks)
        places = _balanced(parts, self.count)
        return [item for item in planned if item.asks and places[item.model, item.claim.feature] == self.index - 1]


def _balanced(weights: Mapping[Name, int], count: int) -> dict[Name, int]:
    """Each name's bin: the heaviest first, each into the lightest bin there is."""
    loads = [0] * count
    homes: dict[Name, int] = {}
    for name, weight in sorted(weights.items(), key=lambda pair: (-pair[1], pair[0])):
        homes[name] = loads.index(min(loads))
        loads[homes[name]] += weight
    return homes
