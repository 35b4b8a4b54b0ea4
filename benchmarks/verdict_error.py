"""How often a sampled case is wrong, undecided, and what it costs: ``python benchmarks/verdict_error.py``.

The sampled cases run as they are, plain and over a stream, on services made of nothing but a way to answer: styles of
healthy services that honour the near-greedy setting or ignore it, caches, and replicas of which one ignores it. Every
run is over fresh draws. Exit code 1 where a healthy service is accused, or a broken one passes, more often than stated.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

from conformance.cases import CASES
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import Experiment
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.values import Behaviour

EXPERIMENTS = {
    ("stream" if case.name.endswith("streams") else "plain"): case
    for case in CASES["temperature"]
    if isinstance(case, Experiment) and "collapses" in case.name
}
"""One parameter stands for the three: their cases differ in its name and its value."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WORDS = _words(
    "the a one this that every some many few old new small large green blue quiet loud slow fast warm cold river stone "
    "house tree road bird cloud lamp door night morning valley harbor forest garden window winter summer light shadow "
    "voice song bread salt copper silver glass paper"
)
CHARACTERS = tuple(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后"
)
THOUGHT = _words(
    "The user wants me to write the opening of a short story about an invented place so I should begin at once"
)
REFUSAL = _words("I am sorry but I cannot help with that request at this time please try something else")
SHORT_REFUSAL = _words("I am not sure, sorry.")
DRIFT, REFUSALS, NOISE = 0.04, 0.1, (0.65, 0.25, 0.10)


@dataclass(frozen=True)
class Style:
    """A way to answer, word for word."""

    thought: tuple[str, ...] = ()
    """What every reply begins with, whatever the setting."""
    drift: float = 0.0
    """The chance, at each word of a greedy draw, that it is a hot one from there on."""
    after: int | None = None
    """The word from which on even a greedy draw is a hot one."""
    courses: tuple[float, ...] = (1.0,)
    """How often a greedy draw takes its first, second … course: no arithmetic is exact in a batch."""
    astray: float = 0.0
    """The share of greedy draws that are hot ones."""
    refuses: float = 0.0
    """The share of draws that say nothing but a refusal."""
    refusal: tuple[str, ...] = REFUSAL
    opening: float = 0.0
    """How often a hot draw begins with the greedy word."""
    pull: float = 0.0
    """How often each word of a hot draw is the greedy one: a service whose default is a cool one."""
    words: tuple[str, ...] = WORDS
    joint: str = " "

    def draw(self, rng: random.Random, room: int, *, greedy: bool) -> tuple[str, bool]:
        """A reply of at most so many words, and whether it came to its end by itself."""
        if rng.random() < self.refuses:
            return self.joint.join(self.refusal[:room]), len(self.refusal) <= room
        said = list(self.thought[:room])
        course = self._course(rng.choices(range(len(self.courses)), self.courses)[0])
        hot = not greedy or rng.random() < self.astray
        for number in range(room - len(said)):
            hot = hot or number == self.after or rng.random() < self.drift
            pulled = rng.random() < (self.pull or self.opening * (number == 0))
            said.append(rng.choice(self.words) if hot and not pulled else course[number])
        return self.joint.join(said), False

    def _course(self, number: int) -> list[str]:
        return random.Random(f"course {number}").choices(self.words, k=2000)


HEALTHY: Mapping[str, Style] = {
    "no thought": Style(),
    "thought of 21 words": Style(thought=THOUGHT),
    "thought of 210 words": Style(thought=THOUGHT * 10),
    "drift after 5 words": Style(after=5),
    "drift 4 % a word": Style(drift=DRIFT),
    "drift 4 %, in Chinese": Style(drift=DRIFT, words=CHARACTERS, joint=""),
    "thought and drift": Style(thought=THOUGHT, drift=DRIFT),
    "low entropy": Style(opening=0.6),
    "low entropy and drift": Style(opening=0.6, drift=DRIFT),
    "greedy noise": Style(courses=NOISE),
    "noise and drift": Style(courses=NOISE, drift=DRIFT),
    "one draw in 20 astray": Style(astray=0.05),
    "refusals": Style(refuses=REFUSALS),
    "refusals and drift": Style(refuses=REFUSALS, drift=DRIFT),
    "short refusals, 15 %": Style(refuses=0.15, refusal=SHORT_REFUSAL),
    "short refusals and drift": Style(refuses=0.15, refusal=SHORT_REFUSAL, drift=DRIFT),
    "default temperature 0.6": Style(pull=0.5),
}

Ask = Callable[[random.Random, str, int], tuple[str, bool]]
"""A reply to an arm with so much room, of a service that keeps what it has to remember."""


@dataclass(frozen=True)
class Service:
    """A service, and what a case may say of it."""

    style: str
    kind: str
    right: tuple[Behaviour, ...]
    """What it is; INCONCLUSIVE is never wrong, and right only where it is named."""
    honours: float = 1.0
    """The share of replicas that honour the setting."""
    caches: str = ""
    """What the key of its cache of whole replies is: the ``request``, or only the ``words`` and settings."""
    manner: Style = Style()

    def opened(self) -> Ask:
        """The service as it is when nobody has asked it anything."""
        known: dict[tuple[str, int], tuple[str, bool]] = {}

        def ask(rng: random.Random, arm: str, room: int) -> tuple[str, bool]:
            greedy = arm == "treatment" and rng.random() < self.honours
            key = arm, room if self.caches == "request" else 0
            reply = self.manner.draw(rng, room, greedy=greedy)
            return known.setdefault(key, reply) if self.caches else reply

        return ask


