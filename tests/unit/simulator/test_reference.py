"""`reference` honours and validates everything, as Anthropic's own service does."""

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any, cast

import anthropic
import httpx2
import pytest

from conformance.simulator import running

from .blocks import document, png, tool_history, user

Sdk = Callable[[str], anthropic.Anthropic]
SONNET = "claude-sonnet-4-6"
EDITING = {"anthropic-beta": "context-management-2025-06-27"}
MCP = {"anthropic-beta": "mcp-client-2025-11-20"}


@pytest.fixture
def say(ask: Any, reference: str) -> Any:
    def post(**body: Any) -> Any:
        return ask(reference, **({"model": SONNET} | body))

    return post


def size(answer: httpx2.Response) -> int:
    usage = answer.json()["usage"]
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(usage[name] for name in names)


def said(answer: httpx2.Response) -> str:
    return "".join(block.get("text", "") for block in answer.json()["content"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"nobody_has_this": 1}, "nobody_has_this: Extra inputs are not permitted"),
        ({"context_management": {}}, "context_management: Extra inputs are not permitted"),
        ({"mcp_servers": []}, "mcp_servers: Extra inputs are not permitted"),
        ({"headers": EDITING, "mcp_servers": []}, "mcp_servers: Extra inputs are not permitted"),
        ({"temperature": 1.01}, "temperature"),
        ({"temperature": -0.1}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"top_k": -1}, "top_k"),
        ({"top_k": "many"}, "top_k"),
        ({"stop_sequences": "a"}, "stop_sequences"),
        ({"stop_sequences": [" "]}, "stop_sequences"),
        ({"service_tier": "bogus"}, "service_tier"),
        ({"metadata": {"user_id": 1}}, "metadata.user_id"),
        ({"max_tokens": 64_001}, "max_tokens: 64001 > 64000"),
        ({"thinking": {"type": "enabled"}}, "budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1023}}, "budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1024}, "max_tokens"),
        ({"thinking": {"type": "bogus"}}, "thinking.type"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "assistant", "content": "x"}, user("x")]}, "messages"),
        ({"messages": tool_history(1)[:2]}, "tool_use"),
        ({"messages": [user({"type": "image", "source": {"type": "base64", "data": "AAAA"}})]}, "image"),
        (
            {"headers": MCP, "mcp_servers": [{"type": "url", "name": "n", "url": "https://m.invalid"}]},
            "https://m.invalid",
        ),
        ({"headers": {"anthropic-version": "2020-01-01"}}, "anthropic-version"),
    ],
)
def test_what_is_wrong_is_refused_by_name(body: Any, message: str, say: Any) -> None:
    answer = say(**body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_a_container_nobody_has_is_not_found(say: Any) -> None:
    answer = say(container="cont_nobody")
    assert answer.status_code == 404
    assert "cont_nobody" in answer.json()["error"]["message"]


def test_a_version_must_be_named(reference: str, web: httpx2.Client) -> None:
    body = {"model": SONNET, "max_tokens": 20, "messages": [user("Hi")]}
    answer = web.post(f"{reference}/v1/messages", json=body, headers={"x-api-key": "key"})
    assert answer.status_code == 400
    assert "anthropic-version" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"temperature": 1.0},
        {"top_p": 1.0},
        {"top_k": 5},
        {"messages": [user("Hi"), {"role": "assistant", "content": [document("x")]}, user("Hi")]},
        {"messages": [user({"type": "text", "text": "Hi", "citations": [{"type": "char_location"}]})]},
    ],
)
def test_what_version_2026_no_longer_takes(body: Any, say: Any) -> None:
    assert say(**body).status_code == 200
    assert say(headers={"anthropic-version": "2026-10-21"}, **body).status_code == 400


def test_version_2026_takes_the_rest(say: Any) -> None:
    blocks = [document("The codeword is IBIS-4."), {"type": "text", "text": "What is the codeword?", "citations": []}]
    answer = say(headers={"anthropic-version": "2026-10-21"}, messages=[user(*blocks)])
    assert "IBIS-4" in said(answer)


