"""Pictures and documents: are they seen and read, or only taken?"""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    BALLAST,
    POSITIVE_CONTROL,
    QUESTION,
    ROOM,
    control,
    fact,
    is_read,
    long_fact,
    rejected,
    says_nothing,
    text,
    user,
)
from conformance.cases.counts import Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.pictures import COLOURS, named, picture, second_is_lost
from conformance.cases.registry import experiment
from conformance.cases.several import plainly
from conformance.cases.tool_history import Way, looked_up, some_history
from conformance.cases.tools import WEATHER
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation


@experiment("messages.image")
def a_picture_is_seen(api: Endpoint) -> Observation:
    """An image block shows the model a picture.

    Honoured: the colours of two pictures come back, or the prompt grows by a picture and not by junk of the same
    length. Rejected: it is refused. Ignored: a plain 200 to a prompt that did not grow, the worst of the three, or
    that grew by the letters of the picture's code; without tools, or beside one; or of two in one message one is lost.
    """
    question = text(_COLOUR)
    before = control(api, shared=True, messages=[user(question)], max_tokens=ROOM)

    def asked(block: Json, **more: Json) -> dict[str, Json]:
        return {"messages": [user(block, question)], "max_tokens": ROOM, **more}

    found = _is_seen(api, before, asked)
    if found.behaviour is Behaviour.HONOURED and (lost := second_is_lost(api)):
        return Observation(Behaviour.IGNORED, f"{lost}; of one alone: {found.summary}", signals=("text", "size"))
    return found if found.behaviour is Behaviour.IGNORED else _beside_tools(api, found, partial(asked, tools=[WEATHER]))


def _beside_tools(api: Endpoint, found: Observation, asked: Callable[[Json], dict[str, Json]]) -> Observation:
    """What was found of pictures, unless it is otherwise beside tools: what agents send has always some."""
    beside = api.ask("treatment beside tools, yellow", **asked(picture("yellow")))
    if not beside.ok or named(beside) == {"yellow"}:
        # Refused beside tools alone: rows of the company are about that.
        return found
    question = asked(text("There is none."))
    before = control(api, "control beside tools", **question)
    try:
        there = _is_seen(api, before, asked)
    except Inconclusive:
        return found
    if there.behaviour is not Behaviour.IGNORED:
        return found
    return replace(there, summary=f"{found.summary}; but beside tools {there.summary}")


_COLOUR = "What colour is the picture? Answer with one word."


def _is_seen(api: Endpoint, before: Reply, asked: Callable[[Json], dict[str, Json]]) -> Observation:
    """Whether pictures are seen, in a request that holds a block.

    A model that sees nothing guesses, and guesses alike: so two of three colours must be named, and each only by its
    own picture. Where none is, the prompt's size is looked at: it grows by text that stands for a picture as well.
    """
    replies: dict[str, Reply] = {}
    for colour in COLOURS:
        replies[colour] = api.ask(f"treatment, {colour}", **asked(picture(colour)))
        if not replies[colour].ok:
            break
        right = [known for known, reply in replies.items() if named(reply) == {known}]
        if len(right) == _RIGHT:
            words = f"type=image is read: the reply names the colours {' and '.join(right)}"
            return Observation(Behaviour.HONOURED, words, signals=("text",))
        if len(replies) == _RIGHT and not right:
            break
    first = replies["red"]
    if not first.ok:
        return rejected("type=image", first)
    if not all(reply.ok for reply in replies.values()):
        raise Inconclusive("one picture is taken, and another is refused")
    grown = Growth((before,), (first,), (before,), (control(api, POSITIVE_CONTROL, **asked(text(BALLAST))),))
    wrong = [colour for colour, reply in replies.items() if named(reply) - {colour}]
    return _is_taken_in("image", api, grown, _Coded(asked, picture("red"), picture("red", side=1024)), wrong)


_RIGHT = 2
"""How many pictures must be named by their colour."""


