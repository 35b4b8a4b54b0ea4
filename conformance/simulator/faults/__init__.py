"""Trouble on purpose: what networks, gateways and services do on a bad day, each at a rate, all by seeded chance.

What ASGI can do is done in front of the service (`faulty`), what it cannot where connections come in (`listener`).
"""

from __future__ import annotations

from conformance.simulator.faults.call import Fault
from conformance.simulator.faults.faulty import Faulty
from conformance.simulator.faults.rates import FAULTS, Faults, rates

__all__ = ["FAULTS", "Fault", "Faults", "Faulty", "rates"]
