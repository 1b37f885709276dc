"""The kinds of forms there are, as their descriptions on disk say: read again whenever one is edited."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import orjson

from connectors.forms.descriptions import blank_of, load_for_work
from connectors.forms.reader import Kind
from hub.filing.faults import misconfigured


class Catalogue:
    """The descriptions of one system."""

    def __init__(self, path: Path, blanks: Path | None) -> None:
        self._path, self._blanks = path, blanks
        self._seen: list[tuple[str, int, int]] | None = None
        self._kinds: dict[str, Kind] = {}

    def kinds(self) -> Mapping[str, Kind]:
        """Every kind, by name. Raises `Fault` (misconfigured) with every mistake's file, line and column."""
        seen = self._look()
        if seen != self._seen:
            found = load_for_work(self._path)
            self._kinds = {
                name: Kind(name, one, blank_of(self._path, one, self._blanks)) for name, one in found.items()
            }
            self._seen = seen
        return self._kinds

    def kind(self, name: str, entity: str) -> Kind:
        """The kind an entity's mapping calls its object. Raises `Fault`."""
        kinds = self.kinds()
        if name not in kinds:
            todo = f"write object: {' or '.join(kinds)}, or add {name}.yaml to {self._path}"
            raise misconfigured(f"{entity}: there is no form description called {name}", "", todo)
        return kinds[name]

    def _look(self) -> list[tuple[str, int, int]]:
        try:
            files = [self._path]
            if self._path.is_dir():
                files = sorted((*self._path.glob("*.yaml"), *self._path.glob("*.yml")))
            return [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files]
        except OSError as error:
            todo = "let `descriptions` in hub.yaml name the folder of the form descriptions"
            raise misconfigured(f"{self._path} cannot be read", str(error), todo) from error


def fingerprint(kind: Kind, names: tuple[str, ...]) -> str:
    """A short name for what is asked of a form: another description or blank has not been read by yet."""
    try:
        seen = kind.blank.stat()
        blank = [seen.st_size, seen.st_mtime_ns]
    except OSError:
        blank = []
    told = [names, kind.description.model_dump(mode="json"), str(kind.blank), blank]
    return hashlib.blake2b(orjson.dumps(told), digest_size=8).hexdigest()
