"""Services of each personality on real sockets, and a short way to ask them."""

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx2
import pytest

from conformance.simulator import running

Ask = Callable[..., httpx2.Response]
HELLO = [{"role": "user", "content": "Hi, how are you?"}]


@pytest.fixture(scope="session")
def web() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def documented() -> Iterator[str]:
    with running("documented", paced=False) as url:
        yield url


@pytest.fixture(scope="session")
def field() -> Iterator[str]:
    with running("field", paced=False) as url:
        yield url


@pytest.fixture(scope="session")
def reference() -> Iterator[str]:
    with running("reference", paced=False) as url:
        yield url


@pytest.fixture(scope="session")
def ask(web: httpx2.Client) -> Ask:
    """POST a message; what is not given is an ordinary request, and a field given as None is left out."""

    def post(url: str, *, headers: dict[str, str] | None = None, **body: Any) -> httpx2.Response:
        whole = {"model": "MiniMax-M2.7", "max_tokens": 200, "messages": HELLO} | body
        sent = {"x-api-key": "key", "anthropic-version": "2023-06-01"} | (headers or {})
        return web.post(
            f"{url}/v1/messages",
            headers=sent,
            json={name: value for name, value in whole.items() if value is not None},
        )

    return post


@pytest.fixture(scope="session")
def sdk() -> Iterator[Callable[[str], anthropic.Anthropic]]:
    """One client of Anthropic's SDK, pointed where it is needed."""
    client = anthropic.Anthropic(api_key="key", max_retries=0)
    yield lambda url: client.with_options(base_url=url)
    client.close()
