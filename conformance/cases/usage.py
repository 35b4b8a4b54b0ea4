"""What a service counts of every exchange, at no further request: there, possible, and the same for a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from conformance.cases.inspections import MOST_OF_A_TOKEN, bodies_of, inspect, streams_of
from conformance.cases.registry import inspection
from conformance.protocol.exchange import Exchange
from conformance.protocol.grammar import Finding
from conformance.protocol.parsing import token_count
from conformance.protocol.reply import Reply
from conformance.values import Behaviour, Json, Observation


@inspection("response.usage")
def every_body_is_counted(exchanges: Sequence[Exchange]) -> Observation:
    """Every answer counts its tokens: input and output, above zero where there is any.

    Honoured: all of them. Ignored: some leave it out, or count nothing; what was read from the cache is counted in
    input_tokens as well, and clients add the two up; output_tokens are max_tokens, or far too few for what was written,
    in words or in calls; a prompt counts twice what it is, now and then, or more tokens than it has characters, or
    no more than many others of all lengths.
    """
    found = inspect(bodies_of(exchanges), _uncounted, "answers")
    if found.behaviour is Behaviour.HONOURED:
        bodies = list(bodies_of(exchanges))
        wrong = _stuck(bodies) or _counted_twice(bodies) or _unwritten(bodies)
        if wrong := wrong or _doubled(bodies) or _of_another(bodies, exchanges) or _capped(bodies):
            return Observation(Behaviour.IGNORED, wrong, statistics=found.statistics)
    return found


@inspection("stream.usage")
def every_stream_is_counted(exchanges: Sequence[Exchange]) -> Observation:
    """By its end a stream has counted input and output, as a body does; message_start's count may be an estimate.

    message_start's own usage may be zero, and has to be there. MUST: the SDK's ``messages.stream()`` writes the final
    counts into it, and fails without (AttributeError, anthropic 2.14).

    Honoured: in all streams. Ignored: some leave it out, or count nothing; output_tokens are max_tokens, or far too
    few for what was written, or, of streams alone, beyond max_tokens, or twice as many for what they say; the prompt of
    a streamed request is a multiple of what it is without streaming, or grows by more than twice as much, or counts
    twice what it is, now and then, or more tokens than it has characters.
    """

    def look(exchange: Exchange) -> Iterator[Finding]:
        yield from _uncounted(exchange)
        starts = [event.json for event in exchange.events if event.type == "message_start"]
        begun = [body["message"] for body in starts if isinstance(body, dict) and isinstance(body.get("message"), dict)]
        if begun and not isinstance(begun[0].get("usage"), dict):
            yield Finding("message_start has no usage: the SDK's messages.stream() fails")
        ends = [event.json for event in exchange.events if event.type == "message_delta"]
        if ends and not any(isinstance(body, dict) and body.get("usage") for body in ends):
            yield Finding("message_delta has no usage: message_start's is only an estimate")
        if ends and begun and _takes_back(begun[0].get("usage"), ends[-1]):
            yield Finding("message_delta counts 0 input tokens, and message_start some: the SDK ends with 0")

    found = inspect(streams_of(exchanges), look, "streams")
    if found.behaviour is Behaviour.HONOURED:
        # Without a message_delta the count is message_start's estimate still; its absence is another row's finding.
        whole = [e for e in streams_of(exchanges) if any(event.type == "message_delta" for event in e.events)]
        wrong = _unwritten(whole) or _multiplied(exchanges) or _beyond(exchanges) or _counted_otherwise(exchanges)
        if wrong := wrong or _doubled(whole) or _of_another(whole, exchanges):
            return Observation(Behaviour.IGNORED, wrong, statistics=found.statistics)
    return found


def _takes_back(begun: Json, end: Json) -> bool:
    """Whether a stream's last count of its prompt is 0, and its first is not; what is cached is counted beside it."""
    last = end.get("usage") if isinstance(end, dict) else None
    if not isinstance(begun, dict) or not isinstance(last, dict) or last.get("input_tokens") != 0:
        return False
    cached = (last.get(name) for name in ("cache_read_input_tokens", "cache_creation_input_tokens"))
    return bool(token_count(begun.get("input_tokens"))) and not any(map(token_count, cached))


