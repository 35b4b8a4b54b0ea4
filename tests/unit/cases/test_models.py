"""Which names are one model's, and which are another's."""

from __future__ import annotations

import pytest

from conformance.cases.models import same_model


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("MiniMax-M2.5", "minimax-m2-5"),
        ("MiniMax-M2.5", "minimax_m2.5"),
        ("MiniMax-M2.5", "minimax-m2-5-20260101"),
        ("MiniMax-M2.5", "MiniMax/MiniMax-M2.5"),
        ("openrouter/minimax/minimax-m2.5", "MiniMax-M2.5"),
        ("MiniMax-M2", "MiniMax-M2@2025-10-01"),
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-haiku-4-5-latest", "claude-haiku-4-5-20251001"),
        ("claude-sonnet-4-6", "us.anthropic.claude-sonnet-4-6-20260101-v1:0"),
        ("deepseek-v3", "deepseek-v3-0324"),
        ("qwen3:4b", "qwen3:4b"),
        ("qwen3", "qwen3:latest"),
    ],
)
def test_another_way_to_write_a_name(asked: str, answered: str) -> None:
    assert same_model(asked, answered)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("MiniMax-M2", "MiniMax-M2.5"),
        ("MiniMax-M2", "MiniMax-M2.2"),
        ("MiniMax-M2.5", "MiniMax-M2"),
        ("MiniMax-M2.7", "MiniMax-M2.7-highspeed"),
        ("MiniMax-M2.7-highspeed", "MiniMax-M2.7"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20260101"),
        ("claude-sonnet-4", "claude-sonnet-4-6"),
        ("mistral:7b", "llama:7b"),
        ("gpt-4", "gpt-4o"),
    ],
)
def test_another_model(asked: str, answered: str) -> None:
    assert not same_model(asked, answered)
