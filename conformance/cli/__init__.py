"""The commands of ``conformance``: a module each, with ``describe`` for its options and ``run`` for its work.

What is heavy is imported by ``run`` and not by the module, and a module only where its command is called, so that
``--help`` comes at once.
"""

__all__ = ["Wrong"]


class Wrong(Exception):
    """The command cannot be done as it was given: one line that says what, where, and what to do."""
