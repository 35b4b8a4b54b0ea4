"""``python tests/covering.py`` prints a pairwise covering array for ``conformance/cases/combinations.py``."""

from __future__ import annotations

from covertable import make

from conformance.cases.combinations import RULES, VALUES


def rows() -> list[str]:
    """A line for each request: the value of each parameter, by its place."""
    constraints = [
        {
            "operator": "or",
            "conditions": [
                {"operator": "ne", "left": name, "value": value},
                {"operator": "in", "left": other, "values": list(allowed)},
            ],
        }
        for name, value, other, allowed in RULES
    ]
    factors = {name: list(range(len(values))) for name, values in VALUES.items()}
    # Of three hundred salts this one makes the fewest rows.
    array = make(factors, constraints=constraints, salt="16")
    return ["".join(str(row[name]) for name in VALUES) for row in array]


if __name__ == "__main__":
    print("\n".join(rows()))
