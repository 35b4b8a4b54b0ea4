"""Rows of the wire: what every exchange of all the experiments shows in passing, at no further request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.cases.models import NOBODY, same_model
from conformance.cases.parameters import STOP_REASONS
from conformance.cases.registry import inspection
from conformance.protocol import grammar, shapes
from conformance.protocol.exchange import Exchange
from conformance.protocol.grammar import Finding
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation


def inspect(exchanges: Iterable[Exchange], look: Callable[[Exchange], Iterable[Finding]], what: str) -> Observation:
    """Honoured where nothing is found in any exchange; otherwise ignored, with the first finding."""
    looked_at, bad = 0, 0
    first: tuple[Exchange, Finding] | None = None
    for exchange in exchanges:
        looked_at += 1
        finding = next(iter(look(exchange)), None)
        if finding is not None:
            bad += 1
            first = first or (exchange, finding)
    if not looked_at:
        raise Inconclusive(f"no {what} was seen")
    figures = {"exchanges": looked_at, "with_findings": bad}
    if first is None:
        return Observation(Behaviour.HONOURED, f"right in all of {looked_at} {what}", statistics=figures)
    words = f"{bad} of {looked_at} {what}, the first: {first[1]}"
    return Observation(Behaviour.IGNORED, words, statistics=figures)


def bodies_of(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """The answers of the Messages endpoint that are no streams."""
    return (e for e in exchanges if e.is_messages and e.ok and not e.is_stream)


def streams_of(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """The answers of the Messages endpoint that are streams."""
    return (e for e in exchanges if e.is_messages and e.ok and e.is_stream)


def _errors(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    return (e for e in exchanges if e.is_messages and not e.ok)


@inspection("model")
def every_reply_names_the_model(exchanges: Sequence[Exchange]) -> Observation:
    """Every reply, streamed or not, names the model that was asked for. SHOULD: clients carry on, and bill another.

    Honoured: all that name one, in whatever way it is written. Ignored: some name another, or an empty one; or bodies
    have the name that was asked for, and streams another way to write it, which clients keep and send back.
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        asked = exchange.request.get("model") if isinstance(exchange.request, dict) else None
        named = Reply(exchange).message.get("model")
        if isinstance(asked, str) and isinstance(named, str) and not same_model(asked, named):
            yield Finding(f"{asked} was asked for, {named or 'a model without a name'} answers")

    listed = [e for e in exchanges if e.is_messages and e.ok and not _unlisted(e)]
    found = inspect(listed, look, "replies")
    if found.behaviour is Behaviour.HONOURED and (other := _named_otherwise(listed)):
        return Observation(Behaviour.IGNORED, other, statistics=found.statistics)
    return found


_NAMED = 3
"""Bodies, and streams, that it takes to say that they name the model differently."""


def _named_otherwise(exchanges: Sequence[Exchange]) -> str:
    """That bodies name the model as it was asked for, and streams never do; empty where it is not so."""
    asked: dict[bool, list[tuple[Json, Json]]] = {True: [], False: []}
    for exchange in exchanges:
        named = Reply(exchange).message.get("model")
        if isinstance(exchange.request, dict) and isinstance(named, str):
            asked[exchange.is_stream].append((exchange.request.get("model"), named))
    streams, bodies = asked[True], asked[False]
    if min(len(streams), len(bodies)) < _NAMED or any(a != b for a, b in bodies) or any(a == b for a, b in streams):
        return ""
    model, named = streams[0]
    return f"bodies name {model}, as it was asked for, and none of {len(streams)} streams does: {named}"


def _unlisted(exchange: Exchange) -> bool:
    """Whether a model was asked for that nobody has: who answers then is the finding of another row."""
    asked = exchange.request.get("model") if isinstance(exchange.request, dict) else None
    return isinstance(asked, str) and asked.endswith(NOBODY)


