"""What a run has asked and spent, and what it may: counted before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Condition, Event

from conformance.matrix import Price
from conformance.protocol.exchange import Exchange
from conformance.protocol.parsing import token_count
from conformance.protocol.reply import Reply
from conformance.trouble import OutOfBudget, Stopped
from conformance.values import Json

__all__ = ["Budget", "Spent", "Ticket", "cost_of", "tokens_of"]

_MILLION = 1_000_000

_WINDOW = 204_800
"""Tokens a reply is reckoned to have at most where its request sets no limit that makes sense."""

_ORDINARY = 1024
"""Tokens of a reply that an ordinary request pays for at worst."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What has been asked so far, and what it cost."""

    requests: int = 0
    in_flight: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    """USD; None where a model has no price."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request that was allowed, and what it costs at worst."""

    model: Json
    worst: float


class Budget:
    """Counts every request of a run, retries included, and stops before a bound is passed.

    Args:
        requests: the most there may be.
        cost: the most they may cost, in USD.
    """

    def __init__(self, requests: int | None = None, cost: float | None = None) -> None:
        self._most_requests = requests
        self._most_cost = cost
        self._prices: dict[str, Price] = {}
        self._default: Price | None = None
        self._changed = Condition()
        self._spent = Spent()
        self._cost = 0.0
        self._reserved = 0.0
        self._unpriced = False

    def __repr__(self) -> str:
        return f"Budget({self._most_requests}, {self._most_cost})"

    def price(self, prices: Mapping[str, Price]) -> None:
        """Learn what models cost; one that is not named costs as much as the dearest."""
        with self._changed:
            self._prices |= prices
            self._default = max(self._prices.values(), key=lambda price: price.output, default=None)

    @property
    def spent(self) -> Spent:
        """As of now."""
        with self._changed:
            return Spent(
                self._spent.requests,
                self._spent.in_flight,
                self._spent.input_tokens,
                self._spent.output_tokens,
                None if self._unpriced else self._cost,
            )

    @property
    def is_bounded(self) -> bool:
        """Whether there is a bound at all."""
        return self._most_requests is not None or self._most_cost is not None

    def room(self) -> tuple[float, float]:
        """How many requests, and how many USD, are left; infinite where nothing bounds them."""
        with self._changed:
            requests = float("inf") if self._most_requests is None else self._most_requests - self._spent.requests
            cost = float("inf") if self._most_cost is None else self._most_cost - self._cost
            return requests, cost

    def enter(self, model: Json, body: bytes, most_tokens: Json, halted: Event) -> Ticket:
        """Count a request before it is sent.

        What is in flight is reckoned at its worst and comes in cheaper, so a request that cannot be paid
        for yet waits for what is in flight, and is only refused where that does not help.

        Args:
            model: the model it asks, as it stands in the request.
            body: what is sent; no tokenizer makes more tokens than there are bytes.
            most_tokens: its ``max_tokens``, whatever that is.

        Raises:
            OutOfBudget: it would be one too many, or could cost too much.
            Stopped: the run was stopped while it waited.
        """
        worst = self._worst(model, len(body), most_tokens)
        with self._changed:
            while True:
                if halted.is_set():
                    raise Stopped("the run was stopped")
                if self._most_requests is not None and self._spent.requests >= self._most_requests:
                    raise OutOfBudget(f"the budget of {self._most_requests} requests is used up")
                if self._most_cost is None or self._cost + self._reserved + worst <= self._most_cost:
                    break
                if not self._reserved:
                    raise OutOfBudget(
                        f"the budget of ${self._most_cost:g} is used up: ${self._cost:.4f} are spent, "
                        f"and one more request could cost ${worst:.4f}"
                    )
                self._changed.wait(0.2)
            self._reserved += worst
            self._move(requests=1, in_flight=1)
        return Ticket(model, worst)

    def leave(self, ticket: Ticket, exchange: Exchange | None, *, sent: bool = True) -> None:
        """Count what came of a request.

        Args:
            exchange: its answer; None where there was none that is whole.
            sent: whether it reached the service at all.
        """
        tokens_in = tokens_out = 0
        cost = ticket.worst if sent else 0.0
        price = self._price_of(ticket.model)
        try:
            if exchange is not None:
                reply = Reply(exchange)
                tokens_in, tokens_out = tokens_of(reply)
                if _is_counted(reply) or not 200 <= exchange.status < 300:
                    cost = cost_of(reply, price) if price else 0.0
        finally:
            # Whatever an answer holds, its request is over: a reservation that stayed would hold up the whole run.
            self._settle(ticket, price, cost, tokens_in, tokens_out)

    def _settle(self, ticket: Ticket, price: Price | None, cost: float, tokens_in: int, tokens_out: int) -> None:
        with self._changed:
            self._reserved = max(0.0, self._reserved - ticket.worst) if self._spent.in_flight > 1 else 0.0
            self._cost += cost
            self._unpriced |= price is None and bool(tokens_in or tokens_out)
            self._move(in_flight=-1, input_tokens=tokens_in, output_tokens=tokens_out)
            self._changed.notify_all()

    def _move(self, *, requests: int = 0, in_flight: int = 0, input_tokens: int = 0, output_tokens: int = 0) -> None:
        before = self._spent
        self._spent = Spent(
            before.requests + requests,
            before.in_flight + in_flight,
            before.input_tokens + input_tokens,
            before.output_tokens + output_tokens,
        )

    def _price_of(self, model: Json) -> Price | None:
        return self._prices.get(model, self._default) if isinstance(model, str) else self._default

    def _worst(self, model: Json, size: int, most_tokens: Json) -> float:
        price = self._price_of(model)
        if price is None or most_tokens is None:
            return 0.0
        dearest = max(price.input, price.cache_write or 0.0)
        sensible = isinstance(most_tokens, int) and 0 < most_tokens <= _WINDOW
        return (size * dearest + (most_tokens if sensible else _WINDOW) * price.output) / _MILLION

    def pays_for_an_ordinary_request(self) -> bool:
        """Whether what is left is worth going on for."""
        requests, cost = self.room()
        dearest = max((price.output for price in self._prices.values()), default=0.0)
        return requests > 0 and cost > _ORDINARY * dearest / _MILLION


def tokens_of(reply: Reply) -> tuple[int, int]:
    """Tokens read, cached or not, and tokens written, by the service's own count."""
    return reply.size or 0, reply.output_tokens or 0


def _is_counted(reply: Reply) -> bool:
    """Whether a reply's usage has a count that can be one; without, it costs what it may cost at worst."""
    return any(token_count(count) is not None for count in reply.usage.values())


def cost_of(reply: Reply, price: Price) -> float:
    """What a reply cost in USD, by its usage."""
    counts = {
        "input_tokens": price.input,
        "output_tokens": price.output,
        "cache_read_input_tokens": price.input if price.cache_read is None else price.cache_read,
        "cache_creation_input_tokens": price.input if price.cache_write is None else price.cache_write,
    }
    return sum((token_count(reply.usage.get(name)) or 0) * usd for name, usd in counts.items()) / _MILLION
