"""``init``: write a matrix for one's own provider, from flags or by asking."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from conformance.cli import Wrong
from conformance.cli.program import Parser

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach("--endpoint https://api.example.com/anthropic --model example-1 --name example")
    parser.add_argument("--endpoint", "--url", metavar="URL", help="the address in front of /v1/messages")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="a model; repeatable")
    parser.add_argument("--name", help="a short name, for directories (default: from the endpoint's host)")
    parser.add_argument("--title", help="what people call it (default: the name)")
    parser.add_argument("--docs", metavar="URL", help="the page that says what is supported (default: the endpoint)")
    parser.add_argument("--key-env", metavar="VARIABLE", help="the variable that holds the key (default: NAME_API_KEY)")
    parser.add_argument("--no-key", action="store_true", help="the server needs no key")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where it is written (default: NAME.yaml)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(options: argparse.Namespace) -> int:
    """Ask for what is missing, write the file, and say what to do next.

    Raises:
        Wrong: something is missing and nobody can be asked, or the file is there already.
    """
    from conformance.matrix import MatrixError, load  # noqa: PLC0415  --help needs none of it
    from conformance.plain_text import command, plain  # noqa: PLC0415  as above
    from conformance.report.files import replace  # noqa: PLC0415  as above

    ask = _asker(options)
    endpoint = (options.endpoint or ask("--endpoint", "Endpoint, the address in front of /v1/messages")).rstrip("/")
    models = options.model or [word.strip() for word in ask("--model", "Models, with commas").split(",")]
    name = options.name or _name_of(endpoint)
    output: Path = options.output or Path(f"{name}.yaml")
    if output.exists() and not options.force:
        raise Wrong(f"{output} is there already: name another one with --output, or write over it with --force")
    title = options.title or name
    variable = options.key_env or f"{re.sub(r'[^A-Z0-9]+', '_', name.upper())}_API_KEY"
    text = _TEMPLATE.format(
        name=_quoted(name),
        title=_quoted(title),
        endpoint=_quoted(endpoint),
        auth="none" if options.no_key else "required",
        key="" if options.no_key else f"  key_env: {variable}\n",
        docs=_quoted(options.docs or endpoint),
        today=datetime.now(UTC).date().isoformat(),
        models="\n".join(f"  - name: {_quoted(model)}" for model in models),
    )
    try:
        replace(output, text)
        load(output)
    except MatrixError as error:
        output.unlink()
        raise Wrong(f"no matrix can be made of this: {error.problems[0]}") from None
    except OSError as error:
        raise Wrong(f"{output} cannot be written: {error.strerror or error}") from None
    print(f"matrix: {plain(output)}")
    print("write down what is documented, line by line; what is not claimed is observed and not judged. Then:")
    key = "" if options.no_key else f"{variable}=… "
    print(f"  {key}{command('conformance', 'run', '--matrix', output)}")
    return 0


def _asker(options: argparse.Namespace) -> Callable[[str, str], str]:
    """Asks whoever sits at the terminal; says which option is missing where nobody does."""

    def ask(option: str, words: str) -> str:
        if not sys.stdin.isatty():
            raise Wrong(f"{option} is missing, and nobody is there to be asked")
        try:
            answer = input(f"{words}: ").strip()
        except EOFError:
            answer = ""
        if not answer:
            raise Wrong(f"{option} is missing")
        return answer

    del options
    return ask


def _name_of(endpoint: str) -> str:
    """A name for a provider, from its host: the word that says most."""
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
        host = ""
    words = [word for word in re.findall(r"[a-z0-9-]+", host) if word not in {"api", "www", "com", "io", "ai", "org"}]
    return words[0] if words and not host.replace(".", "").isdigit() else "my-provider"


def _quoted(text: str) -> str:
    """A text as YAML takes it, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_TEMPLATE = """\
# What {title} documents of its Anthropic-compatible API, claim by claim. This file is also the test file.
conformance: 1
target:
  name: {name}
  title: {title}
  endpoint: {endpoint}
  auth: {auth}
{key}  api_version: "2023-06-01"
  requests_per_minute: 60
  concurrency: 4

sources:
  page:
    title: {title}
    url: {docs}
    date: {today}

models:
{models}

# A feature without a claim below is undocumented: asked, shown, and never judged.
unclaimed: undocumented

# supported, ignored, unsupported or undocumented; the names: pytest --matrix FILE --list-features
claims:
  parameters:
    max_tokens: {{status: supported, source: page, says: "Bounds the length of a reply."}}
    # top_k: {{status: ignored, source: page, says: "The parameter has no effect."}}
  messages:
    messages.text: {{status: supported, source: page, says: "Text blocks are read."}}
    # messages.image: {{status: unsupported, source: page, says: "Images are refused."}}
"""
