"""The site in a browser: search and comparison without a server, both languages, and axe."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from unit.report.rendered import typed
from unit.report.reports import everything, report, row

from conformance.report.escape import json_text

Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of a simulated provider, and of two that are not."""
    directory = tmp_path_factory.mktemp("site")
    acme = {"group": "clients", "documented": "undocumented", "verdict": None, "source": "live"}
    one = report(row("top_k", source="live"), row("temperature", source="live"))
    two = report(row("top_k", source="live", seen="ignored", verdict="falls_short"), row("temperature", source="live"))
    three = report(row("clients.acme", **acme))
    for name, made in (("minimax", everything()), ("three", three), ("one", one), ("two", two)):
        made["target"] |= {"name": name, "title": name.title()}
        path = directory / "reports" / name / "report.json"
        path.parent.mkdir(parents=True)
        path.write_text(json_text(typed(made).data()), "utf-8")
    command = [sys.executable, "-m", "conformance", "site", "reports", "--output", "out"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return directory / "out"


def test_the_search_finds_features_and_providers(visit: Visit, site: Path) -> None:
    page = visit(site / "index.html")
    page.locator("#find").fill("top_k")
    assert page.locator("#found li").all_inner_texts() == ["top_k"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/features/top_k.html")
    page.locator("#find").fill("two")
    page.locator("#found a").click()
    page.wait_for_url("**/providers/two.html")


def test_a_comparison_is_chosen_in_the_address(visit: Visit, site: Path) -> None:
    page = visit(site / "compare.html", "?providers=one,two")
    assert page.locator("#compared tbody th").all_inner_texts() == ["top_k"]
    page.locator("#only").uncheck()
    assert page.locator("#compared tbody th").all_inner_texts() == ["temperature", "top_k"]
    page.get_by_label("Minimax").check()
    assert "simulated" in page.locator("#compared thead").inner_text()
    page.get_by_label("Minimax").uncheck()
    page.get_by_label("Two").uncheck()
    assert page.locator("#none").is_visible()


@pytest.mark.parametrize(
    "path", ["index.html", "features/top_k.html", "clients/acme.html", "providers/minimax.html", "compare.html"]
)
def test_the_other_language_is_a_link_away_and_back(visit: Visit, site: Path, path: str) -> None:
    page = visit(site / path)
    page.get_by_role("link", name="中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.get_by_role("link", name="English").click()
    assert page.url == (site / path).as_uri()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "index.html",
        "features/top_k.html",
        "clients/acme.html",
        "zh/providers/minimax.html",
        "compare.html?providers=minimax,one,two&only=all",
    ],
)
def test_axe_finds_nothing_and_a_phone_shows_it_all(visit: Visit, site: Path, path: str, theme: str) -> None:
    name, _, query = path.partition("?")
    page = visit(site / name, f"?{query}" if query else "", color_scheme=theme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