@dataclass(frozen=True)
class _Coded:
    """What is sent in base64: a request for such a block, the block that was sent, and a larger one."""

    asked: Callable[[Json], dict[str, Json]]
    sent: Mapping[str, Json]
    larger: Mapping[str, Json]

    @property
    def junk(self) -> dict[str, Json]:
        """A block of the same length and much the same letters that holds nothing: its bytes stand the wrong way."""
        data = base64.b64encode(base64.b64decode(self.data)[::-1]).decode()
        return {**self.sent, "source": {**self.sent["source"], "data": data}}

    @property
    def data(self) -> str:
        """The letters that were sent."""
        return str(self.sent["source"]["data"])

    @property
    def ratio(self) -> float:
        """How many times as many letters the larger one has."""
        return len(self.larger["source"]["data"]) / len(self.data)


def _is_taken_in(kind: str, api: Endpoint, growth: Growth, coded: _Coded, wrong: Sequence[str] = ()) -> Observation:
    """Whether a block that no reply shows anything of is part of the prompt, by the prompt's size.

    Raises:
        Inconclusive: the size cannot tell.
    """
    grown, expected = growth.grown(), growth.expected()
    zone = zone_of(api, growth)
    if grown is None or expected is None or zone is Zone.UNKNOWN or (zone is not Zone.NOTHING and grown < 0):
        raise Inconclusive("the service does not count what it has read, and the reply does not show it")
    if zone is Zone.NOTHING:
        return Observation(Behaviour.IGNORED, f"type={kind} is taken and dropped: {growth}", signals=("size", "text"))
    junk = api.ask("malformed, as long", **coded.asked(coded.junk))
    larger = api.ask("treatment, larger", **coded.asked(coded.larger))
    if not larger.ok or larger.size is None:
        raise Inconclusive(f"{growth}, and a larger one cannot be compared ({larger.refusal})")
    more = replace(growth, after=(larger,)).grown() or 0
    if junk.ok:
        alike = replace(growth, after=(junk,)).grown() or 0
        if abs(alike - grown) <= _ALIKE * grown and more >= grown * coded.ratio / 2:
            words = f"type={kind} is no more than its letters: {growth}, by {grown}; by {alike} for junk as long"
            return Observation(Behaviour.IGNORED, words, signals=("size", "text"))
    if abs(more - grown) <= expected / 10:
        raise Inconclusive(f"{growth}, whatever the size of what is sent, and the reply shows nothing of it")
    if wrong:
        raise Inconclusive(f"{growth}, but the reply names a wrong colour where the picture is {' and '.join(wrong)}")
    if junk.ok:
        raise Inconclusive(f"{growth}, but junk is taken as well, and the reply shows nothing of what was sent")
    return Observation(
        Behaviour.HONOURED, f"type={kind} is read: {growth}; junk is refused", signals=("size", "status")
    )


_ALIKE = 0.2
"""The share by which two texts of one length may differ in their tokens."""


@experiment("messages.image.url")
def a_picture_is_fetched(api: Endpoint) -> Observation:
    """An image block may name a picture by its address.

    Honoured: one that does not exist is looked for and missed. Rejected: the kind of source is refused.
    Ignored: it is answered, though there is nothing that could have been seen.
    """
    question = text(_COLOUR)
    picture = {"type": "image", "source": {"type": "url", "url": "https://images.conformance.invalid/red.png"}}
    control(api, shared=True, messages=[user(question)], max_tokens=ROOM)
    after = api.ask("treatment", messages=[user(picture, question)], max_tokens=ROOM)
    if after.ok:
        return Observation(Behaviour.IGNORED, "a picture that does not exist is not missed", signals=("status",))
    if _FETCHED.search(after.error_message):
        return Observation(Behaviour.HONOURED, f"the picture is looked for ({after.refusal})", signals=("status",))
    if says_nothing(api, after, "image"):
        raise Inconclusive(f"the refusal says nothing of the picture, nor of its kind ({after.refusal})")
    return rejected("type=image by url", after)


