"""YAML that people edit: read into plain data with the place of every key and value.

Promises: the safe subset only (no tags, no Python objects, anchors allowed); `no`, `on`, `07` and
`2026-01-31` stay the text that was typed (YAML 1.2); a key given twice is refused; every mistake has file,
line, column and, where one is near enough, what was probably meant.
Never: runs anything a file says, or shows a traceback for one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

LARGEST_FILE = 1_000_000
"""Bytes. A configuration beyond this is not one."""

_DEEPEST = 40


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file: where (line and column from 1), what is wrong, what was probably meant."""

    file: str
    line: int
    column: int
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f". {self.suggestion}" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"


class FileProblems(Exception):
    """The mistakes of one or several files, all of them at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def meant(word: object, known: Iterable[str]) -> str:
    """``Did you mean 'phone'?`` where a known word is near, else the known words themselves, if few."""
    words = list(dict.fromkeys(known))
    near = difflib.get_close_matches(str(word), words, n=1, cutoff=0.6)
    near = near or [w for w in words if w.casefold() == str(word).casefold()]
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Known here: {', '.join(words)}." if 0 < len(words) <= 24 else ""


Place = tuple[int, int]
Path_ = tuple[str | int, ...]


@dataclass
class Document:
    """One YAML file as plain data, with the places of values and keys by path.

    `problems` are mistakes that leave the rest readable (a key given twice): for the reader to report.
    """

    file: str
    data: Any
    values: dict[Path_, Place] = field(default_factory=dict)
    keys: dict[Path_, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(
        self, path: Sequence[str | int], message: str, suggestion: str = "", *, key: bool = False
    ) -> Problem:
        """A mistake at the value (or the key) of this path, or at what is nearest above it."""
        where = tuple(path)
        places = (self.keys, self.values) if key else (self.values, self.keys)
        while where and not any(where in table for table in places):
            where = where[:-1]
        line, column = next((table[where] for table in places if where in table), (1, 1))
        return Problem(self.file, line, column, message, suggestion)


_TAGS = {"str", "int", "float", "bool", "null", "seq", "map"}


class _Loader(yaml.SafeLoader):
    """YAML 1.2's plain scalars only: what looks like a word is a word."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), [*"tTfF"]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), [*"-+0123456789"]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$"),
    [*"-+0123456789"],
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)


