"""The LiteLLM gateway in front of llama.cpp's server, on this machine: what survives a translation?

    python servers/litellm_gateway.py --litellm PATH [--port N]
    python servers/litellm_gateway.py --litellm PATH -- pytest matrices/litellm.yaml --live

PATH is the command of a ``litellm[proxy]`` in an environment of its own: it pins much of what the suite
needs in other versions. The gateway reaches the model over the routes of OpenAI's API that the server has.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml
from llama_cpp import KEY as KEY_BEHIND
from llama_cpp import MODEL, asked, free_port, serve, until_told, wait_until_healthy

__all__ = ["KEY", "main"]

KEY = "sk-local-gateway-1"
"""The gateway's master key. No secret: it is there so that refusing wrong ones can be tried."""

RETRY_POLICY = 120.0
"""Seconds the gateway may take to start: some 20 on an idle machine."""

GRACE = 10.0
"""Seconds it is given to stop."""

OFFLINE = {
    "LITELLM_TELEMETRY": "False",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MASTER_KEY": KEY,
}


def configuration(behind: str) -> str:
    """The gateway's configuration: one model, which it reaches over OpenAI's routes at an address."""
    reached = {"model": f"openai/{MODEL}", "api_base": f"{behind}/v1", "api_key": KEY_BEHIND}
    return yaml.safe_dump({"model_list": [{"model_name": MODEL, "litellm_params": reached}]})


@contextmanager
def gateway(command: str, behind: str, port: int) -> Generator[str]:
    """Start the gateway in a process of its own; give its URL, and stop it at the end."""
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="litellm-") as place:
        directory = Path(place)
        config, log = directory / "config.yaml", directory / "log.txt"
        config.write_text(configuration(behind), encoding="utf-8")
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  the user's own command
                [command, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
                cwd=directory,
                env={**os.environ, **OFFLINE},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until_healthy(f"{url}/health/liveliness", RETRY_POLICY)
            yield url
        except TimeoutError as late:
            raise SystemExit(f"{late}; its last words:\n{log.read_text('utf-8', 'replace')[-2000:]}") from None
        finally:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def main(arguments: Sequence[str]) -> int:
    """Serve, and run what stands after ``--``; without it, serve until interrupted."""
    parser = argparse.ArgumentParser(description="the LiteLLM gateway in front of llama.cpp's server, on this machine")
    parser.add_argument("--litellm", default="litellm", metavar="PATH", help="the gateway's command")
    options, command = asked(arguments, parser)
    found = shutil.which(options.litellm)
    if found is None:
        parser.error(
            f"--litellm {options.litellm}: no such command; install litellm[proxy] in an environment of its own"
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an end in order, for the command as well
    port = free_port()
    behind = f"http://127.0.0.1:{port}"
    server = serve(port)
    try:
        wait_until_healthy(f"{behind}/health")
        with gateway(str(Path(found).absolute()), behind, options.port or free_port()) as url:
            return until_told(url, KEY, command)
    except KeyboardInterrupt:
        return 130 if command else 0
    finally:
        del server


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
