"""Seeing that a configuration was edited: by date and size first, by content before anything is done.

A file that is being saved is looked at again before it is read: only what stayed the same between two looks
counts as a change. Never: reads a configuration's meaning, or keeps its content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from hub.settings import Settings

Stamp = tuple[tuple[str, int, int], ...]


def files_of(settings: Settings) -> list[Path]:
    """Everything a configuration was read from: hub.yaml, its `.env`, its secrets' files, the mappings."""
    found = [settings.file, settings.home / ".env", *settings.secret_files]
    if settings.mappings.is_dir():
        found += [file for file in settings.mappings.iterdir() if file.suffix in (".yaml", ".yml")]
    else:
        found.append(settings.mappings)
    return sorted(set(found))


class Watch:
    """Some files, and whether they are still what they were. `files` is asked anew at every look."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self._files = files
        self._stamp = self._stamped()
        self._digest = self._hashed()
        self._unsure: Stamp | None = None

    def changed(self) -> bool:
        """Whether the content changed since the last time this said so, and is not being written now."""
        stamp = self._stamped()
        if stamp == self._stamp:
            self._unsure = None
            return False
        if stamp != self._unsure:
            self._unsure = stamp
            return False
        self._stamp, self._unsure = stamp, None
        digest = self._hashed()
        if digest == self._digest:
            return False
        self._digest = digest
        return True

    def _stamped(self) -> Stamp:
        stamps = []
        for file in self._files():
            try:
                found = file.stat()
            except OSError:
                continue
            stamps.append((str(file), found.st_mtime_ns, found.st_size))
        return tuple(stamps)

    def _hashed(self) -> str:
        digest = hashlib.sha256()
        for file in self._files():
            try:
                content = file.read_bytes()
            except OSError:
                continue
            digest.update(f"{file}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()
