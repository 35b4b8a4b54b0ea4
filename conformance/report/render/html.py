"""The report as one self-contained page: no network, light, dark and on paper, in two languages.

All text is put in as text, here by Jinja's escaping and in the page by text nodes. The page's policy names the
hash of its own script and style, so that nothing else could run even if it got in.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from hashlib import sha256
from urllib.parse import quote

from jinja2 import Template
from markupsafe import Markup, escape

from conformance.plain_text import plain
from conformance.report.analysis.figures import Measured
from conformance.report.analysis.overview import Overview
from conformance.report.analysis.vocabulary import differs, mark, reason_key, seen_key, slug, verdict_key
from conformance.report.escape import issue
from conformance.report.language import CODES, LANGUAGES, NAMES, say, sentences, speaking, words
from conformance.report.recordings import Recordings
from conformance.report.render import page_data, templates
from conformance.report.render.answer import PageAnswer
from conformance.report.render.document import Layout
from conformance.report.render.grid import PageGrid
from conformance.values import Json

__all__ = ["document", "fragment", "policy", "render"]

_SCRIPT = ("words", "grid", "elements", "bodies", "cases", "drawer", "start")
"""The modules of the page's script, in the order in which they need each other."""

_PLOTTED = 30
"""Models in a figure; more are no picture any more."""


def render(overview: Overview, *, recordings: Recordings | None = None, lang: str = LANGUAGES[0]) -> str:
    """The report as one HTML document.

    Args:
        recordings: what was sent and what came back; without them no exchange is shown.
        lang: the language the page opens in; it speaks all of them.
    """
    measured = Measured()
    style, head, script = _style(overview), templates.part("head.js"), _script()
    page = _template().render(
        view=overview,
        grid=PageGrid(overview),
        answer=PageAnswer(overview),
        lang=lang,
        languages=LANGUAGES,
        t=_speaker(lang),
        ta=_labeller(lang),
        say=lambda key, **values: say(key, lang, **values),
        comma=escape(say("page.comma", lang)),
        data=page_data.cells(overview, recordings or Recordings(), measured),
        index=page_data.index(overview),
        measured=measured,
        plotted=overview.models[:_PLOTTED],
        style=Markup(style),  # noqa: S704  ours
        head=Markup(head),  # noqa: S704  ours
        script=Markup(script),  # noqa: S704  ours
        policy=policy(style, head, script),
    )
    return page + "\n"


def document(made: Layout, translations: Mapping[str, Layout] | None = None, *, lang: str = LANGUAGES[0]) -> str:
    """What is said of several reports at once, as one self-contained page.

    Args:
        made: what is said, in the language ``lang``.
        translations: the same in others; the page switches between them.
    """
    template = templates.html().get_template("document.html.j2")
    style, head, script = (templates.part(name) for name in ("document.css", "head.js", "document.js"))
    page = template.render(
        documents={lang: made, **(translations or {})},
        lang=lang,
        codes=CODES,
        names=NAMES,
        say=say,
        sentences=_sentences,
        style=Markup(style),  # noqa: S704  ours
        head=Markup(head),  # noqa: S704  ours
        script=Markup(script),  # noqa: S704  ours
        policy=policy(style, head, script),
    )
    return page + "\n"


def _sentences(language: str, said: Iterable[str]) -> str:
    with speaking(language):
        return sentences(*said)


# --- the page


@cache
def _template() -> Template:
    environment = templates.html()
    environment.filters |= {"issue": issue, "fragment": fragment, "moment": _moment}
    environment.globals |= {
        "differs": differs,
        "mark": mark,
        "reason_key": reason_key,
        "seen_key": seen_key,
        "slug": slug,
        "verdict_key": verdict_key,
        "words": words,
    }
    return environment.get_template("index.html.j2")


def _speaker(lang: str) -> Callable[..., Markup]:
    """A sentence as an element that the page can say in another language."""

    def speak(key: str, **values: Json) -> Markup:
        shown = {
            name: value if isinstance(value, dict | int | float) else plain(value) for name, value in values.items()
        }
        filled = Markup(' data-a="{}"').format(json.dumps(shown, ensure_ascii=False)) if shown else ""
        return Markup('<span data-t="{}"{}>{}</span>').format(key, filled, say(key, lang, **shown))

    return speak


def _labeller(lang: str) -> Callable[..., Markup]:
    """The attributes of an element, as the page can say them in another language."""

    def label(**keys: str) -> Markup:
        named = {name.replace("_", "-"): key for name, key in keys.items()}
        listed = ";".join(f"{name}:{key}" for name, key in named.items())
        said = Markup(" ").join(Markup('{}="{}"').format(name, say(key, lang)) for name, key in named.items())
        return Markup('{} data-ta="{}"').format(said, listed)

    return label


def _moment(time: str) -> str:
    """A time of a recording, to the minute."""
    return f"{plain(time)[:16].replace('T', ' ')} UTC"


def fragment(anchor: str) -> str:
    """An anchor as the end of an address."""
    return f"#{quote(anchor, safe='')}"


# --- style, script, and the policy that names them


def _script() -> str:
    """The page's script: modules of one scope, which is theirs alone."""
    return "\n".join(['"use strict";', "{", *(templates.part(f"page/{name}.js") for name in _SCRIPT), "}"])


def _style(overview: Overview) -> str:
    """The style of the page, with the width the grid needs: below it the grid scrolls in a box of its own."""
    width = 23.5 + 7.3 * len(overview.models)
    narrow = 14.5 + 7.3 * len(overview.models)
    return f"""{templates.part("style.css")}
.grid, .group {{ min-width: {width:g}rem; }}
@media (max-width: 40rem) {{ .grid, .group {{ min-width: {narrow:g}rem; }} }}
@media screen and (max-width: {width + 5:g}rem) {{
  .scroller {{ overflow: auto; max-height: 88dvh; }}
  .grid thead th {{ top: 0; }}
}}
@media print {{ .grid, .group {{ min-width: 0; }} }}
"""


def policy(style: str, *scripts: str) -> str:
    """The content policy of a page that is inside itself: its own style and scripts, and nothing else."""
    allowed = " ".join(map(_hashed, scripts))
    return f"default-src 'none'; style-src {_hashed(style)}; script-src {allowed}; base-uri 'none'; form-action 'none'"


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
