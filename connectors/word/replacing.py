"""One document replaced by an edited copy of itself: the protocol, of which the edit is somebody else's.

Promises: the copy that is edited is the document that was read, byte for byte; nothing is put in place while
somebody has the document open, or has saved it meanwhile; its old bytes are in the backups first; the new
ones come by one rename, with its mode and owner. Where the system reports a failure, it is looked which of
the two is there now.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.word.settings import Settings
from hub.filing import files
from hub.ports import Unknown


@dataclass(frozen=True, slots=True)
class Exchange:
    """A document about to be replaced: edit `copy` into `staged`, then `put` that in its place."""

    path: Path
    staged: Path
    taken: files.Snapshot
    backups: Path
    keep: int
    stale_hours: float

    @property
    def copy(self) -> Path:
        """The document's bytes, in a private folder."""
        return self.taken.copy

    def put(self) -> Unknown | None:
        """Put `staged` in the document's place; says where it cannot be told if it is. Raises `Fault`."""
        files.back_up(self.path, self.taken, self.backups, self.keep)
        return files.replace_surely(self.path, self.staged, self.taken, self.stale_hours)


@contextmanager
def replacing(path: Path, sha256: str, settings: Settings, backups: Path) -> Iterator[Exchange]:
    """The document at `path` as it was read (`sha256`), free to be replaced. Raises `Fault` where it is not.

    `files.ChangedMeanwhile` where it is not what was read any more. `backups` is where its old bytes go.
    """
    stale_hours = settings.stale_lock_hours
    files.look(path)
    files.require_writable(path)
    files.require_free(path, stale_hours)
    with files.snapshot(path, settings.stable_seconds) as taken, files.staging(path) as staged:
        if taken.sha256 != sha256:
            raise files.ChangedMeanwhile(path)
        yield Exchange(path, staged, taken, backups, settings.backups.keep, stale_hours)
