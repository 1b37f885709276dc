"""Files for their owner alone: what the hub writes about a company's records is nobody else's to read.

Promises: a file is private before its first byte is written, not a moment after. On Windows, where a mode
says nothing of who may read, a file has the rights of the folder it is made in.
"""

from __future__ import annotations

import os
from pathlib import Path

ONLY_OWNER = 0o600
ONLY_OWNER_FOLDER = 0o700


def make_private(path: Path) -> None:
    """Create the file, empty, readable by its owner alone; one that is there is left as it is."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, ONLY_OWNER))


def write_private(path: Path, data: bytes) -> None:
    """The file with this content, whole or not at all, whatever it was before. Raises `OSError`."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), ONLY_OWNER)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
