"""What goes over the wire and onto cassettes: clients, cassettes, redaction, the rate limit."""