def test_sampling_parameters_all_have_their_effect(say: Any) -> None:
    def openings(**body: Any) -> int:
        told = [user("Write the opening sentence of a story about a bridge.")]
        return len({said(say(messages=told, **body))[:60] for _ in range(10)})

    assert openings() >= 9
    for body in ({"temperature": 0}, {"top_p": 0.001}, {"top_k": 1}):
        assert openings(**body) == 1


def test_a_stop_sequence_stops_and_says_so(say: Any) -> None:
    for _ in range(5):
        answer = say(stop_sequences=["a", "e", "i", "o"], messages=[user("Write a long story.")]).json()
        assert answer["stop_reason"] == "stop_sequence"
        assert answer["stop_sequence"] in ("a", "e", "i", "o")
        assert not set("aeio") & set(answer["content"][0]["text"])


def test_the_service_tier_is_reported(say: Any) -> None:
    assert say(service_tier="standard_only").json()["usage"]["service_tier"] == "standard"


@pytest.mark.parametrize(
    ("thinking", "first"),
    [
        (None, "text"),
        ({"type": "disabled"}, "text"),
        ({"type": "adaptive"}, "thinking"),
        ({"type": "enabled", "budget_tokens": 1024}, "thinking"),
    ],
)
def test_it_thinks_if_asked(thinking: Any, first: str, say: Any) -> None:
    assert say(thinking=thinking, max_tokens=2000).json()["content"][0]["type"] == first


def test_a_thought_goes_back_only_unchanged(say: Any) -> None:
    content = say(thinking={"type": "adaptive"}).json()["content"]
    history = [user("Hi, how are you?"), {"role": "assistant", "content": content}, user("And now?")]
    assert say(messages=history).status_code == 200
    content[0]["thinking"] += "!"
    answer = say(messages=history)
    assert answer.status_code == 400
    assert "signature" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("rgb", "colour"), [((255, 0, 0), "red"), ((0, 0, 255), "blue"), ((10, 170, 10), "green")])
def test_a_picture_is_seen_and_counted(rgb: tuple[int, int, int], colour: str, say: Any) -> None:
    asked = "What colour is this image?"
    answer = say(messages=[user(png(*rgb), asked)])
    assert colour in said(answer)
    assert size(answer) > size(say(messages=[user(asked)])) + 30


def pdf(text: str, *, packed: bool) -> dict[str, Any]:
    page = f"BT /F1 12 Tf ({text}) Tj ET".encode()
    data = b"%PDF-1.4\nstream\n" + (zlib.compress(page) if packed else page) + b"\nendstream\n%%EOF"
    source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(data).decode()}
    return {"type": "document", "source": source}


@pytest.mark.parametrize(
    "block",
    [
        document("The codeword is IBIS-4."),
        pdf("The codeword is IBIS-4.", packed=False),
        pdf("The codeword is IBIS-4.", packed=True),
        {"type": "document", "source": {"type": "content", "content": "The codeword is IBIS-4."}},
    ],
)
def test_a_document_is_read_and_counted(block: Any, say: Any) -> None:
    asked = "What is the codeword?"
    answer = say(messages=[user(block, asked)])
    assert "IBIS-4" in said(answer)
    assert size(answer) > size(say(messages=[user(asked)])) + 5


def test_old_tool_results_are_cleared(say: Any) -> None:
    edit = {
        "type": "clear_tool_uses_20250919",
        "trigger": {"type": "input_tokens", "value": 10},
        "keep": {"type": "tool_uses", "value": 1},
    }
    history = tool_history(5)
    plain, cleared = say(messages=history), say(messages=history, context_management={"edits": [edit]}, headers=EDITING)
    (applied,) = cleared.json()["context_management"]["applied_edits"]
    assert applied["cleared_tool_uses"] == 4
    assert applied["cleared_input_tokens"] == size(plain) - size(cleared) > 200
    assert "context_management" not in plain.json()


def test_below_the_trigger_nothing_is_cleared(say: Any, sdk: Sdk, reference: str) -> None:
    message = sdk(reference).beta.messages.create(
        model=SONNET,
        max_tokens=50,
        messages=cast("Any", tool_history(2)),
        context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
        betas=["context-management-2025-06-27"],
    )
    assert message.context_management is not None
    assert message.context_management.applied_edits == []


