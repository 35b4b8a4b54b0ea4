"""Streams, replies and shapes, without an HTTP client."""
