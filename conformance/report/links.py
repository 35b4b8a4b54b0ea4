"""Addresses that a page may link to: of the web, and of nothing else."""

from __future__ import annotations

import re

from conformance.report.escape import plain

__all__ = ["issue", "web"]


def web(address: str) -> str:
    """The address where it may be linked to, else nothing."""
    bare = plain(address)
    return bare if re.match(r"https?://[^\s/]", bare, re.IGNORECASE) else ""


def issue(where: str) -> str:
    """The address of a field report: the one it is, or that of the first GitHub issue it names."""
    if address := web(where):
        return address
    named = re.search(r"(?<![\w./-])([\w-]+/[\w-]+(?:\.[\w-]+)*)#(\d+)", plain(where), re.ASCII)
    return f"https://github.com/{named[1]}/issues/{named[2]}" if named else ""