def _uncounted(exchange: Exchange) -> Iterator[Finding]:
    reply = Reply(exchange)
    if not reply.usage:
        yield Finding("no usage")
        return
    for name in ("input_tokens", "output_tokens"):
        count = reply.usage.get(name)
        if token_count(count) is None:
            yield Finding(f"usage.{name} is {_shown(count)}")
            return
    if reply.size is None:
        yield Finding("a prompt of 0 tokens")
    if reply.output_tokens is None and (reply.text or reply.thinking or reply.tool_calls):
        yield Finding("0 output tokens for a reply that has content")


def _shown(value: Json) -> str:
    words = repr(value)
    return words if len(words) <= _WIDE else f"{words[:_WIDE]}…"


_WIDE = 60
"""Characters that are shown of a value that is none."""

_FAR_APART = 4000
"""Characters by which requests, or replies, must differ for a count that stays the same to be a finding."""


def _stuck(exchanges: Sequence[Exchange]) -> str:
    """Why a count says nothing: it is the same whatever the request or the reply holds; else empty."""
    replies = [Reply(exchange) for exchange in exchanges]
    for name, counts, lengths in (
        ("input", {r.size for r in replies}, [len(r.exchange.request_body) for r in replies]),
        ("output", {r.output_tokens for r in replies}, [len(r.text + r.thinking) for r in replies]),
    ):
        far = _FAR_APART if name == "input" else _FAR_APART // 10
        if len(counts) == 1 and lengths and max(lengths) - min(lengths) > far:
            return f"{name} is always {counts.pop()} tokens, of {min(lengths)} to {max(lengths)} characters"
    return ""


def _capped(exchanges: Sequence[Exchange]) -> str:
    """Why a prompt's count is not the prompt's: many of all lengths count the same, and none more; else empty."""
    lengths: dict[int, set[int]] = {}
    for reply in map(Reply, exchanges):
        # Pictures of any length count the same with some.
        if reply.size is not None and b'"source"' not in reply.exchange.request_body:
            lengths.setdefault(reply.size, set()).add(len(reply.exchange.request_body))
    most = max(lengths, default=0)
    alike = lengths.get(most, set())
    if most < _LEAST_CAP or len(alike) < _CAPPED or max(alike) - min(alike) < _FAR_APART:
        return ""
    return f"{len(alike)} prompts of {min(alike)} to {max(alike)} bytes count {most} input tokens each, and none more"


_LEAST_CAP = 200
"""Tokens below which many prompts are of one size where most of each came from a cache that is not told of."""

_CAPPED = 5
"""Prompts of different lengths that have to count the same: two may, by luck."""

_TWICE = 2
"""Requests that were asked cold and warm, and counted twice the second time, that it takes to say so."""


def _counted_twice(exchanges: Sequence[Exchange]) -> str:
    """Why the sum of a prompt's parts is too large: input_tokens hold what the cache repeats; else empty.

    Of one and the same request, input_tokens must fall by what is read from the cache. Where they stay as they were,
    time and again and never otherwise, it is counted twice.
    """
    every = [Reply(exchange) for exchange in exchanges]
    if written := _counts_what_it_writes(every):
        return written
    if not any(reply.cache_read for reply in every):
        return ""
    asked: dict[str, list[Reply]] = {}
    for reply in every:
        asked.setdefault(_prompt(reply.exchange), []).append(reply)
    twice: list[tuple[int, Reply]] = []
    for replies in asked.values():
        cold = {size for reply in replies if not reply.cache_read and (size := reply.size) is not None}
        warm = {reply.exchange.body: reply for reply in replies if reply.cache_read}
        for size, reply in ((size, reply) for size in cold for reply in warm.values()):
            if len(cold) > 1 or reply.usage.get("input_tokens") != size:
                return ""
            twice.append((size, reply))
    if not twice:
        return ""
    size, reply = max(twice, key=lambda pair: pair[0])
    if len(twice) < _TWICE and min(size, reply.cache_read) < _NO_LUCK:
        return ""
    return (
        f"what is read from the cache is counted twice, in {len(twice)} replies: a prompt of {size} input_tokens has "
        f"{reply.usage['input_tokens']}, asked again, and {reply.cache_read} cache_read_input_tokens beside them"
    )


_NO_LUCK = 1000
"""Tokens that are not the same by luck twice: one such pair is enough."""