_FETCHED = re.compile(
    r"download|fetch|resolv|retriev|connect|reach|timed? ?out|dns|host|name or service", re.IGNORECASE
)
"""Words of a service that went looking for a picture."""


@experiment("messages.image.in_a_result")
def a_picture_in_a_result_is_seen(api: Endpoint) -> Observation:
    """A tool may return a picture: a tool_result's content may hold image blocks.

    Honoured: the colours of two pictures come back, or the prompt grows by a picture. Rejected: it is refused.
    Ignored: a plain 200 to a prompt that did not grow, or grew by the letters of the picture's code.
    """
    question = "What colour is the picture that the tool has returned? Answer with one word."
    way: Way = dict
    before = api.ask("control", **looked_up("office", [text("Done.")], asking=question))
    if not before.ok:
        way = some_history(api)
        before = control(api, **way(looked_up("office", [text("Done.")], asking=question)))
    return _is_seen(api, before, lambda block: way(looked_up("office", [text("Done."), block], asking=question)))


@experiment("messages.document.pdf")
def a_pdf_is_read(api: Endpoint) -> Observation:
    """A document block may hold a PDF.

    Honoured: a codeword in it comes back, or the prompt grows by it. Rejected: it is refused.
    Ignored: a plain 200 to a prompt that did not grow.
    """
    question, codeword = text(QUESTION), "Brackenhurst"
    before = control(api, shared=True, messages=[user(question)], max_tokens=ROOM)

    def asked(block: Json) -> dict[str, Json]:
        return {"messages": [user(block, question)], "max_tokens": ROOM}

    after = api.ask("treatment", **asked(_document(fact(codeword))))
    if not after.ok:
        return rejected("type=document", after)
    if codeword.lower() in after.text.lower():
        words = f"type=document is read: the reply says {codeword.lower()}"
        return Observation(Behaviour.HONOURED, words, signals=("text",))
    shown = control(api, POSITIVE_CONTROL, **asked(text(fact(codeword))))
    # What the model says from plain sight it does not say from here: where it says nothing, that is no evidence.
    silent = [] if codeword.lower() in shown.text.lower() else ["silent"]
    growth = Growth((before,), (after,), (before,), (shown,))
    found = _is_taken_in("document", api, growth, _Coded(asked, _document(fact(codeword)), _document(_LARGER)))
    if found.behaviour is Behaviour.IGNORED and silent:
        raise Inconclusive(f"{found.summary}; and the model does not repeat the codeword from plain sight either")
    return found


_LARGER = " ".join([BALLAST] * 6)


def _document(words: str) -> dict[str, Json]:
    data = base64.b64encode(_pdf(words)).decode()
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


@experiment("messages.document")
def a_document_is_read(api: Endpoint) -> Observation:
    """A document block gives the model a text to read.

    Honoured: a codeword at its end comes back, or the prompt grows by it. Rejected: it is refused.
    Ignored: a plain 200, and the model knows nothing of it.
    """
    question = text(QUESTION)
    words = long_fact("Wexalindo", times=1)
    source = {"type": "text", "media_type": "text/plain", "data": words}
    return is_read(
        api,
        "type=document",
        "Wexalindo",
        without={"messages": [user(question)], "max_tokens": ROOM},
        carrying={"messages": [user({"type": "document", "source": source}, question)], "max_tokens": ROOM},
        plainly=plainly(words, QUESTION),
    )


def _pdf(words: str) -> bytes:
    """One page of text as a PDF 1.4 (ISO 32000-1, chapter 7): objects, their table, and where it begins."""
    lines = [line.replace("(", "").replace(")", "") for line in textwrap.wrap(words, 80)]
    page = "BT /F1 11 Tf 50 790 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    font = "/Resources << /Font << /F1 5 0 R >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {font} >>",
        f"<< /Length {len(page)} >>\nstream\n{page}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return f"{body}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode("ascii")
