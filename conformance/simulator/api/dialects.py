"""The two dialects spoken on the wire: Anthropic's own, and the one seen at MiniMax's endpoint."""

from __future__ import annotations

import base64
import hashlib
import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.events import StreamStyle
from conformance.simulator.json_values import Object
from conformance.simulator.model.replies import Block, Reply, Text, Thinking, ToolUse, Usage

_LETTERS: Final = string.ascii_letters + string.digits
_SALT: Final = "simulated thoughts"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a service writes down what it has to say."""

    message_id: Callable[[Random], str]
    request_id: Callable[[Random], str]
    request_id_headers: tuple[str, ...]
    tool_id: Callable[[Random, int], str]
    signature: Callable[[str], str]
    message: Callable[[Reply], Object]
    stream: StreamStyle
    explained: Callable[[Refusal], str]
    no_such_path: str | None = None  # the whole body, where a wrong path is answered in plain text
    escapes_html: bool = False

    def error(self, refusal: Refusal, request_id: str) -> Object:
        """Put a refusal into the envelope."""
        error = {"type": refusal.kind, "message": self.explained(refusal)}
        return {"type": "error", "error": error, "request_id": request_id}


def _block(block: Block) -> Object:
    match block:
        case Text():
            return {"type": "text", "text": block.text}
        case Thinking():
            return {"type": "thinking", "thinking": block.thinking, "signature": block.signature}
        case ToolUse():
            return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}


def _usage(usage: Usage) -> Object:
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_creation,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
    }


def _message(reply: Reply) -> Object:
    usage = _usage(reply.usage) | ({"service_tier": reply.service_tier} if reply.service_tier else {})
    return {
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [_block(block) for block in reply.blocks],
        "stop_reason": reply.stop_reason,
        "stop_sequence": reply.stop_sequence,
        "usage": usage,
    } | _edits(reply)


def _edits(reply: Reply) -> Object:
    edits = reply.applied_edits
    return {} if edits is None else {"context_management": {"applied_edits": list(edits)}}


def _started(reply: Reply) -> Object:
    message = _message(reply)
    message.pop("context_management", None)
    usage = message["usage"] | {"output_tokens": min(1, reply.usage.output)}
    return message | {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}


def _ended(reply: Reply) -> Object:
    delta = {"stop_reason": reply.stop_reason, "stop_sequence": reply.stop_sequence}
    return {"delta": delta, "usage": _usage(reply.usage)} | _edits(reply)


def _anthropic_signature(thinking: str) -> str:
    return base64.b64encode(hashlib.sha512(f"{_SALT} {thinking}".encode()).digest()).decode()


def _mixed(rng: Random, length: int) -> str:
    return "".join(rng.choices(_LETTERS, k=length))


# Event order, keys and id shapes: platform.claude.com/docs, Messages and Streaming.
ANTHROPIC: Final = Dialect(
    message_id=lambda rng: f"msg_01{_mixed(rng, 22)}",
    request_id=lambda rng: f"req_011{_mixed(rng, 21)}",
    request_id_headers=("request-id",),
    tool_id=lambda rng, _: f"toolu_01{_mixed(rng, 22)}",
    signature=_anthropic_signature,
    message=_message,
    stream=StreamStyle(started=_started, ended=_ended),
    explained=lambda refusal: refusal.message,
)


def _hex(rng: Random) -> str:
    return f"{rng.getrandbits(128):032x}"


def _minimax_message(reply: Reply) -> Object:
    message = _message(reply)
    del message["stop_sequence"]
    return message | {"base_resp": {"status_code": 0, "status_msg": "success"}}


def _minimax_started(reply: Reply) -> Object:
    message = _started(reply)
    del message["stop_sequence"]
    # An estimate, far from the truth of message_delta: 2,707 against 9,195 in a capture of 2026.
    usage = _usage(Usage(input=max(1, (reply.usage.input + reply.usage.cache_read) * 3 // 10)))
    return message | {"usage": usage, "service_tier": "standard"}


def _minimax_explained(refusal: Refusal) -> str:
    if refusal.kind == "invalid_request_error":
        return f"invalid params, {refusal.message} (2013)"
    if refusal.kind == "authentication_error":
        return "login fail: Please carry the API secret key in the 'X-Api-Key' field of the header (1004)"
    return refusal.message


# Captures of MiniMax's endpoint from public issues, 2026 (M2.5 on 03-31, M2.7 on 04-21).
MINIMAX: Final = Dialect(
    message_id=_hex,
    request_id=_hex,
    request_id_headers=("trace-id", "minimax-request-id", "x-mm-request-id"),
    tool_id=lambda rng, at: f"call_function_{''.join(rng.choices(_LETTERS[:26] + string.digits, k=12))}_{at + 1}",
    signature=lambda thinking: hashlib.sha256(f"{_SALT} {thinking}".encode()).hexdigest(),
    message=_minimax_message,
    stream=StreamStyle(
        started=_minimax_started,
        ended=lambda reply: {"delta": {"stop_reason": reply.stop_reason}, "usage": _usage(reply.usage)},
        ping_first=True,
        signature_at_start=False,
        input_in_one_piece=True,
    ),
    explained=_minimax_explained,
    no_such_path="404 page not found",
    escapes_html=True,
)
