"""A proxy in front of any service: it passes on what comes as it comes, and says what client and service did.

What it recorded is answered again by ``Replay``, without the service.
"""

from conformance.watch.departures import Departure, departures_of, told
from conformance.watch.proxy import Proxy
from conformance.watch.replay import Recording, Replay, recordings_in
from conformance.watch.serving import Serving
from conformance.watch.session import Example, Noted, Session
from conformance.watch.wire import PassedOn

__all__ = [
    "Departure",
    "Example",
    "Noted",
    "PassedOn",
    "Proxy",
    "Recording",
    "Replay",
    "Serving",
    "Session",
    "departures_of",
    "recordings_in",
    "told",
]
