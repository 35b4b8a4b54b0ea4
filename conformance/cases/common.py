"""What experiments share: messages, controls, and how content is shown to have been read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from conformance.cases.baseline import HELLO, hello, zone_of
from conformance.cases.counts import LOST, PART, WHOLE, Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

__all__ = [
    "BALLAST",
    "HELLO",
    "LONGEST",
    "POSITIVE_CONTROL",
    "QUESTION",
    "ROOM",
    "assistant",
    "compared",
    "control",
    "crashed",
    "fact",
    "hello",
    "is_crash",
    "is_read",
    "is_read_whole",
    "long_fact",
    "needs_streams",
    "part_of",
    "plain_hello",
    "refused_already",
    "rejected",
    "replaced",
    "says",
    "text",
    "user",
]

POSITIVE_CONTROL = "positive control"
"""What the arm is called that shows that an effect would have been seen: the same content in plain sight."""

ROOM = 1024
"""max_tokens of an ordinary request: a model that always thinks needs room before its first word."""

BALLAST = (
    "The office stands at the corner of a quiet street, between a bakery and a shop that mends "
    "bicycles. In the morning the light falls through the tall windows onto the long wooden table "
    "where everybody works. There are eleven chairs, four lamps, two printers and one old clock "
    "that runs a little slow. On Mondays the plants are watered, on Wednesdays the post is sorted, "
    "and on Fridays the windows stay open until the evening so that the room smells of rain and "
    "bread. Visitors are asked to ring twice, to wipe their shoes, and to write their name into "
    "the green book beside the door before they walk up the stairs to the second floor."
)
"""Harmless prose of about 130 tokens: it shows in a prompt's size where nothing shows in the reply."""


QUESTION = "What is the name of the office cat? Answer with the name only."

QUESTION_AGAIN = "Which name has the office cat been given? Say just that name."
"""The same in other words: what a model answers to one wording only says little of what it has read."""


def user(*content: Json) -> dict[str, Json]:
    """A user message: of one string, or of blocks."""
    return {"role": "user", "content": content[0] if isinstance(content[0], str) else list(content)}


def assistant(*content: Json) -> dict[str, Json]:
    """An assistant message: of one string, or of blocks."""
    return {"role": "assistant", "content": content[0] if isinstance(content[0], str) else list(content)}


def text(words: str) -> dict[str, Json]:
    """A text block."""
    return {"type": "text", "text": words}


def fact(codeword: str) -> str:
    """A fact no model can know, which ``QUESTION`` asks for, and ballast behind it."""
    return f"The name of the office cat is {codeword}. {BALLAST}"


def control(api: Endpoint, arm: str = "control", *, shared: bool = False, **params: Json) -> Reply:
    """An arm that must be taken for the experiment to mean anything.

    Args:
        shared: whether other cases ask the same, and may have the same answer.

    Raises:
        Inconclusive: it was refused, so a refusal of the treatment would not be about the treatment.
    """
    reply = (api.once if shared else api.ask)(arm, **params)
    if not reply.ok:
        raise Inconclusive(f"the {arm} was refused ({reply.refusal})")
    return reply


def plain_hello(api: Endpoint) -> Reply:
    """The plainest request of all as the control; asked once for all cases of a run.

    Raises:
        Inconclusive: it was refused.
    """
    reply = hello(api)
    if not reply.ok:
        raise Inconclusive(f"the control was refused ({reply.refusal})")
    return reply


def needs_streams(api: Endpoint) -> None:
    """What is tried over a stream says nothing where there are none: their loss is another row's finding.

    Raises:
        NotApplicable: a plain stream is refused.
        Inconclusive: so is the same request without streaming.
    """
    if not hello(api, "control, streamed", stream=True).ok:
        plain_hello(api)
        raise NotApplicable("streams are refused altogether")


def rejected(what: str, reply: Reply) -> Observation:
    """The treatment was refused where the control was taken."""
    words = f"{what} is refused ({reply.refusal})"
    if reply.status >= 500:
        words += "; the status blames the server: a refusal should be a 4xx"
    elif reply.status < 300:
        words += "; the error came with a status that says success"
    return Observation(Behaviour.REJECTED, words, signals=("status",))


def says_nothing(api: Endpoint, refused: Reply, about: str) -> bool:
    """Whether a refusal's words are those of any other: then nobody can tell what it was about.

    Args:
        about: a word that it would have if it named what was refused.
    """
    words = refused.error_message
    if refused.status not in (400, 422) or about in words or NOT_SUPPORTED.search(words):
        return False
    other = api.ask("malformed", **{**HELLO, "max_tokens": "many"}, expects_refusal=True)
    return not other.ok and other.error_message == words


