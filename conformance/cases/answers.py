"""What stands in the place of an answer, though no model wrote it: looked for in every exchange, at no request more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from conformance.cases.conditions import blamed
from conformance.cases.registry import inspection
from conformance.cases.streamed import is_in_order
from conformance.cases.strictness import CALL_SIGN, answered, is_forbidden_to_call
from conformance.protocol.exchange import Exchange
from conformance.protocol.parsing import parse_json
from conformance.protocol.reply import Reply
from conformance.values import Behaviour, Observation

_BREAKS = "MUST: every client shows it to its user"


def _in_order(exchanges: Sequence[Exchange]) -> list[Reply]:
    """The answers that are messages; a stream in disorder is judged in rows of its own.

    Raises:
        Inconclusive: there is none.
    """
    return [Reply(exchange) for exchange in answered(exchanges) if is_in_order(exchange)]


@inspection("response.shape")
def no_answer_is_left_out(exchanges: Sequence[Exchange]) -> Observation:
    """A reply that ends its turn without a call has a text. MUST: every client shows an empty answer.

    (A model may have nothing to say once in a while, or say it in its thoughts.)

    Honoured: some have none, or all have one. Ignored: every reply of a kind (over a stream, with tools, after other
    turns), or of those every one with a thought, has none, and every other has one.
    """
    replies = [reply for reply in _in_order(exchanges) if reply.stop_reason == "end_turn" and not reply.tool_calls]
    found = _found(replies, _is_wordless, "there is no text in the answer")
    if found.behaviour is Behaviour.HONOURED:
        # Where the answer stands in the thought, what is not thought about has its answer still.
        return _found([one for one in replies if one.thinking], _is_wordless, "the answer is a thought, without a text")
    return found


def _is_wordless(reply: Reply) -> bool:
    return not reply.text.strip()


_TAG = re.compile(r"(</?[A-Za-z][\w-]{1,30}>|<\|[\w-]{1,30}\|>)\s*\Z")


@inspection("response.shape")
def no_answer_ends_with_a_tag(exchanges: Sequence[Exchange]) -> Observation:
    """Tags that frame an answer in a model's own prompt are not text. MUST: every client shows text to its user.

    Honoured: some end with one, or none does. Ignored: every reply of a kind ends with one, and no other does.
    """
    replies = [reply for reply in _in_order(exchanges) if reply.stop_reason == "end_turn" and reply.text.strip()]

    def is_tagged(reply: Reply) -> bool:
        tag = _TAG.search(reply.text)
        return tag is not None and tag[1].encode() not in reply.exchange.request_body

    return _found(replies, is_tagged, "the text ends with a tag that the request has not")


def _found(replies: Sequence[Reply], is_faulty: Callable[[Reply], bool], what: str) -> Observation:
    figures = {"seen": len(replies), "with_findings": sum(map(is_faulty, replies))}
    if where := blamed(replies, is_faulty):
        return Observation(Behaviour.IGNORED, f"{what}, {where} ({_BREAKS})", statistics=figures)
    return Observation(Behaviour.HONOURED, f"right in {len(replies)} replies, or now and then", statistics=figures)


_LOOP = re.compile(r"\A\s*(\S)\1{7,}\s*\Z")
_AS_LONG = 8
"""Characters of a text that is no coincidence where it comes twice in one reply."""


@inspection("response.shape")
def nothing_stands_in_for_an_answer(exchanges: Sequence[Exchange]) -> Observation:
    """An answer is what the model wrote, once. MUST: every client shows text to its user.

    Honoured: in all replies. Ignored: in two or more the text is an error as JSON, or one and the same character over
    and over; or the same text stands in two blocks of one reply. (Once may be the model's own doing,
    and one that takes the likeliest word every time may go round in circles: nothing is looked at where a sampling
    parameter is given.)
    """
    replies = [reply for reply in _in_order(exchanges) if not _is_sampled(reply)]
    found = [words for reply in replies if (words := next(_stand_ins(reply), ""))]
    figures = {"seen": len(replies), "with_findings": len(found)}
    if len(found) > 1:
        words = f"{len(found)} of {len(replies)} replies, the first: {found[0]} ({_BREAKS})"
        return Observation(Behaviour.IGNORED, words, statistics=figures)
    return Observation(Behaviour.HONOURED, f"right in {len(replies) - len(found)} replies", statistics=figures)


def _is_sampled(reply: Reply) -> bool:
    request = reply.exchange.request
    return isinstance(request, dict) and not {"temperature", "top_p", "top_k"}.isdisjoint(request)


def _is_error(words: str) -> bool:
    """Whether a text is an error of the API, as JSON."""
    if not words.lstrip().startswith("{"):
        return False
    try:
        told = parse_json(words)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("type") == "error" and isinstance(told.get("error"), dict)


def _stand_ins(reply: Reply) -> Iterator[str]:
    if _is_error(reply.text):
        yield f"an error is told as the answer: {reply.text.strip()[:80]}"
    if _LOOP.match(reply.text):
        yield f"the answer is one character over and over: {reply.text.strip()[:20]!r}"
    texts = [str(block.get("text") or "").strip() for block in reply.blocks("text")]
    if any(one == other and len(one) >= _AS_LONG for one, other in pairwise(texts)):
        yield "the same text stands in two blocks, one after the other"


_CALL = re.compile(rf"{CALL_SIGN}|<invoke name=")


@inspection("tools")
def no_call_stays_in_a_thought(exchanges: Sequence[Exchange]) -> Observation:
    """A call that the model has written down is a call, wherever it wrote it. MUST: else the agent stops.

    Honoured: in all replies to requests with tools. Ignored: two replies or more make no call, and the thought of each
    has one in the model's own notation. (Once may be the model's own doing.)
    """
    replies = [reply for reply in _in_order(exchanges) if _has_tools(reply) and not is_forbidden_to_call(reply)]
    if not replies:
        return Observation(Behaviour.ACCEPTED, "no request had tools")
    left = [reply for reply in replies if not reply.tool_calls and _CALL.search(reply.thinking)]
    figures = {"seen": len(replies), "with_findings": len(left)}
    if len(left) > 1:
        shown = _CALL.search(left[0].thinking)
        words = f"{len(left)} of {len(replies)} replies make no call, and the thought of each has one"
        words += f": {shown.group()!r} (MUST: the agent stops)" if shown else ""
        return Observation(Behaviour.IGNORED, words, statistics=figures)
    return Observation(Behaviour.HONOURED, f"right in {len(replies)} replies with tools", statistics=figures)


def _has_tools(reply: Reply) -> bool:
    request = reply.exchange.request
    return isinstance(request, dict) and bool(request.get("tools"))
