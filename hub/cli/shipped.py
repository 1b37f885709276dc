"""The mappings that ship, adapted to a company's systems: comments and order stay, for people to edit on.

Pure: text in, text out. Edits are made where the YAML reader says a key or a value stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from hub.yamlfile import Document, parse_yaml

ENTITIES = ("customer", "contact")
_FOLDER = Path(__file__).parents[2] / "mappings"
_SCALAR = re.compile(
    r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|[^\s#,\[\]{}][^#,\[\]{}\n]*?(?=\s*(?:#|$|[,\]}]))'
)


def schema_text() -> str:
    """The JSON Schema of a mapping, as its file holds it."""
    from hub.mapping import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def shipped(entity: str) -> str:
    """The text of a shipped mapping."""
    return (_FOLDER / f"{entity}.yaml").read_text(encoding="utf-8")


class Adapted:
    """One mapping under adaptation."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()

    @property
    def text(self) -> str:
        return "\n".join(self.lines).rstrip("\n") + "\n"

    @property
    def systems(self) -> list[str]:
        """The systems it has blocks for."""
        return list(self._document().data["systems"])

    def keep(self, systems: Collection[str]) -> None:
        """Take out the blocks of all other systems, and their names in orders of trust."""
        for name in self.systems:
            if name not in systems:
                self._cut(name)
        self._orders({name: name for name in systems})

    def rename(self, names: Mapping[str, str]) -> None:
        """Give systems the names they have in hub.yaml."""
        document = self._document()
        for old, new in names.items():
            if old in document.data["systems"] and old != new:
                line, column = document.keys[("systems", old)]
                text = self.lines[line - 1]
                self.lines[line - 1] = text[: column - 1] + new + text[column - 1 + len(old) :]
        self._orders({name: names.get(name, name) for name in document.data["systems"]})

    def set(self, system: str, key: str, value: str) -> None:
        """Another value for a key of a system's block, such as its sheet."""
        self._replace(("systems", system, key), value)

    def refer(self, system: str, field: str, native: str | None) -> None:
        """Another native field for an agreed one; ``None``: the system has none, and the line goes."""
        document = self._document()
        path = ("systems", system, "fields", field)
        if path not in document.keys:
            return
        if native is not None:
            self._replace(path, native)
            line = document.keys[path][0] - 1
            self.lines[line] = self.lines[line].partition(" #")[0].rstrip()
        else:
            del self.lines[document.keys[path][0] - 1]

    def schema(self, file: str) -> None:
        """Where editors find the schema, from the mapping's own folder."""
        self.lines = [
            f"# yaml-language-server: $schema={file}" if "yaml-language-server:" in line else line
            for line in self.lines
        ]

    def _document(self) -> Document:
        return parse_yaml("\n".join(self.lines) + "\n", "shipped mapping")

    def _replace(self, path: tuple[str, ...], value: str) -> None:
        line, column = self._document().values[path]
        text = self.lines[line - 1]
        found = _SCALAR.match(text, column - 1)
        if found is None:
            raise ValueError(f"{'.'.join(path)} is not a plain value")
        self.lines[line - 1] = text[: column - 1] + quoted(value) + text[found.end() :]

    def _cut(self, system: str) -> None:
        """Take out one system's block, with the blank line above it."""
        document = self._document()
        starts = sorted(
            place[0] for path, place in document.keys.items() if len(path) == 2 and path[0] == "systems"
        )
        first = document.keys[("systems", system)][0]
        after = next((line for line in starts if line > first), len(self.lines) + 1)
        del self.lines[first - 1 : after - 1]
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()

    def _orders(self, names: Mapping[str, str]) -> None:
        """Orders of trust with these systems alone, by their new names."""
        document = self._document()
        for field, policy in document.data.get("conflicts", {}).items():
            if isinstance(policy, list):
                line, column = document.values[("conflicts", field)]
                text = self.lines[line - 1]
                end = text.index("]", column - 1)
                order = ", ".join(names[name] for name in policy if name in names)
                self.lines[line - 1] = text[: column - 1] + f"[{order}]" + text[end + 1 :]


def quoted(value: str) -> str:
    """A YAML value that reads as this text: bare where that is safe."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", value) and value.lower() not in ("true", "false", "null"):
        return value
    return json.dumps(value, ensure_ascii=False)
