"""More rows of the wire, at no further request: each says how strict it is, and whom a fault of it breaks.

MUST is what the SDK or a real client breaks on. SHOULD is what the specification says and clients live without: such
a row is judged only where the provider's own page documents it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from itertools import pairwise

from conformance.cases.registry import inspection
from conformance.cases.streamed import is_in_order
from conformance.protocol.damage import broken_characters
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_SILENCE_MS = 20_000.0
"""Milliseconds without a byte in a stream, after which a ping is due: proxies give up after 30 to 60 s."""

_FULL_CURVE = 40
"""Points to which an arrival curve is thinned: below that it has all of them, and its gaps are real."""


def answered(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The answers that are messages.

    Raises:
        Inconclusive: there is none, so nothing can be said of what they hold, nor of what they lack.
    """
    found = [exchange for exchange in exchanges if exchange.is_messages and exchange.ok]
    if not found:
        raise Inconclusive("no message was seen")
    return found


def _judged(looked_at: int, findings: Sequence[str], what: str, breaks: str) -> Observation:
    """Honoured where nothing is found; otherwise ignored, with the first finding and whom it breaks."""
    if not looked_at:
        raise Inconclusive(f"no {what} were seen")
    figures = {"seen": looked_at, "with_findings": len(findings)}
    if not findings:
        return Observation(Behaviour.HONOURED, f"right in all of {looked_at} {what}", statistics=figures)
    words = f"{len(findings)} of {looked_at} {what}, the first: {findings[0]} ({breaks})"
    return Observation(Behaviour.IGNORED, words, statistics=figures)


@inspection("stream.text")
def no_character_comes_in_halves(exchanges: Sequence[Exchange]) -> Observation:
    """A character is never divided between two deltas. MUST: whoever reads the stream shows U+FFFD for it.

    Honoured: in all streams. Ignored: one delta ends with half of a character, and the next begins with the other.
    Accepted: so it is in some, and bodies have lost characters as well.
    """
    found = answered(exchanges)
    streams = [exchange for exchange in found if exchange.is_stream]
    broken = [str(finding) for exchange in streams for finding in list(broken_characters(exchange.events))[:1]]
    if broken and any("\ufffd\ufffd" in Reply(exchange).text for exchange in found if not exchange.is_stream):
        return Observation(Behaviour.ACCEPTED, "bodies have U+FFFD as well: it is not the stream that makes them")
    return _judged(len(streams), broken, "streams", "MUST: every client shows it as U+FFFD")


@inspection("response.id")
def every_message_has_an_id_of_its_own(exchanges: Sequence[Exchange]) -> Observation:
    """No two messages share an id. MUST: Claude Code takes messages of one id for one turn, and merges them.

    Honoured: each has its own. Accepted: no message has an id, which is a matter of its shape. Ignored: answers that
    say different things to different requests have the same. (One answer may come out of a cache again, id and all.)
    """
    first: dict[str, Reply] = {}
    looked_at = 0
    repeated: list[str] = []
    for reply in map(Reply, answered(exchanges)):
        name = reply.message.get("id")
        if not isinstance(name, str) or not name:
            continue
        looked_at += 1
        before = first.setdefault(name, reply)
        if before.exchange.request_body != reply.exchange.request_body and before.content != reply.content:
            repeated.append(f"{name!r} is the id of answers to two different requests")
    if not looked_at:
        return Observation(Behaviour.ACCEPTED, "no message has an id")
    return _judged(looked_at, repeated, "messages", "MUST: Claude Code merges turns of one id")


@inspection("tools.id")
def no_id_of_a_call_comes_again(exchanges: Sequence[Exchange]) -> Observation:
    """Within a conversation no two calls share an id. MUST: Claude Code loses later calls and their results.

    Honoured: no call has an id that the same service gave to an earlier call of the conversation, or to another call
    of the same reply. Ignored: some have.
    """
    given: set[str] = set()
    looked_at = 0
    repeated: list[str] = []
    for exchange in answered(exchanges):
        named = _named(Reply(exchange).tool_calls)
        calls = set(named)
        if len(named) > 1:
            looked_at += 1
            repeated += [f"two calls of one reply have the id {named[0]!r}"] if len(calls) < len(named) else []
        history = given.intersection(_named(_history(exchange)))
        looked_at += bool(calls and history)
        repeated += [f"{name!r} is the id of an earlier call as well" for name in sorted(calls & history)[:1]]
        given |= calls
    if not looked_at:
        words = "no conversation went on from a call of its own to another, so no id could come again"
        return Observation(Behaviour.ACCEPTED, words)
    return _judged(looked_at, repeated, "conversations", "MUST: Claude Code loses the later call and its result")


def _named(blocks: Iterable[Json]) -> list[str]:
    """The ids of calls, each as often as it is there; what is none is a matter of shape."""
    return [block["id"] for block in blocks if isinstance(block.get("id"), str) and block["id"]]


def _history(exchange: Exchange) -> Iterator[Json]:
    """The calls in the messages of a request."""
    request = exchange.request if isinstance(exchange.request, dict) else {}
    messages = request.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and block.get("type") == "tool_use":
                yield block


