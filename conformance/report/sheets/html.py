"""A sheet as one self-contained page: no network, no script, light, dark and on paper."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from conformance.report.escape import plain
from conformance.report.sheets import Sheet

__all__ = ["render"]


def render(sheet: Sheet) -> str:
    """The sheet as one HTML document."""
    style = files("conformance.report").joinpath("templates", "sheet.css").read_text("utf-8")
    # The style is the suite's own; everything else is escaped.
    return _template().render(sheet=sheet, style=Markup(style)) + "\n"  # noqa: S704


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
    return environment.get_template("sheet.html.j2")


def _finalize(value: object) -> object:
    """Everything shown is plain first."""
    return value if isinstance(value, Markup) else plain(value)
