"""thinking: can it be asked for, and can it be turned off?"""

from __future__ import annotations

from conformance.cases.common import control, crashed, is_crash, needs_streams, rejected, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, NotApplicable
from conformance.values import Behaviour, Json, Observation

BUDGET = 1024
"""The least budget Anthropic's API takes."""

_TRIES = 3

_PUZZLE: dict[str, Json] = {
    "messages": [user("A farmer has 17 sheep. All but 9 run away, then 5 come back. How many are there now?")],
    "max_tokens": 2048,
}


@experiment("thinking")
def enabled_thinks_and_disabled_does_not(api: Endpoint) -> Observation:
    """thinking turns reasoning content on and off.

    Honoured: a thinking block with ``enabled``, none with ``disabled``. Ignored: the same in both.
    """
    plain = control(api, shared=True, **_PUZZLE)
    enabled = _ask(api, "enabled", {"type": "enabled", "budget_tokens": BUDGET})
    if not enabled.ok:
        return rejected("thinking enabled", enabled)
    disabled = _ask(api, "disabled", {"type": "disabled"})
    thinks = {"no field": _thinks(plain), "enabled": _thinks(enabled)}
    for _ in range(_TRIES - 1):
        # A model may find that a puzzle needs no thought; it does not find so every time.
        if not thinks["enabled"]:
            again = _ask(api, "enabled", {"type": "enabled", "budget_tokens": BUDGET})
            thinks["enabled"] = again.ok and _thinks(again)
    if disabled.ok:
        # One reply without a thought may be the model's own whim; off is where it never thinks.
        thinks["disabled"] = _thinks(disabled) or _thinks_again(api)
    seen = ", ".join(f"{name}: {'a thinking block' if does else 'none'}" for name, does in thinks.items())
    if not disabled.ok:
        seen += f"; disabled is refused ({disabled.refusal})"
    if thinks["enabled"] and not (thinks["disabled"] if disabled.ok else thinks["no field"]):
        return Observation(Behaviour.HONOURED, seen, signals=("blocks",))
    if thinks["enabled"] and not disabled.ok:
        return Observation(Behaviour.ACCEPTED, seen, signals=("blocks", "status"))
    if not thinks["enabled"] and thinks.get("disabled"):
        return Observation(Behaviour.IGNORED, f"the wrong way round: {seen}", signals=("blocks",))
    return Observation(Behaviour.IGNORED, seen, signals=("blocks",))


@experiment("thinking")
def a_stream_thinks_as_well(api: Endpoint) -> Observation:
    """What was thought comes over a stream as it comes without.

    Honoured: a streamed reply has a thinking block, and none where thinking is disabled. Accepted: it has
    one either way, as a body has. Ignored: none has, where the same request without streaming has one every time, or
    the other way round; or every stream has one where thinking is disabled, and no body.
    """
    needs_streams(api)
    enabled = {"type": "enabled", "budget_tokens": BUDGET}
    whole = _ask(api, "control", enabled)
    if not whole.ok:
        control(api, "control, no thinking", shared=True, **_PUZZLE)
        return rejected("thinking enabled", whole)
    if not _thinks(whole):
        return _thinks_over_a_stream_alone(api, enabled)
    for _ in range(_TRIES):
        streamed = api.ask("treatment", **_PUZZLE, thinking=enabled, stream=True)
        if not streamed.ok:
            return rejected("thinking over a stream", streamed)
        if _thinks(streamed):
            return _turned_off(api)
    if not all(_thinks(_ask(api, "control", enabled)) for _ in range(_TRIES - 1)):
        raise Inconclusive("the model thinks only now and then")
    return Observation(Behaviour.IGNORED, f"{_TRIES} streams without a thinking block", signals=("blocks",))


def _thinks_over_a_stream_alone(api: Endpoint, enabled: Json) -> Observation:
    """What streams show of a model whose body, with thinking enabled, had no thinking block.

    Raises:
        NotApplicable: they have none either.
        Inconclusive: a body has one now and then.
    """
    for _ in range(_TRIES):
        if not _thinks(api.ask("treatment", **_PUZZLE, thinking=enabled, stream=True)):
            raise NotApplicable("it does not think without streaming either")
        if _thinks(_ask(api, "control", enabled)):
            raise Inconclusive("the model thinks only now and then")
    words = f"every one of {_TRIES} streams has a thinking block, and none of {_TRIES + 1} bodies"
    return Observation(Behaviour.IGNORED, words, signals=("blocks",))


