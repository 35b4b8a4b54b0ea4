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
from conformance.cases.fragments import COMPANIONS, FRAGMENTS, PLAIN, POOLS, Fragment, composed, pool_of

CLAUDE = {"matrix": "matrices/anthropic.yaml", "model": "claude-sonnet-4-6"}


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


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool[0])
def test_the_reference_takes_every_pool(reference: str, pool: tuple[str, ...]) -> None:
    fragments = pool_of(next(fragment for fragment in FRAGMENTS if fragment.name == pool[0]))
    assert tuple(fragment.name for fragment in fragments) == pool
    answer = asked(reference, *fragments)
    assert answer.status_code == 200, answer.text
    assert answer.json()["content"]


def holds(whole: object, part: object) -> bool:
    """Whether all of a request is in another one, in its order."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(name in whole and holds(whole[name], value) for name, value in part.items())
    if isinstance(whole, list) and isinstance(part, list) and part:
        left = iter(whole)
        return all(any(holds(item, wanted) for item in left) for wanted in part)
    return whole == part


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool[0])
def test_no_fragment_of_a_pool_hides_another(pool: tuple[str, ...]) -> None:
    fragments = [fragment for fragment in FRAGMENTS if fragment.name in pool]
    together = composed(PLAIN, pool_of(fragments[0]))
    headers = {frozenset(fragment.over(PLAIN).headers.items()) for fragment in fragments}
    for fragment in fragments:
        alone = fragment.over(PLAIN)
        bare = {name: value for name, value in alone.body.items() if (name, value) not in PLAIN.body.items()}
        if "messages" in bare and isinstance(alone.body["messages"][-1]["content"], str):
            # The question is one, and another fragment of the pool may have made a block of it.
            bare["messages"] = alone.body["messages"][:-1]
        assert holds(together.body, bare), fragment.name
        for names in alone.headers.values():
            assert set(names.split(",")) <= set(together.headers["anthropic-beta"].split(","))
    names = [tool["name"] for tool in together.body.get("tools", [])]
    assert len(names) == len(set(names))
    assert len(headers) == 1 or pool[0] == "deferred_tool"


def test_a_fragment_is_in_one_pool_at_most() -> None:
    named = [name for pool in POOLS for name in pool]
    assert len(named) == len(set(named))
    assert set(named) < {fragment.name for fragment in FRAGMENTS}


def test_of_a_pool_only_what_is_refused_alone_is_rejected(tmp_path: Path) -> None:
    """The pool is refused, and so each is asked for itself."""
    pool = next(pool for pool in POOLS if "strict_tool" in pool)

    def strict(asked: Asked) -> Answer | None:
        refused = any("strict" in tool for tool in asked.body.get("tools") or [])
        return Answer(400, "tools.0.strict: Extra inputs are not permitted") if refused else None

    with service(strict, personality="reference") as url:
        cells = survey_at(url, tmp_path, features=[f"accepts.{name}" for name in pool], **CLAUDE)
    seen = {name.split("::")[0].removeprefix("accepts."): cell[0] for name, cell in cells.items()}
    assert seen == {name: "rejected" if name == "strict_tool" else "accepted" for name in pool}


def test_a_pool_that_is_taken_is_asked_once(tmp_path: Path) -> None:
    asked: list[Asked] = []

    def count(request: Asked) -> None:
        if request.body.get("tools"):
            asked.append(request)

    pool = next(pool for pool in POOLS if "strict_tool" in pool)
    with service(count, personality="reference") as url:
        cells = survey_at(url, tmp_path, features=[f"accepts.{name}" for name in pool], **CLAUDE)
    assert {cell[0] for cell in cells.values()} == {"accepted"}
    assert len(asked) == 1


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
