"""Each command of ``python -m conformance``, through its front door."""
