"""What a live run will cost, and how far it is: figures and displays, without a service."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from front_door import MODEL, ROOT, Project, edit

from conformance.__main__ import main
from conformance.http.budget import Budget
from conformance.http.cassette import Cassette, sweep
from conformance.matrix import load
from conformance.outcomes import Recorded, Troubled
from conformance.run.plan import Planned, plan
from conformance.run.progress import Display, Lines, watch_for
from conformance.run.workers import Watch

FEATURES = ["--feature", "system", "--feature", "stream"]


def estimated(capsys: pytest.CaptureFixture[str], *args: str | Path) -> str:
    assert main(["estimate", *map(str, args)]) == 0
    return capsys.readouterr().out


def requests(text: str, name: str) -> int:
    found = re.search(rf"^{re.escape(name)} +(\d+) ", text, re.MULTILINE)
    assert found, text
    return int(found[1])


def test_figures_are_those_of_the_recordings(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    text = estimated(capsys, project.matrix, "--cassettes", project.path / "cassettes", "--model", MODEL, *FEATURES)
    directory = project.path / "cassettes" / "minimax" / MODEL
    cassettes = [
        Cassette.load(file) for feature in ("system", "stream*") for file in directory.glob(f"{feature}/*.yaml")
    ]
    exchanges = [exchange for cassette in cassettes for exchange in cassette.exchanges]
    # What cases share was asked once, and is the need of one of them.
    shared = {exchange.request_body for exchange in exchanges if exchange.shared}
    own = sum(not exchange.shared for exchange in exchanges)
    assert requests(text, MODEL) == requests(text, "all") == own + len(shared)
    assert f"{len(cassettes)} of {len(cassettes)} cases by recordings of the simulator" in text
    assert re.search(r"^prices: MiniMax: pay as you go, https://", text, re.MULTILINE)
    assert re.search(rf"^{MODEL} .*\$0\.\d+ ", text, re.MULTILINE)


def test_what_cases_share_is_needed_once(fresh: Project, capsys: pytest.CaptureFixture[str]) -> None:
    alone = [
        requests(estimated(capsys, fresh.matrix, "--cassettes", fresh.path / "none", "--model", MODEL, *feature), MODEL)
        for feature in (["--feature", "metadata"], ["--feature", "container"])
    ]
    options = ["--model", MODEL, "--feature", "metadata", "--feature", "container"]
    together = estimated(capsys, fresh.matrix, "--cassettes", fresh.path / "none", *options)
    assert requests(together, MODEL) == sum(alone) - 1  # the plain hello is the control of both


def test_another_models_recordings_stand_in(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    text = estimated(capsys, project.matrix, "--cassettes", project.path / "cassettes", *FEATURES)
    assert requests(text, "MiniMax-M2") == requests(text, MODEL)
    assert f", of {MODEL}" in text


def test_what_was_never_recorded_is_counted_dry(fresh: Project, capsys: pytest.CaptureFixture[str]) -> None:
    dry = estimated(capsys, fresh.matrix, "--cassettes", fresh.path / "none", "--model", MODEL)
    real = estimated(capsys, fresh.matrix, "--cassettes", ROOT / "cassettes", "--model", MODEL)
    assert "cases by a dry run" in dry
    # A dry run cannot foresee what is going to be seen twice: second takes are left out.
    recorded = [Cassette.load(path) for path in (ROOT / "cassettes" / "minimax" / MODEL).glob("*/*.yaml")]
    again = sum(not exchange.shared for one in recorded for exchange in one.exchanges[one.takes[0] :])
    assert 0.8 <= requests(dry, MODEL) / (requests(real, MODEL) - again) <= 1.5


def test_a_model_without_a_price_says_so(fresh: Project, capsys: pytest.CaptureFixture[str]) -> None:
    edit(fresh.matrix, "price: {input: 0.30, output: 1.20, cache_read: 0.06, cache_write: 0.375, source: prices}", "")
    text = estimated(capsys, fresh.matrix, "--cassettes", fresh.path / "none", "--model", MODEL, *FEATURES)
    assert re.search(rf"^{MODEL} .* unknown ", text, re.MULTILINE)
    assert f"no price in {fresh.matrix}: {MODEL}" in text


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nothing.yaml"], "cannot be read"),
        (["matrix.yaml", "--feature", "topk"], "did you mean 'top_k'?"),
        (["matrix.yaml", "--rpm", "0"], "--rpm must be more than 0"),
    ],
)
def test_a_mistake_is_one_line(fresh: Project, capsys: pytest.CaptureFixture[str], args: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(["estimate", *args])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


# --- progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def some() -> list[Planned]:
    return [item for item in plan(load(ROOT / "matrix.yaml"), [MODEL]) if item.asks][:4]


def watched(watch: Watch) -> None:
    """A run of four cases of two requests each, one of which has no recording."""
    items = some()
    watch.begin({item.slug: 2 for item in items}, Budget())
    for number, item in enumerate(items):
        watch.started(item)
        watch.tick()
        watch.ended(item, Recorded() if number else Troubled("network", "gone"))
    watch.end()


def test_a_terminal_gets_a_display() -> None:
    terminal, said = Terminal(), list[str]()
    watch = watch_for(said.append, terminal)
    assert isinstance(watch, Display)
    watched(watch)
    shown = terminal.getvalue()
    assert MODEL in shown
    assert "4 of 4 cases, 1 without a recording, 0 requests, 0 in flight" in shown
    assert "\x1b[?25h" in shown  # the cursor is back
    assert said == []


def test_no_terminal_gets_lines_now_and_then() -> None:
    said, now = list[str](), [0.0]
    watch = Lines(said.append, lambda: now[0])
    items = some()
    watch.begin({item.slug: 2 for item in items}, Budget())
    for item in items:
        watch.started(item)
        watch.ended(item, Recorded())
        now[0] += 20
        watch.tick()
    watch.end()
    assert [line.partition(",")[0] for line in said] == ["2 of 4 cases", "4 of 4 cases", "4 of 4 cases"]


def test_quiet_gets_nothing() -> None:
    terminal, said = Terminal(), list[str]()
    watched(watch_for(said.append, terminal, quiet=True))
    assert (terminal.getvalue(), said) == ("", [])


# --- files


def test_what_a_killed_run_left_is_swept_up_and_what_another_writes_is_not(tmp_path: Path) -> None:
    left = tmp_path / "model" / ".4194305-abc.part"  # a process number Linux does not give
    left.parent.mkdir()
    mine, others = tmp_path / f".{os.getpid()}-abc.part", tmp_path / f".{os.getppid()}-abc.part"
    for file in (left, mine, others, tmp_path / "case.yaml"):
        file.write_text("interactions:", "utf-8")
    sweep(tmp_path)
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == sorted(
        [mine.name, others.name, "case.yaml"]
    )


@pytest.mark.parametrize("model", ["../../../etc/passwd", "..", ".", "/etc", "a/../b", "a\\..\\b", "~root", "C:x"])
def test_no_models_name_leads_out_of_the_cassettes(model: str, tmp_path: Path) -> None:
    (planned,) = list(plan(load(ROOT / "matrix.yaml"), [model]))[:1]
    path = (tmp_path / planned.cassette("minimax")).resolve()
    assert path.is_relative_to(tmp_path.resolve() / "minimax")
    assert len(path.relative_to(tmp_path.resolve()).parts) == 4
