"""YAML: the quickest safe loader there is, and whether a text is nested so deeply that reading it would fail."""

from __future__ import annotations

import yaml

from conformance.values import Json

__all__ = ["LOADER", "is_deeper_than", "load_yaml"]

LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where PyYAML was built with it: it is several times as fast."""


def load_yaml(text: str) -> Json:
    """The value of a YAML document of plain data.

    Raises:
        yaml.YAMLError: it is none.
    """
    return yaml.load(text, Loader=LOADER)  # noqa: S506  both loaders that it may be are safe ones


def is_deeper_than(levels: int, text: str) -> bool:
    """Whether lists and mappings are nested in more levels than this.

    Events are read one by one, so it takes no recursion to see.

    Raises:
        yaml.YAMLError: it is no YAML, as far as it had to be read.
    """
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > levels:
            return True
    return False