def read_yaml(path: Path, shown: str | None = None) -> Document:
    """The file as data with places. Raises `FileProblems` for all that keeps it from being data at all."""
    name = shown or str(path)
    try:
        raw = path.read_bytes()
    except OSError as reason:
        raise FileProblems([Problem(name, 1, 1, f"cannot be read: {reason.strerror}")]) from reason
    if len(raw) > LARGEST_FILE:
        raise FileProblems([Problem(name, 1, 1, f"is {len(raw):,} bytes long; a configuration is not")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = raw[: reason.start].count(b"\n") + 1
        column = reason.start - (raw.rfind(b"\n", 0, reason.start) + 1) + 1
        message = "is not UTF-8 text; save the file with the UTF-8 encoding"
        raise FileProblems([Problem(name, line, column, message)]) from reason
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """The text as data with places. Raises `FileProblems`."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise FileProblems([Problem(name, line, column, *_in_words(reason))]) from reason
    except (yaml.YAMLError, RecursionError) as reason:
        raise FileProblems([Problem(name, 1, 1, f"is not YAML: {reason}")]) from reason
    document = Document(name, None)
    if node is None:
        raise FileProblems([Problem(name, 1, 1, "is empty")])
    document.data = _Builder(document).build(node, ())
    return document


def _in_words(reason: yaml.MarkedYAMLError) -> tuple[str, str]:
    what = (reason.problem or "cannot be understood").rstrip(".")
    if "\\t" in what or "'\t'" in what:
        return "a tab stands where YAML wants spaces", "Indent with spaces."
    if "mapping values are not allowed" in what:
        return (
            "a second ':' stands on this line, or the line is indented wrongly",
            "Quote text that holds ': '.",
        )
    if "could not find expected ':'" in what:
        return "this line has no ':' after its key", ""
    return f"is not YAML: {what}", ""


class _Builder:
    """Turns nodes into data, noting places and problems as it goes."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._scalars = yaml.constructor.SafeConstructor()
        self._budget = 100_000

    def build(self, node: Node, path: Path_) -> Any:
        """The node's data; a place is noted for it and for all below it."""
        self.document.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        self._budget -= 1
        if len(path) > _DEEPEST or self._budget < 0:
            # Anchors can make a small file unfold into a huge or endless one.
            self._note(node, "is nested too deeply, or repeats itself through anchors")
            return None
        if node.tag.rpartition(":")[2] not in _TAGS or not node.tag.startswith("tag:yaml.org,2002:"):
            self._note(node, f"the tag {node.tag!r} is not allowed here")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, place)) for place, item in enumerate(node.value)]
        return self._scalar(node)

    def _scalar(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode):
            raise TypeError(f"unknown YAML node {node!r}")
        try:
            return self._scalars.construct_object(node)
        except ValueError:
            # Python reads no number of more than some thousand digits.
            self._note(node, "is no number that can be read")
            return None

    def _mapping(self, node: MappingNode, path: Path_) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._note(key_node, "a key must be a word, not a list or a block")
                continue
            key = self._scalar(key_node)
            if key in data:
                first = self.document.keys[(*path, key)]
                self._note(key_node, f"the key '{key}' was already given on line {first[0]}")
                continue
            self.document.keys[(*path, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            data[key] = self.build(value_node, (*path, key))
        return data

    def _note(self, node: Node, message: str) -> None:
        mark = node.start_mark
        self.document.problems.append(Problem(self.document.file, mark.line + 1, mark.column + 1, message))


def shape_problems(
    document: Document, error: ValidationError, known_keys: Collection[str] = ()
) -> list[Problem]:
    """A model's complaints as problems with places, in words."""
    problems = []
    # An unknown key says more than the known one it was meant to be, which is missing at the same place.
    for item in sorted(error.errors(include_url=False), key=lambda item: item["type"] != "extra_forbidden"):
        path = _data_path(document.data, item["loc"])
        problems.append(_shape_problem(document, path, dict(item), known_keys))
    return problems


def _data_path(data: Any, loc: Sequence[str | int]) -> Path_:
    """The part of the model's path that exists in the data: union tags and such are left out."""
    path: list[str | int] = []
    for step in loc:
        if step == "[key]":
            break
        in_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if in_list or (isinstance(data, dict) and step in data):
            data = data[step]
            path.append(step)
    return tuple(path)


def _shape_problem(document: Document, path: Path_, item: dict[str, Any], known: Collection[str]) -> Problem:
    kind, last = item["type"], item["loc"][-1] if item["loc"] else ""
    if kind == "missing":
        return document.problem(path, f"`{last}` is missing here", key=True)
    if kind == "extra_forbidden":
        return document.problem(path, f"unknown key `{last}`", meant(last, known), key=True)
    if kind in ("literal_error", "enum"):
        expected = re.findall(r"'([^']*)'", str(item.get("ctx", {}).get("expected", "")))
        return document.problem(
            path, f"'{item['input']}' is not possible here", meant(item["input"], expected)
        )
    if kind == "value_error":
        return document.problem(path, str(item["ctx"]["error"]))
    return document.problem(path, _expectation(kind, item), key=last == "[key]")


_EXPECTED = {
    "string_type": "text is expected here",
    "bool_type": "true or false is expected here",
    "bool_parsing": "true or false is expected here",
    "int_type": "a whole number is expected here",
    "int_parsing": "a whole number is expected here",
    "dict_type": "a block of `key: value` lines is expected here",
    "model_type": "a block of `key: value` lines is expected here",
    "model_attributes_type": "a block of `key: value` lines is expected here",
    "list_type": "a list is expected here: [one, two]",
    "tuple_type": "a list is expected here: [one, two]",
    "too_short": "at least one entry is needed here",
}


def _expectation(kind: str, item: dict[str, Any]) -> str:
    words = _EXPECTED.get(kind)
    if kind == "string_pattern_mismatch":
        return f"'{item['input']}' may hold small letters, digits and _ only, and begins with a letter"
    if kind.startswith(("greater_than", "less_than")):
        return str(item["msg"]).replace("Input should be", f"{item['input']} must be")
    if words is None:
        return str(item["msg"])
    given = item["input"]
    return f"{words}, not {given!r}" if isinstance(given, str | int | float | bool | None) else words
