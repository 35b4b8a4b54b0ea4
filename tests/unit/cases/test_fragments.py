"""The table of fragments: each is legal, is laid over any request, and says where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from services import Answer, Asked, service
from survey import survey_at

from conformance import simulator
from conformance.cases import CASES
from conformance.cases.fragments import COMPANIONS, FRAGMENTS, PLAIN, Fragment, composed


@pytest.fixture(scope="module")
def reference() -> Iterator[str]:
    with simulator.running("reference", paced=False) as url:
        yield url


def asked(url: str, *fragments: Fragment) -> httpx2.Response:
    request = composed(PLAIN, fragments)
    headers = {"x-api-key": "key", "anthropic-version": "2023-06-01", **request.headers}
    betas = {"mcp_servers": "mcp-client-2025-11-20", "context_management": "context-management-2025-06-27"}
    named = [beta for name, beta in betas.items() if name in request.body]
    if named:
        headers["anthropic-beta"] = ",".join(named)
    body = {"model": "claude-haiku-4-5", **request.body}
    return httpx2.post(f"{url}/v1/messages", headers=headers, json=body, timeout=60)


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda fragment: fragment.name)
def test_the_reference_takes_every_fragment(reference: str, fragment: Fragment) -> None:
    answer = asked(reference, fragment)
    assert answer.status_code == 200, answer.text
    assert answer.json()["content"]


def test_the_reference_takes_all_companions_together(reference: str) -> None:
    together = [companion for companion in COMPANIONS if companion.name != "calls"]
    answer = asked(reference, *together)
    assert (answer.status_code, answer.headers["content-type"][:17]) == (200, "text/event-stream")


def test_what_anthropic_refuses_is_refused_by_the_reference(reference: str) -> None:
    """A turn of the system that opens a conversation, and a tool of a type that nobody has."""
    headers = {"x-api-key": "key", "anthropic-version": "2023-06-01"}
    plain = {"model": "claude-haiku-4-5", **PLAIN.body}
    opening = [{"role": "system", "content": "Hello."}, *PLAIN.body["messages"]]
    for wrong in ({"messages": opening}, {"tools": [{"type": "no_such_20200101", "name": "none"}]}):
        answer = httpx2.post(f"{reference}/v1/messages", headers=headers, json={**plain, **wrong})
        assert answer.status_code == 400, wrong


def test_every_fragment_has_a_row_a_page_and_a_name_of_its_own() -> None:
    assert len({fragment.name for fragment in FRAGMENTS}) == len(FRAGMENTS)
    assert {f"accepts.{fragment.name}" for fragment in FRAGMENTS} == {
        name for name in CASES if name.startswith("accepts")
    }
    for fragment in (*FRAGMENTS, *COMPANIONS):
        assert fragment.link.startswith("https://platform.claude.com/docs/en/"), fragment.name
        for base in fragment.on:
            assert base(PLAIN) not in (PLAIN, fragment.over(PLAIN)), fragment.name


def test_laying_a_fragment_leaves_the_request_under_it_alone() -> None:
    before = repr(PLAIN)
    for fragment in (*FRAGMENTS, *COMPANIONS):
        assert fragment.over(PLAIN) != PLAIN, fragment.name
    assert repr(PLAIN) == before


def _prefilled(asked: Asked) -> bool:
    messages = asked.body.get("messages") or [{}]
    return messages[-1].get("role") == "assistant"


@contextmanager
def refusing(times: int | None, which: Callable[[Asked], bool]) -> Iterator[str]:
    """A service that refuses some requests, so many times, or always."""
    left = [times]

    def refuse(asked: Asked) -> Answer | None:
        if not which(asked) or left[0] == 0:
            return None
        left[0] = None if left[0] is None else left[0] - 1
        return Answer(400, "the last turn must be the user's")

    with service(refuse) as url:
        yield url


@pytest.mark.parametrize(
    ("times", "which", "seen"),
    [
        (None, _prefilled, "rejected"),
        (1, _prefilled, "accepted"),
        (2, _prefilled, "inconclusive"),
        (None, lambda _: True, "inconclusive"),
    ],
    ids=["every time", "once", "twice", "everything"],
)
def test_one_passing_refusal_is_none(
    tmp_path: Path, times: int | None, which: Callable[[Asked], bool], seen: str
) -> None:
    with refusing(times, which) as url:
        cells = survey_at(url, tmp_path, features=["accepts.prefill"])
    assert cells["accepts.prefill::it_is_taken"][0] == seen


def test_a_service_without_tools_is_not_blamed_for_every_kind_of_tool(tmp_path: Path) -> None:
    with service(lambda asked: Answer(400, "tools: not supported") if asked.body.get("tools") else None) as url:
        cells = survey_at(url, tmp_path, features=["accepts.eager_tool", "accepts.failed_result", "accepts.no_tools"])
    assert {name: cell[0] for name, cell in cells.items()} == {
        "accepts.eager_tool::it_is_taken": "inconclusive",
        "accepts.failed_result::it_is_taken": "inconclusive",
        "accepts.no_tools::it_is_taken": "accepted",
    }
