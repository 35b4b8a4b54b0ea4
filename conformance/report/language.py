"""The report's own sentences, in every language it speaks; they live in ``strings.yaml`` and nowhere else.

What a model, a service or a matrix said is quoted, and never translated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, TypeAlias

import yaml

from conformance.values import Json

__all__ = ["CATALOGUE", "LANGUAGES", "Phrase", "say"]

LANGUAGES: Final = ("en", "zh")
"""The languages of a report, the first its default."""

Phrase: TypeAlias = str | Mapping[str, str]
"""A sentence with ``{places}``, or one each for a ``count`` of one and of any other number."""

CATALOGUE: Final[Mapping[str, Mapping[str, Phrase]]] = yaml.safe_load(
    files("conformance.report").joinpath("strings.yaml").read_text("utf-8")
)
"""Every sentence by its key, in every language."""

_PLACE = re.compile(r"\{(\w+)\}")


def say(key: str, language: str = "en", /, **values: Json) -> str:
    """A sentence of the report.

    Args:
        values: what stands in its places; a mapping ``{"t": key}`` stands for another sentence.

    Raises:
        KeyError: there is no such sentence, or it has a place that is not filled.
    """
    phrase = CATALOGUE[key][language]
    if not isinstance(phrase, str):
        phrase = phrase["one" if values.get("count") == 1 else "other"]
    return _PLACE.sub(lambda place: _words(values[place[1]], language), phrase)


def _words(value: Json, language: str) -> str:
    return say(value["t"], language) if isinstance(value, Mapping) else str(value)