_FEW = 3
"""Thoughts without words that it takes to judge them: one may be a model's own."""


@inspection("response.signature")
def every_thought_is_signed(exchanges: Sequence[Exchange]) -> Observation:
    """A thinking block has a signature when it is whole. SHOULD: clients carry on, and the thought cannot be checked.

    Honoured: all of them, streamed or not. Accepted: nothing was thought. Ignored: some have none, or an empty one.
    (A thought that max_tokens cuts off need not be signed. One without words is looked at where no thought has any: a
    service that hides its thoughts signs them all the same.)
    """
    thoughts: list[bool] = []
    wordless: list[bool] = []
    for exchange in answered(exchanges):
        reply = Reply(exchange)
        for at, block in enumerate(reply.content):
            is_whole = reply.stop_reason != "max_tokens" or at + 1 < len(reply.content)
            if block.get("type") == "thinking" and is_whole:
                signature = block.get("signature")
                kept = thoughts if block.get("thinking") else wordless
                kept.append(isinstance(signature, str) and bool(signature))
    thoughts = thoughts or (wordless if len(wordless) >= _FEW else [])
    if not thoughts:
        return Observation(Behaviour.ACCEPTED, "no reply holds a thinking block that is whole")
    unsigned = ["a thinking block without a signature"] * thoughts.count(False)
    return _judged(len(thoughts), unsigned, "thinking blocks", "SHOULD: clients carry on")


_THOUGHT = re.compile(
    r"\A\s*(<think(ing)?>|\[THINK\]|◁think▷|<\|channel\|>analysis)|</think(ing)?>|\[/THINK\]|◁/think▷"
)
"""How models mark where a thought begins or ends: Qwen, MiniMax, Mistral, Kimi, gpt-oss."""


@inspection("response.shape")
def no_thought_stands_in_the_text(exchanges: Sequence[Exchange]) -> Observation:
    """What a model thinks is a block of its own, or is not shown. MUST: every client shows text to its user.

    Honoured: no text begins with a thought, or holds the end of one. Ignored: the marks of a thought are in the text
    of two replies or more. (A model may write one by itself.)
    """
    texts = [reply.text for reply in map(Reply, answered(exchanges)) if reply.text]
    leaked = [f"{mark.group().strip()!r} in the text" for text in texts if (mark := _THOUGHT.search(text))]
    if len(leaked) == 1:
        raise Inconclusive(f"{leaked[0]} of one reply of {len(texts)}: the model may have written it")
    return _judged(len(texts), leaked, "texts", "MUST: every client shows it to its user")


_SIGN = (
    r"(?:<\|(?:im_start|im_end|endoftext|eot_id|end_of_text|start_header_id|end_header_id|assistant|user|return)\|>"
    r"|<\uff5c[\w▁]+\uff5c>|<(?:start|end)_of_turn>|\[/?INST\]|\[e~\[|\]~b\])"
)
"""Signs between the turns in what a model is given: Qwen, GPT, Llama, GLM, DeepSeek, Gemma, Mistral, MiniMax."""

CALL_SIGN = (
    r"<\|?tool_calls?(?:_section_begin)?\|?>|</?minimax:tool_call>|\]<\]minimax\[>\[|\[TOOL_CALLS\]"
    r"|<\uff5ctool▁calls▁begin\uff5c>|<\|tool_call_begin\|>|<function=\w"
)
"""Signs that a call begins with: Hermes and Qwen, MiniMax, Mistral, DeepSeek, Kimi, Llama."""

_TEMPLATE = re.compile(rf"\A\s*{_SIGN}|(?:{_SIGN}|</s>)\s*\Z|{CALL_SIGN}")
"""Such a sign at an end of a text, where a service leaves it (in its midst a model may be writing of templates), or one
of a call, which a service has left unread."""


@inspection("response.shape")
def no_sign_of_the_template_stands_in_the_text(exchanges: Sequence[Exchange]) -> Observation:
    """What stands between the turns in a model's own prompt is not text. MUST: every client shows text to its user.

    Honoured: no text begins or ends with a sign of a chat template that its request has not. Ignored: two or more do.
    (A model may write one by itself.)
    """
    replies = [reply for reply in map(Reply, answered(exchanges)) if reply.text and not is_forbidden_to_call(reply)]
    found = [(reply, mark.group().strip()) for reply in replies if (mark := _TEMPLATE.search(reply.text))]
    leaked = [f"{mark!r} in the text" for reply, mark in found if mark.encode() not in reply.exchange.request_body]
    if len(leaked) == 1:
        raise Inconclusive(f"{leaked[0]} of one reply of {len(replies)}: the model may have written it")
    return _judged(len(replies), leaked, "texts", "MUST: every client shows it to its user")


