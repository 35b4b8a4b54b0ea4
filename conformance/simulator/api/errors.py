"""Errors of the API: what the service will not answer, and why, before it is put into anyone's envelope."""

from __future__ import annotations

from typing import Final

# Anthropic's error types and their statuses (platform.claude.com/docs, errors).
STATUSES: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}


class Refusal(Exception):
    """Raised where a request is refused: with a message, and one of the API's error types."""

    def __init__(self, message: str, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind

    @property
    def status(self) -> int:
        """The HTTP status this refusal is sent with."""
        return STATUSES[self.kind]
