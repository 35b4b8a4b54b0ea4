"""Cases side by side: what is documented first, and of that the cheapest, as far as places and the budget go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from conformance.http.budget import Budget
from conformance.outcomes import NotRun, Outcome
from conformance.run.estimate import Estimator, Need
from conformance.run.plan import Planned, Slug
from conformance.trouble import OutOfBudget, Stopped
from conformance.values import Status

__all__ = ["Stage", "Watch", "WorkerPool"]

_TICK = 0.25
"""Seconds between two looks at how far the run is."""

_GRACE = 0.4
"""Seconds that whoever is writing a recording is given, once the run was stopped."""


class Watch:
    """Whoever wants to see how far a run is; this one looks away."""

    def begin(self, needs: dict[Slug, int], budget: Budget) -> None:
        """The run begins; so many requests each case is going to need."""

    def again(self, needs: dict[Slug, int]) -> None:
        """These cases are going to be asked a second time."""

    def started(self, item: Planned) -> None:
        """A case is being asked."""

    def ended(self, item: Planned, outcome: Outcome) -> None:
        """A case is recorded, or it is not, for a reason."""

    def tick(self) -> None:
        """Some time has gone by."""

    def end(self) -> None:
        """The run is over, well or not."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Cases that are asked before any of the next stage."""

    items: Callable[[Mapping[Slug, Outcome]], Sequence[Planned]]
    """Which, by what became of the stage before."""
    one: Callable[[Planned], Outcome]
    """Records a case; what became of it."""
    places: int
    """How many cases may be under way. How many requests may be in flight is the wire's business."""


class WorkerPool:
    """Runs cases in threads of their own.

    Args:
        halt: makes everybody who waits for an answer give up.
    """

    def __init__(
        self,
        halt: Callable[[], None],
        *,
        estimator: Estimator,
        budget: Budget,
        watch: Watch,
    ) -> None:
        self._halt = halt
        self._estimator = estimator
        self._budget = budget
        self._watch = watch
        self._done: SimpleQueue[tuple[Planned, Outcome | Exception]] = SimpleQueue()
        self._running: dict[Slug, Need] = {}
        self.stopped = ""
        """Why the run ended early, if it did."""

    def work(self, first: Stage, second: Stage | None = None) -> tuple[dict[Slug, Outcome], dict[Slug, Outcome]]:
        """Record all of the first stage, and then of the second; what became of each.

        Raises:
            Exception: whatever stopped the whole run and is no trouble of one case.
        """
        recorded: dict[Slug, Outcome] = {}
        again: dict[Slug, Outcome] = {}
        try:
            recorded = self._through(first, {}, lambda needs: self._watch.begin(needs, self._budget))
            if second is not None and not self.stopped:
                again = self._through(second, recorded, self._watch.again)
        finally:
            self._halt()
            self._watch.end()
        return recorded, again

    def _through(
        self, stage: Stage, before: Mapping[Slug, Outcome], begin: Callable[[dict[Slug, int]], None]
    ) -> dict[Slug, Outcome]:
        items = stage.items(before)
        needs = {item.slug: self._need(item) for item in items}
        # A run may end at any moment, by its budget or by hand: then it is to have something of every row that is
        # documented, of every model, rather than all of a few. That a long case may be begun last costs its length.
        waiting = sorted(items, key=lambda item: (_is_undocumented(item), needs[item.slug].requests))
        outcomes: dict[Slug, Outcome] = {}
        begin({slug: need.requests for slug, need in needs.items()})
        try:
            while waiting or self._running:
                self._send_out(stage, waiting, needs)
                if not self._running:
                    break
                for item, came in self._finished(_TICK):
                    outcomes[item.slug] = self._outcome(item, came)
        except KeyboardInterrupt:
            self.stopped = "interrupted"
            outcomes |= self._stragglers()
        for item in items:
            outcomes.setdefault(item.slug, NotRun(self.stopped))
        return outcomes

    def _need(self, item: Planned) -> Need:
        if self._budget.is_bounded:
            return self._estimator.need(item)
        return Need(self._estimator.requests(item))

    def _send_out(self, stage: Stage, waiting: list[Planned], needs: dict[Slug, Need]) -> None:
        while waiting and not self.stopped and len(self._running) < stage.places:
            item = next((item for item in waiting if self._fits(needs[item.slug])), None)
            if item is None:
                if not self._running:
                    # Nothing is under way that could turn out cheaper: no case can be finished any more.
                    self.stopped = "the budget does not pay for another case"
                return
            waiting.remove(item)
            self._running[item.slug] = needs[item.slug]
            self._watch.started(item)
            Thread(target=self._work_on, args=(stage.one, item), name="conformance", daemon=True).start()

    def _fits(self, need: Need) -> bool:
        """Whether a case can be finished, and all that were begun before it."""
        if not self._budget.is_bounded:
            return True
        requests, cost = self._budget.room()
        begun = sum((other for other in self._running.values()), start=need)
        return begun.requests <= requests and (begun.cost or 0.0) <= cost

    def _work_on(self, one: Callable[[Planned], Outcome], item: Planned) -> None:
        try:
            self._done.put((item, one(item)))
        except Exception as failure:  # noqa: BLE001  it is raised where the pool is waited for
            self._done.put((item, failure))

    def _stragglers(self) -> dict[Slug, Outcome]:
        """Whoever was just writing a recording down; the others lose what they have in flight."""
        self._halt()
        outcomes: dict[Slug, Outcome] = {}
        until = time.monotonic() + _GRACE
        while self._running and (left := until - time.monotonic()) > 0:
            for item, came in self._finished(left):
                outcomes[item.slug] = self._outcome(item, came)
        return outcomes

    def _finished(self, wait: float) -> list[tuple[Planned, Outcome | Exception]]:
        came: list[tuple[Planned, Outcome | Exception]] = []
        try:
            came.append(self._done.get(timeout=wait))
            while True:
                came.append(self._done.get_nowait())
        except Empty:
            pass
        self._watch.tick()
        return came

    def _outcome(self, item: Planned, came: Outcome | Exception) -> Outcome:
        del self._running[item.slug]
        if isinstance(came, Stopped):
            if not isinstance(came, OutOfBudget):
                self.stopped = self.stopped or str(came)
                self._halt()
            elif not self._budget.pays_for_an_ordinary_request():
                self.stopped = self.stopped or str(came)
            came = NotRun(self.stopped or str(came))
        if isinstance(came, Exception):
            raise came
        self._watch.ended(item, came)
        return came


def _is_undocumented(item: Planned) -> bool:
    return set(item.claim.statuses) == {Status.UNDOCUMENTED}
