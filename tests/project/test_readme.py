"""The README in Chinese says what the English one says, as far as a test can tell: its commands, links and tables."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = (ROOT.joinpath(name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))


def commands(text: str) -> list[str]:
    """What stands in blocks of code, without its comments."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [re.sub(r"(?:^|\s+)#.*", "", line) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def links(text: str) -> set[str]:
    """Files that are linked to; the other README aside."""
    return set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.zh-CN.md"}


def test_its_commands_are_the_same() -> None:
    assert commands(CHINESE) == commands(ENGLISH)


def test_its_links_are_the_same_and_lead_somewhere() -> None:
    assert links(CHINESE) == links(ENGLISH)
    assert [link for link in links(CHINESE) if "://" not in link and not (ROOT / link).exists()] == []


def test_its_sections_and_tables_are_the_same() -> None:
    for sign in ("#", "|", "- "):
        counts = [sum(line.startswith(sign) for line in text.splitlines()) for text in (CHINESE, ENGLISH)]
        assert counts[0] == counts[1], f"lines that begin with {sign}"