@pytest.mark.parametrize("automatic", [False, True])
def test_a_marked_prefix_is_written_once_and_then_read(automatic: bool, say: Any) -> None:
    system: dict[str, Any] = {"type": "text", "text": f"Ballast, {automatic}: " + "the tide is out. " * 400}
    body: dict[str, Any] = {"system": [system]}
    if automatic:
        body["cache_control"] = {"type": "ephemeral"}
    else:
        system["cache_control"] = {"type": "ephemeral"}
    plain = say(system=system["text"])
    first, second = (say(**body) for _ in range(2))
    written, read = (answer.json()["usage"] for answer in (first, second))
    assert written["cache_creation_input_tokens"] > 1024
    assert written["cache_read_input_tokens"] == 0
    assert read["cache_read_input_tokens"] == written["cache_creation_input_tokens"]
    assert read["cache_creation_input_tokens"] == 0
    assert size(plain) == size(first) == size(second)


def test_the_sdk_works_as_it_comes(reference: str, sdk: Sdk) -> None:
    message = sdk(reference).messages.create(
        model="claude-opus-4-6", max_tokens=100, messages=[{"role": "user", "content": "Hi"}]
    )
    assert message.stop_reason == "end_turn"
    with pytest.raises(anthropic.NotFoundError):
        sdk(reference).messages.create(
            model="claude-nobody", max_tokens=100, messages=[{"role": "user", "content": "Hi"}]
        )


BETAS_OF_CLAUDE_CODE = {
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,"
    "mid-conversation-tool-changes-2026-07-01,thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,"
    "effort-2025-11-24"
}
READ = {
    "name": "Read",
    "description": "Reads a file from the disk.",
    "input_schema": {"type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]},
}
MARK = {"cache_control": {"type": "ephemeral"}}


def as_claude_code(*messages: Any, **more: Any) -> dict[str, Any]:
    """A request with everything that Claude Code's has."""
    return {
        "headers": BETAS_OF_CLAUDE_CODE,
        "model": "claude-opus-4-8",
        "system": [{"type": "text", "text": "You are an agent."}, {"type": "text", "text": "Be brief.", **MARK}],
        "messages": list(messages),
        "tools": [
            READ,
            {"name": "Later", "description": "Comes later.", "defer_loading": True, "input_schema": {"type": "object"}},
        ],
        "metadata": {"user_id": '{"device_id": "0"}'},
        "max_tokens": 32_000,
        "thinking": {"type": "adaptive", "display": "omitted"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "high"},
        **more,
    }


def test_a_tool_loop_as_claude_code_runs_it(say: Any) -> None:
    """The call is made, its thought is not shown, and the result is used though the system speaks behind it."""
    reminder = {"type": "text", "text": "<system-reminder>Read all that was said. 'Write' nothing.</system-reminder>"}
    asked = user(reminder, {"type": "text", "text": 'Use the Read tool on the file "notes.txt".'})
    system = {"role": "system", "content": [{"type": "text", "text": "You are in a directory.", **MARK}]}
    first = say(**as_claude_code(asked, system)).json()
    thought, *_, call = first["content"]
    assert (thought["thinking"], first["stop_reason"]) == ("", "tool_use")
    assert thought["signature"]
    assert (call["name"], call["input"]) == ("Read", {"file_path": "notes.txt"})
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "The cat is called Quillon.", **MARK}
    history = [asked, system, {"role": "assistant", "content": first["content"]}, user(result), system]
    second = say(**as_claude_code(*history)).json()
    assert "Quillon" in second["content"][-1]["text"]
    assert second["stop_reason"] == "end_turn"
    assert second["context_management"] == {"applied_edits": []}


def test_a_thought_that_is_not_shown_has_no_delta(say: Any) -> None:
    answer = say(**as_claude_code(user("Hello."), stream=True)).text
    assert "signature_delta" in answer
    assert '"thinking_delta","thinking":"' not in answer


