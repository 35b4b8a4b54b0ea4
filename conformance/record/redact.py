"""Keep secrets and account details off the disk, the terminal and the report."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from urllib.parse import quote

__all__ = ["REDACTED", "REQUEST_HEADERS", "RESPONSE_HEADERS", "Redactor"]

REDACTED = "[redacted]"

REQUEST_HEADERS = ("anthropic-beta", "anthropic-version", "authorization", "content-type", "x-api-key")
"""Request headers that are kept. Allowed by name: what is not listed never reaches a cassette."""

RESPONSE_HEADERS = ("content-type", "location", "retry-after", "x-conformance-simulator")
"""Response headers that are kept; the others can carry account ids, cookies and rate limits."""

_CREDENTIALS = ("authorization", "x-api-key")


class Redactor:
    """Takes a set of secrets out of whatever it is shown, in the forms they travel in."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in filter(None, secrets):
            encoded = base64.b64encode(secret.encode()).decode()
            forms |= {secret, quote(secret, safe=""), encoded, encoded.rstrip("=")}
        # The longest first: one form may be part of another.
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def text(self, text: str) -> str:
        """``text`` without the secrets."""
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return text

    def data(self, data: bytes) -> bytes:
        """``data`` without the secrets."""
        for form in self._forms:
            data = data.replace(form.encode(), REDACTED.encode())
        return data

    def request_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The request headers worth keeping; of credentials only that they were sent, and how."""
        kept = {name: self.text(headers[name]) for name in REQUEST_HEADERS if name in headers}
        for name in _CREDENTIALS:
            if name in kept:
                kept[name] = f"Bearer {REDACTED}" if kept[name].startswith("Bearer ") else REDACTED
        return kept

    def response_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The response headers worth keeping."""
        return {name: self.text(headers[name]) for name in RESPONSE_HEADERS if name in headers}
