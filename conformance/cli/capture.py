"""``capture``: run a real client against the simulator, and write its file again."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli import Wrong
from conformance.cli.program import Parser

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from conformance.clients.capture import Sent

__all__ = ["describe", "run"]

_KEY = "sk-conformance-capture"
"""What a client is given for a key. No secret: nothing but the simulator sees it."""


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach(
        "--name langchain -- python clients/langchain_task.py",
        more="The command finds the simulator in ANTHROPIC_BASE_URL, a key in ANTHROPIC_API_KEY and a model in "
        "CONFORMANCE_MODEL; {url} and {model} in it stand for these. It must do the scripted task of docs/clients.md.",
    )
    parser.add_argument("--name", required=True, help="the client's row: clients.NAME")
    parser.add_argument("--model", default="MiniMax-M2.7", help="the model it is to ask for (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="else the client's file in the package")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="the day of the capture; else today")
    parser.add_argument("--source", metavar="URL", help="where the client is from; needed for a new one")
    parser.add_argument("--timeout", type=float, default=180.0, metavar="SECONDS", help="(default: %(default)g)")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what runs the client, behind --")


def run(options: argparse.Namespace) -> int:
    """Capture a client.

    Raises:
        Wrong: the client could not be run, or did not send what a file must have.
    """
    from datetime import UTC, datetime  # noqa: PLC0415  as all heavy imports of commands

    import yaml  # noqa: PLC0415  as above

    from conformance import clients, simulator  # noqa: PLC0415  as above
    from conformance.clients.capture import Missing, captured, version_of, written  # noqa: PLC0415  as above

    path: Path = options.output or Path(clients.__file__).parent / f"{options.name}.yaml"
    before: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
    source = options.source or before.get("source")
    if source is None:
        raise Wrong(f"{path} is new; say with --source where the client is from")
    listening = _Listening(simulator.create_app("reference", paced=False, models=[options.model]))
    with simulator.serving(listening) as url:
        code = _ran(options.command, url, options.model, options.timeout)
    try:
        requests = captured(listening.sent)
    except Missing as missing:
        raise Wrong(f"{missing}; {len(listening.sent)} requests came, and the command ended with {code}") from None
    file = {
        "client": before.get("client", options.name),
        "version": version_of(listening.sent),
        "captured": options.date or datetime.now(UTC).date().isoformat(),
        "how": f"python -m conformance capture --name {options.name} -- {shlex.join(options.command)}",
        "source": source,
        **({"faults": before["faults"]} if "faults" in before else {}),
        "requests": requests,
    }
    path.write_text(written(file), "utf-8")
    try:
        client = clients.load(path)
    except clients.ClientError as error:
        raise Wrong(str(error)) from None
    print(f"{path}: {client.client} {client.version}, {', '.join(requests)}, of {len(listening.sent)} requests")
    return 0


def _ran(command: list[str], url: str, model: str, timeout: float) -> int:
    """Run the client to its end; its exit code.

    Raises:
        Wrong: there is no such command, or it did not end.
    """
    filled = [word.replace("{url}", url).replace("{model}", model) for word in command]
    known = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": _KEY, "CONFORMANCE_MODEL": model}
    mine = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    try:
        done = subprocess.run(filled, env={**mine, **known}, stdin=subprocess.DEVNULL, timeout=timeout, check=False)  # noqa: S603  the user's own command
    except OSError as error:
        raise Wrong(f"{filled[0]} cannot be run ({error.strerror or error})") from None
    except subprocess.TimeoutExpired:
        raise Wrong(f"{filled[0]} did not end within {timeout:g} seconds; --timeout gives it more") from None
    return done.returncode


class _Listening:
    """An application that keeps what it is sent, and leaves the answers to another."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.sent: list[Sent] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep a request to the Messages endpoint, and pass it on."""
        body = b""
        message: Message = {"type": "http.request", "more_body": True}
        while message["type"] == "http.request" and message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        self._keep(scope, body)
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, again, send)

    def _keep(self, scope: Scope, body: bytes) -> None:
        import json  # noqa: PLC0415  as all heavy imports of commands

        from conformance.clients.capture import Sent  # noqa: PLC0415  as above

        if scope.get("method") != "POST" or not str(scope.get("path")).endswith("/v1/messages"):
            return
        try:
            asked = json.loads(body)
        except ValueError:
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.sent.append(Sent(scope["query_string"].decode("latin-1"), headers, asked))
