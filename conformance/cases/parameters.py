"""Parameters whose effect needs no sampling: limits, prompts, metadata, and references to things."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from anthropic import Omit

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    HELLO,
    NOT_SUPPORTED,
    QUESTION,
    ROOM,
    control,
    crashed,
    fact,
    is_crash,
    is_read,
    is_read_whole,
    long_fact,
    needs_streams,
    plain_hello,
    rejected,
    says_nothing,
    text,
    user,
)
from conformance.cases.counts import Growth, Zone
from conformance.cases.endpoint import BETAS, Endpoint
from conformance.cases.registry import experiment
from conformance.cases.several import Places, all_are_read
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

STOP_REASONS = frozenset(
    {
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
    }
)
"""The stop reasons the SDK knows; not read from it, so that a verdict does not depend on the release that replays."""

_LONG: Mapping[str, Json] = {
    "messages": [user("Write a long and detailed text, at least 300 words, about how bread is baked in a village.")]
}
_CUT = 16
_CHARACTERS_PER_TOKEN = 16
"""No tokenizer needs fewer tokens than one for so many characters of prose."""

_LOOKED_UP = re.compile(
    r"not (be )?found|no such|does(n't| not) exist|expired|unreachable|unknown container|could not|cannot|failed to"
    r"|unable to|resolve|connect",
    re.IGNORECASE,
)


@experiment("max_tokens")
def sixteen_cuts_a_long_answer(api: Endpoint) -> Observation:
    """max_tokens is the most tokens a reply may have.

    Honoured: a long answer is cut at 16 tokens, or its text follows the limit, 16 to 48. Ignored: it runs on.
    """
    return _is_cut(api, *_cut(api))


def _is_cut(api: Endpoint, whole: Reply, cap: int, cut: Reply, **more: Json) -> Observation:
    if not cut.ok:
        return rejected("max_tokens", cut)
    tokens, lengths = cut.output_tokens, _lengths(cut)
    short = min(lengths) <= cap * _CHARACTERS_PER_TOKEN
    full = f"{whole.output_tokens}, {max(_lengths(whole))} at 512"
    seen = f"{tokens} tokens, {max(lengths)} characters at max_tokens={cap}; {full}"
    if short and (tokens is None or tokens <= cap):
        return Observation(Behaviour.HONOURED, f"cut: {seen}", signals=("usage", "text"))
    if short and tokens is not None:
        # Short, and counted as more than it may be: either the limit is another, or the count is an estimate, or it
        # holds more than was said. What is written under three times the limit tells.
        wider = api.ask("treatment, wider", **_LONG, max_tokens=3 * cap, **more)
        if wider.ok and any(map(_follows, _lengths(wider), lengths)):
            words = (
                f"cut: {seen}; {wider.output_tokens} and {max(_lengths(wider))} at {3 * cap}, so it follows the limit"
            )
            return Observation(Behaviour.HONOURED, words, signals=("text",))
    return Observation(Behaviour.IGNORED, f"not cut: {seen}", signals=("usage", "text"))


def _lengths(reply: Reply) -> tuple[int, int]:
    """Characters that were written under the limit: with what was thought, and without where there is a text.

    A service may think outside max_tokens and then cut the text: the limit is kept.
    """
    whole = len(reply.text + reply.thinking)
    return whole, len(reply.text) or whole


def _follows(wider: int, narrow: int) -> bool:
    """Whether a reply three times as long was allowed for, and came: near enough to three times."""
    return 2.2 * narrow <= wider <= 4 * narrow


@experiment("max_tokens")
def a_cut_answer_says_so(api: Endpoint) -> Observation:
    """A reply cut by max_tokens has the stop_reason ``max_tokens``.

    Honoured: it says max_tokens. Ignored: it claims another reason, and clients take half for whole.
    """
    _, cap, cut = _cut(api)
    if not cut.ok:
        return rejected("max_tokens", cut)
    if cut.stop_reason not in STOP_REASONS:
        raise Inconclusive(f"stop_reason is {cut.stop_reason}, which no client knows")
    behaviour = Behaviour.HONOURED if cut.stop_reason == "max_tokens" else Behaviour.IGNORED
    return Observation(behaviour, f"stop_reason is {cut.stop_reason} at max_tokens={cap}", signals=("stop_reason",))


@experiment("max_tokens")
def a_streamed_answer_is_cut(api: Endpoint) -> Observation:
    """max_tokens limits a streamed reply as well.

    Honoured: a long streamed answer is cut at 16 tokens. Ignored: it runs on.
    """
    needs_streams(api)
    return _is_cut(api, *_cut(api, stream=True), stream=True)


def _cut(api: Endpoint, **more: Json) -> tuple[Reply, int, Reply]:
    """A whole answer, a limit well below it, and the same answer under that limit (or its refusal).

    Raises:
        Inconclusive: the answer is too short to be seen cut, or refused for another reason.
    """
    whole = api.once("control", **_LONG, max_tokens=512, **more)
    if not whole.ok:
        # The one parameter no request should be without: what is refused may be the parameter itself.
        without = api.send("without", {"model": api.model, "messages": HELLO["messages"]})
        if without.ok or "max_tokens" in whole.error_message:
            return whole, 512, whole
        raise Inconclusive(f"the control was refused ({whole.refusal})")
    tokens = whole.output_tokens
    cap = _CUT if tokens is None or tokens > 2 * _CUT else max(1, tokens // 4)
    if tokens is not None and tokens <= cap:
        raise Inconclusive(f"the whole answer has {tokens} tokens, too few to be cut")
    if tokens is None and max(_lengths(whole)) < 2 * cap * _CHARACTERS_PER_TOKEN:
        raise Inconclusive("the service counts no tokens, and its whole answer is too short to be seen cut")
    return whole, cap, api.ask("treatment", **_LONG, max_tokens=cap, **more)


_BRIEFLY = "Answer briefly."
"""The system prompt of every arm that has no other: some services put one of their own where there is none."""


def _bare(asked: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in asked.items() if name != "system"}


@experiment("system")
def a_codeword_comes_back(api: Endpoint) -> Observation:
    """system is a prompt the model has read.

    Honoured: a codeword only there comes back, or the prompt grows by it. Ignored: neither.
    """
    asked: dict[str, Json] = {"messages": [user(QUESTION)], "max_tokens": ROOM, "system": _BRIEFLY}
    return is_read(
        api,
        "system",
        "Zorbanix",
        without=asked,
        bare=_bare(asked),
        carrying={**asked, "system": fact("Zorbanix")},
        plainly={**asked, "messages": [user(f"{fact('Zorbanix')}\n\n{QUESTION}")]},
        counted={**asked, "system": [text(fact("Zorbanix"))]},
    )


_BLOCKS: Mapping[str, str] = {
    "the first block of system": "Ulverante",
    "the second block of system": "Quillomar",
    "the third block of system": "Derrowick",
    "the last block of system": "Pemberose",
}
"""Codewords by the block they stand in; the third is marked for the cache, where marks are taken."""


@experiment("system")
def blocks_of_it_are_all_read(api: Endpoint) -> Observation:
    """system may be a list of text blocks, as the SDK types it, and all are read: marked for the cache or not.

    Honoured: codewords in each of four blocks come back, or the prompt grows by them. Ignored: a block does neither.
    """

    def blocks(**mark: Json) -> Places:
        def asked(words: Mapping[str, str], question: str) -> dict[str, Json]:
            first, second, third, last = (text(words.get(place, _BRIEFLY)) for place in _BLOCKS)
            return {**_asked(question), "system": [first, second, {**third, **mark}, last]}

        return Places(
            codewords=_BLOCKS,
            asked=asked,
            without=_asked(QUESTION),
            shown=lambda words, question: _asked(f"{words}\n\n{question}".strip()),
            counted=lambda _, codeword: {**_asked(QUESTION), "system": fact(codeword)},
            bare=_bare(_asked(QUESTION)),
        )

    return all_are_read(api, replace(blocks(cache_control={"type": "ephemeral"}), plainer=blocks()))


def _asked(words: str) -> dict[str, Json]:
    return {"messages": [user(words)], "max_tokens": ROOM, "system": _BRIEFLY}


@experiment("system")
def it_is_read_for_a_stream(api: Endpoint) -> Observation:
    """What holds for an answer holds for a streamed one.

    Honoured: a codeword only there comes back over a stream, or the prompt grows by it. Ignored: neither.
    """
    needs_streams(api)
    asked: dict[str, Json] = {"messages": [user(QUESTION)], "max_tokens": ROOM, "stream": True, "system": _BRIEFLY}
    return is_read(
        api,
        "system, over a stream,",
        "Pellimore",
        without=asked,
        bare=_bare(asked),
        carrying={**asked, "system": fact("Pellimore")},
        plainly={**asked, "messages": [user(f"{fact('Pellimore')}\n\n{QUESTION}")]},
    )


@experiment("system")
def a_long_one_is_read_to_its_end(api: Endpoint) -> Observation:
    """system is read from its first word to its last, also where it is long.

    Honoured: the prompt grows by as much as for the same text in the user's words. Ignored: by less, so
    a part of it was cut away.
    """
    asked: dict[str, Json] = {"messages": [user(QUESTION)], "max_tokens": ROOM, "system": _BRIEFLY}
    return is_read_whole(
        api,
        "a long system prompt",
        "Harrowmint",
        without=asked,
        bare=_bare(asked),
        carrying={**asked, "system": long_fact("Harrowmint")},
        plainly={**asked, "messages": [user(f"{long_fact('Harrowmint')}\n\n{QUESTION}")]},
    )


@experiment("metadata")
def user_id_is_checked(api: Endpoint) -> Observation:
    """metadata takes a user_id; it has no effect that a reply could show.

    Accepted: a user_id is taken, and a wrong type is refused, of metadata and of user_id. Ignored: one of the
    wrong types is taken as well, or the user_id is put into the prompt.
    """
    plain = plain_hello(api)
    taken = api.ask("treatment", **HELLO, metadata={"user_id": "conformance-suite"})
    if not taken.ok:
        return rejected("metadata", taken)
    if taken.size != plain.size and (grown := _grown_by_user_id(api)):
        return Observation(Behaviour.IGNORED, grown, signals=("size",))
    wrong: tuple[Json, ...] = ("conformance-suite", {"user_id": ["conformance", "suite"]})
    replies = {
        json.dumps(value): api.ask("malformed", **HELLO, metadata=value, expects_refusal=True) for value in wrong
    }
    if let_in := [value for value, reply in replies.items() if reply.ok]:
        words = f"a wrong type is taken as well: metadata={', '.join(let_in)}"
        return Observation(Behaviour.IGNORED, words, signals=("status",))
    for value, reply in replies.items():
        if is_crash(reply):
            return crashed(f"metadata={value}", reply)
    refusal = next(iter(replies.values())).refusal
    return Observation(Behaviour.ACCEPTED, f"taken; a wrong type is refused ({refusal})", signals=("status",))


_LONG_USER_ID = "-".join(f"conformance{number:02}" for number in range(10))
"""Of 129 characters: no tokenizer makes less than 16 tokens of them."""


def _grown_by_user_id(api: Endpoint) -> str:
    """That a long user_id makes the prompt grow, in words; empty where it does not, or not every time."""
    sizes: dict[str, list[int]] = {"a": [], _LONG_USER_ID: []}
    for user_id in list(sizes) * _TIMES:
        reply = api.ask("treatment, again", **HELLO, metadata={"user_id": user_id})
        if not reply.ok or reply.size is None:
            return ""
        sizes[user_id].append(reply.size)
    short, long = sizes.values()
    if min(long) - max(short) < _OF_IT:
        return ""
    words = f"a user_id of {len(_LONG_USER_ID)} characters is part of the prompt"
    return f"{words}, which grows by {min(long) - max(short)} tokens"


_OF_IT = 12
"""Tokens of it that have to be counted."""
_TIMES = 4
"""How often each is asked: of a vendor's own prompt of 0 to 60 tokens at random, four are larger by so much than four
others in 1 of 350 cases (simulated), and a second run of the case has to come to the same."""


@experiment("stop_sequences")
def vowels_stop_prose(api: Endpoint) -> Observation:
    """Text stops before any of the stop sequences.

    Honoured: prose with the stop sequences a, e, i, o has none of them (where the control is not in English or
    the like: with the four commonest characters of the control). Ignored: it has.
    """
    asked, plain, stopped = _stopped(api)
    if not stopped.ok:
        return rejected("stop_sequences", stopped)
    kept = sorted({letter for letter in asked if letter in stopped.text})
    if kept:
        return Observation(
            Behaviour.IGNORED,
            f"the text runs on over {', '.join(kept)}: {stopped.text[:60]!r}",
            signals=("text",),
        )
    if not stopped.text and stopped.stop_reason == "max_tokens":
        raise Inconclusive("the reply had no text before max_tokens ran out")
    if not stopped.text and stopped.stop_reason == "end_turn":
        raise Inconclusive("the reply has no text at all, and says that it ended by itself")
    if len(stopped.text) >= len(plain.text):
        raise Inconclusive("the reply has none of the letters, and is no shorter for it")
    return Observation(
        Behaviour.HONOURED,
        f"{stopped.text!r}, where the control has {len(plain.text)} characters",
        signals=("text",),
    )


@experiment("stop_sequences")
def the_stop_is_named(api: Endpoint) -> Observation:
    """A reply stopped by a sequence has the stop_reason ``stop_sequence`` and names the sequence.

    Honoured: it does. Ignored: it claims another reason, or the text was not stopped at all: it runs on over one of
    the sequences.
    """
    asked, _, stopped = _stopped(api)
    if not stopped.ok:
        return rejected("stop_sequences", stopped)
    named = stopped.message.get("stop_sequence")
    seen = f"stop_reason is {stopped.stop_reason}, stop_sequence is {named!r}"
    runs_on = any(letter in stopped.text[:-1] for letter in asked)  # some services leave the sequence at the end
    honoured = stopped.stop_reason == "stop_sequence" and named in asked and not runs_on
    seen += ", and the text runs on over it" if runs_on and named in asked else ""
    return Observation(Behaviour.HONOURED if honoured else Behaviour.IGNORED, seen, signals=("stop_reason",))


def _stopped(api: Endpoint) -> tuple[list[str], Reply, Reply]:
    """The control's prose and the same prompt with four stop sequences; some services take no more.

    Raises:
        Inconclusive: the control has no prose in which any four characters are sure to come again.
    """
    prose: dict[str, Json] = {
        "messages": [user("Describe in two sentences how bread is baked.")],
        "max_tokens": ROOM,
    }
    plain = control(api, shared=True, **prose)
    asked = _commonest(plain.text)
    return asked, plain, api.ask("treatment", **prose, stop_sequences=asked)


def _commonest(prose: str) -> list[str]:
    """Four characters that no text in the language of this one is without.

    Raises:
        Inconclusive: there is too little text to tell.
    """
    vowels = ["a", "e", "i", "o"]
    letters = Counter(character for character in prose if character.isalpha())
    if sum(letters[vowel] for vowel in vowels) >= _OFTEN * letters.total() > 0:
        return vowels
    # Of what is written without Latin vowels, a sentence's own marks are as sure to come again as any letter.
    common = [character for character, count in Counter(prose).most_common() if not character.isspace() and count > 1]
    if len(common) < len(vowels) or letters.total() < _PROSE:
        raise Inconclusive("the control has no prose to be stopped")
    return common[: len(vowels)]


_OFTEN = 0.1
"""The share of a text's letters from which on it has vowels: a, e, i, o are 0.2 to 0.4 of European languages."""

