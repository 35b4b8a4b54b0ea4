"""YAML to plain data, and the line of every key: PyYAML composes, nothing is constructed but scalars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.reader import ReaderError

from conformance.matrix.problems import Lines, MatrixError, Place, Problem
from conformance.values import Json
from conformance.yaml_text import LOADER, is_deeper_than

__all__ = ["Document", "read"]

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_DEEP = 20
"""Levels of nesting nobody needs. Composing recurses, in C, and many would crash the interpreter."""
_DEPTHS = Problem(1, (), "nested too deeply to be a matrix")


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data, the line of every place in it, and what was wrong on the way."""

    data: Json
    lines: Lines
    problems: tuple[Problem, ...]


def read(path: Path) -> Document:
    """Read a YAML file safely.

    Raises:
        MatrixError: there is no data to be had: unreadable, not UTF-8, empty, not YAML.
    """
    text = _text(path)
    try:
        if is_deeper_than(_DEEP, text):
            raise MatrixError(path, [_DEPTHS])
        root = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        # Some parsers give up at a depth of their own, before the first of it is seen here.
        raise MatrixError(path, [_DEPTHS if _brackets(text) > _DEEP else _syntax(error, text)]) from None
    except ReaderError as error:
        raise MatrixError(path, [_unprintable(text)]) from error
    if root is None:
        raise MatrixError(path, [Problem(1, (), "empty; a matrix begins with 'conformance: 1'")])
    reader = _Reader()
    return Document(reader.value(root, ()), reader.lines, tuple(reader.problems))


def _brackets(text: str) -> int:
    """How deep brackets go in what is no YAML, whatever they may have been meant for."""
    depths = accumulate(1 if sign in "[{" else -1 for sign in re.findall(r"[][{}]", text))
    return max(depths, default=0)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise MatrixError(path, [Problem(1, (), f"cannot be read ({error.strerror})")]) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        words = f"not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        raise MatrixError(path, [Problem(line, (), words)]) from None


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark and (line := _tabbed(text, mark.line)):
        return Problem(line, (), "not YAML: a tab at the beginning of the line; indent with spaces")
    what = " ".join(f"{error.problem or 'cannot be parsed'}".split())
    context = f" ({' '.join(error.context.split())})" if error.context else ""
    hint = "mind the indentation, and quote text that holds ': ' or ' #'"
    return Problem(mark.line + 1 if mark else 1, (), f"not YAML: {what}{context}; {hint}")


def _tabbed(text: str, line: int) -> int:
    """The number of the line that is indented with a tab: the one a parser stopped at, or the one before it; else 0."""
    every = text.split("\n")
    near = [number for number in (line, line - 1) if 0 <= number < len(every)]
    return next((number + 1 for number in near if re.match(r" *\t", every[number])), 0)


def _unprintable(text: str) -> Problem:
    """The reader counts bytes or characters, by implementation: look for the culprit ourselves."""
    for number, line in enumerate(text.split("\n"), start=1):
        for character in line:
            if not character.isprintable() and character not in "\t\r\x85\u2028\u2029":
                return Problem(number, (), f"not YAML: the control character {character!r}; delete it")
    return Problem(1, (), "not YAML: a control character; delete it")  # pragma: no cover


class _Reader:
    """Walks the nodes once; keeps the first of two equal keys and says so."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.problems: list[Problem] = []
        self._constructor = SafeConstructor()
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, place: Place) -> Json:
        if id(node) in self._seen:
            return self._wrong(node, place, "an alias (*); write the value out")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(key_node, place, "a key that is no word")
                continue
            key = str(key_node.value)
            if key in found:
                words = f"written twice, first on line {self.lines[*place, key]}; keep one"
                self.problems.append(Problem(key_node.start_mark.line + 1, (*place, key), words))
                continue
            self.lines[(*place, key)] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, (*place, key))
        return found

    def _item(self, node: yaml.Node, place: Place) -> Json:
        self.lines[place] = node.start_mark.line + 1
        return self.value(node, place)

    def _scalar(self, node: yaml.Node, place: Place) -> Json:
        if node.tag in (_TIMESTAMP, _TEXT):  # a date stays as it is written
            return node.value
        if node.tag == _NULL:
            return self._wrong(node, place, "empty; write a value, or delete the key")
        try:
            return self._constructor.construct_object(node)
        except (ConstructorError, ValueError, OverflowError):
            return self._wrong(node, place, f"not a plain value ({node.tag}); write text, a number, true or false")

    def _wrong(self, node: yaml.Node, place: Place, words: str) -> None:
        self.problems.append(Problem(self.lines.get(place, node.start_mark.line + 1), place, words))
