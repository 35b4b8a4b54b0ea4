"""Does it work with real programs? What each of them sends, as it was captured, and what it does about a refusal.

A conversation is two requests: the first in which a tool is to be called, and the one that brings its result, as
that client would send it back. Where one is refused, the pieces of it are left out until the smallest set is found
that is to blame. None of it is judged: no page of a provider promises a client anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, TypeAlias

from anthropic import Omit

from conformance.cases.blame import Unblamed, blame, hinted
from conformance.cases.common import BALLAST, plain_hello, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.clients import CLIENTS, Client, ClientError, ClientRequest, Fault, Skeleton, composed, load, pieces
from conformance.clients.placeholders import CODEWORD, Answered
from conformance.protocol import grammar, shapes
from conformance.protocol.reply import Reply
from conformance.protocol.sse import Event
from conformance.trouble import Inconclusive, SuiteFault
from conformance.values import Behaviour, Json, Observation, Obstacle

__all__ = ["MOST"]

MOST = 20
"""Requests, at most, that the search for the piece to blame may take."""

_Then: TypeAlias = Callable[[Reply, frozenset[str]], Observation]
"""What is seen of the reply to a request, and of all that follows it; and which pieces had to be left out for it."""

_LARGE = 16_000
"""Characters of a request that may be refused for its length alone."""


def a_conversation(api: Endpoint, path: Path) -> Observation:
    """The first request of a conversation, and the one that goes on from its answer."""
    client = _loaded(path)
    return _asked(api, client, client.requests.first, "first request", then=_Goes(api, client))


@dataclass(frozen=True, slots=True)
class _Goes:
    """How a conversation goes on once its first request has been taken."""

    api: Endpoint
    client: Client

    def __call__(self, first: Reply, out: frozenset[str]) -> Observation:
        """What is seen of the second request; without what the first one had to be asked without."""
        made = bool(first.tool_calls)
        answered = Answered(first.content if made else _made_up(self.client.requests.first))
        second, what = self.client.requests.second, "second request"
        if not out:
            return _asked(self.api, self.client, second, what, answered, then=lambda reply, _: _ended(reply, made=made))
        request = composed(second.request(answered), out)
        reply = _send(self.api, request, f"{what}, without {_some(out)}")
        if not reply.ok:
            words = f"but the {what} is refused all the same ({reply.refusal})"
            return Observation(Behaviour.REJECTED, words, signals=("status",))
        return _unreadable(self.client, request, what, reply) or _ended(reply, made=made)


def _ended(second: Reply, *, made: bool) -> Observation:
    """How a conversation ended, both of whose requests were taken.

    Args:
        made: whether the model made the call.
    """
    if not made:
        words = "both requests are taken; the model called no tool, so the second has a call that was made up"
        return Observation(Behaviour.ACCEPTED, words, signals=("status",))
    if CODEWORD in second.text:
        words = "the call was made, its result came back as this client sends it, and was used"
        return Observation(Behaviour.HONOURED, words, signals=("blocks", "text"))
    words = "the call was made and the second request taken; the model did not repeat what the tool said"
    return Observation(Behaviour.ACCEPTED, words, signals=("blocks",))


def a_title(api: Endpoint, path: Path) -> Observation:
    """A request for a title."""
    client = _loaded(path)

    def titled(reply: Reply, _: frozenset[str]) -> Observation:
        if title := reply.text.strip():
            return Observation(Behaviour.HONOURED, f"taken, and answered: {title[:60]!r}", signals=("text",))
        return Observation(Behaviour.ACCEPTED, "taken, and answered without a text", signals=("status",))

    return _asked(api, client, _wanted(client.requests.title), "request for a title", then=titled)


def an_object(api: Endpoint, path: Path) -> Observation:
    """A request for an answer that fits a schema."""
    client = _loaded(path)
    wanted = _wanted(client.requests.object)

    def made(reply: Reply, _: frozenset[str]) -> Observation:
        if lacking := _lacking(wanted.request(), reply):
            words = f"taken, and {lacking}: whoever asked for an object gets an error"
            return Observation(Behaviour.IGNORED, words, signals=("blocks",))
        return Observation(Behaviour.HONOURED, "the object came, with all that it must have", signals=("blocks",))

    return _asked(api, client, wanted, "request for an object", then=made)


def _lacking(request: ClientRequest, reply: Reply) -> str:
    """What the object lacks that was asked for: through a tool that must be called, or as the whole text."""
    form = (request.body.get("output_config") or {}).get("format")
    if form:
        schema = form["schema"]
        try:
            given = json.loads(reply.text)
        except ValueError:
            return "the text is no JSON"
    else:
        call = next(iter(reply.tool_calls), None)
        if call is None:
            return "no call was made, though one was asked for by tool_choice"
        tools = {tool["name"]: tool for tool in request.body["tools"]}
        schema = tools.get(str(call.get("name")), {}).get("input_schema", {})
        given = call.get("input")
    if not isinstance(given, dict):
        return f"what came is {type(given).__name__}, not an object"
    missing = [name for name in schema.get("required", ()) if name not in given]
    return f"the object lacks {', '.join(missing)}" if missing else ""


def _wanted(skeleton: Skeleton | None) -> Skeleton:
    if skeleton is None:  # the case is only declared where there is one
        raise SuiteFault("the client's file lacks the request")
    return skeleton


def _loaded(path: Path) -> Client:
    try:
        return load(path)
    except ClientError as error:
        raise SuiteFault(str(error)) from None


def _made_up(skeleton: Skeleton) -> list[dict[str, Json]]:
    """A call as a model might have made it, where the one that was asked made none."""
    tools = skeleton.request().body["tools"]
    names = [tool["name"] for tool in tools if str(tool["name"]).lower() in ("read", "read_note")]
    tool = next(tool for tool in tools if tool["name"] == (names or [tools[0]["name"]])[0])
    schema = tool["input_schema"]
    given = dict.fromkeys(schema.get("required", ()), "notes.txt")
    return [{"type": "tool_use", "id": "toolu_01ConformanceClients", "name": tool["name"], "input": given}]


def _asked(
    api: Endpoint, client: Client, skeleton: Skeleton, what: str, answered: Answered | None = None, *, then: _Then
) -> Observation:
    """What is seen of a request and of what follows it, or why this client cannot work with it.

    Args:
        then: what is seen once the request, or the same without what is to blame, was taken.
    """
    request = skeleton.request(answered)
    reply = _send(api, request, what)
    if not reply.ok:
        return _Search(api, client, request, what, reply, then).observation()
    return _unreadable(client, request, what, reply) or then(reply, frozenset())


def _unreadable(client: Client, request: ClientRequest, what: str, reply: Reply) -> Observation | None:
    """That an answer is one which this client cannot live with; None where it can."""
    if (wrong := _malformed(client, request, reply)) is None:
        return None
    words, obstacle = wrong
    return Observation(
        Behaviour.IGNORED, f"the {what} is taken, and {words}", signals=("stream",), obstacles=(obstacle,)
    )


def _send(api: Endpoint, request: ClientRequest, arm: str) -> Reply:
    headers: dict[str, str | Omit] = dict(request.headers)
    if headers.pop("authorization", None):
        headers.update(api.credentials_in("authorization"))
    return api.send(arm, {"model": api.model, **request.body}, path=request.path, headers=headers)


def _malformed(client: Client, request: ClientRequest, reply: Reply) -> tuple[str, Obstacle] | None:
    """What is wrong with an answer that this client cannot live with, and what it does about it."""
    for kind, finding in _findings(request, reply):
        fault = next((fault for fault in client.faults if fault.answer == kind), None)
        if fault is None or not fault.works:
            does = f"{client.client} {fault.does}" if fault else "its users' programs may break"
            return f"{finding}: {does}", _obstacle("answer", kind, fault)
    return None


def _findings(request: ClientRequest, reply: Reply) -> Iterator[tuple[str, str]]:
    exchange = reply.exchange
    if request.body.get("stream") is True and not exchange.is_stream:
        yield "no_stream", "a body comes in the place of a stream"
        return
    if not exchange.is_stream:
        yield from (("shape", str(finding)) for finding in shapes.message_of(exchange.json))
        return
    events = exchange.events
    rules: Mapping[str, Iterator[grammar.Finding]] = {
        "event_names": grammar.names_of(events),
        "end" if _begins(events) else "start": grammar.order_of(events),
        "blocks": grammar.blocks_of(events),
        "shape": shapes.events_of(events),
        "tool_input": grammar.tool_inputs_of(events),
    }
    for kind, findings in rules.items():
        yield from ((kind, str(finding)) for finding in findings)


def _begins(events: Sequence[Event]) -> bool:
    """Whether a stream begins with the message, as it must: what is wrong with its order is then at its end."""
    return next((event.type for event in events if event.type != "ping"), None) == "message_start"


@dataclass
class _Search:
    """The search for what a request is refused for."""

    api: Endpoint
    client: Client
    request: ClientRequest
    what: str
    refused: Reply
    then: _Then
    asked: int = 0
    known: dict[frozenset[str], Reply] = field(default_factory=dict[frozenset[str], Reply])

    def observation(self) -> Observation:
        """That it is refused, for what, and what this client does about it.

        Raises:
            Inconclusive: everything is refused, however plain.
        """
        labels = hinted([piece.label for piece in pieces(self.request)], self.refused.error_message)
        refusal = f"the {self.what} is refused"
        try:
            if not self._taken(frozenset(labels[:1])) and self._is_too_long():
                words = f"{refusal} for its length ({self.refused.refusal}): a plain request as long is refused as well"
                return Observation(Behaviour.REJECTED, words, signals=("status",))
            found = blame(labels, self._taken).pieces
            found = tuple(part for label in found for part in self._parts(label, found))
        except Unblamed:
            if self.asked < MOST:
                raise Inconclusive(f"the plainest request is refused as well ({self.refused.refusal})") from None
            words = f"{refusal} ({self.refused.refusal}); what for was not found in {MOST} requests"
            return Observation(Behaviour.REJECTED, words, signals=("status",))
        faults = [_fault(self.client, label, self._words_about(label, found)) for label in found]
        rest = self._rest(frozenset(found))
        it = "it" if len(found) == 1 else "them"
        named = " and ".join(f"`{label}`" for label in found)
        words = f"{refusal} for {named} ({self.refused.refusal}); without {it} the request is taken"
        words += f": {rest.summary}" if rest else ""
        return Observation(
            Behaviour.REJECTED,
            words + self._told(faults),
            signals=("status",),
            obstacles=tuple(_obstacle("request", *pair) for pair in zip(found, faults, strict=True)),
            then=rest.behaviour if rest else None,
        )

    def _words_about(self, label: str, found: Sequence[str]) -> str:
        """The words in which one of the pieces to blame is refused; empty where nobody has heard them."""
        alone = self.known.get(frozenset(found) - {label}) if len(found) > 1 else self.refused
        return "" if alone is None or alone.ok else alone.error_message

    def _rest(self, out: frozenset[str]) -> Observation | None:
        """What is seen without the pieces to blame, from there on; None where no request was left to see it."""
        try:
            if not self._taken(out):
                return None
        except Unblamed:
            return None
        request = composed(self.request, out)
        return _unreadable(self.client, request, self.what, self.known[out]) or self.then(self.known[out], out)

    def _taken(self, out: frozenset[str]) -> bool:
        """Whether the request is taken without these pieces.

        Raises:
            Unblamed: that would be one request too many.
        """
        if out not in self.known:
            if self.asked >= MOST:
                raise Unblamed
            self.asked += 1
            self.known[out] = _send(self.api, composed(self.request, out), f"{self.what}, without {_some(out)}")
        return self.known[out].ok

    def _is_too_long(self) -> bool:
        """Whether a plain question of the same length is refused too, where a short one is taken.

        Raises:
            Inconclusive: a short one is refused as well.
        """
        size = len(json.dumps(self.request.body))
        if size < _LARGE:
            return False
        self.asked += 1
        long = f"{(BALLAST * (size // len(BALLAST) + 1))[:size]} Say hello."
        if self.api.ask("plain request of the same length", messages=[user(long)], max_tokens=64).ok:
            return False
        plain_hello(self.api)
        return True

    def _parts(self, label: str, found: Sequence[str]) -> Sequence[str]:
        """The smaller pieces of one that are to blame; itself, where they are not, or there are too many to try."""
        parts = next((piece.parts for piece in pieces(self.request) if piece.label == label), ())
        others = frozenset(found) - {label}
        if not parts:
            return [label]
        try:
            order = hinted(parts, self.refused.error_message)
            return blame(order, lambda out: self._taken(out | others)).pieces
        except Unblamed:
            return [label]

    def _told(self, faults: Sequence[Fault | None]) -> str:
        """What the client does about it, by what was tried."""
        told = [
            f"{self.client.client} {fault.does}" + (f" (to avoid it: {fault.avoid})" if fault.avoid else "")
            for fault in dict.fromkeys(faults)
            if fault is not None
        ]
        return "".join(f". {words}" for words in told)


def _fault(client: Client, label: str, message: str) -> Fault | None:
    """What is known of a client whose piece is refused in these words."""
    return next((it for it in client.faults if _fits(it, label, message)), None)


def _fits(fault: Fault, label: str, message: str) -> bool:
    if not fault.refused or not fnmatchcase(label, fault.refused.replace("[", "[[]")):
        return False
    return fault.words is None or re.search(fault.words, message) is not None


def _obstacle(of: Literal["request", "answer"], what: str, fault: Fault | None) -> Obstacle:
    if fault is None:
        return Obstacle(of, what)
    return Obstacle(of, what, fault.does, fault.works, fault.avoid or "")


def _some(labels: frozenset[str]) -> str:
    """Labels in a few words, the same every time."""
    first, *others = sorted(labels)
    return f"{first} and {len(others)} more" if others else first


def _declare(path: Path) -> None:
    feature = f"clients.{path.stem}"
    try:
        client = load(path)
    except ClientError:  # the case says so, as the fault of the suite it is
        title, what = path.stem, None
    else:
        title, what = f"{client.client} {client.version}", client.requests

    def a_conversation_with_a_tool(api: Endpoint) -> Observation:
        return a_conversation(api, path)

    a_conversation_with_a_tool.__doc__ = f"""{title}: a conversation in which a tool is called, as it was captured.

Honoured: both requests are taken, the call is made, and its result is used. Accepted: both are taken, and the model
called nothing. Ignored: an answer is not what this client can read. Rejected: a request is refused, and the pieces to
blame are named.
"""
    experiment(feature)(a_conversation_with_a_tool)
    if what is not None and what.title is not None:

        def a_title_is_made(api: Endpoint) -> Observation:
            return a_title(api, path)

        a_title_is_made.__doc__ = f"""{title}: the request for a title of the conversation.

Honoured: it is answered with a text. Accepted: without one. Rejected: it is refused, and the pieces to blame are named.
"""
        experiment(feature)(a_title_is_made)
    if what is not None and what.object is not None:

        def an_object_is_made(api: Endpoint) -> Observation:
            return an_object(api, path)

        an_object_is_made.__doc__ = f"""{title}: the request for an answer that fits a schema.

Honoured: it comes, with all that it must have. Ignored: something else comes. Rejected: it is refused, and the pieces
to blame are named.
"""
        experiment(feature)(an_object_is_made)


for _path in CLIENTS:
    _declare(_path)
