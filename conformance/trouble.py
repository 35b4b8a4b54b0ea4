"""Trouble, classified: of the service, of the network, or of the suite. None of it is a verdict."""

from __future__ import annotations

__all__ = [
    "Aborted",
    "CassetteDamaged",
    "CassetteLeaks",
    "CassetteMissing",
    "CassetteStale",
    "Inconclusive",
    "NetworkTrouble",
    "NotApplicable",
    "OutOfBudget",
    "ServiceTrouble",
    "Stopped",
    "SuiteFault",
    "TimedOut",
    "Trouble",
    "Unreached",
]


class Trouble(Exception):
    """Something in the way of an experiment; its feature is inconclusive, for the reason given."""

    kind = "trouble"


class ServiceTrouble(Trouble):
    """The service is there and not well: 429, 529, a 5xx that comes and goes, a cut stream."""

    kind = "service"


class NetworkTrouble(Trouble):
    """The service was not reached, or the connection did not hold."""

    kind = "network"


class TimedOut(NetworkTrouble):
    """A phase of a request took longer than it may."""


class Unreached(NetworkTrouble):
    """There was no connection, so nothing was sent."""


class Inconclusive(Trouble):
    """Nothing failed, and yet the replies cannot tell one behaviour from another."""

    kind = "experiment"


class NotApplicable(Exception):
    """The target cannot have this feature (credentials on a server without keys)."""


class Aborted(Exception):
    """The whole run has to stop: the key is refused, nothing answers, or nothing can be written."""


class Stopped(Exception):
    """The run ends early; what is recorded stays, and what was not reached is not run, for the reason given."""


class OutOfBudget(Stopped):
    """One more request would be more than was allowed."""


class SuiteFault(Exception):
    """A fault on our side of the wire: reported as an error of the run, never as a verdict."""

    slug: tuple[str, str, str] | None = None
    """The case whose recording it is about, where that is not the one being judged."""
    brief = ""
    """What a report says of it, without this machine's paths and a library's words; empty where all may be said."""


class CassetteLeaks(SuiteFault):
    """What would have been written still shows a secret, so it was not."""


class CassetteMissing(SuiteFault):
    """There is no recording to judge."""


class CassetteStale(SuiteFault):
    """The case asks what its cassette does not hold: the request changed since the recording."""


class CassetteDamaged(SuiteFault):
    """The cassette is there and cannot be read."""