NOT_SUPPORTED = re.compile(
    r"not (currently )?(supported|permitted|allowed|available|enabled|implemented)|unsupported|disabled"
    r"|extra (inputs|fields)"
    r"|unrecogni[sz]ed|unexpected|unknown (field|parameter|argument|key)",
    re.IGNORECASE,
)
"""Words of a service that does not know what it was sent, or will not do it."""


def is_crash(reply: Reply) -> bool:
    """Whether bad input was answered with a fault of the server's own: an accident is no check.

    By its status, or by its words: some services put a program's last words into a 400.
    """
    return reply.status >= 500 or (not reply.ok and _CRASH.search(reply.error_message) is not None)


_CRASH = re.compile(
    r"is not a function|is not iterable|cannot read propert|undefined is not|traceback \(most recent|nil pointer|panic:"
    r"|object has no attribute|object is not (subscriptable|callable|iterable)|not supported between instances"
    r"|could not convert string|\b(Type|Key|Attribute|NullPointer|ClassCast)(Error|Exception)\b",
    re.IGNORECASE,
)
"""Words of a program that failed, whatever status they come with."""


def crashed(what: str, reply: Reply) -> Observation:
    """Bad input is not answered, and not checked either; that its status is wrong is the finding of another row."""
    words = f"{what} is not refused, but makes the service fail ({reply.refusal})"
    return Observation(Behaviour.ACCEPTED, words, signals=("status",))


def is_read(
    api: Endpoint,
    what: str,
    codeword: str,
    *,
    without: Mapping[str, Json],
    carrying: Mapping[str, Json],
    plainly: Mapping[str, Json],
    bare: Mapping[str, Json] | None = None,
    counted: Mapping[str, Json] | None = None,
    enough: float = PART,
) -> Observation:
    """Is what stands in this place part of the prompt?

    Two signals: the codeword comes back, which is proof; or the prompt grows by what the same content adds in plain
    sight, by the service's own count. Before content is called ignored, the same content in the plainest place
    shows that a signal would have shown: some models never repeat a codeword, and some services count nothing, or
    not in every place. A count alone blames only where it is known to count such a place; else the model has to
    say the codeword from plain sight every time, to two wordings of the question, and never from here.

    Args:
        without: the control, whose request lacks the content.
        carrying: the treatment, which has it in the place under test.
        plainly: the positive control, which has it in the user's own words.
        bare: the control without what every arm has of the feature; asked where the control is refused.
        counted: the content in another form of the same kind of place, whose growth shows that the service counts
            such places: that of ``plainly`` where the place is one for plain text.
        enough: the share of what is expected from which the content counts as read; ``WHOLE`` for a long text, whose
            end may be lost alone.
    """
    before = api.ask("control", **without)
    if not before.ok:
        return refused_already(api, what, before, bare)
    after = api.ask("treatment", **carrying)
    if not after.ok:
        return rejected(what, after)
    if says(after, codeword):
        return _came_back(what, before, after)
    return _weighed(api, what, _Place(without, carrying, plainly, codeword, counted, enough), before, after)


def _weighed(api: Endpoint, what: str, place: _Place, before: Reply, after: Reply) -> Observation:
    """What the prompt's size says where the codeword did not come back, and what the model says where it cannot."""
    growth = place.in_plain_sight(api, before, after)
    zone = zone_of(api, growth)
    if zone is Zone.BETWEEN:
        growth = place.asked_again(api, growth)
        zone = zone_of(api, growth)
    if found := next((reply for reply in growth.after if says(reply, place.codeword)), None):
        return _came_back(what, before, found)
    if zone is Zone.EXPECTED:
        if _is_only_counted(api, growth, place):
            raise Inconclusive(
                f"{what} is counted ({growth}), but the model never says the codeword, which it does every time from "
                "plain text"
            )
        return Observation(Behaviour.HONOURED, f"{what} is read: {compared(growth)}", signals=("size",))
    if zone is Zone.NOTHING and _is_lost(api, growth, place):
        words = f"{what} is not read: no codeword, {compared(growth)}"
        return Observation(Behaviour.IGNORED, words, signals=("size",))
    return _heard(api, what, growth, zone, place)


