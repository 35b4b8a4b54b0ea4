"""Trouble on purpose: what networks, gateways and services do on a bad day, each at a rate, all by seeded chance.

What ASGI can do is done in front of the service (`faulty`), what it cannot at the door (`door`).
"""

from __future__ import annotations

from .fault import Fault
from .faulty import Faulty
from .rates import FAULTS, Faults, rates

__all__ = ["FAULTS", "Fault", "Faults", "Faulty", "rates"]
