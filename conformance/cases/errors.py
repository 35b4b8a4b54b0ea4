"""Mistakes a client makes: are they refused, and in the way the SDK can tell apart?"""

from __future__ import annotations

from dataclasses import replace

from conformance.cases.common import HELLO, ROOM, plain_hello
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.protocol import shapes
from conformance.protocol.reply import Reply
from conformance.trouble import NotApplicable
from conformance.values import Behaviour, Observation


@experiment("errors.authentication")
def no_key_is_a_401(api: Endpoint) -> Observation:
    """A request without a key is refused.

    Honoured: 401. Accepted: refused with another status. Ignored: it is answered.
    """
    if api.auth == "none":
        raise NotApplicable("the server has no keys")
    plain_hello(api)
    reply = api.ask("treatment", **HELLO, headers=api.no_credentials(), expects_refusal=True)
    return _refused(reply, "a request without a key", 401)


@experiment("errors.unknown_field")
def a_field_nobody_has(api: Endpoint) -> Observation:
    """A top-level field that no API has: it tells services that validate from those that drop.

    Honoured: refused. Ignored: taken.
    """
    plain_hello(api)
    reply = api.ask("unknown field", **HELLO, conformance_no_such_field=True, expects_refusal=True)
    return _refused(reply, "an unknown top-level field", 400)


@experiment("errors.empty_messages")
def a_conversation_of_nothing(api: Endpoint) -> Observation:
    """messages must not be empty.

    Honoured: 400. Accepted: refused with another status. Ignored: it is answered.
    """
    plain_hello(api)
    reply = api.ask("malformed", messages=[], max_tokens=ROOM, expects_refusal=True)
    return _refused(reply, "messages: []", 400)


@experiment("errors.unknown_path")
def a_path_nobody_has(api: Endpoint) -> Observation:
    """A path that does not exist is a 404.

    Honoured: 404. Accepted: refused with another status. Ignored: it is answered. (Often a router says so and
    not the API, so its shape is told and not judged.)
    """
    plain_hello(api)
    reply = api.send("malformed", {"model": api.model}, path="/v1/no_such_endpoint", expects_refusal=True)
    found = _refused(reply, "an unknown path", 404)
    shape = next(shapes.error_of(reply.status, reply.exchange.json), None)
    if reply.ok or shape is None:
        return found
    return replace(found, summary=f"{found.summary}; not in the envelope of errors: {shape}")


def _refused(reply: Reply, what: str, status: int) -> Observation:
    if reply.ok:
        return Observation(Behaviour.IGNORED, f"{what} is answered with {reply.status}", signals=("status",))
    behaviour = Behaviour.HONOURED if reply.status == status else Behaviour.ACCEPTED
    return Observation(behaviour, f"{what} is refused ({reply.refusal})", signals=("status",))
