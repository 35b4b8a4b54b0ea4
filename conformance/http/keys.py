"""Keys and the other credentials of a run: checked before anything is sent, and known so that none is shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpx2

from conformance.http.redact import Secret

__all__ = ["CUSTOM_HEADERS", "BadKey", "Credentials", "checked", "credentials_of", "custom_header_names"]

CUSTOM_HEADERS = "ANTHROPIC_CUSTOM_HEADERS"
"""What the SDK adds to every request without a word, a header a line."""

_CREDENTIAL = re.compile(r"ANTHROPIC_(?:\w+_)?(?:KEY|TOKEN|SECRET)", re.IGNORECASE)
_PROXY = re.compile(r"(?:https?|all|ftp|socks)_proxy", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key and the header it travels in."""

    header: str
    value: str

    def __repr__(self) -> str:
        return f"Credentials({self.header})"

    def on(self, request: httpx2.Request) -> bool:
        """Whether a request carries exactly these."""
        return request.headers.get(self.header) == self.value


class BadKey(ValueError):
    """A key that cannot be sent; the message does not show it."""


def checked(name: str, value: str) -> Secret:
    """A key as it is sent: without the white space around it that copying brings along.

    Args:
        name: the variable it comes from, for the message.

    Raises:
        BadKey: it holds what no header can carry, or what no key holds.
    """
    key = value.strip()
    if not key:
        raise BadKey(f"{name} holds nothing but white space: set it to the key")
    for at, char in enumerate(key, 1):
        if char.isascii() and char.isprintable() and char != " ":
            continue
        what = (
            "white space"
            if char.isspace()
            else "a control character"
            if char.isascii()
            else "a character that is not ASCII (a curly quote, say)"
        )
        raise BadKey(f"{name} holds {what} (U+{ord(char):04X}, character {at}), and no key does: copy the key again")
    return Secret(key)


def credentials_of(environment: Mapping[str, str], variables: Collection[str] = ()) -> tuple[Secret, ...]:
    """Whatever in an environment is a credential of the SDK's, of a proxy, or in one of these variables.

    Only one of these is sent, as the run's key. The others must not be shown either.
    """
    found: list[str] = []
    for name, value in environment.items():
        if name in variables or _CREDENTIAL.fullmatch(name):
            found.append(value.strip())
        elif name.upper() == CUSTOM_HEADERS:
            found += [line.partition(":")[2].strip() for line in value.split("\n")]
        elif _PROXY.fullmatch(name):
            found += _password(value)
    return tuple(Secret(value) for value in found if value)


def custom_header_names(environment: Mapping[str, str]) -> list[str]:
    """The names of the headers that the SDK would add to every request, as the SDK reads them."""
    lines = environment.get(CUSTOM_HEADERS, "").split("\n")
    return [line.partition(":")[0].strip() for line in lines if ":" in line]


def _password(url: str) -> list[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return []
    return [password, unquote(password)] if password else []
