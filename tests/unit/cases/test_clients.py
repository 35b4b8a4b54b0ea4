"""Clients' requests against services that refuse one thing of them, or answer badly: who is blamed, and for what."""

from __future__ import annotations

from pathlib import Path

import pytest
from services import Answer, Asked, Habit, service
from survey import survey_at

from conformance.cases import CASES
from conformance.cases.clients import MOST
from conformance.clients import CLIENTS
from conformance.run.matrix_run import open_matrix, select
from conformance.values import CaseResult

ROOT = Path(__file__).parents[3]
CLAUDE_CODE = "clients.claude_code::a_conversation_with_a_tool"


def results(
    directory: Path, *habits: Habit, feature: str = "clients.claude_code", **simulated: str
) -> dict[str, CaseResult]:
    """The results of a client's cases at the reference with habits in front of it."""
    options = {"personality": "reference", **simulated}
    with service(*habits, **options) as url:
        survey_at(url, directory, matrix="matrices/anthropic.yaml", features=[feature])
    name = "claude-sonnet-4-6"
    run = open_matrix(ROOT / "matrices/anthropic.yaml", "matrices/anthropic.yaml", directory, [name], live=False)
    found = {}
    for item in select(run, [feature]):
        result = run.judge.judge(item)
        found[f"{feature}::{item.case.name}"] = result
        assert result.requests <= 2 * (MOST + 2)
    return found


def seen(directory: Path, *habits: Habit, feature: str = "clients.claude_code", **simulated: str) -> dict[str, str]:
    """The same in words: behaviour and summary."""
    found = results(directory, *habits, feature=feature, **simulated)
    return {name: f"{result.behaviour}: {result.summary}" for name, result in found.items()}


def refusing(message: str, which: object) -> Habit:
    return lambda asked: Answer(400, message) if which(asked) else None  # type: ignore[operator]


def has_display(asked: Asked) -> bool:
    return "display" in asked.body.get("thinking", {})


def many_tools(asked: Asked) -> bool:
    return len(asked.body.get("tools", ())) > 4


def marked(asked: Asked) -> bool:
    return "'cache_control'" in str(asked.body.get("messages"))


def a_turn_of_the_system(asked: Asked) -> bool:
    return any(turn["role"] == "system" for turn in asked.body["messages"])


def has_beta(asked: Asked) -> bool:
    return "effort-2025-11-24" in asked.headers.get("anthropic-beta", "")


@pytest.mark.parametrize(
    ("message", "which", "blamed"),
    [
        (
            "invalid params, chat content has invalid message role: system (2013)",
            a_turn_of_the_system,
            "1].role: system",
        ),
        ("context_management: Extra inputs are not permitted", lambda a: a.has("context_management"), "context_manage"),
        ("bad request", lambda a: a.has("output_config"), "`output_config`"),
        ("no", has_display, "`thinking.display`"),
        ("too many", many_tools, "`tools: 12 of them`"),
        ("no", marked, "`messages: cache_control`"),
        ("unknown beta", has_beta, "`anthropic-beta: effort-2025-11-24`"),
    ],
    ids=["system turn", "named", "not named", "part", "tools", "marks", "beta"],
)
def test_the_piece_that_is_refused_is_blamed(tmp_path: Path, message: str, which: object, blamed: str) -> None:
    words = seen(tmp_path, refusing(message, which))[CLAUDE_CODE]
    assert words.startswith(f"rejected: the first request is refused for `{'messages[' if '1]' in blamed else ''}")
    assert blamed in words
    assert "without it the request is taken" in words


def test_two_pieces_that_are_refused_are_both_blamed(tmp_path: Path) -> None:
    habits = refusing("no", lambda a: a.has("metadata")), refusing("no", lambda a: a.has("thinking"))
    words = seen(tmp_path, *habits)[CLAUDE_CODE]
    assert "`metadata`" in words
    assert "`thinking`" in words
    assert "without them the request is taken" in words