_PROSE = 20
"""Letters below which a text says nothing of its language."""


@experiment("service_tier")
def a_tier_leaves_a_trace(api: Endpoint) -> Observation:
    """service_tier chooses the capacity a request is served with.

    Honoured: a tier that does not exist is refused, or the tier asked for shows in the reply.
    Ignored: any word is taken and leaves no trace. Rejected: a tier that exists is refused.
    """
    plain = plain_hello(api)
    tier = str(api.details.get("tier", "auto"))
    taken = api.ask("treatment", **HELLO, service_tier=tier)
    if not taken.ok:
        return rejected(f"service_tier={tier}", taken)
    bogus = api.ask("malformed", **HELLO, service_tier="no_such_tier", expects_refusal=True)
    if is_crash(bogus):
        return crashed("a tier that does not exist", bogus)
    if not bogus.ok:
        return Observation(
            Behaviour.HONOURED, f"validated: no_such_tier is refused ({bogus.refusal})", signals=("status",)
        )
    before, after = _tier(plain), _tier(bogus)
    if after != before and after == "no_such_tier":
        return Observation(Behaviour.HONOURED, f"the reply names the tier: {after}", signals=("usage",))
    if _tier(taken) is not None and _tier(taken) != before:
        return Observation(Behaviour.HONOURED, f"the tier went from {before} to {_tier(taken)}", signals=("usage",))
    return Observation(
        Behaviour.IGNORED, "a tier that does not exist is taken, without a trace", signals=("status", "usage")
    )


