"""The address of a service, as an SDK takes it: what stands in front of ``/v1/messages``."""

from __future__ import annotations

__all__ = ["sdk_tail"]


def sdk_tail(address: str) -> str:
    """What the SDK adds to an address and is there already: ``/v1/messages`` or ``/v1``; empty where it is a base."""
    bare = address.rstrip("/")
    return next((tail for tail in ("/v1/messages", "/v1") if bare.endswith(tail)), "")