_MARKED = 0.95
"""The share of a prompt in front of its last mark from which on what is counted beside the cache must be little."""


def _counts_what_it_writes(replies: Sequence[Reply]) -> str:
    """Why the sum of a prompt's parts is too large where nearly all of it is written to the cache; else empty."""
    for reply in replies:
        written = token_count(reply.usage.get("cache_creation_input_tokens")) or 0
        fresh = token_count(reply.usage.get("input_tokens")) or 0
        if written >= _NO_LUCK and fresh >= written and _marked_share(reply.exchange) >= _MARKED:
            return (
                f"what is written to the cache is counted twice: {fresh} input_tokens, and {written} "
                "cache_creation_input_tokens beside them, of a prompt that is marked nearly to its end"
            )
    return ""


def _marked_share(exchange: Exchange) -> float:
    """The share of a prompt, in characters, that is not behind the last mark for the cache; 0 without one.

    Only where the last turn has the mark: all else stands before it, in whatever order the service puts it.
    """
    request = exchange.request if isinstance(exchange.request, dict) else {}
    turns = request.get("messages")
    last = turns[-1].get("content") if isinstance(turns, list) and turns and isinstance(turns[-1], dict) else None
    blocks: list[Json] = last if isinstance(last, list) else []
    marks = [at for at, block in enumerate(blocks) if isinstance(block, dict) and "cache_control" in block]
    if not marks:
        return 0.0
    return 1 - len(json.dumps(blocks[marks[-1] + 1 :])) / len(json.dumps(request))


_SURE = 3
"""Replies, all alike in it, that it takes to say that a count has nothing to do with what was written."""

_BY_ITSELF = ("end_turn", "stop_sequence", "tool_use")

_LONG = 200
"""Characters of a text from which on its tokens can be compared with it."""


def _unwritten(exchanges: Sequence[Exchange]) -> str:
    """Why output_tokens are not what was written: they are the limit, or next to nothing; else empty."""
    ended: dict[int, list[Reply]] = {}
    long: list[Reply] = []
    for reply in map(Reply, exchanges):
        most = reply.exchange.request.get("max_tokens") if isinstance(reply.exchange.request, dict) else None
        # Hidden reasoning is written as well; it does not add up to the very limit every time.
        if reply.stop_reason in _BY_ITSELF and isinstance(most, int) and most > _written(reply):
            ended.setdefault(most, []).append(reply)
        if len(reply.text) >= _LONG:
            long.append(reply)
    if len(ended) >= _SURE and all(reply.output_tokens == most for most, alike in ended.items() for reply in alike):
        shown = ", ".join(f"{most} of max_tokens={most}" for most in sorted(ended)[:_SURE])
        return f"output_tokens are max_tokens, however short a reply is that ended by itself: {shown}"
    few = [reply for reply in long if len(reply.text) > MOST_OF_A_TOKEN * (reply.output_tokens or 0)]
    if len(long) >= _SURE and len(few) == len(long):
        longest = max(few, key=lambda reply: len(reply.text))
        return f"{longest.output_tokens} output_tokens for a text of {len(longest.text)} characters"
    return _uncounted_calls(exchanges)


def _uncounted_calls(exchanges: Sequence[Exchange]) -> str:
    """Why output_tokens are not those of a call: they are far too few for its input, every time; else empty."""
    called = [(reply, _given(reply)) for reply in map(Reply, exchanges) if reply.tool_calls]
    long = [(reply, given) for reply, given in called if given >= _LONG]
    few = [(reply, given) for reply, given in long if given > MOST_OF_A_TOKEN * (reply.output_tokens or 0)]
    if len(long) < _TWICE or len(few) < len(long):
        return ""
    reply, given = max(few, key=lambda pair: pair[1])
    return f"{reply.output_tokens} output_tokens for a call whose input has {given} characters, in {len(few)} replies"


def _given(reply: Reply) -> int:
    """The characters of the inputs of a reply's calls."""
    return sum(len(json.dumps(call.get("input"), ensure_ascii=False)) for call in reply.tool_calls)


def _written(reply: Reply) -> int:
    """More tokens than what can be seen of a reply has: its bytes."""
    return len(json.dumps(reply.content, ensure_ascii=False).encode("utf-8", "surrogatepass"))


