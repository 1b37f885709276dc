"""The protocol around a workbook that people use too: is it open, is it whole, is it still what was read.

Reading: two equal looks, then a private copy whose SHA-256 is known; what is parsed is exactly what was
hashed. Replacing: nobody has it open, its hash is still the one that was read, the old bytes are in the
backups, the new file has the old one's mode and owner; then one atomic rename. What cannot be had is said,
never forced. Windows: a sharing violation is `busy`; there is no owner to keep, and the folder's rights
apply.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.filing import temporary
from hub.filing.faults import Fault
from hub.ports import Unknown

CHUNK = 1 << 20
RACY_NS = 3 * 10**9
"""A file hashed this shortly after its last change may change again without its time showing it."""


class ChangedMeanwhile(Fault):
    """Someone saved the workbook while its edited copy was made: that copy is worth nothing any more."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            "busy",
            f"{path} was saved by someone while the hub prepared its write",
            todo="nothing; it is tried again",
        )


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a glance tells of a file: its size, its time of last change, and which file it is."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A private copy of a workbook as it was at one moment."""

    copy: Path
    sha256: str
    stamp: Stamp
    racy: bool

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(self.stamp.mtime_ns / 1e9, UTC)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file that another program left beside a workbook: who holds it and since when."""

    path: Path
    holder: str
    age_seconds: float


def look(path: Path) -> Stamp:
    """A glance at the file; raises `Fault` where there is none or it may not be seen."""
    try:
        seen = path.stat()
    except FileNotFoundError:
        raise _not_there(path) from None
    except PermissionError as error:
        raise Fault("denied", f"{path} may not be looked at", str(error), _rights(path)) from error
    except OSError as error:
        raise _unreachable(path, error) from error
    if not path.is_file():
        raise Fault("misconfigured", f"{path} is no file", todo="let path name the file itself")
    return Stamp(seen.st_size, seen.st_mtime_ns, seen.st_ino)


def _not_there(path: Path) -> Fault:
    if not path.parent.is_dir():
        why = f"its folder {path.parent} is not there"
        return Fault(
            "unreachable", f"{path} is not there", why, "check the path, and that the share is mounted"
        )
    like = f"*{path.suffix[:4]}*"
    others = sorted(p.name for p in path.parent.glob(like) if not p.name.startswith("~$"))[:5]
    why = f"its folder holds {', '.join(others)}" if others else f"its folder holds no {path.suffix} file"
    return Fault("unreachable", f"{path} is not there", why, "put the file back, or correct path in hub.yaml")


def _unreachable(path: Path, error: OSError) -> Fault:
    return Fault(
        "unreachable", f"{path} cannot be reached", str(error), "check that the disk or share is there"
    )


def _rights(path: Path) -> str:
    return f"give the hub's user the right to read and write in {path.parent}"


@contextmanager
def snapshot(
    path: Path, stable_seconds: float, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Snapshot]:
    """A private copy of a file that holds still; raises `Fault` (busy) where it is being written just now."""
    before = look(path)
    if stable_seconds:
        sleep(stable_seconds)
        if look(path) != before:
            raise _moving(path)
    with temporary.private_folder() as folder:
        copy = folder / f"snapshot{path.suffix.lower()}"
        now = time.time_ns()
        sha256 = _copy(path, copy)
        if look(path) != before:
            raise _moving(path)
        yield Snapshot(copy, sha256, before, now - before.mtime_ns < RACY_NS)


def _moving(path: Path) -> Fault:
    return Fault(
        "busy",
        f"{path} is being written just now",
        "its size or time changed between two looks",
        "nothing; it is tried again",
    )


def _copy(path: Path, target: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source, target.open("wb") as copy:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
    except FileNotFoundError:
        raise _not_there(path) from None
    except PermissionError as error:
        raise _no_access(path, error) from error
    except OSError as error:
        raise _unreachable(path, error) from error
    return digest.hexdigest()


def _no_access(path: Path, error: OSError) -> Fault:
    """On Windows a file that someone holds is answered like one without rights; waiting is safe."""
    if sys.platform == "win32":
        return Fault("busy", f"{path} is held by another program", str(error), "close it there")
    return Fault("denied", f"{path} may not be read", str(error), _rights(path))


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes now."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        raise _not_there(path) from None
    except PermissionError as error:
        raise _no_access(path, error) from error
    except OSError as error:
        raise _unreachable(path, error) from error
    return digest.hexdigest()


# -- lock files --------------------------------------------------------------------------------------


def lock_of(path: Path, stale_hours: float) -> Lock | None:
    """Who has the file open, by the lock file of Excel and Word (`~$name`) or LibreOffice (`.~lock.name#`).

    Word puts `~$` before a name of up to six letters, in the place of one of seven, or of the first two; the
    rule for seven is from memory, so both are looked for. A lock older than `stale_hours` (0: none ever is)
    is one a crash left behind, and is not answered.
    """
    for candidate, holder in (
        (path.with_name(f"~${path.name}"), _excel_holder),
        *(
            (path.with_name(f"~${path.name[cut:]}"), _excel_holder)
            for cut in ((1, 2) if len(path.stem) == 7 else (2,))
        ),
        (path.with_name(f".~lock.{path.name}#"), _libreoffice_holder),
    ):
        try:
            age = time.time() - candidate.stat().st_mtime
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _unreachable(candidate, error) from error
        if stale_hours and age > stale_hours * 3600:
            continue
        return Lock(candidate, holder(candidate), age)
    return None


def _excel_holder(lock: Path) -> str:
    """The user's name in an owner file: its length, the name in one byte a letter, then again in UTF-16."""
    data = _bytes_of(lock)
    length = data[0] if data else 0
    for offset in (0x37, 0x36):
        wide = data[offset + 2 : offset + 2 + 2 * length]
        if length and data[offset : offset + 2] == length.to_bytes(2, "little") and len(wide) == 2 * length:
            with suppress(UnicodeDecodeError):
                return wide.decode("utf-16-le").strip()
    return data[1 : 1 + length].decode("cp1252", "replace").strip() or "someone"


