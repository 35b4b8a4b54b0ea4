"""Is everything legal that a client may send taken? One row for each fragment, laid over a plain request."""

from __future__ import annotations

from conformance.cases.common import rejected
from conformance.cases.endpoint import Endpoint
from conformance.cases.fragments import FRAGMENTS, PLAIN, Fragment, Lay, Request, composed, pool_of
from conformance.cases.registry import experiment
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Observation


def is_taken(api: Endpoint, fragment: Fragment) -> Observation:
    """Whether a request with this fragment is answered, and with a message.

    A healthy service is asked once for a whole pool of fragments. Only where it refuses them is each asked alone, and
    only where it refuses one alone are the controls asked as well: the plain request, or with what the fragment is a
    special case of (a plain tool, one stop sequence). That the refusal comes again, and is not a passing one, is seen
    by the second take of the whole case.
    """
    pool = pool_of(fragment)
    if pool and is_message(composed(PLAIN, pool).once(api, "treatment, with others")):
        words = f"taken in a request with {len(pool) - 1} more, and answered with a message"
        return Observation(Behaviour.ACCEPTED, words, signals=("status",))
    asked, what = fragment.over(PLAIN), fragment.name.replace("_", " ")
    first = asked.ask(api, "treatment")
    if is_message(first):
        return Observation(Behaviour.ACCEPTED, "taken, and answered with a message", signals=("status",))
    way = _way(api, fragment)
    if way is not _nothing:
        asked = way(asked)
        first = asked.ask(api, "treatment without thinking")
        if is_message(first):
            return Observation(
                Behaviour.ACCEPTED, "taken where thinking is disabled, as it must be", signals=("status",)
            )
    if not first.ok:
        return rejected(what, first)
    words = f"{what} is taken, and the answer is no message: {first.exchange.body[:60]!r}"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


def is_message(reply: Reply) -> bool:
    """Whether this is a message, with content or none: what it lacks besides is the finding of other rows.

    A stream that nobody asked for is none to whoever reads it as JSON.
    """
    unasked = reply.exchange.is_stream and not reply.exchange.wants_stream
    return reply.ok and not unasked and "content" in reply.message and isinstance(reply.message["content"], list | None)


def _way(api: Endpoint, fragment: Fragment) -> Lay:
    """How the controls of a fragment are taken: as they are, or without thinking.

    A service that thinks by itself may want its thoughts back with every call, and a history made up here has none.

    Raises:
        Inconclusive: in no way, or they are not answered with a message.
    """
    refused: list[Reply] = []
    for way, arm in ((_nothing, "control"), (_calm, "control without thinking")):
        for base in fragment.on or (_nothing,):
            plain = way(base(PLAIN)).ask(api, arm)
            if not is_message(plain):
                refused.append(plain)
                break
        else:
            return way
        if refused[0].ok:
            raise Inconclusive("the control is not answered with a message either")
        if "thinking" in fragment.over(PLAIN).body:
            break
    raise Inconclusive(f"the control was refused ({refused[0].refusal})")


def _nothing(request: Request) -> Request:
    return request


def _calm(request: Request) -> Request:
    return request.having(thinking={"type": "disabled"})


def _declare(fragment: Fragment) -> None:
    def it_is_taken(api: Endpoint) -> Observation:
        return is_taken(api, fragment)

    it_is_taken.__doc__ = f"""{fragment.says}

Accepted: a request with it is taken, and answered with a message. Rejected: it is refused, every time, where the
same request without it is taken. It is legal by {fragment.link} (since: {fragment.since}).
"""
    experiment(f"accepts.{fragment.name}")(it_is_taken)


for _fragment in FRAGMENTS:
    _declare(_fragment)
