"""The report as one self-contained page: no network, no script, light, dark and on paper."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from conformance.report import words
from conformance.report.cells import case_name, mark, seen_word, slug, verdict_word
from conformance.report.escape import plain
from conformance.report.view import View
from conformance.values import Json

__all__ = ["render"]

_CODE = re.compile(r"``(.+?)``")


def render(report: Mapping[str, Json]) -> str:
    """The report as one HTML document."""
    return _template().render(view=View(report)) + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("conformance.report", "templates"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "case_name": case_name,
        "class": _class,
        "figure": _figure,
        "fragment": _fragment,
        "mark": mark,
        "prose": _prose,
        "seen": seen_word,
        "web": _web,
        "verdict": verdict_word,
    }
    environment.globals |= {"slug": slug, "words": words}
    return environment.get_template("index.html.j2")


def _finalize(value: object) -> object:
    """Everything shown is plain first; what is markup was made of plain text."""
    return value if isinstance(value, Markup) else plain(value)


def _prose(text: str) -> Markup:
    """Paragraphs and ``code`` of a docstring."""
    paragraphs = [plain(paragraph) for paragraph in re.split(r"\n\s*\n", text)]
    code = Markup("<code>{}</code>")
    made = [
        Markup().join(code.format(part) if odd % 2 else escape(part) for odd, part in enumerate(_CODE.split(paragraph)))
        for paragraph in paragraphs
    ]
    return Markup().join(Markup("<p>{}</p>").format(paragraph) for paragraph in made)


def _web(address: str) -> str:
    """The address where it may be linked to, else nothing."""
    bare = plain(address)
    return bare if re.match(r"https?://", bare, re.IGNORECASE) else ""


def _fragment(anchor: str) -> str:
    """An anchor as the end of an address."""
    return f"#{quote(anchor, safe='')}"


def _class(word: str) -> str:
    """A word of ours as the name of a class."""
    return re.sub(r"\W+", "-", word)


def _figure(value: Json) -> str:
    """A figure of the statistics as people write it."""
    match value:
        case str():
            return value
        case float():
            return f"{value:.4g}"
        case list() if all(isinstance(item, int | float) for item in value):
            return ", ".join(map(_figure, value))
        case _:
            return json.dumps(value, ensure_ascii=False)