def services() -> Iterator[Service]:
    """Every service of the tables."""
    for name, style in HEALTHY.items():
        yield Service(name, "honours", (Behaviour.HONOURED,), manner=style)
        yield Service(name, "ignores", (Behaviour.IGNORED,), honours=0, manner=style)
    for kind, share, right in (("honours", 1.0, Behaviour.HONOURED), ("ignores", 0.0, Behaviour.IGNORED)):
        yield Service("cache of requests", kind, (right,), share, "request")
        yield Service("cache of words", kind, (Behaviour.INCONCLUSIVE,), share, "words")
    for share in (0.3, 0.5, 0.7):
        mixed = Behaviour.INCONSISTENT, Behaviour.INCONCLUSIVE
        yield Service("one replica ignores", f"{share:.0%} of draws", mixed, 1 - share)
        for name, style in (("drift", "drift 4 % a word"), ("refusals", "short refusals, 15 %")):
            yield Service(f"one of two, and {name}", f"{share:.0%} of draws", mixed, 1 - share, manner=HEALTHY[style])


class Sampler:
    """Just enough of an Endpoint for a sampled case."""

    model = "sampler"

    def __init__(self, service: Service, rng: random.Random) -> None:
        self._ask = service.opened()
        self._rng = rng
        self.asked = 0

    def repeat(self, times: int, *, counting: str | None = None) -> None:
        """Nothing is asked ahead."""

    def once(self, arm: str, **params: Any) -> Reply:
        """One case is asked at a time: there is nobody to share with."""
        return self.ask(arm, **params)

    def ask(self, arm: str, *, max_tokens: int, **params: Any) -> Reply:
        """A reply of as many words as tokens are allowed."""
        del params
        self.asked += 1
        text, ended = self._ask(self._rng, arm, max_tokens)
        stop = "end_turn" if ended else "max_tokens"
        body = {"content": [{"type": "text", "text": text}], "stop_reason": stop}
        return Reply(Exchange("POST", "/v1/messages", {}, b"{}", 200, {}, json.dumps(body).encode()))


@dataclass(frozen=True)
class Tally:
    """What came of many runs of one case on one service."""

    service: Service
    case: str
    seen: Mapping[Behaviour, int]
    asked: int

    @property
    def runs(self) -> int:
        """How often the case was run."""
        return sum(self.seen.values())

    @property
    def wrong(self) -> int:
        """How often it said what is not so."""
        said = (b for b in self.seen if b not in (*self.service.right, Behaviour.INCONCLUSIVE))
        return sum(self.seen[behaviour] for behaviour in said)


def tally(service: Service, case: str, runs: int, seed: int) -> Tally:
    """Run a case many times, each time on a fresh service."""
    seen: Counter[Behaviour] = Counter()
    asked = 0
    for run in range(runs):
        sampler = Sampler(service, random.Random(f"{seed} {service.style} {service.kind} {case} {run}"))
        seen[EXPERIMENTS[case].run(cast("Endpoint", sampler)).behaviour] += 1
        asked += sampler.asked
    return Tally(service, case, seen, asked)


_COLUMNS = (Behaviour.HONOURED, Behaviour.IGNORED, Behaviour.INCONSISTENT, Behaviour.INCONCLUSIVE)


def main() -> int:
    """Print the tables; 1 if a verdict was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="runs of each case on each service")
    parser.add_argument("--style", default="", help="only styles with these words in their name")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20261127)
    options = parser.parse_args()
    began = time.perf_counter()
    chosen = [service for service in services() if options.style in service.style]
    tallies: list[Tally] = []
    with ProcessPoolExecutor(options.processes) as pool:
        for case in EXPERIMENTS:
            print(f"{case:<26}{'the service':<14}", *(f"{seen:>13}" for seen in _COLUMNS), f"{'requests':>9}  wrong")
            jobs = [pool.submit(tally, service, case, options.runs, options.seed) for service in chosen]
            for job in jobs:
                found = job.result()
                tallies.append(found)
                counts = (f"{found.seen.get(column, 0):>13}" for column in _COLUMNS)
                mean = f"{found.asked / found.runs:>9.1f}"
                print(f"{found.service.style:<26}{found.service.kind:<14}", *counts, mean, f"{found.wrong or '':>6}")
            print(flush=True)
    return _summed_up(tallies, options.seed, time.perf_counter() - began)


def _summed_up(tallies: list[Tally], seed: int, seconds: float) -> int:
    healthy = [found for found in tallies if found.service.kind in ("honours", "ignores")]
    wrong, runs = sum(found.wrong for found in healthy), sum(found.runs for found in healthy)
    decidable = [found for found in healthy if Behaviour.INCONCLUSIVE not in found.service.right]
    print(f"healthy services: {wrong} wrong of {runs} runs; undecided where it could be decided, at the most: ", end="")
    print(f"{max(found.seen.get(Behaviour.INCONCLUSIVE, 0) / found.runs for found in decidable):.1%}")
    for plain in tallies:
        if plain.case == "plain" and plain not in healthy:
            other = next(f for f in tallies if f.case == "stream" and f.service == plain.service)
            both = [found.seen.get(Behaviour.HONOURED, 0) / found.runs for found in (plain, other)]
            where = f"{plain.service.style}, {plain.service.kind}"
            print(f"{where}: the row honoured (both its cases): {both[0] * both[1]:.6f}")
    print(f"seed {seed}, {sum(found.runs for found in tallies)} runs, {seconds:.0f} s")
    return int(wrong > runs / 1000)


if __name__ == "__main__":
    raise SystemExit(main())
