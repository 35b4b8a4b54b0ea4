"""What the commands on several reports share: where their documents are written."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.reading import add_language, language_of, refusing

if TYPE_CHECKING:
    from conformance.report.render.document import Layout
    from conformance.values import Json

__all__ = ["add_outputs", "put_out"]

_FORMATS = ("markdown", "html", "json")


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """The options that write a document to a file as well."""
    for name in _FORMATS:
        words = f"write it as {name if name == 'markdown' else name.upper()} as well; - prints that and nothing else"
        parser.add_argument(f"--{name}", metavar="FILE", help=words)
    add_language(parser)


def put_out(
    options: argparse.Namespace, make_document: Callable[[], Layout], data: Json, *, brief: str | None = None
) -> None:
    """Write the files that were asked for, and print the document.

    Args:
        make_document: makes the document, in the language that is spoken.
        data: the same for programs.
        brief: one line that is printed instead.

    Raises:
        Wrong: a file cannot be written, or the language is not spoken.
    """
    from conformance.report.escape import json_text  # noqa: PLC0415  --help needs no report
    from conformance.report.files import replace  # noqa: PLC0415  as above
    from conformance.report.language import LANGUAGES, speaking  # noqa: PLC0415  as above
    from conformance.report.render import html, markdown, terminal  # noqa: PLC0415  as above

    lang = language_of(options)
    documents: dict[str, Layout] = {}
    for language in LANGUAGES:
        with speaking(language):
            documents[language] = make_document()
    document = documents.pop(lang)
    make: dict[str, Callable[[], str]] = {
        "markdown": lambda: markdown.document(document),
        "html": lambda: html.document(document, documents, lang=lang),
        "json": lambda: json_text(data),
    }
    asked: dict[str, str] = {name: where for name in _FORMATS if (where := getattr(options, name)) is not None}
    with speaking(lang):
        for name, where in asked.items():
            if where != "-":
                with refusing():
                    replace(Path(where), make[name]())
        spoken = terminal.document(document) if brief is None else f"{brief}\n"
        printed = [make[name]() for name, where in asked.items() if where == "-"] or [spoken]
    for words in printed:
        print(words, end="")
