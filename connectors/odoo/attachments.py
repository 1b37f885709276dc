"""Files on their way into Odoo: a value is the SHA-1 of a file's bytes, and the bytes stay where they are.

Odoo itself keeps the SHA-1 of every attachment (`ir.attachment.checksum`), so what the hub compares, stores
and notes in its journal is forty hex digits. When one is to be written, the bytes are looked for in the
folder that the mapping's option ``files`` names (`files` of the system in hub.yaml says where that is), read,
and read only if they still are the ones asked for.

Promises: a file is hashed once for each time it changed, and told by its size, time and inode; no more than
`AT_ONCE` bytes travel in one call. Never: writes into such a folder, follows a link out of it, or holds more
than one call's bytes.
Facts: `ir.attachment._compute_checksum` of Odoo 14 and 19 (SHA-1, hex, lower case, of the bytes alone).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectors.odoo.layout import Column, Layout
from connectors.odoo.values import Unfit
from hub.ports import Native, Write

AT_ONCE = 8 * 2**20
"""Bytes of files that one call carries, unless a single one is larger."""
_BLOCK = 2**20
_DIGEST = re.compile("[0-9a-f]{40}")
_OWNER_FILES = ("~$", ".~lock.", ".")
Stamp = tuple[int, int, int]


class NoFile(Unfit):
    """The bytes cannot be had now. `todo` says what would help; nobody has to touch the record."""

    passing = True

    def __init__(self, reason: str, todo: str) -> None:
        super().__init__(reason)
        self.todo = todo


@dataclass
class Folder:
    """One folder of files, and which of them has which SHA-1."""

    path: Path
    _known: dict[str, tuple[Stamp, str]] = field(default_factory=dict)
    _where: dict[str, list[str]] = field(default_factory=dict)
    _fresh: bool = False

    def forget_look(self) -> None:
        """People put files there at any time: look again when one is not known."""
        self._fresh = False

    def find(self, digest: str) -> tuple[Path, int] | None:
        """The file with these bytes and its size. Raises `OSError` where the folder cannot be read."""
        found = self._standing(digest)
        if found is None and not self._fresh:
            self._look()
            found = self._standing(digest)
        return found

    def _standing(self, digest: str) -> tuple[Path, int] | None:
        for name in self._where.get(digest, ()):
            stamp = self._known[name][0]
            if _stamp(Path(name)) == stamp:
                return Path(name), stamp[0]
        return None

    def _look(self) -> None:
        seen: dict[str, tuple[Stamp, str]] = {}
        for path in _files(self.path):
            stamp, known = _stamp(path), self._known.get(str(path))
            if stamp is None:
                continue
            if known is not None and known[0] == stamp:
                seen[str(path)] = known
                continue
            digest = _sha1(path)
            # Still being written: its bytes are nobody's yet.
            if digest is not None and _stamp(path) == stamp:
                seen[str(path)] = stamp, digest
        self._known, self._where, self._fresh = seen, {}, True
        for name, (_, digest) in seen.items():
            self._where.setdefault(digest, []).append(name)


class Files:
    """The folders of one system, by the names that mappings use. `largest`: bytes of one file, at most."""

    def __init__(self, folders: Mapping[str, Path], largest: float) -> None:
        self._folders = {name: Folder(path) for name, path in folders.items()}
        self._largest = largest

    def parts(self, layout: Layout, writes: Sequence[Write]) -> Iterator[slice]:
        """Which of these writes may be held and sent together; all of them where none carries a file."""
        columns = [column for column in layout.columns if column.holds_file]
        if columns:
            for folder in self._folders.values():
                folder.forget_look()
        first, room = 0, AT_ONCE
        for index, write in enumerate(writes if columns else ()):
            size = sum(self._size(column, write.values.get(column.name)) for column in columns)
            if index > first and size > room:
                yield slice(first, index)
                first, room = index, AT_ONCE
            room -= size
        yield slice(first, len(writes))

    def bytes_of(self, column: Column, value: Native) -> bytes:
        """The bytes a SHA-1 stands for. Raises `Unfit`, and `NoFile` where they cannot be had now."""
        name, digest = str(column.native.options.get("files") or ""), str(value).lower()
        if not _DIGEST.fullmatch(digest):
            raise Unfit(f"holds the SHA-1 of a file (40 hex digits), not «{value}»")
        folder = self._folders.get(name)
        if folder is None:
            raise NoFile(*self._no_folder(name))
        try:
            found = folder.find(digest)
            if found is not None and found[1] > self._largest:
                most = f"{self._largest / 2**20:g} MiB"
                todo = f"make it smaller, or raise `file_mib` of this system in hub.yaml (now {most})"
                raise NoFile(f"is {found[0].name}, which is larger than {most}", todo)
            content = found[0].read_bytes() if found is not None else None
        except OSError as error:
            raise NoFile(
                f"cannot be read in {folder.path}: {error.strerror or error}",
                "give the hub's account the right to read that folder and the files in it",
            ) from error
        if content is None or hashlib.sha1(content, usedforsecurity=False).hexdigest() != digest:
            raise NoFile(
                f"is in no file of {folder.path} (SHA-1 {digest})",
                "put the file back; it is looked for again by itself",
            )
        return content

    def problems(self, column: Column) -> Iterable[tuple[str, str]]:
        """What `hub check` has to say of a field that is written from files: what is wrong, what to do."""
        name = str(column.native.options.get("files") or "")
        folder = self._folders.get(name)
        if folder is None:
            yield self._no_folder(name)
        elif not folder.path.is_dir():
            yield (
                f"there is no folder {folder.path}",
                "make it, or correct `files` of this system in hub.yaml",
            )

    def _no_folder(self, name: str) -> tuple[str, str]:
        known = ", ".join(sorted(self._folders)) or "none"
        what = f"comes from the folder «{name}», which hub.yaml does not name" if name else "says no folder"
        todo = f"write `files: NAME` in the mapping, and NAME under `files` in hub.yaml (there: {known})"
        return what, todo

    def _size(self, column: Column, value: Native) -> int:
        folder = self._folders.get(str(column.native.options.get("files") or ""))
        if folder is None or not value:
            return 0
        try:
            found = folder.find(str(value).lower())
        except OSError:
            # Told when the bytes are asked for.
            return 0
        return found[1] if found is not None else 0


def _files(folder: Path) -> Iterator[Path]:
    """The files of a folder and of those in it, without links and what editors leave beside a file."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.startswith(_OWNER_FILES):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _sha1(path: Path) -> str | None:
    """``None`` for a file that went away or may not be read: another one may have the same bytes."""
    digest = hashlib.sha1(usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()
