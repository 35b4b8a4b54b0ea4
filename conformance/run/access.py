"""Which service a live run asks, and which variable's key goes there: decided before anything is sent.

A key is only sent where it belongs: a provider's own variable (``target.key_env``) to the matrix's own host or to an
address given by hand, and the general ones (``ANTHROPIC_API_KEY`` …), which may hold anybody's key, to the address
that stands beside them in ``ANTHROPIC_BASE_URL``, to an address given by hand, or where the matrix lists them. The
table is in ``docs/adding-a-provider.md``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from conformance.http.evidence import is_loopback, without_userinfo
from conformance.http.keys import checked
from conformance.http.redact import Secret
from conformance.matrix import Matrix
from conformance.matrix.address import sdk_tail

__all__ = ["BASE_URL", "GENERAL", "NO_KEY", "Access", "NoAccess", "Origin", "access_to", "endpoint_of"]

GENERAL = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""The variables of Anthropic's SDK and its clients: which provider's key they hold, nobody can tell."""

BASE_URL = "ANTHROPIC_BASE_URL"

NO_KEY = "any"
"""What is sent to a server without keys: a client has to send something."""


class NoAccess(Exception):
    """No key may be sent to the endpoint that would be asked; says in one line what to do."""


class Origin(Enum):
    """Who named an endpoint, in the words of the terminal."""

    OPTION = "--endpoint"
    ENVIRONMENT = BASE_URL
    MATRIX = "the matrix"


@dataclass(frozen=True, slots=True)
class Access:
    """An endpoint, and the key that goes there."""

    endpoint: str
    origin: Origin
    key: Secret
    variable: str | None
    """The environment variable the key comes from; None where the server needs none."""

    @property
    def words(self) -> str:
        """Where the run asks and what it asks with; never the key."""
        key = f"the key of {self.variable}" if self.variable else "no key, as the server needs none"
        return f"asking {without_userinfo(self.endpoint)} (named by {self.origin.value}) with {key}"


def _base(endpoint: str, origin: Origin) -> str:
    """An address as the SDK takes it: what stands in front of ``/v1/messages``.

    Raises:
        NoAccess: it is no such address, or goes on where the SDK does.
    """
    bare = endpoint.strip().rstrip("/")
    if tail := sdk_tail(bare):
        shown, shorter = without_userinfo(endpoint), without_userinfo(bare.removesuffix(tail))
        raise NoAccess(f"{origin.value} {shown}: leave out {tail}, which the SDK adds itself: {shorter}")
    return bare


def endpoint_of(matrix: Matrix, option: str | None, environment: Mapping[str, str]) -> tuple[str, Origin]:
    """Where to ask: the option, else ``ANTHROPIC_BASE_URL``, else the matrix's endpoint; and which of them it was.

    Raises:
        NoAccess: it goes on where the SDK does.
    """
    for named, origin in ((option, Origin.OPTION), (environment.get(BASE_URL), Origin.ENVIRONMENT)):
        if named:
            return _base(named, origin), origin
    return matrix.target.endpoint, Origin.MATRIX


def access_to(
    matrix: Matrix, environment: Mapping[str, str], *, option: str | None = None, key_env: str | None = None
) -> Access:
    """The endpoint of a run and its key.

    Args:
        option: the endpoint given by hand.
        key_env: the variable given by hand; it goes before all rules.

    Raises:
        NoAccess: there is no key, or none that belongs to the endpoint.
        BadKey: it is none that could be sent.
    """
    endpoint, origin = endpoint_of(matrix, option, environment)
    if key_env is not None:
        if not environment.get(key_env):
            raise NoAccess(f"--key-env {key_env}: this variable is not set")
        return Access(endpoint, origin, checked(key_env, environment[key_env]), key_env)
    allowed = _allowed(matrix, environment, endpoint, origin)
    variable = next((name for name in allowed if environment.get(name)), None)
    if variable is not None:
        return Access(endpoint, origin, checked(variable, environment[variable]), variable)
    if matrix.target.auth == "none" and (origin is Origin.OPTION or _is_own(matrix, endpoint)):
        return Access(endpoint, origin, Secret(NO_KEY), None)
    raise NoAccess(_advice(matrix, environment, endpoint, origin, allowed))


def _allowed(matrix: Matrix, environment: Mapping[str, str], endpoint: str, origin: Origin) -> Sequence[str]:
    """The variables whose key may go to the endpoint, the first one first."""
    named = matrix.target.key_env or ()
    if origin is Origin.OPTION:
        every = tuple(dict.fromkeys((*named, *GENERAL)))
        if not _is_own(matrix, endpoint):
            _tell_apart([name for name in every if environment.get(name)], endpoint)
        return every
    if _is_own(matrix, endpoint):
        # A matrix of a server on this machine need name no variable: nothing leaves the machine.
        return named or (GENERAL if _is_local(endpoint) else ())
    # ANTHROPIC_BASE_URL, and another host: only what belongs to that address may go there.
    return [name for name in GENERAL if not named or name in named]


def _tell_apart(found: Sequence[str], endpoint: str) -> None:
    """Where a provider's own key and a general one are both at hand, only their owner knows which is meant.

    Raises:
        NoAccess: both are set, and the endpoint is not the matrix's own.
    """
    own = [name for name in found if name not in GENERAL]
    general = [name for name in found if name in GENERAL]
    if own and general:
        raise NoAccess(
            f"{own[0]} and {general[0]} are both set, and {_host(endpoint)} is not the matrix's own host: "
            f"say whose key goes there with --key-env {own[0]} or --key-env {general[0]}"
        )


def _advice(
    matrix: Matrix, environment: Mapping[str, str], endpoint: str, origin: Origin, allowed: Sequence[str]
) -> str:
    target, named = matrix.target, matrix.target.key_env or ()
    withheld = next((name for name in (*named, *GENERAL) if environment.get(name) and name not in allowed), None)
    if origin is Origin.ENVIRONMENT and not _is_own(matrix, endpoint) and (withheld or not allowed):
        own = next((name for name in named if name not in GENERAL), None)
        unset = f"unset it and set {own} to ask {_host(target.endpoint)}" if own else "unset it"
        return (
            f"{BASE_URL} names {_host(endpoint)}, which is not the host of {target.title}: {unset}, "
            f"or name the endpoint by hand with --endpoint {shlex.quote(without_userinfo(endpoint))}"
        )
    if not allowed:
        return (
            f"{matrix.path.name} names no variable for the key of {_host(endpoint)}: "
            "write one under target.key_env, or name it with --key-env"
        )
    wanted = f"--live needs a key: set {_either(allowed)} in the environment"
    if withheld is None:
        return wanted
    return f"{wanted}; that of {withheld} is not sent to {_host(endpoint)}, as it may be another provider's"


def _either(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _is_own(matrix: Matrix, endpoint: str) -> bool:
    """Whether an endpoint is on the host the matrix names; every port of this machine is one host."""
    return _host(endpoint) == _host(matrix.target.endpoint) or (
        _is_local(endpoint) and _is_local(matrix.target.endpoint)
    )


def _is_local(endpoint: str) -> bool:
    return is_loopback(_host(endpoint))


def _host(endpoint: str) -> str:
    """The host of an address, in small letters; the address itself where it has none."""
    try:
        return urlsplit(endpoint).hostname or without_userinfo(endpoint).rpartition("@")[2]
    except ValueError:
        return endpoint.rpartition("@")[2]
