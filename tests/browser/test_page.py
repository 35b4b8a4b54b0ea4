"""The page in a browser: what a reader does with it, from a file, without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.report.recordings import exchange, recorded
from unit.report.rendered import page as rendered
from unit.report.reports import case, claim, everything, report, row

Visit = Callable[..., Any]


def sent(**more: Any) -> str:
    """A request as the SDK would send it: 1.0 stays 1.0."""
    return json.dumps({"model": "M-1", "max_tokens": 16, **more}, separators=(",", ":"))


def drawn(cassettes: Path) -> dict[str, Any]:
    """A sampled parameter with its recordings, and a stream."""
    answers = ['{"content":[{"type":"text","text":"Once"}],"stop_reason":"end_turn"}'] * 2
    arms = [{"name": "control", "outcome": "200, text"}, {"name": "treatment", "outcome": "200, text"}]
    statistics = {"treatment": [4], "control": [1, 1, 1, 1], "error": 0.001}
    one = case("M-1", "temperature", "honoured", "conforms", arms=arms, statistics=statistics, signals=["openings"])
    requests = [sent(temperature=1.0), sent(temperature=0.01)]
    one = recorded(cassettes, one, [exchange(*pair) for pair in zip(requests, answers, strict=True)])
    stream = "".join(f'event: {kind}\ndata: {{"type":"{kind}"}}\n\n' for kind in ("message_start", "message_stop"))
    two = case("M-1", "stream", "honoured", "conforms", arms=[{"name": "streamed", "outcome": "200"}])
    two = recorded(cassettes, two, [exchange(sent(stream=True), stream, arrivals=[(10, 60), (900, len(stream))])])
    return report(row("temperature", cases=[one]), row("stream", group="stream", cases=[two]))


@pytest.fixture(scope="module")
def page_of_everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(rendered(everything()), "utf-8")
    return path


@pytest.fixture(scope="module")
def page_of_draws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("draws")
    path = directory / "index.html"
    path.write_text(rendered(drawn(directory / "cassettes"), cassettes=directory / "cassettes"), "utf-8")
    return path


def shown(page: Any) -> list[str]:
    """The features whose rows can be seen."""
    return page.eval_on_selector_all(
        ".grid tbody tr", "rows => rows.filter(row => row.offsetParent !== null).map(row => row.dataset.f)"
    )


def columns(page: Any) -> list[str]:
    head = page.locator(".grid:visible thead").first.locator("th:visible")
    return head.all_inner_texts()[2:]


DIFFERING = ["messages", "top_k", "metadata", "messages.image"]


def test_it_opens_with_what_differs(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    assert shown(page) == DIFFERING
    assert page.locator("#shown").inner_text() == "4 of 12 rows"


def test_it_opens_with_everything_where_nothing_differs(visit: Visit, page_of_draws: Path) -> None:
    page = visit(page_of_draws)
    assert shown(page) == ["temperature", "stream"]
    assert page.locator("#agrees").is_visible()


def test_the_views_are_in_the_address(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    page.get_by_role("button", name=re.compile("Not decided")).click()
    assert shown(page) == ["stop_sequences", "limits.context_window"]
    assert page.url.endswith("?view=open")
    page.reload()
    assert shown(page) == ["stop_sequences", "limits.context_window"]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("verdict=exceeds", ["top_k"]),
        ("verdict=exceeds&verdict=inconclusive", ["top_k", "stop_sequences"]),
        ("seen=rejected", ["metadata"]),
        ("group=limits", ["limits.context_window", "limits.output_speed"]),
        ("q=MESSAGES.im", ["messages.image"]),
        ("seen=ignored&model=M-1", ["messages", "messages.image"]),
        ("verdict=nonsense&group=tools", ["tools.parallel"]),
        ("q=nothing-of-the-kind", []),
    ],
)
def test_every_filter_can_be_a_link(visit: Visit, page_of_everything: Path, query: str, rows: list[str]) -> None:
    page = visit(page_of_everything, f"?{query}")
    assert shown(page) == rows
    assert page.locator("#nothing").is_visible() == (not rows)


def test_filters_are_chosen_by_keyboard_and_end_in_the_address(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    summary = page.locator(".menu[data-filter=seen] summary")
    summary.focus()
    page.keyboard.press("Enter")
    page.get_by_label("rejected").focus()
    page.keyboard.press("Space")
    assert shown(page) == ["metadata"]
    assert page.url.endswith("?seen=rejected")
    assert "rejected" in summary.inner_text()
    page.keyboard.press("Escape")
    assert not page.get_by_label("rejected").is_visible()
    page.locator("#clear").click()
    assert shown(page) == DIFFERING
    assert "?" not in page.url


def test_a_model_is_a_column(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything, "?model=M-2")
    assert columns(page) == ["M-2"]
    assert page.locator(".grid:visible tbody tr:visible").first.locator("td:visible").count() == 2
    page.locator("#clear").click()
    assert columns(page) == ["M-1", "M-2"]


def test_a_count_at_the_head_is_a_filter(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    page.locator("#tally button.inconclusive").click()
    assert shown(page) == ["stop_sequences"]
    assert page.locator("#tally button.inconclusive").get_attribute("aria-pressed") == "true"
    page.locator("#tally button.inconclusive").click()
    assert shown(page) == DIFFERING


def test_text_is_searched_as_it_is_typed(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    page.locator("#find").press_sequentially("temper")
    assert shown(page) == ["temperature"]
    assert page.url.endswith("?q=temper")


def test_a_cell_opens_its_evidence_and_has_an_address(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    page.locator("[id='M-2--metadata'] a").click()
    assert page.url.endswith("#M-2--metadata")
    drawer = page.get_by_role("dialog")
    assert "M-2 says 400: no" in drawer.inner_text()
    assert "reported to the provider" in drawer.inner_text()
    assert "SIMULATED" in drawer.inner_text()
    page.keyboard.press("Escape")
    assert not drawer.is_visible()
    page.wait_for_function("location.hash === ''")
    assert page.evaluate("document.activeElement.closest('td').id") == "M-2--metadata"


def test_a_link_to_a_cell_that_is_filtered_away_still_opens_it(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything, "?q=top_k&model=M-1#M-2--temperature")
    assert "M-2" in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("[id='M-2--temperature']").is_visible()


def test_the_back_button_closes_what_a_click_opened(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    page.locator("[id='M-1--top_k'] a").click()
    assert page.get_by_role("dialog").is_visible()
    page.go_back()
    assert not page.get_by_role("dialog").is_visible()
    page.go_forward()
    assert "top_k" in page.get_by_role("dialog").inner_text()


def test_the_next_cell_is_a_key_away(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything, "#M-1--top_k")
    page.keyboard.press("ArrowRight")
    assert page.url.endswith("#M-2--top_k")
    page.get_by_role("button", name="Next feature").click()
    assert page.url.endswith("#M-2--metadata")


def test_the_documentation_is_quoted_with_its_contradiction(visit: Visit, page_of_everything: Path) -> None:
    text = visit(page_of_everything, "#M-2--thinking").get_by_role("dialog").inner_text()
    assert "reasoning content is supported" in text
    assert re.search(r"thinking among them, are ignored.*✓ holds", text)
    assert "read 2026-11-01" in text


def test_without_recordings_it_says_so(visit: Visit, page_of_everything: Path) -> None:
    text = visit(page_of_everything, "#M-1--temperature").get_by_role("dialog").inner_text()
    assert "The recording is not at hand" in text
    assert "1 opening in 8 draws" in text
    assert "a public study" in text


def test_arms_stand_side_by_side_with_the_lines_that_matter_marked(visit: Visit, page_of_draws: Path) -> None:
    page = visit(page_of_draws, "#M-1--temperature")
    control, treatment = page.locator(".arm").all()
    assert control.bounding_box()["y"] == treatment.bounding_box()["y"]
    assert '"temperature": 1.0' in control.inner_text(), "a number is shown as it was sent"
    assert treatment.locator("pre").first.locator("mark").all_inner_texts() == ['  "temperature": 0.01']
    assert control.locator("pre").first.locator("mark").count() == 0
    assert treatment.locator("pre").last.locator("mark").all_inner_texts() == ['      "text": "Once"']
    assert page.locator(".draws rect.treatment").count() == 1
    assert page.locator(".draws rect.control").count() == 4
    fill = page.locator(".draws rect.treatment").evaluate("rect => getComputedStyle(rect).fill")
    assert fill not in ("none", "rgb(0, 0, 0)"), "the colour of the bars has got lost"


def test_two_lines_can_be_copied(visit: Visit, page_of_draws: Path) -> None:
    page = visit(page_of_draws, "#M-1--temperature", permissions=["clipboard-read", "clipboard-write"])
    page.locator(".arm").last.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == (
        "curl -sS 'https://api.minimaxi.com/anthropic/v1/messages'"
        " -H \"authorization: Bearer $API_KEY\" -H 'content-type: application/json'"
        ' --data-raw \'{"model":"M-1","max_tokens":16,"temperature":0.01}\''
    )
    page.locator(".sums .line").get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "pytest 'matrix.yaml::M-1::temperature::works'"


def test_a_stream_is_a_time_line(visit: Visit, page_of_draws: Path) -> None:
    lines = visit(page_of_draws, "#M-1--stream").locator(".timeline tbody tr").all_inner_texts()
    assert [re.sub(r"\s+", " ", line).strip() for line in lines] == [
        '10 message_start {"type":"message_start"}',
        '900 message_stop {"type":"message_stop"}',
    ]


def test_dark_is_what_the_system_says_or_the_reader(visit: Visit, page_of_everything: Path) -> None:
    def paper(page: Any) -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    def reloaded(page: Any) -> str:
        page.reload()
        return paper(page)

    light = paper(visit(page_of_everything, color_scheme="light"))
    page = visit(page_of_everything, color_scheme="dark")
    dark = paper(page)
    assert light != dark
    page.get_by_role("button", name="Light").click()
    assert paper(page) == light
    # What a page has stored comes to the next one's process in its own time: a busy machine has been too quick for it.
    assert light in map(reloaded, [page] * 20)
    page.get_by_role("button", name="Auto").click()
    assert paper(page) == dark


def test_it_speaks_chinese_at_once_and_again_after_a_reload(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    page.get_by_role("button", name="中文").click()
    page.locator("[id='M-1--top_k'] a").click()
    for _ in range(2):
        assert page.locator("html").get_attribute("lang") == "zh-Hans"
        assert "偏差" in page.locator("#deviations").inner_text()
        assert page.locator("[id='M-1--top_k'] a").inner_text().startswith("生效")
        assert "文档怎么说" in page.get_by_role("dialog").inner_text()
        assert page.get_by_role("dialog").locator("p[lang=en]").first.is_visible()
        assert "一致性报告" in page.title()
        page.reload()


def test_a_page_can_be_made_in_chinese_and_turned_into_english(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "zh.html").write_text(rendered(everything(), lang="zh"), "utf-8")
    (tmp_path / "en.html").write_text(rendered(everything()), "utf-8")
    made = visit(tmp_path / "zh.html")
    assert "模拟证据" in made.locator(".notice").inner_text()
    made.get_by_role("button", name="English").click()
    text = "main"
    assert made.locator(text).inner_text() == visit(tmp_path / "en.html").locator(text).inner_text()


def test_every_word_on_the_page_is_turned(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "zh.html").write_text(rendered(everything(), lang="zh"), "utf-8")
    (tmp_path / "en.html").write_text(rendered(everything()), "utf-8")
    turned = visit(tmp_path / "en.html", "?lang=zh").locator("body").inner_text()
    assert turned == visit(tmp_path / "zh.html").locator("body").inner_text()


def test_on_a_phone_the_page_is_as_wide_as_the_phone(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything, "?view=all")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("[id='M-1--top_k'] a").click()
    assert page.get_by_role("dialog").evaluate("dialog => dialog.scrollWidth") <= 360


def test_the_heads_of_the_table_stay_in_sight(visit: Visit, tmp_path: Path) -> None:
    rows = [row(f"f{number}") for number in range(100)]
    (tmp_path / "long.html").write_text(rendered(report(*rows)), "utf-8")
    page = visit(tmp_path / "long.html", "?view=all")
    page.locator("[id='M-1--f60']").scroll_into_view_if_needed()
    head = page.locator(".grid thead th").last.bounding_box()
    bar = page.locator("#filters").bounding_box()
    assert bar["y"] == pytest.approx(0, abs=1)
    assert head["y"] == pytest.approx(bar["height"], abs=1.5)


def test_a_grid_of_many_models_scrolls_in_its_box_under_its_heads(visit: Visit, tmp_path: Path) -> None:
    rows = [row(f"f{number}", f"model-{model}") for number in range(80) for model in range(40)]
    (tmp_path / "large.html").write_text(rendered(report(*rows)), "utf-8")
    page = visit(tmp_path / "large.html")
    page.locator("#scroller").evaluate("box => box.scrollTo(box.scrollWidth, 1200)")
    box, cell = page.locator("#scroller").bounding_box(), page.locator("[id='model-39--f45']").bounding_box()
    assert box["x"] < cell["x"] < box["x"] + box["width"], "the last model is in sight"
    head = page.locator(".grid thead th").last.bounding_box()
    assert head["y"] == pytest.approx(box["y"], abs=1.5)
    name = page.locator("[data-f=f45] th").bounding_box()
    assert name["x"] == pytest.approx(box["x"], abs=1.5)


def test_paper_shows_the_grid_and_the_warning_and_no_controls(visit: Visit, page_of_everything: Path) -> None:
    page = visit(page_of_everything)
    page.emulate_media(media="print")
    assert page.locator(".notice").is_visible()
    assert page.locator("[id='M-1--top_k']").is_visible()
    assert not page.locator("#filters").is_visible()


def test_it_can_be_read_without_its_script(browser: Any, page_of_everything: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_of_everything.as_uri())
    assert page.locator("[id='M-1--temperature']").is_visible(), "without a script nothing is filtered"
    assert page.locator("noscript").inner_text().startswith("Filters")
    context.close()


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString"])
def test_a_name_that_every_object_has_is_a_name_like_any_other(visit: Visit, tmp_path: Path, name: str) -> None:
    made = report(row(name, name, signals=[name]), claims=[claim(name)] if name != "toString" else [])
    (tmp_path / "index.html").write_text(rendered(made), "utf-8")
    page = visit(tmp_path / "index.html", f"#{name}--{name}")
    assert "seen as it should be" in page.get_by_role("dialog").inner_text()
