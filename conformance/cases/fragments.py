"""Fragments: named, legal pieces of a request, each of which can be laid over a plain one.

A request is a composition of fragments. This table is the one place that says what a client may send: the rows
``accepts.<name>`` lay each fragment over a plain request (``cases/accepts.py``), and what is tried in company lies
beside the ``COMPANIONS``. What is legal is what Anthropic's specification of version 2023-06-01 or a later one allows,
also where it allows it for some of its models only; ``since`` says from which version of the API, beta or tool on.
What has an experiment of its own (a picture in a result, an unknown beta, a service tier) is not repeated here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from conformance.cases.common import HELLO, assistant, text, user
from conformance.cases.endpoint import Endpoint
from conformance.protocol.reply import Reply
from conformance.values import Json

__all__ = ["COMPANIONS", "FRAGMENTS", "PLAIN", "POOLS", "Fragment", "Lay", "Request", "company", "composed", "pool_of"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: the body's JSON without its model, and the headers that are added."""

    body: Mapping[str, Json]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def ask(self, api: Endpoint, arm: str, *, expects_refusal: bool = False) -> Reply:
        """Ask it, as an arm of a case, which ought to be refused or not (see ``Endpoint.ask``)."""
        return api.ask(arm, headers=self.headers or None, expects_refusal=expects_refusal, **self.body)

    def once(self, api: Endpoint, arm: str) -> Reply:
        """Ask it, where other cases of a run ask the same."""
        return api.once(arm, headers=self.headers or None, **self.body)

    def having(self, **fields: Json) -> Request:
        """The same request with other values of some fields of its body."""
        return replace(self, body={**self.body, **fields})


Lay = Callable[[Request], Request]
"""Lays a fragment over a request."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One legal piece of a request."""

    name: str
    says: str
    """What it is, in one sentence."""
    over: Lay
    page: str
    """Where the specification has it, below ``DOCS``."""
    since: str = "2023-06-01"
    """The API version, the beta or the version of the tool it came with."""
    on: tuple[Lay, ...] = ()
    """What it is a special case of: where one of these is refused by itself, it is not the fragment that is refused."""

    @property
    def link(self) -> str:
        """The address of the page that has it."""
        return DOCS + self.page


DOCS = "https://platform.claude.com/docs/en/"
PLAIN = Request(HELLO)
"""The plainest request there is: one question, and room for its answer."""


def composed(request: Request, fragments: Iterable[Fragment]) -> Request:
    """A request with fragments laid over it, one after the other."""
    for fragment in fragments:
        request = fragment.over(request)
    return request


def _fields(**values: Json) -> Lay:
    """Fields of the body."""
    return lambda request: request.having(**values)


def _betas(*names: str) -> Lay:
    """Names in the header ``anthropic-beta``, after those that are there."""

    def lay(request: Request) -> Request:
        there = request.headers.get("anthropic-beta")
        return replace(request, headers={**request.headers, "anthropic-beta": ",".join(filter(None, (there, *names)))})

    return lay


def _added(name: str, *items: Json) -> Lay:
    """Items at the end of a list of the body, without those it has: tools, or blocks of the system prompt."""

    def lay(request: Request) -> Request:
        there = request.body.get(name, [])
        return request.having(**{name: [*there, *(item for item in items if item not in there)]})

    return lay


def _history(*turns: Json) -> Lay:
    """Turns before the last one."""

    def lay(request: Request) -> Request:
        *before, last = request.body["messages"]
        return request.having(messages=[*before, *turns, last])

    return lay


def _last(*turns: Json) -> Lay:
    """Turns after the last one."""
    return lambda request: request.having(messages=[*request.body["messages"], *turns])


def _all(*lays: Lay) -> Lay:
    def lay(request: Request) -> Request:
        for each in lays:
            request = each(request)
        return request

    return lay


