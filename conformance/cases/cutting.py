"""max_tokens at several limits: each cuts where it says, streamed or not, and with tools declared.

What a service counts as a token is its own affair (some count words, or characters), so the limits are compared
with each other: of one kind of text, four times the limit is four times the length.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from conformance.cases.common import control, needs_streams, rejected, user
from conformance.cases.endpoint import Endpoint, outcome
from conformance.cases.forced_calls import RESERVES, WANTED
from conformance.cases.registry import experiment
from conformance.cases.tools import WEATHER
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

_LONG: Mapping[str, Json] = {
    "messages": [user("Write a long and detailed text in plain English, at least 600 words, about a journey by train.")]
}
_LIMITS = (16, 64, 256)
_NARROW = (16, 64)

_WIDE_TOKENS = 8.0
"""Characters a token of English prose never has on average: tokenizers that are known have 3 to 6."""

_SLACK = 40
"""Characters by which a reply may go over that: a last word, or a frame around a short thought."""

_NEAR = 2.2
"""A reply at four times the limit that is not even this many times as long was cut at some other limit."""

_SAME = 1.3
"""The same where nothing is counted, so that hidden reasoning may have used up most of the limit."""

_SHARES = ((0.25, 0.94), (1.06, 1.5))
"""Shares of a limit at which a service that cuts exactly there, by its own count, cuts at another limit. Nearer to the
whole, one token more or less of the narrowest limit, 16, would be such a share as well; far above it, it is rather the
count that is wrong."""

_SEEN = 150
"""Characters that show how long a reply really is: fewer, and hidden reasoning may have used the limit up."""

_AGAIN = 3
"""How often a reply must be wrong in the same way before the service is blamed for it."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a reply, and how to see whether another has it too."""

    words: str
    limit: int
    has: Callable[[Reply], bool]


@experiment("max_tokens")
def each_limit_cuts_where_it_says(api: Endpoint) -> Observation:
    """A limit of 16, 64 or 256 tokens cuts a long answer there. MUST: budgets and buffers rest on it.

    Honoured: no answer is longer than its limit allows, a wider limit gives a longer one, and each says max_tokens.
    Ignored: one is cut too late, or at the same place as under a fourth of its limit, or says end_turn, every time.
    """
    return _cut_at(api, _LIMITS)


@experiment("max_tokens")
def each_limit_cuts_a_stream_where_it_says(api: Endpoint) -> Observation:
    """A limit of 16, 64 or 256 tokens cuts a long streamed answer there. MUST: budgets and buffers rest on it.

    Honoured: no stream is longer than its limit allows, a wider limit gives a longer one, and each says max_tokens.
    Ignored: one is cut too late, or at the same place as under a fourth of its limit, or says end_turn, every time.
    """
    needs_streams(api)
    return _cut_at(api, _LIMITS, stream=True)


@experiment("max_tokens")
def each_limit_cuts_where_tools_are_declared(api: Endpoint) -> Observation:
    """A limit cuts a long answer where it says though there are tools, none of which is needed.

    Honoured: no answer is longer than its limit allows, a wider limit gives a longer one, and each says max_tokens.
    Ignored: one is cut too late, or at the same place as under a fourth of its limit, or says end_turn, every time.
    """
    return _cut_at(api, _NARROW, tools=[WEATHER])


@experiment("max_tokens")
def each_limit_cuts_a_stream_where_tools_are_declared(api: Endpoint) -> Observation:
    """A limit cuts a long streamed answer where it says though there are tools, none of which is needed.

    Honoured: no stream is longer than its limit allows, a wider limit gives a longer one, and each says max_tokens.
    Ignored: one is cut too late, or at the same place as under a fourth of its limit, or says end_turn, every time.
    """
    needs_streams(api)
    return _cut_at(api, _NARROW, stream=True, tools=[WEATHER])


_ONE_TOKEN = 24
"""Characters that no single token of prose has; a floor of 16, as some APIs have, lets some 60 through."""