@dataclass(frozen=True)
class _Place:
    """The requests that show whether content in some place is read."""

    without: Mapping[str, Json]
    carrying: Mapping[str, Json]
    shown: Mapping[str, Json]
    codeword: str
    counted: Mapping[str, Json] | None = None
    enough: float = PART

    @property
    def plainly(self) -> dict[str, Json]:
        """The content in plain sight: streamed where the treatment is, for a stream may be counted otherwise."""
        return {**self.shown, **({"stream": True} if self.carrying.get("stream") else {})}

    @property
    def plainly_without(self) -> dict[str, Json]:
        """The question alone, where the content would be in plain sight."""
        told = (*(long_fact(self.codeword, times) for times in _LENGTHS), fact(self.codeword))  # the longest first
        facts = (f"{words}\n\n" for words in told)
        return replaced(self.plainly, dict.fromkeys(facts, ""))

    def in_plain_sight(self, api: Endpoint, before: Reply, after: Reply) -> Growth:
        """How the prompt grew, beside what the content adds in plain sight.

        Raises:
            Inconclusive: plain text is refused.
        """
        bare = self.plainly_without
        alone = before if bare == dict(self.without) else api.once(f"{POSITIVE_CONTROL}, without", **bare)
        if not alone.ok:
            raise Inconclusive(f"the question alone was refused ({alone.refusal})")
        return Growth((before,), (after,), (alone,), (control(api, POSITIVE_CONTROL, **self.plainly),), self.enough)

    def asked_again(self, api: Endpoint, growth: Growth) -> Growth:
        """The same arms, each asked twice more: by that a vendor's prompt of a changing length is told."""
        for _ in range(2):
            before = control(api, "control", **self.without)
            after = control(api, "treatment", **self.carrying)
            growth = growth.with_more(self.in_plain_sight(api, before, after))
        return growth

    def with_codeword(self, codeword: str) -> _Place:
        """The same place with another codeword: what a service has cached of the first is no part of it."""
        new = {self.codeword: codeword}
        carrying, shown = replaced(self.carrying, new), replaced(self.shown, new)
        return _Place(self.without, carrying, shown, codeword, enough=self.enough)


def _came_back(what: str, before: Reply, after: Reply) -> Observation:
    words = f"{what} is read: the codeword came back"
    if before.size is not None and after.size is not None:
        words += f", and the prompt went from {before.size} to {after.size} tokens"
    return Observation(Behaviour.HONOURED, words, signals=("text",))


def compared(growth: Growth) -> str:
    """A growth in words, beside what was expected."""
    if growth.expected() is None or growth.grown() is None:
        return "the service does not count the prompt"
    return f"{growth}, by {growth.grown()}; in plain sight by {growth.expected()}"


def _is_lost(api: Endpoint, growth: Growth, place: _Place) -> bool:
    """Whether the count alone shows that content is lost: it counts such a place, and the loss is seen twice."""
    if place.counted is None:
        return False
    if place.counted != place.shown:
        other = api.ask(f"{POSITIVE_CONTROL}, another form", **place.counted)
        if not other.ok or zone_of(api, replace(growth, after=(other,))) is not Zone.EXPECTED:
            return False
    anew = place.with_codeword("Quorvendil")
    after = control(api, "treatment, another codeword", **anew.carrying)
    again = anew.in_plain_sight(api, growth.before[0], after)
    return zone_of(api, again) is Zone.NOTHING and not says(after, anew.codeword)


def _heard(api: Endpoint, what: str, growth: Growth, zone: Zone, place: _Place) -> Observation:
    """What the model says, where the count cannot tell: never a word of it here, and every time from plain sight.

    Raises:
        Inconclusive: it repeats the codeword from plain sight only now and then, or never; or what was not counted
            at first is counted when it is heard.
    """
    if not all(says(reply, place.codeword) for reply in growth.plain_after):
        why = {
            Zone.NOTHING: f"the count does not show it ({growth}), and may not count this place at all",
            Zone.BETWEEN: f"{compared(growth)}, which is neither nothing nor what was expected",
        }.get(zone, "the service's count does not follow the prompt")
        raise Inconclusive(f"{why}; and the model does not repeat the codeword every time from plain sight either")
    for number in range(1, _HEARD):
        reworded: dict[str, str] = {QUESTION: QUESTION_AGAIN} if number % 2 else {}
        if not says(control(api, POSITIVE_CONTROL, **replaced(place.plainly, reworded)), place.codeword):
            raise Inconclusive("the model repeats the codeword only now and then")
        again = control(api, "treatment", **replaced(place.carrying, reworded))
        if says(again, place.codeword):
            if zone is Zone.NOTHING and zone_of(api, replace(growth, after=(again,))) is Zone.EXPECTED:
                raise Inconclusive(
                    f"{what} was neither heard nor counted ({growth}), and then both ({again.size} tokens): the same "
                    "request does not reach the same service every time"
                )
            return _came_back(what, growth.before[0], again)
    words = f"{what} is not read: the codeword comes back in none of {_HEARD} replies, in plain sight in all of them"
    return Observation(Behaviour.IGNORED, words, signals=("text",))


