"""How far a live run is: a display on a terminal, a plain line now and then where there is none."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import IO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from conformance.http.budget import Budget
from conformance.outcomes import Outcome, Recorded
from conformance.plain_text import line
from conformance.run.plan import Planned, Slug
from conformance.run.workers import Watch

__all__ = ["Display", "Lines", "Tally", "watch_for"]

_EVERY = 30.0
"""Seconds between two plain lines."""

_RECENT = 120.0
"""Seconds that tell the present speed."""


def watch_for(say: Callable[[str], None], stream: IO[str] | None = None, *, quiet: bool = False) -> Watch:
    """Whatever suits where the run is watched from.

    Args:
        say: prints a line among pytest's own.
        stream: where a display would go; stderr, so that what is piped stays as it is.
    """
    stream = stream or sys.stderr
    if quiet:
        return Watch()
    if stream.isatty():
        return Display(stream)
    return Lines(say)


class Tally(Watch):
    """Counts; what is shown of it is up to others."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._budget = Budget()
        self._needs: dict[Slug, int] = {}
        self._left = 0
        self._marks: deque[tuple[float, int]] = deque()
        self.cases: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.again_in_all: int | None = None
        """How many cases are asked a second time; None as long as that is not known."""
        self.again_done = 0
        self.running: Counter[str] = Counter()

    def begin(self, needs: dict[Slug, int], budget: Budget) -> None:
        """The run begins."""
        self._needs = needs
        self._budget = budget
        self._left = sum(needs.values())
        self._marks = deque([(self._clock(), self._left)])
        self.cases = Counter(model for model, _, _ in needs)

    def again(self, needs: dict[Slug, int]) -> None:
        """These cases are asked a second time."""
        self._needs = needs
        self._left = sum(needs.values())
        self._marks = deque([(self._clock(), self._left)])  # one case at a time from here on: another speed
        self.again_in_all = len(needs)

    def started(self, item: Planned) -> None:
        """A case is being asked."""
        self.running[item.model] += 1

    def ended(self, item: Planned, outcome: Outcome) -> None:
        """A case is recorded, or it is not."""
        self.running[item.model] -= 1
        if self.again_in_all is None:
            self.done[item.model] += 1
            self.failed[item.model] += not isinstance(outcome, Recorded)
        else:
            self.again_done += 1
        self._left -= self._needs[item.slug]
        self._marks.append((self._clock(), self._left))

    @property
    def seconds_left(self) -> float | None:
        """How long the rest of this stage takes, by the cases that are finished; None as long as there is no telling.

        Requests that are asked again, waited for or refused are no progress: what counts is what the finished cases
        were going to need. Of the speed since the beginning and that of the last minutes the slower one is taken, and
        a service that has stood still for longer than both is given no speed it no longer has.
        """
        now = self._clock()
        began, whole = self._marks[0] if self._marks else (now, self._left)
        done = whole - self._left
        if not done or now - began < 1:
            return None
        speeds = [done / (now - began)]
        if before := [left for when, left in self._marks if when <= now - _RECENT]:
            speeds.append((before[-1] - self._left) / _RECENT)
        slowest = min(speeds)
        return self._left / slowest if slowest else None

    @property
    def line(self) -> str:
        """All of it in one line."""
        spent = self._budget.spent
        words = [
            f"{self.done.total()} of {self.cases.total()} cases",
            f"{spent.requests} requests, {spent.in_flight} in flight",
            f"{_short(spent.input_tokens)} tokens in, {_short(spent.output_tokens)} out",
        ]
        if self.failed.total():
            words.insert(1, f"{self.failed.total()} without a recording")
        if self.again_in_all:
            words.insert(1, f"{self.again_done} of {self.again_in_all} second takes")
        if spent.cost is not None:
            words.append(f"${spent.cost:.4f}")
        if (left := self.seconds_left) is not None and self._left > 0:
            words.append(f"about {_clock(left)} left")
        return ", ".join(words)


class Lines(Tally):
    """A plain line now and then."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._say = say
        self._said = clock()

    def tick(self) -> None:
        """Say how far it is, if it is time to."""
        if self._clock() - self._said >= _EVERY:
            self._said = self._clock()
            self._say(self.line)

    def end(self) -> None:
        """Say what it came to."""
        self._say(self.line)


class Display(Tally):
    """A table that stays in its place, and is replaced by one line when the run is over."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__()
        self._console = Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
        # pytest has its own ideas about the standard streams; a display of stderr leaves them alone.
        self._live = Live(
            console=self._console,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self._table,
        )

    def begin(self, needs: dict[Slug, int], budget: Budget) -> None:
        """The display appears."""
        super().begin(needs, budget)
        self._live.start()

    def end(self) -> None:
        """The display goes, and leaves a line."""
        self._live.stop()
        self._console.print(Text(self.line))

    def _table(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for model, cases in self.cases.items():
            done, running, failed = self.done[model], self.running[model], self.failed[model]
            notes = [f"{running} under way"] if running else []
            notes += [f"{failed} without a recording"] if failed else []
            # A model's name is a text, whatever brackets it holds.
            table.add_row(
                Text(line(model)), ProgressBar(cases, done, width=30), Text(f"{done}/{cases}"), Text(", ".join(notes))
            )
        return Group(table, Text(self.line))


def _short(count: int) -> str:
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if count >= size:
            return f"{count / size:.1f}{unit}"
    return str(count)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