_BEYOND = 2
"""Times max_tokens that no reply has, where thoughts are not counted outside of it."""


_BORNE_OUT = 3
"""Characters of a token of prose, at least: a count of no more tokens than that is one of what was written."""


def _beyond(exchanges: Sequence[Exchange]) -> str:
    """Why a stream's output_tokens are not its own: they are far beyond max_tokens, and no body's are; else empty.

    (A service may count its thoughts outside of the limit: then it does so without streaming as well.)
    """
    over: dict[bool, list[str]] = {True: [], False: []}
    seen = 0
    for reply in map(Reply, (*bodies_of(exchanges), *streams_of(exchanges))):
        most = reply.exchange.request.get("max_tokens") if isinstance(reply.exchange.request, dict) else None
        if not isinstance(most, int) or reply.output_tokens is None:
            continue
        seen += not reply.exchange.is_stream
        # Where so much was written, the count is right: that the limit is lost is the finding of its own row.
        is_written = len(reply.text + reply.thinking) >= _BORNE_OUT * reply.output_tokens
        if reply.output_tokens > _BEYOND * most and not is_written:
            over[reply.exchange.is_stream].append(f"{reply.output_tokens} at max_tokens={most}")
    if len(over[True]) < _SURE or over[False] or seen < _SURE:
        return ""
    return f"output_tokens of {len(over[True])} streams are beyond max_tokens, and of no body: {over[True][-1]}"


def _multiplied(exchanges: Sequence[Exchange]) -> str:
    """Why a stream's prompt is not the prompt: it is a multiple of the same request's without streaming; else empty.

    A vendor's own prompt for streams would add the same to each, and an estimate would not be exact.
    """
    asked: dict[str, tuple[set[int], set[int]]] = {}
    tooled: set[str] = set()
    for reply in map(Reply, (*bodies_of(exchanges), *streams_of(exchanges))):
        request = reply.exchange.request
        if isinstance(request, dict) and reply.size is not None:
            alike = json.dumps({**request, "stream": None}, sort_keys=True)
            if request.get("tools"):
                tooled.add(alike)
            asked.setdefault(alike, (set(), set()))[reply.exchange.is_stream].add(reply.size)
    both = {alike: (min(b), min(s)) for alike, (b, s) in asked.items() if len(b) == len(s) == 1}
    pairs = set(both.values())
    if len({body for body, _ in pairs}) < _SURE:
        return ""
    for times in range(2, _MOST_TIMES + 1):
        for words, fits in (
            ("a stream counts {} times the prompt of the same request without", all(s == times * b for b, s in pairs)),
            ("a body counts {} times the prompt of the same request streamed", all(b == times * s for b, s in pairs)),
        ):
            if fits:
                body, stream = min(pairs)
                shown = f"{words.format(times)}, in {len(pairs)} requests"
                return f"{shown}: {body} input tokens as a body, {stream} as a stream"
    # Tools may be counted apart.
    return _steeper(sorted({pair for alike, pair in both.items() if alike not in tooled}))


_STEEP = 2.2
"""Times by which a prompt must count more as a stream than as a body: no two tokenizers differ so much."""
_LARGE, _LARGEST = 90, 1000
"""Tokens of prompts that are compared, and of one at the least: what a vendor adds to each is little beside it."""


def _steeper(pairs: Sequence[tuple[int, int]]) -> str:
    """Why a stream's prompt is counted in something else than tokens; else empty.

    Args:
        pairs: the sizes of requests that were asked both ways, as a body and as a stream, the shortest first.
    """
    large = [(body, stream) for body, stream in pairs if body >= _LARGE]
    if len(large) < _SURE or large[-1][0] < _LARGEST or any(stream <= _STEEP * body for body, stream in large):
        return ""
    (least, first), (most, last) = pairs[0], pairs[-1]
    if last - first <= _STEEP * (most - least):
        return ""  # a prompt of the vendor's own, added to every stream
    return f"a prompt of {most} input tokens as a body counts {last} as a stream, and one of {least} counts {first}"


_ENOUGH_CHARACTERS = 60
"""Characters of a reply from which on its output_tokens can be compared with it."""
_MANY = 5
"""Bodies, and streams, that it takes to compare how they count what was written."""


