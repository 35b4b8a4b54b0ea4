"""Keep secrets and account details off the disk, the terminal and the report."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

__all__ = ["REDACTED", "REQUEST_HEADERS", "RESPONSE_HEADERS", "Redactor", "Secret", "without_secrets_in_logs"]

REDACTED = "[redacted]"

REQUEST_HEADERS = ("anthropic-beta", "anthropic-version", "authorization", "content-type", "x-api-key")
"""Request headers that are kept. Allowed by name: what is not listed never reaches a cassette."""

RESPONSE_HEADERS = ("content-type", "location", "retry-after", "x-conformance-simulator")
"""Response headers that are kept; the others can carry account ids, cookies and rate limits."""

_CREDENTIALS = ("authorization", "x-api-key")


_TELLING = 8
"""Characters a piece of base64 must have to be taken out: a shorter one may stand anywhere by chance."""


class Secret(str):
    """A string that does not show itself in a traceback's locals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return REDACTED


_LEAST = 8
"""Characters a key must have to be a secret; those of providers have 30 and more."""


class Redactor:
    """Takes a set of secrets out of whatever it is shown, in the forms they travel in.

    Servers without keys are given a word to please the client: ``any``, ``test``. Such a word is no
    secret, and it stands in many an innocent text: only what looks like a key is taken out of bodies.
    (Credential headers are never kept, whatever they hold.)
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in filter(_is_secret, secrets):
            forms |= {secret, quote(secret, safe=""), *_encoded(secret.encode())}
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


@contextmanager
def without_secrets_in_logs(*secrets: str) -> Iterator[None]:
    """Whatever is logged in this block, by any library and at any level, is without the secrets.

    At DEBUG the SDK and httpcore log headers, and a service may repeat a key in its answer. Records are
    made here and shown anywhere: by pytest, on a terminal, in a file. So they are cleaned as they are made.
    """
    redactor = Redactor(secrets)
    make = logging.getLogRecordFactory()

    def clean(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        try:
            words = record.getMessage()
        except (TypeError, ValueError):
            return record  # logging says so itself, and shows neither
        if record.exc_info:
            words += "\n" + logging.Formatter().formatException(record.exc_info)
        record.msg, record.args, record.exc_info = redactor.text(words), None, None
        return record

    logging.setLogRecordFactory(clean)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)


def _encoded(secret: bytes) -> Iterator[str]:
    """A secret in base64, alone or inside something larger: a whole ``Authorization`` header, say."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        alone = encode(secret).decode()
        yield from (alone, alone.rstrip("="))
        for before in range(3):
            # Three bytes make four characters: those that hold bits of a neighbour are left out.
            inside = encode(bytes(before) + secret).decode()[(4 * before + 2) // 3 : (before + len(secret)) * 4 // 3]
            if len(inside) >= _TELLING:
                yield inside


def _is_secret(key: str) -> bool:
    return len(key) >= _LEAST and any(map(str.isdigit, key))
