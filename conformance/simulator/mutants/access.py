"""Services that get everything around a message wrong: errors, keys, versions and limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from conformance.simulator.api.authentication import keys_from, open_to_all
from conformance.simulator.api.errors import STATUSES, Refusal
from conformance.simulator.api.validation import Check, Request
from conformance.simulator.mutants.mutant import (
    Change,
    Mutant,
    Trial,
    changing_failures,
    checking,
    having,
    ignored,
    rejected,
    unchecked,
    undecided,
)
from conformance.simulator.personalities.personality import Failure

_WITHOUT_A_STATUS: Final = {
    "errors.stream::a_malformed_streamed_request_is_refused": "accepted",
    "errors.status::*": "ignored",
    "errors.authentication::no_key_is_a_401": "accepted",
    "errors.empty_messages::a_conversation_of_nothing": "accepted",
    "errors.unknown_path::a_path_nobody_has": "accepted",
}


def _status(change: Callable[[int], int]) -> Change:
    return changing_failures(lambda failure: replace(failure, status=change(failure.status)))


def _mistyped(failure: Failure) -> Failure:
    return replace(failure, body={**failure.body, "error": {**failure.body["error"], "type": "api_error"}})


def _header(name: str, only: str | None) -> Check:
    """A header may have one value alone; None is that it may not be there."""

    def check(request: Request) -> None:
        given = request.headers.get(name)
        if given is not None and given != only:
            raise Refusal(f"{name}: {given!r} is not supported")

    return check


_ERRORS: Final = (
    Mutant("errors.status-200", "Errors are sent with status 200.", _status(lambda _: 200), _WITHOUT_A_STATUS),
    Mutant(
        "errors.status-500",
        "Every error is sent with status 500.",
        _status(lambda _: 500),
        {
            **_WITHOUT_A_STATUS,
            "errors.type::every_error_has_its_type": "ignored",
            # A wrong value that ends in a server's error is not taken, and not seen to be checked.
            "temperature.range::each_bound_is_enforced": "accepted conforms",
            "temperature.range::it_is_refused_in_company": "accepted conforms",
            "top_p.range::a_share_above_one_is_refused*": "accepted",
            "max_tokens.range::*": "accepted",
            "thinking.unknown_type::*": "accepted",
        },
    ),
    Mutant(
        "errors.authentication-wrong-status",
        "A bad key is answered with 400, not 401.",
        _status(lambda status: 400 if status == STATUSES["authentication_error"] else status),
        {
            "errors.authentication::no_key_is_a_401": "accepted",
            "errors.type::every_error_has_its_type": "ignored",
        },
    ),
    Mutant(
        "errors.envelope-missing",
        "Errors come without the envelope, a bare message.",
        changing_failures(lambda failure: Failure(failure.status, {"message": failure.body["error"]["message"]})),
        {"errors.envelope::*": "ignored"},
    ),
    Mutant(
        "errors.type-wrong",
        "The error's type is api_error for every fault.",
        changing_failures(_mistyped),
        {"errors.type::*": "ignored"},
    ),
    Mutant(
        "errors.authentication-open",
        "Everybody is let in, with or without a key.",
        having(authenticates=open_to_all),
        {
            "errors.authentication::*": "ignored",
            "headers.authorization::bearer_is_checked": "accepted",
            "headers.x-api-key::x_api_key_is_checked": "accepted",
        },
    ),
)

_HEADERS: Final = (
    Mutant(
        "headers.authorization-refused",
        "A key in Authorization: Bearer is not taken.",
        having(authenticates=keys_from(bearer=False)),
        {
            "headers.authorization::*": "rejected",
            "examples.environment::a_base_url_and_a_key_are_enough": "rejected falls_short",
        },
    ),
    Mutant(
        "headers.x-api-key-refused",
        "A key in x-api-key is not taken.",
        having(authenticates=keys_from(x_api_key=False)),
        {"headers.x-api-key::*": "rejected"},
    ),
    Mutant(
        "headers.anthropic-version-refused",
        "Every anthropic-version but 2023-06-01 is refused.",
        checking("headers.anthropic-version", _header("anthropic-version", "2023-06-01"), first=True),
        {
            "headers.anthropic-version::*": "rejected",
            "headers.anthropic-version.2026-10-21::temperature_is_taken_as_before": "inconclusive",
            "examples.environment::a_base_url_and_a_key_are_enough": "rejected falls_short",
        },
    ),
    Mutant(
        "headers.anthropic-version.2026-10-21-lenient",
        "Version 2026-10-21 takes what it no longer should.",
        unchecked("version.2026"),
        {"headers.anthropic-version.2026-10-21::*": "accepted falls_short"},
        personality="reference",
    ),
    Mutant(
        "headers.anthropic-beta-refused",
        "A request with an anthropic-beta header is refused.",
        checking("headers.anthropic-beta", _header("anthropic-beta", None), first=True),
        {
            "headers.anthropic-beta::*": "rejected",
            "accepts.betas_of_claude_code::it_is_taken": "rejected",
            **undecided(
                *(f"accepts.{name}::it_is_taken" for name in ("no_mcp_servers", "no_edits", "cache_scope")),
                *(f"accepts.{name}::it_is_taken" for name in ("deferred_tool", "tool_with_examples")),
            ),
        },
    ),
)

_LIMITS: Final = (
    Mutant(
        "limits.output_speed-slow",
        "Streams run at a sixth of the documented speed.",
        having(speed=1 / 6),
        ignored("limits.output_speed::*"),
        trial=Trial(features=("limits.output_speed",), paced=True),
    ),
    Mutant(
        "limits.context_window-small",
        "Prompts above 100,000 tokens are refused.",
        having(window=100_000),
        rejected("limits.context_window::*"),
        trial=Trial(features=("limits.context_window",), expensive=True),
    ),
)

MUTANTS: Final = (*_ERRORS, *_HEADERS, *_LIMITS)
