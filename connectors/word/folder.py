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
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from connectors.word.settings import Settings
from hub.filing.faults import Fault

Glance: TypeAlias = "tuple[int, int, int]"
"""What a glance tells of a file: its size, its time of last change (ns), which file it is (0 on Windows)."""

BACKUPS = "hub-backups"


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
        backups = settings.backups.folder
        if backups is not None and backups.parent == settings.path:
            self._skipped.add(backups.name)

    def look(self) -> dict[str, Glance]:
        """Every document there is now. Raises `Fault` where the folder, or one in it, cannot be listed."""
        found: dict[str, Glance] = {}
        pending = [(str(self.path), "")]
        while pending:
            at, before = pending.pop()
            try:
                with os.scandir(at) as entries:
                    for entry in entries:
                        name = entry.name
                        if name[0] in "~.":
                            continue
                        if self._is_document(name, before):
                            _note(found, before + name, entry)
                        elif self._goes_into(entry):
                            pending.append((entry.path, f"{before}{name}/"))
            except OSError as error:
                raise _away(Path(at), error) from error
        return found

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

    def _goes_into(self, entry: os.DirEntry[str]) -> bool:
        return self._recursive and entry.name not in self._skipped and entry.is_dir(follow_symlinks=False)


def _note(found: dict[str, Glance], name: str, entry: os.DirEntry[str]) -> None:
    try:
        seen = entry.stat()
    except FileNotFoundError:
        return  # a link to nothing, or a file that is just being renamed: the second look tells
    if entry.is_file():
        found[name] = (seen.st_size, seen.st_mtime_ns, seen.st_ino)


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
