"""A proxy in front of any service: it passes on what comes as it comes, and says what client and service did."""

from conformance.watch.findings import Finding, findings_of, told
from conformance.watch.proxy import Proxy, Seen
from conformance.watch.serving import Serving

__all__ = ["Finding", "Proxy", "Seen", "Serving", "findings_of", "told"]
