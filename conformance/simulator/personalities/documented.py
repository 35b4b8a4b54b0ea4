"""What MiniMax's compatibility page says of its seven models, to the letter."""

from __future__ import annotations

from typing import Final

from conformance.simulator.api import validation
from conformance.simulator.api.conversation import Conversation
from conformance.simulator.api.dialects import ANTHROPIC
from conformance.simulator.api.validation import Check, field
from conformance.simulator.json_values import Object, words
from conformance.simulator.model.prompt import WORDS
from conformance.simulator.personalities.models import MINIMAX, Model
from conformance.simulator.personalities.personality import Personality

_TEMPERATURE: Final[Object] = {"type": "number", "exclusiveMinimum": 0.0, "maximum": 1.0}


def checks(models: tuple[Model, ...]) -> dict[str, Check]:
    """What is checked of the parameters on MiniMax's page, all of which are Anthropic's."""
    return {
        "model": validation.model_of(model.name for model in models),
        "max_tokens": field("max_tokens", validation.POSITIVE, required=True),
        "stream": field("stream", validation.BOOLEAN),
        "system": field("system", validation.SYSTEM),
        "temperature": field("temperature", _TEMPERATURE),
        "top_p": field("top_p", validation.SHARE),
        "thinking": field("thinking", validation.THINKING),
        "metadata": field("metadata", validation.METADATA),
        "tools": validation.tools,
        "tool_choice": validation.tool_choice,
        "messages": Conversation(WORDS),
    }


def _thinks(kind: str | None, _model: str, _turns: int) -> bool:
    """Thinking can be asked for and declined; unasked, these models think."""
    return kind != "disabled"


DOCUMENTED: Final = Personality(
    name="documented",
    description="What MiniMax's compatibility page says of its seven models, to the letter.",
    models=MINIMAX,
    dialect=ANTHROPIC,
    checks=checks(MINIMAX),
    # The page's list of supported parameters; what it calls ignored is not heard at all.
    honours=words("model messages max_tokens stream system temperature tool_choice tools top_p thinking metadata"),
    reads=WORDS,
    thinks=_thinks,
)
