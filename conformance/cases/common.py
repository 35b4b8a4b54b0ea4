"""What experiments share: messages, controls, and how content is shown to have been read."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.cases.endpoint import Endpoint
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

__all__ = [
    "BALLAST",
    "FLAT",
    "HELLO",
    "QUESTION",
    "RISE",
    "ROOM",
    "WHOLE",
    "assistant",
    "control",
    "crashed",
    "fact",
    "is_crash",
    "is_read",
    "is_read_whole",
    "long_fact",
    "needs_streams",
    "rejected",
    "text",
    "user",
]

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

RISE = 50
"""Tokens by which a prompt must grow for the ballast to count as read."""

FLAT = 12
"""Tokens by which a prompt may differ and still count as the same: templates add a few."""


QUESTION = "What is the name of the office cat? Answer with the name only."


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


HELLO: Mapping[str, Json] = {"messages": [user("Say hello in one short sentence.")], "max_tokens": ROOM}
"""The plainest request of all: the control of what needs no prompt of its own."""


def control(api: Endpoint, arm: str = "control", **params: Json) -> Reply:
    """An arm that must be taken for the experiment to mean anything.

    Raises:
        Inconclusive: it was refused, so a refusal of the treatment would not be about the treatment.
    """
    reply = api.ask(arm, **params)
    if not reply.ok:
        raise Inconclusive(f"the {arm} was refused ({reply.refusal})")
    return reply


def needs_streams(api: Endpoint) -> None:
    """What is tried over a stream says nothing where there are none: their loss is another row's finding.

    Raises:
        NotApplicable: a plain stream is refused.
        Inconclusive: so is the same request without streaming.
    """
    if not api.ask("control, streamed", **HELLO, stream=True).ok:
        control(api, **HELLO)
        raise NotApplicable("streams are refused altogether")


def rejected(what: str, reply: Reply) -> Observation:
    """The treatment was refused where the control was taken."""
    words = f"{what} is refused ({reply.refusal})"
    if reply.status >= 500:
        words += "; the status blames the server: a refusal should be a 4xx"
    elif reply.status < 300:
        words += "; the error came with a status that says success"
    return Observation(Behaviour.REJECTED, words, signals=("status",))


def is_crash(reply: Reply) -> bool:
    """Whether bad input was answered with a fault of the server's own: an accident is no check."""
    return reply.status >= 500


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
) -> Observation:
    """Is what stands in this place part of the prompt?

    Two signals: the codeword comes back, or the prompt is larger by the service's own count.
    Before content is called ignored, the same content in the plainest place shows that a signal
    would have shown: some models never repeat a codeword, and some services count nothing.

    Args:
        without: the control, whose request lacks the content.
        carrying: the treatment, which has it in the place under test.
        plainly: the positive control, which has it in the user's own words.
        bare: the control without what every arm has of the feature; asked where the control is refused.
    """
    before = api.ask("control", **without)
    if not before.ok:
        return _refused_already(api, what, before, bare)
    after = api.ask("treatment", **carrying)
    if not after.ok:
        return rejected(what, after)
    growth = _grew(before, after)
    signals = _signals(before, after, codeword)
    if growth is None and not signals:
        # Without a count the model's words decide, and one silence of a model proves little.
        again = [api.ask("treatment", **carrying) for _ in range(2)]
        signals = ("text",) if any(reply.ok and _says(reply, codeword) for reply in again) else ()
    if signals == ("size",) and _is_only_counted(api, codeword, carrying, plainly):
        raise Inconclusive(
            f"{what} is counted ({_sizes(before, after)}), but the model never says the codeword, which it does "
            "every time from plain text"
        )
    if signals:
        seen = {"text": "the codeword came back", "size": _sizes(before, after)}
        words = f"{what} is read: {' and '.join(seen[signal] for signal in signals)}"
        return Observation(Behaviour.HONOURED, words, signals=signals)
    if growth is not None and abs(growth) > FLAT:
        raise Inconclusive(f"the prompt grew by {growth} tokens, neither by nothing nor by the ballast")
    shown = _shown(api, before, codeword, plainly, counted=growth is not None)
    words = f"{what} is not read: no codeword, {_sizes(before, after)}; in plain text it shows ({', '.join(shown)})"
    return Observation(Behaviour.IGNORED, words, signals=shown)