@inspection("response.shape")
def every_body_is_a_message(exchanges: Sequence[Exchange]) -> Observation:
    """Every answer that is not streamed is JSON in the shape of the SDK's Message type. MUST: the SDK's users break.

    Honoured: all of them. Ignored: some break it.
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        if exchange.content_type != "application/json":
            yield Finding(f"content-type is {exchange.content_type or 'missing'}")
        yield from _no_numbers(exchange)
        yield from shapes.message_of(exchange.json)

    return inspect(bodies_of(exchanges), look, "answers")


@inspection("response.stop_reason")
def every_body_says_why_it_stopped(exchanges: Sequence[Exchange]) -> Observation:
    """Every answer has one of the stop reasons, and it fits what the answer holds. MUST: agents go on, or stop, by it.

    (Claude Code carries on with a call that says end_turn; loops that are written by the documentation do not.)

    Honoured: all of them. Ignored: null, an unknown word, or one the answer belies; a stop_sequence that is none of
    those given; or answers of different texts end at one and the same count of tokens, in the middle of a sentence, and
    all say end_turn.
    """
    return _stopped(bodies_of(exchanges), exchanges, "answers")


@inspection("tools.input")
def every_call_can_be_run(exchanges: Sequence[Exchange]) -> Observation:
    """Every tool call has an id, the name of a declared tool, and an object for its input. MUST: no client runs others.

    Honoured: all of them. Ignored: some cannot be run, or not one of them fits its tool's schema, or three or more have
    all that is required inside a parameter that was not declared. (A single input that does not fit is the model's
    doing, and not judged.)
    """
    # A stream in disorder is judged in rows of its own, and adds up to nothing sure.
    whole = (e for e in streams_of(exchanges) if not any((*grammar.blocks_of(e.events), *shapes.events_of(e.events))))
    calls = [e for e in (*bodies_of(exchanges), *whole) if Reply(e).tool_calls]
    if misfits := _never_fit(calls):
        return Observation(Behaviour.IGNORED, misfits, statistics={"exchanges": len(calls)})
    named = [str(call.get("id")) for e in calls for call in Reply(e).tool_calls]
    if len(calls) >= _ENOUGH and len(set(named)) == 1:
        words = f"all calls of {len(calls)} answers have the id {named[0]!r}: no result can be told from another"
        return Observation(Behaviour.IGNORED, words, statistics={"exchanges": len(calls)})

    def look(exchange: Exchange) -> Iterator[Finding]:
        request = exchange.request if isinstance(exchange.request, dict) else {}
        declared = {tool.get("name") for tool in request.get("tools") or [] if isinstance(tool, dict)}
        ids: list[Json] = []
        for call in Reply(exchange).tool_calls:
            ids.append(call.get("id"))
            if not isinstance(call.get("id"), str) or not call["id"]:
                yield Finding("a call without an id")
            if not isinstance(call.get("name"), str) or call["name"] not in declared:
                yield Finding(f"a call of {call.get('name')!r}, which was not declared")
            # A stream's pieces are judged in a row of their own.
            if not exchange.is_stream and not isinstance(call.get("input"), dict):
                yield Finding(f"the input of a call is {type(call.get('input')).__name__}, not an object")
        if len(set(map(str, ids))) != len(ids):
            yield Finding("two calls with one id")

    return inspect(calls, look, "answers with calls")


_ENOUGH = 3
"""Answers with calls it takes to blame the service for inputs that never fit."""


def _never_fit(calls: Sequence[Exchange]) -> str:
    """Why the service is to blame for inputs that do not fit, where a single one is the model's doing; else empty."""
    bound = [e for e in calls if _asks_for_something(e)]
    for kind, some in (("streams", [e for e in bound if e.is_stream]), ("answers", bound)):
        if len(some) >= _ENOUGH and all(_misfits(e) for e in some):
            return f"no call in {len(some)} {kind} fits the schema of its tool, the first: {_misfits(some[0])}"
    wrapped = [words for e in calls if (words := _wrapped(e))]
    if len(wrapped) >= _ENOUGH:
        return f"{len(wrapped)} of {len(calls)} inputs stand inside a parameter that was not declared: {wrapped[0]}"
    return ""


_JSON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


def _asks_for_something(exchange: Exchange) -> bool:
    """Whether a tool that was offered requires a parameter: the input of any other fits whatever it is."""
    request = exchange.request if isinstance(exchange.request, dict) else {}
    schemas = [tool.get("input_schema") for tool in request.get("tools") or [] if isinstance(tool, dict)]
    return any(isinstance(schema, dict) and schema.get("required") for schema in schemas)


def _misfits(exchange: Exchange) -> str:
    """Why a call does not fit the schema of its tool (the few words of JSON Schema our tools use); else empty."""
    request = exchange.request if isinstance(exchange.request, dict) else {}
    schemas = {tool["name"]: tool["input_schema"] for tool in request.get("tools") or [] if "input_schema" in tool}
    for call in Reply(exchange).tool_calls:
        schema, given = schemas.get(str(call.get("name"))), call.get("input")
        if schema is None or not isinstance(given, dict):
            continue
        for name in schema.get("required", ()):
            kind = schema["properties"][name].get("type")
            if isinstance(kind, str) and kind in _JSON_TYPES and not isinstance(given.get(name), _JSON_TYPES[kind]):
                return f"{name} is {given.get(name)!r}, not of type {kind}"
    return ""


