"""How often a sampled case is wrong, and what it costs: ``python benchmarks/verdict_error.py``.

The three sampled cases run as they are, on services made of nothing but a distribution of openings:
some honour the near-greedy setting (a share ``noise`` of their draws does not), some ignore it. Every
run is over fresh draws. The last table asks what a design of fixed size would need to decide as often.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

from conformance.cases import CASES
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import Experiment
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.statistics import ERROR, LOOKS, SUSPICION, evidence_of_diversity, p_collapsed
from conformance.values import Behaviour

FEATURES = ("temperature", "top_p", "top_k")
OPENINGS = (2, 3, 6, 12, 1000)
NOISES = (0.0, 0.05, 0.1, 0.2, 0.3)
DECIDED, HARDEST, STEP = 0.95, 1, 7
"""Of the comparison with a fixed size: the share of runs that makes a service count, and how it is searched."""


@dataclass(frozen=True)
class Service:
    """A service that is only a distribution: so many equally likely openings."""

    openings: int
    noise: float
    honours: bool

    @property
    def right(self) -> Behaviour:
        """What a case should see; both arms of a service with one opening would be alike."""
        return Behaviour.HONOURED if self.honours else Behaviour.IGNORED

    def draw(self, rng: random.Random, *, greedy: bool) -> int:
        """One opening."""
        collapsed = greedy and self.honours and rng.random() >= self.noise
        return 0 if collapsed else rng.randrange(self.openings)


class Sampler:
    """Just enough of an Endpoint for a sampled case."""

    model = "sampler"

    def __init__(self, service: Service, rng: random.Random) -> None:
        self._service = service
        self._rng = rng
        self.asked = 0

    def ask(self, arm: str, **params: Any) -> Reply:
        """A reply whose words are the number of an opening."""
        del params
        self.asked += 1
        return _reply(self._service.draw(self._rng, greedy=arm == "treatment"))


def _reply(opening: int) -> Reply:
    body = {"content": [{"type": "text", "text": f"opening {opening}"}]}
    return Reply(Exchange("POST", "/v1/messages", {}, b"{}", 200, {}, json.dumps(body).encode()))


def services() -> Iterator[Service]:
    """Every service of the sweep."""
    for openings, noise in product(OPENINGS, NOISES):
        yield Service(openings, noise, honours=True)
    for openings in OPENINGS:
        yield Service(openings, 0.0, honours=False)


def fixed(service: Service, rng: random.Random, size: int) -> Behaviour:
    """The same two tests at one look of a fixed size, both arms drawn in full."""
    treatment = [service.draw(rng, greedy=True) for _ in range(size)]
    control = [service.draw(rng, greedy=False) for _ in range(size)]
    p_same = p_collapsed(control, treatment)
    if p_same <= ERROR:
        return Behaviour.HONOURED
    if evidence_of_diversity(treatment) >= 1 / ERROR and p_same > SUSPICION:
        return Behaviour.IGNORED
    return Behaviour.INCONCLUSIVE


def main() -> int:
    """Print the tables; 1 if a verdict was wrong more often than the stated error allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="runs of each case on each service")
    parser.add_argument("--seed", type=int, default=20261123)
    options = parser.parse_args()
    began = time.perf_counter()
    confusion: Counter[tuple[str, Behaviour, Behaviour]] = Counter()
    spent: Counter[Service] = Counter()
    decided: Counter[Service] = Counter()
    for service, feature in product(services(), FEATURES):
        experiment = cast("Experiment", CASES[feature][0])
        for run in range(options.runs):
            sampler = Sampler(service, random.Random(f"{options.seed} {service} {feature} {run}"))
            seen = experiment.run(cast("Endpoint", sampler)).behaviour
            confusion[feature, service.right, seen] += 1
            spent[service] += sampler.asked
            decided[service] += seen is not Behaviour.INCONCLUSIVE
    wrong = _confusion(confusion)
    _costs(spent, decided, options.runs * len(FEATURES))
    ratio = _against_fixed(spent, decided, options.runs, options.seed)
    print(f"\nseed {options.seed}, {sum(confusion.values())} runs, {time.perf_counter() - began:.0f} s")
    return int(wrong > float(ERROR) or ratio > 0.5)


def _confusion(confusion: Counter[tuple[str, Behaviour, Behaviour]]) -> float:
    print(f"{'case':<14}{'the service':<14}{'honoured':>10}{'ignored':>10}{'inconclusive':>14}{'wrong':>10}")
    worst = 0.0
    for feature, right in product(FEATURES, (Behaviour.HONOURED, Behaviour.IGNORED)):
        row = {seen: confusion[feature, right, seen] for seen in Behaviour}
        other = Behaviour.IGNORED if right is Behaviour.HONOURED else Behaviour.HONOURED
        rate = row[other] / sum(row.values())
        worst = max(worst, rate)
        kind = "honours it" if right is Behaviour.HONOURED else "ignores it"
        counts = f"{row[Behaviour.HONOURED]:>10}{row[Behaviour.IGNORED]:>10}{row[Behaviour.INCONCLUSIVE]:>14}"
        print(f"{feature:<14}{kind:<14}{counts}{rate:>10.5f}")
    print(f"stated error: {float(ERROR)} each way; worst rate seen: {worst:.5f}")
    return worst


def _costs(spent: Counter[Service], decided: Counter[Service], runs: int) -> None:
    print(f"\n{'openings':>8}{'noise':>7}  {'the service':<12}{'decided':>8}{'requests':>10}")
    for service in services():
        kind = "honours it" if service.honours else "ignores it"
        share, cost = decided[service] / runs, spent[service] / runs
        print(f"{service.openings:>8}{service.noise:>7.2f}  {kind:<12}{share:>8.3f}{cost:>10.1f}")


def _against_fixed(spent: Counter[Service], decided: Counter[Service], runs: int, seed: int) -> float:
    """A fixed design must be large enough for the hardest service it is to be right about.

    Its error is all that is not the right verdict: it has no cap to stop at, and no later look.
    """
    each = runs * len(FEATURES)
    judged = sorted((s for s in services() if decided[s] >= DECIDED * each), key=lambda s: decided[s])
    trials = 1000

    def enough(size: int) -> bool:
        # The service least often decided sets the size; the others need less.
        return all(_failures(service, size, trials, seed) <= float(ERROR) * trials for service in judged[:HARDEST])

    low = next(size for size in range(min(LOOKS), 16 * max(LOOKS), STEP) if enough(size))
    cost = sum(spent[service] for service in judged) / (each * len(judged))
    print(f"\nthe {len(judged)} services that are decided in at least {DECIDED:.0%} of runs:")
    print(f"  sequential  {cost:.1f} requests on average, {2 * max(LOOKS)} at the most")
    print(f"  fixed size  {2 * low} requests, for an error of {float(ERROR)} on each of them")
    print(f"  ratio       {cost / (2 * low):.2f}")
    return cost / (2 * low)


def _failures(service: Service, size: int, trials: int, seed: int) -> int:
    """How often the fixed design misses the right verdict, counted until it is once too often."""
    failures = 0
    for trial in range(trials):
        rng = random.Random(f"{seed} fixed {size} {service} {trial}")
        failures += fixed(service, rng, size) is not service.right
        if failures > float(ERROR) * trials:
            break
    return failures


if __name__ == "__main__":
    raise SystemExit(main())
