"""A badge that says no more than is known: as an image, and for shields.io's endpoint."""

from __future__ import annotations

import unicodedata

from markupsafe import escape

from conformance.plain_text import clip, plain
from conformance.report.analysis.overview import Overview
from conformance.report.language import say
from conformance.values import Json, Verdict

__all__ = ["endpoint", "svg"]

_COLOURS = {"brightgreen": "#3a7d1b", "yellow": "#8a6d00", "red": "#b3261e", "lightgrey": "#6b6b6b"}
"""shields.io's names, and dark enough for white text."""


def endpoint(overview: Overview) -> dict[str, Json]:
    """What shields.io's endpoint badge is made of."""
    message, colour = _says(overview)
    label = say("badge.label", title=clip(overview.title, 40))
    return {"schemaVersion": 1, "label": label, "message": message, "color": colour}


def _says(overview: Overview) -> tuple[str, str]:
    """The message and its colour: evidence that is simulated is neither good nor bad news."""
    counts = overview.tally
    bad = counts[Verdict.FALLS_SHORT]
    words = say("badge.counts", good=counts[Verdict.CONFORMS] + counts[Verdict.EXCEEDS], bad=bad)
    if overview.open:
        words = say("badge.open", counts=words, open=overview.open)
    if overview.simulated:
        return say("badge.simulated", counts=words), "lightgrey"
    if not overview.sourced:
        return say("badge.none"), "lightgrey"
    return words, "red" if bad else "yellow" if overview.open else "brightgreen"


def svg(overview: Overview) -> str:
    """The same as an image that needs nothing else; ``textLength`` makes it fit whatever font there is."""
    made = endpoint(overview)
    label, message = plain(made["label"]), plain(made["message"])
    left, right = _width(label), _width(message)
    texts = "".join(
        f'<text x="{at:g}" y="14" textLength="{wide - 12:g}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
        for text, at, wide in ((label, 6, left), (message, left + 6, right))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right:g}" height="20" role="img">'
        f"<title>{escape(say('text.named', name=label, words=message))}</title>"
        f'<rect width="{left:g}" height="20" fill="#444"/>'
        f'<rect x="{left:g}" width="{right:g}" height="20" fill="{_COLOURS[made["color"]]}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{texts}</g></svg>\n'
    )


def _width(text: str) -> float:
    """Pixels that a text takes with its margins: a wide character counts twice."""
    return 12 + sum(12 if unicodedata.east_asian_width(sign) in "WF" else 6.2 for sign in text)
