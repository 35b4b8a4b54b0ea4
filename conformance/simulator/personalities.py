"""The services the simulator can be."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import field, reference
from . import requests as check
from .models import CLAUDE, MINIMAX, MINIMAX_M3, Model
from .personality import Personality
from .prompt import WORDS
from .requests import Check, optional, required
from .shapes import words
from .turns import KNOWN_KINDS, Turns
from .wires import ANTHROPIC
from .wires import MINIMAX as MINIMAX_WIRE


def _documented_thinking(kind: str | None, _model: str, _turns: int) -> bool:
    """Thinking can be asked for and declined; unasked, these models think."""
    return kind != "disabled"


def _documented_checks(models: tuple[Model, ...]) -> dict[str, Check]:
    return {
        "model": required("model", check.listed(models)),
        "max_tokens": required("max_tokens", check.positive("max_tokens")),
        "stream": optional("stream", check.boolean("stream")),
        "system": optional("system", check.system),
        "temperature": optional("temperature", check.between("temperature", 0.0, 1.0, open_below=True)),
        "top_p": optional("top_p", check.between("top_p", 0.0, 1.0)),
        "thinking": optional("thinking", check.thinking_of(check.THINKING_TYPES)),
        "metadata": optional("metadata", check.metadata),
        "tools": optional("tools", check.tools),
        "tool_choice": check.tool_choice,
        "messages": Turns(WORDS),
    }


DOCUMENTED: Final = Personality(
    name="documented",
    description="What MiniMax's compatibility page says of its seven models, to the letter.",
    models=MINIMAX,
    wire=ANTHROPIC,
    checks=_documented_checks(MINIMAX),
    # The page's list of supported parameters; what it calls ignored is not heard at all.
    hears=words("model messages max_tokens stream system temperature tool_choice tools top_p thinking metadata"),
    reads=WORDS,
    thinks=_documented_thinking,
)

FIELD: Final = Personality(
    name="field",
    description="What people have seen of MiniMax's endpoint, also where it departs from the page.",
    models=(*MINIMAX, MINIMAX_M3),
    wire=MINIMAX_WIRE,
    checks={
        "messages": Turns(KNOWN_KINDS, field.WORDING),
        "model": required("model", check.named),
        "max_tokens": optional("max_tokens", check.positive("max_tokens")),
        "max_tokens.limit": field.output_limit,
        "stream": optional("stream", check.boolean("stream")),
        "system": optional("system", check.system),
        "temperature": optional("temperature", check.a_number("temperature")),
        "top_p": optional("top_p", check.between("top_p", 0.0, 1.0)),
        "thinking": optional("thinking", check.thinking_object),
        "metadata": optional("metadata", check.metadata),
        "tools": optional("tools", field.tools),
        "tool_choice": optional("tool_choice", field.tool_choice),
    },
    hears=DOCUMENTED.hears - {"temperature"},
    reads=WORDS,
    thinks=field.thinks,
    stand_in=MINIMAX_M3,
    hearing=(field.only_auto_and_none,),
    caches="always",
    too_long="context window exceeds limit",
)


def _reference_thinking(kind: str | None, _model: str, _turns: int) -> bool:
    return kind in ("enabled", "adaptive")


REFERENCE: Final = Personality(
    name="reference",
    description="Anthropic's own service: every parameter honoured and validated, unknown fields refused.",
    models=CLAUDE,
    wire=ANTHROPIC,
    checks={
        "headers.anthropic-version": reference.version,
        "unknown": reference.no_extra_fields,
        **_documented_checks(CLAUDE),
        "temperature": optional("temperature", check.between("temperature", 0.0, 1.0)),
        **reference.EXTRA_CHECKS,
        "messages": Turns(KNOWN_KINDS),
        "messages.conversation": reference.conversation,
        "messages.media": reference.media,
        "messages.signatures": reference.signatures,
        "version.2026": reference.changed_in_2026,
        "max_tokens.limit": reference.output_limit,
        "thinking.rules": reference.thinking_rules,
    },
    hears=reference.FIELDS | reference.BETA_FIELDS.keys(),
    reads=KNOWN_KINDS,
    thinks=_reference_thinking,
    caches="marked",
    states_tier=True,
)

BY_NAME: Final[Mapping[str, Personality]] = MappingProxyType(
    {each.name: each for each in (DOCUMENTED, FIELD, REFERENCE)}
)
PERSONALITIES: Final[Mapping[str, str]] = MappingProxyType(
    {name: personality.description for name, personality in BY_NAME.items()}
)
