"""The templates: what they show is made harmless before it is put in, in the way of each format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.plain_text import clip, command, plain
from conformance.report.escape import markdown, markdown_code
from conformance.report.language import quoted, say, sentences
from conformance.values import Json

__all__ = ["LONG", "html", "md", "part"]

LONG = 600
"""Characters of a summary or a detail that are shown in Markdown; the whole of it is in report.json."""


def part(name: str) -> str:
    """A file beside the templates, as it is."""
    return files("conformance.report.render").joinpath("templates", name).read_text("utf-8")


@cache
def html() -> Environment:
    """Templates of pages: everything shown is plain first, and escaped; what is markup was made of plain text."""
    return _environment(lambda value: value if isinstance(value, Markup) else plain(value))


@cache
def md() -> Environment:
    """Templates of Markdown: everything shown reads as it was, but for code spans and our own sentences."""
    environment = _environment(_escaped)
    environment.filters |= {"clip": clip, "code": _code, "command": command, "line": _line}
    environment.filters |= {"quoted": quoted, "sentence": _sentence}
    environment.globals |= {"long": LONG, "rule": _rule, "sentences": lambda said: sentences(*said), "t": _said}
    return environment


def _environment(finalize: Callable[[Json], Json]) -> Environment:
    return Environment(
        loader=PackageLoader("conformance.report.render", "templates"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _escaped(value: Json) -> Markup:
    return value if isinstance(value, Markup) else Markup(markdown(value))  # noqa: S704  escaped for Markdown


def _code(text: str) -> Markup:
    return Markup(markdown_code(text))  # noqa: S704  a code span, or escaped


def _line(cells: Iterable[Json]) -> Markup:
    """A line of a table."""
    return Markup(f"| {' | '.join(map(_escaped, cells))} |")  # noqa: S704  escaped for Markdown


def _rule(columns: int) -> Markup:
    """The line below a table's head."""
    return Markup(f"|{' --- |' * columns}")  # noqa: S704  no text in it


def _sentence(text: str) -> Markup:
    """A sentence that others wrote, with its full stop."""
    words = markdown(clip(quoted(text), LONG))
    return Markup(words if words.endswith(tuple(".!?。！？")) else f"{words}.")  # noqa: S704  escaped for Markdown


def _said(key: str, **values: Json) -> Markup:
    """A sentence of ours, with what stands in its places escaped."""
    shown = {name: value if isinstance(value, dict | int) else _escaped(value) for name, value in values.items()}
    return Markup(say(key, **shown))  # noqa: S704  ours, and what is in it is escaped
