"""What one request says stays with it: nothing of it is in the reply to another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.cases.registry import inspection
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Observation

_TOLD = re.compile(rb"\b(?:office cat is|office cats is named) ([A-Z][a-z]{6,})\b")
"""How a request tells a name that no model can know (see ``common.fact``): nobody invents the same."""


@inspection("messages.conversation")
def nothing_of_another_request_is_said(exchanges: Sequence[Exchange]) -> Observation:
    """A reply knows its own request, and no other's. MUST: else one client reads what another has written.

    Honoured: no reply says a name that only another request has told. Accepted: none was told. Ignored: one does: a
    conversation is kept that was not sent, replies are swapped, or a cache gives the answer to something else.
    """
    asked = [exchange for exchange in exchanges if exchange.is_messages and exchange.ok]
    if not asked:
        raise Inconclusive("no message was seen")
    names = {name for exchange in asked for name in _TOLD.findall(exchange.request_body)}
    if not names:
        return Observation(Behaviour.ACCEPTED, "no request told a name, so none could be said to another")
    found: list[str] = []
    for exchange in asked:
        own = exchange.request_body.lower()
        # What a file or a picture holds is not legible here.
        if b'"source"' in own or not (said := names.intersection(_capitalised(Reply(exchange)))):
            continue
        found += [
            f"{name.decode()} is said, which only another request has told" for name in said if name.lower() not in own
        ]
    figures = {"seen": len(asked), "with_findings": len(found)}
    if not found:
        words = f"each of {len(asked)} replies knows what its own request has told"
        return Observation(Behaviour.HONOURED, words, statistics=figures)
    words = f"{len(found)} of {len(asked)} replies, the first: {min(found)} (MUST: clients read of one another)"
    return Observation(Behaviour.IGNORED, words, statistics=figures)


def _capitalised(reply: Reply) -> set[bytes]:
    """The words of a reply that may be names, wherever it says them."""
    said = " ".join((reply.text, reply.thinking, *(str(call.get("input")) for call in reply.tool_calls)))
    return {word.encode() for word in re.findall(r"\b[A-Z][a-z]{6,}\b", said)}
