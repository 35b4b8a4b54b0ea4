"""The headers clients of different generations send: two kinds of credentials, versions, betas."""

from __future__ import annotations

from conformance.cases.common import HELLO, control, plain_hello, rejected
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.trouble import NotApplicable
from conformance.values import Behaviour, Observation

WRONG_KEY = "sk-invalid-conformance-0000"


@experiment("headers.authorization")
def bearer_is_checked(api: Endpoint) -> Observation:
    """SDK 2.x sends its key as ``Authorization: Bearer``.

    Honoured: the right key is taken there and a wrong one refused. Accepted: any key is taken.
    Rejected: the right key is refused.
    """
    return _checked(api, "authorization")


@experiment("headers.x-api-key")
def x_api_key_is_checked(api: Endpoint) -> Observation:
    """SDK 0.x and 1.x, and most of what is not an SDK, send the key as ``x-api-key``.

    Honoured: the right key is taken there and a wrong one refused. Accepted: any key is taken.
    Rejected: the right key is refused.
    """
    return _checked(api, "x-api-key")


def _checked(api: Endpoint, header: str) -> Observation:
    if api.auth == "none":
        raise NotApplicable("the server has no keys")
    plain_hello(api)
    right = api.ask("treatment", **HELLO, headers=api.credentials_in(header))
    if not right.ok:
        return rejected(f"the key in {header}", right)
    wrong = api.ask("malformed", **HELLO, headers=api.credentials_in(header, WRONG_KEY), expects_refusal=True)
    if wrong.ok:
        return Observation(Behaviour.ACCEPTED, "a wrong key is taken as well", signals=("status",))
    return Observation(Behaviour.HONOURED, f"taken; a wrong key is refused ({wrong.refusal})", signals=("status",))


@experiment("headers.anthropic-version")
def old_and_new_versions_are_taken(api: Endpoint) -> Observation:
    """``anthropic-version`` names the API's version; SDK 0.x and 1.x send another than 2.x.

    Honoured: both are taken, and one that does not exist is refused. Accepted: anything is taken.
    Rejected: one that clients send is refused.
    """
    plain_hello(api)
    for version in ("2023-06-01", "2026-10-21"):
        reply = api.ask(version, **HELLO, headers={"anthropic-version": version})
        if not reply.ok:
            return rejected(f"anthropic-version {version}", reply)
    bogus = api.ask("malformed", **HELLO, headers={"anthropic-version": "1999-01-01"}, expects_refusal=True)
    if bogus.ok:
        return Observation(Behaviour.ACCEPTED, "any version is taken", signals=("status",))
    return Observation(Behaviour.HONOURED, f"one that does not exist is refused ({bogus.refusal})", signals=("status",))


@experiment("headers.anthropic-version.2026-10-21")
def temperature_is_taken_as_before(api: Endpoint) -> Observation:
    """Under 2026-10-21, which SDK 2.x sends, Anthropic refuses temperature even at its default.

    Accepted: it is taken under the new version as under the old. Rejected: under the new one it is refused,
    so whoever upgrades the SDK has to stop sending it.
    """
    new = {"anthropic-version": "2026-10-21"}
    control(api, "2023-06-01", **HELLO, temperature=1.0, headers={"anthropic-version": "2023-06-01"})
    control(api, "2026-10-21, no temperature", **HELLO, headers=new)
    reply = api.ask("2026-10-21", **HELLO, temperature=1.0, headers=new)
    if not reply.ok:
        return rejected("temperature under 2026-10-21", reply)
    return Observation(Behaviour.ACCEPTED, "taken under both versions", signals=("status",))


@experiment("headers.anthropic-beta")
def an_unknown_beta_is_harmless(api: Endpoint) -> Observation:
    """``anthropic-beta`` turns on what is not final yet; clients send names a service need not know.

    Accepted: an unknown name is taken. Rejected: it is refused.
    """
    plain_hello(api)
    reply = api.ask("treatment", **HELLO, headers={"anthropic-beta": "conformance-no-such-beta-2026-01-01"})
    if not reply.ok:
        return rejected("an unknown anthropic-beta", reply)
    return Observation(Behaviour.ACCEPTED, "an unknown name is taken", signals=("status",))
