"""The observatory as a static site: a front page, a page a feature, a client and a provider, a comparison, feeds.

Every page stands alone and needs no server: it is inside itself what it shows, with a policy that names its one
script. The Chinese pages are below ``zh/``, under the same names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from urllib.parse import quote

from jinja2 import Template
from markupsafe import Markup, escape

from conformance.plain_text import plain
from conformance.report.analysis.observatory import Observatory, Provider
from conformance.report.analysis.vocabulary import mark, verdict_word
from conformance.report.escape import json_text, script_json
from conformance.report.language import CODES, LANGUAGES, NAMES, quoted, say, speaking
from conformance.report.render import templates
from conformance.report.render.clients import state_words, tone_of
from conformance.report.render.html import fragment, policy
from conformance.values import Json, Source

__all__ = ["file_of", "site"]

_MOST = 15
"""Features on the front page."""


def site(made: Mapping[str, Observatory]) -> Iterator[tuple[str, str]]:
    """Every file of the site but reports and badges: its path, and its text.

    Args:
        made: the observatory in the words of each language.
    """
    first = made[LANGUAGES[0]]
    for language, one in made.items():
        with speaking(language):
            yield from _pages(one, language)
    yield "observatory.json", json_text(first.data())
    yield "feed.atom", _atom(first)
    yield "feed.json", json_text(_feed(first))


def _pages(made: Observatory, language: str) -> Iterator[tuple[str, str]]:
    other = next(one for one in LANGUAGES if one != language)
    up = "" if language == LANGUAGES[0] else "../"
    titles = {provider.name: plain(provider.title) for provider in made.providers}
    names = script_json(_names(made))
    style = f"{templates.part('document.css')}{templates.part('site.css')}"
    script = templates.part("site.js")
    allowed = f"{policy(style, script)}; img-src 'self' file:"
    cells = script_json(_cells(made))
    any_simulated = any(provider.simulated for provider in made.providers)
    shared: dict[str, Json] = {
        "made": made,
        "most": sorted(made.features, key=lambda one: -one.kinds)[:_MOST],
        "titles": titles,
        "names": names,
        "cells": cells,
        "say": say,
        "mark": mark,
        "verdict_word": verdict_word,
        "state_words": state_words,
        "tone_of": tone_of,
        "source_word": lambda source: say(f"source.{source}"),
        "quoted": quoted,
        "figures": _figures,
        "points": _points,
        "code": CODES[language],
        "other_code": CODES[other],
        "other_name": NAMES[other],
        "style": Markup(style),  # noqa: S704  ours
        "script": Markup(script),  # noqa: S704  ours
        "policy": allowed,
    }

    def page(path: str, kind: str, title: str, *, simulated: bool, one: Json = None) -> tuple[str, str]:
        down = path.count("/")
        base, root = "../" * down, "../" * down + up
        elsewhere = f"{root}{'' if language != LANGUAGES[0] else f'{other}/'}{quote(path)}"
        text = _template().render(
            **shared, kind=kind, title=title, simulated=simulated, one=one, base=base, root=root, other=elsewhere
        )
        return (path if language == LANGUAGES[0] else f"{language}/{path}"), text + "\n"

    yield page("index.html", "home", say("site.title"), simulated=any_simulated)
    yield page("compare.html", "compare", say("site.compare"), simulated=any_simulated)
    for line in made.features:
        simulated = any(cell.source is Source.SIMULATOR for cell in line.cells.values())
        title = say("site.feature.title", feature=plain(line.feature))
        yield page(f"features/{file_of(line.feature)}.html", "feature", title, simulated=simulated, one=line)
    for client in made.clients:
        title = say("site.client.title", client=plain(client.client))
        path = f"clients/{file_of(client.client)}.html"
        yield page(path, "client", title, simulated=client.simulated, one=client)
    for provider in made.providers:
        title = say("site.provider.title", title=plain(provider.title))
        path = f"providers/{file_of(provider.name)}.html"
        yield page(path, "provider", title, simulated=bool(provider.simulated), one=provider)


@cache
def _template() -> Template:
    environment = templates.html()
    environment.filters |= {"address": lambda name: quote(file_of(name), safe=""), "fragment": fragment}
    return environment.get_template("site.html.j2")


def file_of(name: str) -> str:
    """A file name for whatever something is called: percent-encoded, never a dot file and never a way up."""
    encoded = quote(plain(name), safe="")
    return f"%2E{encoded[1:]}" if encoded.startswith(".") else encoded


def _names(made: Observatory) -> list[Json]:
    features = [[plain(one.feature), f"features/{quote(file_of(one.feature))}.html"] for one in made.features]
    providers = [[plain(one.title), f"providers/{quote(file_of(one.name))}.html"] for one in made.providers]
    clients = [[plain(one.client), f"clients/{quote(file_of(one.client))}.html"] for one in made.clients]
    return [*providers, *clients, *features]


def _cells(made: Observatory) -> dict[str, Json]:
    return {
        "words": {"feature": say("grid.feature"), "simulated": say("site.simulated.tag")},
        "providers": [[one.name, plain(one.title), bool(one.simulated)] for one in made.providers],
        "features": [
            [
                plain(line.feature),
                f"features/{quote(file_of(line.feature))}.html",
                {
                    name: [
                        cell.seen,
                        cell.documented,
                        cell.verdict or "undocumented",
                        cell.source is Source.SIMULATOR,
                        cell.decided,
                    ]
                    for name, cell in line.cells.items()
                },
            ]
            for line in made.features
        ],
    }


def _figures(provider: Provider) -> str:
    return say("page.comma").join(f"{run.recorded} {run.held}/{run.judged}" for run in provider.runs)


def _points(provider: Provider) -> str:
    """The share of rows that hold, report by report; the reports stand at equal distances."""
    runs = provider.runs
    step = 100 / max(len(runs) - 1, 1)
    return " ".join(f"{at * step:.1f},{20 - 18 * run.held / max(run.judged, 1):.1f}" for at, run in enumerate(runs))


# --- feeds


def _feed(made: Observatory) -> dict[str, Json]:
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": say("site.title"),
        "items": [
            {
                "id": f"{one.day}/{one.provider}/{one.feature}",
                "title": _line(made, number),
                "content_text": _line(made, number),
                "url": f"features/{quote(file_of(one.feature))}.html",
                "date_published": f"{one.day}T00:00:00Z",
            }
            for number, one in enumerate(made.changes[:100])
        ],
    }


def _line(made: Observatory, number: int) -> str:
    one = made.changes[number]
    title = next(plain(provider.title) for provider in made.providers if provider.name == one.provider)
    words = say("site.changed.line", feature=plain(one.feature), provider=title, before=one.before, after=one.after)
    return f"{say('page.simulated')}: {words}" if one.simulated else words


def _atom(made: Observatory) -> str:
    days = [one.day for one in made.changes] + [day for one in made.providers for day in one.recorded]
    updated = f"{max(days, default=datetime(1970, 1, 1, tzinfo=UTC).date().isoformat())}T00:00:00Z"
    entries = "".join(
        f"<entry><id>urn:conformance:{escape(quote(f'{one.day}/{one.provider}/{one.feature}'))}</id>"
        f"<title>{escape(_line(made, number))}</title><updated>{escape(one.day)}T00:00:00Z</updated>"
        f'<link href="features/{quote(file_of(one.feature))}.html"/></entry>'
        for number, one in enumerate(made.changes[:100])
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:conformance:observatory</id><title>{escape(say('site.title'))}</title><updated>{updated}</updated>"
        f"<author><name>conformance</name></author>{entries}</feed>\n"
    )