@experiment("max_tokens")
def one_token_is_a_limit(api: Endpoint) -> Observation:
    """A limit of 1 is a limit: Claude Code asks for one token to see whether a key is good.

    Honoured: the reply has no more than a word. Accepted: it is all thought, outside of the limit. Ignored: every
    reply is longer. Rejected: so small a limit is refused.
    """
    quiet: dict[str, Json] = {"thinking": {"type": "disabled"}}  # or the one token is of a thought
    for _ in range(_AGAIN):
        reply = api.ask("max_tokens 1", **_LONG, max_tokens=1, **quiet)
        if quiet and not reply.ok:
            quiet = {}
            reply = api.ask("max_tokens 1", **_LONG, max_tokens=1)
        if not reply.ok:
            control(api, "max_tokens 16", **_LONG, max_tokens=16)
            return rejected("max_tokens 1", reply)
        seen = f"{len(reply.text)} characters of text at max_tokens=1"
        if not reply.text and len(reply.thinking) > _ONE_TOKEN:
            return Observation(Behaviour.ACCEPTED, "taken; the reply is a thought that the limit does not cut")
        if len(reply.text) <= _ONE_TOKEN:
            return Observation(Behaviour.HONOURED, seen, signals=("text",))
    return Observation(Behaviour.IGNORED, f"{seen}, and more than a word in {_AGAIN} replies", signals=("text",))


_INSIDE = 40
"""Tokens within which no call of ``RESERVES`` is complete: its input alone is some 450 characters."""

_BEFORE_ITS_END = 60
"""Tokens before the end of a reply with such a call at which a limit lies inside of it, whatever was thought before."""


@experiment("max_tokens")
def a_call_that_is_cut_says_so(api: Endpoint) -> Observation:
    """A call that the limit cuts ends with max_tokens, streamed or not. MUST: an agent runs half a call otherwise.

    Honoured: the reply says max_tokens, whatever there is of the call. Ignored: it says tool_use, or that it ended by
    itself, and its call lacks what the tool requires, at the limit by its own count, every time; or the limit does not
    cut a call, every time. (Where no call can be forced, or streams are refused, other rows find that.)
    """
    whole = api.once("control", **RESERVES, max_tokens=2048)
    if not whole.ok or not whole.tool_calls or whole.output_tokens is None:
        raise NotApplicable("no call can be forced, or what is written is not counted")
    is_all_of_it = whole.output_tokens < len(json.dumps(WANTED))
    limit = _INSIDE if is_all_of_it and not whole.thinking else max(_INSIDE, whole.output_tokens - _BEFORE_ITS_END)
    seen: list[str] = []
    cut = False
    ways: Mapping[str, Mapping[str, Json]] = {"a body": {}, "a stream": {"stream": True}}
    for way, more in ways.items():
        fault = ""
        for _ in range(_AGAIN):
            reply = api.ask(f"treatment, {way}", **RESERVES, max_tokens=limit, **more)
            if not reply.ok:
                raise NotApplicable(f"a forced call is refused under a narrow limit ({reply.refusal})")
            fault = _cut_in_silence(reply, limit)
            if not fault:
                break
        else:
            return Observation(Behaviour.IGNORED, f"{way}, {_AGAIN} times: {fault}", signals=("blocks", "stop_reason"))
        seen.append(f"{way}: {outcome(reply)}")
        cut = cut or reply.stop_reason == "max_tokens"
    if not cut:
        raise NotApplicable(f"no call is long enough to be cut: {'; '.join(seen)}")
    return Observation(Behaviour.HONOURED, "; ".join(seen), signals=("stop_reason",))


def _cut_in_silence(reply: Reply, limit: int) -> str:
    """What is wrong with a forced call under a narrow limit; empty where it was cut and says so, or was not made."""
    if reply.stop_reason not in ("tool_use", "end_turn", "stop_sequence") or not reply.tool_calls:
        return ""  # a word that no client knows is the finding of another row
    given = reply.tool_calls[0].get("input")
    missing = [name for name in WANTED if not isinstance(given, dict) or name not in given]
    tokens, length = reply.output_tokens, len(json.dumps(given, ensure_ascii=False))
    if missing and tokens is not None and limit <= tokens <= limit + 1:
        return f"a call without {missing[0]} is cut at {tokens} tokens, and stop_reason is {reply.stop_reason}"
    if not missing and length > _WIDE_TOKENS * limit + _SLACK:
        return f"a call of {length} characters is not cut at max_tokens {limit}"
    return ""


