"""What the provider's page promises a newcomer: its set-up, and its examples, run as they stand."""

from __future__ import annotations

from collections.abc import Mapping

import anthropic

from conformance.cases.common import HELLO, QUESTION, ROOM, control, fact, is_read, needs_streams, rejected, user
from conformance.cases.endpoint import Endpoint, outcome
from conformance.cases.registry import experiment
from conformance.cases.streamed import needs_order
from conformance.cases.tools import ASKS_FOR_ONE, WEATHER
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

SDK_FAILS = (anthropic.APIError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What comes out of the SDK, or of the lines of an example, where an answer is not what they were written for."""


@experiment("examples.environment")
def a_base_url_and_a_key_are_enough(api: Endpoint) -> Observation:
    """ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY are all the SDK needs.

    Honoured: a client made from nothing else gets a message. (SDK 2.x: Bearer, version 2026-10-21.)
    Rejected: it is refused. Ignored: what it gets is no message.
    """
    client = api.plain_client()

    def call() -> anthropic.types.Message:
        return client.messages.create(
            model=api.model, max_tokens=1000, messages=[{"role": "user", "content": "Hi, how are you?"}]
        )

    try:
        message = api.use("as the SDK comes", call)
    except anthropic.APIStatusError:
        return _refused(api, "the SDK as it comes")
    except SDK_FAILS:
        return _no_use(api, "the SDK makes nothing of the answer")
    return _has_words(message)


@experiment("examples.quick_start")
def the_first_example_prints_something(api: Endpoint) -> Observation:
    """The page's first example: ``messages.create`` with a system string and one text block.

    Honoured: the reply is a list of thinking and text blocks with words in them, as the example
    prints. (A redacted_thinking block beside them it passes over.) Rejected: it is refused. Ignored: the
    example prints nothing.
    """
    client = api.client

    def call() -> anthropic.types.Message:
        return client.messages.create(
            model=api.model,
            max_tokens=1000,
            system="You are a helpful assistant.",
            messages=[{"role": "user", "content": [{"type": "text", "text": "Hi, how are you?"}]}],
        )

    try:
        message = api.use("the example", call)
    except anthropic.APIStatusError:
        return _refused(api, "the example")
    except SDK_FAILS:
        return _no_use(api, "the SDK makes nothing of the answer")
    return _has_words(message)


def _refused(api: Endpoint, what: str) -> Observation:
    """A refusal is about the example only where a plain request is taken."""
    reply = Reply(api.last)
    control(api, **HELLO)
    return rejected(what, reply)


def _no_use(api: Endpoint, what: str) -> Observation:
    """What the SDK says of an answer it cannot use changes with its release: the answer itself is shown."""
    return Observation(Behaviour.IGNORED, f"{what}: {outcome(Reply(api.last))}", signals=("sdk",))


_HIDDEN = ("redacted_thinking",)
"""Blocks a reply may hold beside its words, where no example has to print them."""


def _has_words(message: anthropic.types.Message) -> Observation:
    # The SDK does not validate: a body of another shape gives an object without these attributes.
    content = getattr(message, "content", None)
    if not isinstance(content, list):
        return Observation(Behaviour.IGNORED, "the reply has no list of blocks", signals=("sdk",))
    kinds = [str(getattr(block, "type", None)) for block in content]
    words = [
        str(getattr(block, str(block.type), None) or "")
        for block in content
        if getattr(block, "type", None) in ("thinking", "text")
    ]
    if not any(words):
        return Observation(Behaviour.IGNORED, f"nothing to print in blocks {kinds}", signals=("sdk", "blocks"))
    behaviour = Behaviour.HONOURED if set(kinds) <= {"thinking", "text", *_HIDDEN} else Behaviour.IGNORED
    return Observation(behaviour, f"blocks: {', '.join(kinds)}", signals=("sdk", "blocks"))


@experiment("examples.streaming")
def the_second_example_prints_something(api: Endpoint) -> Observation:
    """The page's second example: ``create(stream=True)``, read chunk by chunk.

    Honoured: block starts, and text deltas with words in them, as the example prints. Rejected: it is
    refused. Ignored: the SDK yields nothing that the example prints.
    """
    client = api.client

    def call() -> dict[str, str]:
        stream = client.messages.create(
            model=api.model,
            max_tokens=1000,
            system="You are a helpful assistant.",
            messages=[{"role": "user", "content": [{"type": "text", "text": "Hi, how are you?"}]}],
            stream=True,
        )
        printed = {"starts": "", "thinking": "", "text": ""}
        for chunk in stream:
            if chunk.type == "content_block_start":
                printed["starts"] += f"{chunk.content_block.type} "
            elif chunk.type == "content_block_delta":
                if chunk.delta.type == "thinking_delta":
                    printed["thinking"] += chunk.delta.thinking or ""
                elif chunk.delta.type == "text_delta":
                    printed["text"] += chunk.delta.text or ""
        return printed

    try:
        printed = api.use("the example", call)
    except anthropic.APIStatusError:
        return _refused(api, "the example")
    except SDK_FAILS:
        return _no_use(api, "the SDK fails on the stream")
    counts = f"{len(printed['thinking'])} characters of thinking, {len(printed['text'])} of text"
    seen = f"blocks: {printed['starts'].strip() or 'none'}; {counts}"
    behaviour = (
        Behaviour.HONOURED if printed["starts"] and (printed["text"] or printed["thinking"]) else Behaviour.IGNORED
    )
    return Observation(behaviour, seen, signals=("sdk", "blocks"))


@experiment("examples.tool_history")
def the_whole_reply_goes_back(api: Endpoint) -> Observation:
    """In a tool conversation the whole ``response.content`` goes back into the history.

    Honoured: thinking, text and call go back as they came, and the tool's result is read. Rejected:
    the service refuses its own blocks. Ignored: the second turn shows nothing of the result.
    """
    return goes_back(api)


def goes_back(api: Endpoint, *, stream: bool = False) -> Observation:
    """A reply with a call, streamed or not, sent back whole with the call's result.

    Where it is streamed, the conversation is then asked for one more call: what the inspection of ids looks at.

    Raises:
        Inconclusive: nothing is called, or nothing shows what was read.
        NotApplicable: streams are refused altogether.
    """
    opening: dict[str, Json] = {"max_tokens": 2048, "tools": [WEATHER]} | ({"stream": True} if stream else {})
    first = _first_call(api, opening)
    needs_order(first)
    if not all(isinstance(call.get("input"), dict) for call in first.tool_calls):
        raise Inconclusive("the input of a call is no object, so it cannot be sent back: that is another row's finding")
    returned = {"role": "assistant", "content": [dict(block) for block in first.content]}

    def turn(words: str, asking: str = QUESTION) -> dict[str, Json]:
        results = [
            {"type": "tool_result", "tool_use_id": call.get("id"), "content": words} for call in first.tool_calls
        ]
        return {"messages": [ASKS_FOR_ONE, returned, user(*results, {"type": "text", "text": asking})], **opening}

    second = api.ask("second turn", **turn(fact("Marulvane")))
    if not second.ok:
        return rejected("the service's own content", second)
    if stream:
        more = turn(fact("Marulvane"), "Now call the get_weather tool again, for Oslo.")
        api.ask("third turn", **more, tool_choice={"type": "any"})
    kinds = "+".join(str(block.get("type")) for block in first.content)
    if "marulvane" in f"{second.text} {second.thinking}".lower():
        return Observation(Behaviour.HONOURED, f"{kinds} went back, the result is read", signals=("text",))
    return is_read(
        api,
        f"the result behind {kinds}",
        "Marulvane",
        without=turn("Done."),
        carrying=turn(fact("Marulvane")),
        plainly={"messages": [user(f"{fact('Marulvane')}\n\n{QUESTION}")], "max_tokens": ROOM},
    )


def _first_call(api: Endpoint, opening: Mapping[str, Json]) -> Reply:
    first = api.ask("first turn", messages=[ASKS_FOR_ONE], **opening)
    if not first.ok and opening.get("stream"):
        needs_streams(api)
    if first.ok and not first.tool_calls:
        first = api.ask("first turn, forced", messages=[ASKS_FOR_ONE], **opening, tool_choice={"type": "any"})
    if not first.ok or not first.tool_calls:
        raise Inconclusive(f"no tool call to answer ({'none made' if first.ok else first.refusal})")
    return first
