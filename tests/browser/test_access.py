"""The page for everyone: axe has nothing to say of it, open or closed, in any light and language."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.report.recordings import exchange, recorded
from unit.report.rendered import page as rendered
from unit.report.reports import case, everything

axe_module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("access")
    made = everything()
    result = next(each for each in made["results"] if each["feature"] == "temperature")
    stream = 'event: ping\ndata: {"type":"ping"}\n\n' * 30
    arms = [{"name": name, "outcome": "200"} for name in ("control", "treatment")]
    one = case("M-1", "temperature", "honoured", "conforms", arms=arms, statistics=result["cases"][0]["statistics"])
    told = [
        exchange('{"temperature":1.0}', '{"content":[{"type":"text","text":"yes"}]}'),
        exchange(
            '{"temperature":0,"stream":true}', stream, arrivals=[(number, number * 37) for number in range(1, 31)]
        ),
    ]
    result["cases"] = [recorded(directory, one | {"signals": ["text", "status"]}, told)]
    (directory / "index.html").write_text(rendered(made, cassettes=directory), "utf-8")
    return directory / "index.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["", "?view=all&lang=zh", "?q=nothing", "#M-1--temperature", "#M-2--thinking"])
def test_axe_finds_no_violation(visit: Visit, path: Path, address: str, scheme: str) -> None:
    page = visit(path, address, color_scheme=scheme, reduced_motion="reduce")
    page.locator(".menu").first.evaluate("menu => { menu.open = true; }")
    found = axe_module.Axe().run(page)
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found.response["violations"]] == []


def test_everything_can_be_reached_and_done_by_keyboard(visit: Visit, path: Path) -> None:
    page = visit(path, "?view=all")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the grid"
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("(document.activeElement.closest('td, #views, #find, .menu, #scroller') ?? {}).id ?? ''")
        )
        if (
            "M-1--temperature" in reached
            and page.evaluate("document.activeElement.closest('td')?.id") == "M-1--temperature"
        ):
            break
    assert {"views", "find", "scroller", "M-1--temperature"} <= reached
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog").is_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.closest('td')?.id === 'M-1--temperature'")


def test_a_cell_is_announced_with_its_verdict_and_its_heads(visit: Visit, path: Path) -> None:
    page = visit(path, "?view=all")
    table = page.get_by_role("table", name="Parameters")
    assert table.get_by_role("columnheader").all_inner_texts() == ["feature", "documented", "M-1", "M-2"]
    assert table.get_by_role("rowheader", name="top_k").count() == 1
    assert table.get_by_role("link", name=re.compile(r"^honoured ?, exceeds$")).count() == 2
