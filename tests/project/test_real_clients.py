"""What drives real clients names services that there are: it is run by hand, and seldom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from conformance.simulator.mutants import mutated

DRIVE = Path(__file__).parents[2] / "clients" / "drive.py"


def services() -> tuple[str, ...]:
    tree = ast.parse(DRIVE.read_text("utf-8"))
    assigned = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found: tuple[str, ...] = ast.literal_eval(assigned["SERVICES"])
    return found


@pytest.mark.parametrize("service", services())
def test_every_service_that_clients_are_driven_against_is_there(service: str) -> None:
    personality, _, mutant = service.partition("+")
    assert mutated(personality, mutant or None).healthy.name == personality
