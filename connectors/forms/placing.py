"""Puts a new file in its place: whole or not at all, and never over another one."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from hub.filing.faults import Fault

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_LONGEST = 120


def safe(part: str) -> str:
    """A value as part of a file's name on any system: without separators, wildcards or control characters."""
    return _FORBIDDEN.sub("-", " ".join(part.split())).strip(". ")[:_LONGEST].strip(". ")


def name_is_possible(name: str) -> bool:
    """Whether a file may be called so everywhere."""
    return not _RESERVED.match(name) and not name.startswith((".", "~$")) and len(name.encode()) <= 240


def place(staged: Path, path: Path) -> bool:
    """Give `staged` the name `path`, if there is nothing yet; false where there is. Raises `Fault`.

    The name appears in one step, with the whole file behind it.
    """
    try:
        with staged.open("rb+") as file:
            os.fsync(file.fileno())
        # A temporary file is its user's alone; a form is for those whom the folder is for.
        staged.chmod(0o666 & ~_umask())
        if sys.platform == "win32":
            os.rename(staged, path)
        else:
            os.link(staged, path)
            staged.unlink()
    except FileExistsError:
        return False
    except OSError as error:
        return _without_links(staged, path, error)
    _settle(path.parent)
    return True


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _without_links(staged: Path, path: Path, error: OSError) -> bool:
    """A share that knows no hard links: as near to it as can be."""
    if path.exists():
        return False
    try:
        os.replace(staged, path)
    except OSError:
        raise Fault(
            "unreachable",
            f"{path} cannot be written",
            str(error),
            "check the disk: is it full, or read-only?",
        ) from error
    _settle(path.parent)
    return True


def _settle(folder: Path) -> None:
    """Make the name outlive a power cut, where folders can be synced (not on Windows)."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)
