"""Every broken service is noticed, and blamed on the right row: the complete map of what each one turns.

``tests/mutants.yaml`` has the map. ``python tests/test_mutants.py NAME …`` prints it anew for reading, never for
copying unread: a row that turns for another reason than the mutant's is a false alarm.
"""

from __future__ import annotations

import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from survey import Cell, survey, turned

from conformance.cases import CASES
from conformance.simulator import MUTANTS

MAP: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("mutants.yaml").read_text("utf-8"))

MATRICES = {"documented": "matrix.yaml", "field": "matrix.yaml", "reference": "matrices/anthropic.yaml"}

# What can only be seen in time needs the documented pace; what costs a full window is asked for by itself.
NEEDS: dict[str, dict[str, Any]] = {
    "stream.incremental-held-back": {"paced": True, "features": ("stream",)},
    "limits.output_speed-slow": {"paced": True, "features": ("limits.output_speed",)},
    "limits.context_window-small": {"features": ("limits.context_window",), "expensive": True},
}

# Differences that clients live with (docs/decisions/0003-tolerance.md): noticed by design they would be false alarms.
TOLERATED = {
    "stream.thinking-unsigned": "a thinking block without a signature breaks no client",
    "system.vendor-default": "a vendor may have a system prompt for those who give none",
    "temperature.preamble": "a model may begin every thought with the same words",
    "max_tokens.count-estimated": "a count may be an estimate, and the limit is kept",
}


def asked(name: str) -> tuple[str, tuple[tuple[str, Any], ...]]:
    return MUTANTS[name].personality, tuple(sorted(NEEDS.get(name, {}).items()))


@cache
def healthy(personality: str, how: tuple[tuple[str, Any], ...]) -> dict[str, Cell]:
    with tempfile.TemporaryDirectory() as directory:
        return survey(Path(directory), matrix=MATRICES[personality], personality=personality, **dict(how))


def broken(name: str, directory: Path) -> dict[str, Cell]:
    personality, how = asked(name)
    return survey(directory, matrix=MATRICES[personality], personality=personality, mutant=name, **dict(how))


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in TOLERATED])
def test_a_mutant_turns_its_rows_and_no_other(name: str, tmp_path: Path) -> None:
    found = turned(healthy(*asked(name)), broken(name, tmp_path))
    decided = {
        case: " ".join(map(str, filter(None, cell))) for case, cell in found.items() if cell[0] != "inconclusive"
    }
    undecided = sorted(case for case, cell in found.items() if cell[0] == "inconclusive")
    assert decided == MAP[name]["turns"]
    allowed = MAP[name].get("undecided", [])
    assert allowed in ("everything else", undecided)


@pytest.mark.parametrize("name", TOLERATED)
def test_what_clients_live_with_is_no_alarm(name: str, tmp_path: Path) -> None:
    found = turned(healthy(*asked(name)), broken(name, tmp_path))
    assert {case: cell for case, cell in found.items() if cell[1] in ("falls_short", "inconclusive")} == {}


def test_every_mutant_is_noticed() -> None:
    assert set(MAP) == set(MUTANTS) - set(TOLERATED)
    assert [name for name, row in MAP.items() if not row["turns"]] == []


def test_every_case_has_a_broken_service() -> None:
    cases = {f"{feature}::{case.name}" for feature, declared in CASES.items() for case in declared}
    covered = {case for row in MAP.values() for case in row["turns"]}
    assert sorted(cases - covered) == []


@pytest.mark.parametrize("personality", ["documented", "reference"])
def test_a_healthy_service_raises_no_alarm(personality: str) -> None:
    assert {
        case for case, cell in healthy(personality, ()).items() if cell[1] in ("falls_short", "inconclusive")
    } == set()


FIELD = {
    "models.unlisted::a_model_nobody_has_is_refused": "ignored falls_short",
    "temperature::near_zero_collapses_diversity": "ignored falls_short",
    "temperature.range::each_bound_is_enforced": "ignored falls_short",
    "tool_choice.any::any_forces_a_call": "ignored falls_short",
    "tool_choice.any::any_forces_a_streamed_call": "ignored falls_short",
    "tool_choice.tool::the_named_tool_is_called": "ignored falls_short",
    "tool_choice.tool::the_named_tool_is_called_in_a_stream": "ignored falls_short",
    "temperature::near_zero_collapses_streams": "ignored falls_short",
    "messages.image::a_picture_is_seen": "ignored falls_short",
    "messages.image.url::a_picture_is_fetched": "ignored falls_short",
    "messages.document.pdf::a_pdf_is_read": "ignored falls_short",
    "messages.document::a_document_is_read": "ignored falls_short",
}


def test_the_field_reports_make_exactly_their_deviations() -> None:
    cells = healthy("field", ())
    assert {case: " ".join(map(str, cell)) for case, cell in cells.items() if cell[1] == "falls_short"} == FIELD
    assert cells["thinking::enabled_thinks_and_disabled_does_not"] == ("ignored", "conforms")  # note 3 holds
    assert cells["thinking.unknown_type::a_bogus_type_is_refused"] == ("ignored", None)
    assert cells["errors.unknown_field::a_field_nobody_has"] == ("ignored", None)
    assert cells["top_p.range::a_share_above_one_is_refused"] == ("honoured", None)


def main() -> None:
    """Print the map of the mutants named, or of all."""
    for name in sys.argv[1:] or MUTANTS:
        with tempfile.TemporaryDirectory() as directory:
            found = turned(healthy(*asked(name)), broken(name, Path(directory)))
        turns = {
            case: " ".join(map(str, filter(None, cell))) for case, cell in found.items() if cell[0] != "inconclusive"
        }
        row: dict[str, Any] = {"turns": turns}
        if undecided := sorted(case for case, cell in found.items() if cell[0] == "inconclusive"):
            row["undecided"] = "everything else" if len(undecided) > 25 else undecided
        print(yaml.safe_dump({name: row}, sort_keys=False, width=120), end="", flush=True)


if __name__ == "__main__":
    main()
