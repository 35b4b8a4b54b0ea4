"""Recording and replay: cassettes, the transport that owns one, and what must not be written."""
