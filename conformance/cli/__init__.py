"""The commands of ``python -m conformance``: a module each, with ``add`` for its options and ``run`` for its work.

What is heavy is imported by ``run`` and not by the module, so that ``--help`` comes at once.
"""

from __future__ import annotations

import argparse
from typing import TypeAlias

__all__ = ["Subparsers", "Wrong"]

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name


class Wrong(Exception):
    """The command cannot be done as it was given: one line that says what, where, and what to do."""
