"""The forms in one folder, each read once: kept by its name, size and times until one of these changes.

A look at an untouched folder is one listing. A file that is being copied is waited for; one that changed
while it was read is read again at the next look. Nothing is kept between two runs of the hub.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.forms.reader import Kind, Reader
from hub.filing.faults import Fault
from hub.filing.files import RACY_NS

Stamp = tuple[int, int, int]
"""Size, time of change, file number."""


@dataclass(frozen=True, slots=True)
class Form:
    """One file as it was read by one description: its values, or why there are none."""

    name: str
    stamp: Stamp
    found: Mapping[str, Any] = field(default_factory=dict)
    wrong: Fault | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """A folder as it was at one moment. `waiting`: files that are being written just now."""

    forms: tuple[Form, ...]
    waiting: tuple[str, ...]
    digest: str
    racy: bool


class Folder:
    """One folder. Not for several threads."""

    def __init__(
        self, path: Path, reader: Reader, stable_seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.path = path
        self._reader, self._stable, self._sleep = reader, stable_seconds, sleep
        self._known: dict[tuple[str, str], Form] = {}

    def stamps(self) -> dict[str, Stamp]:
        """Every PDF there is, by name. Raises `Fault`."""
        try:
            with os.scandir(self.path) as entries:
                return {entry.name: _stamp(entry) for entry in entries if _is_form(entry)}
        except FileNotFoundError as error:
            todo = "make the folder, or check that the share is mounted"
            raise Fault("unreachable", f"the folder {self.path} is not there", "", todo) from error
        except NotADirectoryError as error:
            raise Fault(
                "misconfigured", f"{self.path} is no folder", "", "name the folder of the forms"
            ) from error
        except PermissionError as error:
            todo = "give the hub's user the right to it"
            raise Fault("denied", f"the folder {self.path} may not be read", str(error), todo) from error
        except OSError as error:
            todo = "check that the disk or share is there"
            raise Fault("unreachable", f"the folder {self.path} cannot be read", str(error), todo) from error

    def look(self, kind: Kind) -> Look:
        """Every form, read by this description. Raises `Fault` where the folder or the blank is wrong."""
        before = self.stamps()
        unread = [name for name, stamp in before.items() if not self._fresh(kind, name, stamp)]
        if unread and self._stable:
            self._sleep(self._stable)
            after = self.stamps()
        else:
            after = before
        waiting = [name for name in unread if after.get(name) != before[name]]
        waiting += [name for name in after if name not in before]
        forms = []
        for name, stamp in sorted(before.items()):
            if name in waiting or name not in after:
                continue
            form = self._form(kind, name, stamp)
            if form is None:
                waiting.append(name)
            else:
                forms.append(form)
        self._known = {
            key: one for key, one in self._known.items() if key[0] != kind.name or key[1] in before
        }
        now = time.time_ns()
        racy = any(now - stamp[1] < RACY_NS for stamp in before.values())
        return Look(tuple(forms), tuple(waiting), digest(before), racy)

    def _fresh(self, kind: Kind, name: str, stamp: Stamp) -> bool:
        known = self._known.get((kind.name, name))
        return known is not None and known.stamp == stamp

    def _form(self, kind: Kind, name: str, stamp: Stamp) -> Form | None:
        """A form, read now if need be; ``None`` where it changed meanwhile."""
        if self._fresh(kind, name, stamp):
            return self._known[kind.name, name]
        path = self.path / name
        read_at = time.time_ns()
        try:
            form = Form(name, stamp, self._reader.read(path, kind))
        except Fault as fault:
            if fault.kind == "misconfigured":
                raise
            if fault.kind in ("busy", "unreachable"):
                return None
            form = Form(name, stamp, wrong=fault)
        try:
            seen = path.stat()
        except OSError:
            return None
        if (seen.st_size, seen.st_mtime_ns, seen.st_ino) != stamp:
            return None
        if read_at - stamp[1] >= RACY_NS:
            # One that was read this soon after a save may be saved again without its times showing it.
            self._known[kind.name, name] = form
        return form

    def forget(self, name: str) -> None:
        """A file was just written: it is read anew, whatever its times say."""
        for key in [key for key in self._known if key[1] == name]:
            del self._known[key]


def digest(stamps: Mapping[str, Stamp]) -> str:
    """A short name for a folder's state."""
    told = repr(sorted(stamps.items())).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(told, digest_size=12).hexdigest()


def _is_form(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    return name.lower().endswith(".pdf") and not name.startswith((".", "~$")) and entry.is_file()


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    # On Windows the listing's own figures may be old; a glance at the file is right everywhere.
    seen = os.stat(entry.path) if os.name == "nt" else entry.stat()
    return seen.st_size, seen.st_mtime_ns, seen.st_ino
