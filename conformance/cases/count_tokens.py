"""POST /v1/messages/count_tokens: the size of a prompt that is not answered."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    POSITIVE_CONTROL,
    QUESTION,
    ROOM,
    assistant,
    control,
    fact,
    is_crash,
    rejected,
    text,
    user,
)
from conformance.cases.counts import LEAST, Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.pictures import picture
from conformance.cases.registry import experiment
from conformance.cases.tool_history import looked_up
from conformance.protocol.parsing import token_count
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation


@experiment("messages.count_tokens")
def a_prompt_is_counted(api: Endpoint) -> Observation:
    """POST /v1/messages/count_tokens gives a prompt's size without answering it.

    Honoured: as many tokens as the usage of the same prompts tells, long and short. Ignored: others. Rejected: no
    such endpoint. (A count that differs a little, or is told from the usage by a vendor's own prompt, is an estimate.)
    """
    prompts = [[user(QUESTION)], [user(f"{fact('Zorbanix')}\n\n{QUESTION}")]]
    counted: list[Reply] = []
    for arm, messages in zip(("short", "long"), prompts, strict=True):
        counted.append(api.send(arm, {"model": api.model, "messages": messages}, path="/v1/messages/count_tokens"))
        if not counted[-1].ok:
            return rejected("count_tokens", counted[-1])
    bodies = [reply.exchange.json for reply in counted]
    given = [body.get("input_tokens") if isinstance(body, dict) else None for body in bodies]
    short, long = map(token_count, given)
    if short is None or long is None:
        return Observation(Behaviour.IGNORED, f"the counts are {given}", signals=("size",))
    before = api.once(f"{POSITIVE_CONTROL}, without", messages=prompts[0], max_tokens=ROOM)
    after = control(api, "usage of the long one", messages=prompts[1], max_tokens=ROOM)
    growth = Growth((before,), (after,), (before,), (after,))
    least = [_fewest(messages) for messages in prompts]
    seen = f"{short} tokens, then {long}"
    if short < least[0] or long < least[1] or long <= short:
        return Observation(Behaviour.IGNORED, f"{seen}, which cannot be", signals=("size",))
    if before.size is None or after.size is None or zone_of(api, growth) is Zone.UNKNOWN:
        # A usage that counts nothing is the finding of another row; these numbers are at least possible.
        most = sum(len(str(message["content"])) for message in prompts[1])
        if long - short > most:
            raise Inconclusive(f"{seen}, and the service's usage has nothing to compare them with")
        return Observation(Behaviour.HONOURED, seen, signals=("size",))
    seen += f"; their usage is {before.size}, then {after.size}"
    share = (long - short) / max(after.size - before.size, 1)
    if _NEAR <= share <= 1 / _NEAR:
        return Observation(Behaviour.HONOURED, seen, signals=("size",))
    times = round(share)
    is_multiple = times > 1 and all(
        abs(count - times * size) <= 1 for count, size in ((short, before.size), (long, after.size))
    )
    if is_multiple or share < _OFF or share > 1 / _OFF:
        return Observation(Behaviour.IGNORED, seen, signals=("size",))
    raise Inconclusive(f"{seen}: neither the same nor clearly another")


@experiment("messages.count_tokens")
def every_part_of_a_prompt_is_counted(api: Endpoint) -> Observation:
    """System prompt, tools, earlier turns and results are parts of a prompt: clients cut their history by this count.

    Honoured: the same words count for as much in each of these places as in the last turn. Ignored: they count for
    next to nothing in one of them, where the usage of the same request counts them; or a picture, which the service
    takes, counts for nothing, or makes the count fail.
    """
    words = fact("Zorbanix")
    asked: dict[str, Json] = {"messages": [user(QUESTION)]}
    loop = looked_up("office", "\n\n".join([words] * _TIMES))
    note: dict[str, Json] = {"name": "take_note", "description": words, "input_schema": {"type": "object"}}
    places: dict[str, dict[str, Json]] = {
        "the system prompt": {**asked, "system": words},
        "a tool's description": {**asked, "tools": [note]},
        "an earlier turn": {"messages": [user(words), assistant("I see."), user(QUESTION)]},
        # Several times the words: the tool and its call, which come with a result, count for something as well.
        _RESULT: {"messages": loop["messages"], "tools": loop["tools"]},
    }
    before = _counted(api, "short", asked)
    plain = _counted(api, "long", {"messages": [user(f"{words}\n\n{QUESTION}")]}) - before
    if plain < LEAST:
        raise Inconclusive(f"{len(words)} characters more count for {plain} tokens more in plain sight")
    grown = {place: count - before for place in places if (count := _count(api, f"with {place}", places[place]))}
    if not grown:
        raise NotApplicable("a prompt with a system prompt, tools or earlier turns is not counted at all")
    seen = f"{len(words)} characters count for {plain} tokens in the last turn, " + ", ".join(
        f"{count} in {place}" for place, count in grown.items()
    )
    seen += f" ({_TIMES} times as many)" if _RESULT in grown else ""
    due = {place: plain * (_TIMES if place == _RESULT else 1) for place in grown}
    for place in (place for place, count in grown.items() if count < _OFF * due[place]):
        short = api.once(f"{POSITIVE_CONTROL}, without", **asked, max_tokens=ROOM)
        usage = (short.size, control(api, f"usage with {place}", **places[place], max_tokens=ROOM).size)
        if usage[0] is not None and usage[1] is not None and usage[1] - usage[0] >= _NEAR * due[place]:
            words = f"{place} is left out: {seen}, where the usage goes from {usage[0]} to {usage[1]}"
            return Observation(Behaviour.IGNORED, words, signals=("size",))
    if lost := _picture_left_out(api, before):
        return Observation(Behaviour.IGNORED, f"{lost}; {seen}", signals=("size",))
    return Observation(Behaviour.HONOURED, seen, signals=("size",))


def _picture_left_out(api: Endpoint, before: int) -> str:
    """What is wrong with the count of a prompt with a picture, where the service takes pictures; else empty.

    Args:
        before: what a prompt with the question alone counts for.
    """
    asked: dict[str, Json] = {"messages": [user(picture("red"), text(QUESTION))]}
    reply = api.send("with a picture", {"model": api.model, **asked}, path="/v1/messages/count_tokens")
    body = reply.exchange.json
    count = token_count(body.get("input_tokens")) if reply.ok and isinstance(body, dict) else None
    if (not reply.ok and not is_crash(reply)) or (count is not None and count - before >= LEAST):
        return ""  # that pictures are refused is the finding of another row
    short = api.once(f"{POSITIVE_CONTROL}, without", messages=[user(QUESTION)], max_tokens=ROOM)
    taken = api.ask("usage with a picture", **asked, max_tokens=ROOM)
    if not taken.ok or taken.size is None or short.size is None or taken.size - short.size < LEAST:
        return ""
    sizes = f"where the usage goes from {short.size} to {taken.size}"
    if not reply.ok:
        return f"a prompt with a picture makes it fail ({reply.refusal}), {sizes}"
    return f"a picture is left out: from {before} to {count}, {sizes}"


_RESULT, _TIMES = "the result of a call", 3


def _count(api: Endpoint, arm: str, body: Mapping[str, Json]) -> int | None:
    """What a request counts for; None where it is refused, or not counted."""
    reply = api.send(arm, {"model": api.model, **body}, path="/v1/messages/count_tokens")
    given = reply.exchange.json.get("input_tokens") if isinstance(reply.exchange.json, dict) else None
    return token_count(given) if reply.ok else None


def _counted(api: Endpoint, arm: str, body: Mapping[str, Json]) -> int:
    """What a plain request counts for.

    Raises:
        NotApplicable: it is not counted, which is the finding of another case.
    """
    count = _count(api, arm, body)
    if count is None:
        raise NotApplicable("a plain prompt is not counted either")
    return count


_NEAR, _OFF = 0.75, 0.4
"""Shares of what a prompt grows by in the usage: above the one a count agrees with it, below the other it does not."""

_CHARACTERS = 16
"""No tokenizer needs fewer tokens than one for so many characters of prose."""


def _fewest(messages: list[Json]) -> float:
    return sum(len(str(message["content"])) for message in messages) / _CHARACTERS
