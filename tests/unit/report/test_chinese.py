"""Reports as a Chinese reader gets them: nothing is half translated, and what is quoted in English says so."""

import re

import pytest

from conformance.report.analysis import history as histories
from conformance.report.analysis.comparison import compare
from conformance.report.analysis.difference import diff
from conformance.report.language import quoted, read_language, speaking
from conformance.report.render import badge, html, markdown, terminal
from conformance.report.render.comparison import comparison
from conformance.report.render.difference import difference
from conformance.report.render.history import history
from conformance.report.render.sarif import sarif
from conformance.report.render.wrapping import cell_len, wrap
from unit.report.rendered import loaded, overview
from unit.report.reports import everything, report, row

OURS = report(
    row("top_k", seen="rejected", verdict="falls_short", summary="it is refused", recorded_at="2026-11-24T09:00:00Z"),
    row("top_k", "M-2", seen="honoured"),
    row("stream", seen=None, verdict="not_run", reason="not recorded yet"),
    row("metadata", documented="ignored"),
    row("system", group="messages", seen="inconclusive", verdict="inconclusive", reason="the model says nothing"),
    row("clients.langchain", group="clients", documented="undocumented", verdict=None),
    row(
        "clients.langchain",
        "M-2",
        group="clients",
        documented="undocumented",
        seen="rejected",
        verdict=None,
        summary="its first request is refused",
    ),
)
THEIRS = report(
    row("top_k", seen="honoured"),
    row("top_k", "M-2", seen="ignored", verdict="falls_short"),
    row("stream", source="live"),
    row("metadata", seen="inconclusive", verdict="inconclusive"),
    row("container", seen="accepted", group="tools"),
    target={"name": "other", "title": "Other", "endpoint": "https://o.example", "matrix": "matrix.yaml"},
)


def renderings() -> dict[str, str]:
    """Every rendering there is but the page, which the browser reads."""
    reports = [overview(made) for made in (everything(), OURS, report(row("top_k", source="live")), report())]
    before, now = loaded("old/report.json", THEIRS | {"target": OURS["target"]}), loaded("new/report.json", OURS)
    layouts = {
        "comparison": comparison(compare([loaded("a/report.json", OURS), loaded("b/report.json", THEIRS)])),
        "difference": difference(diff(before, now)),
        "no difference": difference(diff(now, now)),
        "history": history(histories.history([before, now])),
    }
    return {
        **{f"report {i}": markdown.report(one) for i, one in enumerate(reports)},
        **{f"summary {i}": markdown.summary(one) for i, one in enumerate(reports)},
        **{f"end {i}": "\n".join(terminal.lines(one)) for i, one in enumerate(reports)},
        **{f"answers {i}": "\n".join(terminal.lines(one, asked=True)) for i, one in enumerate(reports)},
        **{f"badge {i}": badge.svg(one) for i, one in enumerate(reports)},
        **{f"{name} in Markdown": markdown.document(made) for name, made in layouts.items()},
        **{f"{name} as text": terminal.document(made) for name, made in layouts.items()},
        **{
            f"alert {i}": found["message"]["text"]
            for i, found in enumerate(sarif(reports[0], lambda _: 1)["runs"][0]["results"])
        },
    }


with speaking("zh"):
    CHINESE = renderings()


@pytest.mark.parametrize("name", CHINESE)
def test_no_sentence_is_english_that_is_not_marked_as_such(name: str) -> None:
    bare = re.sub(r"【英文】[^\n]*|`[^`]*`|<[^>]*>", "", CHINESE[name])
    assert not re.findall(r"[a-z]{2,} [a-z]{2,}|SIMULATED", bare)
    assert re.search("[\u4e00-\u9fff]", bare)


@pytest.mark.parametrize("name", CHINESE)
def test_the_punctuation_is_chinese_as_well(name: str) -> None:
    assert not re.findall(
        r"[^\n]{0,20}(?:[\u4e00-\u9fff`*][,;:](?!:)| ?\([\u4e00-\u9fff]|：：|。\.|。 )", CHINESE[name]
    )


def test_in_english_nothing_is_marked() -> None:
    assert not [name for name, text in renderings().items() if re.search("[【】。，：（）\u4e00-\u9fff]", text)]


def test_only_what_is_english_is_marked_as_english() -> None:
    assert quoted("the model says nothing") == "the model says nothing"
    with speaking("zh"):
        assert quoted("the model says nothing") == "【英文】the model says nothing"
        assert quoted("it answers 400: '参数错误'") == "【英文】it answers 400: '参数错误'"
        assert quoted("参数 top_k 会被忽略") == "参数 top_k 会被忽略"
        assert quoted("400") == "400"


def test_a_notice_of_old_evidence_is_not_called_simulated() -> None:
    old = overview(report(row("top_k", source="live"), notice="Stale evidence: 1 of 1 rows."))
    assert old.notice == "Stale evidence: 1 of 1 rows."
    with speaking("zh"):
        assert old.notice == "【英文】Stale evidence: 1 of 1 rows."
        assert "模拟证据。" not in re.sub("<script.*?</script>", "", html.render(old, lang="zh"), flags=re.DOTALL)


@pytest.mark.parametrize("text", ["zh", "zh-CN", "ZH_Hans", " zh "])
def test_a_language_is_known_by_its_longer_names_too(text: str) -> None:
    assert read_language(text) == "zh"


def test_a_line_ends_between_two_characters_and_never_before_a_comma() -> None:
    text = "单元格写的是实测行为，括号内为文档所述；计数按模型计（top_k 与 temperature 除外）。" * 3
    found = wrap(text, 40, "  ", "    ")
    assert "".join(line.strip() for line in found).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= 40 for line in found)
    assert all(cell_len(line) >= 26 for line in found[:-1])
    assert not [line for line in found if line.lstrip()[0] in "，。；：）" or line[-1] == "（"]