def _libreoffice_holder(lock: Path) -> str:
    text = _bytes_of(lock).decode("utf-8", "replace")
    fields = next(csv.reader([text]), [])
    names = [field.strip() for field in fields[:3] if field.strip()]
    return " on ".join(names[:2]) if names else "someone"


def _bytes_of(lock: Path) -> bytes:
    try:
        return lock.read_bytes()[:4096]
    except OSError:
        return b""


def require_free(path: Path, stale_hours: float) -> None:
    """Raises `Fault` (busy) where someone has the workbook open."""
    if lock := lock_of(path, stale_hours):
        raise Fault(
            "busy",
            f"{path.name} is open",
            f"{lock.holder} has had it open for {_ago(lock.age_seconds)} (lock file {lock.path.name})",
            f"close it; if nobody has it open, delete {lock.path}",
        )


def _ago(seconds: float) -> str:
    if seconds < 120:
        return "a moment"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def require_writable(path: Path) -> None:
    """Raises `Fault` (denied) for a file marked read-only: being able to replace it is no leave to."""
    if path.stat().st_mode & 0o222 and os.access(path, os.W_OK):
        return
    raise Fault(
        "denied",
        f"{path} is read-only for the hub",
        todo="take the mark off the file, or set read_only: true in hub.yaml",
    )


# -- replacing ---------------------------------------------------------------------------------------


@contextmanager
def staging(path: Path) -> Iterator[Path]:
    """An empty file beside the workbook, for its new bytes; gone afterwards if not moved away."""
    try:
        staged = temporary.beside(path)
    except PermissionError as error:
        raise Fault(
            "denied", f"nothing can be written in the folder of {path}", str(error), _rights(path)
        ) from error
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield staged
    finally:
        staged.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> Fault:
    return Fault(
        "unreachable", f"{path} cannot be written", str(error), "check the disk: is it full, or read-only?"
    )


def replace(path: Path, staged: Path, taken: Snapshot, stale_hours: float) -> None:
    """Move `staged` into the workbook's place, if that still is what `taken` was; raises `Fault` if not."""
    try:
        with staged.open("rb+") as file:
            os.fsync(file.fileno())
        _keep_attributes(path, staged)
    except OSError as error:
        raise _unwritable(path, error) from error
    require_free(path, stale_hours)
    if sha256_of(path) != taken.sha256:
        raise ChangedMeanwhile(path)
    try:
        os.replace(staged, path)
    except PermissionError as error:
        raise Fault("busy", f"{path} is held by another program", str(error), "close it there") from error
    except OSError as error:
        raise _unwritable(path, error) from error
    _sync_folder(path.parent)


def replace_surely(path: Path, staged: Path, taken: Snapshot, stale_hours: float) -> Unknown | None:
    """`replace`; where the system reports a failure, it is looked which of the two is there now.

    Says so where that cannot be told. Raises `Fault` where the old one is.
    """
    wanted = sha256_of(staged)
    try:
        replace(path, staged, taken, stale_hours)
    except Fault:
        try:
            now = sha256_of(path)
        except Fault as second:
            return Unknown(f"{path.name} could not be looked at after a failed replacement: {second.why}")
        if now != wanted:
            raise
    return None


def _keep_attributes(path: Path, staged: Path) -> None:
    """Mode, owner and extended attributes (rights of a share) of the old file; a time of its own."""
    old = path.stat()
    if hasattr(os, "chown"):
        try:
            os.chown(staged, old.st_uid, old.st_gid)
        except PermissionError:
            with suppress(PermissionError):
                os.chown(staged, -1, old.st_gid)
    shutil.copystat(path, staged)
    os.utime(staged)


def _sync_folder(folder: Path) -> None:
    """Make the rename outlive a power cut, where folders can be synced (not on Windows)."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)


def back_up(path: Path, taken: Snapshot, folder: Path, keep: int) -> Path:
    """Put the bytes about to be replaced in the backups, dated; of this workbook the newest `keep` stay."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        now = datetime.now().strftime("%Y-%m-%d_%H-%M-%S-%f")
        backup = folder / f"{path.stem}.{now}{path.suffix}"
        draft = temporary.beside(path, folder)
        shutil.copyfile(taken.copy, draft)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        shutil.copymode(path, draft)
        os.replace(draft, backup)
    except OSError as error:
        raise Fault(
            "denied",
            f"no backup of {path.name} can be put in {folder}, so that it is not written",
            str(error),
            "give the hub's user the right to write there, or set backups.folder",
        ) from error
    for old in backups_of(path, folder)[:-keep]:
        with suppress(OSError):
            old.unlink()
    return backup


def backups_of(path: Path, folder: Path) -> list[Path]:
    """This workbook's backups, oldest first."""
    stamp = "[0-9]" * 4 + "-[0-9][0-9]" * 2 + "_*"
    escaped = "".join(f"[{c}]" if c in "[]*?" else c for c in path.stem)
    return sorted(folder.glob(f"{escaped}.{stamp}{path.suffix}"))
