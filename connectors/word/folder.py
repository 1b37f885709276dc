"""A folder of documents at a glance: which files in it are documents, and whether they hold still.

A glance costs one listing of each folder and one `stat` of each document, and opens nothing. What programs
leave beside a document while they work on it (`~$` owner files, `.~lock.` files, `~WRD0001.tmp`, the hub's
own `.hub-*.tmp`) is none, nor is anything in a hidden folder or in the backups. Links to folders are not
followed.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeAlias

from connectors.word.settings import Settings
from hub.filing.faults import Fault

Glance: TypeAlias = "tuple[int, int, int]"
"""What a glance tells of a file: its size, its time of last change (ns), which file it is (0 on Windows)."""

BACKUPS = "hub-backups"
_GLANCE: Callable[[os.stat_result], Glance] = attrgetter("st_size", "st_mtime_ns", "st_ino")
_AT_ONCE = os.stat in os.supports_dir_fd and os.listdir in os.supports_fd
"""Whether files can be looked at by their name in an open folder, which is faster than by their path."""


class _Listed(NamedTuple):
    """The names in one folder, sorted out."""

    names: list[str]
    documents: list[str]
    paths: list[str]
    others: list[str]


class Folder:
    """One folder of documents. Names of files are paths from it, with ``/`` between their parts."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.path
        self._recursive = settings.recursive
        self._seconds = settings.stable_seconds
        plain = [p[1:].lower() for p in settings.patterns if re.fullmatch(r"\*\.\w+", p)]
        self._endings = tuple(plain)
        self._patterns = _any_of([p for p in settings.patterns if p[1:].lower() not in plain])
        self._left_out = _any_of(settings.leave_out)
        self._skipped = {BACKUPS}
        self._listed: dict[str, _Listed] = {}
        backups = settings.backups.folder
        if backups is not None and backups.parent == settings.path:
            self._skipped.add(backups.name)

    def look(self) -> dict[str, Glance]:
        """Every document there is now. Raises `Fault` where the folder, or one in it, cannot be listed."""
        found: dict[str, Glance] = {}
        pending = [""]
        while pending:
            before = pending.pop()
            at = f"{self.path}/{before}" if before else str(self.path)
            try:
                pending += (
                    self._at_once(at, before, found) if _AT_ONCE else self._by_entries(at, before, found)
                )
            except OSError as error:
                raise _away(Path(at), error) from error
        return found

    def _at_once(self, at: str, before: str, found: dict[str, Glance]) -> list[str]:
        """One folder's documents, into `found`; answers the folders in it.

        The names are sorted out only where they changed: hundreds of them are looked at every minute.
        """
        handle = os.open(at, os.O_RDONLY | os.O_DIRECTORY)
        try:
            names = os.listdir(handle)
            listed = self._listed.get(before)
            if listed is None or listed.names != names:
                listed = self._listed[before] = self._sorted(names, before)
            look = os.stat
            try:
                seen = [look(name, dir_fd=handle) for name in listed.documents]
                found.update(zip(listed.paths, map(_GLANCE, seen), strict=True))
            except FileNotFoundError:
                for path, name in zip(listed.paths, listed.documents, strict=True):
                    with suppress(FileNotFoundError):  # a link to nothing, or just being renamed
                        found[path] = _GLANCE(look(name, dir_fd=handle))
            return [f"{before}{name}/" for name in listed.others if _is_folder(name, handle)]
        finally:
            os.close(handle)

    def _sorted(self, names: list[str], before: str) -> _Listed:
        documents = [name for name in names if name[0] not in "~." and self._is_document(name, before)]
        own = set(documents)
        others = [
            name
            for name in (names if self._recursive else ())
            if name not in own and name[0] not in "~." and name not in self._skipped
        ]
        return _Listed(names, documents, [before + name for name in documents], others)

    def _by_entries(self, at: str, before: str, found: dict[str, Glance]) -> list[str]:
        """The same where a file can only be looked at by its whole path (Windows): the listing tells all."""
        folders = []
        with os.scandir(at) as entries:
            for entry in entries:
                name = entry.name
                if name[0] in "~.":
                    continue
                if self._is_document(name, before):
                    with suppress(FileNotFoundError):
                        found[before + name] = _GLANCE(entry.stat())
                elif self._recursive and name not in self._skipped and entry.is_dir(follow_symlinks=False):
                    folders.append(f"{before}{name}/")
        return folders

    def settled(
        self, looked: Mapping[str, Glance], sleep: Callable[[float], None] = time.sleep
    ) -> tuple[dict[str, Glance], set[str]]:
        """A second look, `stable_seconds` later: what is there, and which names did not hold still.

        One that is away in one of the two looks is being saved, not gone.
        """
        if not self._seconds:
            return dict(looked), set()
        sleep(self._seconds)
        again = self.look()
        names = looked.keys() | again.keys()
        return again, {name for name in names if looked.get(name) != again.get(name)}

    def file(self, name: str) -> Path:
        """Where a document lies."""
        return self.path / name

    def _is_document(self, name: str, before: str) -> bool:
        lower = name.lower()
        if not lower.endswith(self._endings) and not _fits(self._patterns, lower, before):
            return False
        return not _fits(self._left_out, lower, before)


def _is_folder(name: str, handle: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _any_of(patterns: Sequence[str]) -> re.Pattern[str] | None:
    written = [fnmatch.translate(pattern.lower().replace("\\", "/")) for pattern in patterns]
    return re.compile("|".join(written)) if written else None


def _fits(patterns: re.Pattern[str] | None, lower: str, before: str) -> bool:
    if patterns is None:
        return False
    return patterns.match(lower) is not None or (
        bool(before) and patterns.match(before.lower() + lower) is not None
    )


def _away(path: Path, error: OSError) -> Fault:
    if isinstance(error, FileNotFoundError):
        return Fault(
            "unreachable",
            f"the folder {path} is not there",
            "",
            "check the path, and that the share is mounted",
        )
    if isinstance(error, NotADirectoryError):
        return Fault("misconfigured", f"{path} is no folder", "", "let path name the folder of the documents")
    if isinstance(error, PermissionError):
        return Fault(
            "denied",
            f"the folder {path} may not be listed",
            str(error),
            "give the hub's user the right to read it",
        )
    return Fault(
        "unreachable",
        f"the folder {path} cannot be listed",
        str(error),
        "check that the disk or share is there",
    )


def nothing_there(path: Path) -> Fault:
    """The folder holds no document at all, which more likely is a share that is not mounted."""
    return Fault(
        "unreachable",
        f"the folder {path} holds no document any more",
        "an empty folder mostly is a share that is not mounted, and is never taken for documents deleted",
        "check that the share is mounted; if they all moved, correct path in hub.yaml",
    )