def _tier(reply: Reply) -> Json:
    return reply.usage.get("service_tier") or reply.message.get("service_tier")


@experiment("container")
def an_unknown_container_is_missed(api: Endpoint) -> Observation:
    """container names the container to run tools in.

    Honoured: one that does not exist is looked for and missed. Ignored: a plain 200 without a trace.
    """
    return _looked_up(api, "container", "container_011ConformanceNoSuchOne", trace="container")


@experiment("mcp_servers")
def an_unreachable_server_is_missed(api: Endpoint) -> Observation:
    """mcp_servers lists servers whose tools the service calls by itself.

    Honoured: one that cannot be reached is an error about it. Ignored: a plain 200 without a trace.
    """
    server = {"type": "url", "url": "https://mcp.conformance.invalid/sse", "name": "conformance"}
    toolset = {"type": "mcp_toolset", "mcp_server_name": "conformance"}
    found = _looked_up(api, "mcp_servers", [server], trace="mcp_servers")
    if found.behaviour is Behaviour.REJECTED and "toolset" in found.summary.lower():
        # Newer revisions of the beta want every server to be named by a toolset.
        return _looked_up(api, "mcp_servers", [server], trace="mcp_servers", tools=[toolset])
    return found


def _looked_up(api: Endpoint, name: str, value: Json, *, trace: str, **more: Json) -> Observation:
    """A reference to something that does not exist: an error about *it* shows that it was looked for."""
    plain_hello(api)
    reply = api.ask("treatment", **HELLO, **{name: value}, **more, expects_refusal=True)
    words = reply.error_message
    if not reply.ok and not NOT_SUPPORTED.search(words) and (reply.status == 404 or _LOOKED_UP.search(words)):
        return Observation(Behaviour.HONOURED, f"{name} is looked up ({reply.refusal})", signals=("status",))
    if not reply.ok:
        reply = _without_beta(api, name, reply, **HELLO, **{name: value}, **more)
    if not reply.ok:
        if says_nothing(api, reply, name):
            raise Inconclusive(f"the refusal says nothing of {name}, nor of what it looked for ({reply.refusal})")
        return rejected(name, reply)
    if reply.message.get(trace) or any(str(block.get("type", "")).startswith("mcp_") for block in reply.content):
        return Observation(Behaviour.HONOURED, f"{name} shows in the reply", signals=("blocks",))
    return Observation(Behaviour.IGNORED, f"{name} that does not exist is taken, without a trace", signals=("status",))


