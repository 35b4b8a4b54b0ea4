"""Thinking that is sent back in a tool loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    BALLAST,
    POSITIVE_CONTROL,
    assistant,
    compared,
    control,
    rejected,
    text,
    user,
)
from conformance.cases.counts import PART, Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.tool_history import THOUGHTS, looked_up
from conformance.cases.tools import WEATHER
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_SIGNATURE = "Y29uZm9ybWFuY2U="


@experiment("messages.thinking")
def thinking_goes_back_in_a_tool_loop(api: Endpoint) -> Observation:
    """Inside a tool loop the model's thinking goes back with its call, to keep the chain of thought.

    Honoured: the prompt grows by the service's own thinking block, or is refused without it. Ignored: the block
    is taken and the prompt stays the same, where it grows by the same words as text. Accepted: the model does not
    think, so that it has nothing to keep, and takes a block of ours. Rejected: the service refuses its own block.
    """
    for thinking in _WAYS_TO_THINK:
        first = api.ask("first turn", messages=[_HARD_QUESTION], max_tokens=4096, tools=[WEATHER], **thinking)
        if first.thinking and first.tool_calls:
            return _thought_goes_back(api, first, thinking)
    return _foreign_thought(api)


_WAYS_TO_THINK: tuple[dict[str, Json], ...] = ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, {})
_HARD_QUESTION = user(
    "Think carefully about which of Lisbon and Oslo is warmer in winter, and why. Then call the get_weather tool "
    "for the warmer one, to see what the weather is there right now."
)


@dataclass(frozen=True, slots=True)
class _Loop:
    """The second turn of a tool loop, after a first one in which the model has thought."""

    api: Endpoint
    first: Reply
    thinking: Mapping[str, Json]

    def turn(self, arm: str, content: list[Json], thought: str = "") -> Reply:
        """The turn with this content of the assistant's, and a thought of the user's own in plain sight."""
        results = [
            {"type": "tool_result", "tool_use_id": call.get("id"), "content": "Rain."} for call in self.first.tool_calls
        ]
        question = user(f"{thought}\n\n{_HARD_QUESTION['content']}".strip())
        history = [question, assistant(*content), user(*results)]
        return self.api.ask(arm, messages=history, max_tokens=4096, tools=[WEATHER], **self.thinking)

    def growth(self, without: Reply, after: Reply, bare: list[Json], thought: str) -> Growth:
        """By how much the prompt grows by the block, and by these words in plain sight."""
        said = self.turn(POSITIVE_CONTROL, bare, thought)
        if not said.ok:
            raise Inconclusive(f"the thought as plain text is refused ({said.refusal})")
        return Growth((without,), (after,), (without,), (said,), least=_A_THOUGHT)


def _thought_goes_back(api: Endpoint, first: Reply, thinking: Mapping[str, Json]) -> Observation:
    loop = _Loop(api, first, thinking)
    whole = [dict(block) for block in first.content]
    bare: list[Json] = [block for block in whole if block["type"] not in THOUGHTS]
    without = loop.turn("control", bare)
    after = loop.turn("treatment", list(whole))
    if not after.ok and without.ok:
        return rejected("the service's own thinking block", after)
    if not after.ok:
        raise Inconclusive(f"the control was refused ({without.refusal})")
    if not without.ok:
        words = f"a tool loop without its thinking is refused ({without.refusal})"
        return Observation(Behaviour.HONOURED, words, signals=("status",))
    if without.size is None or after.size is None:
        return Observation(Behaviour.ACCEPTED, "taken; the service counts no prompt", signals=("status",))
    growth = loop.growth(without, after, bare, first.thinking)
    if zone_of(api, growth) is Zone.BETWEEN and (growth.grown() or 0) > (growth.expected() or 0):
        # Some count the whole block, of which a signature may be the larger part.
        signatures = "".join(str(block.get("signature") or "") for block in first.blocks("thinking"))
        growth = loop.growth(without, after, bare, f"{first.thinking}\n\n{signatures}")
    return _by_its_size(api, first, growth)


def _by_its_size(api: Endpoint, first: Reply, growth: Growth) -> Observation:
    words = f"{len(first.thinking)} characters of thinking: {compared(growth)}"
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, words, signals=("size",))
    if zone is Zone.NOTHING and _counts_thoughts(first, growth.expected() or 0):
        return Observation(Behaviour.IGNORED, words, signals=("size",))
    if zone is Zone.NOTHING:
        raise Inconclusive(f"{words}; the service does not count what is thought, in its replies either")
    raise Inconclusive(f"the service's count does not follow the prompt: {words}")


_A_THOUGHT = 8
"""What a thought must add as plain text for its loss to be seen: a short one has a dozen words."""


def _counts_thoughts(reply: Reply, thought: int) -> bool:
    """Whether a reply's tokens hold those of its thought: a service that does not count them there does nowhere."""
    said = len(reply.text) + sum(len(str(call.get("name"))) + len(str(call.get("input"))) for call in reply.tool_calls)
    return reply.output_tokens is not None and reply.output_tokens >= PART * (thought + said / 4)


def _foreign_thought(api: Endpoint) -> Observation:
    """A thinking block of our own: where the model gives none, it shows at least whether one is taken."""
    without = control(api, **looked_up("office", "Done."))
    block = {"type": "thinking", "thinking": BALLAST, "signature": _SIGNATURE}
    after = api.ask("treatment", **looked_up("office", "Done.", block))
    if not after.ok:
        if "signature" in after.error_message.lower():
            raise Inconclusive("the model does not think in a tool loop, and our own block has no valid signature")
        return rejected("a thinking block in the history", after)
    plain = api.ask(POSITIVE_CONTROL, **looked_up("office", "Done.", text(BALLAST)))
    growth = Growth((without,), (after,), (without,), (plain,))
    zone = zone_of(api, growth)
    if zone is Zone.EXPECTED:
        return Observation(Behaviour.HONOURED, compared(growth), signals=("size",))
    if zone is not Zone.NOTHING:
        raise Inconclusive("the model does not think in a tool loop, and a block of our own leaves no trace")
    words = "taken; the model does not think in a tool loop, and a thought that is not its own is left out"
    return Observation(Behaviour.ACCEPTED, words, signals=("size",))
