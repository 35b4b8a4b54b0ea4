"""Keep secrets and account details off the disk, the terminal and the report."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from conformance.http.disguises import plainly, views

__all__ = ["LEAST", "REDACTED", "REQUEST_HEADERS", "RESPONSE_HEADERS", "Redactor", "Secret", "without_secrets_in_logs"]

REDACTED = "[redacted]"

REQUEST_HEADERS = ("anthropic-beta", "anthropic-version", "authorization", "content-type", "x-api-key")
"""Request headers that are kept. Allowed by name: what is not listed never reaches a cassette."""

RESPONSE_HEADERS = ("content-type", "location", "retry-after", "x-conformance-simulator")
"""Response headers that are kept; the others can carry account ids, cookies and rate limits."""

_CREDENTIALS = ("authorization", "x-api-key")


class Secret(str):
    """A string that does not show itself in a traceback's locals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return REDACTED


LEAST = 8
"""Characters a key must have to be a secret; those of providers have 30 and more."""

_HALVES = 32
"""From so many characters on either half of a key is a secret as well: services cut words short."""

_ROUNDS = 3
"""What stands around a key that was taken out may add up to another: looked for so often."""


class Redactor:
    """Takes a set of secrets out of whatever it is shown, in any spelling (see ``disguises``), and backwards.

    Servers without keys are given a word to please the client: ``any``, ``test``. Such a word is no
    secret, and it stands in many an innocent text: what has fewer than eight characters is left in bodies.
    (Credential headers are never kept, whatever they hold.)
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[bytes] = set()
        for secret in secrets:
            if len(secret) < LEAST:
                continue
            half = len(secret) // 2
            parts = (secret, secret[:half], secret[half:]) if len(secret) >= _HALVES else (secret,)
            for part in parts:
                # A key may itself hold what looks like an escape.
                forms.update(plain.lower() for plain in plainly(part.encode()) if len(plain) >= LEAST)
        self._forms = sorted(forms | {form[::-1] for form in forms})

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def text(self, text: str) -> str:
        """``text`` without the secrets."""
        return self.data(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """``data`` without the secrets; in linear time."""
        for _ in range(_ROUNDS):
            spans = sorted(self._spans(data))
            if not spans:
                return data
            data = _without(data, spans)
        return REDACTED.encode()

    def finds(self, shown: str | bytes) -> bool:
        """Whether a secret stands in what is going to be shown, in any spelling."""
        data = shown.encode("utf-8", "surrogatepass") if isinstance(shown, str) else shown
        return next(self._spans(data), None) is not None

    def finds_plain(self, lowered: bytes) -> bool:
        """Whether a secret stands in a text as it is: one in small letters, whose views were made before."""
        return any(form in lowered for form in self._forms)

    def _spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        if not self._forms:
            return
        for view in views(data):
            low = view.data.lower()
            for form in self._forms:
                at = low.find(form)
                while at >= 0:
                    yield from view.spans(at, at + len(form))
                    at = low.find(form, at + len(form))

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
def without_secrets_in_logs(redactor: Redactor) -> Iterator[None]:
    """Whatever is logged in this block, by any library and at any level, is without the secrets.

    At DEBUG the SDK and httpcore log headers, and a service may repeat a key in its answer. Records are
    made here and shown anywhere: by pytest, on a terminal, in a file. So they are cleaned as they are made.
    """
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


def _without(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """``data`` with each of the spans, in order, replaced; those that touch as one."""
    kept: list[bytes] = []
    position, last = 0, -1
    for start, end in spans:
        if start > last:
            kept += [data[position:start], REDACTED.encode()]
        position = last = max(last, end)
    return b"".join((*kept, data[position:]))
