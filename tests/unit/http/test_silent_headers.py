"""The SDK's clients send what a row says, and nothing that the shell or another library keeps at hand."""

from __future__ import annotations

import httpx2
import pytest

from conformance.cases.endpoint import Endpoint, ModelUnderTest, credentials, open_client
from conformance.protocol.exchange import Exchange

KEY = "sk-canary-0123456789"


class Listener:
    """A wire that keeps the headers it was given."""

    def __init__(self) -> None:
        self.heard: list[httpx2.Headers] = []

    def send(self, request: httpx2.Request) -> Exchange:
        self.heard.append(request.headers)
        return Exchange("POST", "/v1/messages", {}, b"", 200, {"content-type": "application/json"}, b"{}")


def names_sent() -> list[set[str]]:
    """The headers of a request by each of the clients a case may use."""
    transport = Listener()
    client = open_client("http://127.0.0.1:9", KEY, credentials(KEY, "authorization"), "2023-06-01", transport)
    endpoint = Endpoint(client, ModelUnderTest("a-model"), transport)
    for each in (client, endpoint.client, endpoint.plain_client()):
        each.messages.with_raw_response.create(model="a-model", max_tokens=1, messages=[])
    assert len(transport.heard) == 3
    return [{name.lower() for name in headers} for headers in transport.heard]


def test_what_a_tracing_library_keeps_is_not_sent() -> None:
    baggage = pytest.importorskip("opentelemetry.baggage")
    context = pytest.importorskip("opentelemetry.context")
    ordinary = names_sent()
    token = context.attach(baggage.set_baggage("team", "a-secret-of-the-team"))
    try:
        assert names_sent() == ordinary
    finally:
        context.detach(token)


def test_no_variable_of_the_sdk_changes_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = names_sent()
    for name, value in {
        "ANTHROPIC_CUSTOM_HEADERS": "x-team: a-secret\ncookie: another",
        "ANTHROPIC_AUTH_TOKEN": "another-key",
        "ANTHROPIC_PROFILE": "somebody",
        "ANTHROPIC_WORKSPACE_ID": "w",
        "ANTHROPIC_ORGANIZATION_ID": "o",
        "ANTHROPIC_FEDERATION_RULE_ID": "r",
        "ANTHROPIC_IDENTITY_TOKEN": "t",
        "HTTPS_PROXY": "http://me:secret@127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    assert names_sent() == ordinary
