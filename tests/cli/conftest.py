"""A directory of reports for the commands that read some."""

from unit.report.conftest import workspace

__all__ = ["workspace"]
