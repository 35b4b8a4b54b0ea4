"""What a recording can be evidence of: never more than its own answers, its endpoint and its dates say.

A cassette is a text file, and its ``source:`` one line in it. So the line is not believed: it may claim less than
the rest of the file, and never more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from socket import inet_aton
from urllib.parse import urlsplit, urlunsplit

from conformance.protocol.exchange import Exchange
from conformance.values import Source

__all__ = [
    "SIMULATOR_HEADER",
    "host_of",
    "is_loopback",
    "models_asked",
    "moment",
    "source_of",
    "too_late",
    "without_userinfo",
]

SIMULATOR_HEADER = "x-conformance-simulator"
"""The header that the simulator stamps every answer with."""

SKEW = timedelta(hours=1)
"""By how much two machines' clocks may differ."""

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z")


def source_of(exchanges: Sequence[Exchange], endpoint: str) -> Source:
    """The most that evidence can be, by what answered; no option and no line of a file can claim more."""
    if any(name.lower() == SIMULATOR_HEADER for exchange in exchanges for name in exchange.headers):
        return Source.SIMULATOR
    return Source.LOCAL if is_loopback(host_of(endpoint)) else Source.LIVE


def host_of(endpoint: str) -> str:
    """The host of an address; empty where it is none."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host if parts.scheme in ("http", "https") else ""


def without_userinfo(endpoint: str) -> str:
    """An endpoint as it may be shown: without a user, a password or a query."""
    parts = urlsplit(endpoint)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine, by its name or address, in any of the ways an address can be written."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        try:
            # 127.1, 0x7f000001 and 2130706433 are taken by every resolver, too.
            address = ip_address(inet_aton(name))
        except (OSError, ValueError):
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    # Who connects to 0.0.0.0 or :: is connected to this machine.
    return address.is_loopback or address.is_unspecified


def moment(words: str) -> datetime:
    """A time as cassettes and reports have it: ISO 8601, UTC, written with a Z.

    Raises:
        ValueError: it is something else.
    """
    if not _MOMENT.fullmatch(words):
        raise ValueError(f"{words[:40]}, which is no time; it is written like 2026-11-23T12:11:08Z")
    try:
        return datetime.fromisoformat(words)
    except ValueError as error:
        raise ValueError(f"{words}, which is no time ({error})") from None


def too_late(words: str, now: datetime | None = None) -> str:
    """What is wrong with the time of a recording; empty where nothing is.

    Args:
        now: the present; the machine's own clock where it is not given. A recording from the future is an error,
            and nothing else ever depends on the day.
    """
    try:
        when = moment(words)
    except ValueError as error:
        return str(error)
    now = now or datetime.now(UTC)
    if when > now + SKEW:
        return f"{words}, which is in the future by this machine's clock ({now:%Y-%m-%dT%H:%M:%SZ})"
    return ""


def models_asked(exchanges: Iterable[Exchange]) -> set[str]:
    """The models that requests name."""
    bodies = (exchange.request for exchange in exchanges)
    named = (body.get("model") for body in bodies if isinstance(body, dict))
    return {model for model in named if isinstance(model, str)}