def _without_beta(api: Endpoint, name: str, refused: Reply, **request: Json) -> Reply:
    """The same request without its beta header, if that is what was refused; else the refusal."""
    if name not in BETAS:
        return refused
    bare = api.ask("treatment, no beta header", headers={"anthropic-beta": Omit()}, **request)
    return bare if bare.ok else refused


@experiment("context_management")
def old_tool_results_are_cleared(api: Endpoint) -> Observation:
    """context_management edits the history before the model reads it.

    Honoured: clearing old tool results at once shows in applied_edits, or makes the prompt smaller.
    Ignored: the same history as without.
    """
    history = {**_tool_history(), "max_tokens": ROOM}
    before = api.ask("control", **history)
    if not before.ok:
        # Some services that think want the thoughts of every turn back, and here there are none.
        history["thinking"] = {"type": "disabled"}
        before = control(api, "control without thinking", **history)
    clear = {
        "type": "clear_tool_uses_20250919",
        "trigger": {"type": "tool_uses", "value": 1},
        "keep": {"type": "tool_uses", "value": 0},
    }
    after = api.ask("treatment", **history, context_management={"edits": [clear]})
    if not after.ok:
        after = _without_beta(api, "context_management", after, **history, context_management={"edits": [clear]})
    if not after.ok:
        return rejected("context_management", after)
    report = after.message.get("context_management")
    edits = report.get("applied_edits") if isinstance(report, dict) else None
    if edits:
        return Observation(Behaviour.HONOURED, f"applied_edits: {edits}", signals=("blocks",))
    if before.size is None or after.size is None:
        raise Inconclusive("no applied_edits, and the service does not count what it has read")
    seen = f"the prompt went from {before.size} to {after.size} tokens"
    if after.size == before.size:
        return Observation(Behaviour.IGNORED, f"{seen}, without applied_edits", signals=("size",))
    # What clears them would leave so much: the same history, with little in its results.
    bare = control(api, "positive control, cleared by hand", **_tool_history(cleared=True), max_tokens=ROOM)
    growth = Growth((after,), (before,), (bare,), (before,))
    zone = zone_of(api, growth)
    if zone is not Zone.NOTHING:
        # A prefix that is cached and not counted makes a prompt smaller as well: the control, asked again, shows it.
        again = control(api, "control, again", **history)
        still = replace(growth, before=(after,), after=(again,), plain_after=(again,))
        if zone_of(api, still) is not zone or zone is not Zone.EXPECTED:
            raise Inconclusive(f"{seen}; without it, asked again, it has {again.size}, and cleared by hand {bare.size}")
        return Observation(Behaviour.HONOURED, f"{seen}, without it it stays at {again.size}", signals=("size",))
    return Observation(Behaviour.IGNORED, f"{seen}, without applied_edits", signals=("size",))


def _tool_history(*, cleared: bool = False) -> dict[str, Json]:
    """A conversation with four long tool results behind it, or with results that say nothing."""
    messages: list[Json] = [user("Read the four reports one after the other.")]
    for number in range(1, 5):
        call = {
            "type": "tool_use",
            "id": f"toolu_conformance_{number}",
            "name": "read_report",
            "input": {"number": number},
        }
        words = "[cleared]" if cleared else fact(f"Report{number}")
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": words}
        messages += [{"role": "assistant", "content": [call]}, user(result)]
    schema = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
    messages[-1]["content"].append(text("Thank you. Say goodbye in one short sentence."))
    return {
        "messages": messages,
        "tools": [{"name": "read_report", "description": "Reads one report.", "input_schema": schema}],
    }
