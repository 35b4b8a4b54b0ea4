"""A class's name says which one is meant: outside the simulator, which has a language of its own, each exists once."""

from __future__ import annotations

import ast
from collections import defaultdict

from survey import ROOT


def test_no_two_public_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "conformance").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("conformance/simulator/"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(name)
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