def _wrapped(exchange: Exchange) -> str:
    """The undeclared parameter that holds the whole input of a call; else empty."""
    request = exchange.request if isinstance(exchange.request, dict) else {}
    schemas = {tool["name"]: tool["input_schema"] for tool in request.get("tools") or [] if "input_schema" in tool}
    for call in Reply(exchange).tool_calls:
        schema, given = schemas.get(str(call.get("name"))), call.get("input")
        if not isinstance(schema, dict) or not isinstance(given, dict) or len(given) != 1:
            continue
        ((name, inner),) = given.items()
        required = set(schema.get("required", ()))
        if required and name not in schema.get("properties", {}) and isinstance(inner, dict) and required <= set(inner):
            return str(name)
    return ""


def _grammar(exchanges: Sequence[Exchange], rule: Callable[..., Iterator[Finding]]) -> Observation:
    return inspect(streams_of(exchanges), lambda exchange: rule(exchange.events), "streams")


@inspection("stream.event_names")
def every_event_is_named(exchanges: Sequence[Exchange]) -> Observation:
    """Every event has an ``event:`` line that agrees with its data. MUST: the SDK dispatches on it.

    (Without these lines Claude Code asks every turn twice.)

    Honoured: all of them. Ignored: lines are missing or wrong.
    """
    return _grammar(exchanges, grammar.names_of)


@inspection("stream.event_order")
def every_stream_begins_and_ends(exchanges: Sequence[Exchange]) -> Observation:
    """message_start first, then blocks, then message_delta, message_stop last. MUST: the SDK adds them up in order.

    (Claude Code carries on without message_delta or message_stop.)

    Honoured: in all streams. Ignored: some break the order, or lack one of them; or behind message_stop the connection
    ends without HTTP's last chunk, in several streams: the SDK reads to the end, and fails there.
    """
    streams = list(streams_of(exchanges))
    found = inspect(streams, lambda exchange: grammar.order_of(exchange.events), "streams")
    torn = sum(exchange.torn for exchange in streams)
    if found.behaviour is Behaviour.HONOURED and torn >= _TORN:
        words = f"{torn} of {len(streams)} streams end without HTTP's last chunk: the SDK fails behind message_stop"
        return Observation(Behaviour.IGNORED, words, statistics=found.statistics)
    return found


_TORN = 3
"""Streams that are whole and whose connection is cut off right behind them: no network does so time and again."""


@inspection("stream.blocks")
def every_block_is_started_and_stopped(exchanges: Sequence[Exchange]) -> Observation:
    """Every block is started, filled and stopped under its own index, one after the other. MUST: so clients add up.

    (Where a block is not stopped, Claude Code loses the call in it.)

    Honoured: in all streams. Ignored: wrong indexes, deltas outside their block, blocks left open, a text that begins
    in its block's start, a signature in pieces.
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        yield from grammar.blocks_of(exchange.events)
        yield from grammar.pieces_of(exchange.events)

    return inspect(streams_of(exchanges), look, "streams")


@inspection("stream.tool_input")
def every_streamed_input_is_json(exchanges: Sequence[Exchange]) -> Observation:
    """The pieces of a streamed tool input add up to a JSON object. MUST: no client can run any other.

    Honoured: in all streams with calls. Ignored: some do not parse.
    """
    calls = (e for e in streams_of(exchanges) if any(_starts_call(event.json) for event in e.events))
    whole = (e for e in calls if not _is_cut(e))
    return inspect(whole, lambda exchange: grammar.tool_inputs_of(exchange.events), "streams with calls")


def _is_cut(exchange: Exchange) -> bool:
    """Whether max_tokens has cut a reply off: then a call ends in the middle, on Anthropic's own service as well.

    Some services call that an end_turn, which is the finding of max_tokens; that all the room was used tells it.
    """
    reply = Reply(exchange)
    request = exchange.request if isinstance(exchange.request, dict) else {}
    most, used = request.get("max_tokens"), reply.usage.get("output_tokens")
    full = isinstance(most, int) and isinstance(used, int) and used >= most
    return full or reply.stop_reason == "max_tokens"


def _starts_call(body: Json) -> bool:
    block = body.get("content_block") if isinstance(body, dict) else None
    return isinstance(block, dict) and block.get("type") == "tool_use"


@inspection("stream.shape")
def every_event_has_its_shape(exchanges: Sequence[Exchange]) -> Observation:
    """Every event is in the shape of the SDK's own types; unknown events are tolerated. MUST: the SDK's users break.

    Honoured: in all streams. Ignored: some break it.
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        yield from _no_numbers(exchange)
        yield from shapes.events_of(exchange.events)

    return inspect(streams_of(exchanges), look, "streams")