_HEARD = 5
"""How often the model is asked, here and in plain sight, where its words alone decide."""


def replaced(request: Mapping[str, Json], words: Mapping[str, str]) -> dict[str, Json]:
    """A request with some words replaced, wherever they stand in it."""

    def changed(value: Json) -> Json:
        match value:
            case str():
                for old, new in words.items():
                    value = value.replace(old, new)
                return value
            case list():
                return [changed(item) for item in value]
            case dict():
                return {name: changed(item) for name, item in value.items()}
            case _:
                return value

    return {name: changed(value) for name, value in request.items()}


LONGEST = 28
"""How often the ballast is said in a text of 18,000 characters: files and pages are as long."""

_LENGTH = 12
"""How often the ballast is said in a long text: some 1500 tokens."""

_LENGTHS = (LONGEST, _LENGTH, 1)


def long_fact(codeword: str, times: int = _LENGTH) -> str:
    """A text of so many paragraphs of ballast, with the fact at its end."""
    return f"{' '.join([BALLAST] * times)} The name of the office cat is {codeword}."


def is_read_whole(
    api: Endpoint,
    what: str,
    codeword: str,
    *,
    without: Mapping[str, Json],
    carrying: Mapping[str, Json],
    plainly: Mapping[str, Json],
    bare: Mapping[str, Json] | None = None,
) -> Observation:
    """Is all of a long text in this place part of the prompt, or only a piece of it?

    The prompt grows by as much as it does for the same text in the user's own words. Where the service
    does not count this place at all, the codeword at the text's end decides, as in ``is_read``.
    """
    place = _Place(without, carrying, plainly, codeword, enough=WHOLE)
    before = api.ask("control", **without)
    if not before.ok:
        return refused_already(api, what, before, bare)
    after = api.ask("treatment", **carrying)
    if not after.ok:
        return rejected(what, after)
    growth = place.in_plain_sight(api, before, after)
    zone = zone_of(api, growth)
    if zone is Zone.BETWEEN:
        growth = place.asked_again(api, growth)
        zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, f"{what} is read: {compared(growth)}", signals=("size",))
    if zone is Zone.BETWEEN:
        return part_of(what, growth)
    return is_read(api, what, codeword, without=without, carrying=carrying, plainly=plainly, bare=bare)


def part_of(what: str, growth: Growth) -> Observation:
    """A long text of which only a part is counted, each time it was asked.

    Raises:
        Inconclusive: the count of one and the same request differs by as much, or it grew by more.
    """
    grown, expected = growth.grown() or 0, growth.expected() or 0
    if -expected / 10 <= grown < LOST * expected and 2 * growth.noise() < expected - grown:
        return Observation(Behaviour.IGNORED, f"{what} is read only in part: {compared(growth)}", signals=("size",))
    raise Inconclusive(f"the service's count does not follow the prompt: {compared(growth)}")


def refused_already(api: Endpoint, what: str, refused: Reply, bare: Mapping[str, Json] | None) -> Observation:
    """The control was refused: for the feature itself, where it is taken without.

    Raises:
        Inconclusive: for another reason.
    """
    if bare is None or not api.ask("control, without", **bare).ok:
        raise Inconclusive(f"the control was refused ({refused.refusal})")
    return rejected(what, refused)


def _is_only_counted(api: Endpoint, growth: Growth, place: _Place) -> bool:
    """Whether content is counted and yet never heard: tokens may be billed for what was dropped.

    A model that does not repeat the codeword from plain text either cannot tell, and the count stands.
    """
    if not all(says(reply, place.codeword) for reply in growth.plain_after):
        return False
    for _ in range(_HEARD - 1):
        again = api.ask("treatment", **place.carrying)
        if not again.ok or says(again, place.codeword):
            return False
        if not says(control(api, POSITIVE_CONTROL, **place.plainly), place.codeword):
            return False
    return True


def says(reply: Reply, codeword: str) -> bool:
    """Whether a reply says a codeword, in its text or in its thoughts."""
    return codeword.casefold() in f"{reply.text} {reply.thinking}".casefold()
