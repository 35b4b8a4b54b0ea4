"""Going on from what was said: a reply that is begun for the model, and a streamed one that is sent back."""

from __future__ import annotations

from conformance.cases.common import ROOM, assistant, control, rejected, user
from conformance.cases.endpoint import Endpoint
from conformance.cases.examples import goes_back
from conformance.cases.registry import experiment
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation

_BEGUN, _REST = "Quistel", "morant"
_TOLD = user(
    f"The password of the day is {_BEGUN}{_REST}. What is the password of the day? Answer in one short sentence."
)
_OPENING = f"The password of the day is {_BEGUN}"
_TIMES = 2


@experiment("messages.prefill")
def half_a_word_is_finished(api: Endpoint) -> Observation:
    """An assistant turn at the end is the beginning of the reply, and the model goes on from there.

    Honoured: half a codeword is finished, and not said again. Ignored: the reply begins anew, or says what it was
    begun with once more. Rejected: a conversation may not end with an assistant turn, as with Anthropic's models
    since 4.6.
    """
    asked: dict[str, Json] = {"max_tokens": ROOM}
    control(api, **asked, messages=[_TOLD])
    went_on: list[bool] = []
    for _ in range(_TIMES):
        reply = api.ask("treatment", **asked, messages=[_TOLD, assistant(_OPENING)])
        if not reply.ok:
            return rejected("an assistant turn at the end", reply)
        said = reply.text.strip().casefold()
        if not said.startswith(_REST) and f"{_BEGUN}{_REST}".casefold() not in said:
            raise Inconclusive(f"the reply neither goes on nor begins anew: {reply.text[:60]!r}")
        went_on.append(said.startswith(_REST))
    if len(set(went_on)) > 1:
        raise Inconclusive("one reply goes on from the half word, and another begins anew")
    if went_on[0]:
        return Observation(Behaviour.HONOURED, f"{_BEGUN}- is finished: {reply.text[:60]!r}", signals=("text",))
    return Observation(Behaviour.IGNORED, f"the reply begins anew: {reply.text[:60]!r}", signals=("text",))


@experiment("examples.tool_history")
def the_whole_streamed_reply_goes_back(api: Endpoint) -> Observation:
    """What a stream adds up to goes back into the history whole, with whatever blocks came.

    Honoured: thinking, text and call go back as they came, and the tool's result is read. Rejected: the service
    refuses its own blocks. Ignored: the second turn shows nothing of the result.
    """
    return goes_back(api, stream=True)