WHOLE = 0.8
"""The share of a long text's tokens that must be counted for all of it to have been read."""

_LENGTH = 12
"""How often the ballast is said in a long text: some 1500 tokens."""


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
    before = api.ask("control", **without)
    if not before.ok:
        return _refused_already(api, what, before, bare)
    plain = control(api, "witness", **plainly)
    after = api.ask("treatment", **carrying)
    if not after.ok:
        return rejected(what, after)
    expected, growth = _grew(before, plain), _grew(before, after)
    if expected is None or growth is None or growth <= FLAT:
        return is_read(api, what, codeword, without=without, carrying=carrying, plainly=plainly, bare=bare)
    if expected < _LENGTH * RISE:
        raise Inconclusive(f"the same text in plain sight is counted as {expected} tokens, which cannot be right")
    seen = f"{growth} tokens are counted, {expected} where the same text is in plain sight"
    if growth >= WHOLE * expected:
        return Observation(Behaviour.HONOURED, f"{what} is read: {seen}", signals=("size",))
    return Observation(Behaviour.IGNORED, f"{what} is read only in part: {seen}", signals=("size",))


def _refused_already(api: Endpoint, what: str, refused: Reply, bare: Mapping[str, Json] | None) -> Observation:
    """The control was refused: for the feature itself, where it is taken without.

    Raises:
        Inconclusive: for another reason.
    """
    if bare is None or not api.ask("control, without", **bare).ok:
        raise Inconclusive(f"the control was refused ({refused.refusal})")
    return rejected(what, refused)


_HEARD = 4
"""How often more each arm is asked where the count and the model's words disagree."""


def _is_only_counted(api: Endpoint, codeword: str, carrying: Mapping[str, Json], plainly: Mapping[str, Json]) -> bool:
    """Whether content is counted and yet never heard: tokens may be billed for what was dropped.

    A model that does not repeat the codeword from plain text either cannot tell, and the count stands.
    """
    if not _says(control(api, "witness", **plainly), codeword):
        return False
    for _ in range(_HEARD):
        again = api.ask("treatment", **carrying)
        if not again.ok or _says(again, codeword) or not _says(control(api, "witness", **plainly), codeword):
            return False
    return True


def _shown(
    api: Endpoint, before: Reply, codeword: str, plainly: Mapping[str, Json], *, counted: bool
) -> tuple[str, ...]:
    """The signals that show when the content stands in the user's own words.

    Raises:
        Inconclusive: none does, or only the model does, and not every time.
    """
    signals = _signals(before, control(api, "witness", **plainly), codeword)
    if not signals:
        raise Inconclusive("nothing in this service's replies shows what it has read, not even in plain text")
    if not counted or "size" not in signals:
        again = [control(api, "witness", **plainly) for _ in range(2)]
        if not all(_says(reply, codeword) for reply in again):
            raise Inconclusive("the model repeats the codeword only now and then")
    return signals


def _says(reply: Reply, codeword: str) -> bool:
    return codeword.casefold() in f"{reply.text} {reply.thinking}".casefold()


def _grew(before: Reply, after: Reply) -> int | None:
    return None if before.size is None or after.size is None else after.size - before.size


def _signals(before: Reply, after: Reply, codeword: str) -> tuple[str, ...]:
    growth = _grew(before, after)
    found = ["text"] if _says(after, codeword) and not _says(before, codeword) else []
    if growth is not None and growth >= RISE:
        found.append("size")
    return tuple(found)


def _sizes(before: Reply, after: Reply) -> str:
    return f"the prompt went from {before.size} to {after.size} tokens"
