"""Temporary files of the hub's, and the removal of those that a killed hub left: they hold customers' data.

A private folder is locked by the process that works in it, for as long as it does: the folder of one that is
gone is known at once, whatever container it ran in. A file beside a workbook cannot be locked, because on
some network shares that would lock out the process that fills it: it is a leftover after `ABANDONED` seconds.

Never: removes a file or folder that somebody is working with, or that is not the hub's.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "hub-workbook-"
ABANDONED = 3600.0
"""Far longer than a write may take."""
_MARK = "held"
_ATTEMPTS = 5


@contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder that this user alone may enter; gone afterwards."""
    folder, held = _held_folder()
    try:
        yield folder
    finally:
        os.close(held)
        shutil.rmtree(folder, ignore_errors=True)


def beside(path: Path, folder: Path | None = None) -> Path:
    """A new empty file for something that is to become this workbook, or its backup in `folder`.

    Raises `OSError` where none can be made. Whoever takes it moves it away or removes it.
    """
    handle, name = tempfile.mkstemp(prefix=".hub-", suffix=f"{path.suffix}.tmp", dir=folder or path.parent)
    os.close(handle)
    return Path(name)


def sweep(*folders: Path) -> None:
    """Remove what a hub that is gone left in these folders, and its private folders.

    What cannot be removed now (on Windows, a file whose last reader is just ending) waits for the next time.
    """
    for folder in folders:
        for left in folder.glob(".hub-*.tmp"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > ABANDONED:
                    left.unlink()
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_if_abandoned(folder)


class Sweeper:
    """A `sweep` at the first call, and then once in a while."""

    def __init__(self) -> None:
        self._swept_at: float | None = None

    def sweep(self, *folders: Path) -> None:
        now = time.monotonic()
        if self._swept_at is None or now - self._swept_at > ABANDONED:
            sweep(*folders)
            self._swept_at = now


def _held_folder() -> tuple[Path, int]:
    """A new folder and the lock on it; another one where a `sweep` was there between the two."""
    for _ in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        held = _hold(folder)
        if held is not None:
            return folder, held
    raise OSError(f"no temporary folder in {tempfile.gettempdir()} stays: something there removes them")


def _remove_if_abandoned(folder: Path) -> None:
    with suppress(OSError):
        seen = folder.lstat()
        mine = not hasattr(os, "geteuid") or seen.st_uid == os.geteuid()
        if folder.is_symlink() or not mine:
            return
        held = _hold(folder)
        if held is not None:
            if sys.platform == "win32":
                os.close(held)
            shutil.rmtree(folder, ignore_errors=True)
            if sys.platform != "win32":
                os.close(held)


def _hold(folder: Path) -> int | None:
    """Lock a folder; ``None`` where another holds it, or it is gone. Closing the answer lets it go."""
    mark = folder / _MARK
    try:
        handle = os.open(mark, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        return None
    if _lock(handle) and mark.exists():
        return handle
    os.close(handle)
    return None


def _lock(handle: int) -> bool:
    """Whether this process has the file for itself now; the system takes that back when the process ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
