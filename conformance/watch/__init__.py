"""A proxy in front of any service: it passes on what comes as it comes, and says what client and service did."""

from conformance.watch.departures import Departure, departures_of, told
from conformance.watch.proxy import PassedOn, Proxy
from conformance.watch.serving import Serving

__all__ = ["Departure", "PassedOn", "Proxy", "Serving", "departures_of", "told"]
