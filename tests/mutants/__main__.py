"""``python tests/mutants NAME...`` prints what the mutants named turn, and whether that is what they declare."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # a directory that is run knows of no package around it

from mutants.test_mutants import JUDGED, MUTANTS, UNCHANGED, differences, module_of, seen


def main() -> None:
    """Print the turns of the mutants named, or of all."""
    for name in sys.argv[1:] or JUDGED:
        with tempfile.TemporaryDirectory() as directory:
            found = seen(MUTANTS[name], Path(directory))
        undecided = [case for case, now in found.items() if now == "inconclusive"]
        everything_else = len(undecided) > 25
        print(f"# {name}, in {module_of(MUTANTS[name])}")
        for case, now in found.items():
            if now != UNCHANGED and not (everything_else and case in undecided):
                print(f'    "{case}": "{now}",')
        if everything_else:
            print('    "*": UNDECIDED,')
        print("\n".join(f"# {line}" for line in differences(MUTANTS[name], found)) or "# as declared", flush=True)


if __name__ == "__main__":
    main()
