"""How often each fault happens: read from what people type, and drawn by chance that can be repeated."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Final

from conformance.simulator.faults import bodies, connections, statuses
from conformance.simulator.faults.call import Fault
from conformance.simulator.naming import known

ALL: Final = "all"
OF_CONNECTIONS: Final = (
    Fault("refused", "nobody listens on the port for so much of the time, a tenth of a second each"),
    Fault("dropped", "the connection is taken and reset before a byte is read"),
    Fault("tls", "the service is https, and so many connections meet the certificate of another host"),
)
FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {fault.name: fault for fault in (*OF_CONNECTIONS, *connections.faults(), *statuses.faults(), *bodies.faults())}
)
_SPREAD: Final = [name for name in FAULTS if name != "tls"]  # which would change the service's address


def rates(words: Iterable[str]) -> dict[str, float]:
    """Read NAME=RATE, or NAME alone for every time; ``all=RATE`` spreads a rate over all that are not named.

    Raises:
        ValueError: a name nobody has, a rate that is none, a name given twice.
    """
    given: dict[str, float] = {}
    for word in words:
        name, _, rate = word.partition("=")
        if name in given:
            raise ValueError(f"the fault {name!r} is given twice")
        given[known(name, [*FAULTS, ALL], "fault")] = _rate(name, rate) if "=" in word else 1.0
    return given


def _rate(name: str, rate: str) -> float:
    try:
        return float(rate)
    except ValueError:
        raise ValueError(f"the rate of {name!r} is a number from 0 to 1, not {rate!r}") from None


@dataclass
class Faults:
    """The faults of one service: their rates, their chance, and how often each has happened.

    What befalls a request depends on the seed, the request, and how often the same was asked before; not on what
    else is asked at the time. What befalls a connection depends on the seed and its number.
    """

    rates: Mapping[str, float]
    seed: int = 0
    happened: Counter[str] = field(default_factory=Counter[str])
    _asked: Counter[bytes] = field(default_factory=Counter[bytes])

    def __post_init__(self) -> None:
        for name, rate in self.rates.items():
            known(name, [*FAULTS, ALL], "fault")
            if not 0 <= rate <= 1:
                raise ValueError(f"the rate of {name!r} is a number from 0 to 1, not {rate}")
        unnamed = [name for name in _SPREAD if name not in self.rates]
        share = self.rates.get(ALL, 0.0) / max(1, len(unnamed))
        spread = dict.fromkeys(unnamed, share) if share else {}
        self.rates = {name: rate for name in FAULTS if (rate := ({**spread, **self.rates}).get(name, 0.0))}
        if sum(self._of_requests()) > 1 + 1e-9:
            raise ValueError(f"the faults add up to {sum(self._of_requests()):g}: more than every request")

    def _of_requests(self) -> Iterator[float]:
        return (rate for name, rate in self.rates.items() if FAULTS[name].meet is not None)

    @property
    def of_connections(self) -> bool:
        """Whether any of them befalls connections."""
        return any(FAULTS[name].meet is None for name in self.rates)

    def draw(self, method: str, path: str, body: bytes) -> tuple[Fault | None, Random]:
        """What befalls a request, and the chance that is left for how."""
        digest = hashlib.sha256(f"{self.seed} fault {method} {path} ".encode() + body).digest()
        self._asked[digest] += 1
        chance = Random(digest + self._asked[digest].to_bytes(4, "big"))  # noqa: S311 - chance, not a secret
        drawn = chance.random()
        for name, rate in self.rates.items():
            if FAULTS[name].meet is None:
                continue
            if drawn < rate:
                return FAULTS[name], chance
            drawn -= rate
        return None, chance

    def befalls(self, name: str, number: int) -> bool:
        """Whether a fault of connections befalls the connection, or the moment, of that number."""
        rate = self.rates.get(name, 0.0)
        return Random(f"{self.seed} {name} {number}").random() < rate  # noqa: S311 - chance, not a secret
