"""Puts a new file under its name in a folder of people's, whole, and never in the place of another.

The bytes are beside it first, under a name of the hub's own (`temporary`), on disk; then it gets its name by
one call that fails where the name is taken. Where links cannot be made (some shares), its name is looked at
right before the rename.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from pathlib import Path

from hub.filing.faults import Fault


def place(made: Path, path: Path) -> bool:
    """A copy of `made` as `path`; false where something of that name is there. Raises `Fault`."""
    staged = path.with_name(f".hub-{uuid.uuid4().hex}.docx.tmp")
    try:
        try:
            with staged.open("xb") as file, made.open("rb") as source:
                shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
            return _named(staged, path)
        finally:
            staged.unlink(missing_ok=True)
    except PermissionError as error:
        todo = f"give the hub's user the right to write in {path.parent}"
        raise Fault("denied", f"{path.name} cannot be put in its folder", str(error), todo) from error
    except OSError as error:
        todo = "check the disk: is it full, or read-only?"
        raise Fault("unreachable", f"{path} cannot be written", str(error), todo) from error


def _named(staged: Path, path: Path) -> bool:
    try:
        if sys.platform == "win32":
            staged.rename(path)  # fails there where the name is taken
        else:
            os.link(staged, path)
    except FileExistsError:
        return False
    except OSError:
        if path.exists():
            return False
        staged.rename(path)
    return True