def _counted_otherwise(exchanges: Sequence[Exchange]) -> str:
    """Why a stream's output_tokens are not those of what it says; else empty.

    Every stream has more than twice as many tokens for each character as any body has: hidden reasoning is counted
    in both, and differs from reply to reply.
    """
    rates: dict[bool, list[float]] = {True: [], False: []}
    for reply in map(Reply, (*bodies_of(exchanges), *streams_of(exchanges))):
        length = len(reply.text) + len(reply.thinking)
        if length >= _ENOUGH_CHARACTERS and reply.output_tokens is not None and not reply.tool_calls:
            rates[reply.exchange.is_stream].append(reply.output_tokens / length)
    bodies, streams = rates[False], rates[True]
    if min(len(bodies), len(streams)) < _MANY or min(streams) <= 2 * max(bodies):
        return ""
    return f"streams have {min(streams):.2f} output tokens or more for each character, bodies {max(bodies):.2f} at most"


def _doubled(exchanges: Sequence[Exchange]) -> str:
    """Why a prompt's count is not the prompt's: now and then it is twice of what it is otherwise; else empty.

    A vendor's own prompt that changes would make a count any other, and not two of which one is twice the other.
    """
    asked: dict[str, list[int]] = {}
    for reply in map(Reply, exchanges):
        # What is written to a cache, or read from it, some count beside the prompt and inside it.
        if reply.size is not None and reply.size == reply.usage.get("input_tokens"):
            asked.setdefault(_prompt(reply.exchange), []).append(reply.size)
    unlike = [sorted(sizes) for sizes in asked.values() if len(set(sizes)) > 1]
    twice = sum(size != sizes[0] for sizes in unlike for size in sizes)
    if twice < _SURE or any(set(sizes) != {sizes[0], 2 * sizes[0]} for sizes in unlike):
        return ""
    sizes = min(unlike)
    return f"asked again, a prompt counts twice, in {twice} replies: {sizes[0]} input tokens, then {sizes[-1]}"


_OF_THE_REPLY = ("max_tokens", "temperature", "top_p", "top_k", "stream")


def _prompt(exchange: Exchange) -> str:
    """A request without what is no part of the prompt, nor brings one."""
    request = exchange.request if isinstance(exchange.request, dict) else {}
    return json.dumps({name: value for name, value in request.items() if name not in _OF_THE_REPLY}, sort_keys=True)


_PLAIN = frozenset(
    (
        *("model", "messages", "system", "max_tokens", "stream", "metadata", "thinking", "service_tier"),
        *("temperature", "top_p", "top_k", "stop_sequences"),
    )
)
"""What a request may hold for all of its prompt to be in it; tools bring a prompt of the vendor's own."""

_VENDOR = 100
"""Tokens by which a vendor's own prompt may change from request to request."""


def _of_another(some: Sequence[Exchange], exchanges: Sequence[Exchange]) -> str:
    """Why a count is of something that the request does not hold; else empty.

    No prompt has more tokens than bytes, but for a vendor's own prompt, which the same prompt has at other times too.
    """
    beyond = [reply for reply in map(Reply, some) if _is_plain(reply.exchange) and _excess(reply) > _VENDOR]
    if len(beyond) < _SURE:
        return ""
    least: dict[str, int] = {}
    for reply in map(Reply, exchanges):
        if reply.size is not None:
            prompt = _prompt(reply.exchange)
            least[prompt] = min(reply.size, least.get(prompt, reply.size))
    beyond = [reply for reply in beyond if _excess(reply) > least[_prompt(reply.exchange)] + _VENDOR]
    if len(beyond) < _SURE:
        return ""
    most = max(beyond, key=_excess)
    size = len(most.exchange.request_body)
    return f"{len(beyond)} prompts count more tokens than they have bytes: {most.size} input tokens of {size} bytes"


def _excess(reply: Reply) -> int:
    """By how much a prompt counts more tokens than its request has bytes."""
    return (reply.size or 0) - len(reply.exchange.request_body)


def _is_plain(exchange: Exchange) -> bool:
    request = exchange.request
    is_taken = exchange.is_messages and exchange.ok and isinstance(request, dict)
    # Of a picture or a file the size tells nothing.
    return is_taken and not set(request) - _PLAIN and b'"source"' not in exchange.request_body


_MOST_TIMES = 4
"""The largest multiple that is looked for."""
