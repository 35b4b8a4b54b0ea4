"""Whose evidence lies in a directory, so that what two services said is neither mixed nor overwritten.

Two recordings are of the same service where they came from the same address. On one's own machine ports come and go:
there the kind of evidence (the simulator, or a server of one's own) is what counts.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from conformance.http.cassette import provenance_at_end
from conformance.http.evidence import is_loopback, without_userinfo
from conformance.values import Source

__all__ = ["Evidence", "of_cassettes", "of_report", "others", "refusal", "set_aside", "unrecorded", "words"]

_PORTS = {"http": 80, "https": 443}
_KINDS = {Source.SIMULATOR: "the simulator", Source.LOCAL: "a server on this machine", Source.LIVE: "a service"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What answered, and where."""

    source: Source | None
    """None as long as nothing was answered: then it may be any that the address allows."""
    endpoint: str

    def is_like(self, other: Evidence) -> bool:
        """Whether both are of one service, as far as can be told."""
        kinds = {self.source, other.source} - {None}
        if len(kinds) > 1:
            return False
        if _is_local(self.endpoint) and _is_local(other.endpoint):
            return True
        return _address(self.endpoint) == _address(other.endpoint)


def of_cassettes(directory: Path) -> Counter[Evidence]:
    """Whose recordings lie in a target's directory, and how many; what cannot be read is nobody's."""
    found: Counter[Evidence] = Counter()
    for path in _files(directory):
        if (provenance := provenance_at_end(path)) is not None:
            found[Evidence(provenance.source, provenance.endpoint)] += 1
    return found


def of_report(path: Path) -> Counter[Evidence]:
    """Whose evidence a report rests on, and how much of it; nothing where there is no report to be read."""
    try:
        report = json.loads(path.read_text("utf-8"))
        endpoints = str(report["target"]["endpoint"]).split(", ")
        counts = {Source(name): int(count) for name, count in report["sources"].items() if count}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Counter()
    found: Counter[Evidence] = Counter()
    for source, count in counts.items():
        # A report counts its sources and lists its endpoints: of several, those that such a source can have.
        fitting = [one for one in endpoints if (source is Source.LIVE) != _is_local(one)] or endpoints
        for endpoint in fitting:
            found[Evidence(source, endpoint)] += count // len(fitting) or 1
    return found


def others(found: Counter[Evidence], mine: Iterable[Evidence]) -> Counter[Evidence]:
    """Of what was found, what is of another service than all of ``mine``."""
    known = list(mine)
    return Counter({one: count for one, count in found.items() if not any(one.is_like(other) for other in known)})


def words(found: Counter[Evidence]) -> str:
    """Whose it is, in a few words: the most frequent first."""
    named = [
        f"{_KINDS[one.source]} at {without_userinfo(one.endpoint)}" if one.source else without_userinfo(one.endpoint)
        for one, _ in found.most_common()
    ]
    return named[0] + (f" and {len(named) - 1} more addresses" if len(named) > 1 else "")


def refusal(cassettes: Path, report: Path, mine: Evidence) -> str:
    """Why a run that asks ``mine`` must not record and report there, and what to do; empty where it may.

    Args:
        cassettes: the target's directory of recordings.
        report: the target's report, which the run would replace.
    """
    asks = f"this run asks {without_userinfo(mine.endpoint)}"
    apart = "keep both with --cassettes DIR --report-dir DIR"
    if found := others(of_cassettes(cassettes), [mine]):
        kept = f"the old ones are moved to {_aside(cassettes).parents[1]}"
        return (
            f"{cassettes} holds {found.total()} recordings of {words(found)}, and {asks}: {apart}, "
            f"or record in their place with --replace-evidence ({kept})"
        )
    if found := others(of_report(report), [mine]):
        return (
            f"{report} rests on recordings of {words(found)}, and {asks}: {apart}, "
            "or write in its place with --replace-evidence"
        )
    return ""


def set_aside(cassettes: Path, mine: Evidence) -> tuple[int, Path]:
    """Move a target's recordings of other services out of the way; how many, and where they are now.

    They go beside the directory of cassettes, where no run looks for any: nothing that was recorded is lost.

    Raises:
        OSError: they cannot be moved.
    """
    aside, moved = _aside(cassettes), 0
    for path in _files(cassettes):
        provenance = provenance_at_end(path)
        if provenance is None or Evidence(provenance.source, provenance.endpoint).is_like(mine):
            continue
        place = aside / path.relative_to(cassettes)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
        moved += 1
    return moved, aside


def unrecorded(report: Path, cassettes: Path) -> int:
    """How many cases a report has the evidence of that a directory (of all targets) has no recording of."""
    try:
        rows = json.loads(report.read_text("utf-8"))["results"]
        named = {case["cassette"] for row in rows for case in row["cases"] if case["cassette"]}
        return sum(not (cassettes / name).is_file() for name in named)
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _files(cassettes: Path) -> list[Path]:
    return sorted(cassettes.glob("*/*/*.yaml"))


def _aside(cassettes: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return cassettes.parent.with_name(f"{cassettes.parent.name}.replaced") / stamp / cassettes.name


def _is_local(endpoint: str) -> bool:
    try:
        return is_loopback(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False


def _address(endpoint: str) -> tuple[str, str, int | None, str]:
    """An address without what makes no difference: capitals in the host, the port that goes without saying, a slash."""
    try:
        parts = urlsplit(endpoint)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme), parts.path.rstrip("/")
    except ValueError:
        return "", endpoint, None, ""
