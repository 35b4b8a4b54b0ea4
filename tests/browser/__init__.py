"""The report as a browser shows it; skipped where there is no chromium."""
