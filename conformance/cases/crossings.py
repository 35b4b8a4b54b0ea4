"""Crossings: parameters that are each heeded alone, and seldom meet, as a forced call and a system prompt do.

What everybody sends together is tried in ``company``. Here each request crosses several rarer things at once, and its
effect proves all of them for the price of one; only where it is missing are the companions left out one at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.cases.baseline import zone_of
from conformance.cases.common import HELLO, POSITIVE_CONTROL, ROOM, crashed, fact, is_crash, rejected, says, user
from conformance.cases.company import (
    CUT,
    LONG,
    REPEATS,
    STOP,
    accepted,
    in_company,
    is_cut,
    needs_the_line,
    stopped_by,
    taken,
    words_of,
)
from conformance.cases.counts import Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.fragments import Fragment, Request, company, composed
from conformance.cases.registry import experiment
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

_ROUNDS = 5
"""How often a call must have another name, and the right one from plain sight, before the service is blamed."""
_TRIES = 3
"""Replies in which a model that heeds a system prompt says once what stands there."""

_NOTE: Mapping[str, Json] = {
    "name": "note_name",
    "description": "Notes the name of a cat.",
    "input_schema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
}
_ASKED = "What is the name of the office cat? Call the tool note_name with it."


def _forced(by: str, choice: Mapping[str, Json]) -> Fragment:
    return Fragment(
        by,
        f"where a call is forced by {by}",
        lambda request: request.having(tool_choice=dict(choice)),
        "agents-and-tools/tool-use/define-tools",
    )


_BY_NAME = _forced("its name", {"type": "tool", "name": "note_name"})
_BY_ANY = _forced("any", {"type": "any"})


@experiment("system")
def it_is_read_where_a_call_is_forced(api: Endpoint) -> Observation:
    """system is read also where the reply has to be a call, which is how structured outputs are made.

    Honoured: a call has the codeword that stands only there. Ignored: none of five has it, where every one has it from
    plain sight; the summary names the company it takes. (Where no call is forced, another row finds that.)
    """
    return _told_in_a_call(api, "Ombrivale", (*company("no_thinking"), _BY_NAME))


@experiment("system")
def it_is_read_where_a_streamed_call_is_forced(api: Endpoint) -> Observation:
    """system is read also where a streamed call is forced, after other turns.

    Honoured: a call has the codeword that stands only there. Ignored: none of five has it, where every one has it from
    plain sight; the summary names the company it takes. (Where no call is forced, another row finds that.)
    """
    return _told_in_a_call(api, "Fenquarrel", (*company("stream", "history"), _BY_ANY))


def _told_in_a_call(api: Endpoint, codeword: str, companions: Sequence[Fragment]) -> Observation:
    return in_company(api, _noting(_ASKED), companions, _InACall(api, codeword).look)


def _noting(words: str) -> Request:
    return Request({"messages": [user(words)], "max_tokens": ROOM, "tools": [dict(_NOTE)]})


@dataclass(frozen=True, slots=True)
class _InACall:
    """A codeword that stands in the system prompt alone, and is wanted in a call."""

    api: Endpoint
    codeword: str

    def look(self, beside: Sequence[Fragment]) -> Observation:
        """Whether a call has it, in this company."""
        plain = composed(_noting(_ASKED), beside)
        carrying = plain.having(system=fact(self.codeword))
        reply = carrying.ask(self.api, "treatment")
        if not reply.ok:
            taken(plain.ask(self.api, "control"))
            return rejected("system, where a call is forced,", reply)
        if _tells(reply, self.codeword):
            words = "a call has the codeword, which stands in the system prompt alone"
            return Observation(Behaviour.HONOURED, words, signals=("blocks",))
        if not reply.tool_calls:
            raise NotApplicable("no call is forced, which is the finding of another row")
        shown = self._shown(carrying, composed(_noting(f"{fact(self.codeword)}\n\n{_ASKED}"), beside))
        before = taken(plain.ask(self.api, "control"))
        growth = Growth((before,), (reply,), (before,), (shown,))
        if zone_of(self.api, growth) is Zone.EXPECTED:
            raise Inconclusive(f"the system prompt is counted ({growth}), but no call has the codeword from it")
        if beside and not self._is_heard_alone():
            raise Inconclusive("the model does not say what only the system prompt has where no call is forced either")
        words = f"no call of {_ROUNDS} has the codeword, and from plain sight each has it"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))

    def _shown(self, carrying: Request, plainly: Request) -> Reply:
        """A call that has the codeword from plain sight, as every one has, where none has it from the system prompt.

        Raises:
            Inconclusive: it is there now and then, or not from plain sight either.
        """
        for _ in range(_ROUNDS - 1):
            shown = taken(plainly.ask(self.api, POSITIVE_CONTROL))
            if not _tells(shown, self.codeword):
                raise Inconclusive("the model does not put the codeword into a call from plain sight either")
            if _tells(taken(carrying.ask(self.api, "treatment")), self.codeword):
                raise Inconclusive("a call has the codeword now and then")
        return shown

    def _is_heard_alone(self) -> bool:
        """Whether the model says it where no call is forced: it heeds what a system prompt tells."""
        alone = _noting(_ASKED).having(system=fact(self.codeword))
        replies = (taken(alone.ask(self.api, "treatment, alone")) for _ in range(_TRIES))
        return any(_tells(reply, self.codeword) or says(reply, self.codeword) for reply in replies)


def _tells(reply: Reply, codeword: str) -> bool:
    """Whether a codeword stands in a call."""
    return codeword.casefold() in json.dumps(reply.tool_calls, ensure_ascii=False).casefold()


@experiment("max_tokens")
def it_cuts_where_no_call_is_wanted(api: Endpoint) -> Observation:
    """max_tokens limits a reply also after a tool's result, where tool_choice is none and thinking disabled.

    Honoured: a long answer is cut at 16 tokens. Ignored: it runs on, and the summary names the company it takes.
    """
    return _cuts(api, company("result", "system_string", "no_thinking", "none"))


@experiment("max_tokens")
def it_cuts_where_a_call_may_be_made(api: Endpoint) -> Observation:
    """max_tokens limits a streamed reply also where tool_choice is auto and a temperature is given.

    Honoured: a long answer is cut at 16 tokens. Ignored: it runs on, and the summary names the company it takes.
    """
    return _cuts(api, company("stream", "tools", "temperature", "auto"))


def _cuts(api: Endpoint, companions: Sequence[Fragment]) -> Observation:
    plain = Request({"messages": [LONG], "max_tokens": 32 * CUT})

    def look(beside: Sequence[Fragment]) -> Observation:
        request = composed(plain, beside)
        cut = request.having(max_tokens=CUT).ask(api, "treatment")
        if cut.ok:
            try:
                found = is_cut(cut, CUT, None)
            except Inconclusive:
                found = None
            if found is not None and found.behaviour is Behaviour.HONOURED:
                return found
        whole = words_of(taken(request.ask(api, "control")))
        if not cut.ok:
            return rejected(f"max_tokens={CUT}, in company,", cut)
        if whole <= CUT:
            raise NotApplicable("the model has no long answer to be cut in this company")
        return is_cut(cut, CUT, whole)

    return in_company(api, plain, companions, look)


@experiment("stop_sequences")
def a_single_one_stops_after_a_result(api: Endpoint) -> Observation:
    """A list of one stop sequence stops a reply, also after a tool's result and where thinking is disabled.

    Honoured: a line that the model repeats ends before the words "Cedar Dahlia", and stop_reason says why.
    Ignored: it runs on over them, keeps a piece of them, or gives another reason.
    """

    def look(beside: Sequence[Fragment]) -> Observation:
        request = composed(REPEATS, beside)
        stopped = request.having(stop_sequences=[STOP]).ask(api, "treatment")
        if stopped.ok and stopped.stop_reason == "stop_sequence":
            return stopped_by("the only one", stopped)
        needs_the_line(api, request)
        return stopped_by("the only one", stopped) if stopped.ok else rejected("one stop sequence", stopped)

    return in_company(api, REPEATS, company("result", "system_string", "no_thinking", "none"), look)


@experiment("temperature.range")
def it_is_refused_in_company(api: Endpoint) -> Observation:
    """A temperature out of its range is an error also over a stream, beside tools and a system prompt.

    Honoured: it is refused, and one inside the range is taken. Ignored: it is taken, and alone it is refused.
    """
    return _is_refused(api, "temperature", _above(api))


@experiment("top_p.range")
def a_share_above_one_is_refused_in_company(api: Endpoint) -> Observation:
    """A top_p out of its range is an error also over a stream, beside tools and a system prompt.

    Honoured: it is refused, and one inside the range is taken. Ignored: it is taken, and alone it is refused.
    """
    return _is_refused(api, "top_p", _above(api))


@experiment("max_tokens.range")
def zero_is_refused_in_company(api: Endpoint) -> Observation:
    """A max_tokens of 0 is an error also over a stream, beside tools and a system prompt.

    Honoured: it is refused, and a plain one is taken. Ignored: it is taken, and alone it is refused.
    """
    return _is_refused(api, "max_tokens", 0)


def _above(api: Endpoint) -> float:
    return float(api.details.get("to", api.details.get("below", 1))) + 1


_INSIDE: Mapping[str, Json] = {"temperature": 0.7, "top_p": 0.9}
"""Values that every documented range has."""


def _is_refused(api: Endpoint, name: str, value: Json) -> Observation:
    request = Request(HELLO)
    beside: Sequence[Fragment] = company("stream", "tools", "history", "system", "metadata")
    # Both at once, and for all three ranges: where the two are not taken together, each is asked by itself.
    if not composed(request, beside).having(**_INSIDE).once(api, "control, in company").ok:
        request = request.having(**({name: _INSIDE[name]} if name in _INSIDE else {}))
        beside = accepted(api, request, beside)
    reply = composed(request.having(**{name: value}), beside).ask(
        api, f"treatment {name}={value}", expects_refusal=True
    )
    if is_crash(reply):
        return crashed(f"{name}={value}", reply)
    if not reply.ok:
        return Observation(Behaviour.HONOURED, f"refused in company: {name}={value}", signals=("status",))
    for _ in range(_TIMES):
        if Request(HELLO).having(**{name: value}).ask(api, f"{name}={value}, alone", expects_refusal=True).ok:
            raise NotApplicable(f"{name}={value} is taken alone as well, which is the finding of another case")
    words = f"{name}={value} is refused alone, and taken with {', '.join(one.name for one in beside)}"
    return Observation(Behaviour.IGNORED, words, signals=("status",))


_TIMES = 2
"""How often a value must be refused alone before it is held against a service that it is taken in company."""
