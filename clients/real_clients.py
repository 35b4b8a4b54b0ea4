"""Real clients, each in an environment of its own: installed, and run on the scripted task.

    python clients/real_clients.py install DIR [NAME …]     from PyPI and npm; says why where it cannot
    python clients/real_clients.py run DIR NAME             against ANTHROPIC_BASE_URL, asking for CONFORMANCE_MODEL

The task: a tool is called that reads a note, its result is used to say what the office cat is called, and where the
client makes objects, a forecast of Lisbon is asked for. Nothing but the service at ANTHROPIC_BASE_URL is reached: each
client gets a home and a directory of its own, a key that is none, and is told to leave everything else out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CLIENTS", "RealClient", "install", "run"]

HERE = Path(__file__).resolve().parent
KEY = "sk-no-key-at-all"
NOTE = "The office cat is called Quillon."
ASKED = 'Use the {tool} tool on the file "notes.txt", and say what the office cat is called.'


@dataclass(frozen=True)
class Task:
    """A run of a client: what is started, what it reads, and what else it is told."""

    command: Sequence[str]
    says: str | None = None
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RealClient:
    """One client: the packages it comes in, and how the task is given to it."""

    registry: str
    packages: tuple[str, ...]
    task: Callable[[Path, str, str], Task]
    """From where it is installed, the service's URL and the model's name."""


def _claude_code(place: Path, url: str, model: str) -> Task:
    (program,) = place.glob("node_modules/@anthropic-ai/claude-code-*/claude")
    told = (("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"), ("DISABLE_AUTOUPDATER", "1"))
    return Task([str(program), "-p", ASKED.format(tool="Read"), "--model", model, "--allowedTools", "Read"], None, told)


def _opencode(place: Path, url: str, model: str) -> Task:
    program = next(place.glob("node_modules/opencode-linux-*/bin/opencode"))
    options = f'{{"baseURL": "{url}/v1", "apiKey": "{KEY}"}}'
    provider = f'{{"npm": "@ai-sdk/anthropic", "options": {options}, "models": {{"{model}": {{}}}}}}'
    Path("opencode.json").write_text(
        f'{{"autoupdate": false, "share": "disabled", "model": "local/{model}", "provider": {{"local": {provider}}}}}',
        "utf-8",
    )
    return Task([str(program), "run"], ASKED.format(tool="read"), (("OPENCODE_DISABLE_MODELS_FETCH", "1"),))


def _ai_sdk(place: Path, url: str, model: str) -> Task:
    script = ["node", str(HERE / "ai_sdk_task.mjs"), str(place), model]
    return Task(script, None, (("ANTHROPIC_BASE_URL", f"{url}/v1"),))


def _python(script: str) -> Callable[[Path, str, str], Task]:
    return lambda place, _url, model: Task([str(place / "bin" / "python"), str(HERE / script), model])


CLIENTS = {
    "claude_code": RealClient("npm", ("@anthropic-ai/claude-code",), _claude_code),
    "opencode": RealClient("npm", ("opencode-ai",), _opencode),
    "vercel_ai_sdk": RealClient("npm", ("ai@6", "@ai-sdk/anthropic@3", "zod"), _ai_sdk),
    "langchain": RealClient("pypi", ("langchain-anthropic",), _python("langchain_task.py")),
    "pydantic_ai": RealClient("pypi", ("pydantic-ai-slim[anthropic]",), _python("pydantic_ai_task.py")),
    "anthropic_sdk": RealClient("pypi", ("anthropic",), _python("anthropic_task.py")),
}
"""By the name of the row."""


def install(place: Path, name: str, version: str | None = None) -> str:
    """Install a client below a directory, if it is not there yet; why it cannot be, or nothing.

    Args:
        version: of its first package; the newest where it is None.
    """
    client, mine = CLIENTS[name], place / name
    if (mine / "installed").exists() and (mine / "installed").read_text("utf-8") == (version or ""):
        return ""
    first, *others = client.packages
    if version is not None:
        joint = "@" if client.registry == "npm" else "=="
        # npm's names may begin with the sign that stands before a version.
        first = f"{first[:1]}{first[1:].partition('@')[0]}{joint}{version}"
    packages = [first, *others]
    mine.mkdir(parents=True, exist_ok=True)
    if client.registry == "npm":
        if shutil.which("npm") is None:
            return "there is no npm here"
        commands = [["npm", "install", "--no-audit", "--no-fund", "--prefix", str(mine), *packages]]
    else:
        commands = [
            [sys.executable, "-m", "venv", str(mine)],
            [str(mine / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages],
        ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  fixed but for a path
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip() or "without a word").splitlines()[-1]
            return f"it could not be installed: {last}"
    (mine / "installed").write_text(version or "", "utf-8")
    return ""


def run(place: Path, name: str, url: str, model: str, timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run the task; what the client printed, and its exit code."""
    with tempfile.TemporaryDirectory(prefix="client-") as directory:
        home, work = Path(directory, "home"), Path(directory, "work")
        home.mkdir()
        work.mkdir()
        (work / "notes.txt").write_text(f"{NOTE}\n", "utf-8")
        os.chdir(work)
        task = CLIENTS[name].task(place.absolute() / name, url, model)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": KEY,
            **dict(task.environment),
        }
        try:
            return subprocess.run(  # noqa: S603  a program that was installed for this
                task.command,
                input=task.says or "",
                env=environment,
                cwd=work,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            said = late.stdout.decode("utf-8", "replace") if isinstance(late.stdout, bytes) else late.stdout
            return subprocess.CompletedProcess(late.cmd, 124, said or "", f"did not end within {timeout:g} seconds")
        finally:
            os.chdir(HERE)


def main(arguments: Sequence[str]) -> int:
    """Install clients, or run one."""
    what, place, *names = arguments
    if what == "install":
        for name in names or CLIENTS:
            print(f"{name}: {install(Path(place), name) or 'installed'}", flush=True)
        return 0
    done = run(Path(place).absolute(), names[0], os.environ["ANTHROPIC_BASE_URL"], os.environ["CONFORMANCE_MODEL"])
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