@inspection("response.shape")
def thoughts_come_before_the_text(exchanges: Sequence[Exchange]) -> Observation:
    """What was thought stands before the text it led to. SHOULD: sent back behind it, strict services refuse the turn.

    (Between calls a model may think again: only replies to requests without tools are looked at.)

    Honoured: in some of them. Accepted: no reply holds both. Ignored: in each of two or more bodies, or streams, a
    thought stands behind the text, and none before it.
    """
    orders: dict[str, list[bool]] = {}
    for reply in map(Reply, filter(is_in_order, answered(exchanges))):
        request = reply.exchange.request if isinstance(reply.exchange.request, dict) else {}
        kinds = [
            "text" if block.get("type") == "text" else "thought"
            for block in reply.content
            if block.get("type") in ("thinking", "redacted_thinking") or str(block.get("text") or "").strip()
        ]
        if not request.get("tools") and not reply.tool_calls and len(set(kinds)) > 1:
            orders.setdefault("streams" if reply.exchange.is_stream else "bodies", []).append(kinds[0] == "thought")
    for what, firsts in orders.items():
        if len(firsts) > 1 and not any(firsts):
            late = ["a thought stands behind the text"] * len(firsts)
            return _judged(len(firsts), late, what, "SHOULD: sent back, a strict service refuses it")
    first = sum(map(sum, orders.values()))
    if not first:
        return Observation(Behaviour.ACCEPTED, "no reply holds a thought and a text behind it")
    return Observation(Behaviour.HONOURED, f"a thought stands before the text in {first} replies")


def is_forbidden_to_call(reply: Reply) -> bool:
    """Whether the request has ``tool_choice: none``: then a call that the model writes all the same is its own text."""
    request = reply.exchange.request
    choice = request.get("tool_choice") if isinstance(request, dict) else None
    return isinstance(choice, dict) and choice.get("type") == "none"


@inspection("response.empty_text")
def no_text_block_beside_a_call_is_empty(exchanges: Sequence[Exchange]) -> Observation:
    """Beside a call there is no text block without text. SHOULD: sent back as it is, some services refuse it.

    Honoured: none. Accepted: nothing was called. Ignored: a reply that calls a tool has an empty text block as well.
    """
    calling = [reply for reply in map(Reply, filter(is_in_order, answered(exchanges))) if reply.tool_calls]
    if not calling:
        return Observation(Behaviour.ACCEPTED, "no reply calls a tool")
    empty = [
        "an empty text block beside a call"
        for reply in calling
        if any(not str(block.get("text") or "") for block in reply.blocks("text"))
    ]
    return _judged(len(calling), empty, "replies with calls", "SHOULD: sent back to a strict service it is refused")


@inspection("stream.ping")
def long_silences_are_broken(exchanges: Sequence[Exchange]) -> Observation:
    """In a long silence inside a stream there are pings. SHOULD: proxies and clients may take silence for an end.

    Honoured: there are. Accepted: no stream was silent for 20 seconds. Ignored: one was, from its first byte on.
    """
    silent = [
        f"{longest / 1000:.0f} s without a byte"
        for exchange in answered(exchanges)
        if exchange.is_stream and (longest := _longest_silence(exchange)) >= _SILENCE_MS
    ]
    pinging = sum(
        any(event.type == "ping" for event in exchange.events)
        for exchange in exchanges
        if exchange.is_stream and exchange.elapsed_ms >= _SILENCE_MS
    )
    if silent:
        return _judged(len(silent), silent, "long silences", "SHOULD: a proxy in between may hang up")
    if pinging:
        return Observation(Behaviour.HONOURED, f"{pinging} long streams have pings and no long silence")
    return Observation(Behaviour.ACCEPTED, "no stream was so slow that it had to be kept alive")


def _longest_silence(exchange: Exchange) -> float:
    """The longest time between two arrivals, in ms; 0 where the curve was thinned and does not tell."""
    times = [arrival.ms for arrival in exchange.arrivals]
    if len(times) >= _FULL_CURVE:
        return 0.0
    return max((after - before for before, after in pairwise(times)), default=0.0)


@inspection("errors.retry_after")
def a_wait_is_in_whole_seconds(exchanges: Sequence[Exchange]) -> Observation:
    """``retry-after`` is a whole number of seconds, or a date. SHOULD: clients that cannot read it guess.

    Honoured: it is. Accepted: no answer that was kept asks to wait. (What is asked for by a 429 or a 529 is waited
    for, and not kept.) Ignored: it is something else.
    """
    given = [exchange.headers["retry-after"].strip() for exchange in exchanges if "retry-after" in exchange.headers]
    if not given:
        return Observation(Behaviour.ACCEPTED, "no answer that was kept asks to wait")
    odd = [f"retry-after: {value[:40]}" for value in given if not _is_delay(value)]
    return _judged(len(given), odd, "waits", "SHOULD: clients that cannot read it guess")


def _is_delay(value: str) -> bool:
    if re.fullmatch(r"[0-9]{1,9}", value):
        return True
    try:
        parsedate_to_datetime(value)
    # A year of eleven digits, an hour of 99, an offset of months: each fails in a way of its own.
    except (ValueError, TypeError, OverflowError, IndexError):
        return False
    return True