def _tool(name: str = "get_weather", **more: Json) -> dict[str, Json]:
    """A tool that takes a city, with or instead of its ordinary parts."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"name": name, "description": "Returns the current weather in a city.", "input_schema": schema, **more}


def _taking(**properties: Json) -> dict[str, Json]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_ID = "toolu_01ConformanceFragment"


def _call(identity: str = _ID, name: str = "get_weather", **given: Json) -> dict[str, Json]:
    return {"type": "tool_use", "id": identity, "name": name, "input": given}


def _result(identity: str = _ID, **more: Json) -> dict[str, Json]:
    return {"type": "tool_result", "tool_use_id": identity, **more}


def _answered(part: str, **result: Json) -> tuple[Json, Json]:
    """A call with an id of its own, and its result: a conversation may hold several of them."""
    return assistant(_call(f"{_ID}{part}", city="Lisbon")), user(_result(f"{_ID}{part}", **result))


def _called(*turns: Json, tool: Mapping[str, Json] | None = None) -> Lay:
    """A tool, and a conversation behind the request in which it was called; the reply to the results closes it."""
    asked = user("What is the weather in Lisbon?")
    return _all(_added("tools", tool or _tool()), _history(asked, *turns, assistant("I have looked it up.")))


def _marked(**more: Json) -> dict[str, Json]:
    return {"cache_control": {"type": "ephemeral", **more}}


def _marking(**more: Json) -> Lay:
    """The text of the last turn as a block with such a mark."""

    def lay(request: Request) -> Request:
        *before, last = request.body["messages"]
        return request.having(messages=[*before, user({**text(last["content"]), **_marked(**more)})])

    return lay


def _behind_a_result(request: Request) -> Request:
    """The last turn as one that hands in the result of a call, with the question behind it."""
    *before, last = request.body["messages"]
    asked = user("What is the weather in Lisbon?")
    handed_in = user(_result(_RESULT_ID, content="Sunny."), text(last["content"]))
    return request.having(messages=[*before, asked, assistant(_call(_RESULT_ID, city="Lisbon")), handed_in])


_RESULT_ID = "toolu_01ConformanceResult"
_STREAMED = _fields(stream=True)
_TOOLED = _added("tools", _tool(), _tool("get_tide"))
_CALLED = _called(assistant(_call(city="Lisbon")), user(_result(content="Sunny.")))
_TALKED = _history(user("Good morning."), assistant("Good morning!"), user("A new day."), assistant("Indeed."))
_KNOWN = _fields(metadata={"user_id": "conformance-suite"})
_THINKING = _fields(thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2048)

_EVERYWHERE = "Grüße, 你好, مرحبا, שלום, नमस्ते, e\u0301, 👩‍👩‍👧, 𝄞 and \u201cquotes\u201d"
_LONG = "It takes the name of the city as people write it there, in any script, and nothing else beside it. "

_MESSAGES = (
    Fragment(
        "prefill",
        "An assistant turn at the end, which the reply goes on from (not with Claude 4.6 and later).",
        _last(assistant("Good morning to you")),
        "build-with-claude/prompt-engineering/prefill-claudes-response",
    ),
    Fragment(
        "two_user_turns",
        "Two turns of the user, one after the other, which count as one.",
        _history(user("I have just come in.")),
        "api/messages",
    ),
    Fragment(
        "two_assistant_turns",
        "Two turns of the assistant, one after the other, which count as one.",
        _history(user("Good morning."), assistant("Good morning!"), assistant("How are you?")),
        "api/messages",
        on=(_TALKED,),
    ),
    Fragment(
        "system_turn",
        "A turn whose role is system, right after one of the user.",
        _last({"role": "system", "content": "Answer in English."}),
        "build-with-claude/mid-conversation-system-messages",
        "Claude Opus 4.8",
    ),
    Fragment(
        "sixty_turns",
        "A conversation of sixty turns behind the question.",
        _history(*(turn for n in range(1, 31) for turn in (user(f"This is note {n}."), assistant("I have read it.")))),
        "api/messages",
        on=(_TALKED,),
    ),
    Fragment(
        "unicode",
        "Letters of many scripts, combined characters and emoji in the history, in a tool, its call and its result.",
        _called(
            assistant(text(_EVERYWHERE), _call(f"{_ID}Letters", "get_weather_anywhere", city=_EVERYWHERE)),
            user(_result(f"{_ID}Letters", content=_EVERYWHERE)),
            tool=_tool("get_weather_anywhere", description=_EVERYWHERE),
        ),
        "api/messages",
        on=(_CALLED,),
    ),
    Fragment(
        "result_without_content",
        "A tool_result that has no content at all: the tool had nothing to say.",
        _called(*_answered("Nothing")),
        "agents-and-tools/tool-use/handle-tool-calls",
        on=(_CALLED,),
    ),
    Fragment(
        "result_of_an_empty_string",
        "A tool_result whose content is the empty string.",
        _called(*_answered("Empty", content="")),
        "agents-and-tools/tool-use/handle-tool-calls",
        on=(_CALLED,),
    ),
    Fragment(
        "failed_result",
        "A tool_result with is_error: the tool failed.",
        _called(*_answered("Failed", content="The service is down.", is_error=True)),
        "agents-and-tools/tool-use/handle-tool-calls",
        on=(_CALLED,),
    ),
    Fragment(
        "results_over_two_turns",
        "The results of two calls of one turn, each in a turn of the user of its own.",
        _called(
            assistant(_call(f"{_ID}1", city="Lisbon"), _call(f"{_ID}2", city="Oslo")),
            user(_result(f"{_ID}1", content="Sunny.")),
            user(_result(f"{_ID}2", content="Rain.")),
        ),
        "api/messages",
        on=(_CALLED,),
    ),
    Fragment(
        "call_without_input",
        "A call in the history whose input is an empty object.",
        _called(
            assistant(_call(f"{_ID}Here", "get_weather_here")),
            user(_result(f"{_ID}Here", content="Sunny.")),
            tool=_tool("get_weather_here", input_schema=_taking()),
        ),
        "agents-and-tools/tool-use/handle-tool-calls",
        on=(_CALLED,),
    ),
    Fragment(
        "ids_of_another_service",
        "A call in the history whose id another service gave: who changes services takes the history along.",
        _called(
            assistant(_call("call_function_9pjh8jjdebck_1", city="Lisbon")),
            user(_result("call_function_9pjh8jjdebck_1", content="Sunny.")),
        ),
        "agents-and-tools/tool-use/handle-tool-calls",
        on=(_CALLED,),
    ),
    Fragment(
        "redacted_thinking",
        "A redacted_thinking block in the history (Anthropic takes only what it wrote itself).",
        _history(
            user("Good morning."),
            assistant({"type": "redacted_thinking", "data": "Y29uZm9ybWFuY2U="}, text("Good morning!")),
        ),
        "build-with-claude/extended-thinking",
        on=(_TALKED,),
    ),
    Fragment(
        "search_result",
        "A search_result block in a turn of the user.",
        _history(
            user(
                {
                    "type": "search_result",
                    "source": "https://example.com/lisbon",
                    "title": "Lisbon",
                    "content": [text("Lisbon is sunny.")],
                },
                text("Keep this in mind."),
            ),
            assistant("I will."),
        ),
        "build-with-claude/search-results",
        "beta search-results-2025-06-09",
        on=(_TALKED,),
    ),
    Fragment(
        "cache_ttl",
        "A mark for the cache that says for how long: an hour.",
        _marking(ttl="1h"),
        "build-with-claude/prompt-caching",
        "beta extended-cache-ttl-2025-04-11",
        on=(_marking(),),
    ),
    Fragment(
        "cache_scope",
        "A mark for the cache with a scope, as Claude Code sends it.",
        _all(_betas("prompt-caching-scope-2026-01-05"), _marking(scope="global")),
        "build-with-claude/prompt-caching",
        "beta prompt-caching-scope-2026-01-05",
        on=(_betas("prompt-caching-scope-2026-01-05"), _marking()),
    ),
    Fragment(
        "four_cache_marks",
        "Marks for the cache on a tool, a call, its result and a text: four, the most there are.",
        _called(
            assistant({**_call(f"{_ID}Marked", "get_weather_marked", city="Lisbon"), **_marked()}),
            user(_result(f"{_ID}Marked", content="Sunny.", **_marked()), {**text("Thank you."), **_marked()}),
            tool=_tool("get_weather_marked", **_marked()),
        ),
        "build-with-claude/prompt-caching",
        on=(_CALLED,),
    ),
)

_TOOLS = (
    Fragment(
        "tool_without_description",
        "A tool without a description.",
        _added("tools", {"name": "get_weather_undescribed", "input_schema": _taking(city={"type": "string"})}),
        "api/messages",
        on=(_TOOLED,),
    ),
    Fragment(
        "tool_without_parameters",
        "A tool whose schema says no more than that its input is an object.",
        _added("tools", _tool("get_weather_somewhere", input_schema={"type": "object"})),
        "api/messages",
        on=(_TOOLED,),
    ),
    Fragment(
        "tool_name_of_64",
        "A tool whose name has 64 letters, digits, hyphens and underscores, as those of MCP servers do.",
        _added("tools", _tool("mcp__conformance-suite__" + "get_the_current_weather_of_a_city_2026" + "_v")),
        "agents-and-tools/tool-use/define-tools",
        on=(_TOOLED,),
    ),
    Fragment(
        "tool_described_at_length",
        "A tool with a description of 3,500 characters.",
        _added("tools", _tool("get_weather_at_length", description=(_LONG * 40)[:3500])),
        "agents-and-tools/tool-use/define-tools",
        on=(_TOOLED,),
    ),
    Fragment(
        "schema_with_references",
        "A tool whose schema has $defs and refers to them.",
        _added(
            "tools",
            _tool(
                "get_weather_of_a_place",
                input_schema={
                    **_taking(place={"$ref": "#/$defs/place"}),
                    "$defs": {"place": _taking(city={"type": "string"})},
                },
            ),
        ),
        "agents-and-tools/tool-use/define-tools",
        on=(_TOOLED,),
    ),
    Fragment(
        "schema_with_alternatives",
        "A tool whose schema leaves a choice: anyOf, and a type that may be null.",
        _added(
            "tools",
            _tool(
                "get_weather_or_climate",
                input_schema=_taking(
                    city={"anyOf": [{"type": "string"}, {"type": "integer"}]}, day={"type": ["string", "null"]}
                ),
            ),
        ),
        "agents-and-tools/tool-use/define-tools",
        on=(_TOOLED,),
    ),
    Fragment(
        "schema_of_a_generator",
        "A tool whose schema was made by a library: $schema, additionalProperties, default, format, pattern, bounds.",
        _added(
            "tools",
            _tool(
                "get_weather_of_days",
                input_schema={
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    **_taking(
                        city={"type": "string", "pattern": "^[A-Z]", "minLength": 1, "maxLength": 80},
                        days={"type": "integer", "exclusiveMinimum": 0, "maximum": 14, "default": 1},
                        unit={"type": "string", "enum": ["celsius", "fahrenheit"], "title": "Unit"},
                        on={"type": "string", "format": "date"},
                        hours={"type": "array", "items": {"type": "number"}, "minItems": 1},
                    ),
                    "additionalProperties": False,
                },
            ),
        ),
        "agents-and-tools/tool-use/define-tools",
        on=(_TOOLED,),
    ),
    Fragment(
        "twenty_tools",
        "Twenty tools.",
        _added("tools", *(_tool(f"get_weather_{number}") for number in range(1, 21))),
        "agents-and-tools/tool-use/define-tools",
        on=(_TOOLED,),
    ),
    Fragment("no_tools", "A list of tools with nothing in it.", _fields(tools=[]), "api/messages"),
    Fragment(
        "server_tool",
        "A tool that the service runs by itself: web_search.",
        _added("tools", {"type": "web_search_20250305", "name": "web_search", "max_uses": 1}),
        "agents-and-tools/tool-use/web-search-tool",
        "web_search_20250305",
        on=(_TOOLED,),
    ),
    Fragment(
        "client_tool",
        "A tool whose schema the model knows: bash.",
        _added("tools", {"type": "bash_20250124", "name": "bash"}),
        "agents-and-tools/tool-use/bash-tool",
        "bash_20250124",
        on=(_TOOLED,),
    ),
    Fragment(
        "strict_tool",
        "A tool with strict: its input is guaranteed to fit.",
        _added(
            "tools",
            _tool(
                "get_weather_strictly",
                type="custom",
                strict=True,
                input_schema={**_taking(city={"type": "string"}), "additionalProperties": False},
            ),
        ),
        "build-with-claude/structured-outputs",
        "beta structured-outputs-2025-11-13",
        on=(_TOOLED,),
    ),
    Fragment(
        "eager_tool",
        "A tool with eager_input_streaming, as the Vercel AI SDK sends it.",
        _added("tools", _tool("get_weather_eagerly", eager_input_streaming=True)),
        "agents-and-tools/tool-use/fine-grained-tool-streaming",
        "beta fine-grained-tool-streaming-2025-05-14",
        on=(_TOOLED,),
    ),
    Fragment(
        "deferred_tool",
        "A tool with defer_loading beside one without, as Claude Code sends them.",
        _all(
            _betas("advanced-tool-use-2025-11-20"),
            _added("tools", _tool(), _tool("get_tide", defer_loading=True)),
        ),
        "agents-and-tools/tool-use/tool-search-tool",
        "beta advanced-tool-use-2025-11-20",
        on=(_TOOLED, _betas("advanced-tool-use-2025-11-20")),
    ),
    Fragment(
        "tool_with_examples",
        "A tool with examples of its input.",
        _all(
            _betas("advanced-tool-use-2025-11-20"),
            _added("tools", _tool("get_weather_by_example", input_examples=[{"city": "Lisbon"}])),
        ),
        "agents-and-tools/tool-use/define-tools",
        "beta advanced-tool-use-2025-11-20",
        on=(_TOOLED, _betas("advanced-tool-use-2025-11-20")),
    ),
)

_PARAMETERS = (
    Fragment(
        "stream_false", "stream: false, said outright, as pydantic-ai does.", _fields(stream=False), "api/messages"
    ),
    Fragment(
        "long_user_id",
        "A user_id of 300 characters; at most 512 are allowed.",
        _fields(metadata={"user_id": "user_" + "0123456789abcdef" * 18 + "0123456"}),
        "api/messages",
        on=(_KNOWN,),
    ),
    Fragment(
        "user_id_of_json",
        "A user_id that is JSON, as Claude Code sends it.",
        _fields(metadata={"user_id": json.dumps({"device_id": "0" * 64, "account_uuid": "", "session_id": "1" * 36})}),
        "api/messages",
        on=(_KNOWN,),
    ),
    Fragment(
        "empty_metadata",
        "metadata with nothing in it.",
        _fields(metadata={}),
        "api/messages",
        on=(_KNOWN,),
    ),
    Fragment(
        "output_effort",
        "output_config with an effort.",
        _fields(output_config={"effort": "high"}),
        "build-with-claude/effort",
        "beta effort-2025-11-24",
    ),
    Fragment(
        "effort_without_thinking",
        "output_config with an effort where thinking is disabled, as Claude Code asks for its sub-agents.",
        _fields(output_config={"effort": "high"}, thinking={"type": "disabled"}),
        "build-with-claude/effort",
        "beta effort-2025-11-24",
        on=(_fields(output_config={"effort": "high"}), _fields(thinking={"type": "disabled"})),
    ),
    Fragment(
        "output_format",
        "output_config with the JSON schema the answer is to fit.",
        _fields(
            output_config={
                "format": {
                    "type": "json_schema",
                    "schema": {**_taking(greeting={"type": "string"}), "additionalProperties": False},
                }
            }
        ),
        "build-with-claude/structured-outputs",
        "beta structured-outputs-2025-11-13",
    ),
    Fragment(
        "temperature_beside_top_p",
        "temperature and top_p in one request (not with Claude 4.5 and later).",
        _fields(temperature=0.7, top_p=0.9),
        "api/messages",
        on=(_fields(temperature=0.7), _fields(top_p=0.9)),
    ),
    Fragment(
        "five_stop_sequences",
        "Five stop sequences, one of several words.",
        _fields(stop_sequences=["###", "END OF TEXT", "\n\nHuman:", "<stop>", "Observation:"]),
        "api/messages",
        on=(_fields(stop_sequences=["###"]),),
    ),
    Fragment(
        "no_stop_sequences",
        "A list of stop sequences with nothing in it.",
        _fields(stop_sequences=[]),
        "api/messages",
        on=(_fields(stop_sequences=["###"]),),
    ),
    Fragment(
        "cache_control_for_all",
        "A mark for the cache on the request itself.",
        _fields(**_marked()),
        "build-with-claude/prompt-caching",
        "SDK 2.12",
    ),
    Fragment(
        "inference_geo",
        "inference_geo, where the answer may be computed: anywhere.",
        _fields(inference_geo="global"),
        "build-with-claude/data-residency",
        "Claude Opus 4.6",
    ),
    Fragment(
        "thinking_omitted",
        "Thinking that is not shown, as Claude Code asks for it.",
        _fields(thinking={"type": "adaptive", "display": "omitted"}, max_tokens=2048),
        "build-with-claude/adaptive-thinking",
        "Claude Opus 4.6",
        on=(_fields(thinking={"type": "adaptive"}, max_tokens=2048),),
    ),
    Fragment(
        "no_mcp_servers",
        "A list of MCP servers with nothing in it.",
        _fields(mcp_servers=[]),
        "agents-and-tools/mcp-connector",
        "beta mcp-client-2025-11-20",
        on=(_betas("mcp-client-2025-11-20"),),
    ),
    Fragment(
        "no_edits",
        "context_management that edits nothing.",
        _fields(context_management={"edits": []}),
        "build-with-claude/context-editing",
        "beta context-management-2025-06-27",
        on=(_betas("context-management-2025-06-27"),),
    ),
    Fragment(
        "betas_of_claude_code",
        "The seven betas that Claude Code names.",
        _betas(
            "claude-code-20250219",
            "interleaved-thinking-2025-05-14",
            "context-management-2025-06-27",
            "mid-conversation-tool-changes-2026-07-01",
            "thinking-token-count-2026-05-13",
            "advanced-tool-use-2025-11-20",
            "effort-2025-11-24",
        ),
        "api/beta-headers",
        "Claude Code 2.1",
    ),
)

FRAGMENTS: tuple[Fragment, ...] = (*_MESSAGES, *_TOOLS, *_PARAMETERS)
"""What is laid over a plain request, one at a time: each is the row ``accepts.<name>``."""

POOLS: tuple[tuple[str, ...], ...] = (
    (
        "two_assistant_turns",
        "unicode",
        "result_without_content",
        "result_of_an_empty_string",
        "failed_result",
        "results_over_two_turns",
        "call_without_input",
        "ids_of_another_service",
        "four_cache_marks",
        "two_user_turns",  # the last, so that the question follows it
    ),
    (
        "tool_without_description",
        "tool_without_parameters",
        "tool_name_of_64",
        "tool_described_at_length",
        "schema_with_references",
        "schema_with_alternatives",
        "schema_of_a_generator",
        "strict_tool",
        "eager_tool",
    ),
    # What a beta allows may be refused without it: these share what they name.
    ("deferred_tool", "tool_with_examples", "cache_scope"),
    ("no_mcp_servers", "no_edits"),
    ("stream_false", "long_user_id", "output_effort", "no_stop_sequences", "cache_control_for_all"),
    ("user_id_of_json", "temperature_beside_top_p", "five_stop_sequences", "inference_geo", "cache_ttl"),
    ("empty_metadata", "output_format"),
)
"""Fragments that Anthropic takes in one request, in the order in which they are laid over it.

