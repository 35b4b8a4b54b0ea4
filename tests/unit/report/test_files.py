"""The files of a report: whole, the same every time, and none of them half."""

import json
from pathlib import Path

import pytest

from conformance.report.files import append_step_summary, write
from conformance.report.render import html

from .rendered import typed
from .reports import everything, report, row

NAMES = ["badge.json", "badge.svg", "client-profile.json", "index.html", "report.json", "report.md", "summary.md"]


def test_these_files_and_nothing_else(tmp_path: Path) -> None:
    write(typed(everything()), tmp_path / "reports" / "minimax")
    assert sorted(path.name for path in (tmp_path / "reports" / "minimax").iterdir()) == NAMES


def test_the_same_report_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(typed(everything()), tmp_path / name)
    for name in NAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_json_is_the_report_in_its_order(tmp_path: Path) -> None:
    write(typed(everything()), tmp_path)
    text = (tmp_path / "report.json").read_text("utf-8")
    assert json.loads(text) == everything()
    assert list(json.loads(text)) == list(everything())
    assert text.endswith("}\n")
    assert len(text.splitlines()) > 100


def test_text_of_any_language_and_half_characters_can_be_written(tmp_path: Path) -> None:
    words = "支持 \ud800 \x1b[31m"
    write(typed(report(row("top_k", summary=words))), tmp_path)
    read = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert read["results"][0]["cases"][0]["summary"] == words
    assert "支持" in (tmp_path / "report.json").read_text("utf-8")


def test_an_older_report_is_replaced(tmp_path: Path) -> None:
    write(typed(report(row("top_k"))), tmp_path)
    write(typed(report(row("top_p"))), tmp_path)
    assert "top_k" not in "".join((tmp_path / name).read_text("utf-8") for name in NAMES)


def test_a_fault_leaves_the_older_report_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(typed(report(row("top_k"))), tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in NAMES}

    def faulty(_: object, **options: object) -> str:
        raise RuntimeError("a fault of the suite")

    monkeypatch.setattr(html, "render", faulty)
    with pytest.raises(RuntimeError):
        write(typed(report(row("top_p"))), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_summary_of_a_workflow_is_added_to_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    append_step_summary(typed(everything()))
    assert list(tmp_path.iterdir()) == []
    file = tmp_path / "summary"
    file.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    append_step_summary(typed(everything()))
    assert file.read_text("utf-8").startswith("before\n## MiniMax: conformance")


@pytest.mark.parametrize(
    "page", sorted(Path(__file__).parents[3].glob("reports/*/index.html")), ids=lambda p: p.parent.name
)
def test_a_page_that_is_committed_is_small(page: Path) -> None:
    assert page.stat().st_size < 3_000_000
