"""Who is let in: keys, and the two headers they come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from conformance.simulator.api.errors import Refusal

# Given the request's headers, and the only right key (None: any); raises a refusal.
Authentication = Callable[[Mapping[str, str], str | None], None]


def keys_from(*, bearer: bool = True, x_api_key: bool = True) -> Authentication:
    """Ask for a right key: in x-api-key, as a Bearer token, or in either."""

    def given(headers: Mapping[str, str]) -> Iterator[str]:
        if x_api_key and "x-api-key" in headers:
            yield headers["x-api-key"].strip()
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if bearer and scheme.lower() == "bearer":
            yield token.strip()

    def authenticate(headers: Mapping[str, str], expected: str | None) -> None:
        keys = list(given(headers))
        if not keys:
            raise Refusal("x-api-key header is required", "authentication_error")
        if not any(_is_right(key, expected) for key in keys):
            kind = "x-api-key" if "x-api-key" in headers else "bearer token"
            raise Refusal(f"invalid {kind}", "authentication_error")

    return authenticate


either_header = keys_from()
"""The usual: a right key in x-api-key or as a Bearer token."""


def open_to_all(headers: Mapping[str, str], expected: str | None) -> None:
    """Let everybody in."""


def _is_right(key: str, expected: str | None) -> bool:
    """Where no key is set any is right, unless it says itself that it is not."""
    if expected is not None:
        return key == expected
    return bool(key) and not any(word in key.lower() for word in ("invalid", "wrong"))
