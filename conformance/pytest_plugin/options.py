"""The suite's options of pytest, and what their words come to."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields, replace
from math import isfinite
from typing import TypeVar

import pytest

from conformance.http.budget import Budget
from conformance.http.live import RetryPolicy
from conformance.http.network import Times
from conformance.matrix.problems import did_you_mean
from conformance.pytest_plugin.endings import UNDECIDED
from conformance.report.language import LANGUAGES
from conformance.run.recording import Settings
from conformance.run.shards import Shard

__all__ = ["add_options", "budget_of", "settings_of"]

Number = TypeVar("Number", int, float)

_PHASES = {phase.name: phase.default for phase in fields(Times)}


def add_options(parser: pytest.Parser) -> None:
    """The suite's options; only there in runs that collect a matrix."""
    group = parser.getgroup("conformance", "conformance of an Anthropic-compatible API")
    add = group.addoption
    add("--live", action="store_true", help="ask the service, record, and judge the recordings")
    add("--endpoint", metavar="URL", help="else ANTHROPIC_BASE_URL, else the matrix's endpoint")
    add("--key-env", metavar="NAME", help="the environment variable that holds the key (default: the matrix's)")
    add("--model", action="append", default=[], metavar="NAME", help="only this model; repeatable")
    add("--feature", action="append", default=[], metavar="NAME", help="only this feature and its parts; repeatable")
    add("--cassettes", metavar="DIR", help="where recordings are (default: cassettes/)")
    add("--report-dir", metavar="DIR", help="where reports are written (default: reports/)")
    add("--lang", type=_language, default="en", metavar="LANG", help="the language the page opens in: en or zh")
    add("--expensive", action="store_true", help="also cases that cost much (a full context window)")
    add(
        "--concurrency", type=_least("--concurrency", 1), metavar="N", help="requests in flight (default: the matrix's)"
    )
    add(
        "--rpm",
        type=_positive("--rpm"),
        metavar="N",
        help="requests a minute, retries included (default: the matrix's; on this very machine none)",
    )
    add("--max-requests", type=_least("--max-requests", 1), metavar="N", help="stop before more than N requests")
    add(
        "--max-cost",
        type=_positive("--max-cost"),
        metavar="USD",
        help="stop before more than USD, by the matrix's prices",
    )
    add("--resume", action="store_true", help="ask only what has no recording yet, or an inconclusive one")
    add("--refresh", action="store_true", help="keep no recording, even one that says the same as the new one")
    add(
        "--replace-evidence",
        action="store_true",
        help="record and report in the place of another service's evidence; its recordings are moved aside",
    )
    add(
        "--strict-recordings",
        action="store_true",
        help="a case without a recording, or with one of other requests than it asks now, is an error",
    )
    add(
        "--fail-on",
        action="extend",
        type=_undecided,
        default=[],
        metavar="KIND",
        help=f"fail where a selected case is {' or '.join(UNDECIDED)}; repeatable, or with commas",
    )
    add(
        "--timeouts",
        type=_times,
        metavar="PHASE=SECONDS,…",
        help="how long a phase of a request may take: "
        + ", ".join(f"{phase}={seconds:g}" for phase, seconds in _PHASES.items()),
    )
    add("--shard", type=_shard, metavar="I/N", help="only this part of the run, with its part of rate and budget")
    add(
        "--max-age",
        type=_least("--max-age", 0),
        metavar="DAYS",
        help="report evidence older than this (default: the matrix's)",
    )


def settings_of(option: argparse.Namespace) -> Settings:
    """How a live run asks, by its options."""
    shard: Shard | None = option.shard
    return Settings(
        concurrency=option.concurrency,
        rpm=option.rpm,
        share=1 / shard.count if shard else 1.0,
        retry_policy=RetryPolicy(times=option.timeouts or Times()),
        resume=option.resume,
        refresh=option.refresh,
        replace=option.replace_evidence,
        max_age=option.max_age,
    )


def budget_of(option: argparse.Namespace) -> Budget:
    """What a run may ask and spend; a shard may its part of it.

    Raises:
        pytest.UsageError: nothing is left for this shard.
    """
    shard: Shard | None = option.shard
    requests, cost = option.max_requests, option.max_cost
    if shard is None:
        return Budget(requests, cost)
    if requests is not None and (requests := shard.part_of(requests)) == 0:
        raise pytest.UsageError(f"--max-requests {option.max_requests} leaves nothing for shard {shard}")
    return Budget(requests, None if cost is None else cost / shard.count)


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise pytest.UsageError(f"--lang {text}: the page speaks {' and '.join(LANGUAGES)}")
    return text


def _undecided(text: str) -> list[str]:
    words = [word.strip().replace("_", "-") for word in text.split(",") if word.strip()]
    if wrong := next((word for word in words if word not in UNDECIDED), None):
        raise pytest.UsageError(
            f"--fail-on {wrong}: it knows {' and '.join(UNDECIDED)}{did_you_mean(wrong, UNDECIDED)}"
        )
    return words


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


def _times(text: str) -> Times:
    times = Times()
    for word in filter(None, text.split(",")):
        phase, _, seconds = word.partition("=")
        if phase.strip() not in _PHASES:
            raise pytest.UsageError(f"--timeouts {phase}: no phase of a request; there are {', '.join(_PHASES)}")
        times = replace(times, **{phase.strip(): _positive(f"--timeouts {phase}")(seconds)})
    return times


def _shard(text: str) -> Shard:
    try:
        return Shard.read(text)
    except ValueError as error:
        raise pytest.UsageError(f"--shard {error}") from None