A service that takes all of a pool is asked once for all its rows. What many services refuse is in no pool, nor is what
would hide another: a list that another fragment fills, or a beta that allows another.
"""


def pool_of(fragment: Fragment) -> tuple[Fragment, ...]:
    """The fragments that one is asked with at first, itself among them; none where it is asked alone."""
    named = {one.name: one for one in FRAGMENTS}
    return next((tuple(named[name] for name in pool) for pool in POOLS if fragment.name in pool), ())


COMPANIONS: tuple[Fragment, ...] = (
    Fragment("stream", "over a stream", _STREAMED, "build-with-claude/streaming"),
    Fragment("tools", "with tools", _TOOLED, "api/messages"),
    Fragment("calls", "after a tool was called", _CALLED, "api/messages"),
    Fragment("history", "after other turns", _TALKED, "api/messages"),
    Fragment("result", "after a tool's result", _all(_TOOLED, _behind_a_result), "api/messages"),
    Fragment("system", "with system blocks", _added("system", text("Be polite."), text("Be brief.")), "api/messages"),
    Fragment(
        "system_string", "with a system prompt", _fields(system="You are a polite clerk in an office."), "api/messages"
    ),
    Fragment("metadata", "with metadata", _KNOWN, "api/messages"),
    Fragment("thinking", "with thinking", _THINKING, "build-with-claude/extended-thinking"),
    Fragment(
        "no_thinking",
        "with thinking disabled",
        _fields(thinking={"type": "disabled"}),
        "build-with-claude/extended-thinking",
    ),
    Fragment("temperature", "with a temperature", _fields(temperature=0.7), "api/messages"),
    Fragment("auto", "with tool_choice auto", _fields(tool_choice={"type": "auto"}), "api/messages"),
    Fragment("none", "with tool_choice none", _fields(tool_choice={"type": "none"}), "api/messages"),
)
"""What everybody sends together: each has experiments of its own, and is what the others are tried beside."""


def company(*names: str) -> tuple[Fragment, ...]:
    """Companions by name, in the order of the table."""
    return tuple(companion for companion in COMPANIONS if companion.name in names)
