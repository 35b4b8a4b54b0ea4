"""From a finished report, a plain mapping, to files and terminal lines."""
