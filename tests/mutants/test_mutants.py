"""Every broken service is noticed, and blamed on the right row: a mutant turns what it declares, and nothing else.

A mutant is asked for its own feature, those it turns, and a few that it must leave alone; with ``--every-row``, as
``tox -e mutants`` does, for all there are. ``python tests/mutants NAME …`` prints what a mutant turns, as its module
wants it: for reading first, and never for copying unread. A row that turns for another reason than the mutant's is a
false alarm.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest
from survey import ROOT, Cell, survey, turned

from conformance.cases import CASES, Inspection
from conformance.simulator import MUTANTS, Mutant
from conformance.simulator.mutants import FAMILIES, UNCHANGED, UNDECIDED
from conformance.simulator.mutants.mutant import Trial

MATRICES = {"documented": "matrix.yaml", "field": "matrix.yaml", "reference": "matrices/anthropic.yaml"}
JUDGED = [name for name, mutant in MUTANTS.items() if not mutant.tolerated]
INSPECTIONS = {
    f"{feature}::{case.name}" for feature, cases in CASES.items() for case in cases if isinstance(case, Inspection)
}
INSPECTED = {name.partition("::")[0] for name in INSPECTIONS}
ALARMS = ("falls_short", "inconclusive")
NO_TURN = (UNCHANGED, UNDECIDED, "inconclusive")


SENTINELS = frozenset(
    {
        "models.list",
        "max_tokens",
        "stop_sequences",
        "system",
        "tool_choice.auto",
        "tools.input",
        "messages.text",
        "thinking",
        "stream.text",
        "errors.type",
        "accepts.sixty_turns",
        "examples.streaming",
    }
)
"""Features of every group: what is not a mutant's row is seen to stay as it was."""
WATCHING = 4
"""How many of them a mutant is asked for, drawn by its name: all for each would take twice as long."""


@cache
def healthy(personality: str, trial: Trial) -> dict[str, Cell]:
    with tempfile.TemporaryDirectory() as directory:
        return tried(personality, trial, Path(directory))


def tried(personality: str, trial: Trial, directory: Path, mutant: str | None = None) -> dict[str, Cell]:
    return survey(
        directory,
        matrix=MATRICES[personality],
        features=trial.features,
        expensive=trial.expensive,
        paced=trial.paced,
        personality=personality,
        mutant=mutant,
    )


def seen(mutant: Mutant, directory: Path, *, every_row: bool = True) -> dict[str, str]:
    """What the cases see of a mutant: each its behaviour and verdict, or that it is as it was."""
    before = healthy(mutant.personality, mutant.trial)
    trial = mutant.trial if every_row else replace(mutant.trial, features=reach(mutant, before))
    cells = tried(mutant.personality, trial, directory, mutant.name)
    if trial != mutant.trial and not SENTINELS.union(INSPECTED).issubset(trial.features):
        # An inspection sees what was asked: with less than these it sees less of the healthy service than it did.
        cells = {case: cell for case, cell in cells.items() if case not in INSPECTIONS}
    after = turned(before, cells)
    return {case: said(after[case]) if case in after else UNCHANGED for case in before if case in cells}


def reach(mutant: Mutant, cases: Iterable[str]) -> tuple[str, ...]:
    """The features a mutant is asked for: its own, those it turns, and a few sentinels.

    Where an inspection turns, all sentinels: of the healthy service they show it as much as a whole run does.
    """
    if mutant.trial.features or mutant.is_rare:
        return mutant.trial.features
    turns = {case for case in cases if mutant.expects(case) != UNCHANGED}
    if turns & INSPECTIONS:
        watching = SENTINELS | INSPECTED
    else:
        watching = frozenset(random.Random(mutant.name).sample(sorted(SENTINELS), WATCHING))  # the same in every run
    features = {mutant.name.partition("-")[0]} | {case.partition("::")[0] for case in turns} | watching
    return tuple(feature for feature in sorted(CASES) if feature in features)


def said(cell: Cell) -> str:
    return "inconclusive" if cell[0] == "inconclusive" else " ".join(filter(None, cell))


def module_of(mutant: Mutant) -> str:
    (family,) = (family for family in FAMILIES if mutant in family.MUTANTS)
    return str(Path(family.__file__).relative_to(ROOT))


