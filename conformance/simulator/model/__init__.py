"""The small model behind the API: it reads a prompt, understands what it needs to, and writes an answer."""