def _cut_at(api: Endpoint, limits: tuple[int, ...], **more: Json) -> Observation:
    replies: dict[int, Reply] = {}
    for limit in reversed(limits):  # the widest first: a limit that is refused at 16 alone is refused for its size
        reply = api.ask(f"max_tokens {limit}", **_LONG, max_tokens=limit, **more)
        if not reply.ok:
            if replies:
                return rejected(f"max_tokens {limit}", reply)
            raise Inconclusive(f"max_tokens {limit} was refused ({reply.refusal})")
        if reply.tool_calls:
            raise Inconclusive("the model calls a tool in the place of a long answer")
        replies[limit] = reply
    seen = ", ".join(f"{_length(replies[limit])} characters at {limit}" for limit in limits)
    for fault in _faults(limits, replies):
        # A model ends early, or chats, once in a while: what the service does it does again.
        again = [control(api, f"max_tokens {fault.limit}", **_LONG, max_tokens=fault.limit, **more) for _ in range(2)]
        if all(map(fault.has, again)):
            return Observation(Behaviour.IGNORED, f"{fault.words}, {_AGAIN} times; {seen}", signals=("text",))
    widest = replies[limits[-1]]
    if widest.stop_reason != "max_tokens" and _length(widest) < _SEEN:
        raise Inconclusive(f"the whole answer is too short to be cut: {seen}")
    return Observation(Behaviour.HONOURED, f"cut where each says: {seen}", signals=("text", "stop_reason"))


def _faults(limits: tuple[int, ...], replies: Mapping[int, Reply]) -> list[_Fault]:
    found: list[_Fault] = []
    for narrow, wide in pairwise(limits):
        short, long = _length(replies[narrow]), _length(replies[wide])
        if long >= _SEEN and 2 * short <= long and _claims_end(replies[narrow]):
            found.append(_Fault(f"a reply cut at {narrow} tokens says that it ended by itself", narrow, _claims_end))
        if _is_cut_early(replies[wide], wide, short):
            words = f"max_tokens {wide} cuts where max_tokens {narrow} does, or soon behind it"
            found.append(_Fault(words, wide, partial(_is_cut_early, limit=wide, short=short)))
    if share := _other_limit(replies):
        counts = ", ".join(f"{replies[limit].output_tokens} at {limit}" for limit in limits)
        is_so_again = partial(_has_tokens, tokens=replies[limits[-1]].output_tokens)
        words = f"every limit is taken as {share:.2g} of itself by the service's own count ({counts} tokens)"
        found.append(_Fault(words, limits[-1], is_so_again))
    for limit, reply in replies.items():
        if _is_too_long(reply, limit):
            words = f"a reply of {_length(reply)} characters is more than {limit} tokens"
            found.append(_Fault(words, limit, partial(_is_too_long, limit=limit)))
    return found


def _other_limit(replies: Mapping[int, Reply]) -> float | None:
    """The share of each limit at which a service cuts, by its own count; None where it is the whole, or no share.

    A service that counts words, or leaves thoughts out, is below its limits as well, and one that counts a frame around
    each reply is above them; never by one share exactly.
    """
    if len(replies) < len(_LIMITS) or any(reply.stop_reason != "max_tokens" for reply in replies.values()):
        return None
    widest = max(replies)
    share = (replies[widest].output_tokens or 0) / widest
    if not any(low <= share <= high for low, high in _SHARES):
        return None
    exact = (abs((reply.output_tokens or 0) - share * limit) < 1 for limit, reply in replies.items())
    if _WIDE_TOKENS * share * widest < _length(replies[widest]) <= _WIDE_TOKENS * widest:
        return None  # more is written than so few tokens hold, and no more than the limit allows: the count is wrong
    return share if all(exact) else None


def _has_tokens(reply: Reply, tokens: int | None) -> bool:
    return reply.stop_reason == "max_tokens" and reply.output_tokens == tokens


def _length(reply: Reply) -> int:
    return len(reply.text + reply.thinking)


def _is_cut_early(reply: Reply, limit: int, short: int) -> bool:
    """Whether a reply is cut, and hardly longer than one under a fourth of its limit.

    Where the service counts as many tokens as the limit allows, hidden reasoning is among them.
    """
    tokens = reply.output_tokens
    if reply.stop_reason != "max_tokens" or short < _SEEN or (tokens and 0.75 * limit <= tokens <= 1.5 * limit):
        return False
    return _length(reply) <= (_NEAR if tokens else _SAME) * short


def _claims_end(reply: Reply) -> bool:
    """Whether a reply says that it ended by itself, in the middle of a sentence."""
    return reply.stop_reason in ("end_turn", "stop_sequence") and reply.stops_mid_sentence


def _is_too_long(reply: Reply, limit: int) -> bool:
    return _length(reply) > _WIDE_TOKENS * limit + _SLACK
