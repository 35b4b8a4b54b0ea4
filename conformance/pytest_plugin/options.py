"""The suite's options of pytest, and how their words are read.

Every pytest run that has this package installed may import this module, to know which words of a command line
would be values of these options. So it imports nothing heavy; only what reads a value does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from conformance.http.network import Times
    from conformance.run.shards import Shard

__all__ = ["FLAGS", "INI", "WITH_VALUES", "configured", "pytest_addoption"]

Number = TypeVar("Number", int, float)


# argparse turns an error of a type into a page of usage. pytest's own error is the one line people can use.


def _number(name: str, kind: type[Number], text: str) -> Number:
    try:
        value = kind(text)
    except ValueError:
        raise pytest.UsageError(f"{name} {text}: not a {'whole ' if kind is int else ''}number") from None
    if not isfinite(value):
        raise pytest.UsageError(f"{name} {text}: not a number to count with")
    return value


def _least(name: str, least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if (value := _number(name, int, text)) < least:
            raise pytest.UsageError(f"{name} must be at least {least}")
        return value

    return read


def _positive(name: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        if (value := _number(name, float, text)) <= 0:
            raise pytest.UsageError(f"{name} must be more than 0")
        return value

    return read


# What reads a value imports what it reads it with: only a run of a matrix reads any.


def _phases() -> dict[str, float]:
    """The phases of a request, and how many seconds each may take by default."""
    from conformance.http.network import Times  # noqa: PLC0415  as above

    return asdict(Times())


def _language(text: str) -> str:
    from conformance.report.language import read_language  # noqa: PLC0415  as above

    try:
        return read_language(text)
    except ValueError as error:
        raise pytest.UsageError(f"--lang {error}") from None


def _undecided(text: str) -> list[str]:
    from conformance.matrix.problems import did_you_mean  # noqa: PLC0415  as above
    from conformance.pytest_plugin.endings import UNDECIDED  # noqa: PLC0415  as above

    words = [word.strip().replace("_", "-") for word in text.split(",") if word.strip()]
    if wrong := next((word for word in words if word not in UNDECIDED), None):
        raise pytest.UsageError(
            f"--fail-on {wrong}: it knows {' and '.join(UNDECIDED)}{did_you_mean(wrong, UNDECIDED)}"
        )
    return words


def _times(text: str) -> Times:
    from conformance.http.network import Times  # noqa: PLC0415  as above

    times, phases = Times(), _phases()
    for word in filter(None, text.split(",")):
        phase, _, seconds = word.partition("=")
        if phase.strip() not in phases:
            raise pytest.UsageError(f"--timeouts {phase}: no phase of a request; there are {', '.join(phases)}")
        times = replace(times, **{phase.strip(): _positive(f"--timeouts {phase}")(seconds)})
    return times


def _shard(text: str) -> Shard:
    from conformance.run.shards import Shard  # noqa: PLC0415  as above

    try:
        return Shard.read(text)
    except ValueError as error:
        raise pytest.UsageError(f"--shard {error}") from None


_OPTIONS: dict[str, dict[str, Any]] = {
    "--live": {"action": "store_true", "help": "ask the service, record, and judge the recordings"},
    "--endpoint": {
        "aliases": ["--url"],
        "metavar": "URL",
        "help": "the address in front of /v1/messages; else ANTHROPIC_BASE_URL, else the matrix's endpoint",
    },
    "--matrix": {
        "action": "append",
        "default": [],
        "metavar": "NAME",
        "help": "a matrix that comes with the suite, by its name, or a file; instead of a path",
    },
    "--key-env": {"metavar": "NAME", "help": "the environment variable that holds the key (default: the matrix's)"},
    "--model": {
        "aliases": ["--models"],
        "action": "append",
        "default": [],
        "metavar": "NAME",
        "help": "only this model; repeatable",
    },
    "--feature": {
        "aliases": ["--features"],
        "action": "append",
        "default": [],
        "metavar": "NAME",
        "help": "only this feature and its parts; repeatable, or with commas",
    },
    "--list-features": {"action": "store_true", "help": "show the features, with what is documented of them, and end"},
    "--list-models": {"action": "store_true", "help": "show the models, and end"},
    "--cassettes": {"metavar": "DIR", "help": "where recordings are (default: cassettes/)"},
    "--report-dir": {"metavar": "DIR", "help": "where reports are written (default: reports/)"},
    "--sarif": {"metavar": "FILE", "help": "write what falls short as SARIF as well, for code scanning"},
    "--lang": {
        "aliases": ["--language", "--report-language"],
        "type": _language,
        "default": "en",
        "metavar": "LANG",
        "help": "the language of reports and of the summary here: en or zh (default: en)",
    },
    "--expensive": {"action": "store_true", "help": "also cases that cost much (a full context window)"},
    "--concurrency": {
        "type": _least("--concurrency", 1),
        "metavar": "N",
        "help": "requests in flight (default: the matrix's)",
    },
    "--rpm": {
        "type": _positive("--rpm"),
        "metavar": "N",
        "help": "requests a minute, retries included (default: the matrix's; on this very machine none)",
    },
    "--max-requests": {"type": _least("--max-requests", 1), "metavar": "N", "help": "stop before more than N requests"},
    "--max-cost": {
        "type": _positive("--max-cost"),
        "metavar": "USD",
        "help": "stop before more than USD, by the matrix's prices",
    },
    "--resume": {"action": "store_true", "help": "ask only what has no recording yet, or an inconclusive one"},
    "--refresh": {"action": "store_true", "help": "keep no recording, even one that says the same as the new one"},
    "--replace-evidence": {
        "action": "store_true",
        "help": "record and report in the place of another service's evidence; its recordings are moved aside",
    },
    "--strict-recordings": {
        "action": "store_true",
        "help": "a case without a recording, or with one of other requests than it asks now, is an error",
    },
    "--fail-on": {
        "action": "extend",
        "type": _undecided,
        "default": [],
        "metavar": "KIND",
        "help": "fail where a selected case is inconclusive or not-run; repeatable, or with commas",
    },
    "--timeouts": {
        "type": _times,
        "metavar": "PHASE=SECONDS,…",
        "help": "how long a phase of a request may take: {phases}",
    },
    "--shard": {
        "type": _shard,
        "metavar": "I/N",
        "help": "only this part of the run, with its part of rate and budget",
    },
    "--max-age": {
        "type": _least("--max-age", 0),
        "metavar": "DAYS",
        "help": "report evidence older than this (default: the matrix's)",
    },
}

_NAMES: dict[str, tuple[str, ...]] = {name: (name, *option.pop("aliases", ())) for name, option in _OPTIONS.items()}
"""Every option, and the other names that people try for it."""

FLAGS = frozenset(name for name, option in _OPTIONS.items() if option.get("action") == "store_true")
"""The options that take no value."""

WITH_VALUES = frozenset(name for names in _NAMES.values() for name in names) - FLAGS
"""The options whose next word is their value, unless it stands behind ``=``."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's options; only there in runs that collect a matrix.

    Raises:
        pytest.UsageError: a plugin or a conftest.py has an option of the same name, and was here first.
    """
    group = parser.getgroup("conformance", "conformance of an Anthropic-compatible API")
    phases = ", ".join(f"{phase}={seconds:g}" for phase, seconds in _phases().items())
    for name, option in _OPTIONS.items():
        try:
            group.addoption(*_NAMES[name], **{**option, "help": option["help"].replace("{phases}", phases)})
        except ValueError:
            raise pytest.UsageError(
                f"{name}: a conftest.py or another plugin has an option of this name, and no matrix can be run beside "
                "it; leave it out with --noconftest or -p no:NAME"
            ) from None


# --- configuration in pyproject.toml or pytest.ini

_RUN_ONLY = ("--live", "--matrix", "--list-features", "--list-models", "--replace-evidence", "--shard")
"""What is said of one run, and never for all of them."""

INI: dict[str, str] = {
    f"conformance_{name.removeprefix('--').replace('-', '_')}": name for name in _OPTIONS if name not in _RUN_ONLY
}
"""The keys a configuration may have, and the option that each stands for."""


def configured(config: pytest.Config) -> None:
    """Take what the command line does not say from the configuration.

    Raises:
        pytest.UsageError: a value cannot be read.
    """
    for key, name in INI.items():
        try:
            text = str(config.getini(key)).strip()
        except ValueError:  # it is known to pytest only where the configuration has it
            continue
        option, place = _OPTIONS[name], name.removeprefix("--").replace("-", "_")
        if not text or getattr(config.option, place) not in (option.get("default"), None, False, []):
            continue
        read = option.get("type", str)
        match option.get("action"):
            case "store_true":
                value: Any = _flag(key, text)
            case "append":
                value = [word for word in text.replace(",", " ").split() if word]
            case _:
                value = read(text)
        setattr(config.option, place, value)


def _flag(key: str, text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if text.lower() not in words:
        raise pytest.UsageError(f"{key} = {text}: true or false is wanted")
    return words[text.lower()]