def _turned_off(api: Endpoint) -> Observation:
    """Whether what thinks over a stream can be kept from it."""
    disabled = api.ask("disabled", **_PUZZLE, thinking={"type": "disabled"}, stream=True)
    if not disabled.ok:
        return Observation(Behaviour.ACCEPTED, "a thinking block; disabled is refused", signals=("blocks",))
    if not _thinks(disabled) and not _thinks_again(api, stream=True):
        return Observation(Behaviour.HONOURED, "enabled: a thinking block, disabled: none", signals=("blocks",))
    if _thinks_in_streams_alone(api):
        words = f"disabled: a thinking block in {_TRIES} of {_TRIES} streams, and in none of {_TRIES} bodies"
        return Observation(Behaviour.IGNORED, words, signals=("blocks",))
    return Observation(Behaviour.ACCEPTED, "a thinking block, enabled or not", signals=("blocks",))


@experiment("thinking.adaptive")
def adaptive_may_think(api: Endpoint) -> Observation:
    """``adaptive`` leaves it to the model whether to think.

    Honoured: it thinks where it does not when disabled. Accepted: taken, and it does not think or
    cannot be kept from it. Rejected: the type is refused.
    """
    control(api, shared=True, **_PUZZLE)
    adaptive = _ask(api, "adaptive", {"type": "adaptive"})
    if not adaptive.ok:
        return rejected("thinking adaptive", adaptive)
    disabled = _ask(api, "disabled", {"type": "disabled"})
    if _thinks(adaptive) and disabled.ok and not _thinks(disabled):
        return Observation(Behaviour.HONOURED, "adaptive: a thinking block, disabled: none", signals=("blocks",))
    seen = "a thinking block" if _thinks(adaptive) else "no thinking block"
    return Observation(Behaviour.ACCEPTED, f"taken: {seen}", signals=("blocks",))


@experiment("thinking.unknown_type")
def a_bogus_type_is_refused(api: Endpoint) -> Observation:
    """thinking.type is one of a few words.

    Honoured: ``bogus`` is refused. Ignored: it is taken.
    """
    control(api, shared=True, **_PUZZLE)
    bogus = api.ask("malformed", **_PUZZLE, thinking={"type": "bogus"}, expects_refusal=True)
    if bogus.ok:
        return Observation(Behaviour.IGNORED, "thinking.type bogus is taken", signals=("status",))
    if is_crash(bogus):
        return crashed("thinking.type bogus", bogus)
    return Observation(Behaviour.HONOURED, f"thinking.type bogus is refused ({bogus.refusal})", signals=("status",))


def _thinks_in_streams_alone(api: Endpoint) -> bool:
    """Whether disabled keeps every body from thinking, and no stream; asked as far as it may still be so."""
    disabled: dict[str, Json] = {"thinking": {"type": "disabled"}}
    bodies = (api.ask("disabled, a body", **_PUZZLE, **disabled) for _ in range(_TRIES))
    streams = (api.ask("disabled", **_PUZZLE, **disabled, stream=True) for _ in range(_TRIES - 1))
    return all(reply.ok and not _thinks(reply) for reply in bodies) and all(map(_thinks, streams))


def _thinks_again(api: Endpoint, **more: Json) -> bool:
    """Whether any of the further replies has a thinking block where thinking is disabled."""
    again = (api.ask("disabled", **_PUZZLE, thinking={"type": "disabled"}, **more) for _ in range(_TRIES - 1))
    return any(map(_thinks, again))


def _ask(api: Endpoint, arm: str, thinking: Json) -> Reply:
    return api.ask(arm, **_PUZZLE, thinking=thinking)


def _thinks(reply: Reply) -> bool:
    return any(block.get("type") in ("thinking", "redacted_thinking") for block in reply.content)