def _no_numbers(exchange: Exchange) -> Iterator[Finding]:
    if exchange.no_number:
        yield Finding(f"{exchange.no_number} is no number of JSON: the SDK for Python reads it, JSON.parse fails")


@inspection("stream.stop_reason")
def every_stream_says_why_it_stopped(exchanges: Sequence[Exchange]) -> Observation:
    """message_delta has one of the stop reasons, and it fits what the stream held. MUST: agents go on, or stop, by it.

    (Claude Code carries on with a call that says end_turn; loops that are written by the documentation do not.)

    Honoured: in all streams. Ignored: null, an unknown word, or one the stream belies, or takes back; a stop_sequence
    that is none of those given; or streams of different texts end at one and the same count of tokens, in the middle of
    a sentence, and all say end_turn.
    """
    streams = list(streams_of(exchanges))
    taken_back = inspect(streams, _taken_back, "streams")
    return taken_back if taken_back.behaviour is Behaviour.IGNORED else _stopped(streams, exchanges, "streams")


def _taken_back(exchange: Exchange) -> Iterator[Finding]:
    """A second message_delta whose stop_reason is null, after one that has it: the SDK ends with none.

    (A message_delta tells changes: one that says nothing of it changes nothing, though the SDK of 2026 ends with none.)
    """
    ends = [event.json.get("delta") for event in exchange.events if _is_end(event.json)]
    reasons = [end["stop_reason"] for end in ends if isinstance(end, dict) and "stop_reason" in end]
    if reasons and reasons[-1] is None and any(reasons):
        yield Finding(f"stop_reason is {next(filter(None, reasons))}, and a later message_delta takes it back")


def _is_end(body: Json) -> bool:
    return isinstance(body, dict) and body.get("type") == "message_delta"


@inspection("stream.content_type")
def every_stream_is_called_one(exchanges: Sequence[Exchange]) -> Observation:
    """A stream has the content-type text/event-stream. MUST: browsers and proxies go by it, though the SDK does not.

    Honoured: all of them. Ignored: some are called something else.
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        if exchange.content_type != "text/event-stream":
            yield Finding(f"content-type is {exchange.content_type or 'missing'}")

    return inspect(streams_of(exchanges), look, "streams")


@inspection("errors.envelope")
def every_error_is_in_the_envelope(exchanges: Sequence[Exchange]) -> Observation:
    """Every error of the Messages endpoint is ``{"type": "error", "error": {"type", "message"}}``.

    MUST: Claude Code decides by an error's words what to leave out when it asks again.

    Honoured: all of them. Ignored: some have another shape. (Whether they name the request as well, in the body
    or in a header, is told and not judged: the SDK reads the header, and lives without either.)
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        body = exchange.json
        if exchange.is_stream:
            body = next((event.json for event in exchange.events if event.type == "error"), None)
        return shapes.error_of(exchange.status, body)

    errors = list(_errors(exchanges))
    found = inspect(errors, look, "errors")
    named = sum(map(_names_request, errors))
    return replace(
        found,
        summary=f"{found.summary}; {named} of {len(errors)} name the request",
        statistics={**found.statistics, "with_request_id": named},
    )


def _names_request(error: Exchange) -> bool:
    """Whether an error says which request it is about."""
    body = error.json if isinstance(error.json, dict) else {}
    return bool(body.get("request_id")) or any(error.headers.get(name) for name in ("request-id", "x-request-id"))


@inspection("errors.status")
def every_error_has_a_clients_status(exchanges: Sequence[Exchange]) -> Observation:
    """A request that is refused gets a 4xx, no 200 with an error inside, no 500. MUST: Claude Code's session fails.

    Honoured: all of them. Ignored: some have another status.
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        if not 400 <= exchange.status < 500:
            yield Finding(f"an error with the status {exchange.status}: {Reply(exchange).error_message[:80]}")

    return inspect(_errors(exchanges), look, "errors")


@inspection("errors.type")
def every_error_has_its_type(exchanges: Sequence[Exchange]) -> Observation:
    """An error's type is the one that Anthropic gives for its status. SHOULD: the SDK goes by the status.

    Honoured: all of them. Ignored: some have another.
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        return shapes.error_type_of(exchange.status, exchange.json)

    return inspect(_errors(exchanges), look, "errors")