ANTHROPICS = "messages.1.role: Input should be 'user' or 'assistant'"
MINIMAXS = "invalid params, chat content has invalid message role: system (2013)"


@pytest.mark.parametrize(
    ("message", "works"), [(ANTHROPICS, True), (MINIMAXS, False)], ids=["words it knows", "others"]
)
def test_what_the_client_does_depends_on_the_words_of_the_refusal(tmp_path: Path, message: str, works: bool) -> None:
    result = results(tmp_path, refusing(message, a_turn_of_the_system))[CLAUDE_CODE]
    (obstacle,) = result.obstacles
    assert (obstacle.what, obstacle.works, bool(obstacle.avoid)) == ("messages[1].role: system", works, not works)
    # Without the turn the conversation went on to its end: that is evidence, and not only that the piece is to blame.
    assert result.then == "honoured"
    assert "without it the request is taken: the call was made" in result.summary


def test_the_words_about_one_piece_are_not_held_for_those_about_another(tmp_path: Path) -> None:
    habits = refusing("no", lambda a: a.has("output_config")), refusing(ANTHROPICS, a_turn_of_the_system)
    result = results(tmp_path, *habits)[CLAUDE_CODE]
    assert {obstacle.what: obstacle.works for obstacle in result.obstacles} == {
        "output_config": False,
        "messages[1].role: system": True,
    }


def test_a_conversation_that_ends_all_the_same_is_told(tmp_path: Path) -> None:
    habits = refusing(MINIMAXS, a_turn_of_the_system), refusing("no results", lambda a: "tool_result" in str(a.body))
    result = results(tmp_path, *habits)[CLAUDE_CODE]
    assert (result.behaviour, result.then) == ("rejected", "rejected")
    assert "but the second request is refused all the same" in result.summary


def test_what_the_client_does_about_it_is_told(tmp_path: Path) -> None:
    words = seen(tmp_path, refusing("no", lambda a: a.has("output_config")))[CLAUDE_CODE]
    assert "Claude Code fails at once" in words
    words = seen(tmp_path / "2", refusing("invalid message role", a_turn_of_the_system))[CLAUDE_CODE]
    assert "to avoid it: give the model a name" in words


def test_a_prompt_that_is_too_long_is_not_blamed_on_a_piece(tmp_path: Path) -> None:
    words = seen(tmp_path, refusing("the context is too small", lambda asked: len(str(asked.body)) > 30_000))[
        CLAUDE_CODE
    ]
    assert "is refused for its length" in words


def test_who_refuses_everything_is_not_blamed(tmp_path: Path) -> None:
    assert seen(tmp_path, refusing("no", lambda _: True))[CLAUDE_CODE].startswith("inconclusive")


def test_one_passing_refusal_is_none(tmp_path: Path) -> None:
    left = [1]

    def once(asked: Asked) -> Answer | None:
        if not asked.has("output_config") or not left[0]:
            return None
        left[0] = 0
        return Answer(400, "try again")

    # The search finds what it takes for a culprit; the second take sees a service that refuses nothing.
    assert not seen(tmp_path, once)[CLAUDE_CODE].startswith("rejected")


@pytest.mark.parametrize(
    ("mutant", "client", "words"),
    [
        ("stream.event_names-missing", "claude_code", "asks every turn twice"),
        ("stream.blocks-never-stopped", "claude_code", "loses the call"),
    ],
)
def test_an_answer_the_client_cannot_live_with(tmp_path: Path, mutant: str, client: str, words: str) -> None:
    found = seen(tmp_path, feature=f"clients.{client}", mutant=mutant)[f"clients.{client}::a_conversation_with_a_tool"]
    assert found.startswith("ignored")
    assert words in found


def test_every_client_has_a_row_and_few_requests(tmp_path: Path) -> None:
    assert {f"clients.{path.stem}" for path in CLIENTS} == {name for name in CASES if name.startswith("clients.")}
    for path in CLIENTS:
        for name, words in seen(tmp_path / path.stem, feature=f"clients.{path.stem}").items():
            assert words.startswith("honoured"), (name, words)
