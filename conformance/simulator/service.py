"""The service behind the socket: from a request to a reply, the same way for every personality."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from conformance.simulator.api.errors import Refusal
from conformance.simulator.api.validation import Request
from conformance.simulator.json_values import Object, is_object, list_at, object_at
from conformance.simulator.model.author import Wish, compose
from conformance.simulator.model.context_editing import Edited, edited
from conformance.simulator.model.language import Sampling
from conformance.simulator.model.prompt import Prompt, read
from conformance.simulator.model.prompt_cache import PrefixCache
from conformance.simulator.model.replies import Block, Draft, Reply, Thinking, ToolUse, Usage
from conformance.simulator.model.tool_calls import Choice
from conformance.simulator.mutants import Mutated
from conformance.simulator.personalities.models import Model
from conformance.simulator.personalities.personality import Personality


@dataclass(frozen=True, slots=True)
class Traits:
    """What the model is like: its seed, how often it is not greedy though told to be, its openings."""

    seed: int = 0
    noise: float = 0.0
    diversity: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, and what the wire needs to know to send it."""

    reply: Reply
    model: Model
    streamed: bool


@dataclass
class Service:
    """A personality at work: it remembers how often it was asked the same, and the prefixes it has cached."""

    mutated: Mutated
    traits: Traits
    _asked: Counter[bytes] = field(default_factory=Counter[bytes])
    _cache: PrefixCache = field(default_factory=PrefixCache)

    def personality(self, body: object) -> Personality:
        """The personality that answers this request: the mutant, or the healthy one where it is spared."""
        return self.mutated.personality(str(body.get("model")) if is_object(body) else None)

    def draw(self, route: str, question: bytes) -> Random:
        """A source of chance for one request, the same whatever else is asked at the same time."""
        digest = hashlib.sha256(f"{self.traits.seed} {route} ".encode() + question).digest()
        self._asked[digest] += 1
        return Random(digest + self._asked[digest].to_bytes(4, "big"))  # noqa: S311 - chance, not a secret

    def answer(self, body: Object, headers: Mapping[str, str]) -> Answer:
        """Answer a request for a message, or refuse it."""
        personality = self.personality(body)
        for check in personality.checks.values():
            check(Request(body, headers))
        rng = self.draw("messages", canonical(body))
        if personality.remembers is not None:  # the same chance makes the same reply
            rng = Random(canonical(personality.remembers(body)))  # noqa: S311 - chance, not a secret
        model = personality.model(body["model"])
        prompt, heard = self._understood(personality, body, model)
        draft = compose(prompt, self._wish(personality, heard.body, prompt, model, rng), rng)
        usage = self._usage(personality, prompt, model)
        reply = Reply(
            id=personality.dialect.message_id(rng),
            model=model.name,
            blocks=_marked(draft, personality, rng, hidden=personality.omits_thinking and _hides_thoughts(heard.body)),
            stop_reason=draft.stop_reason,
            stop_sequence=draft.stop_sequence,
            usage=replace(usage, output=draft.tokens),
            service_tier="standard" if personality.states_tier or "service_tier" in heard.body else None,
            applied_edits=heard.applied if "context_management" in heard.body else None,
        )
        for change in personality.on_reply:
            reply = change(reply)
        return Answer(reply, model, heard.body.get("stream") is True)

    def count(self, body: Object, headers: Mapping[str, str]) -> int:
        """Count a request's tokens without answering it."""
        personality = self.personality(body)
        for name, check in personality.checks.items():
            if not name.startswith("max_tokens"):
                check(Request(body, headers))
        prompt, _ = self._understood(personality, personality.counts(body), personality.model(body["model"]))
        return prompt.size

    def _understood(self, personality: Personality, body: Object, model: Model) -> tuple[Prompt, Edited]:
        heard = {name: value for name, value in body.items() if name in personality.honours}
        for change in personality.on_request:
            heard = change(heard)
        result = edited(heard, personality.reads)
        prompt = read(result.body, personality.reads)
        window = personality.window or model.window
        if prompt.size > window:
            raise Refusal(personality.too_long.format(size=prompt.size, window=window))
        return prompt, result

    def _usage(self, personality: Personality, prompt: Prompt, model: Model) -> Usage:
        match personality.caches:
            case "marked":
                return self._cache.marked(prompt, model.name)
            case "always":
                return self._cache.unasked(prompt, model.name)
            case "never":
                return Usage(prompt.size)

    def _wish(self, personality: Personality, heard: Object, prompt: Prompt, model: Model, rng: Random) -> Wish:
        sampling = Sampling(
            temperature=float(heard.get("temperature", 1.0)),
            top_p=float(heard.get("top_p", 1.0)),
            top_k=heard.get("top_k") or None,
        )
        choice = object_at(heard, "tool_choice")
        return Wish(
            # Real services are not deterministic even when greedy: now and then a draw is an ordinary one.
            sampling=Sampling() if rng.random() < self.traits.noise else sampling,
            limit=heard.get("max_tokens", model.most_output),
            stops=tuple(stop for stop in list_at(heard, "stop_sequences") if stop),
            thinks=personality.thinks(object_at(heard, "thinking").get("type"), model.name, prompt.turns),
            choice=Choice(
                choice.get("type", "auto"),
                choice.get("name"),
                parallel=not choice.get("disable_parallel_tool_use"),
            ),
            openings=self.traits.diversity,
            schema=_schema(heard),
        )


def canonical(body: Any) -> bytes:
    """Write JSON in the one way that two equal values share."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _hides_thoughts(body: Object) -> bool:
    return object_at(body, "thinking").get("display") == "omitted"


def _schema(heard: Object) -> Object | None:
    """The schema a text is to fit: where the API has it now, or where the beta had it."""
    form = object_at(object_at(heard, "output_config"), "format") or object_at(heard, "output_format")
    return object_at(form, "schema") or None


def _marked(draft: Draft, personality: Personality, rng: Random, *, hidden: bool) -> tuple[Block, ...]:
    dialect, blocks, calls = personality.dialect, list[Block](), 0
    for block in draft.blocks:
        match block:
            case Thinking():
                shown = "" if hidden else block.thinking
                blocks.append(replace(block, thinking=shown, signature=dialect.signature(shown)))
            case ToolUse():
                blocks.append(replace(block, id=dialect.tool_id(rng, calls)))
                calls += 1
            case _:
                blocks.append(block)
    return tuple(blocks)
