"""Planning, asking and judging, without pytest."""