def _stopped(some: Iterable[Exchange], every: Sequence[Exchange], what: str) -> Observation:
    some = list(some)
    found = inspect(some, _misnamed_stop, what)
    if found.behaviour is Behaviour.HONOURED and (cap := _silent_cap((*bodies_of(every), *streams_of(every)))):
        cut = [reply for reply in map(Reply, some) if reply.output_tokens == cap and _ends_early(reply)]
        if cut:
            words = f"replies of different texts end at {cap} tokens, in the middle of a sentence, and say end_turn"
            return Observation(Behaviour.IGNORED, f"{words}: …{cut[0].text[-30:]!r}", statistics=found.statistics)
    return found


_CAPPED = 3
"""Different texts that have to end at one count, and none beyond it: a model ends where it has said what it says."""

_LEAST_CAP = 64
"""Tokens below which replies of one count are no wonder."""


def _silent_cap(exchanges: Iterable[Exchange]) -> int | None:
    """The count at which all long replies are cut that say they ended by themselves; None where there is none."""
    replies = [reply for reply in map(Reply, exchanges) if reply.output_tokens and reply.text]
    longest = max((reply.output_tokens or 0 for reply in replies), default=0)
    at_it = [reply for reply in replies if reply.output_tokens == longest]
    is_cap = longest >= _LEAST_CAP and len({reply.text for reply in at_it}) >= _CAPPED
    return longest if is_cap and all(map(_ends_early, at_it)) else None


def _ends_early(reply: Reply) -> bool:
    """Whether a reply stands still in the middle of a sentence, below its own limit, and says that it has ended."""
    request = reply.exchange.request if isinstance(reply.exchange.request, dict) else {}
    most = request.get("max_tokens")
    is_below = isinstance(most, int) and (reply.output_tokens or 0) < most
    return is_below and reply.stop_reason == "end_turn" and reply.stops_mid_sentence


def _misnamed_stop(exchange: Exchange) -> Iterator[Finding]:
    reply = Reply(exchange)
    reason = reply.message.get("stop_reason")
    request = exchange.request if isinstance(exchange.request, dict) else {}
    if not reply.is_legible:
        return  # its shape is the finding
    if reason is None:
        yield Finding("stop_reason is null")
    elif not isinstance(reason, str) or reason not in STOP_REASONS:
        yield Finding(f"stop_reason is {reason!r}, a word no client knows")
    elif reason == "max_tokens" and _far_from_cut(reply, request.get("max_tokens")):
        yield Finding(f"stop_reason is max_tokens after {reply.output_tokens} of {request.get('max_tokens')} tokens")
    elif reply.tool_calls and reason in ("end_turn", "stop_sequence"):
        yield Finding(f"stop_reason is {reason} for a reply that calls a tool")
    elif reason == "tool_use" and not reply.tool_calls and not _server_tools(reply):
        yield Finding("stop_reason is tool_use for a reply that calls nothing")
    elif reason == "stop_sequence":
        yield from _unnamed(reply.message.get("stop_sequence"), request.get("stop_sequences"))


def _unnamed(named: Json, given: Json) -> Iterator[Finding]:
    """What is wrong with the sequence that a reply says it was stopped by."""
    if not isinstance(given, list) or not given:
        yield Finding("stop_reason is stop_sequence where none was given")
    elif not isinstance(named, str) or named.strip() not in {str(each).strip() for each in given}:
        yield Finding(f"stop_reason is stop_sequence, and stop_sequence is none of those given: {named!r:.40}")


MOST_OF_A_TOKEN = 12
"""Characters that no tokenizer makes one token of, on average over a text; words have 4 to 8."""


def _far_from_cut(reply: Reply, most: Json) -> bool:
    """Whether a reply is so far below its limit that no limit of the service's own explains it either."""
    tokens = reply.output_tokens
    if not reply.text or reply.thinking or tokens is None or not isinstance(most, int):
        return False  # thinking that is not counted may have used the limit up
    if len(reply.text) > MOST_OF_A_TOKEN * tokens:
        return False  # the count is what is wrong, and another row's finding
    return tokens < 256 and 4 * tokens <= most


def _server_tools(reply: Reply) -> bool:
    return any(str(block.get("type", "")).endswith("tool_use") for block in reply.content)
