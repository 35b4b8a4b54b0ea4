"""In company: does a parameter that has its effect alone have it beside everything that clients send with it?

Most services that break do so where two things meet: tools and a stream, a history and thinking. So each parameter has,
beside its bare experiments, one with everything on. Where the effect is missing, the companions are left out one at
a time, and the summary names the one that is to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from conformance.cases.common import QUESTION, ROOM, control, fact, is_read, rejected, text, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.fragments import Fragment, Request, company, composed
from conformance.cases.parameters import STOP_REASONS
from conformance.cases.registry import experiment
from conformance.cases.thinking import BUDGET
from conformance.cases.tools import ASKS_FOR_NONE, BOTH
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

Look = Callable[[Sequence[Fragment]], Observation]
"""An experiment, given the company it is to be made in."""

_TRIES = 3
_OFF: Mapping[str, Json] = {"type": "disabled"}
_THINKING = {"type": "enabled", "budget_tokens": BUDGET}


def in_company(api: Endpoint, plain: Request, companions: Sequence[Fragment], look: Look) -> Observation:
    """Make an experiment in company; of a company that is refused without the parameter too, in what is taken of it.

    Args:
        plain: a request that any of the companions can be laid over, to find out which are taken.
        companions: what is to stand beside the parameter.
        look: the experiment; it raises Inconclusive where its control is refused.
    """
    try:
        found = look(companions)
    except Inconclusive:
        kept = accepted(api, plain, companions)
        if len(kept) == len(companions):
            raise
        companions = kept
        found = look(companions)
    if found.behaviour not in (Behaviour.IGNORED, Behaviour.REJECTED):
        return found
    return replace(found, summary=f"{found.summary}; {_cause(look, companions, found.behaviour)}")


def accepted(api: Endpoint, plain: Request, companions: Sequence[Fragment]) -> Sequence[Fragment]:
    """The company without the one companion that is refused, or as much of it as is taken together.

    Raises:
        Inconclusive: none of it is.
    """
    if composed(plain, companions).ask(api, "company").ok:
        return companions
    for one in companions:
        rest = _without(companions, one)
        if composed(plain, rest).ask(api, f"company, not {one.says}").ok:
            return rest
    kept: tuple[Fragment, ...] = ()
    for one in companions:
        if composed(plain, (*kept, one)).ask(api, f"company, {one.says}").ok:
            kept = (*kept, one)
    if not kept:
        raise Inconclusive("a plain request in company is refused, whichever companion it has")
    return kept


def _cause(look: Look, companions: Sequence[Fragment], seen: Behaviour) -> str:
    """Whose company it takes for the effect to be missing, in words."""
    if _behaviour(look, ()) in (seen, None):
        return "alone as well"
    for one in companions:
        if _behaviour(look, _without(companions, one)) not in (seen, None):
            return f"only {one.says}"
    return f"only {', '.join(one.says for one in companions)}, and not for one of them alone"


def _behaviour(look: Look, companions: Sequence[Fragment]) -> Behaviour | None:
    try:
        return look(companions).behaviour
    except (Inconclusive, NotApplicable):
        return None


def _without(companions: Sequence[Fragment], one: Fragment) -> Sequence[Fragment]:
    return tuple(other for other in companions if other is not one)


_ASKED: dict[str, Json] = {"messages": [user(QUESTION)], "max_tokens": ROOM}


def _system_is_read(
    api: Endpoint, codeword: str, without: Json, carrying: Json, companions: Sequence[Fragment]
) -> Observation:
    def look(beside: Sequence[Fragment]) -> Observation:
        request = composed(Request({**_ASKED, "system": without}), beside)
        plainly = composed(
            Request({**_ASKED, "messages": [user(f"{fact(codeword)}\n\n{QUESTION}")], "system": without}), beside
        )
        return is_read(
            api,
            "system, in company,",
            codeword,
            without=request.body,
            carrying=request.having(system=carrying).body,
            plainly=plainly.body,
            bare=composed(Request(_ASKED), beside).body,
        )

    return in_company(api, Request(_ASKED), companions, look)


@experiment("system")
def it_is_read_beside_everything(api: Endpoint) -> Observation:
    """system is read also where everything else is on: a stream, tools, other turns, thinking, metadata.

    Honoured: a codeword in the second of three blocks, behind the one that Claude Code begins with, comes back, or the
    prompt grows by it. Ignored: neither, and the summary names the company it takes.
    """
    header, brief = text(_HEADER), text("Answer briefly.")
    beside = company("stream", "tools", "history", "metadata", "thinking")
    carrying = [header, text(fact("Wendelmoor")), brief]
    return _system_is_read(api, "Wendelmoor", [header, brief], carrying, beside)


_HEADER = "x-anthropic-billing-header: cc_version=2.1.332; cc_entrypoint=cli;"
"""What Claude Code writes into a block of its own, the first: some gateways take it out, and must leave the others."""


@experiment("system")
def it_is_read_after_a_call(api: Endpoint) -> Observation:
    """system is read also in a conversation in which a tool was called, not streamed.

    Honoured: a codeword only there comes back, or the prompt grows by it. Ignored: neither, and the summary
    names the company it takes.
    """
    beside = company("calls", "history")
    return _system_is_read(api, "Tobrinhale", "Answer briefly.", f"Answer briefly. {fact('Tobrinhale')}", beside)


LINE = "Amber Birch Cedar Dahlia Elder Fern"
STOP = "Cedar Dahlia"
REPEATS = Request({"messages": [user(f'Reply with exactly this line and nothing else: "{LINE}"')], "max_tokens": ROOM})
"""Asks for a line with the words of ``STOP`` in its middle."""
_STOPS = ["OMEGA ONE", "OMEGA TWO", "OMEGA THREE", "OMEGA FOUR", "OMEGA FIVE", STOP]


@experiment("stop_sequences")
def several_words_stop_in_company(api: Endpoint) -> Observation:
    """A stop sequence may have several words, be the sixth of six, and come in pieces of a stream, beside tools.

    Honoured: a line that the model repeats ends before the words "Cedar Dahlia", and stop_reason says why.
    Ignored: it runs on over them, keeps a piece of them, or gives another reason.
    """

    def look(beside: Sequence[Fragment]) -> Observation:
        request = composed(REPEATS, beside)
        needs_the_line(api, request)
        stopped = request.having(stop_sequences=_STOPS).ask(api, "treatment")
        if not stopped.ok:
            return rejected("stop_sequences, in company,", stopped)
        return stopped_by("the sixth of six", stopped)

    return in_company(api, REPEATS, company("stream", "tools", "history", "system", "metadata"), look)


def needs_the_line(api: Endpoint, request: Request) -> None:
    """A model that does not repeat the line has nothing to be stopped.

    Raises:
        Inconclusive: it does not, or the request is refused.
    """
    if not any(STOP in taken(request.ask(api, "control")).text for _ in range(_TRIES)):
        raise Inconclusive("the model does not repeat the line")


def taken(reply: Reply) -> Reply:
    """A reply that is a control.

    Raises:
        Inconclusive: it is a refusal.
    """
    if not reply.ok:
        raise Inconclusive(f"the control was refused ({reply.refusal})")
    return reply


def stopped_by(which: str, reply: Reply) -> Observation:
    """What a reply shows of a stop sequence in the middle of the line that it was to repeat.

    Args:
        which: what the sequence is called in the summary.
        reply: the reply, to a model that repeats the line.

    Raises:
        Inconclusive: it is no part of the line.
    """
    first, _, _ = STOP.partition(" ")
    seen = f"{reply.text[:60]!r}, stop_reason {reply.stop_reason}"
    if STOP in reply.text:
        return Observation(Behaviour.IGNORED, f"the text runs on over {which}: {seen}", signals=("text",))
    if reply.stop_reason not in STOP_REASONS:
        raise Inconclusive(f"no client knows this reason: {seen}")
    if reply.stop_reason == "stop_sequence" and first in reply.text:
        return Observation(Behaviour.IGNORED, f"the text keeps a piece of the sequence: {seen}", signals=("text",))
    said = reply.text.strip().strip('"')
    # Some models say something before the line, or set it in bold: then it ends where the line has the sequence.
    if not said or not (LINE.startswith(said) or said.endswith(LINE.partition(STOP)[0].strip())):
        raise Inconclusive(f"the reply is not the beginning of the line: {seen}")
    if reply.stop_reason != "stop_sequence":
        words = f"the text ends before the sequence, for another reason: {seen}"
        return Observation(Behaviour.IGNORED, words, signals=("stop_reason",))
    return Observation(Behaviour.HONOURED, f"stopped by {which}: {seen}", signals=("text", "stop_reason"))


CUT = 16
LONG = user("Write a long and detailed text, at least 2000 words, about how bread is baked in a village.")


@experiment("max_tokens")
def it_cuts_in_company(api: Endpoint) -> Observation:
    """max_tokens limits a reply also where a stream, tools, system blocks, other turns and metadata are on.

    Honoured: a long answer is cut at 16 tokens. Ignored: it runs on, and the summary names the company it takes.
    """
    plain = Request({"messages": [LONG], "max_tokens": 32 * CUT})

    def look(beside: Sequence[Fragment]) -> Observation:
        request = composed(plain, beside)
        whole, cut = taken(request.ask(api, "control")), request.having(max_tokens=CUT).ask(api, "treatment")
        if not cut.ok:
            return rejected(f"max_tokens={CUT}, in company,", cut)
        return is_cut(cut, CUT, words_of(whole))

    return in_company(api, plain, company("stream", "tools", "history", "system", "metadata"), look)


@experiment("max_tokens")
def it_cuts_what_is_thought(api: Endpoint) -> Observation:
    """max_tokens limits thinking and text together, over a stream and beside tools.

    Honoured: a text of 2000 words is cut at 1100 tokens. Ignored: it runs on; or different replies are cut at one and
    the same lower count, every time, which is another limit.
    """
    most = BUDGET + 76
    plain = Request({"messages": [LONG], "max_tokens": most})

    def look(beside: Sequence[Fragment]) -> Observation:
        request = composed(plain, beside).having(max_tokens=most)
        cut = taken(request.ask(api, "treatment"))
        return _cut_elsewhere(api, request, cut, most) or is_cut(cut, most, None)

    return in_company(api, plain, company("stream", "tools", "thinking"), look)


_WIDEST = 6.5
"""Characters of a token of English prose, on average, that no tokenizer goes beyond; a word has as many."""

_PART = 0.9
"""The share of a limit below which a reply that was cut was cut somewhere else, or thought unseen."""


def _cut_elsewhere(api: Endpoint, request: Request, cut: Reply, most: int) -> Observation | None:
    """A limit other than the one that was asked for: three different replies are cut at the same lower count."""

    def is_early(reply: Reply) -> bool:
        tokens = reply.output_tokens
        if reply.stop_reason != "max_tokens" or tokens is None or tokens >= _PART * most:
            return False
        # What is counted may be pieces of a stream: then it is few for so long a text.
        return len(reply.thinking + reply.text) <= _WIDEST * tokens

    replies = [cut]
    while is_early(replies[-1]) and len(replies) < _TRIES:
        replies.append(taken(request.ask(api, "treatment")))
    # Hidden reasoning takes a part of the limit as well, and never the same; and a cache repeats the reply itself.
    said = {f"{reply.thinking} {reply.text}" for reply in replies}
    if not all(map(is_early, replies)) or len({reply.output_tokens for reply in replies}) > 1 or len(said) < _TRIES:
        return None
    words = f"{_TRIES} replies are cut at {cut.output_tokens} tokens each, and max_tokens is {most}"
    return Observation(Behaviour.IGNORED, words, signals=("usage", "stop_reason"))


def words_of(reply: Reply) -> int:
    """How many words a reply has, those of its thoughts included."""
    return len(f"{reply.thinking} {reply.text}".split())


def is_cut(cut: Reply, most: int, whole: int | None) -> Observation:
    """Whether a reply was cut at so many tokens: no tokenizer makes fewer of prose than it has words.

    Args:
        cut: the reply under the limit.
        most: the limit, in tokens.
        whole: the words of the reply without it, or None where only the cut one's own figures can tell.
    """
    words, tokens = words_of(cut), cut.output_tokens
    seen = f"{words} words, {tokens} tokens at max_tokens={most}, stop_reason {cut.stop_reason}"
    # What a service puts before every answer is not the model's: a few words too many are not a reply that runs on.
    if words > (1.25 * most if whole is None else max(4 * most, whole // 2)):
        return Observation(Behaviour.IGNORED, f"not cut: {seen}", signals=("text",))
    if tokens is not None and tokens > 2 * most:
        raise Inconclusive(f"short, and counted as more than it may be: {seen}")
    full = tokens is not None and 0.95 * most <= tokens <= most  # a wrong stop_reason is the finding of another case
    if full or cut.stop_reason == "max_tokens" or (whole is not None and whole > 4 * most):
        return Observation(Behaviour.HONOURED, f"cut: {seen}", signals=("text", "usage"))
    raise Inconclusive(f"the answer came to its end by itself: {seen}")


@experiment("thinking")
def it_thinks_in_company(api: Endpoint) -> Observation:
    """What thinks alone thinks also beside a stream, tools, system blocks, other turns and metadata; or does not.

    Honoured: there is a thinking block, and none where thinking is disabled. Accepted: there is one either way.
    Ignored: there is none, where the same request alone has one every time; or there is one every time where
    thinking is disabled, and alone there never is. Rejected: to enable or disable it is refused, and alone it is not.
    """
    puzzle = user("A baker has 23 loaves. All but 7 are sold, then 4 more are baked. How many are there now?")
    plain = Request({"messages": [puzzle], "max_tokens": 2 * BUDGET})

    def look(beside: Sequence[Fragment]) -> Observation:
        request = composed(plain, beside)
        for _ in range(_TRIES):
            enabled = request.having(thinking=_THINKING).ask(api, "enabled")
            if not enabled.ok:
                taken(request.ask(api, "control"))
                return rejected("thinking enabled, in company,", enabled)
            if _thinks(enabled):
                break
        else:
            return Observation(Behaviour.IGNORED, f"{_TRIES} replies without a thinking block", signals=("blocks",))
        return _turned_off(api, plain, request)

    found = in_company(api, plain, company("stream", "tools", "history", "system", "metadata"), look)
    if found.behaviour is Behaviour.IGNORED:
        for beside, words in (((), "alone"), (company("stream"), "over a stream alone")):
            if _behaviour(look, beside) is Behaviour.IGNORED:
                raise NotApplicable(f"it does not think {words} either, which is the finding of another case")
    return found


def _turned_off(api: Endpoint, plain: Request, request: Request) -> Observation:
    """What thinking disabled does in a company in which it is there when enabled."""
    alone, request = plain.having(thinking=_OFF), request.having(thinking=_OFF)
    disabled = request.ask(api, "disabled")
    if not disabled.ok and alone.ask(api, "disabled, alone").ok:
        return rejected("thinking disabled, in company,", disabled)
    if disabled.ok and not _thinks(disabled):
        return Observation(Behaviour.HONOURED, "enabled: a thinking block, disabled: none", signals=("blocks",))
    if disabled.ok and _is_off_alone_only(api, alone, request):
        words = f"disabled: a thinking block in {_TRIES} replies of {_TRIES}, and in none without this company"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    return Observation(Behaviour.ACCEPTED, "a thinking block, enabled or not", signals=("blocks",))


def _is_off_alone_only(api: Endpoint, alone: Request, request: Request) -> bool:
    """Whether thinking that is disabled is off without the company, every time, and on in it, every time."""
    if not all(_thinks(taken(request.ask(api, "disabled"))) for _ in range(_TRIES - 1)):
        return False
    return not any(_thinks(taken(alone.ask(api, "disabled, alone"))) for _ in range(_TRIES))


def _thinks(reply: Reply) -> bool:
    return any(block.get("type") in ("thinking", "redacted_thinking") for block in reply.content)


@experiment("tool_choice.with_thinking")
def a_call_is_forced_after_a_thought(api: Endpoint) -> Observation:
    """``any`` beside thinking: Anthropic refuses to force a model that thinks, others need not.

    Honoured: a prompt that needs no tool is answered with a call. Ignored: without one. Rejected: the two
    together are refused, and each alone is taken.
    """
    thinks: dict[str, Json] = {
        "messages": [ASKS_FOR_NONE],
        "max_tokens": 2 * BUDGET,
        "tools": BOTH,
        "thinking": _THINKING,
    }
    alone = {name: value for name, value in thinks.items() if name != "thinking"}
    for _ in range(_TRIES):
        reply = api.ask("treatment", **thinks, tool_choice={"type": "any"})
        if not reply.ok:
            control(api, "control, thinking", **thinks)
            _any_alone(api, alone)
            again = api.ask("treatment", **thinks, tool_choice={"type": "any"})
            if again.ok:
                raise Inconclusive("it is refused now and then")
            return rejected("tool_choice any with thinking", again)
        if reply.tool_calls:
            thought = "after a thought" if _thinks(reply) else "without a thought"
            return Observation(Behaviour.HONOURED, f"a call, {thought}", signals=("blocks",))
    if not _any_alone(api, alone).tool_calls:
        raise NotApplicable("no call is forced without thinking either")
    return Observation(Behaviour.IGNORED, f"{_TRIES} replies without a call", signals=("blocks",))


def _any_alone(api: Endpoint, alone: Mapping[str, Json]) -> Reply:
    """A forced call without thinking, which some services have to be told not to do.

    Raises:
        Inconclusive: it is refused.
    """
    reply = api.ask("control, any", **alone, tool_choice={"type": "any"})
    if reply.ok:
        return reply
    return control(
        api, "control, any, no thinking", **alone, tool_choice={"type": "any"}, thinking={"type": "disabled"}
    )
