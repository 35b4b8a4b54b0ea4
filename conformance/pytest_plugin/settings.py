"""What the options of a run come to: how it asks, and what it may spend."""

from __future__ import annotations

import argparse

import pytest

from conformance.http.budget import Budget
from conformance.http.live import RetryPolicy
from conformance.http.network import Times
from conformance.run.recording import Settings
from conformance.run.shards import Shard

__all__ = ["budget_of", "settings_of"]


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