def differences(mutant: Mutant, found: dict[str, str]) -> list[str]:
    """Where a mutant's declaration is not what was found: a line each, with what to do."""
    return [
        f"{mutant.name}: {case} is {now}, and not {expected}. If that is right, its turns in {module_of(mutant)}"
        f' say "{case}": "{now}"'
        for case, now in found.items()
        if (expected := mutant.expects(case)) != now
        and not (expected == UNDECIDED and now in (UNCHANGED, "inconclusive"))
    ] + [
        f"{mutant.name}: its turns in {module_of(mutant)} name {pattern!r}, and there is no such case"
        for pattern in mutant.turns
        if not any(fnmatchcase(case, pattern) for case in found)
    ]


@pytest.mark.parametrize("name", JUDGED)
def test_a_mutant_turns_its_rows_and_no_other(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    every_row = bool(pytestconfig.getoption("--every-row"))
    if wrong := differences(MUTANTS[name], seen(MUTANTS[name], tmp_path, every_row=every_row)):
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in JUDGED])
def test_what_clients_live_with_is_no_alarm(name: str, tmp_path: Path) -> None:
    mutant = MUTANTS[name]
    after = tried(mutant.personality, mutant.trial, tmp_path, name)
    found = turned(healthy(mutant.personality, mutant.trial), after)
    assert {case: cell for case, cell in found.items() if cell[1] in ALARMS} == {}


def test_every_mutant_is_noticed_or_tolerated() -> None:
    assert [name for name, mutant in MUTANTS.items() if bool(mutant.turns) == bool(mutant.tolerated)] == []


def test_every_case_has_a_broken_service() -> None:
    cases = {f"{feature}::{case.name}" for feature, declared in CASES.items() for case in declared}
    broken = {case for case in cases for name in JUDGED if MUTANTS[name].expects(case) not in NO_TURN}
    assert sorted(cases - broken) == []


def test_a_row_that_a_mutant_does_not_declare_is_named_with_what_to_do() -> None:
    mutant = MUTANTS["system-cut"]
    cases = {"system::a_long_one_is_read_to_its_end": "ignored falls_short", "system::new": "ignored falls_short"}
    (line,) = differences(mutant, cases)
    assert line.startswith("system-cut: system::new is ignored falls_short, and not unchanged.")
    assert line.endswith('conformance/simulator/mutants/parameters.py say "system::new": "ignored falls_short"')
    assert differences(mutant, {"system::a_long_one_is_read_to_its_end": UNCHANGED}) != []
    (stale,) = differences(mutant, {"system::another": UNCHANGED})
    assert "there is no such case" in stale


@pytest.mark.parametrize("personality", ["documented", "reference"])
def test_a_healthy_service_raises_no_alarm(personality: str) -> None:
    assert {case for case, cell in healthy(personality, Trial()).items() if cell[1] in ALARMS} == set()


FIELD = {
    "models.unlisted::a_model_nobody_has_is_refused": "ignored falls_short",
    "models.unlisted::a_name_of_no_house_is_refused": "ignored falls_short",
    "temperature::near_zero_collapses_diversity": "ignored falls_short",
    "temperature.range::each_bound_is_enforced": "ignored falls_short",
    "tool_choice.any::any_forces_a_call": "ignored falls_short",
    "tool_choice.any::any_forces_a_streamed_call": "ignored falls_short",
    "tool_choice.tool::the_named_tool_is_called": "ignored falls_short",
    "tool_choice.tool::the_named_tool_is_called_in_a_stream": "ignored falls_short",
    "tool_choice.tool::the_only_tool_is_called": "ignored falls_short",
    "temperature::near_zero_collapses_streams": "ignored falls_short",
    "messages.image::a_picture_is_seen": "ignored falls_short",
    "messages.image.url::a_picture_is_fetched": "ignored falls_short",
    "messages.document.pdf::a_pdf_is_read": "ignored falls_short",
    "messages.document::a_document_is_read": "ignored falls_short",
}


def test_the_field_reports_make_exactly_their_deviations() -> None:
    cells = healthy("field", Trial())
    assert {case: " ".join(map(str, cell)) for case, cell in cells.items() if cell[1] == "falls_short"} == FIELD
    assert cells["thinking::enabled_thinks_and_disabled_does_not"] == ("ignored", "conforms")  # note 3 holds
    assert cells["thinking.unknown_type::a_bogus_type_is_refused"] == ("ignored", None)
    assert cells["errors.unknown_field::a_field_nobody_has"] == ("ignored", None)
    assert cells["top_p.range::a_share_above_one_is_refused"] == ("honoured", None)