def test_old_thoughts_are_cleared(say: Any) -> None:
    content = say(thinking={"type": "adaptive"}).json()["content"]
    turn = [user("Hi."), {"role": "assistant", "content": content}]
    edits = [{"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 1}}]
    answer = say(headers=EDITING, messages=[*turn, *turn, user("Bye.")], context_management={"edits": edits}).json()
    (applied,) = answer["context_management"]["applied_edits"]
    assert (applied["type"], applied["cleared_thinking_turns"]) == ("clear_thinking_20251015", 1)
    assert applied["cleared_input_tokens"] > 5


def test_a_deferred_tool_is_there_once_a_result_refers_to_it(say: Any) -> None:
    later = {**READ, "defer_loading": True}
    tools = [{"name": "Find", "input_schema": {"type": "object"}}, later]
    asked = user('Use the Read tool on the file "notes.txt".')
    assert not [block for block in say(messages=[asked], tools=tools).json()["content"] if block["type"] == "tool_use"]
    found = [{"type": "tool_reference", "tool_name": "Read"}]
    history = [
        user("What tools are there?"),
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "Find", "input": {}}]},
        user({"type": "tool_result", "tool_use_id": "toolu_1", "content": found}),
        {"role": "assistant", "content": "One to read files."},
        asked,
    ]
    called = say(messages=history, tools=tools).json()["content"][-1]
    assert called["name"] == "Read"
    found[0]["tool_name"] = "Nobody"
    assert "'Nobody' not found" in say(messages=history, tools=tools).json()["error"]["message"]


@pytest.mark.parametrize("where", ["output_config", "output_format"])
def test_a_text_fits_the_schema_it_is_to_fit(where: str, say: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "schema": schema}
    body = {"output_config": {"format": form}} if where == "output_config" else {"output_format": form}
    betas = {"anthropic-beta": "structured-outputs-2025-11-13"}
    asked = [user('How is the weather in "Lisbon" in 3 days?')]
    assert json.loads(said(say(headers=betas, messages=asked, **body))) == {"city": "Lisbon", "days": 3}
    del schema["additionalProperties"]
    assert "additionalProperties" in say(headers=betas, messages=asked, **body).json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"output_config": {"effort": "heroic"}}, "output_config.effort"),
        ({"output_config": {"format": {"type": "xml", "schema": {}}}}, "output_config.format.type"),
        ({"output_format": {"type": "json_schema"}}, "output_format: Extra inputs are not permitted"),
        ({"messages": [user(*({"type": "text", "text": "Hi", **MARK} for _ in range(5)))]}, "maximum of 4 blocks"),
        ({"cache_control": {"type": "ephemeral", "ttl": "2d"}}, "cache_control.ttl"),
        ({"tools": [{**READ, "defer_loading": True}]}, "defer_loading"),
        (
            {"headers": EDITING, "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": 1}]}},
            "context_management.edits.0.keep",
        ),
    ],
)
def test_what_clients_send_is_checked_as_well(body: Any, message: str, say: Any) -> None:
    answer = say(**body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_a_tool_of_the_service_is_not_called_by_its_user(say: Any) -> None:
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    answer = say(tools=tools, tool_choice={"type": "any"}, messages=[user("Use web_search, please.")]).json()
    assert answer["stop_reason"] == "end_turn"


def test_models_are_listed_and_described(reference: str, web: httpx2.Client) -> None:
    headers = {"x-api-key": "key", "anthropic-version": "2023-06-01"}
    listed = web.get(f"{reference}/v1/models?limit=1000", headers=headers).json()["data"]
    assert {"claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5-20251001"} <= {model["id"] for model in listed}
    assert web.get(f"{reference}/v1/models/claude-opus-4-8", headers=headers).json() in listed
    assert web.get(f"{reference}/v1/models/claude-nobody", headers=headers).status_code == 404


def test_the_tokens_of_what_claude_code_sends_are_counted(reference: str, web: httpx2.Client) -> None:
    body = as_claude_code(user("Hello."))
    headers = {"x-api-key": "key", "anthropic-version": "2023-06-01", **body.pop("headers")}
    counted = {name: body[name] for name in ("model", "messages", "system", "tools", "thinking")}
    answer = web.post(f"{reference}/v1/messages/count_tokens?beta=true", headers=headers, json=counted)
    assert answer.json()["input_tokens"] > 30


def test_it_answers_to_names_it_is_given(ask: Any) -> None:
    with running("reference", paced=False, models=["acme-1"]) as url:
        answer = ask(url, model="acme-1")
        assert (answer.status_code, answer.json()["model"]) == (200, "acme-1")
        assert ask(url, model="acme-2").status_code == 404
